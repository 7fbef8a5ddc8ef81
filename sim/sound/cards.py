"""A stand-in for the ``sounddevice`` module: cards with crystals of their own, that can be unplugged, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Floats = NDArray[np.float32]


def tone_hz(frequency_hz: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """A sine of amplitude 0.5 as a function of time."""
    return lambda times_s: 0.5 * np.sin(2 * np.pi * frequency_hz * times_s)


@dataclass(eq=False)
class Device:
    """A sound card."""

    name: str = "USB Audio"
    rate_hz: int = 48_000
    inputs: int = 1
    outputs: int = 2
    ppm: float = 0.0  # how much faster than its rate the crystal is
    only_rate_hz: int = 0  # the one rate it takes, 0: any
    only_channels: int = 0
    busy: bool = False
    plugged: bool = True
    sound: Callable[[NDArray[np.float64]], NDArray[np.float64]] = lambda times_s: np.zeros(len(times_s))
    played: list[tuple[float, Floats]] = field(default_factory=list)  # time of the first sample, samples of the first channel


class Sounds:
    """The module.  ``run`` lets time go by and calls the callbacks that are due."""

    class PortAudioError(Exception):
        pass

    def __init__(self, *devices: Device, now_s: float = 50.0, jitter_s: float = 0.0, seed: int = 0, tells_times: bool = True) -> None:
        self.devices, self.now_s, self._jitter_s, self._tells_times = list(devices), now_s, jitter_s, tells_times
        self._chance = np.random.default_rng(seed)
        self.streams: list[Stream] = []
        self.initialised = 0
        self.starved = False
        self._initialize()

    def __call__(self) -> float:
        """The processor's clock."""
        return self.now_s

    # ---------------------------------------------------------------- as in sounddevice

    def _initialize(self) -> None:
        self._listed = [device for device in self.devices if device.plugged]
        self.initialised += 1

    def _terminate(self) -> None:
        assert not [stream for stream in self.streams if not stream.closed], "PortAudio would pull open streams away"

    def query_devices(self, index: int | None = None, kind: str = "") -> Any:
        about = [
            {
                "name": device.name,
                "max_input_channels": device.inputs,
                "max_output_channels": device.outputs,
                "default_samplerate": float(device.rate_hz),
            }
            for device in self._listed
        ]
        return about[self._place(index, kind)] if kind else about

    def InputStream(self, **options: Any) -> Stream:  # noqa: N802 (the module's name)
        return Stream(self, is_input=True, **options)

    def OutputStream(self, **options: Any) -> Stream:  # noqa: N802
        return Stream(self, is_input=False, **options)

    # ---------------------------------------------------------------- for tests

    def device(self, index: int | None, kind: str) -> Device:
        return self._listed[self._place(index, kind)]

    def _place(self, index: int | None, kind: str) -> int:
        """The default is the first one that can do it."""
        if index is not None:
            return index
        return next(place for place, device in enumerate(self._listed) if (device.inputs if kind == "input" else device.outputs))

    def run(self, seconds: float) -> None:
        """Let time go by; a starved processor calls nobody."""
        end_s = self.now_s + seconds
        while not self.starved:
            due = [(stream.next_call_s, place) for place, stream in enumerate(self.streams) if stream.runs]
            if not due or min(due)[0] > end_s:
                break
            call_s, place = min(due)
            self.now_s = max(self.now_s, call_s)
            self.streams[place].call(self._tells_times)
        self.now_s = end_s

    def late_s(self) -> float:
        return float(self._chance.exponential(self._jitter_s)) if self._jitter_s else 0.0


class Stream:
    """An open card."""

    def __init__(
        self, sounds: Sounds, is_input: bool, device: int | None, samplerate: int, channels: int, dtype: str, blocksize: int,
        callback: Callable[..., None],
    ) -> None:  # fmt: skip
        card = sounds.device(device, "input" if is_input else "output")
        if card.busy or not card.plugged:
            raise sounds.PortAudioError("Device unavailable")
        if card.only_rate_hz not in (0, samplerate):
            raise sounds.PortAudioError("Invalid sample rate")
        if card.only_channels not in (0, channels):
            raise sounds.PortAudioError("Invalid number of channels")
        assert dtype == "float32"
        self.sounds, self.card, self.is_input = sounds, card, is_input
        self.rate_hz, self.channels, self._blocksize, self._callback = samplerate, channels, blocksize, callback
        self.closed = self._started = False
        self.calls, self.overflowed = 0, False
        self._late_s = 0.0
        sounds.streams.append(self)

    def start(self) -> None:
        self._started, self._start_s = True, self.sounds.now_s

    def abort(self, ignore_errors: bool = True) -> None:
        self._started = False

    def close(self, ignore_errors: bool = True) -> None:
        self._started, self.closed = False, True

    @property
    def active(self) -> bool:
        assert not self.closed, "asked after it was closed"
        return self.runs

    @property
    def runs(self) -> bool:
        return self._started and self.card.plugged

    @property
    def block_s(self) -> float:
        return self._blocksize / self.rate_hz / (1 + 1e-6 * self.card.ppm)

    @property
    def next_call_s(self) -> float:
        """A block of a microphone comes when it is whole, one of a speaker is asked for when it begins."""
        return self._start_s + (self.calls + self.is_input) * self.block_s + self._late_s

    def call(self, tells_times: bool) -> None:
        first_s = self._start_s + self.calls * self.block_s
        times_s = first_s + np.arange(self._blocksize) / self.rate_hz / (1 + 1e-6 * self.card.ppm)
        now_s = self.sounds.now_s if tells_times else 0.0
        times = SimpleNamespace(currentTime=now_s, inputBufferAdcTime=first_s if tells_times else 0.0)
        status, self.overflowed = SimpleNamespace(input_overflow=self.overflowed), False
        block = np.full((self._blocksize, self.channels), 7.0, np.float32)
        if self.is_input:
            block[:] = self.card.sound(times_s)[:, None] * np.arange(1, self.channels + 1)
        self._callback(block, self._blocksize, times, status)
        if not self.is_input:
            assert (block == block[:, :1]).all(), "every channel gets the same"
            self.card.played.append((first_s, block[:, 0].copy()))
        self.calls += 1
        self._late_s = self.sounds.late_s()

    def overflow(self, blocks: int) -> None:
        """The driver loses some blocks, and says so with the next one."""
        self._start_s += blocks * self.block_s
        self.overflowed = True


def at_once(work: Callable[[], None]) -> None:
    """Instead of a thread."""
    work()


def snr_db(samples: NDArray[Any], times_s: NDArray[np.float64], frequency_hz: float) -> float:
    """Of a sine on these times, whatever its phase and level, and up to 600 ppm beside this frequency."""
    values, since_s = samples.astype(np.float64), times_s - times_s[0]

    def noise(ppm: float) -> float:
        angle = 2 * np.pi * frequency_hz * (1 + 1e-6 * ppm) * since_s
        basis = np.stack([np.sin(angle), np.cos(angle), np.ones(len(angle))], axis=1)
        return float(np.var(values - basis @ np.linalg.lstsq(basis, values, rcond=None)[0]))

    least = minimize_scalar(noise, bounds=(-600, 600), method="bounded", options={"xatol": 1e-3}).fun
    return float(10 * np.log10((np.var(values) - least) / least))
