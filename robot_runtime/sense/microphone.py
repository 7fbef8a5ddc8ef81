"""The microphone: a sound card or a file, as 20 ms frames of 16 kHz mono."""

from __future__ import annotations

import logging
import math
import threading
import wave
from collections import deque
from typing import Any, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import AudioFrame
from robot_runtime.paths import resolve
from robot_runtime.sense import sound_device
from robot_runtime.stage import Inbox, Outbox
from safety.files import FileError

RATE_HZ = 16_000
FRAME_SAMPLES = 320
FRAME_S = FRAME_SAMPLES / RATE_HZ
_LEAST_RATE_HZ = 4000
_log = logging.getLogger(__name__)


class MicrophoneConfig(StageConfig):
    source: str = Field("device", pattern=r"^(device(:.+)?|file:.+)$", description="device, device:NAME or file:PATH")
    allow_missing: bool = Field(False, description="go on, with silence, when the device is missing")
    buffer_s: float = Field(1.0, ge=0.1, le=10, description="sound that may wait for a late step; more is lost and counted")


class Source(Protocol):
    """Where frames come from."""

    lost: int  # frames lost so far

    def read(self, now_s: float) -> list[NDArray[np.int16]]:
        """The frames that are there by now, oldest first; never waits."""
        ...

    def close(self) -> None: ...


class Microphone:
    """Publishes what the source has; each frame is stamped so that the newest one ended just now.

    :raises FileError: the device or file cannot be used
    """

    Config = MicrophoneConfig

    def __init__(self, config: MicrophoneConfig, sounddevice: Any = None) -> None:
        self._config = config
        self._sounddevice = sounddevice
        self._source: Source | None = self._open()
        self._sequence = 0
        self._lost = 0

    def reset(self) -> None:
        """Numbers start anew; the device stays open."""
        self._sequence = 0

    def close(self) -> Outbox:
        """Let go of the device or file; the next step opens it again, a file from its beginning."""
        if self._source is not None:
            self._source.close()
        self._source, self._lost = None, 0
        return []

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        """:raises FileError: it was closed, and cannot be opened again"""
        source = self._source = self._source or self._open()
        frames = source.read(now_s)
        if source.lost != self._lost:
            _log.warning("microphone: %d frames lost, because nobody read in time", source.lost - self._lost)
            self._sequence += source.lost - self._lost  # a consumer sees the gap
            self._lost = source.lost
        outbox: Outbox = []
        for index, samples in enumerate(frames):
            stamp_s = now_s - (len(frames) - index) * FRAME_S
            outbox.append(("audio/in", AudioFrame(stamp_s, self._config.source, self._sequence, RATE_HZ, samples)))
            self._sequence += 1
        return outbox

    def _open(self) -> Source:
        kind, _, name = self._config.source.partition(":")
        if kind == "file":
            return FileSource(name)
        try:
            return DeviceSource(name, self._config.buffer_s, self._sounddevice or sound_device.load())
        except FileError as error:
            if not self._config.allow_missing:
                raise
            _log.warning("%s; going on with silence, as allow_missing says", error)
            return Silence()


class Silence:
    """Nothing to hear, at the pace of the clock."""

    def __init__(self) -> None:
        self.lost = 0
        self._next_s = math.nan

    def read(self, now_s: float) -> list[NDArray[np.int16]]:
        if math.isnan(self._next_s):
            self._next_s = now_s
        count = max(0, int((now_s - self._next_s) / FRAME_S + 1e-6))
        self._next_s += count * FRAME_S
        return [self._frame() for _ in range(count)]

    def _frame(self) -> NDArray[np.int16]:
        return np.zeros(FRAME_SAMPLES, np.int16)

    def close(self) -> None:
        """Nothing to close."""


class FileSource(Silence):
    """A WAV file as if it were spoken now, then silence.

    :raises FileError: it cannot be used
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        samples = read_wav(path)
        padding = -len(samples) % FRAME_SAMPLES
        self._frames = deque(np.pad(samples, (0, padding)).reshape(-1, FRAME_SAMPLES))

    def _frame(self) -> NDArray[np.int16]:
        return self._frames.popleft() if self._frames else super()._frame()


class DeviceSource:
    """A sound card.  PortAudio's thread fills a ring; reading never waits for it, nor it for reading.

    :raises FileError: no such device, or it cannot be opened
    """

    def __init__(self, name: str, buffer_s: float, sounddevice: Any) -> None:
        self.lost = 0
        self._ring: deque[NDArray[np.int16]] = deque(maxlen=max(1, int(buffer_s / FRAME_S)))
        self._lock = threading.Lock()
        index = sound_device.find(sounddevice, name, "input")
        rate_hz = int(sounddevice.query_devices(index, "input")["default_samplerate"])
        self._resampler = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32")
        self._rest = np.zeros(0, np.float32)
        try:
            self._stream = sounddevice.InputStream(
                device=index, samplerate=rate_hz, channels=1, dtype="float32", blocksize=rate_hz // 50, callback=self._heard
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise FileError(f"audio input: device '{name or 'default'}' cannot be opened: {error}") from error

    def _heard(self, block: NDArray[np.float32], count: int, clock: Any, status: Any) -> None:
        """Called on PortAudio's thread with ``block`` of shape (count, 1)."""
        self._rest = np.concatenate([self._rest, self._resampler.resample_chunk(block[:, 0])])
        while len(self._rest) >= FRAME_SAMPLES:
            frame, self._rest = self._rest[:FRAME_SAMPLES], self._rest[FRAME_SAMPLES:]
            with self._lock:
                self.lost += len(self._ring) == self._ring.maxlen
                self._ring.append(np.clip(frame * 32768, -32768, 32767).astype(np.int16))

    def read(self, now_s: float) -> list[NDArray[np.int16]]:
        with self._lock:
            frames = list(self._ring)
            self._ring.clear()
        return frames

    def close(self) -> None:
        self._stream.close()


def read_wav(path: str) -> NDArray[np.int16]:
    """A 16-bit WAV file of any rate and any number of channels as 16 kHz mono.

    :raises FileError: missing, not a WAV file, not 16 bits, or fewer than 4000 samples a second
    """
    try:
        with wave.open(str(resolve(path)), "rb") as file:
            channels, width, rate_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except OSError as error:
        raise FileError(f"{path}: cannot be read as WAV: {error.strerror}") from error
    except (EOFError, wave.Error) as error:
        raise FileError(f"{path}: cannot be read as WAV: {error or 'it ends too early'}") from error
    if width != 2:
        raise FileError(f"{path}: has {8 * width} bits a sample; convert it to 16")
    if rate_hz < _LEAST_RATE_HZ:
        raise FileError(f"{path}: has {rate_hz} samples a second; {_LEAST_RATE_HZ} at least are needed for speech")
    whole = len(data) - len(data) % (2 * channels)  # a recording that was cut off may end within a sample
    mono = np.frombuffer(data[:whole], "<i2").reshape(-1, channels).mean(axis=1)
    resampled = np.asarray(soxr.resample(mono, rate_hz, RATE_HZ), np.float64)
    samples: NDArray[np.int16] = np.clip(resampled, -32768, 32767).astype(np.int16)
    return samples
