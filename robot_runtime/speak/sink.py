"""Where the robot's voice goes."""

from __future__ import annotations

import wave
from collections.abc import Mapping
from typing import Protocol

from robot_runtime.messages import AudioFrame
from robot_runtime.paths import resolve
from safety.files import FileError

RATE_HZ = 16_000


class Sink(Protocol):
    """What takes frames of 16 kHz mono."""

    def write(self, frame: AudioFrame, now_s: float) -> None:
        """Take a frame; never waits."""
        ...

    def tick(self, now_s: float) -> None:
        """Called every step, after its frames."""
        ...

    def close(self) -> None:
        """Let go of it; the next frame or tick opens it again."""
        ...

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """What is wrong, "" if nothing, and figures."""
        ...


class FileSink:
    """A WAV file, made anew each time it is opened; each write leaves it complete, so that a crash loses nothing.

    :raises FileError: it cannot be written
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._open()

    def write(self, frame: AudioFrame, now_s: float) -> None:
        """:raises FileError: it was closed, and cannot be opened again"""
        if self._raw.closed:
            self._open()
        self._file.writeframes(frame.samples.astype("<i2").tobytes())
        self._raw.flush()

    def tick(self, now_s: float) -> None:
        """Nothing happens in a file by itself."""

    def close(self) -> None:
        self._file.close()
        self._raw.close()

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        return "", {}

    def _open(self) -> None:
        try:
            self._raw = resolve(self._path).open("wb")  # open for the life of the sink
        except OSError as error:
            raise FileError(f"{self._path}: cannot be written: {error.strerror}") from error
        self._file = wave.open(self._raw, "wb")  # noqa: SIM115
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE_HZ)
