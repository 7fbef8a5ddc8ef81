"""Ontology files: inheritance of classes, files that extend others, and what is wrong with bad ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from safety.files import FileError, file_hash, resolve
from safety.ontology import Ontology

BASE = """
properties: {sharp: cuts, hot: burns, fragile: breaks}
colours: {red: [scarlet]}
fallback: [sharp]
modifiers: {boiling: [hot]}
classes:
  blade: {properties: [sharp]}
  knife: {is_a: [blade], synonyms: [dagger], fr: le couteau}
  toy knife: {is_a: [knife], without: {sharp: it is of foam}}
  cup: {properties: [fragile]}
vocabulary: [cup]
places: {water: {words: [pool]}}
topics: {rude: {about: not nice, words: [you idiot]}}
"""


@pytest.fixture()
def base(tmp_path: Path) -> Path:
    file = tmp_path / "base.yaml"
    file.write_text(BASE)
    return file


def test_a_class_has_what_its_parents_have_except_what_it_says_it_has_not(base: Path) -> None:
    ontology = Ontology.load(base)
    assert ontology.of("knife").properties == {"sharp"}
    assert ontology.of("toy knife").properties == frozenset()
    assert ontology.of("foam knife").properties == {"sharp"}
    assert ontology.hash == file_hash(base)


def test_an_extending_file_adds_and_takes_nothing_away(base: Path) -> None:
    more = base.parent / "more.yaml"
    more.write_text("""
extends: base.yaml
properties: {wet: drips}
colours: {red: [ruby], teal: []}
fallback: [wet]
modifiers: {boiling: [wet], wet: [wet]}
classes:
  knife: {properties: [hot], synonyms: [shiv], fr: le canif}
  sponge: {properties: [wet]}
