"""An open sound card: PortAudio's thread copies into a ring, or out of it, and notes when.  It does nothing else, and never waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_runtime.sense import sound_device
from robot_runtime.sense.ring import Ring
from safety.files import FileError

CALLS_A_SECOND = 100
_RATES_HZ = (48_000, 44_100, 32_000, 16_000)
_MOST_DELAY_S = 0.5
"""A block that PortAudio says is older than this is not believed."""
_CALLS_KEPT = 1024


@dataclass(frozen=True)
class Wish:
    """What to open."""

    direction: sound_device.Direction
    name: str  # "" for the system's default
    buffer_s: float
    rate_hz: int = 0  # 0: the card's own
    channels: int = 0  # 0: as few as it takes
    channel: int = 0  # of several, the one to listen to

    @property
    def shown(self) -> str:
        return self.name or "default"


class Stream:
    """Mono float32 sound of one card in ``ring``, at ``rate_hz``.

    ``calls`` holds rows (count, processor time): of a microphone the samples that had come by then, of a speaker those that had
    gone.  ``silent`` counts samples that a speaker had to do without, ``dry`` the calls in which it had to; ``overflows`` the
    times that PortAudio says it has lost sound itself.

    :raises FileError: no such device, or it cannot be opened
    """

    def __init__(self, wish: Wish, sounddevice: Any, clock: Callable[[], float]) -> None:
        self.wish, self._clock = wish, clock
        self.calls = Ring(_CALLS_KEPT, 2)
        self.silent = self.dry = self.overflows = 0
        self._call = np.zeros((1, 2))
        self._counted = 0
        self._error = sounddevice.PortAudioError
        self._open(sounddevice, sound_device.find(sounddevice, wish.name, wish.direction))

    @property
    def active(self) -> bool:
        """Whether PortAudio still runs it; it may be true for a card that is gone."""
        try:
            return bool(self._stream.active)
        except self._error:
            return False

    @property
    def busy(self) -> bool:
        """Whether something is being played."""
        return self.wish.direction == "output" and self.ring.waiting > 0

    def close(self) -> None:
        """Whatever the state of the card."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    # ---------------------------------------------------------------- opening

    def _open(self, sounddevice: Any, index: int | None) -> None:
        kind, problem = self.wish.direction, ""
        about = sounddevice.query_devices(index, kind)
        if self.wish.channel >= (most := about[f"max_{kind}_channels"]):
            raise FileError(f"audio {kind}: device '{self.wish.shown}' has channels 0 to {most - 1}, not {self.wish.channel}")
        for rate_hz, channels in self._ways(about):
            refusal = self._start(sounddevice, index, rate_hz, channels)
            if not refusal:
                return
            problem = problem or refusal
        raise FileError(f"audio {kind}: device '{self.wish.shown}' cannot be opened: {problem or 'it has too few channels'}")

    def _start(self, sounddevice: Any, index: int | None, rate_hz: int, channels: int) -> str:
        """What PortAudio says against it, "" when it runs."""
        is_input = self.wish.direction == "input"
        make, callback = (sounddevice.InputStream, self._heard) if is_input else (sounddevice.OutputStream, self._play)
        self.rate_hz, self.channels = rate_hz, channels
        self.ring = Ring(int(self.wish.buffer_s * rate_hz), dtype=np.float32)
        blocksize = rate_hz // CALLS_A_SECOND
        stream = None
        try:
            stream = make(device=index, samplerate=rate_hz, channels=channels, dtype="float32", blocksize=blocksize, callback=callback)
            stream.start()
        except sounddevice.PortAudioError as error:
            if stream is not None:
                stream.close(ignore_errors=True)
            return str(error) or "it gave no reason"
        self._stream = stream
        return ""

    def _ways(self, about: Any) -> Iterator[tuple[int, int]]:
        """Rates and numbers of channels to try: what was asked for, else the card's own rate and few channels first.

        Cards that are opened directly, not through a sound server, take nothing but what they have.
        """
        wish, most = self.wish, about[f"max_{self.wish.direction}_channels"]
        own_hz = int(about["default_samplerate"])
        rates_hz = (wish.rate_hz,) if wish.rate_hz else tuple(dict.fromkeys((own_hz, *_RATES_HZ)))
        channels = (wish.channels,) if wish.channels else tuple(dict.fromkeys((wish.channel + 1, min(2, most), most)))
        return ((rate, count) for rate, count in product(rates_hz, channels) if wish.channel < count <= most)

    # ---------------------------------------------------------------- PortAudio's thread

    def _heard(self, block: NDArray[np.float32], count: int, times: Any, status: Any) -> None:
        """``block`` has the shape (count, channels)."""
        self.ring.write(block[:, self.wish.channel])
        self.overflows += bool(status and status.input_overflow)
        age_s = times.currentTime - times.inputBufferAdcTime if times else 0.0  # of the first sample
        since_s = age_s - count / self.rate_hz if 0.0 < age_s < _MOST_DELAY_S else 0.0  # … and of the last
        self._counted += count
        self._note(self._counted, self._clock() - max(0.0, since_s))

    def _play(self, block: NDArray[np.float32], count: int, times: Any, status: Any) -> None:
        """Fill ``block`` of shape (count, channels)."""
        self._note(self._counted, self._clock())
        self._counted += count
        played = self.ring.read_into(block[:, 0])
        block[played:, 0] = 0.0
        block[:, 1:] = block[:, :1]
        self.silent += count - played
        self.dry += played < count

    def _note(self, count: int, instant_s: float) -> None:
        self._call[0, 0], self._call[0, 1] = count, instant_s
        self.calls.write(self._call)
