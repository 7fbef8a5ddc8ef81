"""Places by what a depth camera sees in the boxes, see :mod:`robot_runtime.perceive.place`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.body_depth import Room, find_body
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.places import Place, PlaceSettings, Vector, across_std, covariance

Depth = NDArray[np.float32]
"""Shape (rows, columns), in whatever resolution, along the optical axis, in metres."""

_INNER = (0.3, 0.7)
_SHIFT_PX = 2.0
_SIGMA = 0.7413
"""Times the range between quartiles: the standard deviation of a normal distribution."""
_SAMPLES = 24
"""So many depths along each side of a box are enough."""


class ByDepth:
    """Each method gives the place of one box (left, top, right, bottom), None where its depths do not tell it."""

    def __init__(self, settings: PlaceSettings) -> None:
        self._settings = settings

    def body(self, box: Vector, view: View, depth_m: Depth) -> Place | None:
        """Of a person."""
        settings, eye_m = self._settings, view.pose.position_m
        body = find_body(depth_m, box, view, settings.depth_range_m, self._room(box, view))
        if body is None:
            return None
        (x_m, y_m), (off_x_m, off_y_m) = body.at_m.tolist(), (body.at_m - eye_m[:2]).tolist()
        distance_m = math.hypot(off_x_m, off_y_m)
        towards = np.array([off_x_m / distance_m, off_y_m / distance_m, 0.0])
        point_m = np.array([x_m, y_m, 0.0]) + settings.body_half_m * towards
        doubt_m = body.doubt_m / settings.doubt_sigmas
        along_m = math.hypot(self._noise_m(distance_m), body.spread_m, settings.body_std_m, doubt_m)
        shared_m = math.hypot(view.pose.std_m, view.pose.angle_std_rad * distance_m)
        hidden_m = distance_m * (1 - body.seen) * float(box[2] - box[0]) / view.lens.fx_px / 2
        across_m = math.hypot(distance_m * across_std(box, view, settings), settings.body_std_m, hidden_m)
        return Place(point_m, covariance(towards, along_m, across_m), shared_m, "depth", doubt_m)

    def thing(self, box: Vector, view: View, depth_m: Depth) -> Place | None:
        settings = self._settings
        inner = window(depth_m, _inner_part(box), view)
        found = _quartiles(inner, settings.depth_range_m, settings.depth_share)
        if found is None:
            return None
        low, ahead_m, high = found
        half_m = 0.4 * float((ahead_m * (box[2:] - box[:2]) / (view.lens.fx_px, view.lens.fy_px)).min())
        return self._at(box, view, ahead_m, half_m, math.hypot(_SIGMA * (high - low), 0.6 * half_m, settings.shape_std_m))

    def clear(self, box: Vector, view: View, depth_m: Depth, may_be_held: bool) -> Place | None:
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
        return self._at(
            box, view, float(ahead_m), half_m, math.hypot(high - low, settings.clear_std_m, settings.clear_std * ahead_m, held_m)
        )

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

    def _at(self, box: Vector, view: View, ahead_m: float, half_m: float, std_m: float) -> Place:
        """The place of a thing whose front is this far ahead."""
        ray = view.rays(np.array([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]]))[0]
        unit = ray / np.linalg.norm(ray)
        point_m = view.pose.position_m + ahead_m * ray + half_m * unit
        shared_m = math.hypot(view.pose.std_m, view.pose.angle_std_rad * ahead_m)
        along_m = math.hypot(self._noise_m(ahead_m), std_m)
        return Place(point_m, covariance(unit, along_m, ahead_m * across_std(box, view, self._settings)), shared_m, "depth")

    def _noise_m(self, ahead_m: float) -> float:
        return self._settings.depth_noise_m + self._settings.depth_noise_per_m * max(ahead_m - 0.4, 0.0) ** 2


def window(depth_m: Depth, ltrb_px: Vector, view: View) -> NDArray[np.float32]:
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
