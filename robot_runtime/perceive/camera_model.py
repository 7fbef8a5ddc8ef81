"""The pinhole camera: from pixels to rays to points of the map, and back.

Coordinates in the picture are those of boxes: pixel (0, 0) covers 0 … 1, so the picture's middle is (width / 2, height / 2).
Points in the camera's frame are optical (REP-103): x to the right, y down, z ahead.  All functions take arrays of shape
(n, 2) or (n, 3), and answer nan where there is no answer, such as the picture of a point behind the camera.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import RobotPose

Vector = NDArray[np.float64]

MODELS = ("", "plumb_bob")
_NEAREST_M = 1e-3
_ROUNDS = 25
_CONVERGED = 1e-6

_OPTICAL_IN_HEAD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Columns: the optical axes x, y, z in a frame that looks along x with z up (REP-103)."""


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """Lens and picture size; ``distortion`` holds k1, k2, p1, p2, k3 of the Brown-Conrady model, as sensor_msgs/CameraInfo does."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)

    @classmethod
    def from_hfov(cls, width_px: int, height_px: int, hfov_rad: float) -> Intrinsics:
        """Of an ideal camera with square pixels that looks through the picture's middle.

        :raises ValueError: no such camera
        """
        if not 0 < hfov_rad < math.pi:
            raise ValueError(f"field of view {hfov_rad} rad: expected one between 0 and pi")
        focal_px = width_px / 2 / math.tan(hfov_rad / 2)
        return cls(*_checked(width_px, height_px, focal_px, focal_px, width_px / 2, height_px / 2))

    @classmethod
    def from_camera_info(cls, width_px: int, height_px: int, k: Sequence[float], d: Sequence[float] = (), model: str = "") -> Intrinsics:
        """From the numbers of sensor_msgs/CameraInfo: ``k`` row by row, and ``d`` with up to five coefficients.

        CameraInfo counts from the middle of the first pixel; half a pixel is added to come to our coordinates.

        :raises ValueError: not nine numbers, another distortion model than plumb_bob, or an uncalibrated camera (all zero)
        """
        if len(k) != 9:
            raise ValueError(f"camera matrix: expected 9 numbers (got {len(k)})")
        if model not in MODELS or len(d) > 5:
            raise ValueError(f"distortion model '{model}' with {len(d)} coefficients: only plumb_bob with at most 5 is known")
        if not all(map(math.isfinite, d)):
            raise ValueError("distortion: expected finite numbers")
        k1, k2, p1, p2, k3 = (*d, *([0.0] * (5 - len(d))))
        return cls(*_checked(width_px, height_px, k[0], k[4], k[2] + 0.5, k[5] + 0.5), distortion=(k1, k2, p1, p2, k3))

    def scaled_to(self, width_px: int, height_px: int) -> Intrinsics:
        """The same lens with the whole picture resized."""
        across, down = width_px / self.width_px, height_px / self.height_px
        return Intrinsics(
            width_px, height_px, self.fx_px * across, self.fy_px * down, self.cx_px * across, self.cy_px * down, self.distortion
        )

    def project(self, points_m: Vector) -> Vector:
        """Where points of the camera's frame, shape (n, 3), appear: (n, 2) in pixels, nan behind the camera.

        A point beside the picture gets coordinates beside it.
        """
        points_m = np.asarray(points_m, dtype=np.float64).reshape(-1, 3)
        ahead = np.where(points_m[:, 2] > _NEAREST_M, points_m[:, 2], np.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            ideal = self._distorted(points_m[:, :2] / ahead[:, None])
            pixels = ideal * (self.fx_px, self.fy_px) + (self.cx_px, self.cy_px)
        pixels[~np.isfinite(pixels).all(axis=1)] = np.nan
        return np.asarray(pixels)

    def unproject(self, pixels: Vector) -> Vector:
        """The rays through pixels, shape (n, 2), as (n, 3) in the camera's frame, scaled to z = 1.

        Times a depth (along the optical axis, as in REP-118 depth pictures) a ray is the point.  Nan where a pixel is not
        finite, or lies so far out that the distortion cannot be undone.
        """
        pixels = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
        with np.errstate(over="ignore", invalid="ignore"):
            ideal = self._undistorted((pixels - (self.cx_px, self.cy_px)) / (self.fx_px, self.fy_px))
        ideal[~np.isfinite(ideal).all(axis=1)] = np.nan
        return np.concatenate((ideal, np.where(np.isnan(ideal[:, :1]), np.nan, 1.0)), axis=1)

    def _distorted(self, ideal: Vector) -> Vector:
        """D. C. Brown, "Decentering distortion of lenses", Photogrammetric Engineering 32(3), 1966; terms as in OpenCV."""
        if not any(self.distortion):
            return ideal
        _, _, p1, p2, _ = self.distortion
        x, y = ideal[:, 0], ideal[:, 1]
        r2 = x * x + y * y
        radial = self._radial(r2)
        return np.stack((x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y), axis=1)

    def _undistorted(self, seen: Vector) -> Vector:
        """By fixed-point iteration, as OpenCV's undistortPoints does."""
        if not any(self.distortion):
            return seen
        ideal: Vector = seen.copy()
        for _ in range(_ROUNDS):
            radial = self._radial((ideal * ideal).sum(axis=1))[:, None]
            ideal = (seen - (self._distorted(ideal) - ideal * radial)) / radial
        ideal[~(np.abs(self._distorted(ideal) - seen).max(axis=1) < _CONVERGED)] = np.nan
        return ideal

    def _radial(self, r2: Vector) -> Vector:
        k1, k2, _, _, k3 = self.distortion
        return np.asarray(1 + r2 * (k1 + r2 * (k2 + r2 * k3)))


