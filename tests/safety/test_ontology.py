"""Names in, properties out."""

from __future__ import annotations

from pathlib import Path

import pytest

from safety.files import FileError
from safety.ontology import Ontology

ONTOLOGY = Ontology.load()


@pytest.mark.parametrize(
    ("value", "class_name"),
    [
        ("red_cup", "cup"), ("the Red Cup", "cup"), ("RED-CUP_2", "cup"), ("mug", "cup"), ("wine glass", "glass"), ("glasses", "glasses"),
        ("my reading glasses", "glasses"), ("Ｋｎｉｆｅ", "knife"), ("bread knife", "knife"), ("pair of scissors", "scissors"),
        ("apples", "apple"), ("teddy", "teddy bear"), ("remote control", "remote"), ("frobnicator", ""), ("", ""), ("cup holder", ""),
    ],
)  # fmt: skip
def test_spoken_names_and_ids_find_their_class(value: str, class_name: str) -> None:
    assert ONTOLOGY.of(value).class_name == class_name


def test_every_class_is_found_by_its_name_and_synonyms() -> None:
    for name, entry in ONTOLOGY.classes.items():
        for word in (name, *entry.synonyms):
            assert ONTOLOGY.of(word).class_name == name
            assert ONTOLOGY.of(f"the_blue_{word}").properties >= entry.properties


def test_the_unknown_is_sharp_hot_fragile_and_heavy() -> None:
    thing = ONTOLOGY.of("thingamajig")
    assert not thing.known
    assert thing.properties == {"sharp", "hot", "fragile", "heavy"}


def test_a_dangerous_word_before_the_noun_keeps_its_danger() -> None:
    assert "sharp" in ONTOLOGY.of("knife toy").properties
    assert "ignition" in ONTOLOGY.of("lighter holder").properties


def test_names_from_outside_do_not_fill_the_memory() -> None:
    ontology = Ontology.load()
    for number in range(5000):
        ontology.of(f"thing {chr(97 + number % 26)}{'x' * (number // 26)}")
    assert len(ontology._cache) <= 4097


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("classes: {cup: {properties: [shrap]}}", "did you mean 'sharp'?"),
        ("classes: {cup: {properties: [sharp], synonyms: [x]}, mug: {properties: [], synonyms: [X]}}", "already names 'cup'"),
        ("classes: {cup: {propertys: [sharp]}}", "did you mean 'properties'?"),
    ],
)
def test_errors_name_the_file_and_the_fix(tmp_path: Path, text: str, part: str) -> None:
    file = tmp_path / "ontology.yaml"
    file.write_text(f"properties: {{sharp: cuts}}\ncolours: {{}}\nfallback: [sharp]\n{text}\n")
    with pytest.raises(FileError, match=r"ontology\.yaml") as error:
        Ontology.load(file)
    assert part in str(error.value)
