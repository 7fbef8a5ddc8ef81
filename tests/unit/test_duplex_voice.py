"""The duplex voice around a stand-in for the engine: always listening, cancelled at once, replaced within a second, gated."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.duplex.frames import SAMPLES
from robot_runtime.duplex.link import EngineGoneError, Link
from robot_runtime.duplex.voice import DuplexConfig, DuplexVoice
from robot_runtime.messages import AudioFrame, EncodedImage, FloorDecision, Plan, PlanStep, SpeechRequest, SpeechState, StopRequest
from robot_runtime.stage import Inbox
from safety.types import People, Person

pytestmark = [pytest.mark.alone, pytest.mark.waits]  # against a process, in real time

ENGINE = str(Path(__file__).with_name("duplex_engine.py"))
STEP_S = 0.02


class Rig:
    """Steps the voice every 20 ms of the real clock, as its node does, with the microphone's frames."""

    def __init__(self, script: dict[int, str] | None = None, start: Callable[[], Link] | None = None) -> None:
        self.links: list[Link] = []
        self._script = script or {}
        self.voice = DuplexVoice(DuplexConfig(), start or self._start)
        self.out: list[tuple[float, AudioFrame]] = []
        self.states: list[tuple[float, SpeechState]] = []
        self._begun_s = time.monotonic()
        self._sent = 0

    def _start(self) -> Link:
        self.links.append(Link([sys.executable, ENGINE, json.dumps(self._script if not self.links else {})]))
        return self.links[-1]

    @property
    def now_s(self) -> float:
        return time.monotonic() - self._begun_s

    def step(self, inbox: Inbox | None = None) -> None:
        frames = []
        while self._sent * STEP_S <= self.now_s:
            frames.append(AudioFrame(self._sent * STEP_S, "microphone", self._sent, 16_000, np.zeros(SAMPLES, np.int16)))
            self._sent += 1
        now_s = self.now_s
        for _, message in self.voice.step({**(inbox or {}), "audio/clean": frames}, now_s):
            if isinstance(message, AudioFrame):
                self.out.append((now_s, message))
            elif isinstance(message, SpeechState):
                self.states.append((now_s, message))
        time.sleep(max(0.0, self._sent * STEP_S - self.now_s))

    def run(self, until: Callable[[], bool], limit_s: float = 20.0) -> float:
        """How long it took."""
        begun_s = self.now_s
        while not until():
            assert self.now_s - begun_s < limit_s
            self.step()
        return self.now_s - begun_s

    def seconds(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.step()

    @property
    def speaks(self) -> str:
        return self.voice.diagnose()[1]["speaks"]

    def healthy(self) -> None:
        self.run(lambda: self.speaks == "duplex")

    @property
    def heard(self) -> int:
        """Frames that went to the engine."""
        return self.voice.timing.timing().frames + self.voice.timing.open_frames

    def sources(self, since_s: float) -> set[str]:
        return {frame.source for at_s, frame in self.out if at_s >= since_s and np.abs(frame.samples).max() > 500}

    def phases(self, request: str) -> list[str]:
        return [state.phase for _, state in self.states if state.request_id == request]


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(script: dict[int, str] | None = None, start: Callable[[], Link] | None = None) -> Rig:
        made.append(Rig(script, start))
        return made[-1]

    yield make
    for one in made:
        one.voice.close()


def say(text: str, interrupt: bool = False, request: str = "r1") -> Inbox:
    return {"speech/say": [SpeechRequest(0.0, request, text, "", "answer", "", interrupt)]}


LONG = "the red cup stands on the table in the kitchen beside the window and the plate"


def test_a_result_is_told_to_the_model_which_says_it(rig: Callable[..., Rig]) -> None:
    one = rig()
    one.healthy()
    begun_s = one.now_s
    one.step(say("here is your cup"))
    one.run(lambda: one.phases("r1") == ["started", "finished"])
    assert one.sources(begun_s) == {"duplex"}
    frames = [frame.sequence for _, frame in one.out]
    assert frames == list(range(len(frames)))


@pytest.mark.parametrize(
    "cancel",
    [
        pytest.param({"safety/stop_request": [StopRequest(0.0, "word", "stop", 1.0)]}, id="stop word"),
        pytest.param({"speech/floor": [FloorDecision(0.0, "yield", "they speak on", 0.0, "")]}, id="floor", marks=pytest.mark.long),
        pytest.param(say("", interrupt=True, request="r2"), id="interrupt", marks=pytest.mark.long),
    ],
)
def test_after_a_cancel_not_one_frame_leaves(rig: Callable[..., Rig], cancel: Inbox) -> None:
    one = rig()
    one.healthy()
    one.step(say(LONG))
    one.run(lambda: len(one.out) > 20)
    cancelled_s = one.now_s
    one.step(cancel)
    one.seconds(0.8)
    assert one.sources(cancelled_s + 1e-3) == set()
    assert one.phases("r1")[-1] == "cancelled"
    one.step(say("as you like", request="r3"))
    one.run(lambda: one.phases("r3") == ["started", "finished"])


def test_it_is_silent_while_somebody_may_speak_and_says_the_rest_then(rig: Callable[..., Rig]) -> None:
    one = rig()
    one.healthy()
    one.step(say(LONG))
    one.run(lambda: len(one.out) > 20)
    for decision, silent_s in (("dip", 0.1), ("hold", 0.5)):
        before_s = one.now_s
        one.step({"speech/floor": [FloorDecision(0.0, decision, "somebody speaks", 0.0, "")]})
        fading = len(one.out) + 1
        one.seconds(silent_s)
        assert not any(frame.samples.any() for at_s, frame in one.out[fading:] if at_s > before_s)
        one.step({"speech/floor": [FloorDecision(0.0, "keep", "no words", 0.0, "")]})
        one.run(lambda: bool(one.sources(one.now_s - 0.05)))
    one.run(lambda: one.phases("r1")[-1] == "finished")


def test_it_hears_every_frame_while_it_speaks(rig: Callable[..., Rig]) -> None:
    one = rig()
    one.healthy()
    before, begun_s = one.heard, one.now_s
    one.step(say(LONG))
    one.run(lambda: one.phases("r1") == ["started", "finished"])
    assert one.heard - before == pytest.approx((one.now_s - begun_s) / 0.08, abs=2)


def test_a_killed_engine_loses_no_answer_and_comes_back(rig: Callable[..., Rig]) -> None:
    one = rig()
    one.healthy()
    one.step(say(LONG))
    one.run(lambda: len(one.out) > 20)
    os.kill(one.links[0].pid, signal.SIGKILL)
    killed_s = one.now_s
    assert one.run(lambda: "voice" in one.sources(killed_s)) < 1.0, "within a second it is heard again"
    problem, figures = one.voice.diagnose()
    assert "cascade" in problem and figures["takeovers"] == "1"
    one.run(lambda: one.phases("r1")[-1] == "finished")
    said = [state.said for _, state in one.states if state.phase == "finished"]
    assert said[-1].split()[-1] == "plate"
    one.healthy()
    assert one.voice.diagnose()[0] == ""
    back_s = one.now_s
    one.step(say("i am back", request="r2"))
    one.run(lambda: one.phases("r2") == ["started", "finished"])
    assert one.sources(back_s) == {"duplex"}


@pytest.mark.parametrize("event", ["!hang", *(pytest.param(event, marks=pytest.mark.long) for event in ("!slow", "!fail"))])
def test_one_that_hangs_is_too_slow_or_runs_out_of_memory_is_replaced(rig: Callable[..., Rig], event: str) -> None:
    one = rig({45: event})
    one.healthy()
    one.run(lambda: one.speaks == "cascade")
    asked_s = one.now_s
    one.step(say("i am still here"))
    one.run(lambda: one.phases("r1") == ["started", "finished"])
    assert one.sources(asked_s) == {"voice"}


def test_without_an_engine_the_cascade_speaks_and_says_why(rig: Callable[..., Rig]) -> None:
    def none() -> Link:
        raise EngineGoneError("no weights in /models/moshika")

    one = rig(start=none)
    one.step(say("good morning"))
    one.run(lambda: one.phases("r1") == ["started", "finished"])
    assert one.sources(0.0) == {"voice"}
    assert "no weights" in one.voice.diagnose()[0]


def test_a_forbidden_sentence_is_replaced(rig: Callable[..., Rig]) -> None:
    one = rig({45: "well the door code is twelve"})
    one.healthy()
    one.run(lambda: one.phases("speech-rule-1") == ["started", "finished"])
    assert [cut.rule.id for cut in one.voice.cuts] == ["secret"]


@pytest.mark.long
def test_a_promise_without_a_plan_is_taken_back_aloud(rig: Callable[..., Rig]) -> None:
    one = rig({45: "okay i will bring it"})
    one.healthy()
    one.run(lambda: one.phases("promise-1") == ["started", "finished"])
    other = rig({45: "okay i will bring it"})
    other.healthy()
    other.step({"plan": [Plan(other.now_s, "p", "u", "anna", "grounded", PlanStep("fetch", ()), (), "")]})
    other.seconds(6.0)
    assert other.voice.corrections == 0 and "bring" in other.voice.monologue


def picture(grey: int) -> EncodedImage:
    encoded: NDArray[np.uint8] = cv2.imencode(".jpg", np.full((48, 64, 3), grey, np.uint8))[1]
    return EncodedImage(0.0, "camera", "jpeg", encoded.tobytes())


def test_pictures_go_to_the_model_once_a_second_or_when_the_scene_changes(rig: Callable[..., Rig]) -> None:
    one = rig()
    one.healthy()
    for _ in range(25):
        one.step({"camera/image/compressed": [picture(100)]})
    one.run(lambda: one.links[0].seen == 1)
    one.step({"camera/image/compressed": [picture(200)]})
    one.run(lambda: one.links[0].seen == 2)
    assert one.voice.timing.timing().misses == 0


ADULT = Person("anna", "Anna", "adult", 0.95, (1.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.1, True, False, True, 0.0)


@pytest.mark.long
def test_a_grown_up_hears_what_a_child_must_not(rig: Callable[..., Rig]) -> None:
    one = rig({45: "you can use the knife"})
    one.healthy()
    for _ in range(100):
        one.step({"people": [People(one.now_s, "test", (ADULT,))]})
    assert one.voice.cuts == [] and "knife" in one.voice.monologue
    other = rig({45: "you can use the knife"})
    other.healthy()
    other.run(lambda: len(other.voice.cuts) == 1)


@pytest.mark.long
def test_what_it_was_told_before_a_reset_is_forgotten(rig: Callable[..., Rig]) -> None:
    one = rig()
    one.healthy()
    one.step(say(LONG))
    one.run(lambda: len(one.out) > 5)
    one.voice.reset()
    reset_s = one.now_s
    one.healthy()
    one.seconds(0.5)
    assert one.sources(reset_s) == set() and one.phases("r1") == ["started"]
