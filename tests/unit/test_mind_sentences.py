"""The robot's words: every key that code uses exists, and none can halt the robot."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.language.language import load_language
from robot_runtime.mind.facts import FACTS
from robot_runtime.mind.sentences.book import FOLDER, OF_OTHERS, fields, load_sentences
from robot_runtime.paths import ROOT
from robot_runtime.world.semantic_map import load_semantic_map
from safety.files import FileError
from safety.ontology import Ontology
from tests.unit.mind_rig import Rig, write_site

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
STOP_WORDS = ("stop", "halt", "freeze", "arrête", "arrêtez")
WITHOUT = {("fr", "shall_i_look"): {"it"}, ("fr", "change_shifted"): {"was"}, ("fr", "change_missing"): {"was"}}
"""Fields that a language can do without: its sentence is built another way."""
SENTENCE = re.compile(r"[A-Z][\w',]*( [\w',]+)+[.?!]")
SPEAKERS = ("mind", "act", "social", "hear", "speak")
ASKS = re.compile(r"\b(?:sentence|failed|_say)\(\s*\"(\w+)\"")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_holds_a_stop_word(language: str) -> None:
    for key, text in load_sentences(language).sentences.items():
        assert not any(word in text.lower() for word in STOP_WORDS), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_fields(language: str) -> None:
    book, reference = load_sentences(language), load_sentences("en")
    assert list(book.sentences) == list(reference.sentences)
    for key, text in book.sentences.items():
        assert fields(text) == fields(reference.sentences[key]) - WITHOUT.get((language, key), set()), key


def test_no_sentence_is_written_in_code() -> None:
    """What looks like a sentence in a string that is not a docstring."""
    found = []
    for folder in SPEAKERS:
        for path in sorted((ROOT / "robot_runtime" / folder).rglob("*.py")):
            found += [f"{path.name}: {text}" for text in _texts(ast.parse(path.read_text(encoding="utf-8"))) if SENTENCE.search(text)]
    assert [text for text in found if not text.startswith("espeak_engine.py: ")] == []  # on which it measures its voices


def _texts(tree: ast.Module) -> Iterator[str]:
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.value


@pytest.mark.parametrize(
    ("key", "values", "spoken"),
    [
        ("accept_go_to", {"place": "kitchen"}, "Je vais à la cuisine."),
        ("accept_go_to", {"place": "living room"}, "Je vais au salon."),
        ("done_go_to", {"place": "hall"}, "Je suis dans l'entrée."),
        ("on_support_in", {"support": "kitchen table", "place": "kitchen"}, "sur la table de la cuisine dans la cuisine"),
        ("the", {"name": "green cup"}, "la tasse verte"),
        ("a", {"name": "green glass"}, "un verre vert"),
        ("a", {"name": "white plate"}, "une assiette blanche"),
        ("any", {"name": "scissors"}, "des ciseaux"),
        ("the", {"name": "green keys"}, "les clés vertes"),
        ("say_text", {"text": "good night"}, "bonne nuit"),
        ("the", {"name": "frobnicator"}, "frobnicator"),
        ("lost_person", {"person": "Rose"}, "Je ne trouve pas Rose."),
    ],
)
def test_french_names_have_their_articles(key: str, values: dict[str, str], spoken: str) -> None:
    assert load_sentences("fr").sentence(key, **values) == spoken


def test_everything_in_the_simulated_home_has_a_french_name() -> None:
    site = load_semantic_map("sim/homes/family_home")
    book = load_sentences("fr")
    for name in (*site.places, *site.surfaces):
        assert book.sentence("the", name=name) != name, name
    ontology = Ontology.load()
    for name in ontology.vocabulary:
        assert book.sentence("the", name=name) != name, name
    assert set(ontology.colours) <= set(load_language("fr").colours)


def test_speaking_another_language_is_asked_for_and_holds_for_who_asked(site: Path) -> None:
    rig = Rig(str(site)).run(0.2)
    rig.hear("speak_fr").run(0.2)
    assert last_said(rig) == ("Je parle français maintenant. Quand on me parle, je ne comprends que l'anglais.", "fr")
    rig.hear("go_to", "leo", place="attic").run(0.2)
    assert last_said(rig)[1] == "en"
    rig.hear("go_to", place="attic").run(0.2)
    text, language = last_said(rig)
    assert language == "fr" and "Je ne connais pas" in text
    rig.hear("speak_en").run(0.2)
    assert last_said(rig) == ("I speak English now.", "en")


def test_everybody_is_answered_in_the_language_that_they_speak(tmp_path: Path) -> None:
    rig = Rig(write_site(tmp_path), config={"hears": "en fr"}).run(0.2)
    rig.hear("go_to", "leo", "va à la cuisine", language="fr", place="kitchen").run(0.5)
    assert last_said(rig) == ("Je vais à la cuisine.", "fr")
    rig.hear("where_is", "anna", object="red cup").run(0.2)
    assert last_said(rig) == ("The red cup is on the kitchen table.", "en")
    assert rig.run_until(lambda: last_said(rig) == ("Je suis dans la cuisine.", "fr"))  # to Leo, who asked
    rig.hear("speak_fr", "leo", language="fr").run(0.2)
    assert last_said(rig) == ("Je parle français maintenant.", "fr")
    rig.hear("who_is_here", "", language="fr").run(0.2)
    assert last_said(rig)[1] == "fr"  # nobody in particular


def last_said(rig: Rig) -> tuple[str, str]:
    request = rig.sent("speech/say")[-1]
    return request.text, request.language


def code() -> str:
    files = [*(ROOT / "robot_runtime" / "mind").glob("*.py"), *(ROOT / "robot_runtime" / "act").rglob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_every_sentence_that_code_asks_for_exists() -> None:
    asked = set(ASKS.findall(code()))
    assert len(asked) > 40
    assert asked <= set(load_sentences("en").sentences)


MADE_UP = ("accept_", "done_", "each_", "heard_no_", "fact_", "no_fact_", "deed_", "picture_", "language_")
"""Beginnings of keys that the code puts together."""


def test_every_sentence_is_asked_for() -> None:
    text = code()
    unused = [key for key in load_sentences("en").sentences if f'"{key}"' not in text and not key.startswith(MADE_UP)]
    assert unused == []


def test_sentences_of_goals_belong_to_skills() -> None:
    skills = load_catalogue().skills
    goals = [key.split("_", 1)[1].removesuffix(OF_OTHERS) for key in load_sentences("en").sentences if key.startswith(("accept_", "done_"))]
    assert set(goals) <= set(skills)


def test_every_fact_can_be_said_and_denied() -> None:
    sentences = load_sentences("en").sentences
    for beginning in ("fact_", "no_fact_"):
        assert {key.removeprefix(beginning) for key in sentences if key.startswith(beginning)} == set(FACTS)


def test_missing_language_is_named() -> None:
    with pytest.raises(FileError, match=r"no sentences in 'eo'"):
        load_sentences("eo")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda s: s.pop("not_understood"), "not_understood: missing; in en"),
        (lambda s: s.update(not_understod="x"), "not_understod: unknown key, did you mean 'not_understood'?"),
        (lambda s: s.update(accept_go_to="Je vais {plac}"), "accept_go_to: unknown field, did you mean 'place'?"),
        (lambda s: s.update(accept_go_to="Je vais {0}"), "fields are written {name}"),
        (lambda s: s.update(accept_go_to="Je vais {place:du}"), "accept_go_to: unknown form 'du'; known: a, de, le, un"),
    ],
)
def test_translation_that_lacks_or_invents_something_is_named(tmp_path: Path, change: object, problem: str) -> None:
    assert callable(change)
    reference = (FOLDER / "en.yaml").read_text(encoding="utf-8")
    (tmp_path / "en.yaml").write_text(reference, encoding="utf-8")
    content = yaml.safe_load(reference)
    change(content["sentences"])
    (tmp_path / "fr.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(FileError) as error:
        load_sentences("fr", tmp_path)
    assert problem in str(error.value)
