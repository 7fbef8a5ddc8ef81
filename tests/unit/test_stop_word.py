"""When the stage looks, when it believes what the network says, and what it says of itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import cycle

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.hear.speech_model import END
from robot_runtime.hear.stop_network import Checked
from robot_runtime.hear.stop_search import AtOnce, OnThread
from robot_runtime.hear.stop_word import HOP, StopWord, StopWordConfig
from robot_runtime.messages import AudioFrame, Listening, SoundState, StopRequest

FRAME_S = 0.02
LOUD = np.random.default_rng(4).normal(0, 2000, 320).astype(np.int16)
QUIET = np.zeros(320, np.int16)


class Scripted:
    """A network that says what it is told to, look by look, and then that there is nothing."""

    words: tuple[str, ...] = ("", "stop", "halt")

    def __init__(self, answers: Sequence[tuple[float, float]] = ()) -> None:
        self.answers = list(answers)
        self.looks = 0

    def hear(self, window: NDArray[np.int16]) -> NDArray[np.float32]:
        self.looks += 1
        stop, halt = self.answers.pop(0) if self.answers else (0.0, 0.0)
        return np.array([1 - stop - halt, stop, halt], np.float32)


class Held:
    """A network that does not answer before it may."""

    words: tuple[str, ...] = ("", "stop")

    def __init__(self) -> None:
        self.may = threading.Event()
        self.answered = threading.Event()

    def hear(self, window: NDArray[np.int16]) -> NDArray[np.float32]:
        assert self.may.wait(10)
        self.answered.set()
        return np.array([0.0, 1.0], np.float32)


def play(stage: StopWord, frames: Sequence[NDArray[np.int16]], start_s: float = 0.0) -> tuple[list[StopRequest], list[Listening]]:
    stops: list[StopRequest] = []
    signs: list[Listening] = []
    for index, samples in enumerate(frames):
        now_s = start_s + index * FRAME_S
        for _, message in stage.step({"audio/in": [AudioFrame(now_s, "test", index, 16_000, samples)]}, now_s):
            if isinstance(message, StopRequest):
                stops.append(message)
            elif isinstance(message, Listening):
                signs.append(message)
    return stops, signs


def scripted(*answers: tuple[float, float], **settings: float) -> tuple[StopWord, Scripted]:
    network = Scripted(answers)
    return StopWord(StopWordConfig(background=False, keywords=False, sure=0.9, likely=0.6, **settings), network), network


def test_a_look_that_is_sure_is_enough() -> None:
    stage, _ = scripted((0.1, 0.0), (0.0, 0.95))
    stops, _ = play(stage, [LOUD] * 4 * HOP)
    assert [(stop.source, stop.detail) for stop in stops] == [("word", "halt")]
    assert stops[0].confidence == pytest.approx(0.95)
    assert stops[0].stamp_s == pytest.approx((2 * HOP - 1) * FRAME_S)


@pytest.mark.parametrize(
    ("answers", "stops"), [(((0.7, 0.0), (0.7, 0.0)), 1), (((0.7, 0.0), (0.1, 0.0), (0.7, 0.0)), 0), (((0.59, 0.0),) * 9, 0)]
)
def test_what_is_only_likely_must_be_so_twice_in_a_row(answers: tuple[tuple[float, float], ...], stops: int) -> None:
    stage, _ = scripted(*answers)
    assert len(play(stage, [LOUD] * 12 * HOP)[0]) == stops


def test_one_shout_is_reported_once() -> None:
    stage, _ = scripted(*((1.0, 0.0),) * 100)
    assert len(play(stage, [LOUD] * 90)[0]) == 2  # 1.8 s, at most one a second


def test_in_silence_nobody_looks_and_listens_all_the_same() -> None:
    stage, network = scripted()
    _, signs = play(stage, [QUIET] * 50)
    assert network.looks == 0
    assert [sign.frames for sign in signs] == [10, 20, 30, 40, 50]


def test_it_looks_on_for_a_while_after_a_sound() -> None:
    stage, network = scripted(hang_s=0.5)
    play(stage, [QUIET] * 20 + [LOUD] * 20 + [QUIET] * 100)
    assert 20 // HOP + 0.5 / FRAME_S // HOP <= network.looks <= 20 // HOP + 0.5 / FRAME_S // HOP + 1


def test_who_comes_late_does_not_listen() -> None:
    network = Held()
    stage = StopWord(StopWordConfig(keywords=False), network)
    _, signs = play(stage, [LOUD] * 60)
    assert [sign.frames for sign in signs] == [10, 20]  # by then 0.4 s have not been searched
    problem, _ = stage.diagnose()
    assert "late" in problem
    network.may.set()
    assert network.answered.wait(10)
    _until(lambda: bool(play(stage, [QUIET], 2.0)[0]))
    stage.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "stop word"]


def test_the_audio_path_does_not_wait_and_the_newest_sound_goes_first() -> None:
    network = Held()
    search = OnThread(network.hear)
    for frame in range(100):  # none of these waits
        search.put(frame, QUIET)
    network.may.set()
    found: list[int] = []

    def last_came() -> bool:
        found.extend(answer.frame for answer in search.answers())
        return 99 in found

    _until(last_came)
    assert len(found) <= 2 and found[-1] == 99
    search.close()


def test_a_network_that_fails_is_an_error_of_the_stage() -> None:
    def broken(window: NDArray[np.int16]) -> NDArray[np.float32]:
        raise RuntimeError("no such network")

    for search in (OnThread(broken), AtOnce(broken)):
        with pytest.raises(RuntimeError, match="no such network"):
            search.put(1, QUIET)
            _until(lambda search=search: bool(search.answers()))  # type: ignore[misc]
        search.close()


def test_after_a_reset_nothing_of_before_counts() -> None:
    stage, _ = scripted((0.7, 0.0), (0.7, 0.0))
    play(stage, [LOUD] * HOP)
    stage.reset()
    assert play(stage, [LOUD] * HOP)[0] == []


def _until(done: Callable[[], bool]) -> None:
    """Wait for another thread."""
    pause = threading.Event()
    for _ in range(1000):
        if done():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come within 10 s")


class Writes:
    """A recogniser that writes one piece after the other, and hears nothing."""

    def __init__(self, *pieces: str) -> None:
        self.pieces = ["", "", "", *pieces]
        self._written = 0

    def begin(self, samples: NDArray[np.int16]) -> Writes:
        self._written = 0
        return self

    def go_on(self, writing: Writes, texts: Sequence[int], pieces: Sequence[int]) -> Writes:
        self._written += 1
        return self

    @property
    def log_probabilities(self) -> NDArray[np.float32]:
        piece = 3 + self._written
        return np.eye(len(self.pieces), dtype=np.float32)[[piece if piece < len(self.pieces) else END]]


@pytest.mark.parametrize(
    ("pieces", "likely"), [((" Robot", ",", " st", "op", "!"), 0.8), ((" St", "opp", "ed"), 0.0), ((" Shop",), 0.0), ((), 0.0)]
)
def test_a_checked_network_counts_where_a_stop_word_is_written(pieces: tuple[str, ...], likely: float) -> None:
    checked = Checked(Scripted([(0.8, 0.0), (0.3, 0.0)]), Writes(*pieces), 0.5)  # type: ignore[arg-type]
    assert checked.hear(LOUD)[1] == pytest.approx(likely)
    assert checked.hear(LOUD)[1] == pytest.approx(0.3)  # too little to be asked about


# ---------------------------------------------------------------- over the robot's own voice


def hear_clean(
    stage: StopWord, echoes: Sequence[str], own_voice: Sequence[float] = (0.0,), left: Sequence[NDArray[np.int16]] = (LOUD,),
    plays: Sequence[NDArray[np.int16]] = (QUIET,),
) -> list[StopRequest]:  # fmt: skip
    """Frames without echo come in, in a room that is silent to the microphone; all but ``echoes`` again and again."""
    stops: list[StopRequest] = []
    for index, (echo, own, sound, said) in enumerate(zip(echoes, cycle(own_voice), cycle(left), cycle(plays), strict=False)):
        now_s = index * FRAME_S
        state = SoundState(now_s, index, echo, own, 0.08, 20.0, 0.0, 0.0, False)
        played, clean, heard = (AudioFrame(now_s, "test", index, 16_000, frame) for frame in (said, sound, QUIET))
        outbox = stage.step({"audio/played": [played], "audio/state": [state], "audio/clean": [clean], "audio/in": [heard]}, now_s)
        stops += [message for _, message in outbox if isinstance(message, StopRequest)]
    return stops


def test_what_is_called_over_the_robots_voice_is_found_in_what_is_left_of_it() -> None:
    stage, _ = scripted((0.0, 0.0), (0.0, 0.0), (0.0, 0.95))
    assert [stop.detail for stop in hear_clean(stage, ["cancelled"] * 4 * HOP)] == ["halt"]


def test_a_call_over_the_robots_voice_is_believed_sooner_than_one_in_the_raw_sound() -> None:
    """In what is left of the robot's voice nobody's television is heard for long, and a call is damaged."""
    frames = ["cancelled"] * 4 * HOP
    assert [len(hear_clean(scripted(*((least, 0.0),) * 3, likely_over=0.4)[0], frames)) for least in (0.3, 0.5)] == [0, 1]
    assert play(scripted(*((0.5, 0.0),) * 3, likely_over=0.4)[0], [LOUD] * 4 * HOP)[0] == []


@pytest.mark.parametrize(
    ("looks", "stops"),
    [
        (((0.0, 0.5),) * 2, 0),
        (((0.0, 0.5),) * 3, 1),
        (((0.0, 0.5), (0.0, 0.3), (0.0, 0.5), (0.0, 0.5)), 0),
        (((0.0, 0.7),) * 2, 1),
        (((0.5, 0.0),) * 2, 1),
    ],
)
def test_over_the_robots_voice_another_word_begins_like_halt(looks: Sequence[tuple[float, float]], stops: int) -> None:
    """And so for a moment only; "stop" is like nothing else that people say to a robot."""
    stage, _ = scripted(*looks, likely_over=0.4)
    assert len(hear_clean(stage, ["cancelled"] * 8 * HOP)) == stops


@pytest.mark.parametrize("own_voice", [[0.97], [1 - 0.8 * 0.9**k for k in range(25)]], ids=["steady", "a burst of it, distorted"])
def test_the_robots_own_words_are_no_call(own_voice: Sequence[float]) -> None:
    stage, _ = scripted(*((0.0, 0.95),) * 9)
    assert hear_clean(stage, ["cancelled"] * 8 * HOP, own_voice) == []


@pytest.mark.parametrize(("likely", "stops"), [(0.95, 0), (0.98, 1)])
def test_a_plain_call_counts_also_where_all_seems_to_be_the_robots_voice(likely: float, stops: int) -> None:
    """Where it has just driven to, the echo is badly taken out, and hides who calls from the echo watch."""
    stage, _ = scripted(*((0.0, 0.0),) * 6, (0.0, likely), (0.0, likely))
    assert len(hear_clean(stage, ["cancelled"] * 8 * HOP, [0.97])) == stops


@pytest.mark.parametrize(("likes", "stops"), [("what was played", 0), ("something else", 1)])
def test_a_word_made_of_what_was_just_played_is_no_call(likes: str, stops: int) -> None:
    """Behind the robot's last words the room rings on, and what is left seems to be somebody's."""
    rng = np.random.default_rng(3)
    one, other = ([np.rint(rng.normal(0, 10 ** rng.uniform(1, 3.5), 320)).astype(np.int16) for _ in range(80)] for _ in range(2))
    echo = [QUIET] * 4 + [frame // 4 for frame in one]  # 0.08 s later
    stage, _ = scripted(*((0.0, 0.0),) * 16, (0.0, 0.95))
    assert len(hear_clean(stage, ["cancelled"] * 70, left=echo if likes == "what was played" else other, plays=one)) == stops


class Bangs:
    """A network to which half a second of sound is a stop."""

    words: tuple[str, ...] = ("", "stop")

    def hear(self, window: NDArray[np.int16]) -> NDArray[np.float32]:
        loud = float(np.count_nonzero(window) > 8000)
        return np.array([1 - loud, loud], np.float32)


def stops_said(heard: str, plays: str, sound: str) -> int:
    """Stops in a second and a half of one noise or another, or of nothing; what the robot plays is heard 0.08 s later."""
    rng = np.random.default_rng(4)
    levels = {"one": (3.0, 1.0, 3.5, 1.5, 2.5, 1.0, 3.0, 2.0), "other": (3.0, 3.0, 1.0, 1.0, 3.5, 1.0, 2.0, 3.0)}
    noises = {name: [np.rint(rng.normal(0, 10**level, 320)).astype(np.int16) for level in np.repeat(levels[name], 10)] for name in levels}
    noises[""] = [QUIET] * 80
    stage = StopWord(StopWordConfig(background=False, sure=1.0, likely=0.9, likely_over=0.8), Bangs())
    stops = 0
    for index in range(80):
        now_s = index * FRAME_S
        state = SoundState(now_s, index, "cancelled" if sound == "clean" else "uncancelled", 0.0, 0.08, 20.0, 0.0, 0.0, False)
        sounds = {"played": noises[plays][index], "in": QUIET, "clean": QUIET, sound: ([QUIET] * 4 + noises[heard])[index]}
        inbox: dict[str, list[object]] = {
            f"audio/{name}": [AudioFrame(now_s, "test", index, 16_000, part)] for name, part in sounds.items()
        }
        stops += sum(isinstance(message, StopRequest) for _, message in stage.step({**inbox, "audio/state": [state]}, now_s))
    return stops


@pytest.mark.parametrize(
    ("heard", "plays", "sound", "stops"),
    [("one", "", "in", 1), ("one", "one", "in", 0), ("other", "one", "in", 1), ("one", "", "clean", 1), ("other", "one", "clean", 0)],
    ids=["a call", "its own word", "a call that drowns its own word", "a call behind its voice", "a word that it says too"],
)
def test_a_word_that_the_robot_says_itself_is_no_call(heard: str, plays: str, sound: str, stops: int) -> None:
    assert min(stops_said(heard, plays, sound), 1) == stops


@pytest.mark.parametrize("echo", ["quiet", "inaudible", "uncancelled"])
def test_while_nothing_is_taken_out_of_it_only_the_raw_sound_is_searched(echo: str) -> None:
    stage, network = scripted()
    hear_clean(stage, [echo] * 20 * HOP)
    assert network.looks == 0


def test_a_call_that_outlasts_the_robots_voice_is_looked_at_to_its_end() -> None:
    stage, network = scripted()
    hear_clean(stage, ["cancelled"] * HOP + ["quiet"] * 100)
    assert network.looks == 1 + 59 // HOP  # 1.2 s, as long as the window holds some of it


def test_one_shout_in_both_sounds_is_reported_once() -> None:
    stage, _ = scripted(*((1.0, 0.0),) * 100)
    frames = [AudioFrame(0.0, "test", index, 16_000, LOUD) for index in range(4 * HOP)]
    states = [SoundState(0.0, index, "cancelled", 0.0, 0.08, 20.0, 0.0, 0.0, False) for index in range(4 * HOP)]
    outbox = stage.step({"audio/state": states, "audio/clean": frames, "audio/in": frames}, 1.0)
    assert sum(isinstance(message, StopRequest) for _, message in outbox) == 1
