"""Recognisers that write without a grammar: their text is brought to the grammar, and they are never waited for."""

from __future__ import annotations

import importlib.util
import sys
import textwrap
from collections import deque
from collections.abc import Callable, Generator, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from robot_runtime.hear import recognisers
from robot_runtime.hear.ear import Ear, EarConfig
from robot_runtime.hear.grammar import Grammar, Rule
from robot_runtime.hear.nearest import Near, letters_of, nearest
from robot_runtime.hear.numerals import spoken, written
from robot_runtime.hear.recogniser import Hypothesis, Recogniser
from robot_runtime.hear.recognisers import RecogniserConfig, recogniser
from robot_runtime.hear.transcriber import Backend, Transcriber
from robot_runtime.hear.transcribing import TranscribingRecogniser
from robot_runtime.language.language import load_language
from robot_runtime.pipes import WorkerError
from sim.description import load_home
from sim.voices import render
from tests.unit import tiny_kyutai, tiny_whisper
from tests.unit.test_ear import heard as heard_by

COLOURS = ("red", "green", "light blue")
GRAMMAR = Grammar(
    [
        Rule("bring", "[please] (bring | fetch) me the {colour} cup", {}),
        Rule("go", "go to the kitchen", {}),
        Rule("set", "dim to forty five percent", {}),
    ],
    {"colour": COLOURS},
)
_FRENCH = load_language("fr")
_SPOKEN = ["apporte-moi {object}", "va à {place}"]
BOTH = Grammar(
    [Rule("bring", "bring me the red cup", {}), Rule("go", "go to the kitchen", {})],
    {},
    also=[
        Grammar(
            [Rule(intent, _FRENCH.spaced(text), {}) for intent, text in zip(("bring", "go"), _SPOKEN, strict=True)],
            {"object": _FRENCH.things(["cup"], coloured=True), "place": _FRENCH.things(["living room", "kitchen"])},
            _FRENCH,
        )
    ],
)
SENTENCES = [
    *(f"{please}{verb} me the {colour} cup" for please, verb, colour in product(("", "please "), ("bring", "fetch"), COLOURS)),
    *("go to the kitchen", "dim to forty five percent"),
]
SOUND = np.zeros(16_000, np.int16)
WORDS = np.pad(render("go to the kitchen", load_home("sim/homes/family_home").people["anna"]), 4800)

FAKE = """
    import base64, json, struct, sys, time
    def send(kind, payload=b""):
        sys.stdout.buffer.write(kind + struct.pack("<I", len(payload)) + payload); sys.stdout.flush()
    answers = sys.argv[1].split("/")
    if answers[0] == "broken":
        send(b"X", b"no such model"); sys.exit()
    send(b"R", json.dumps({"engine": "fake 1.0"}).encode())
    while header := sys.stdin.buffer.read(5):
        request = json.loads(sys.stdin.buffer.read(struct.unpack("<I", header[1:])[0]))
        answer = answers.pop(0)
        if answer == "die": sys.exit(3)
        if answer == "hang": time.sleep(60)
        if answer == "refuse": send(b"X", b"not that"); continue
        if answer == "length": answer = str(len(base64.b64decode(request["sound"])) // 2) + request["language"]
        text, _, language = answer.partition("|")
        send(b"A", json.dumps({"text": text, "language": language} if language else {"text": text}).encode()); send(b"E")
    """


def run(pieces: Generator[None, None, object]) -> object:
    found: list[object] = []

    def follow() -> Iterator[None]:
        found.append((yield from pieces))

    deque(follow(), maxlen=0)
    return found[0]


def near(text: str, most: int = 100) -> list[Near]:
    found = run(nearest(GRAMMAR.automaton, text, most))
    assert isinstance(found, list)
    return found


def distance(one: str, other: str) -> float:
    """The same by the textbook, letter by letter."""
    costs = [0.3 if letter == " " else 1.0 for letter in other]
    row = [0.0]
    for cost in costs:
        row.append(row[-1] + cost)
    for letter in one:
        own = 0.3 if letter == " " else 1.0
        following = [row[0] + own]
        for place, cost in enumerate(costs):
            changed = row[place] + (0.0 if letter == other[place] else max(own, cost))
            following.append(min(changed, row[place + 1] + own, following[-1] + cost))
        row = following
    return row[-1]


# ---------------------------------------------------------------- the nearest sentence


@example("ea rd")  # two distances differ in the last digit only
@given(st.one_of(st.text("abcdeghiknorst ", max_size=30), st.sampled_from(SENTENCES).flatmap(
    lambda text: st.integers(0, len(text) - 1).map(lambda place: text[:place] + "x" + text[place + 2 :]))))  # fmt: skip
