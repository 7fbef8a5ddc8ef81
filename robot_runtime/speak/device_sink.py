"""The speaker's sound card, fed by the robot's clock and emptied by its own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from robot_runtime.sense.frame_clock import FrameClock, Offset
from robot_runtime.sense.framing import bend
from robot_runtime.sense.rate import Converter
from robot_runtime.sense.sound_card import SoundCard, Start, on_a_thread
from robot_runtime.sense.sound_stream import Stream, Wish
from robot_runtime.speak.sink import RATE_HZ

_END_S, _NEARLY_DRY_S = 0.03, 0.03
"""Without a frame for so long, and with so little waiting, a sentence is over: what the converter still holds is pushed out after it."""
_CONTIGUOUS_S = 0.5
"""A hole between two frames that is shorter was none in what the robot says: a step was late."""
_AT_ONCE_S = 0.04
"""Of what a voice gives as it begins."""
_SLACK_S = 0.01
"""Of what waits; within it the rate is the card's alone, and the pitch does not move."""
_PUSH = np.zeros(RATE_HZ // 50, np.float32)
_STAMP_OFF_S = 0.5
"""A stamp further than this from now does not tell when the frame is due."""


class DeviceSink:
    """Keeps ``ahead_s`` of sound waiting while somebody speaks, however late a step is, by less than that.

    What begins with a stamp that has passed is heard earlier: a voice that begins gives the next frames at once, in place of silence.
    The rate is steered so that this stays so for hours; whatever goes beyond ``buffer_s`` is dropped and counted.

    :raises FileError: no such device, or it cannot be opened, unless it may be missing
    """

    def __init__(
        self,
        wish: Wish,
        ahead_s: float,
        *,
        may_be_missing: bool = False,
        sounddevice: Any = None,
        clock: Callable[[], float] = time.monotonic,
        start: Start = on_a_thread,
    ) -> None:
        self._card, self._processor_s, self._ahead_s = SoundCard(wish, sounddevice, clock, start), clock, ahead_s
        self._stream: Stream | None = None
        self._speaking, self._last_s, self._stamp_s = False, -math.inf, -math.inf
        self.underruns = self.dropped = self.unheard = 0
        self._level_s, self._dry = math.nan, 0
        self._card.open(may_be_missing)

    def write(self, frame: AudioFrame, now_s: float) -> None:
        stream = self._watch(now_s)
        if stream is None:
            self.unheard += 1
            return
        dry, late = stream.dry != self._dry, frame.stamp_s - self._stamp_s < _CONTIGUOUS_S
        self.underruns += dry and late
        due_s = frame.stamp_s if abs(now_s - frame.stamp_s) < _STAMP_OFF_S else now_s
        if dry or not self._speaking:
            missing_s = self._ahead_s - (0.0 if dry and late else min(max(0.0, now_s - due_s), _AT_ONCE_S))
            self._put(stream, np.zeros(max(0, round(missing_s * stream.rate_hz) - stream.ring.waiting), np.float32))
            self._dry = stream.dry
        self._speaking, self._last_s, self._stamp_s = True, now_s, frame.stamp_s
        sound = frame.samples.astype(np.float32) / np.float32(32768)
        self._put(stream, self._converter.convert(sound, self._correction(stream, due_s)))

    def tick(self, now_s: float) -> None:
        stream = self._watch(now_s)
        if stream is None or not self._speaking or 0.0 <= now_s - self._last_s < _END_S:
            return
        if stream.ring.waiting < _NEARLY_DRY_S * stream.rate_hz:
            self._put(stream, self._converter.convert(_PUSH))
            self._speaking = False

    def close(self) -> None:
        self._card.close()
        self._stream, self._speaking = None, False

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        figures = {"lost devices": str(self._card.losses), "unheard frames": str(self.unheard)}
        if self._stream is not None:
            figures["device rate"] = f"{self._stream.rate_hz} Hz, {self._stream.channels} channels"
            figures["clock"] = f"{self._clock.ppm:+.1f} ppm"
            figures["waiting"] = f"{1e3 * self._level_s:.0f} ms"
            figures["underruns"] = str(self.underruns)
            figures["overruns"] = f"{self.dropped} samples"
        return self._card.problem, figures

    def _watch(self, now_s: float) -> Stream | None:
        stream = self._card.watch()
        if stream is not None and stream is not self._stream:
            self._clock, self._offset = FrameClock(stream.rate_hz), Offset()
            self._converter, self._speaking, self._dry = Converter(RATE_HZ, stream.rate_hz), False, stream.dry
        self._stream = stream
        if stream is not None:
            offset_s = self._offset.update(now_s, self._processor_s())
            for count, instant_s in stream.calls.read()[1]:
                self._clock.observe(count, instant_s + offset_s)
        return stream

    def _correction(self, stream: Stream, due_s: float) -> float:
        """From how much will wait when this frame is due: by the smooth clock, not by the blocks that the card takes."""
        if not self._clock.started:
            return 0.0
        played = self._clock.count_at(due_s) - stream.silent
        self._level_s = (stream.ring.written - played) / stream.rate_hz
        off_s = self._level_s - self._ahead_s
        return bend(off_s - min(max(off_s, -_SLACK_S), _SLACK_S)) - 1e-6 * self._clock.ppm

    def _put(self, stream: Stream, sound: NDArray[np.float32]) -> None:
        fitting = min(len(sound), stream.ring.space)
        stream.ring.write(sound[:fitting])
        self.dropped += len(sound) - fitting
