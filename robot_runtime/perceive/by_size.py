"""Where somebody is of whom neither depth nor feet are seen: about as far away as a body of that size in the picture.

How tall and how broad people are is known roughly, so this is no more than a guess, and one on the near side: the smaller of
what height and width say, for people who are half hidden look small, and small looks far.  It tells the gate, which else would
have to suppose that somebody of unknown place stands before the base, that they do not.
"""

from __future__ import annotations

import math

import numpy as np

from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.places import Places, Vector, covariance

_TALL_M, _BROAD_M = 1.4, 0.45
"""A child of eight and a tall man are within 30 % of the first; shoulders of grown-ups are 0.36 … 0.52 m broad (DIN 33402-2)."""
_DOUBT, _LASTING = 0.35, 0.25
"""Standard deviation as a share of the distance, and what of it more pictures do not lessen: a child of two stays small."""
_LEAST_STD_M, _MOST_STD_M = 0.3, 1.5
_FARTHEST_M = 8.0


def by_size(places: Places, boxes: Boxes, people: list[int], view: View | None) -> Places:
    """The same places with a guess for the boxes ``people`` whose place is unknown."""
    if view is None or not math.isfinite(view.pose.std_m):
        return places
    unknown = [row for row in people if not np.isfinite(places.position_m[row]).all()]
    if not unknown:
        return places
    position_m, covariance_m2, shared_std_m = places.position_m.copy(), places.covariance_m2.copy(), places.shared_std_m.copy()
    sources = list(places.sources)
    for row in unknown:
        guess = _guess(boxes.ltwh_px[row].astype(np.float64), view)
        if guess is not None:
            position_m[row], covariance_m2[row] = guess
            away_m = math.dist(position_m[row, :2], view.pose.position_m[:2])
            shared_std_m[row], sources[row] = math.hypot(view.pose.std_m, _LASTING * away_m), "size"
    return Places(position_m, covariance_m2, shared_std_m, tuple(sources))


def _guess(ltwh_px: Vector, view: View) -> tuple[Vector, Vector] | None:
    left, top, width, height = ltwh_px.tolist()
    if not (width > 0 and height > 0):
        return None
    (ray,) = view.rays(np.array([[left + width / 2, top + height / 2]]))
    level = math.hypot(ray[0], ray[1])
    if not math.isfinite(level) or level < 1e-3:
        return None
    ahead_m = min(_TALL_M * view.lens.fy_px / height, _BROAD_M * view.lens.fx_px / width)
    distance_m = min(ahead_m * level, _FARTHEST_M)
    towards = np.array([ray[0], ray[1], 0.0]) / level
    position_m = np.append((view.pose.position_m + distance_m * towards)[:2], 0.0)
    along_m = min(max(_DOUBT * distance_m, _LEAST_STD_M), _MOST_STD_M)
    across_m = math.hypot(0.15, distance_m * width / view.lens.fx_px / 4, view.pose.angle_std_rad * distance_m)
    return position_m, covariance(towards, along_m, across_m) + view.pose.std_m**2 * np.eye(3)