def test_every_sentence_is_found_at_its_distance_the_nearest_first(text: str) -> None:
    said = letters_of(text) + " "
    expected = {sentence: distance(sentence + " ", said) for sentence in SENTENCES}
    found = near(text)
    assert {sentence.text: pytest.approx(sentence.distance) for sentence in found} == expected
    distances = [round(sentence.distance, 6) for sentence in found]  # sums of tenths, added up in another order for each
    assert distances == sorted(distances)
    assert near(text, 3) == found[:3]


@pytest.mark.parametrize(
    ("text", "sentence", "letters"),
    [("Bring me the red cap!", "bring me the red cup", 1.0), ("bring me thelight-blue cup", "bring me the light blue cup", 0.3),
     ("Dim to 45%.", "dim to forty five percent", 0.0), ("gö to the kitchen", "go to the kitchen", 0.0)],
)  # fmt: skip
def test_spelling_does_not_matter(text: str, sentence: str, letters: float) -> None:
    (found,) = near(text, 1)
    assert found.text == sentence and found.distance == pytest.approx(letters)


def test_numbers_in_words_and_in_figures_are_each_others_inverse() -> None:
    assert all(written(spoken(str(number)).split()) == [str(number)] for number in range(1000))


# ---------------------------------------------------------------- the recogniser


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Callable[..., TranscribingRecogniser]]:
    """With an engine that answers as told."""
    program = tmp_path / "worker.py"
    program.write_text(textwrap.dedent(FAKE))
    made: list[Transcriber] = []

    def make(
        *answers: str, ready: bool = True, timeout_s: float = 60.0, grammar: Grammar = GRAMMAR, languages: tuple[str, ...] = ("en",)
    ) -> TranscribingRecogniser:
        made.append(Transcriber([sys.executable, str(program), "/".join(answers)], languages[0], timeout_s))
        made_ear = TranscribingRecogniser(grammar, made[-1], languages)
        if ready:
            made_ear.wait(60.0)
        return made_ear

    yield make
    for transcriber in made:
        transcriber.close()


def test_a_text_that_is_a_sentence_is_sure_and_one_beside_it_less(ear: Callable[..., TranscribingRecogniser]) -> None:
    recogniser = ear("Bring me the red cup.", "Bring me the wed cub.", "What a lovely day it is today", "")
    exact, beside, other, nothing = (recogniser.decode(SOUND) for _ in range(4))
    assert (exact.text, exact.free) == ("bring me the red cup", "Bring me the red cup.")
    assert beside.text == "bring me the red cup" and exact.confidence > 0.9 > beside.confidence > 0.5 > other.confidence
    assert other.confidence < 0.05 and (nothing.text, nothing.confidence) == ("", 0.0)
    assert recogniser.engine.startswith("fake 1.0")


def test_meanings_that_are_as_near_are_alternatives(ear: Callable[..., TranscribingRecogniser]) -> None:
    heard = ear("bring me the greed cup").decode(SOUND)  # red: two letters off; green: one
    assert heard.text == "bring me the green cup"
    assert heard.alternatives[0].text == "bring me the red cup"
    assert heard.confidence + sum(other.confidence for other in heard.alternatives) <= 1.0


def test_a_beginning_is_known_as_one(ear: Callable[..., TranscribingRecogniser]) -> None:
    heard = ear("Bring me the").decode(SOUND)
    assert heard == Hypothesis("", 0.0, begun="bring me the", begun_better=np.inf, begun_fit=0.0, free="Bring me the")


@pytest.mark.parametrize(
    ("written", "language", "text", "sure"),
    [
        ("Apporte-moi la tasse rouge !|fr", "fr", "apporte moi la tasse rouge", True),
        ("Apporte moi la tase rouge", "fr", "apporte moi la tasse rouge", True),  # it does not tell: the nearer grammar
        ("Va au salon.|fr", "fr", "va au salon", True),
        ("Bring me the red cup.", "en", "bring me the red cup", True),
        ("Bring me the red cup.|de", "en", "bring me the red cup", True),  # one that nobody speaks here
        ("Bring me the red cup.|fr", "fr", "", False),
        ("Quel beau temps aujourd'hui|fr", "fr", "", False),
    ],
)
def test_a_text_is_brought_to_the_grammar_of_its_language(
    ear: Callable[..., TranscribingRecogniser], written: str, language: str, text: str, sure: bool
) -> None:
    heard = ear(written, grammar=BOTH, languages=("en", "fr")).decode(SOUND)
    assert heard.language == language and (heard.confidence > 0.5) == sure
    assert not sure or heard.text == text
    meaning = BOTH.of(heard.language).interpret(heard.text)
    assert not sure or (meaning is not None and meaning.language == language)


