"""The speaker: a sound card or a file that takes the robot's voice."""

from __future__ import annotations

import logging
import threading
import wave
from typing import Any, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import AudioFrame
from robot_runtime.paths import resolve
from robot_runtime.sense import sound_device
from robot_runtime.stage import Inbox, Outbox, news
from safety.files import FileError

RATE_HZ = 16_000
_log = logging.getLogger(__name__)


class SpeakerConfig(StageConfig):
    sink: str = Field("device", pattern=r"^(device(:.+)?|file:.+)$", description="device, device:NAME or file:PATH")
    allow_missing: bool = Field(False, description="go on, silently, when the device is missing")
    buffer_s: float = Field(0.2, ge=0.04, le=2, description="sound that may wait for the card; more is dropped, so that a cancel is heard")


class Sink(Protocol):
    """What takes samples at 16 kHz mono."""

    def write(self, samples: NDArray[np.int16]) -> None: ...
    def close(self) -> None: ...


class Speaker:
    """Hands each frame to the sink at once; it never waits.

    :raises FileError: the device or file cannot be used
    """

    Config = SpeakerConfig

    def __init__(self, config: SpeakerConfig, sounddevice: Any = None) -> None:
        self._config = config
        self._sounddevice = sounddevice
        self._sink: Sink | None = self._open()

    def reset(self) -> None:
        """Keeps no state."""

    def close(self) -> Outbox:
        """Let go of the device or file; the next frame opens it again, a file anew."""
        if self._sink is not None:
            self._sink.close()
        self._sink = None
        return []

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        """:raises FileError: it was closed, and cannot be opened again"""
        for frame in news(inbox, "audio/out", AudioFrame):
            sink = self._sink = self._sink or self._open()
            sink.write(frame.samples)
        return []

    def _open(self) -> Sink:
        kind, _, name = self._config.sink.partition(":")
        if kind == "file":
            return FileSink(name)
        try:
            return DeviceSink(name, self._config.buffer_s, self._sounddevice or sound_device.load())
        except FileError as error:
            if not self._config.allow_missing:
                raise
            _log.warning("%s; going on without sound, as allow_missing says", error)
            return NoSink()


class NoSink:
    """Swallows sound where a missing device is allowed."""

    def write(self, samples: NDArray[np.int16]) -> None:
        """Nothing hears it."""

    def close(self) -> None:
        """Nothing to close."""


class FileSink:
    """A WAV file; each write leaves it complete, so that a crash loses nothing.

    :raises FileError: it cannot be written
    """

    def __init__(self, path: str) -> None:
        try:
            self._raw = resolve(path).open("wb")  # open for the life of the sink
        except OSError as error:
            raise FileError(f"{path}: cannot be written: {error.strerror}") from error
        self._file = wave.open(self._raw, "wb")  # noqa: SIM115
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE_HZ)

    def write(self, samples: NDArray[np.int16]) -> None:
        self._file.writeframes(samples.astype("<i2").tobytes())

    def close(self) -> None:
        self._file.close()
        self._raw.close()


class DeviceSink:
    """A sound card; PortAudio's thread takes what waits, and plays silence when nothing does.

    :raises FileError: no such device, or it cannot be opened
    """

    def __init__(self, name: str, buffer_s: float, sounddevice: Any) -> None:
        index = sound_device.find(sounddevice, name, "output")
        rate_hz = int(sounddevice.query_devices(index, "output")["default_samplerate"])
        self._resampler = soxr.ResampleStream(RATE_HZ, rate_hz, 1, dtype="float32")
        self._limit = int(buffer_s * rate_hz)
        self._waiting = np.zeros(0, np.float32)
        self._lock = threading.Lock()
        self.dropped = 0
        try:
            self._stream = sounddevice.OutputStream(
                device=index, samplerate=rate_hz, channels=1, dtype="float32", blocksize=rate_hz // 50, callback=self._play
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise FileError(f"audio output: device '{name or 'default'}' cannot be opened: {error}") from error

    def write(self, samples: NDArray[np.int16]) -> None:
        sound = self._resampler.resample_chunk(samples.astype(np.float32) / 32768)
        with self._lock:
            waiting = np.concatenate([self._waiting, sound])
            self.dropped += max(0, len(waiting) - self._limit)
            self._waiting = waiting[-self._limit :]

    def _play(self, block: NDArray[np.float32], count: int, clock: Any, status: Any) -> None:
        """Called on PortAudio's thread to fill ``block`` of shape (count, 1)."""
        with self._lock:
            sound, self._waiting = self._waiting[:count], self._waiting[count:]
        block[:, 0] = np.pad(sound, (0, count - len(sound)))

    def close(self) -> None:
        self._stream.close()
