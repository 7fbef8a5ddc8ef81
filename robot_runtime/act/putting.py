"""Where on a piece of furniture a thing is put: near the edge from which the robot comes, and not onto what stands there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from robot_runtime.messages import WorldObject
from robot_runtime.world.semantic_map import Surface

EDGE_M = (0.14, 0.25)
"""From the edge: nearer it may fall, farther in the base cannot come as near to it as to grasp it."""

APART_M = 0.2
"""Between the middles of two things: a plate's radius and the open fingers."""

_STEP_M = 0.05

Spot = tuple[float, float]


def free_spot(surface: Surface, things: Iterable[WorldObject], come_from_m: Spot) -> Spot | None:
    """The free point of a surface that is nearest to where the robot comes from, in the map; None when all is taken."""
    standing = [t.position_m for t in things if not t.held_by and surface.is_under(*t.position_m)]
    free = [spot for spot in _spots(surface) if all(math.dist(spot, point[:2]) >= APART_M for point in standing)]
    return min(free, key=lambda spot: math.dist(spot, come_from_m), default=None)


def _spots(surface: Surface) -> Iterator[Spot]:
    """A grid over what lies so far from the edge; of what is narrow, its middle line."""
    half = [size / 2 for size in surface.size_m]
    cos, sin = math.cos(surface.yaw_rad), math.sin(surface.yaw_rad)
    nearest_m = min(EDGE_M[0], *half)
    for along in _line(half[0] - nearest_m):
        for across in _line(half[1] - nearest_m):
            if min(half[0] - abs(along), half[1] - abs(across)) <= EDGE_M[1]:
                yield surface.centre_m[0] + along * cos - across * sin, surface.centre_m[1] + along * sin + across * cos


def _line(reach_m: float) -> list[float]:
    """Points from one end to the other, both included."""
    count = max(1, math.ceil(2 * reach_m / _STEP_M))
    return [reach_m * (2 * k / count - 1) for k in range(count + 1)] if reach_m > 0 else [0.0]
