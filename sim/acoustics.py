"""How the voices of the home reach the robot's microphone.

Each voice weakens with 1/r (a point source in the free field, ISO 9613-2: 6 dB per doubling of distance) and arrives
after the time that sound needs for the way, so that a speaker who walks is shifted in pitch as in life.  A constant
noise floor is always there.  Not simulated yet: walls, reverberation, and the robot's own voice as an echo in its
microphone.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from sim.description import HomeDescription

RATE_HZ = 16_000
FRAMES_PER_S = 50
FRAME = RATE_HZ // FRAMES_PER_S
SPEED_OF_SOUND_MPS = 343.0  # dry air at 20 °C (ISO 9613-1)
REFERENCE_M = 1.0  # a voice is given as it sounds at this distance
NEAREST_M = 0.3  # a mouth comes no nearer than this: the microphone sits in the robot's head
NOISE_DBFS = -65.0  # 39 dB below the nominal level of speech at 1 m (sim/voices.py): a quiet living room
_NOISE_FRAMES = 499  # about 10 s, then the noise repeats
_RAMP = np.arange(1, FRAME + 1) / FRAME


@dataclass
class _Mouth:
    """What one person has still to say."""

    sounds: deque[NDArray[np.float64]] = field(default_factory=deque)
    emitted: int = 0  # samples of the first sound that have left the mouth
    delay: float = math.nan  # samples between mouth and microphone at the end of the last frame

    def arriving(self, distance_m: float) -> NDArray[np.float64]:
        """The 20 ms that arrive now at a microphone so far away."""
        if math.isinf(distance_m):
            return np.zeros(FRAME)
        delay = distance_m / SPEED_OF_SOUND_MPS * RATE_HZ
        before = delay if math.isnan(self.delay) else self.delay
        self.delay = delay
        sound = self.sounds[0]
        index = self.emitted + np.arange(FRAME) - (before + (delay - before) * _RAMP)
        return np.interp(index, np.arange(len(sound)), sound, left=0.0, right=0.0) * (REFERENCE_M / distance_m)

    def advance(self) -> None:
        """Let a frame leave the mouth; a sound that has arrived as a whole makes way for the next."""
        self.emitted += FRAME
        under_way = 0.0 if math.isnan(self.delay) else self.delay
        if self.emitted - under_way >= len(self.sounds[0]):
            self.sounds.popleft()
            self.emitted, self.delay = 0, math.nan


class Acoustics:
    """Mixes what the microphone hears, 20 ms at a time.

    :param description: the home; its people are those who can speak
    :param seed: of the noise floor; the same seed gives the same samples
    """

    def __init__(self, description: HomeDescription, seed: int) -> None:
        self._ids = tuple(description.people)
        sigma = 32768 * 10 ** (NOISE_DBFS / 20)
        noise = np.random.default_rng(seed).normal(0.0, sigma, (_NOISE_FRAMES, FRAME))
        self._noise: NDArray[np.int16] = np.rint(noise).astype(np.int16)
        self.loudspeaker: deque[AudioFrame] = deque(maxlen=FRAMES_PER_S)
        """The last second of what the robot's own speaker played; the microphone does not hear it yet."""
        self.reset()

    def reset(self) -> None:
        """Silence everybody and forget the time."""
        self._mouths = {person_id: _Mouth() for person_id in self._ids}
        self.arriving: dict[str, float] = {}
        """Mean square of what came from each person in the last frame, in units of 16-bit steps; not of the robot's own voice."""
        self._last_s = math.nan
        self._frames = 0
        self.loudspeaker.clear()

    def person_says(self, person_id: str, samples: NDArray[np.int16]) -> None:
        """Begin to say something with the next frame, or after what that person is saying now.

        :param samples: 16 kHz mono, as loud as it is heard at 1 m
        :raises KeyError: nobody of that id lives here
        """
        if len(samples):
            self._mouths[person_id].sounds.append(samples.astype(np.float64))

    def robot_plays(self, frame: AudioFrame) -> None:
        """Take what the robot's own speaker plays.

        :raises ValueError: the frame is not 20 ms at 16 kHz
        """
        if frame.sample_rate_hz != RATE_HZ or len(frame.samples) != FRAME:
            raise ValueError(f"audio frame of {len(frame.samples)} samples at {frame.sample_rate_hz} Hz, expected {FRAME} at {RATE_HZ} Hz")
        self.loudspeaker.append(frame)

    def mix(
        self, now_s: float, robot_xy: tuple[float, float], people_xy: dict[str, tuple[float, float]]
    ) -> tuple[NDArray[np.int16], tuple[str, ...]]:
        """The 20 ms that begin at ``now_s``, and the ids of the people who are speaking.

        A caller that left frames out has missed what was said meanwhile; jitter below half a frame changes nothing.

        :param people_xy: where everybody stands [m]; a speaker who is not in it is not heard
        """
        step = self._elapsed_frames(now_s)
        self._frames += step
        noise = self._noise[self._frames % _NOISE_FRAMES]
        speaking = tuple(person_id for person_id in self._ids if self._mouths[person_id].sounds)
        self.arriving = {}
        if not speaking:
            return noise.copy(), ()
        total = noise.astype(np.float64)
        for person_id in speaking:
            self._mouths[person_id].emitted += (step - 1) * FRAME
            sound = self._mouths[person_id].arriving(_distance_m(robot_xy, people_xy.get(person_id)))
            self.arriving[person_id] = float(sound @ sound) / FRAME
            total += sound
            self._mouths[person_id].advance()
        return np.clip(np.rint(total), -32768, 32767).astype(np.int16), speaking

    def _elapsed_frames(self, now_s: float) -> int:
        elapsed = 1 if math.isnan(self._last_s) else max(1, round((now_s - self._last_s) * FRAMES_PER_S))
        self._last_s = now_s
        return elapsed


def _distance_m(robot_xy: tuple[float, float], person_xy: tuple[float, float] | None) -> float:
    return math.inf if person_xy is None else max(math.dist(robot_xy, person_xy), NEAREST_M)
