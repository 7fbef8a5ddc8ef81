"""Time to contact with people who move: the speed at which the base meets nobody within the next seconds.

Each person is carried on at the measured velocity.  Where somebody will be after a time t, the base, a disc with room for
a person around it, must not have arrived by then: its way along the arc until it would touch them there, divided by t, is
the speed that this instant allows, and the smallest one rules.  (Separation, ``safety/separation.py``, takes the worst
direction at walking speed; this takes the real one, and so also sees who crosses the way.)

News that is old looks further ahead and gives the base no credit for the time that has gone by, so age never helps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from safety.path import contacts_m
from safety.separation import Neighbour

STEP_S = 0.1
LEAST_MPS = 0.05
"""Somebody slower than this stands; distances for that are kept by separation."""


def contact_speeds_mps(
    people: Sequence[Neighbour], linear: float, angular: float, radius_m: float, horizon_s: float, age_s: float
) -> list[float]:
    """For each person the greatest speed along the arc of ``(linear, angular)``; inf for those who do not come near.

    :param radius_m: base and person together; the uncertainty of the distance is added
    :param horizon_s: how far to look ahead, besides the age of the news
    """
    times_s = STEP_S * np.arange(1, math.ceil((horizon_s + age_s) / STEP_S) + 1)
    x_m, y_m, vx, vy, wide_m = (
        np.array([(p.x_m, p.y_m, p.vx_mps, p.vy_mps, radius_m + p.uncertainty_m) for p in people]).reshape(-1, 5).T[:, :, None]
    )
    radii_m = wide_m.repeat(times_s.size)
    ways_m = contacts_m((x_m + vx * times_s).ravel(), (y_m + vy * times_s).ravel(), linear, angular, radii_m)
    speeds: list[float] = (ways_m.reshape(len(people), times_s.size) / times_s).min(axis=1).tolist()
    return speeds


def comes(somebody: Neighbour) -> bool:
    """Whether they move enough for their direction to mean something."""
    return somebody.tracked and math.hypot(somebody.vx_mps, somebody.vy_mps) >= LEAST_MPS