def test_the_beginning_of_a_french_sentence_is_known_as_one(ear: Callable[..., TranscribingRecogniser]) -> None:
    heard = ear("Va à la", grammar=BOTH, languages=("en", "fr")).decode(SOUND)
    assert (heard.begun, heard.language) == ("va à la", "fr")


def test_a_person_may_speak_french_to_the_ear(ear: Callable[..., TranscribingRecogniser], monkeypatch: pytest.MonkeyPatch) -> None:
    made = ear(*["Apporte-moi la tasse rouge, s'il te plaît."] * 20, languages=("en", "fr"))
    monkeypatch.setattr(recognisers, "transcriber", lambda backend, model, language, timeout_s: made._transcriber)
    config = EarConfig.model_validate({"hears": "en fr", "recogniser": {"backend": "kyutai", "timeout_s": 60}})
    utterance = heard_by(Ear(config), "come here", "anna")
    assert (utterance.language, utterance.intent) == ("fr", "fetch")
    assert {slot.name: slot.value for slot in utterance.slots} == {"person": "me", "object": "red cup"}
    assert (utterance.text, utterance.free_text[:7]) == ("apporte moi la tasse rouge s'il te plaît", "Apporte")


@pytest.mark.parametrize(
    ("hears", "problem"),
    [("en fr", "the embedded recogniser hears English only"), ("eo", "unknown language 'eo'"), ("", "names no language")],
)
def test_what_cannot_be_heard_is_told(hears: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        EarConfig(hears=hears)


def test_the_sound_arrives_whole(ear: Callable[..., TranscribingRecogniser]) -> None:
    long = np.zeros(16_000 * 20, np.int16)  # more than a pipe holds
    assert ear("length").decode(long).free == f"{len(long)}en"


def test_it_gives_way_until_there_is_an_answer(ear: Callable[..., TranscribingRecogniser]) -> None:
    pieces = ear("hang").decoding(SOUND)
    for _ in range(20):
        next(pieces)


@pytest.mark.parametrize(
    ("answers", "why", "settings"),
    [(("die",), "died with status 3", {}), (("refuse",), "not that", {}), (("hang",), "no answer within", {"timeout_s": 0.2}),
     (("broken",), "no such model", {"ready": False})],
)  # fmt: skip
def test_an_engine_that_fails_costs_no_turn(
    ear: Callable[..., TranscribingRecogniser], answers: tuple[str], why: str, settings: dict[str, float], caplog: pytest.LogCaptureFixture
) -> None:
    recogniser = ear(*answers, **settings)
    if "ready" in settings:
        with pytest.raises(WorkerError, match=why):
            recogniser.wait(60.0)
    assert recogniser.decode(WORDS) == Recogniser(GRAMMAR).decode(WORDS)
    assert recogniser.decode(WORDS).text == "go to the kitchen"
    assert "the embedded one is asked" in caplog.text
    if "ready" not in settings:
        assert why in caplog.text


def test_after_a_failure_it_is_started_again(ear: Callable[..., TranscribingRecogniser]) -> None:
    recogniser = ear("die")
    recogniser.decode(SOUND)
    recogniser.wait(60.0)


def test_what_is_missing_is_told_with_its_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WorkerError, match="faster-whisper: not installed: pip install faster-whisper"):
        recogniser(RecogniserConfig(backend="faster-whisper"), GRAMMAR)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: "there")
    with pytest.raises(WorkerError, match=r"name its folder as recogniser\.model"):
        recogniser(RecogniserConfig(backend="faster-whisper"), GRAMMAR)
    with pytest.raises(WorkerError, match=r"config\.json is missing"):
        recogniser(RecogniserConfig(backend="kyutai", model=str(tmp_path)), GRAMMAR)


# ---------------------------------------------------------------- the engines themselves, of random weights


@pytest.mark.parametrize(
    ("backend", "package", "build"),
    [("faster-whisper", "faster_whisper", tiny_whisper.build), ("kyutai", "moshi", tiny_kyutai.build)],
)
def test_an_engine_of_random_weights_is_heard_through(
    tmp_path: Path, backend: Backend, package: str, build: Callable[[Path], None]
) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"needs {package}: make recognisers")
    build(tmp_path / "model")
    ear = recogniser(RecogniserConfig(backend=backend, model=str(tmp_path / "model"), timeout_s=60.0), GRAMMAR)
    assert isinstance(ear, TranscribingRecogniser)
    ear.wait(60.0)
    noises = [np.random.default_rng(seed).normal(0.0, 3000.0, 32_000).astype(np.int16) for seed in range(3)]
    heard = [ear.decode(noise) for noise in noises]
    assert len({one.free for one in heard}) > 1 and all(one.free and one.confidence < 0.05 for one in heard)
    assert [ear.decode(noise) for noise in noises] == heard  # nothing is left of what was heard before
    assert ear.engine.startswith({"kyutai": "moshi"}.get(backend, backend))
