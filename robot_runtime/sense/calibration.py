"""Calibration files of cameras, as ROS's camera_calibration writes them (``camera_info.yaml``)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from robot_runtime.messages import CameraInfo
from robot_runtime.paths import resolve
from robot_runtime.perceive.camera_model import Intrinsics
from robot_runtime.perceive.pictures import PictureError
from safety.files import FileError, load_yaml

_MOST_CROOKED = 0.01
"""Two shapes are the same if their ratios of width to height differ by less; 848 x 480 stands for 16:9."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Matrix(_Strict):
    rows: int = Field(gt=0)
    cols: int = Field(gt=0)
    data: Annotated[tuple[FiniteFloat, ...], Field(max_length=32)]


class CalibrationFile(_Strict):
    """The whole file; rectification and projection are of stereo pairs, and not needed here."""

    image_width: int = Field(gt=0)
    image_height: int = Field(gt=0)
    camera_name: str = ""
    camera_matrix: _Matrix
    distortion_model: str = "plumb_bob"
    distortion_coefficients: _Matrix
    rectification_matrix: _Matrix | None = None
    projection_matrix: _Matrix | None = None


def load_calibration(path: str, frame_id: str) -> CameraInfo:
    """The calibration in a file.

    :raises FileError: unreadable, of another layout, or of a camera model that is not known here
    """
    found = load_yaml(resolve(path), CalibrationFile)
    k = found.camera_matrix.data
    if len(k) != 9:
        raise FileError(f"{path}: camera_matrix.data: expected 9 numbers (got {len(k)})")
    matrix = (k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7], k[8])
    d = found.distortion_coefficients.data
    info = CameraInfo(0.0, frame_id, found.image_width, found.image_height, found.distortion_model, d, matrix)
    try:
        lens(info)
    except ValueError as error:
        raise FileError(f"{path}: {error}") from error
    return info


def lens(info: CameraInfo) -> Intrinsics:
    """What the camera model makes of it.

    :raises ValueError: a model that is not known here, or no calibration at all
    """
    return Intrinsics.from_camera_info(info.width_px, info.height_px, info.k, info.d, info.distortion_model)


def check_shape(info: CameraInfo | None, width_px: int, height_px: int) -> None:
    """Whether a picture, as the camera took it, can be one that the calibration is for.

    :raises PictureError: it has another shape: the camera shows another part of what its lens sees
    """
    if info is not None and abs(width_px * info.height_px / (height_px * info.width_px) - 1.0) > _MOST_CROOKED:
        raise PictureError(f"{width_px} x {height_px} pixels; the calibration is for {info.width_px} x {info.height_px}")
