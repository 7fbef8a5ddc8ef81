"""The robot does not answer itself: in an echoing room, on a machine that is too busy for it."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import cache
from math import nan

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.hear.alignment import Alignment
from robot_runtime.hear.ear import Ear, EarConfig
from robot_runtime.hear.front_end import FrontEnd, FrontEndConfig
from robot_runtime.hear.own_speech import OwnSpeech
from robot_runtime.hear.own_words import OwnWords
from robot_runtime.hear.reference import Reference
from robot_runtime.messages import AudioFrame, FloorDecision, SoundState, SpeechRequest, SpeechState, StopRequest, Utterance
from robot_runtime.nodes import NODES
from sim.description import load_home
from sim.voices import render
from tests.stop_over_own_voice import stops
from tests.unit.echo_room import FRAME, RATE_HZ, Room, Sound, frames, speech, streamed, whole

ANNA = load_home("sim/homes/family_home").people["anna"]
SAYS = "Come over to Anna, or bring me the red cup. Who can you see in the kitchen?"
SENTENCES = [SAYS, "I do not know a place called attic. I know kitchen, living room, bedroom and hall.", SAYS]
DELAY_S = 0.08


@cache
def robot() -> Sound:
    return speech(SENTENCES)


@cache
def echo() -> Sound:
    return Room().hears(robot())


def anna(text: str, start_s: float, length: int) -> Sound:
    said = render(text, ANNA).astype(np.float64) / 2
    sound = np.zeros(length)
    start = int(start_s * RATE_HZ)
    sound[start : start + len(said)] = said[: length - start]
    return sound


@pytest.fixture(scope="module")
def loaded_ear() -> Ear:
    return Ear(EarConfig(site="sim/homes/family_home"))


@pytest.fixture
def ear(loaded_ear: Ear) -> Ear:
    loaded_ear.reset()
    return loaded_ear


# ---------------------------------------------------------------- order of arrival


@pytest.mark.parametrize(("name", "trigger"), [("front_end", "audio/in"), ("ear", "audio/clean")])
def test_what_the_robot_plays_is_taken_before_what_is_heard(name: str, trigger: str) -> None:
    """Of messages that waited, those of the topic that stands first are taken first, and a trigger is acted on at once."""
    (row,) = [node for node in NODES if node.name == name]
    mine = [topic for topic in row.inputs if topic in ("speech/say", "speech/state", "audio/out", "audio/played")]
    assert len(mine) == 3 and max(map(row.inputs.index, mine)) < row.inputs.index(trigger)


def says(phase: str, at_s: float = 0.0) -> SpeechState:
    return SpeechState(at_s, "s1", phase, SAYS, 0.0, nan)


def asked(at_s: float = 0.0) -> SpeechRequest:
    return SpeechRequest(at_s, "s1", SAYS, "", "report", "", False)


@pytest.mark.parametrize("word", [("speech/say", asked()), ("speech/state", says("started"))], ids=["asked to", "says so"])
def test_a_robot_that_may_speak_and_is_not_known_to_play_anything_does_not_listen(word: tuple[str, object]) -> None:
    stage = FrontEnd(FrontEndConfig())
    heard = [*frames(echo(), "microphone")][:60]
    states = [m for _, m in stage.step({word[0]: [word[1]], "audio/in": heard}, 1.2) if isinstance(m, SoundState)]
    late = [state for state in states if state.stamp_s > 0.2]
    assert {state.echo for state in late} == {"uncancelled"} and {state.own_voice for state in late} == {1.0}


def test_sound_that_was_lost_on_its_way_to_the_front_end_is_not_taken_for_silence() -> None:
    stage = FrontEnd(FrontEndConfig())
    played = [frame for frame in frames(robot(), "voice") if np.any(frame.samples)][:2]
    lost = replace(played[1], stamp_s=played[0].stamp_s + 1.0, sequence=played[0].sequence + 50)
    heard = [*frames(echo(), "microphone", start_s=lost.stamp_s + 0.1)][:10]
    states = [m for _, m in stage.step({"audio/out": [played[0], lost], "audio/in": heard}, 9.0) if isinstance(m, SoundState)]
    assert {state.echo for state in states} == {"uncancelled"}


def test_gaps_in_the_reference_are_known() -> None:
    reference = Reference()
    first, second, fourth = (AudioFrame(k * 0.02, "voice", k, RATE_HZ, np.ones(FRAME, np.int16)) for k in (0, 1, 3))
    assert [reference.put(frame) for frame in (first, second, fourth, replace(first, stamp_s=1.0))] == [True, True, False, True]
    assert reference.end_s == pytest.approx(1.02)


def test_speech_is_over_when_the_voice_says_so_or_never_begins() -> None:
    own = OwnSpeech()
    assert not own.may_speak(0.0)
    own.will_say(asked(1.0))
    assert own.may_speak(3.9) and not own.may_speak(4.1)
    own.says(says("started", 5.0))
    assert own.may_speak(30.0)
    own.says(says("cancelled", 31.0))
    assert not own.may_speak(31.0)


# ---------------------------------------------------------------- an echo that moves


def jumped(by_s: float) -> tuple[Sound, int]:
    """The robot's sentences twice, the second time so much later at the microphone."""
    played = np.concatenate([robot(), robot()])
    early, late = Room(delay_s=DELAY_S).hears(played), Room(delay_s=DELAY_S + by_s).hears(played)
    return np.concatenate([early[: len(robot())], late[len(robot()) :]]), len(robot())


