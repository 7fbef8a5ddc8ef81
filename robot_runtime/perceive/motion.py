"""How a thing or a person moves in the map: a Kalman filter with nearly constant velocity (Bar-Shalom, Li and Kirubarajan,
*Estimation with Applications to Tracking and Navigation*, 2001, 6.2.2: white noise acceleration).

Places are given in the map, so a camera that turns or drives leaves no trace in the velocities.  What is not seen for longer
than a blink is supposed to come to rest, a thing at once, and its place grows uncertain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

SPREAD_MPS = 0.5
"""How fast the place of somebody out of sight grows uncertain; people in a home stroll."""
BLINK_S = 0.5
"""Gaps in the sightings up to this long say nothing; the velocity holds."""
REST_S = 1.5
"""Time constant with which a velocity that nobody sees any more dies away after that."""


@dataclass(frozen=True, slots=True)
class Agility:
    """How suddenly things of a kind change their velocity."""

    acceleration: float  # spectral density of the acceleration, m²/s³: in t seconds the velocity changes by sqrt(it · t)
    speed_std_mps: float  # of something about whose velocity nothing is known yet
    width_m: float  # roughly; so much less is known of the middle of what is half hidden
    spread_mps: float  # how fast the place grows uncertain when it is out of sight
    most_spread_m: float  # and how far: who carries a thing farther than that has brought another one
    rests: bool  # what nobody sees is where it was: nothing of its own makes it move


LIVING = Agility(0.2, 1.0, 0.5, SPREAD_MPS, math.inf, False)
THING = Agility(0.05, 0.1, 0.1, 0.1, 0.2, True)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    position: Vector  # (3,)
    velocity: Vector
    pp: Vector  # covariances, (3, 3) each
    pv: Vector
    vv: Vector


def coast(elapsed_s: float) -> tuple[float, float]:
    """For how long a velocity has carried on, and which share of it is left, when it was last seen ``elapsed_s`` ago.

    >>> coast(0.2)
    (0.2, 1.0)
    """
    unseen_s = max(elapsed_s - BLINK_S, 0.0)
    kept = math.exp(-unseen_s / REST_S)
    return min(elapsed_s, BLINK_S) + REST_S * (1.0 - kept), kept


class Motion:
    """Place and velocity of one thing; it starts at its first place, with an unknown velocity."""

    def __init__(self, stamp_s: float, position_m: Vector, covariance_m2: Vector, agility: Agility) -> None:
        self._agility = agility
        self._stamp_s = stamp_s
        self._state = _State(position_m, np.zeros(3), covariance_m2, np.zeros((3, 3)), agility.speed_std_mps**2 * np.eye(3))
        self._asked: tuple[float, _State] = math.nan, self._state  # the last prediction: every box of a picture asks for the same

    def see(self, stamp_s: float, position_m: Vector, covariance_m2: Vector) -> None:
        """Take in a place; ``stamp_s`` is not before the one before."""
        then = self._predicted(stamp_s)
        inverse = np.linalg.inv(then.pp + covariance_m2)
        to_position, to_velocity = then.pp @ inverse, then.pv.T @ inverse
        surprise = position_m - then.position
        pp = then.pp - to_position @ then.pp
        vv = then.vv - to_velocity @ then.pv
        self._state = _State(
            then.position + to_position @ surprise,
            then.velocity + to_velocity @ surprise,
            (pp + pp.T) / 2,  # stays symmetric in spite of rounding
            then.pv - to_position @ then.pv,
            (vv + vv.T) / 2,
        )
        self._stamp_s = stamp_s
        self._asked = math.nan, self._state

    def position_m(self, now_s: float) -> Vector:
        return self._predicted(now_s).position

    def velocity_mps(self, now_s: float) -> Vector:
        return self._predicted(now_s).velocity

    def std_m(self, now_s: float) -> float:
        """Of the place along the floor, in the direction in which it is largest."""
        spread_m = largest_std_m(self._state.pp) + self._spread_m(now_s)
        return max(largest_std_m(self._predicted(now_s).pp), spread_m)

    def distances(self, now_s: float, positions_m: Vector, covariances_m2: Vector, slack_m: float, own: bool = True) -> Vector:
        """Mahalanobis distances along the floor of places, shape (n, 3), that may be this thing's; nan for those that are nan.

        :param slack_m: standard deviation that is added, for what the models leave out
        :param own: count this thing's own doubt; without it the distances of several things to one place can be compared:
            else whatever is lost would be near to everything
        """
        then = self._predicted(now_s)
        x, y = (positions_m - then.position)[:, :2].T
        spread = covariances_m2[:, :2, :2] + slack_m**2 * np.eye(2) + (then.pp[:2, :2] if own else 0.0)
        a, b, c = spread[:, 0, 0], spread[:, 0, 1], spread[:, 1, 1]
        return np.asarray(np.sqrt((c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b)))

    def _spread_m(self, now_s: float) -> float:
        unseen_s = max(now_s - self._stamp_s - BLINK_S, 0.0)
        return min(self._agility.spread_mps * unseen_s, self._agility.most_spread_m)

    def _predicted(self, stamp_s: float) -> _State:
        if stamp_s != self._asked[0]:
            self._asked = stamp_s, self._predict(stamp_s)
        return self._asked[1]

    def _predict(self, stamp_s: float) -> _State:
        elapsed_s = stamp_s - self._stamp_s
        if elapsed_s <= 0:
            return self._state
        state, noise, one = self._state, self._agility.acceleration, np.eye(3)
        carried_s, kept = coast(elapsed_s)
        spread_m = 0.0
        if self._agility.rests:
            spread_m = self._spread_m(stamp_s)
            carried_s = elapsed_s = min(elapsed_s, BLINK_S)
        return _State(
            state.position + carried_s * state.velocity,
            kept * state.velocity,
            state.pp + carried_s * (state.pv + state.pv.T) + carried_s**2 * state.vv + (noise * elapsed_s**3 / 3 + spread_m**2) * one,
            kept * (state.pv + carried_s * state.vv) + noise * elapsed_s**2 / 2 * one,
            kept**2 * state.vv + noise * elapsed_s * one,
        )


def largest_std_m(covariance_m2: Vector) -> float:
    """The standard deviation along the floor in the direction in which it is largest, of a covariance of shape (2+, 2+).

    >>> largest_std_m(np.diag([0.04, 0.09]))
    0.3
    """
    a, b, c = float(covariance_m2[0, 0]), float(covariance_m2[0, 1]), float(covariance_m2[1, 1])
    return math.sqrt((a + c) / 2 + math.hypot((a - c) / 2, b))