vocabulary: [sponge]
places: {water: {words: [lake]}, roof: {words: [roof]}}
topics: {rude: {words: [you moron]}}
""")
    ontology = Ontology.load(more)
    assert ontology.of("shiv").properties == {"sharp", "hot"}
    assert ontology.of("dagger").properties == {"sharp", "hot"}
    assert ontology.french(ontology.of("knife")) == "le canif"
    assert ontology.of("zorb").properties == {"sharp", "wet"}
    assert ontology.of("boiling cup").properties == {"fragile", "hot", "wet"}
    assert ontology.colours == {"red": ("scarlet", "ruby"), "teal": ()}
    assert set(ontology.vocabulary) == {"cup", "sponge"}
    assert ontology.kinds_of_place("pool by the lake on the roof") == {"water", "roof"}
    assert ontology.topics_of("you idiot") == ontology.topics_of("you moron") == {"rude"}
    assert [file.name for file in ontology.files] == ["base.yaml", "more.yaml"]
    both = f"{file_hash(base)}\n{file_hash(more)}".encode()
    assert ontology.hash == hashlib.sha256(both).hexdigest()


def test_what_a_property_implies_comes_with_it_everywhere_except_where_a_class_is_without(tmp_path: Path) -> None:
    base, more = tmp_path / "base.yaml", tmp_path / "more.yaml"
    base.write_text(
        "properties: {mains: a, shy: b, dear: c}\nimplies: {mains: [shy]}\nfallback: [mains]\nmodifiers: {live: [mains]}\n"
        "classes: {device: {properties: [mains]}, fridge: {is_a: [device], without: {shy: made for it}}, table: {}}\n"
    )
    more.write_text(
        "extends: base.yaml\nimplies: {mains: [], shy: [dear]}\nclasses: {scanner: {properties: [mains]}, cooler: {is_a: [fridge]}}\n"
    )
    ontology = Ontology.load(more)
    for name in ("device", "scanner", "whatever", "live table"):
        assert ontology.of(name).properties == {"mains", "shy", "dear"}
    assert ontology.of("fridge").properties == ontology.of("cooler").properties == {"mains", "dear"}
    assert ontology.of("live fridge").properties == {"mains", "shy", "dear"}  # when names disagree, the worst counts
    assert Ontology.load(base).of("device").properties == {"mains", "shy"}


def test_without_a_vocabulary_all_classes_are_listened_for(tmp_path: Path) -> None:
    file = tmp_path / "o.yaml"
    file.write_text("properties: {a: b}\nfallback: [a]\nclasses: {cup: {}, mug: {}}\n")
    assert set(Ontology.load(file).vocabulary) == {"cup", "mug"}


def test_the_shipped_file_can_be_extended_by_two_lines(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {resolve('safety/ontology.yaml').resolve()}\nclasses: {{dremel: {{is_a: [drill]}}}}\n")
    assert Ontology.load(file).of("my dremel").properties == Ontology.load().of("drill").properties


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("classes: {cup: {properties: [shrap]}}", "classes.cup: unknown property 'shrap', did you mean 'sharp'?"),
        ("classes: {cup: {synonyms: [x]}, mug: {synonyms: [X]}}", "classes.mug: 'X' already names 'cup'"),
        ("classes: {cup: {propertys: [sharp]}}", "did you mean 'properties'?"),
        ("classes: {cup: {is_a: [cub]}}", "classes.cup.is_a: unknown class 'cub', did you mean 'cup'?"),
        ("classes: {cup: {is_a: [mug]}, mug: {is_a: [cup]}}", "classes.cup.is_a: cup → mug → cup has no end"),
        ("classes: {cup: {without: {sharp: blunt}}}", "classes.cup.without: it does not inherit 'sharp'; take the line out"),
        ("classes: {cup: {properties: [sharp], without: {sharp: ' '}}}", "classes.cup.without.sharp: say why it is not sharp"),
        ("classes: {cup: {without: {shrap: x}}}", "unknown property 'shrap'"),
        ("classes: {}", "classes: missing; a file that extends none needs it"),
        ("classes: {cup: {}}\nvocabulary: [cub]", "vocabulary: unknown class 'cub'"),
        ("classes: {cup: {}}\nmodifiers: {hot: [hott]}", "modifiers.hot: unknown property 'hott'"),
        ("classes: {cup: {}}\nimplies: {sharp: [shrap]}", "implies: unknown property 'shrap', did you mean 'sharp'?"),
        ("classes: {cup: {}}\nimplies: {shrap: [sharp]}", "implies: unknown property 'shrap'"),
        ("classes: {cup: {}}\nplaces: {bath: {words: ['!']}}", "places.bath.words: '!' has no letters"),
        ("classes: {cup: {}}\ntopics: {rude: {words: []}}", "topics.rude.words"),
        ("classes: {cup: {}, cup: {}}", "the key 'cup' is given twice"),
        ("classes: {cup: {}}\nextends: ontology.yaml", "extends: ontology.yaml → ontology.yaml has no end"),
        ("classes: {cup: {}}\nextends: nowhere.yaml", "nowhere.yaml: cannot be read"),
        ("classes: {cup: {}}\nextends: [a]", "extends: Input should be a valid string"),
    ],
)
def test_errors_name_the_file_and_the_fix(tmp_path: Path, text: str, part: str) -> None:
    file = tmp_path / "ontology.yaml"
    file.write_text(f"properties: {{sharp: cuts}}\ncolours: {{}}\nfallback: [sharp]\n{text}\n")
    with pytest.raises(FileError, match=r"\.yaml") as error:
        Ontology.load(file)
    assert part in str(error.value)


def test_a_file_without_a_fallback_says_so(tmp_path: Path) -> None:
    file = tmp_path / "ontology.yaml"
    file.write_text("properties: {}\nclasses: {cup: {}}\n")
    with pytest.raises(FileError, match="fallback: missing"):
        Ontology.load(file)
    file.write_text("- a list\n")
    with pytest.raises(FileError, match="valid dictionary"):
        Ontology.load(file)