@pytest.mark.parametrize("by_s", [0.006, 0.05, -0.04])
def test_what_was_learnt_before_a_jump_of_the_delay_is_not_forgotten(by_s: float) -> None:
    mic, jump = jumped(by_s)
    _, states = streamed(FrontEnd(FrontEndConfig()), mic, np.concatenate([robot(), robot()]))
    after = [state for state in states if state.stamp_s >= jump / RATE_HZ + 0.5 and state.echo != "quiet"]
    deaf_s = sum(state.echo == "uncancelled" for state in after) * 0.02
    assert 0.1 < deaf_s < 3.0
    assert after[-1].echo == "cancelled"


def test_a_small_change_of_the_delay_is_a_jump_only_if_the_echo_is_lost() -> None:
    alignment = Alignment()
    assert alignment.found(1.0, 2000) and not alignment.found(1.2, 2000)
    assert not alignment.found(1.4, 2100) and not alignment.jumped
    lag = alignment.lag
    assert alignment.found(1.6, 2000, lost=True) and alignment.jumped and alignment.lag == lag - 100


# ---------------------------------------------------------------- a second look at whole turns


def played_to(words: OwnWords) -> None:
    for frame in frames(robot(), "voice"):
        words.play(frame)


def part(sound: Sound, from_s: float, until_s: float) -> NDArray[np.int16]:
    return whole(sound[int(from_s * RATE_HZ) : int(until_s * RATE_HZ)])


def test_an_echo_is_like_what_was_played_and_a_person_is_not() -> None:
    words = OwnWords()
    played_to(words)
    assert words.explain(part(echo(), 1.0, 2.5), 2.5, DELAY_S)
    assert not words.explain(part(echo() / 30 + anna("bring me the red cup", 1.0, len(robot())), 1.0, 2.5), 2.5, DELAY_S)
    assert words.likeness(part(echo(), 1.0, 2.5), 2.5, nan) == 0.0, "unknown delay"
    assert words.likeness(part(echo(), 0.1, 0.3), 0.3, DELAY_S) == 0.0, "nothing was played"


def test_who_speaks_on_after_the_robots_last_words_is_not_taken_for_it() -> None:
    """A turn over its voice keeps half a second of what was heard before."""
    words = OwnWords()
    last = np.trim_zeros(robot())[: int(0.6 * RATE_HZ)]
    played = np.concatenate([last, np.zeros(2 * RATE_HZ)])
    for frame in frames(played, "voice"):
        words.play(frame)
    heard = Room(delay_s=DELAY_S).hears(played) / 4 + anna("what can you see", 0.7, len(played))
    assert not words.explain(part(heard, 0.1, 2.0), 2.0, DELAY_S)


@pytest.mark.parametrize("text", ["stop", "bring me the red cup", "halt"])
def test_who_begins_to_speak_when_the_robot_does_is_not_taken_for_it(text: str) -> None:
    """The silence before is the same in both."""
    words, silence = OwnWords(), np.zeros(RATE_HZ)
    played = np.concatenate([silence, np.trim_zeros(robot())])
    for frame in frames(played, "voice"):
        words.play(frame)
    said = np.trim_zeros(anna(text, 0.0, RATE_HZ))
    heard = np.random.default_rng(5).normal(0.0, 18.0, len(played))
    heard[RATE_HZ + int(DELAY_S * RATE_HZ) :][: len(said)] += said
    assert not words.explain(part(heard, 0.6, 1.8), 1.8, DELAY_S)
    assert words.explain(part(Room().hears(played) / 8, 0.6, 1.8), 1.8, DELAY_S)


