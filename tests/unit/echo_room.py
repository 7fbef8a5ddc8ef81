"""A robot in an echoing room, for tests of the front end: its own voice through its body, its speaker and the room, and a person.

Room impulse responses after the usual model of a decaying noise (Polack, 1988): energy falls by 60 dB within RT60.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from robot_runtime.hear.front_end import FrontEnd
from robot_runtime.messages import AudioFrame, SoundState
from robot_runtime.speak.synthesis import EspeakSynthesiser, Manner

RATE_HZ = 16_000
FRAME = 320
Sound = NDArray[np.float64]


@dataclass(frozen=True)
class Room:
    """How the robot's own voice comes back to its microphone."""

    rt60_s: float = 0.5
    delay_s: float = 0.08
    """Of sound card and driver."""
    direct_dbfs: float = -20.0
    """Active level of the own voice at the microphone, through body and air."""
    room_db: float = -6.0
    """Energy of the reverberation relative to the direct sound."""
    distortion: float = 0.3
    """0 is a perfect loudspeaker; 1 saturates at the peaks."""
    drift_ppm: float = 0.0
    """How much faster the microphone counts than the speaker."""
    noise_dbfs: float = -65.0
    seed: int = 1

    def response(self) -> Sound:
        rng = np.random.default_rng(self.seed)
        time_s = np.arange(int(self.rt60_s * RATE_HZ)) / RATE_HZ
        tail = rng.normal(size=len(time_s)) * 10 ** (-3 * time_s / self.rt60_s)
        tail[: int(0.003 * RATE_HZ)] = 0.0  # the next wall is half a metre away
        tail *= 10 ** (self.room_db / 20) / np.sqrt(np.sum(tail**2))
        tail[int(0.001 * RATE_HZ)] += 1.0  # through the body
        return tail

    def echo(self, played: Sound) -> Sound:
        """What the microphone hears of ``played``; as long, at its own level."""
        high_pass = butter(2, 180, "highpass", fs=RATE_HZ, output="sos")  # a small loudspeaker
        driven = sosfilt(high_pass, played)
        if self.distortion:
            peak = 3 * 10 ** (-26 / 20) * 32768 / self.distortion
            driven = peak * np.tanh(driven / peak + 0.1 * (driven / peak) ** 2)
        heard = fftconvolve(driven, self.response())[: len(played)]
        if self.drift_ppm:
            heard = soxr.resample(heard, RATE_HZ, RATE_HZ * (1 + self.drift_ppm * 1e-6))
        heard = np.concatenate([np.zeros(int(self.delay_s * RATE_HZ)), heard])
        return np.pad(heard, (0, max(0, len(played) - len(heard))))[: len(played)]

    def hears(self, played: Sound, person: Sound | None = None) -> Sound:
        """The microphone's sound: echo, noise floor, and a person on top."""
        noise = np.random.default_rng(self.seed + 1).normal(0, 32768 * 10 ** (self.noise_dbfs / 20), len(played))
        gain = 10 ** ((self.direct_dbfs + 26) / 20)
        total = gain * self.echo(played) + noise
        return total if person is None else total + person


def whole(sound: Sound) -> NDArray[np.int16]:
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


def frames(sound: Sound, source: str, start_s: float = 0.0) -> Iterator[AudioFrame]:
    samples = whole(sound)
    for index in range(len(samples) // FRAME):
        yield AudioFrame(start_s + index * 0.02, source, index, RATE_HZ, samples[index * FRAME : (index + 1) * FRAME])


@cache
def _voice() -> EspeakSynthesiser:
    return EspeakSynthesiser("en-us")


@cache
def robot_says(text: str) -> Sound:
    """One sentence of the robot at the nominal level of speech (-26 dBFS)."""
    sound = _voice().speak(text, Manner()).astype(np.float64)
    blocks = np.pad(sound, (0, -len(sound) % FRAME)).reshape(-1, FRAME)
    power = np.mean(blocks**2, axis=1)
    active = np.sqrt(np.mean(power[power > power.max() * 10**-1.6]))
    return np.asarray(sound * (32768 * 10 ** (-26 / 20) / active), np.float64)


def speech(texts: list[str], pause_s: float = 0.6, before_s: float = 0.5) -> Sound:
    """Sentences of the robot one after the other."""
    parts = [np.zeros(int(before_s * RATE_HZ))]
    for text in texts:
        parts += [robot_says(text), np.zeros(int(pause_s * RATE_HZ))]
    sound = np.concatenate(parts)
    return np.pad(sound, (0, -len(sound) % FRAME))


def streamed(front_end: FrontEnd, mic: Sound, played: Sound, start_s: float = 0.0) -> tuple[NDArray[np.int16], list[SoundState]]:
    """What the front end makes of both, frame by frame as they come in the runtime: the reference a frame ahead."""
    clean: list[AudioFrame] = []
    states: list[SoundState] = []
    speaker = [*frames(played, "voice", start_s)]
    said = 0
    for frame in frames(mic, "microphone", start_s):
        inbox: dict[str, list[AudioFrame]] = {"audio/in": [frame]}
        if frame.sequence and np.any(speaker[frame.sequence - 1].samples):  # a silent voice publishes nothing
            inbox["audio/out"] = [replace(speaker[frame.sequence - 1], sequence=said)]
            said += 1
        for topic, message in front_end.step(inbox, frame.stamp_s + 0.02):
            if topic == "audio/clean":
                clean.append(message)
            elif topic == "audio/state":
                states.append(message)
    return np.concatenate([frame.samples for frame in clean]), states
