"""What a robot measures of a person whose true place is known: by its own code, with places as wrong as its own are.

Depth pictures are not in the folder of ``models.eyes.render``, so a place by depth is the true one with errors along the line of
sight, somewhat larger than those that ``models.eyes.places`` shows (0.05 m, for nine in ten): mostly small, at times those of an
arm, a table or the wall behind.  They hardly change a height: heads are about as high as the camera.
A place by feet on the floor is found by the robot's own code from the box.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.measures import Measures, measure
from robot_runtime.perceive.place import Placer
from robot_runtime.perceive.places import Places, covariance

Way = Literal["depth", "floor", "direction", "nothing"]
"""How a place is known: by a depth camera, by feet on the floor, not at all, or not even where the camera looks."""

_SHARES: dict[Way, float] = {"depth": 0.6, "floor": 0.2, "direction": 0.08, "nothing": 0.12}
_ERRORS = ((0.85, 0.06, 0.012), (0.12, 0.25, 0.0), (0.03, 0.8, 0.0))
"""How often, and the standard deviation in metres: at the camera, and more a metre away."""
_PLACER = Placer(("person",))


def any_way(rng: np.random.Generator) -> Way:
    """One of them, as often as it is worth learning."""
    ways = list(_SHARES)
    return ways[int(np.searchsorted(np.cumsum(list(_SHARES.values())[:-1]), rng.random(), side="right"))]


def measured(view: View, ltwh_px: NDArray[np.float32], place_m: NDArray[np.float64], way: Way, rng: np.random.Generator) -> Measures:
    """One row of ``measures.COLUMNS``."""
    boxes = Boxes(ltwh_px[None], np.ones(1, np.float32), np.zeros(1, np.int64))
    places = None
    if way == "depth":
        places = _by_depth(view, place_m, rng)
    elif way == "floor":
        places = _PLACER.place(boxes, view)
    return measure(boxes, places, None if way == "nothing" else view, (view.lens.width_px, view.lens.height_px))


def _by_depth(view: View, place_m: NDArray[np.float64], rng: np.random.Generator) -> Places:
    away_m = place_m[:2] - view.pose.position_m[:2]
    distance_m = max(float(np.hypot(*away_m)), 1e-3)
    towards = np.array([*(away_m / distance_m), 0.0])
    which = int(rng.choice(len(_ERRORS), p=[share for share, _, _ in _ERRORS]))
    std_m = _ERRORS[which][1] + _ERRORS[which][2] * distance_m
    shifted_m = np.array([*place_m[:2], 0.0]) + max(float(rng.normal(0, std_m)), 0.3 - distance_m) * towards
    return Places(shifted_m[None], covariance(towards, min(std_m, 0.3), 0.1)[None], np.zeros(1), ("depth",))
