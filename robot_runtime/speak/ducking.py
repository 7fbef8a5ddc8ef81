"""What becomes of the robot's sound when somebody speaks into it: silent or softer until it is clear what they want, then on or off."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.messages import FloorDecision

_RATE_HZ = 16_000
_RISE_S = 0.2
"""In which a voice that was softer becomes as loud as before."""
_FADE = 80
"""Samples, 5 ms, in which it falls, and rises from silence: longer is heard as speech, shorter as a click."""


class Manners(BaseModel):
    """What the robot does when somebody speaks into its words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    duck_db: float = Field(-15.0, ge=-60, le=0, description="how much softer it speaks until it is clear what they want [dB]")
    hold_s: float = Field(3.0, gt=0, le=10, description="longest silence until that is clear; then it speaks on [s]")
    dip_s: float = Field(0.3, gt=0, le=2, description="likewise where it only hesitates, and it may be that nobody speaks [s]")
    stops: Literal["at once", "clause"] = Field("at once", description="when it gives them the floor: at once, or after its clause")
    clause_s: float = Field(0.6, ge=0, le=5, description="longest wait for the end of a clause [s]")


class Ducking:
    """Gain of the sound that leaves, frame by frame."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self.reset()

    def reset(self) -> None:
        self._gain = self._target = 1.0
        self._yields = False
        self._left_s = 0.0
        self._hold_left_s = 0.0
        self._dips = False

    @property
    def held(self) -> bool:
        """Whether it has fallen silent, and what it has to say waits."""
        return self._gain == self._target == 0.0

    @property
    def begins_again(self) -> bool:
        """Whether it is to begin with the word that was cut; where it only hesitates it goes on from the very sample."""
        return self.held and not self._dips

    def takes(self, count: int) -> int:
        """How many samples of the next ``count`` will be heard at all."""
        return _FADE if self._target == 0.0 < self._gain else count

    def take(self, floor: FloorDecision) -> None:
        """What was decided."""
        at_once = self._manners.stops == "at once"
        if floor.decision == "keep":
            self._target, self._yields = 1.0, False
        elif floor.decision == "dip":
            self._dip()
            return
        elif floor.decision == "hold" and at_once:
            self._target, self._hold_left_s = 0.0, self._manners.hold_s
        elif floor.decision == "duck" or not self.held:
            self._target = 10 ** (self._manners.duck_db / 20)
        self._dips = False
        if floor.decision == "yield":
            self._yields, self._left_s = True, 0.0 if at_once else self._manners.clause_s

    def _dip(self) -> None:
        if self._manners.stops == "at once" and self._target:
            self._target, self._hold_left_s, self._dips = 0.0, self._manners.dip_s, True

    def apply(self, sound: NDArray[np.int16], *, pauses: bool) -> tuple[NDArray[np.int16], bool]:
        """A frame as it leaves, and whether it is the last.

        :param pauses: a clause has just ended
        """
        frame_s = len(sound) / _RATE_HZ
        last = self._yields and (pauses or self._left_s < frame_s)
        self._left_s -= frame_s
        target = 0.0 if last else self._target
        if self._gain == target == 1.0:
            return sound, False
        before, step = self._gain, frame_s / _RISE_S if self._gain else 1.0
        self._gain = target if target < before else min(target, before + step)
        gains = self._gains(before, len(sound))
        self._count_hold(frame_s)
        return np.rint(sound * gains).astype(np.int16), last

    def _gains(self, before: float, count: int) -> NDArray[np.float64]:
        fade = _FADE if self._gain < before or not before else count
        return np.concatenate([np.linspace(before, self._gain, fade), np.full(count - fade, self._gain)])

    def _count_hold(self, frame_s: float) -> None:
        """Whoever should have decided may be gone: it does not wait for ever."""
        if self.held:
            self._hold_left_s -= frame_s
            self._target = 0.0 if self._hold_left_s > 0 else 1.0
