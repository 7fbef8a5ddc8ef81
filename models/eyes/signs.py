"""What a portrait shows of somebody's age and attention, as the simulation knows it: more to learn from than the answers alone.

Only training reads these.  What was not written down, or is not in the picture, is not learned from.
"""

from __future__ import annotations

import math
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.eyes.arrange import Person
from models.eyes.studio import Shot
from sim.description import PersonDescription
from sim.mjcf import Layout
from sim.targets import HEAD

Vector = NDArray[np.float64]


class HeadFinder:
    """Knows which geom of a model belongs to whose head."""

    def __init__(self, model: mujoco.MjModel, layout: Layout) -> None:
        self._ids = list(layout.segments)
        owner = {first + HEAD: k for k, (first, _) in enumerate(layout.segments.values(), 1)}
        mocap = model.body_mocapid[model.geom_bodyid]
        self._owner = np.array([0, *(owner.get(int(m), 0) for m in mocap)], dtype=np.int32)  # 0: nobody's head

    def box_px(self, shot: Shot, id_: str) -> tuple[int, int, int, int] | None:
        """Left, top, width and height of what is seen of somebody's head; None: nothing is."""
        k = self._ids.index(id_) + 1
        boxes = ndimage.find_objects((self._owner[shot.geoms + 1] == k).astype(np.int8), 1)
        if boxes[0] is None:
            return None
        rows, columns = boxes[0]
        return columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start


def signs(described: PersonDescription, person: Person, head_px: tuple[int, int, int, int] | None, camera_m: Vector) -> dict[str, Any]:
    """Of one person in one picture; ``*_turned_rad`` is 0 towards the camera, and positive to the person's left."""
    bearing_rad = math.atan2(*(camera_m - person.position[HEAD])[1::-1])
    body_rad, head_rad = person.stance.yaw_rad, _heading_rad(person.turn[HEAD])
    return {
        "head_px": head_px,
        "stoop_deg": described.stoop_deg,
        "body_turned_rad": round(math.remainder(body_rad - bearing_rad, math.tau), 4),
        "head_turned_rad": round(math.remainder(head_rad - bearing_rad, math.tau), 4),
    }


def _heading_rad(turn: Vector) -> float:
    w, x, y, z = turn.tolist()
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
