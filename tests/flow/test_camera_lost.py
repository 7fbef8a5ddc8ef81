"""A camera that is lost while the robot drives: no pictures, so no news of people, so the gate is careful until they come again."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from robot_runtime import messages as m
from robot_runtime.flow import TICK_S, Flow
from robot_runtime.nodes import Settings
from robot_runtime.paths import ROOT
from robot_runtime.perceive import perceive
from robot_runtime.sense.topic import RAW
from robot_runtime.stage import Inbox, latest
from sim.truth import truth_reader
from tests.faults.documented import LIMITS_S
from tests.faults.truth import Seen, fastest_mps, fell_below, speed_mps

HOME = "sim/homes/family_home"
PLACES = {"kitchen": (4.1, 5.7), "hall": (7.4, 1.8)}
DRIVING_MPS, CAREFUL_MPS = 0.5, 0.22
PICTURE_EVERY = 5  # ticks: 10 Hz


class NeedsPictures(perceive.OracleBackend):
    """Knows what the oracle knows, but only by a picture, and of the picture's time, as a network does."""

    def look(self, inbox: Inbox, now_s: float) -> tuple[m.Detections, m.People] | None:
        found = super().look(inbox, now_s)
        picture = latest(inbox, "camera/image", m.Image)
        if picture is None or found is None:
            return None
        return found[0], m.People(picture.stamp_s, found[1].source, found[1].people)


class Drive:
    """The whole graph in virtual time, with a camera whose pictures come from outside."""

    def __init__(self) -> None:
        settings = Settings.for_simulation(camera="topic", params_file=str(ROOT / "tests/faults/home.yaml"), world=HOME)
        self.flow = Flow.build(settings)
        self.pictures, self.path = True, [Seen(-1.0, math.nan, math.nan)]
        self.safety: list[m.SafetyState] = []
        self.last_picture_s = math.nan
        self._read, self._ticks = truth_reader(HOME), 0
        self.flow.listeners.append(self._listen)

    def _listen(self, now_s: float, topic: str, message: Any) -> None:
        if topic == "safety/state":
            self.safety.append(message)
        elif topic == "sim/state":
            x_m, y_m, _ = self._read(message).robot
            self.path.append(Seen(message.stamp_s, x_m, y_m))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            if self.pictures and self._ticks % PICTURE_EVERY == 0:
                self.last_picture_s = self.flow.now_s
                pixels = np.full(64 * 48 * 3, 90, np.uint8)
                self.flow.inject(RAW, m.RawImage(self.flow.now_s, "lens", 48, 64, "rgb8", 0, 64 * 3, pixels))
            self._ticks += 1
            self.flow.tick()

    def until_fast(self, limit_s: float) -> bool:
        end_s = self.flow.now_s + limit_s
        while self.flow.now_s < end_s:
            self.run(0.1)
            if len(self.path) > 3 and speed_mps(self.path[-2], self.path[-1]) >= DRIVING_MPS:
                return True
        return False

    def go(self) -> None:
        """To the farther place, as Anna would ask for it."""
        at = self.path[-1].x_m, self.path[-1].y_m
        place = max(PLACES, key=lambda name: math.dist(PLACES[name], at))
        now_s, slots = self.flow.now_s, (m.Argument("place", place),)
        self.flow.inject(
            "speech/heard", m.Utterance(now_s, "u1", f"go to the {place}", "go_to", slots, 1.0, now_s - 1, now_s, "anna", "en", "test")
        )


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Drive:
    monkeypatch.setitem(perceive.BACKENDS, "oracle", NeedsPictures)
    return Drive()


def test_without_pictures_the_gate_is_careful_until_they_come_again(drive: Drive) -> None:
    limit_s = LIMITS_S["eyes"]
    assert limit_s is not None
    drive.run(2.0)
    drive.go()
    assert drive.until_fast(15.0), drive.safety[-1]
    assert drive.flow.stage("camera").problem == ""

    drive.pictures = False
    drive.run(2.5)
    slow_s = fell_below(drive.path, CAREFUL_MPS, drive.last_picture_s)
    assert slow_s is not None and slow_s - drive.last_picture_s <= limit_s
    assert fastest_mps(drive.path, drive.last_picture_s + limit_s) < CAREFUL_MPS
    told = [state for state in drive.safety if state.stamp_s > drive.last_picture_s]
    assert any("people is" in cause for state in told for cause in state.causes), told[-1]
    assert told[-1].max_speed_mps == 0.2
    problem, _ = drive.flow.stage("camera").diagnose()
    assert problem == "no pictures from topic: no sound picture on camera/raw_in or camera/compressed_in for 2 s"

    drive.pictures = True
    assert drive.until_fast(4.0), f"does not go on by itself: {drive.safety[-1]}"
    assert drive.flow.stage("camera").problem == ""
