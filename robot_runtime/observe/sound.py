"""The conversation of a run as one sound file: people as the microphone heard them, and the robot's own voice."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from robot_runtime.observe.run import Run

RATE_HZ = 16000

# The microphone keeps its true level, so quiet people stay quiet; the robot is a little lower, to the right.
_PAN = {"audio/in": (1.0, 0.6), "audio/out": (0.4, 0.7)}


def mix(run: Run) -> NDArray[np.int16]:
    """The whole run in stereo at 16 kHz, shape (samples, 2), starting at ``run.start_s``."""
    length = max(1, int((run.end_s - run.start_s) * RATE_HZ))
    stereo = np.zeros((length, 2), np.float32)
    for topic, (left, right) in _PAN.items():
        track = _track(run.all(topic, AudioFrame), run.start_s, length)
        stereo[:, 0] += left * track
        stereo[:, 1] += right * track
    return np.clip(stereo, -32768, 32767).astype(np.int16)


def _track(frames: list[AudioFrame], start_s: float, length: int) -> NDArray[np.float32]:
    """Frames laid end to end; one that comes late by more than a frame starts a new stretch at its stamp.

    Stamps jitter by a few milliseconds, and sound cut at every stamp would click.
    """
    track = np.zeros(length, np.float32)
    position = 0
    for frame in frames:
        stamped = int((frame.stamp_s - start_s) * RATE_HZ)
        if abs(stamped - position) > 2 * len(frame.samples):
            position = stamped
        begin, end = max(position, 0), min(position + len(frame.samples), length)
        if begin < end:
            track[begin:end] = frame.samples[begin - position : end - position]
        position += len(frame.samples)
    return track


def write_wav(path: Path, stereo: NDArray[np.int16]) -> None:
    """Write a 16 kHz stereo WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.ascontiguousarray(stereo, "<i2").tobytes())
