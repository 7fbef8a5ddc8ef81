"""Where in the map the things in a picture's boxes are, and how sure that is.

Three ways, the first that works counts:

depth     of people what ``body_depth`` finds in the box; of things the median depth of the box's inner part, but of those that a
          depth camera sees through the surface under their foot.  Its noise grows with the square of the distance; the numbers
          are those of C. V. Nguyen, S. Izadi and D. Lovell, "Modeling Kinect Sensor Noise for Improved 3D Reconstruction and
          Tracking", 3DIMPVT 2012: 0.0012 + 0.0019 (z - 0.4)² m.  What is in the box besides the thing shows as a spread of depths
floor     the ray through the foot of the box meets the floor: for what stands on the floor, with a foot that is in the picture
          and hidden neither by another box nor by furniture of the map
surface   likewise on the nearest surface of the map that the ray meets: for other things, unless a person's box is around them

Else the place is unknown, nan: better none than a wrong one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.perceive.body_depth import Room, find_body
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.motion import largest_std_m
from robot_runtime.world.semantic_map import Surface

Vector = NDArray[np.float64]

UNKNOWN_STD_M = 10.0
"""Stands for "anywhere in the home"."""
_INNER = (0.3, 0.7)
_SHIFT_PX = 2.0
_SIGMA = 0.7413
"""Times the range between quartiles: the standard deviation of a normal distribution."""
_SAMPLES = 24
"""So many depths along each side of a box are enough."""


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
    shared_std_m: Vector  # (n,), the part of it that does not change from picture to picture: robot's pose, camera's direction
    sources: tuple[str, ...]  # "depth", "floor", "surface" or "unknown"

    @classmethod
    def unknown(cls, count: int) -> Places:
        """Of boxes in a picture about whose camera nothing is known."""
        return cls(np.full((count, 3), np.nan), np.tile(UNKNOWN_STD_M**2 * np.eye(3), (count, 1, 1)), np.zeros(count), ("unknown",) * count)

    def std_m(self, index: int) -> float:
        """Of one place along the floor, in the direction in which it is largest."""
        return largest_std_m(self.covariance_m2[index])


class _Place(NamedTuple):
    position_m: Vector
    covariance_m2: Vector  # without the shared part
    shared_std_m: float
    source: str


class _Foot(NamedTuple):
    """Where the ray through the foot of a box meets a level plane."""

    point_m: Vector
    towards: Vector  # unit vector along the floor
    distance_m: float  # along the floor
    along_std_m: float
    across_std_m: float
    tilt_std_m: float  # what the doubt of the camera's direction does to the distance


class Placer:
    """For boxes of a detector with ``class_names``, in a home with ``surfaces``."""

    def __init__(self, class_names: Sequence[str], surfaces: Sequence[Surface] = (), settings: PlaceSettings | None = None) -> None:
        self._settings = settings or PlaceSettings()
        self._people = {k for k, name in enumerate(class_names) if name in self._settings.people}
        self._on_floor = {k for k, name in enumerate(class_names) if name in self._settings.on_floor}
        self._clear = {k for k, name in enumerate(class_names) if name in self._settings.clear}
        self._surfaces = tuple(surfaces)

    def place(self, boxes: Boxes, view: View | None, depth_m: NDArray[np.float32] | None = None) -> Places:
        """The places of all boxes.  ``depth_m`` belongs to the same picture, in whatever resolution, along the optical axis."""
        places = Places.unknown(len(boxes.scores))
        if view is None or not math.isfinite(view.pose.std_m):
            return places
        ltrb = boxes.ltwh_px.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            ltrb[:, 2:] += ltrb[:, :2]
        sources = list(places.sources)
        for row in np.flatnonzero(_in_picture(ltrb, view)):
            found = self._one(int(row), ltrb, boxes.class_ids, view, depth_m)
            if found is not None and self._is_sure(found):
                places.position_m[row] = found.position_m
                places.covariance_m2[row] = found.covariance_m2 + found.shared_std_m**2 * np.eye(3)
                places.shared_std_m[row], sources[row] = found.shared_std_m, found.source
        return Places(places.position_m, places.covariance_m2, places.shared_std_m, tuple(sources))

    def _is_sure(self, found: _Place) -> bool:
        std_m = math.hypot(largest_std_m(found.covariance_m2), found.shared_std_m)
        return bool(np.isfinite(found.position_m).all()) and std_m <= self._settings.worst_std_m

    def _one(self, row: int, ltrb: Vector, class_ids: NDArray[np.int64], view: View, depth_m: NDArray[np.float32] | None) -> _Place | None:
        box, is_person = ltrb[row], int(class_ids[row]) in self._people
        found = None
        if depth_m is not None and depth_m.ndim == 2 and depth_m.size:
            if is_person:
                found = self._body_by_depth(box, view, depth_m)
            elif int(class_ids[row]) in self._clear:
                found = self._clear_by_depth(box, view, depth_m, self._may_be_held(row, ltrb, class_ids))
            else:
                found = self._thing_by_depth(box, view, depth_m)
        if found is not None or not self._foot_is_seen(row, ltrb, view):
            return found
        if int(class_ids[row]) in self._on_floor:
            return self._by_floor(box, is_person, view)
        return None if self._may_be_held(row, ltrb, class_ids) else self._by_surface(box, view)

    # ------------------------------------------------ depth

    def _body_by_depth(self, box: Vector, view: View, depth_m: NDArray[np.float32]) -> _Place | None:
        """A person."""
        settings, eye_m = self._settings, view.pose.position_m
        body = find_body(depth_m, box, view, settings.depth_range_m, self._room(box, view))
        if body is None:
            return None
        towards = np.append(body.at_m - eye_m[:2], 0.0)
        distance_m = float(np.linalg.norm(towards))
        towards /= distance_m
        point_m = np.append(body.at_m, 0.0) + settings.body_half_m * towards
        along_m = math.hypot(self._noise_m(distance_m), body.spread_m, settings.body_std_m, body.doubt_m / settings.doubt_sigmas)
        shared_m = math.hypot(view.pose.std_m, view.pose.angle_std_rad * distance_m)
        hidden_m = distance_m * (1 - body.seen) * float(box[2] - box[0]) / view.lens.fx_px / 2
        across_m = math.hypot(distance_m * self._across(box, view, True), settings.body_std_m, hidden_m)
        return _Place(point_m, _spread(towards, along_m, across_m), shared_m, "depth")

    def _room(self, box: Vector, view: View) -> Room:
        settings, eye_m = self._settings, view.pose.position_m
        middle = (box[0] + box[2]) / 2
        surely_foot_px = box[3] - 2 * math.hypot(1.0, settings.foot_std * float(box[3] - box[1]))
        rays = view.rays(np.array([[middle, box[1]], [middle, box[3]], [middle, surely_foot_px]]))
        top, foot, surely_foot = (rays[:, 2] / np.maximum(np.hypot(rays[:, 0], rays[:, 1]), 1e-6)).tolist()
        farthest_m = settings.tallest_m / (top - foot) if top > foot else math.inf
        if surely_foot < 0:
            farthest_m = min(farthest_m, -eye_m[2] / surely_foot + settings.legs_m)
        return Room(settings.floor_m, settings.tallest_m, farthest_m, foot)

    def _thing_by_depth(self, box: Vector, view: View, depth_m: NDArray[np.float32]) -> _Place | None:
        settings = self._settings
        inner = window(depth_m, _inner_part(box), view)
        found = _quartiles(inner, settings.depth_range_m, settings.depth_share)
        if found is None:
            return None
        low, ahead_m, high = found
        half_m = 0.4 * float((ahead_m * (box[2:] - box[:2]) / (view.lens.fx_px, view.lens.fy_px)).min())
        return self._thing(box, view, ahead_m, half_m, math.hypot(_SIGMA * (high - low), 0.6 * half_m, settings.shape_std_m))

    def _clear_by_depth(self, box: Vector, view: View, depth_m: NDArray[np.float32], may_be_held: bool) -> _Place | None:
        """What can be seen through is where the surface is on which its foot stands, just under the box."""
        settings = self._settings
        if box[3] >= view.lens.height_px - settings.edge_px:
            return None
        reach_px = 2 * math.hypot(1.0, settings.foot_std * float(box[3] - box[1])) + 1.0
        left, _, right, _ = _part(box, (_INNER[0], 0.0, _INNER[1], 1.0))
        under = window(depth_m, np.array([left, box[3], right, box[3] + reach_px]), view)
        found = _quartiles(under, settings.depth_range_m, settings.depth_share)
        if found is None:
            return None
        middle = (box[0] + box[2]) / 2
        rays = view.rays(np.array([[middle, box[3] + reach_px / 2], [middle, (box[1] + box[3]) / 2]]))
        low, ahead_m, high = np.array(found) * (np.hypot(*rays[0, :2]) / max(float(np.hypot(*rays[1, :2])), 1e-6))
        half_m = 0.4 * float((ahead_m * (box[2:] - box[:2]) / (view.lens.fx_px, view.lens.fy_px)).min())
        held_m = settings.held_std_m if may_be_held else 0.0
        return self._thing(
            box, view, float(ahead_m), half_m, math.hypot(high - low, settings.clear_std_m, settings.clear_std * ahead_m, held_m)
        )

    def _thing(self, box: Vector, view: View, ahead_m: float, half_m: float, std_m: float) -> _Place:
        """The place of a thing whose front is this far ahead."""
        ray = view.rays(np.array([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]]))[0]
        unit = ray / np.linalg.norm(ray)
        point_m = view.pose.position_m + ahead_m * ray + half_m * unit
        shared_m = math.hypot(view.pose.std_m, view.pose.angle_std_rad * ahead_m)
        along_m = math.hypot(self._noise_m(ahead_m), std_m)
        return _Place(point_m, _spread(unit, along_m, ahead_m * self._across(box, view, False)), shared_m, "depth")

    def _noise_m(self, ahead_m: float) -> float:
        return self._settings.depth_noise_m + self._settings.depth_noise_per_m * max(ahead_m - 0.4, 0.0) ** 2

    def _across(self, box: Vector, view: View, is_person: bool) -> float:
        """Standard deviation across the line of sight, per metre ahead."""
        width_px = float(box[2] - box[0])
        cut = box[0] <= self._settings.edge_px or box[2] >= view.lens.width_px - self._settings.edge_px
        share = max(self._settings.side_std, 0.5 if cut else 0.0)
        return math.hypot(1.0, share * width_px) / view.lens.fx_px

    # ------------------------------------------------ floor and surfaces

    def _by_floor(self, box: Vector, is_person: bool, view: View) -> _Place | None:
        foot = self._foot(box, view, 0.0, is_person)
        if foot is None or (is_person and not self._has_stature(box, foot, view)):
            return None
        if any(_is_over(surface, view, box, self._settings.furniture_m) for surface in self._surfaces):
            return None
        half_m, half_std_m = self._settings.foot_half_m, self._settings.foot_std_m
        point_m = foot.point_m + half_m * foot.towards
        spread = _spread(foot.towards, math.hypot(foot.along_std_m, half_std_m), foot.across_std_m)
        return _Place(point_m, spread, math.hypot(view.pose.std_m, foot.tilt_std_m), "floor")

    def _by_surface(self, box: Vector, view: View) -> _Place | None:
        under = [(foot.distance_m, surface.height_m, foot) for surface in self._surfaces if (foot := self._foot_on(surface, box, view))]
        if not under:
            return None
        _, height_m, foot = min(under, key=lambda found: found[0])
        per_px = math.hypot(foot.distance_m, view.pose.position_m[2] - height_m) / view.lens.fx_px
        width_m, tall_m = (box[2:] - box[:2]) * per_px
        half_m = 0.4 * min(width_m, tall_m)
        point_m = foot.point_m + half_m * foot.towards
        point_m[2] = height_m + tall_m / 2
        spread = _spread(foot.towards, math.hypot(foot.along_std_m, 0.5 * half_m), foot.across_std_m)
        return _Place(point_m, spread, math.hypot(view.pose.std_m, foot.tilt_std_m), "surface")

    def _foot_on(self, surface: Surface, box: Vector, view: View) -> _Foot | None:
        foot = self._foot(box, view, surface.height_m, False)
        return foot if foot and surface.is_under(foot.point_m[0], foot.point_m[1], surface.height_m) else None

    def _foot(self, box: Vector, view: View, height_m: float, is_person: bool) -> _Foot | None:
        """None when the plane is out of range, or may be within one standard deviation."""
        settings, eye = self._settings, view.pose.position_m
        middle = (box[0] + box[2]) / 2
        row_std_px = math.hypot(1.0, settings.foot_std * float(box[3] - box[1]))
        points = view.on_plane(np.array([[middle, box[3] + shift] for shift in (0.0, -row_std_px, row_std_px)]), height_m)
        reach = np.hypot(*(points - eye)[:, :2].T)
        if not np.isfinite(reach).all() or not 1e-3 < reach[0] <= settings.range_m:
            return None
        drop_m, distance_m = eye[2] - height_m, float(reach[0])
        if drop_m <= 0:
            return None
        towards = _level(points[0] - eye)
        along_m = float(np.abs(reach[1:] - reach[0]).max())
        across_m = math.hypot(distance_m, drop_m) * self._across(box, view, is_person)
        tilt_m = view.pose.angle_std_rad * (distance_m**2 + drop_m**2) / drop_m
        return _Foot(points[0], towards, distance_m, along_m, across_m, tilt_m)

    def _has_stature(self, box: Vector, foot: _Foot, view: View) -> bool:
        """Whether somebody whose feet are there would be of a human height."""
        top = view.rays(np.array([[(box[0] + box[2]) / 2, box[1]]]))[0]
        level = math.hypot(top[0], top[1])
        stature_m = view.pose.position_m[2] + foot.distance_m * top[2] / level if level > 1e-6 else math.nan
        is_cut = box[1] <= self._settings.edge_px
        low, high = self._settings.stature_m
        return bool(low <= stature_m <= high) or (is_cut and bool(stature_m <= high))

    # ------------------------------------------------ what hides what

    def _foot_is_seen(self, row: int, ltrb: Vector, view: View) -> bool:
        """Whether the foot of a box is in the picture, and in no other box that comes farther down."""
        box = ltrb[row]
        if box[3] >= view.lens.height_px - self._settings.edge_px:
            return False
        middle = (box[0] + box[2]) / 2
        inside = (ltrb[:, 0] <= middle) & (middle <= ltrb[:, 2]) & (ltrb[:, 1] <= box[3]) & (box[3] + 1.0 < ltrb[:, 3])
        inside[row] = False
        return not inside.any()

    def _may_be_held(self, row: int, ltrb: Vector, class_ids: NDArray[np.int64]) -> bool:
        x, y = (ltrb[row, :2] + ltrb[row, 2:]) / 2
        around = (ltrb[:, 0] <= x) & (x <= ltrb[:, 2]) & (ltrb[:, 1] <= y) & (y <= ltrb[:, 3])
        return bool((around & np.isin(class_ids, list(self._people))).any())


def window(depth_m: NDArray[np.float32], ltrb_px: Vector, view: View) -> NDArray[np.float32]:
    """Depths of a part of the picture, flat; of a large one only some."""
    rows, columns = depth_m.shape
    across = np.clip(ltrb_px[[0, 2]] * columns / view.lens.width_px, 0, columns - 1).astype(int)
    down = np.clip(ltrb_px[[1, 3]] * rows / view.lens.height_px, 0, rows - 1).astype(int)
    steps = [int(max(side[1] - side[0], 0)) // _SAMPLES + 1 for side in (down, across)]
    return depth_m[down[0] : down[1] + 1 : steps[0], across[0] : across[1] + 1 : steps[1]].reshape(-1)


def _inner_part(box: Vector) -> Vector:
    """The middle of a box; of a small one as much more as a box may be shifted, so that the spread of the depths tells it."""
    half_px = np.maximum((_INNER[1] - _INNER[0]) / 2 * (box[2:] - box[:2]), _SHIFT_PX)
    middle = (box[:2] + box[2:]) / 2
    return np.concatenate((middle - half_px, middle + half_px))


def _part(box: Vector, shares: tuple[float, float, float, float]) -> Vector:
    """Of a box from shares of its width and height to others: left, top, right, bottom."""
    return np.asarray(box[[0, 1, 0, 1]] + np.array(shares) * (box[2:] - box[:2])[[0, 1, 0, 1]])


def _quartiles(depths_m: NDArray[np.float32], range_m: tuple[float, float], least_share: float) -> tuple[float, float, float] | None:
    """None when too few depths are in the range."""
    good = np.sort(depths_m[(depths_m >= range_m[0]) & (depths_m <= range_m[1])])
    if not len(good) or len(good) < least_share * len(depths_m):
        return None
    low, middle, high = good[[len(good) // 4, len(good) // 2, 3 * len(good) // 4]].tolist()
    return low, middle, high


def _in_picture(ltrb: Vector, view: View) -> NDArray[np.bool_]:
    good = np.isfinite(ltrb).all(axis=1) & (ltrb[:, 2] > ltrb[:, 0]) & (ltrb[:, 3] > ltrb[:, 1])
    outside = (ltrb[:, 2] <= 0) | (ltrb[:, 3] <= 0) | (ltrb[:, 0] >= view.lens.width_px) | (ltrb[:, 1] >= view.lens.height_px)
    return np.asarray(good & ~outside)


def _is_over(surface: Surface, view: View, box: Vector, margin_m: float) -> bool:
    """Whether the ray through the foot of a box passes through a surface, or just over its edge, before the floor."""
    hit = view.on_plane(np.array([[(box[0] + box[2]) / 2, box[3]]]), surface.height_m)[0]
    larger = surface.model_copy(update={"size_m": (surface.size_m[0] + 2 * margin_m, surface.size_m[1] + 2 * margin_m)})
    return bool(np.isfinite(hit).all()) and larger.is_under(float(hit[0]), float(hit[1]), surface.height_m)


def _level(direction: Vector) -> Vector:
    """The unit vector along the floor; nan for a direction that is upright."""
    length = math.hypot(direction[0], direction[1])
    return np.array([direction[0], direction[1], 0.0]) / length if length > 1e-9 else np.full(3, np.nan)


def _spread(unit: Vector, along_std_m: float, across_std_m: float) -> Vector:
    """Covariance of a point along and across a direction, shape (3, 3)."""
    along = np.outer(unit, unit)
    return np.asarray(along_std_m**2 * along + across_std_m**2 * (np.eye(3) - along))
