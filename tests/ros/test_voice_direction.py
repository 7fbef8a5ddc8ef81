"""The voice process of a robot whose microphone and microphone array have ROS drivers of their own."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Int32

from robot_runtime import messages as m
from sim.description import load_home
from sim.voices import render
from tests.ros.conftest import Child

HOME = load_home("sim/homes/family_home")
MOST_WAITING = 50  # frames of sound, a second; the queue holds two
AS_DRIVERS_DO = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def voice(domain: int) -> Iterator[Child]:
    settings = {"audio_in": "topic", "audio_out": "topic", "log_level": "warn"}
    child = Child(["-m", "robot_runtime.ros.process", "voice", "--settings", json.dumps(settings)], domain)
    assert "ready" in child.listen(until="ready"), child.process.poll()
    yield child
    child.end()


def sentence() -> list[np.ndarray[Any, np.dtype[np.int16]]]:
    """20 ms each of a sentence at 2 m with a second of a quiet room before and after it."""
    dry = np.concatenate([np.zeros(16_000), render("could you please bring me the red cup", HOME.people["anna"]) / 2.0, np.zeros(16_000)])
    wet = (dry + np.random.default_rng(7).normal(0, 18, len(dry))).astype(np.int16)
    return [wet[start : start + 320] for start in range(0, len(wet) - 320, 320)]


class Speech:
    """Says the sentence in real time, or as fast as a busy machine listens: what waits too long is lost."""

    def __init__(self, ears: Any) -> None:
        self._ears, self._said = ears, 0
        self._turns, self._listening, self._speak = ears.hear("speech/heard"), ears.hear("safety/listening"), ears.speaker("audio/in")

    def play(self, each: Callable[[], None] = lambda: None) -> None:
        """… and waits until the ear is through with it."""
        turns, start_s = len(self._turns), time.monotonic()
        for index, samples in enumerate(sentence()):
            self._speak(m.AudioFrame(time.time(), "test", index, 16_000, samples))
            self._said += 1
            each()
            due_s = start_s + (index + 1) / 50
            self._ears.until(lambda: time.monotonic() >= due_s and self._heard() > self._said - MOST_WAITING, 5.0)  # noqa: B023
        assert self._ears.until(lambda: len(self._turns) > turns), "no turn was heard"
        self._ears.spin(0.5)

    def _heard(self) -> int:
        return self._listening[-1].frames if self._listening else 0


@pytest.mark.long
def test_a_voice_gets_the_direction_that_the_driver_tells_and_none_without(voice: Child, ears: Any) -> None:
    found, speech = ears.hear("audio/direction"), Speech(ears)
    speech.play()
    assert len(found) >= 5
    assert all(math.isnan(direction.bearing_rad) for direction in found)
    found.clear()
    driver = ears.node.create_publisher(Int32, "audio/direction_in", AS_DRIVERS_DO)
    assert ears.until(lambda: driver.get_subscription_count() > 0)
    speech.play(lambda: driver.publish(Int32(data=-40)))
    located = [round(math.degrees(direction.bearing_rad)) for direction in found if math.isfinite(direction.bearing_rad)]
    assert len(located) >= 5
    assert set(located) == {-40}
    assert ears.node.count_publishers("audio/voice") == 0, "it stays within the process"
