"""Where a sensor sits on the base, and its points in the frame of the base."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field


class Mount(BaseModel):
    """Pose of a sensor in base_link: x forward, y left, z up (REP-103), angles about fixed axes in the order roll, pitch, yaw."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    x_m: float = Field(0.0, ge=-3, le=3)
    y_m: float = Field(0.0, ge=-3, le=3)
    z_m: float = Field(0.0, ge=-1, le=3)
    roll_rad: float = Field(0.0, ge=-math.pi, le=math.pi)
    pitch_rad: float = Field(0.0, ge=-math.pi, le=math.pi)
    yaw_rad: float = Field(0.0, ge=-math.pi, le=math.pi)

    @property
    def at_origin(self) -> bool:
        """Whether the sensor's plane is that of the base, so that nothing has to be turned or moved."""
        return self.x_m == self.y_m == self.yaw_rad == self.roll_rad == self.pitch_rad == 0.0

    def rotation(self) -> NDArray[np.float64]:
        """The 3 x 3 matrix that turns the sensor's axes into those of the base."""
        (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a), math.sin(a)) for a in (self.roll_rad, self.pitch_rad, self.yaw_rad))
        return np.array(
            [
                [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
                [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
                [-sp, cp * sr, cp * cr],
            ]
        )

    def planar(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points of the sensor's plane in the plane of the base.

        >>> [float(v[0].round(3)) for v in Mount(x_m=0.2, yaw_rad=math.pi / 2).planar(np.array([1.0]), np.array([0.0]))]
        [0.2, 1.0]
        """
        if self.at_origin:
            return x_m, y_m
        turn = self.rotation()
        return self.x_m + turn[0, 0] * x_m + turn[0, 1] * y_m, self.y_m + turn[1, 0] * x_m + turn[1, 1] * y_m
