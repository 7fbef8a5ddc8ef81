"""The recogniser: what it hears, what else it may have been, how sure it is, and that pieces of work give the same as the whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.hear.grammar import Grammar, Rule
from robot_runtime.hear.recogniser import Decoding, Recogniser
from robot_runtime.hear.speech_model import END, SpeechModel, Writing, moonshine
from safety.files import FileError
from sim.description import load_home
from sim.voices import render

ANNA = load_home("sim/homes/family_home").people["anna"]
COLOURS = ["red", "blue", "green", "yellow"]


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    rules = [Rule("light", "(make | turn) the (light | lamp) {colour}", {}), Rule("clear", "clear the table [now]", {})]
    return Recogniser(Grammar(rules, {"colour": COLOURS}))


def spoken(text: str, noise: float = 18.0) -> NDArray[np.int16]:
    padded = np.pad(render(text, ANNA).astype(float), (6400, 4800))
    return np.clip(padded + np.random.default_rng(3).normal(0, noise, len(padded)), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("text", ["make the light red", "turn the lamp yellow", "clear the table", "clear the table now"])
def test_it_hears_the_sentence(recogniser: Recogniser, text: str) -> None:
    heard = recogniser.decode(spoken(text))
    assert heard.text == text and heard.confidence > 0.8


def test_alternatives_mean_something_else_and_are_less_likely(recogniser: Recogniser) -> None:
    heard = recogniser.decode(spoken("make the light red", noise=1500))
    texts = [heard.text, *(other.text for other in heard.alternatives)]
    meanings = [recogniser.grammar.interpret(text) for text in texts]
    assert len(texts) >= 2
    assert len(set(meanings)) == len(meanings) and None not in meanings
    shares = [other.confidence for other in heard.alternatives]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1 - heard.confidence + 1e-9


def test_nothing_and_next_to_nothing_say_nothing(recogniser: Recogniser) -> None:
    for samples in (0, 320, 1000):
        assert recogniser.decode(np.zeros(samples, np.int16)).text == ""
    noise = np.random.default_rng(1).normal(0, 300, 16_000).astype(np.int16)
    assert recogniser.decode(np.zeros(16_000, np.int16)).confidence < 0.2
    assert recogniser.decode(noise).confidence < 0.2


@pytest.mark.parametrize("samples", [1600, 3200, 4800, 6400])
def test_a_snatch_too_short_for_any_sentence_is_none(recogniser: Recogniser, samples: int) -> None:
    heard = recogniser.decode(spoken("make the light red")[9600 : 9600 + samples])
    assert 0 <= heard.confidence < 0.2
    assert all(0 <= other.confidence < 0.2 for other in heard.alternatives)


@pytest.mark.parametrize("samples", [800, 4000, 16_000])
def test_clicks_in_digital_silence_are_no_words(recogniser: Recogniser, samples: int) -> None:
    """As of a microphone that drops out: between the gaps there are a few frames only."""
    for at in range(0, samples - 320, samples // 8):
        clicks = np.zeros(samples, np.int16)
        clicks[[at, at + 300]] = 30_000
        assert recogniser.decode(clicks).confidence < 0.2


def test_where_nothing_fits_no_alternative_is_sure(recogniser: Recogniser) -> None:
    """Else what halts the robot would be sure by being the only other one."""
    heard = recogniser.decode(spoken("make my bed tomorrow"))
    assert heard.confidence < 0.2 and heard.alternatives
    assert max(other.confidence for other in heard.alternatives) <= heard.confidence


def test_other_talk_is_no_command_and_is_told_as_it_was_heard(recogniser: Recogniser) -> None:
    heard = recogniser.decode(spoken("the weather will be cloudy this evening"))
    assert heard.confidence < 0.2
    assert "weather" in heard.free.lower()


def test_a_sentence_that_breaks_off_is_known_as_begun(recogniser: Recogniser) -> None:
    begun, whole = recogniser.decode(spoken("turn the lamp")), recogniser.decode(spoken("turn the lamp blue"))
    assert begun.begun == "turn the lamp" and begun.begun_better > 1.0
    assert whole.begun_better < 0.0


def test_pieces_of_work_give_the_same_as_the_whole(recogniser: Recogniser) -> None:
    sound = spoken("turn the lamp yellow")
    decoding, pieces = Decoding(recogniser, sound), 0
    while decoding.result is None:
        decoding.advance(1)
        pieces += 1
    assert decoding.result == recogniser.decode(sound)
    assert 5 < pieces < 40


def test_what_was_heard_before_changes_nothing(recogniser: Recogniser) -> None:
    first = recogniser.decode(spoken("clear the table"))
    recogniser.decode(spoken("turn the lamp yellow", noise=800))
    assert recogniser.decode(spoken("clear the table")) == first


def test_another_grammar_is_taken_at_once_with_names_in_no_dictionary() -> None:
    recogniser = Recogniser(Grammar([Rule("go", "go to the kitchen", {})], {}))
    recogniser.load(Grammar([Rule("go", "go to the {place}", {})], {"place": ["kitchen", "zoltarium"]}))
    assert recogniser.decode(spoken("go to the zoltarium")).text == "go to the zoltarium"


def test_texts_judged_at_once_are_as_likely_as_written_one_by_one_and_piece_by_piece() -> None:
    model, texts = moonshine(), ["turn the lamp yellow", "what is it", "clear the table now please"]
    begun = model.begin(spoken("turn the lamp yellow"))
    judged = model.judge(begun, texts)
    for text, score in zip(texts, judged, strict=True):
        assert model.judge(begun, [text]) == pytest.approx([score], rel=0.03)  # in 8 bits what stands beside it changes digits
        pieces = model.split(text.capitalize())
        ends = [END, *(model.split(f"a{sign}")[-1] for sign in ".?!")]
        assert max(_piece_by_piece(model, begun, [*pieces, end]) for end in ends) == pytest.approx(score, rel=0.03)
    assert judged[0] > max(judged[1:]) + 5.0


def _piece_by_piece(model: SpeechModel, begun: Writing, pieces: list[int]) -> float:
    writing, score = begun, 0.0
    for piece in pieces:
        score += float(writing.log_probabilities[0, piece])
        writing = model.go_on(writing, [0], [piece])
    return score


def test_a_text_is_split_as_the_network_writes_it() -> None:
    model = moonshine()
    assert [model.pieces[piece] for piece in model.split("Turn the lamp yellow.")] == [" Turn", " the", " lamp", " yellow", "."]
    assert model.split("🤖x") == model.split("x") and min(model.split("x.?!")) > 258  # no bytes


def test_silence_around_a_sentence_changes_no_word(recogniser: Recogniser) -> None:
    sound = np.pad(spoken("turn the lamp yellow")[4800:-3200], (8000, 8000))
    assert recogniser.decode(sound).text == "turn the lamp yellow"


def test_the_record_tells_networks_and_grammar(recogniser: Recogniser) -> None:
    assert moonshine().name in recogniser.engine and recogniser.engine.endswith(recogniser.grammar.hash)


# ------------------------------------------------------------ networks that are not as they should be


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    import moonshine_voice

    return Path(shutil.copytree(Path(moonshine_voice.__file__).parent / "assets" / "tiny-en", tmp_path / "networks"))


def test_a_network_that_is_missing_names_the_file_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"encoder_model.ort: missing.*pip install moonshine-voice==0.1.0"):
        SpeechModel(tmp_path)


def test_a_broken_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "encoder_model.ort").write_bytes(b"no network")
    with pytest.raises(FileError, match=r"encoder_model.ort: not a network"):
        SpeechModel(tmp_path)
