"""Sound from a microphone that has a ROS driver of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import RawSound
from robot_runtime.sense.frame_clock import FrameClock
from robot_runtime.sense.framing import Framing
from robot_runtime.sense.sound_source import FRAME_S, Heard
from robot_runtime.stage import Inbox, news

RAW = "audio/raw_in"
SILENT_S = 2.0
_HOLE_S = 0.1
_AHEAD_S, _OLDEST_S = 0.25, 1.0


class SoundTopicSource:
    """Frames by the robot's clock from blocks of any length, rate and number of channels.

    The rate of a driver is steered as that of a card is.  A block is taken at its stamp, or when it came, whichever was first;
    after a hole, or with another rate, everything begins anew.
    """

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self.lost = self._refused = 0
        self._refusal = ""
        self._heard_s = self._end_s = self._due_s = math.nan
        self.close()

    def read(self, inbox: Inbox, now_s: float) -> list[Heard]:
        if math.isnan(self._heard_s) or now_s < self._heard_s:
            self._heard_s = now_s
        heard: list[Heard] = []
        for block in news(inbox, RAW, RawSound):
            if problem := self._problem(block, now_s):
                self._refused, self._refusal = self._refused + 1, problem
            else:
                heard += self._take(block, now_s)
                self._heard_s = now_s
        self._silent = now_s - self._heard_s > SILENT_S
        return heard

    def close(self) -> None:
        self._framing: Framing | None = None
        self._rate_hz = 0
        self._heard_s = self._end_s = self._due_s = math.nan
        self._silent = False

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        problem = f"no sound on {RAW} for {SILENT_S:g} s" if self._silent else ""
        figures = {"lost frames": str(self.lost), "refused": str(self._refused)}
        if self._refusal:
            figures["refused because"] = self._refusal
        if self._framing is not None:
            figures["clock"] = f"{self._clock.ppm:+.1f} ppm"
        return problem, figures

    def _problem(self, block: RawSound, now_s: float) -> str:
        if block.channels <= self._channel:
            return f"it has channels 0 to {block.channels - 1}, not {self._channel}"
        if not -_AHEAD_S <= now_s - block.stamp_s <= _OLDEST_S:
            return f"stamped {now_s - block.stamp_s:.2f} s ago; do the driver's clock and use_sim_time agree with ours?"
        return ""

    def _take(self, block: RawSound, now_s: float) -> list[Heard]:
        sound = self._mono(block)
        start_s = min(block.stamp_s, now_s - len(sound) / block.sample_rate_hz)
        if block.sample_rate_hz != self._rate_hz or not abs(start_s - self._end_s) < _HOLE_S:
            self._begin(block.sample_rate_hz)
        self._end_s = start_s + len(sound) / block.sample_rate_hz
        self._count += len(sound)
        self._clock.observe(self._count, self._end_s)
        assert self._framing is not None
        heard = self._framing.take(sound)
        for stamp_s, _ in heard:
            if not math.isnan(self._due_s):
                self.lost += max(0, round((stamp_s - self._due_s) / FRAME_S))
            self._due_s = stamp_s + FRAME_S
        return heard

    def _begin(self, rate_hz: int) -> None:
        self._rate_hz, self._count = rate_hz, 0
        self._clock = FrameClock(rate_hz)
        self._framing = Framing(self._clock, rate_hz)

    def _mono(self, block: RawSound) -> NDArray[np.float32]:
        whole = len(block.samples) - len(block.samples) % block.channels
        return block.samples[:whole].reshape(-1, block.channels)[:, self._channel]
