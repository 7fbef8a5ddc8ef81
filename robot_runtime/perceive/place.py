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

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.by_depth import ByDepth, Depth
from robot_runtime.perceive.by_foot import ByFoot
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.motion import largest_std_m
from robot_runtime.perceive.places import UNKNOWN_STD_M, Place, Places, PlaceSettings, Vector
from robot_runtime.world.semantic_map import Surface

__all__ = ["UNKNOWN_STD_M", "PlaceSettings", "Placer", "Places"]


class Placer:
    """For boxes of a detector with ``class_names``, in a home with ``surfaces``."""

    def __init__(self, class_names: Sequence[str], surfaces: Sequence[Surface] = (), settings: PlaceSettings | None = None) -> None:
        self._settings = settings or PlaceSettings()
        self._people = {k for k, name in enumerate(class_names) if name in self._settings.people}
        self._on_floor = {k for k, name in enumerate(class_names) if name in self._settings.on_floor}
        self._clear = {k for k, name in enumerate(class_names) if name in self._settings.clear}
        self._by_depth = ByDepth(self._settings)
        self._by_foot = ByFoot(self._settings, surfaces)

    def place(self, boxes: Boxes, view: View | None, depth_m: Depth | None = None) -> Places:
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
                places.shared_std_m[row], sources[row] = math.hypot(found.shared_std_m, found.doubt_std_m), found.source
        return Places(places.position_m, places.covariance_m2, places.shared_std_m, tuple(sources))

    def _is_sure(self, found: Place) -> bool:
        std_m = math.hypot(largest_std_m(found.covariance_m2), found.shared_std_m)
        return bool(np.isfinite(found.position_m).all()) and std_m <= self._settings.worst_std_m

    def _one(self, row: int, ltrb: Vector, class_ids: NDArray[np.int64], view: View, depth_m: Depth | None) -> Place | None:
        box, is_person = ltrb[row], int(class_ids[row]) in self._people
        found = None
        if depth_m is not None and depth_m.ndim == 2 and depth_m.size:
            if is_person:
                found = self._by_depth.body(box, view, depth_m)
            elif int(class_ids[row]) in self._clear:
                found = self._by_depth.clear(box, view, depth_m, self._may_be_held(row, ltrb, class_ids))
            else:
                found = self._by_depth.thing(box, view, depth_m)
        if found is not None or not self._foot_is_seen(row, ltrb, view):
            return found
        if int(class_ids[row]) in self._on_floor:
            return self._by_foot.on_floor(box, is_person, view)
        return None if self._may_be_held(row, ltrb, class_ids) else self._by_foot.on_surface(box, view)

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


def _in_picture(ltrb: Vector, view: View) -> NDArray[np.bool_]:
    good = np.isfinite(ltrb).all(axis=1) & (ltrb[:, 2] > ltrb[:, 0]) & (ltrb[:, 3] > ltrb[:, 1])
    outside = (ltrb[:, 2] <= 0) | (ltrb[:, 3] <= 0) | (ltrb[:, 0] >= view.lens.width_px) | (ltrb[:, 1] >= view.lens.height_px)
    return np.asarray(good & ~outside)
