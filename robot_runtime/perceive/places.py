"""Places of the boxes of a picture with how sure they are, and the settings by which :mod:`robot_runtime.perceive.place` finds them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.motion import largest_std_m

Vector = NDArray[np.float64]

UNKNOWN_STD_M = 10.0
"""Stands for "anywhere in the home"."""


class PlaceSettings(StageConfig):
    """Of all lengths the standard deviations (``…_std…``) are what makes the result honest."""

    people: tuple[str, ...] = Field(("person",), description="classes that are people: their place is where they stand")
    on_floor: tuple[str, ...] = Field(("person",), description="classes that stand on the floor")
    clear: tuple[str, ...] = Field(("bottle", "glass", "glasses"), description="classes through which a depth camera sees what is behind")
    clear_std_m: float = Field(0.06, ge=0, le=0.5, description="of the middle of such a thing, seen from the surface before it")
    clear_std: float = Field(0.03, ge=0, le=0.5, description="of the same, more with the distance ahead, as a share of it")
    held_std_m: float = Field(0.3, ge=0, le=2, description="more, when somebody may hold it: what is under it may be far behind")
    shape_std_m: float = Field(0.015, ge=0, le=0.5, description="of a thing's middle, seen from its front: bowls are hollow, bananas bent")
    depth_range_m: tuple[float, float] = Field((0.15, 10.0), description="depths outside of it are none")
    depth_share: float = Field(0.2, gt=0, le=1, description="of the box's inner part that must have a depth")
    depth_noise_m: float = Field(0.0012, ge=0, le=0.1, description="at 0.4 m")
    depth_noise_per_m: float = Field(0.0019, ge=0, le=0.1, description="more, times the square of the distance beyond 0.4 m")
    body_half_m: float = Field(0.12, ge=0, le=0.5, description="from the front of a body to its middle")
    body_std_m: float = Field(0.06, ge=0, le=0.5, description="of that; and of the middle of a body across")
    doubt_sigmas: float = Field(2.5, ge=1, le=4, description="who may be farther away is so many standard deviations from there")
    floor_m: float = Field(0.08, ge=0, le=0.3, description="depths below this height are the floor's")
    tallest_m: float = Field(2.3, gt=0, le=4, description="nobody reaches higher, arms and all")
    legs_m: float = Field(0.6, ge=0, le=2, description="who sits or walks may be this much behind the foot of the box")
    foot_half_m: float = Field(0.05, ge=0, le=0.5, description="from the foot of the box to the middle of who stands there")
    foot_std_m: float = Field(0.08, ge=0, le=0.5, description="of that")
    foot_std: float = Field(0.015, ge=0, le=0.5, description="of the foot of a box, as a share of its height; and a pixel")
    side_std: float = Field(0.06, ge=0, le=0.5, description="of the middle of a box across, as a share of its width; and a pixel")
    edge_px: float = Field(2.0, ge=0, le=50, description="a box that comes this near to the picture's edge is cut by it")
    stature_m: tuple[float, float] = Field((0.5, 2.2), description="people on the floor who would be smaller or taller are not there")
    furniture_m: float = Field(0.15, ge=0, le=1, description="who stands this near to furniture may have hidden feet")
    range_m: float = Field(8.0, gt=0, le=30, description="no floor or surface is looked at farther away")
    worst_std_m: float = Field(1.5, gt=0, le=5, description="a place less sure than this counts as unknown")


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Of the boxes of one picture, in their order.  Nan, with :data:`UNKNOWN_STD_M`, where nothing is known."""

    position_m: Vector  # (n, 3), map; of people the point of the floor under them, of things their middle
    covariance_m2: Vector  # (n, 3, 3), everything that is unsure
    shared_std_m: Vector  # (n,), the part of it that more pictures do not lessen: robot's pose, camera's direction, what is meant
    sources: tuple[str, ...]  # "depth", "floor", "surface" or "unknown"

    @classmethod
    def unknown(cls, count: int) -> Places:
        """Of boxes in a picture about whose camera nothing is known."""
        return cls(np.full((count, 3), np.nan), np.tile(UNKNOWN_STD_M**2 * np.eye(3), (count, 1, 1)), np.zeros(count), ("unknown",) * count)

    def std_m(self, index: int) -> float:
        """Of one place along the floor, in the direction in which it is largest."""
        return largest_std_m(self.covariance_m2[index])


class Place(NamedTuple):
    """Of one box."""

    position_m: Vector
    covariance_m2: Vector  # without the shared part
    shared_std_m: float
    source: str
    doubt_std_m: float = 0.0  # that part of it which the next picture shows just as this one did: what of two things is meant


def across_std(box: Vector, view: View, settings: PlaceSettings) -> float:
    """Standard deviation across the line of sight, per metre ahead."""
    width_px = float(box[2] - box[0])
    cut = box[0] <= settings.edge_px or box[2] >= view.lens.width_px - settings.edge_px
    share = max(settings.side_std, 0.5 if cut else 0.0)
    return math.hypot(1.0, share * width_px) / view.lens.fx_px


def covariance(unit: Vector, along_std_m: float, across_std_m: float) -> Vector:
    """Covariance of a point along and across a direction, shape (3, 3)."""
    along = np.outer(unit, unit)
    return np.asarray(along_std_m**2 * along + across_std_m**2 * (np.eye(3) - along))
