"""The second opinion: which sentences fit the phones of a sound, and how the sound is looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.hear.acoustic_model import us_english
from robot_runtime.hear.cepstra import STEP, WINDOW, SteadyNoise, band_powers, cepstra, features
from robot_runtime.hear.denoise import Denoiser, noise_floor, without_gaps
from robot_runtime.hear.grammar import Grammar, Rule
from robot_runtime.hear.phone_recogniser import Fit, PhoneRecogniser
from robot_runtime.hear.phone_search import Sentences, Sound, search
from robot_runtime.hear.pronunciation import PronunciationError, pronounce
from robot_runtime.speak.espeak import Espeak
from sim.description import load_home
from sim.voices import render

ANNA = load_home("sim/homes/family_home").people["anna"]
COLOURS = ["red", "blue", "green", "yellow"]


@pytest.fixture(scope="module")
def espeak() -> Iterator[Espeak]:
    with Espeak() as espeak:
        yield espeak


@pytest.fixture(scope="module")
def recogniser(espeak: Espeak) -> PhoneRecogniser:
    rules = [Rule("light", "(make | turn) the (light | lamp) {colour}", {}), Rule("clear", "clear the table [now]", {})]
    return PhoneRecogniser(Grammar(rules, {"colour": COLOURS}), espeak)


T = TypeVar("T")


def whole(pieces: Generator[None, None, T]) -> T:
    """What comes of it when all pieces are done."""
    found: list[T] = []

    def done() -> Generator[None, None, None]:
        found.append((yield from pieces))

    deque(done(), maxlen=0)
    return found[0]


def fit(recogniser: PhoneRecogniser, sound: NDArray[np.int16], texts: Sequence[str] = ()) -> Fit:
    return whole(recogniser.decoding(sound, texts))


def best(found: Fit) -> str:
    return max(found.sentences, key=lambda sentence: sentence.score).text


def spoken(text: str, noise: float = 18.0) -> NDArray[np.int16]:
    padded = np.pad(render(text, ANNA).astype(float), (6400, 4800))
    return np.clip(padded + np.random.default_rng(3).normal(0, noise, len(padded)), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("text", ["make the light red", "turn the lamp yellow", "clear the table", "clear the table now"])
def test_the_phones_fit_the_sentence(recogniser: PhoneRecogniser, text: str) -> None:
    assert best(fit(recogniser, spoken(text))) == text


def test_a_sentence_that_is_asked_about_is_told_however_badly_it_fits(recogniser: PhoneRecogniser) -> None:
    found = fit(recogniser, spoken("make the light green"), ["clear the table now", "make the light green"])
    scores = {sentence.text: sentence.score for sentence in found.sentences}
    assert len(scores) == len(found.sentences)
    assert scores["make the light green"] > scores["clear the table now"] + 100


def test_what_was_said_fits_and_other_talk_does_not(recogniser: PhoneRecogniser) -> None:
    def a_frame(text: str) -> float:
        found = fit(recogniser, spoken(text))
        return max(sentence.score for sentence in found.sentences) / found.frames

    assert a_frame("clear the table now") > -2.0 > -4.0 > a_frame("will it rain in the evening")


def test_nothing_and_next_to_nothing_fit_nothing(recogniser: PhoneRecogniser) -> None:
    for samples in (0, 320, 1000):
        assert fit(recogniser, np.zeros(samples, np.int16)).sentences == ()


def test_what_was_heard_before_changes_nothing(recogniser: PhoneRecogniser) -> None:
    first = fit(recogniser, spoken("clear the table"))
    fit(recogniser, spoken("turn the lamp yellow", noise=800))
    assert fit(recogniser, spoken("clear the table")) == first


def test_a_name_in_no_dictionary_is_pronounced(espeak: Espeak) -> None:
    recogniser = PhoneRecogniser(Grammar([Rule("go", "go to the kitchen", {})], {}), espeak)
    recogniser.load(Grammar([Rule("go", "go to the {place}", {})], {"place": ["kitchen", "zoltarium"]}))
    assert best(fit(recogniser, spoken("go to the zoltarium"))) == "go to the zoltarium"


WAYS = {"a": [[1], [2, 1]], "b": [[2]], "ab": [[1, 2]], "bab": [[2, 1, 2]], "c": [[3]]}


def one_by_one(sentences: Sentences, words: Sequence[str], scores: NDArray[np.float32]) -> float:
    """How well a sentence fits, by every way to say it and every moment, one after the other."""
    ways: list[list[int]] = [[0]]
    for word in words:
        ways = [[*way, *sounds, 0] for way in ways for sounds in WAYS[word]]
    found = -np.inf
    for way in ways:
        ends = [0.0] + [-np.inf] * len(scores)  # how well the phones so far fit up to each moment
        for phone in way:
            least = 0 if phone == 0 else 1
            ends = [
                max((ends[begin] + scores[begin:end, phone].sum() for begin in range(end - least + 1)), default=-np.inf)
                for end in range(len(scores) + 1)
            ]
        found = max(found, ends[-1])
    return found + sentences.costs(tuple(words))


@pytest.mark.parametrize("seed", range(5))
def test_the_search_finds_what_trying_everything_finds(seed: int) -> None:
    grammar = Grammar([Rule("one", "(a | b) [c] (ab | bab)", {}), Rule("two", "c [a] [b]", {}), Rule("three", "(a | c) bab a", {})], {})
    sentences = Sentences(grammar.automaton, WAYS)
    all_ = ["a ab", "a bab", "a c ab", "a c bab", "b ab", "b bab", "b c ab", "b c bab", "c", "c a", "c b", "c a b", "a bab a", "c bab a"]
    scores = np.random.default_rng(seed).normal(0, 30, (9, 4)).astype(np.float32)
    scores -= scores.max(axis=1, keepdims=True)
    sound = Sound(WAYS, scores, scores[:, 0])
    expected = {text: one_by_one(sentences, text.split(), scores) for text in all_}
    found = whole(search(sentences, sound, len(all_)))
    assert [sentence.score for sentence in found] == sorted((sentence.score for sentence in found), reverse=True)
    assert {sentence.text for sentence in found} >= {text for text, score in expected.items() if score > -np.inf}
    for sentence in found:
        if expected[sentence.text] > -np.inf:
            assert sentence.score == pytest.approx(expected[sentence.text], abs=0.1)


def test_scores_do_not_depend_on_which_others_are_wanted() -> None:
    model = us_english()
    frames = np.random.default_rng(1).normal(0, 5, (20, 3, 13)).astype(np.float32)
    some, all_ = model.scorer([5, 700, 4000]), model.scorer(range(model.senones))
    np.testing.assert_allclose(some.scores(frames), all_.scores(frames)[:, [5, 700, 4000]], rtol=1e-4)


def test_a_state_scores_as_its_mixtures_say() -> None:
    model = us_english()
    senone = model.between("AH", "K", "T", first=False, last=False).senones[1]
    frame = np.random.default_rng(2).normal(0, 3, (1, 3, 13)).astype(np.float32)
    weights, means, variances = model.cepstral_gaussians("AH")
    assert weights.sum() == pytest.approx(1, abs=0.1)
    assert means.shape == variances.shape == (model.densities, 13) and (variances > 0).all()
    alone = [np.log((np.exp(-((frame[0, 0] - means) ** 2 / variances) / 2) / np.sqrt(2 * np.pi * variances)).prod(axis=1)).max()]
    assert model.scorer([senone]).scores(frame)[0, 0] < alone[0] + 200  # finite, and of the same order
    assert np.isfinite(model.scorer([senone]).scores(frame)).all()


def test_frames_of_a_sound() -> None:
    assert [len(band_powers(np.zeros(length, np.int16))) for length in (0, WINDOW - 1, WINDOW, WINDOW + STEP)] == [0, 0, 1, 2]
    tone = (3000 * np.sin(2 * np.pi * 1000 * np.arange(1600) / 16_000)).astype(np.int16)
    loudest = band_powers(tone).argmax(axis=1)
    assert len(set(loudest.tolist())) == 1 and 5 < loudest[0] < 12  # 1 kHz lies in the lower half on the mel scale


def test_features_of_a_steady_slope() -> None:
    view = np.arange(20.0)[:, None] * np.ones(13)
    frames = features(view)
    np.testing.assert_allclose(frames[5:-5, 1], 4.0)  # two frames after less two before
    np.testing.assert_allclose(frames[5:-5, 2], 0.0, atol=1e-6)


def test_steady_noise_is_taken_away_and_streaming_equals_offline() -> None:
    powers = np.random.default_rng(4).gamma(20, 1e5, (300, 25))
    powers[200:210] *= 1000
    cleaned = SteadyNoise().clean(powers)
    assert np.median(cleaned[100:200] / powers[100:200]) < 0.5
    assert np.median(cleaned[202:208] / powers[202:208]) > 0.8
    stage = SteadyNoise()
    np.testing.assert_array_equal(np.concatenate([stage.clean(powers[:77]), stage.clean(powers[77:])]), cleaned)


def test_the_denoiser_brings_noisy_speech_nearer_to_clean_speech() -> None:
    clean = spoken("make the light red", noise=5.0)
    noisy = (clean + np.random.default_rng(5).normal(0, 600, len(clean))).astype(np.int16)
    wanted, heard = cepstra(band_powers(clean)), cepstra(band_powers(noisy))
    denoised = Denoiser(us_english()).cepstra(band_powers(noisy))
    loud = wanted[:, 0] > np.median(wanted[:, 0])

    def distance(view: NDArray[np.float64]) -> float:
        return float(np.abs((view - view.mean(0)) - (wanted - wanted.mean(0)))[loud].mean())

    assert distance(denoised) < 0.9 * distance(heard)


def test_the_noise_floor_is_that_of_the_quiet_frames() -> None:
    powers = np.full((100, 25), 50.0)
    powers[30:60] = 1e6
    np.testing.assert_allclose(noise_floor(powers), 50.0)


def test_digital_silence_is_not_taken_for_the_room() -> None:
    sound = spoken("make the light red").astype(np.int16)
    sound[-3200:] = 0
    sound[:1600] = 0
    powers = band_powers(sound)
    filled = without_gaps(powers)
    assert powers.max(axis=1).min() < 5 < 50 < filled.max(axis=1).min()
    np.testing.assert_array_equal(filled[50:100], powers[50:100])
    assert without_gaps(np.ones((20, 25))).max() == 1.0


def test_words_are_pronounced_or_refused(espeak: Espeak) -> None:
    assert pronounce("zoltan", espeak).split()[0] == "Z"
    with pytest.raises(PronunciationError, match="use another name"):
        pronounce("--", espeak)
