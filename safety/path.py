"""How far a round base can drive along its arc before it touches a point, and how fast it may be to halt in time."""

from __future__ import annotations

import math

import numpy as np

from safety.scan import Points

STRAIGHT_RADIUS_M = 1000.0
"""An arc with a larger radius is a straight line over the length that matters: 2 m along it are 2 mm beside the line."""


def free_path_m(x_m: Points, y_m: Points, linear: float, angular: float, radius_m: float) -> float:
    """Length of the arc of ``(linear, angular)`` that the centre can travel until the disc touches a point; inf if never.

    A point that is inside the disc already counts as touched when the motion goes towards it; when it goes away, only once an
    arc brings the disc back to where it is as near again.  Turning in place sweeps nothing new, as the base is round.
    """
    if linear == 0.0 or x_m.size == 0:
        return math.inf
    return float(contacts_m(x_m, y_m, linear, angular, radius_m).min())


def contacts_m(x_m: Points, y_m: Points, linear: float, angular: float, radius_m: float | Points) -> Points:
    """The same for each point by itself, and with a radius for each; ``linear`` must not be zero."""
    ahead_m = x_m if linear > 0 else -x_m  # mirrored, so that the base always drives towards positive x
    distance2 = x_m * x_m + y_m * y_m
    inside = distance2 <= radius_m * radius_m
    any_inside = np.count_nonzero(inside) > 0
    if any_inside:
        radius_m = np.where(inside, np.sqrt(distance2) * (1.0 - 1e-9), radius_m)
    if abs(linear) > STRAIGHT_RADIUS_M * abs(angular):
        free_m = _straight_m(ahead_m, y_m, radius_m)
    else:
        turn_radius_m = linear / angular
        free_m = _arc_m(ahead_m, y_m if turn_radius_m > 0 else -y_m, distance2, abs(turn_radius_m), radius_m)
    if any_inside:
        free_m[inside & (ahead_m > 0)] = 0.0
        free_m[inside & (ahead_m == 0)] = math.inf  # beside the base: nearest now, and further away with every step
    return free_m


def miss_distance_m(x_m: float, y_m: float, linear: float, angular: float) -> float:
    """How far the arc's line passes from a point, wherever on the line that is.

    >>> miss_distance_m(2.0, 0.5, 0.4, 0.0), miss_distance_m(0.0, 2.0, 1.0, 1.0)
    (0.5, 0.0)
    """
    if abs(linear) > STRAIGHT_RADIUS_M * abs(angular):
        return abs(y_m)
    turn_radius_m = linear / angular
    return abs(math.hypot(x_m, y_m - turn_radius_m) - abs(turn_radius_m))


def stoppable_speed_mps(free_m: float, reaction_s: float, braking_mps2: float, flown_m: float = 0.0) -> float:
    """The highest speed v that comes to rest within ``free_m``: v * reaction + v² / (2 * braking) = free.

    :param flown_m: way that is commanded already (``safety/flight.py``): no less than this is driven during the reaction

    >>> round(stoppable_speed_mps(0.5, 0.3, 1.0), 3), stoppable_speed_mps(-1.0, 0.3, 1.0)
    (0.744, 0.0)
    """
    if not free_m > 0.0:
        return 0.0
    lag_mps = braking_mps2 * reaction_s
    steady_mps = math.sqrt(lag_mps * lag_mps + 2.0 * braking_mps2 * free_m) - lag_mps
    return min(steady_mps, math.sqrt(2.0 * braking_mps2 * max(free_m - flown_m, 0.0)))


def _straight_m(ahead_m: Points, y_m: Points, radius_m: float | Points) -> Points:
    half_chord2 = radius_m * radius_m - y_m * y_m
    hit = ((half_chord2 > 0) & (ahead_m > 0)).nonzero()[0]
    free_m = _never_m(ahead_m.size)
    free_m[hit] = np.maximum(ahead_m[hit] - np.sqrt(half_chord2[hit]), 0.0)
    return free_m


def _arc_m(ahead_m: Points, left_m: Points, distance2: Points, turn_radius_m: float, radius_m: float | Points) -> Points:
    """The same on a left turn around (0, turn_radius): the law of cosines gives the angle of first contact."""
    down_m = turn_radius_m - left_m  # from the turning centre, positive towards the base
    reach2 = ahead_m * ahead_m + down_m * down_m
    reach_m = np.sqrt(reach2)
    radius2 = radius_m * radius_m
    hit = ((np.abs(reach_m - turn_radius_m) < radius_m) & (distance2 > radius2)).nonzero()[0]
    free_m = _never_m(ahead_m.size)
    if hit.size:
        wide2 = radius2[hit] if isinstance(radius2, np.ndarray) else radius2
        cosine = (reach2[hit] + turn_radius_m * turn_radius_m - wide2) / np.maximum(reach_m[hit] * (2.0 * turn_radius_m), 1e-12)
        bearing_rad = np.arctan2(ahead_m[hit], down_m[hit]) % (2.0 * math.pi)
        contact_rad = bearing_rad - np.arccos(np.minimum(np.maximum(cosine, -1.0), 1.0))
        free_m[hit] = np.maximum(contact_rad, 0.0) * turn_radius_m
    return free_m


def _never_m(count: int) -> Points:
    """The way to points that are never touched."""
    free_m = np.empty(count)
    free_m.fill(math.inf)
    return free_m