def heard_over(ear: Ear, sound: Sound, echo: str = "cancelled") -> list[object]:
    """What the ear makes of it when the front end takes everything for somebody else's."""
    said: list[object] = []
    played = [*frames(robot(), "voice")]
    ear.step({"speech/state": [says("started")]}, 0.0)
    for frame in frames(sound, "front end"):
        state = SoundState(frame.stamp_s, frame.sequence, echo, 0.0, DELAY_S, 20.0, 0.0, 0.0, False)
        inbox: dict[str, list[object]] = {"audio/played": [played[frame.sequence]], "audio/state": [state], "audio/clean": [frame]}
        said += [message for _, message in ear.step(inbox, frame.stamp_s + 0.02)]
    return said + [message for _, message in ear.close()]


@pytest.fixture
def own() -> Sound:
    """One of its sentences is made of commands; then silence."""
    return np.concatenate([echo()[: int(6.5 * RATE_HZ)], np.zeros(2 * RATE_HZ)])


def test_an_echo_that_seems_cancelled_is_told_as_its_own_and_not_acted_on(ear: Ear, own: Sound) -> None:
    said = heard_over(ear, own / 8)
    heard = [message for message in said if isinstance(message, Utterance)]
    assert "own_voice" in {utterance.role for utterance in heard} <= {"own_voice", "backchannel", "cut"}
    assert not any(isinstance(message, StopRequest) for message in said)
    assert not [message for message in said if isinstance(message, FloorDecision) and message.decision == "yield"]


def test_a_person_over_a_cancelled_echo_is_answered(ear: Ear, own: Sound) -> None:
    room = np.random.default_rng(5).normal(0.0, 18.0, len(own))
    sound = own / 1000 + anna("bring me the red cup", 2.0, len(own)) + room
    turns = [message for message in heard_over(ear, sound) if isinstance(message, Utterance)]
    assert [(turn.role, turn.text) for turn in turns] == [("turn", "bring me the red cup")]


# ---------------------------------------------------------------- a busy machine


def test_a_starved_machine_gives_no_turns(ear: Ear) -> None:
    """Both processes stand still for up to 0.3 s again and again; what waited comes together, now and then what was played later."""
    rng = np.random.default_rng(4)
    stage, played = FrontEnd(FrontEndConfig()), [*frames(robot(), "voice")]
    speaker, heard = deque(played), [*frames(echo(), "microphone")]
    waiting: dict[str, list[object]] = {"speech/state": [says("started")]}
    said: list[object] = []
    stands = 0
    for index, frame in enumerate(heard):
        waiting.setdefault("audio/in", []).append(frame)
        while speaker and speaker[0].stamp_s <= frame.stamp_s - 0.02 * int(rng.integers(0, 3)):
            waiting.setdefault("audio/out", []).append(speaker.popleft())
        stands = int(rng.integers(3, 15)) if rng.random() < 0.03 else max(0, stands - 1)
        if stands and index + 1 < len(heard):
            continue
        outbox = stage.step(waiting, frame.stamp_s + 0.02)
        inbox = {topic: [m for name, m in outbox if name == topic] for topic in ("audio/played", "audio/state", "audio/clean")}
        inbox["speech/state"] = waiting.get("speech/state", [])
        said += [message for _, message in ear.step(inbox, frame.stamp_s + 0.02)]
        waiting = {}
    heard_words = [message for message in said if isinstance(message, Utterance)]
    assert {utterance.role for utterance in heard_words} <= {"own_voice", "backchannel"}
    assert not any(isinstance(message, StopRequest) for message in said)


# ---------------------------------------------------------------- stop


def test_a_stop_over_the_robots_own_voice_is_heard() -> None:
    """Called as loud as the robot speaks, once its echo is known."""
    played, calls_s = np.concatenate([robot(), robot()])[: 20 * RATE_HZ], (12.0, 15.0, 18.0)
    called = np.sum([anna("stop", at_s, len(played)) for at_s in calls_s], axis=0)
    stops_s = stops(Room().hears(played, 2 * called), played, clean=True)
    assert [any(0 < stop_s - at_s < 1.2 for stop_s in stops_s) for at_s in calls_s] == [True] * 3
    assert len(stops_s) == 3
