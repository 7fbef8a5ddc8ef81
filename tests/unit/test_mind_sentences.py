"""The robot's words: every key that code uses exists, and none can halt the robot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.mind.sentences.book import FOLDER, load_sentences
from robot_runtime.paths import ROOT
from safety.files import FileError

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
STOP_WORDS = ("stop", "halt", "freeze")
ASKS = re.compile(r"\b(?:sentence|failed|_say)\(\s*\"(\w+)\"")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_holds_a_stop_word(language: str) -> None:
    for key, text in load_sentences(language).sentences.items():
        assert not any(word in text.lower() for word in STOP_WORDS), key


def code() -> str:
    files = [*(ROOT / "robot_runtime" / "mind").glob("*.py"), *(ROOT / "robot_runtime" / "act").rglob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_every_sentence_that_code_asks_for_exists() -> None:
    asked = set(ASKS.findall(code()))
    assert len(asked) > 40
    assert asked <= set(load_sentences("en").sentences)


def test_every_sentence_is_asked_for() -> None:
    text = code()
    unused = [key for key in load_sentences("en").sentences if f'"{key}"' not in text and not key.startswith(("accept_", "done_"))]
    assert unused == []


def test_sentences_of_goals_belong_to_skills() -> None:
    skills = load_catalogue().skills
    goals = [key.split("_", 1)[1] for key in load_sentences("en").sentences if key.startswith(("accept_", "done_"))]
    assert set(goals) <= set(skills)


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
