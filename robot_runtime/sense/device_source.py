"""The microphone's sound card as frames by the robot's clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from robot_runtime.sense.frame_clock import FrameClock, Offset
from robot_runtime.sense.framing import Framing
from robot_runtime.sense.sound_card import SoundCard, Start, on_a_thread
from robot_runtime.sense.sound_source import FRAME_S, Heard
from robot_runtime.sense.sound_stream import Stream, Wish
from robot_runtime.stage import Inbox


class DeviceSource:
    """Reads what PortAudio's thread has put into the ring, as late as the step may be.

    :raises FileError: no such device, or it cannot be opened, unless it may be missing
    """

    def __init__(
        self,
        wish: Wish,
        *,
        may_be_missing: bool = False,
        sounddevice: Any = None,
        clock: Callable[[], float] = time.monotonic,
        start: Start = on_a_thread,
    ) -> None:
        self._card, self._processor_s = SoundCard(wish, sounddevice, clock, start), clock
        self.lost = 0
        self._stream: Stream | None = None
        self._overruns = self._overflows = 0
        self._due_s, self._latency_s = math.nan, math.nan
        self._card.open(may_be_missing)

    def read(self, inbox: Inbox, now_s: float) -> list[Heard]:
        stream = self._card.watch()
        if stream is None:
            self._stream = None
            return []
        if stream is not self._stream:
            self._begin(stream)
        offset_s = self._offset.update(now_s, self._processor_s())
        first, sound = stream.ring.read()  # before the calls: each sample then has its time
        for count, instant_s in stream.calls.read()[1]:
            self._clock.observe(count, instant_s + offset_s)
        self._note_overflows(stream)
        if stream.ring.lost != self._overruns:
            self._overruns = stream.ring.lost
            self._framing = Framing(self._clock, stream.rate_hz, first)
        heard = self._framing.take(sound) if self._clock.started and len(sound) else []
        if heard:
            self._count_lost(heard)
            self._latency_s = now_s - self._due_s
        return heard

    def close(self) -> None:
        self._card.close()
        self._stream, self._due_s = None, math.nan

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        figures = {"lost frames": str(self.lost), "lost devices": str(self._card.losses)}
        if self._stream is not None:
            figures["device rate"] = f"{self._stream.rate_hz} Hz, {self._stream.channels} channels"
            figures["clock"] = f"{self._clock.ppm:+.1f} ppm"
            figures["latency"] = f"{1e3 * self._latency_s:.0f} ms"
            figures["overruns"] = f"{self._stream.ring.lost} samples here, {self._stream.overflows} times in the driver"
        return self._card.problem, figures

    def _begin(self, stream: Stream) -> None:
        self._stream, self._overruns, self._overflows = stream, 0, 0
        self._clock, self._offset = FrameClock(stream.rate_hz), Offset()
        self._framing = Framing(self._clock, stream.rate_hz)

    def _note_overflows(self, stream: Stream) -> None:
        if stream.overflows != self._overflows:
            self._overflows = stream.overflows
            self._clock.doubt()

    def _count_lost(self, heard: list[Heard]) -> None:
        """Whatever the reason, a hole between two frames is as many lost ones as fit in."""
        for stamp_s, _ in heard:
            if not math.isnan(self._due_s):
                self.lost += max(0, round((stamp_s - self._due_s) / FRAME_S))
            self._due_s = stamp_s + FRAME_S
