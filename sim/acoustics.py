"""What the robot's microphone hears of the home, 20 ms at a time.

Each voice weakens with 1/r (a point source, ISO 9613-2: 6 dB per doubling of distance) and arrives after the time that sound
needs for the way, so that a speaker who walks is shifted in pitch as in life.  A constant noise floor is always there.  The
``sound:`` section of a home or a scenario adds the rest: rooms that reverberate, walls between them, the robot's own voice
and motors, television and dishes, an array of four microphones (:mod:`sim.sound`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from sim.description import HomeDescription, PersonDescription
from sim.sound.field import Field, Path
from sim.sound.motors import MachineNoise
from sim.sound.own_voice import OwnVoicePath
from sim.sound.sources import placed_sources
from sim.sound.units import FRAME, FRAMES_PER_S, FULL_SCALE, RATE_HZ, SPEED_OF_SOUND_MPS, Place, Signal

__all__ = ["FRAME", "FRAMES_PER_S", "NOISE_DBFS", "RATE_HZ", "SPEED_OF_SOUND_MPS", "Acoustics"]

NOISE_DBFS = -65.0  # 39 dB below the nominal level of speech at 1 m (sim/voices.py): a quiet living room
_NOISE_FRAMES = 499  # about 10 s, then the noise repeats
_MOST_MISSED = 8  # frames that are caught up on after a gap: no sound is under way for longer
_MOUTH_SHARE = 0.92  # height of the mouth, as a share of a person's

Point = tuple[float, float]


@dataclass
class _Mouth:
    """What one person has still to say, and its way to the microphone."""

    path: Path
    height_m: float
    sounds: deque[Signal] = field(default_factory=deque)
    emitted: int = 0  # samples of the first sound that have left the mouth

    def emit(self) -> Signal:
        """The next 20 ms."""
        piece = self.sounds[0][self.emitted : self.emitted + FRAME]
        self.emitted += FRAME
        return piece if len(piece) == FRAME else np.pad(piece, (0, FRAME - len(piece)))

    def finish(self) -> None:
        """A sound that has arrived as a whole makes way for the next."""
        under_way = 0.0 if math.isnan(self.path.direct.delay) else self.path.direct.delay
        if self.emitted - under_way >= len(self.sounds[0]):
            self.sounds.popleft()
            self.emitted = 0
            self.path.direct.stop()


class Acoustics:
    """Mixes what the microphones hear.

    :param description: the home; its people are those who can speak
    :param seed: of all noise; the same seed gives the same samples
    """

    def __init__(self, description: HomeDescription, seed: int) -> None:
        self._people, sound = description.people, description.sound
        sigma = FULL_SCALE * 10 ** (sound.noise_dbfs / 20)
        noise = np.random.default_rng(seed).normal(0.0, sigma, (sound.microphones, _NOISE_FRAMES, FRAME))
        self._noise: NDArray[np.int16] = np.rint(noise).astype(np.int16)
        self._field = Field(description, sound, seed)
        self._own = OwnVoicePath(sound.own_voice, self._field, seed) if sound.own_voice else None
        self._machine = MachineNoise(sound.motors, sound.microphones, seed) if sound.motors else None
        self.sources = placed_sources(description, sound, self._field, seed)
        """Television and the like, by name."""
        self.loudspeaker: deque[AudioFrame] = deque(maxlen=FRAMES_PER_S)
        """The last second of what the robot's own speaker was given."""
        self.reset()

    def reset(self) -> None:
        """Silence everybody and forget the time."""
        self._field.reset()
        self._mouths = {id_: _Mouth(Path(self._field), _mouth_height_m(person)) for id_, person in self._people.items()}
        for part in (self._own, self._machine, *self.sources.values()):
            if part is not None:
                part.reset()
        self.arriving: dict[str, float] = {}
        """Mean square of what came from each person and thing in the last frame, in units of 16-bit steps; not of the robot's own voice."""
        self.microphones: NDArray[np.int16] = np.zeros((self._field.channels, FRAME), np.int16)
        """The last frame of every microphone."""
        self.others = np.zeros((self._field.channels, FRAME))
        """The same without the robot's own voice, which a microphone array takes out that is given it."""
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
        if self._own is not None:
            self._own.play(frame.samples.astype(np.float64))

    def mix(
        self, now_s: float, robot: tuple[float, float, float], people_xy: dict[str, Point], speed: tuple[float, float] = (0.0, 0.0)
    ) -> tuple[NDArray[np.int16], tuple[str, ...]]:
        """The 20 ms that begin at ``now_s``, and the ids of the people who are speaking.

        A caller that left frames out has missed what was said meanwhile; jitter below half a frame changes nothing.

        :param robot: its pose: x, y [m] and yaw [rad] in the map
        :param people_xy: where everybody stands [m]; a speaker who is not in it is not heard
        :param speed: of the robot, forwards [m/s] and turning [rad/s]
        :return: sound of the first microphone; :attr:`microphones` has them all
        """
        step = self._elapsed_frames(now_s)
        self._frames += step
        noise = self._noise[:, self._frames % _NOISE_FRAMES]
        speaking = tuple(id_ for id_, mouth in self._mouths.items() if mouth.sounds)
        self._field.begin(robot)
        self.arriving = {}
        heard = [*self._voices(people_xy, step), *self._things(), self._field.reverberation(own=False)]
        own = self._own.hear(robot) if self._own is not None else None
        if self._machine is not None:
            heard.append(self._machine.hear(*speed))
        self.others = sum((sound for sound in heard if sound is not None), start=noise.astype(np.float64))
        total = self.others if own is None else self.others + own
        self.microphones = np.clip(np.rint(total), -32768, 32767).astype(np.int16)
        return self.microphones[0], speaking

    def _voices(self, people_xy: dict[str, Point], step: int) -> Iterator[Signal | None]:
        for id_, mouth in self._mouths.items():
            place = people_xy.get(id_)
            at_m: Place | None = (*place, mouth.height_m) if place is not None else None
            if mouth.sounds:
                mouth.emitted += max(0, step - 1 - _MOST_MISSED) * FRAME
                for _ in range(min(step - 1, _MOST_MISSED)):
                    mouth.path.direct.put(mouth.emit())
                yield self._voice(id_, mouth, at_m)
            elif at_m is not None and not mouth.path.silent:
                yield mouth.path.echo(None, at_m)

    def _voice(self, id_: str, mouth: _Mouth, at_m: Place | None) -> Signal:
        frame = mouth.emit()
        if at_m is None:
            mouth.path.direct.stop()
            sound = np.zeros((self._field.channels, FRAME))
        else:
            sound = mouth.path.send(frame, at_m)
        self.arriving[id_] = float(sound[0] @ sound[0]) / FRAME
        mouth.finish()
        return sound

    def _things(self) -> Iterator[Signal | None]:
        for name, source in self.sources.items():
            sound = source.hear()
            if sound is not None:
                self.arriving[name] = float(sound[0] @ sound[0]) / FRAME
            yield sound

    def _elapsed_frames(self, now_s: float) -> int:
        elapsed = 1 if math.isnan(self._last_s) else max(1, round((now_s - self._last_s) * FRAMES_PER_S))
        self._last_s = now_s
        return elapsed


def _mouth_height_m(person: PersonDescription) -> float:
    legs_m = 0.53 * person.height_m  # folded under who sits
    return person.height_m * _MOUTH_SHARE - (max(0.0, legs_m - person.seat_m) if person.posture == "sitting" else 0.0)
