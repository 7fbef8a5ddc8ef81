"""Turned rectangles on the floor: what furniture, doors and people take up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

Point = tuple[float, float]


@dataclass(frozen=True)
class Block:
    """A rectangle from a lowest to a highest height.

    >>> Block(0, 0, 0, 2, 1).meets(Block(1.4, 0, 45, 1, 1))
    True
    >>> Block(0, 0, 0, 2, 1, 0, 0.5).meets(Block(0, 0, 0, 2, 1, 0.6, 1))
    False
    """

    x_m: float
    y_m: float
    yaw_deg: float
    length_m: float
    depth_m: float
    low_m: float = 0.0
    high_m: float = math.inf

    def grown(self, margin_m: float) -> Block:
        return replace(self, length_m=self.length_m + 2 * margin_m, depth_m=self.depth_m + 2 * margin_m)

    def axes(self) -> tuple[Point, Point]:
        c, s = math.cos(math.radians(self.yaw_deg)), math.sin(math.radians(self.yaw_deg))
        return (c, s), (-s, c)

    def corners(self) -> list[Point]:
        (ux, uy), (vx, vy) = self.axes()
        a, b = self.length_m / 2, self.depth_m / 2
        return [(self.x_m + p * a * ux + q * b * vx, self.y_m + p * a * uy + q * b * vy) for p, q in ((-1, -1), (1, -1), (1, 1), (-1, 1))]

    def meets(self, other: Block) -> bool:
        """Whether two blocks overlap: no axis of either separates them."""
        if self.low_m >= other.high_m or other.low_m >= self.high_m:
            return False
        mine, others = self.corners(), other.corners()
        for ax, ay in (*self.axes(), *other.axes()):
            a = [x * ax + y * ay for x, y in mine]
            b = [x * ax + y * ay for x, y in others]
            if max(a) <= min(b) or max(b) <= min(a):
                return False
        return True

    def distance_m(self, x_m: float, y_m: float) -> float:
        """From a point to the nearest edge, 0 inside."""
        (ux, uy), (vx, vy) = self.axes()
        dx, dy = x_m - self.x_m, y_m - self.y_m
        across = max(abs(dx * ux + dy * uy) - self.length_m / 2, 0.0), max(abs(dx * vx + dy * vy) - self.depth_m / 2, 0.0)
        return math.hypot(*across)


def free(block: Block, others: Iterable[Block]) -> bool:
    return not any(block.meets(other) for other in others)
