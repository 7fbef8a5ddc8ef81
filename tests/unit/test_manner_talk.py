"""What the robot says of its own manner, and that its manner changes no more than its words."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.messages import SpeechStyle
from robot_runtime.mind.sentences.book import load_sentences
from robot_runtime.social.requests import MANNER, WISHES, found_in
from safety.files import FileError
from tests.unit.mind_rig import Rig, write_site

STYLE = SpeechStyle(0.0, "rose", "elderly", 120, 1, 1, 0.7, 1.2, 0.3, "", 0.9, reasons=("age:elderly",))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path), style=STYLE).run(0.2)


def said(rig: Rig) -> str:
    return str(rig.sent("speech/say")[-1].text)


def test_why_is_answered_from_the_recorded_reasons(rig: Rig) -> None:
    rig.hear("why_manner", speaker="rose").run(0.2)
    assert said(rig) == "Because I took you for an older person. Say speak normally if you like that better."
    rig.style = replace(STYLE, reasons=("request:slower", "hearing", "age:elderly"))
    rig.run(0.2).hear("why_manner", speaker="rose").run(0.2)
    assert said(rig).startswith("Because you asked me to and it seemed that I was hard to understand.")


def test_why_waits_for_the_style_of_who_asks(rig: Rig) -> None:
    rig.style = replace(STYLE, person_id="leo", reasons=("age:child",))
    rig.run(0.2).hear("why_manner", speaker="rose").run(0.1)
    assert not rig.sent("speech/say")
    rig.style = STYLE
    rig.run(0.2)
    assert "older person" in said(rig)


def test_why_without_any_style_is_answered_too(rig: Rig) -> None:
    rig.style = replace(STYLE, person_id="", reasons=("nobody",))
    rig.run(0.2).hear("why_manner", speaker="rose").run(0.8)
    assert said(rig) == "Because I am not sure how you like it."


@pytest.mark.parametrize("request_", WISHES)
def test_every_request_is_answered_and_moves_nothing(rig: Rig, request_: str) -> None:
    rig.hear(request_, speaker="rose").run(0.3)
    assert said(rig).startswith("All right, I will ")
    assert not rig.sent("action/proposed") and not rig.sent("plan")


def test_pardon_repeats_what_was_said_last(rig: Rig) -> None:
    rig.hear("pardon", speaker="rose").run(0.2)
    assert said(rig) == "I have not said anything yet."
    rig.hear("go_to", place="attic", speaker="rose").run(0.2)
    answer = said(rig)
    assert "attic" in answer
    rig.hear("pardon", speaker="rose").run(0.2)
    assert said(rig) == answer and len(rig.sent("speech/say")) == 3


def test_the_grammar_hears_every_request() -> None:
    assert set(MANNER) <= {phrase.intent for phrase in load_catalogue().phrases("en")}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Slower, please.", "slower"),
        ("Could you speak up, please?", "louder"),
        ("Parlez plus fort, s'il vous plaît !", "louder"),
        ("Pouvez-vous parler plus lentement ?", "slower"),
        ("Sois bref.", "shorter"),
        ("Arrête de t'adapter à moi.", "speak_normally"),
        ("Pardon ?", "pardon"),
        ("Pourquoi parlez-vous si lentement ?", "why_manner"),
        ("Why do you speak so slowly?", "why_manner"),
        ("bring me the slower one", ""),
        ("please", ""),
        ("", ""),
    ],
)
def test_requests_are_found_in_texts_of_both_languages(text: str, intent: str) -> None:
    assert found_in(text) == intent


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_variant_offers_what_its_sentence_offers(language: str) -> None:
    book = load_sentences(language)
    assert len(book.variants) >= 5
    for key, by_tone in book.variants.items():
        for text in by_tone.values():
            assert fields(text) == fields(book.sentences[key]), key
            assert not any(word in text.lower() for word in ("stop", "halt", "freeze", "arrêt"))


def test_short_wins_over_the_register_and_what_has_no_variant_stays() -> None:
    book = load_sentences("en")
    assert book.sentence("accept_come_here", ("normal", "lively")) == "Here I come!"
    assert book.sentence("accept_go_to", ("short", "formal"), place="kitchen") == "To the kitchen."
    assert book.sentence("not_yet", ("short", "formal")) == book.sentence("not_yet")


@pytest.mark.parametrize(
    ("variants", "problem"),
    [
        ({"nope": {"short": "x"}}, "variants.nope: no such sentence"),
        ({"a": {"short": "Yes."}}, "must have the fields of the sentence itself"),
        ({"a": {"rude": "{name}"}}, "variants.a.rude"),
    ],
)
def test_a_variant_that_offers_something_else_is_refused(tmp_path: Path, variants: dict[str, dict[str, str]], problem: str) -> None:
    book = {"language": "en", "sentences": {"a": "A {name}."}, "variants": variants}
    (tmp_path / "en.yaml").write_text(yaml.safe_dump(book), encoding="utf-8")
    with pytest.raises(FileError, match=problem):
        load_sentences("en", tmp_path)


def test_a_child_gets_other_words_for_the_same_plan(rig: Rig) -> None:
    texts = []
    for register in ("plain", "lively", "formal"):
        rig.style = replace(STYLE, wording_register=register)
        rig.run(0.2).hear("come_here", speaker="rose").run(1.0)
        texts.append({request.text for request in rig.sent("speech/say")})
    assert "Here I come!" in texts[1] and "Here I come!" not in texts[0]
