"""The field between sounds and microphones: free, or with the rooms of the home."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.sound import images
from sim.sound.convolver import Convolver
from sim.sound.direct import DirectSound, distances_m
from sim.sound.response import YAW_STEP_RAD, Cell, Responses, turned
from sim.sound.units import FRAME, Place, Signal

if TYPE_CHECKING:
    from sim.description import HomeDescription
    from sim.sound.description import SoundDescription

_log = logging.getLogger(__name__)

MICROPHONE_HEIGHT_M = 1.25
ARRAY_RADIUS_M = 0.032  # of a ReSpeaker Mic Array v2.0
EARLY_A_FRAME = 1
"""So many new early responses are taken up in one frame, over all sources: each takes about a millisecond to make."""
FACING = 10 ** (-3 / 20)
"""Amplitude that goes into the room, beside that ahead: mouths and loudspeakers face who they speak to, which makes 3 dB
(W. T. Chu, A. C. C. Warnock, Detailed directivity of sound fields around human talkers, NRC 2002)."""
_STILL_M = 0.04
_RAMP = np.arange(1, FRAME + 1) / FRAME


def microphone_offsets_m(count: int) -> Signal:
    """Of one microphone, or of four on a circle: front left, back left, back right, front right (45° off the robot's axes)."""
    if count == 1:
        return np.zeros((1, 3))
    angles = np.pi / 4 + np.arange(count) * 2 * np.pi / count
    return np.stack((ARRAY_RADIUS_M * np.cos(angles), ARRAY_RADIUS_M * np.sin(angles), np.zeros(count)), axis=1)


@dataclass
class Late:
    """What reverberates: sound of this frame, and the tail of the room."""

    convolver: Convolver
    excited: Signal | None = None


class Field:
    """Where the microphones are, and what the room around them adds.

    :param seed: of the diffuse tails
    """

    def __init__(self, home: HomeDescription, sound: SoundDescription, seed: int) -> None:
        self.channels = sound.microphones
        self._offsets_m = microphone_offsets_m(self.channels)
        self.responses: Responses | None = None
        if sound.reverberation and images.available():
            self.responses = Responses(home, sound.rt60_s, self._offsets_m, seed)
        elif sound.reverberation:
            _log.warning("no walls and no reverberation: pyroomacoustics is not installed; pip install 'robot-runtime[sim]'")
        self.reset()

    def reset(self) -> None:
        """Forget all that is under way."""
        parts = self.responses.tail_parts if self.responses else 1
        self._late = {own: Late(Convolver(self.channels, parts)) for own in (False, True)}
        self._room = ""
        self.microphones_m = self._offsets_m
        self.microphone_m: Place = (0.0, 0.0, MICROPHONE_HEIGHT_M)
        self.cell: Cell | None = None
        self._looked_m: Place | None = None  # where the microphone was when its cell was looked up
        self.heading = 0
        self.allowance = EARLY_A_FRAME

    def begin(self, robot: tuple[float, float, float]) -> None:
        """A new frame, with the robot at this pose (x, y, yaw)."""
        x, y, yaw_rad = robot
        height_m = MICROPHONE_HEIGHT_M if self.responses else 0.0  # without rooms all is in one plane
        self.microphone_m = x, y, height_m
        self.microphones_m = turned(self._offsets_m, yaw_rad) + self.microphone_m
        self.allowance = EARLY_A_FRAME
        if self.responses is None:
            return
        if self._looked_m is None or math.dist(self._looked_m, self.microphone_m) > _STILL_M:
            self._looked_m = self.microphone_m
            self.cell = self.responses.cell(self.microphone_m) or self.cell
        self.heading = round(yaw_rad / YAW_STEP_RAD) if self.channels > 1 else 0
        if self.cell is not None and self.cell[0] != self._room and not any(late.convolver.fading for late in self._late.values()):
            self._room = self.cell[0]
            for late in self._late.values():
                late.convolver.exchange(self.responses.tails[self._room])

    def excite(self, sound: Signal, own: bool) -> None:
        """Add 20 ms to what reverberates: of the robot's own voice, or of all else."""
        late = self._late[own]
        late.excited = sound if late.excited is None else late.excited + sound

    def reverberation(self, own: bool) -> Signal | None:
        """The late sound of the room after all has been sent, shape (microphones, samples); None for silence."""
        if self.responses is None:
            return None
        late = self._late[own]
        late.convolver.put(late.excited)
        late.excited = None
        return late.convolver.hear()


@dataclass(frozen=True)
class _Geometry:
    """What lies between a source and the microphones."""

    source_m: Place
    microphone_m: Place
    cell: Cell | None
    in_sight: bool
    reverberant: float  # share of the source's amplitude that reverberates around the microphones

    def holds(self, source_m: Place, microphone_m: Place) -> bool:
        """Whether neither has moved since, but for a few centimetres."""
        return math.dist(self.source_m, source_m) < _STILL_M and math.dist(self.microphone_m, microphone_m) < _STILL_M


class Path:
    """One source's way to the microphones, through whatever lies between.

    :param own: whether it is the robot's own voice
    """

    def __init__(self, field: Field, own: bool = False) -> None:
        self._field, self._own = field, own
        self.direct = DirectSound()
        self._early = Convolver(field.channels, field.responses.parts) if field.responses else None
        self._cells: tuple[Cell, Cell, int] | None = None
        self._geometry: _Geometry | None = None
        self._reverberant = math.nan

    @property
    def silent(self) -> bool:
        """Whether nothing is left of it on the way, but for the room's late sound."""
        return self._early is None or self._early.silent

    def send(self, frame: Signal, source_m: Place) -> Signal:
        """What arrives of it while these 20 ms leave the source, shape (microphones, samples), late reverberation apart."""
        self.direct.put(frame)
        field, responses = self._field, self._field.responses
        if responses is None:
            return self.direct.hear(distances_m((source_m[0], source_m[1], 0.0), field.microphones_m))
        share = float(self._between(responses, source_m).in_sight)
        heard = self.direct.hear(distances_m(source_m, field.microphones_m), share)
        echoes = self.echo(frame, source_m)
        return heard if echoes is None else heard + echoes

    def echo(self, frame: Signal | None, source_m: Place) -> Signal | None:
        """The same without the straight way; None for silence."""
        field, responses = self._field, self._field.responses
        if responses is None or self._early is None:
            return None
        frame = None if frame is None else frame * FACING
        geometry = self._between(responses, source_m)
        if geometry.cell is not None and field.cell is not None:
            self._take_up(responses, (geometry.cell, field.cell, field.heading))
            if frame is not None:
                self._excite(frame, geometry.reverberant)
        self._early.put(frame)
        return self._early.hear()

    def _between(self, responses: Responses, source_m: Place) -> _Geometry:
        field = self._field
        if self._geometry is None or not self._geometry.holds(source_m, field.microphone_m):
            cell, sight = responses.cell(source_m), responses.ways.in_sight(source_m[:2], field.microphone_m[:2])
            self._geometry = _Geometry(source_m, field.microphone_m, cell, sight, self._share(responses, cell, source_m))
        return self._geometry

    def _take_up(self, responses: Responses, cells: tuple[Cell, Cell, int]) -> None:
        """Another response when somebody has moved to another cell; one a frame, whether it is known already or not."""
        assert self._early is not None
        if cells != self._cells and self._field.allowance > 0 and not self._early.fading:
            self._field.allowance -= 1
            self._cells = cells
            self._early.exchange(responses.early(*cells))

    def _share(self, responses: Responses, cell: Cell | None, source_m: Place) -> float:
        here = self._field.cell
        if cell is None or here is None:
            return 0.0
        if cell[0] == here[0]:
            return 1.0
        way = responses.ways.way(source_m[:2], cell[0], self._field.microphone_m[:2], here[0])
        return way.diffuse if way is not None else 0.0

    def _excite(self, frame: Signal, share: float) -> None:
        before = share if math.isnan(self._reverberant) else self._reverberant
        self._reverberant = share
        self._field.excite(frame * (before + (share - before) * _RAMP), self._own)