class HeadMount(StageConfig):
    """Where the camera sits on the robot; as delivered, that of the simulated robot."""

    pan_axis_m: float = Field(0.0, ge=-2, le=2, description="x in base_link of the axis about which the head pans")
    height_m: float = Field(1.25, gt=0, le=3, description="of the axis about which the head tilts")
    forward_m: float = Field(0.055, ge=-1, le=1, description="the camera, before the tilt axis when the head looks straight ahead")
    up_m: float = Field(0.0, ge=-1, le=1, description="the camera, above the tilt axis when the head looks straight ahead")
    angle_std_rad: float = Field(0.01, ge=0, le=0.2, description="doubt of the direction in which the camera looks")


@dataclass(frozen=True, slots=True, eq=False)
class CameraPose:
    """Where in the map a camera is, and how it is turned."""

    position_m: Vector  # (3,)
    rotation: Vector  # (3, 3), from the optical frame to the map
    std_m: float = 0.0  # of the position; one standard deviation
    angle_std_rad: float = 0.0  # of the direction

    def to_map(self, points_m: Vector) -> Vector:
        """Points of the camera's frame, shape (n, 3), in the map."""
        return np.asarray(points_m @ self.rotation.T + self.position_m)

    def to_camera(self, points_m: Vector) -> Vector:
        """Points of the map, shape (n, 3), in the camera's frame."""
        return np.asarray((points_m - self.position_m) @ self.rotation)

    def directions(self, rays: Vector) -> Vector:
        """Rays of the camera's frame, shape (n, 3), along the map's axes."""
        return np.asarray(rays @ self.rotation.T)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A camera's lens and pose at the time of one picture."""

    lens: Intrinsics
    pose: CameraPose

    def project(self, points_m: Vector) -> Vector:
        """Where points of the map, shape (n, 3), appear in the picture."""
        return self.lens.project(self.pose.to_camera(points_m))

    def rays(self, pixels: Vector) -> Vector:
        """The directions of pixels, shape (n, 2), along the map's axes; one unit along the optical axis long."""
        return self.pose.directions(self.lens.unproject(pixels))

    def on_plane(self, pixels: Vector, height_m: float = 0.0) -> Vector:
        """Where the rays through pixels meet a level plane ahead of the camera: (n, 3), nan where they do not."""
        return on_plane(self.pose.position_m, self.rays(pixels), height_m)


def camera_pose(robot: RobotPose, pan_rad: float, tilt_rad: float, mount: HeadMount) -> CameraPose | None:
    """The head camera's pose; ``tilt_rad`` is positive downwards.  None when a number that it needs is not finite."""
    if not all(map(math.isfinite, (robot.x_m, robot.y_m, robot.yaw_rad, pan_rad, tilt_rad))):
        return None
    yaw = robot.yaw_rad
    head = _about_z(yaw + pan_rad) @ _about_y(tilt_rad)
    axis = np.array([robot.x_m + mount.pan_axis_m * math.cos(yaw), robot.y_m + mount.pan_axis_m * math.sin(yaw), mount.height_m])
    position_m = axis + head @ (mount.forward_m, 0.0, mount.up_m)
    std_m = robot.std_m if math.isfinite(robot.std_m) and robot.std_m >= 0 else math.inf
    return CameraPose(position_m, head @ _OPTICAL_IN_HEAD, std_m, mount.angle_std_rad)


def on_plane(origin_m: Vector, directions: Vector, height_m: float = 0.0) -> Vector:
    """Where rays, shape (n, 3), from one point meet a level plane: (n, 3), nan where they run level or away from it."""
    directions = np.asarray(directions, dtype=np.float64).reshape(-1, 3)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = (height_m - origin_m[2]) / directions[:, 2]
        met = origin_m + np.where((reach > 0) & np.isfinite(reach), reach, np.nan)[:, None] * directions
    return np.asarray(met)


def _checked(width_px: int, height_px: int, *numbers: float) -> tuple[int, int, float, float, float, float]:
    fx, fy, cx, cy = numbers
    if width_px <= 0 or height_px <= 0 or not all(map(math.isfinite, numbers)) or fx <= 0 or fy <= 0:
        raise ValueError(f"camera of {width_px}x{height_px} pixels, focal lengths {fx}, {fy}: is it calibrated?")
    return width_px, height_px, fx, fy, cx, cy


def _about_z(angle_rad: float) -> Vector:
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _about_y(angle_rad: float) -> Vector:
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
