"""How far a round base can drive along its arc before it touches a point, and how fast it may be to halt in time."""

from __future__ import annotations

import math

import numpy as np

from safety.scan import Points

STRAIGHT_RADIUS_M = 100.0
"""An arc with a larger radius is a straight line over the length that matters."""


def free_path_m(x_m: Points, y_m: Points, linear: float, angular: float, radius_m: float) -> float:
    """Length of the arc of ``(linear, angular)`` that the centre can travel until the disc touches a point; inf if never.

    A point that is inside the disc already counts as touched when the motion goes towards it and not when it goes away.
    Turning in place sweeps nothing new, as the base is round.
    """
    if linear == 0.0 or x_m.size == 0:
        return math.inf
    ahead_m = x_m if linear > 0 else -x_m  # mirrored, so that the base always drives towards positive x
    if bool(np.any((ahead_m > 0) & (x_m * x_m + y_m * y_m <= radius_m * radius_m))):
        return 0.0
    turn_radius_m = math.inf if angular == 0.0 else linear / angular
    if abs(turn_radius_m) > STRAIGHT_RADIUS_M:
        return _straight_m(ahead_m, y_m, radius_m)
    return _arc_m(ahead_m, y_m if turn_radius_m > 0 else -y_m, abs(turn_radius_m), radius_m)


def miss_distance_m(x_m: float, y_m: float, linear: float, angular: float) -> float:
    """How far the arc's line passes from a point, wherever on the line that is.

    >>> miss_distance_m(2.0, 0.5, 0.4, 0.0), miss_distance_m(0.0, 2.0, 1.0, 1.0)
    (0.5, 0.0)
    """
    if abs(linear) > STRAIGHT_RADIUS_M * abs(angular):
        return abs(y_m)
    turn_radius_m = linear / angular
    return abs(math.hypot(x_m, y_m - turn_radius_m) - abs(turn_radius_m))


def stoppable_speed_mps(free_m: float, reaction_s: float, braking_mps2: float) -> float:
    """The highest speed v that comes to rest within ``free_m``: v * reaction + v² / (2 * braking) = free.

    >>> round(stoppable_speed_mps(0.5, 0.3, 1.0), 3), stoppable_speed_mps(-1.0, 0.3, 1.0)
    (0.744, 0.0)
    """
    if not free_m > 0.0:
        return 0.0
    lag_mps = braking_mps2 * reaction_s
    return math.sqrt(lag_mps * lag_mps + 2.0 * braking_mps2 * free_m) - lag_mps


def _straight_m(ahead_m: Points, y_m: Points, radius_m: float) -> float:
    half_chord2 = radius_m * radius_m - y_m * y_m
    hit = (half_chord2 > 0) & (ahead_m > 0)
    if not hit.any():
        return math.inf
    return max(0.0, float(np.min(ahead_m[hit] - np.sqrt(half_chord2[hit]))))


def _arc_m(ahead_m: Points, left_m: Points, turn_radius_m: float, radius_m: float) -> float:
    """The same on a left turn around (0, turn_radius): the law of cosines gives the angle of first contact."""
    down_m = turn_radius_m - left_m  # from the turning centre, positive towards the base
    reach2 = ahead_m * ahead_m + down_m * down_m
    reach_m = np.sqrt(reach2)
    hit = (np.abs(reach_m - turn_radius_m) < radius_m) & (ahead_m * ahead_m + left_m * left_m > radius_m * radius_m)
    if not hit.any():
        return math.inf
    reach_m, reach2 = reach_m[hit], reach2[hit]
    cosine = (reach2 + turn_radius_m * turn_radius_m - radius_m * radius_m) / np.maximum(2.0 * reach_m * turn_radius_m, 1e-12)
    bearing_rad = np.arctan2(ahead_m[hit], down_m[hit]) % (2.0 * math.pi)
    contact_rad = bearing_rad - np.arccos(np.clip(cosine, -1.0, 1.0))
    return max(0.0, float(contact_rad.min())) * turn_radius_m
