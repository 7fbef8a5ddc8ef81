"""What one step of a drive looks at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robot_runtime.act.occupancy_map import Mask
from robot_runtime.act.planar import Points, Pose2

_STANDING_MPS = 0.15


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Positions are in the map, each shape (n, 2)."""

    now_s: float
    dt_s: float
    pose: Pose2
    linear_mps: float  # what the wheels do now
    angular_radps: float
    cap_mps: float
    hits: Points  # end points of the newest scan
    unexplained: Points  # those of them that the map does not hold
    obstacles: Mask  # cells of what the map does not hold, as remembered
    people: Points
    people_velocity_mps: Points
    people_known: bool  # False: the eyes give no news, so any thing in the way may be a person and is waited for

    @property
    def at_m(self) -> tuple[float, float]:
        return self.pose.x_m, self.pose.y_m

    @property
    def standing(self) -> Mask:
        """Which of the people do not walk."""
        return np.asarray(np.hypot(self.people_velocity_mps[:, 0], self.people_velocity_mps[:, 1]) < _STANDING_MPS, dtype=np.bool_)
