"""Calibration files as ROS's camera_calibration writes them, and the lens that comes of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from robot_runtime.sense.calibration import lens, load_calibration
from robot_runtime.sense.camera import Camera
from safety.files import FileError

TEXT = """\
image_width: 640
image_height: 480
camera_name: head
camera_matrix:
  rows: 3
  cols: 3
  data: [525.0, 0, 319.5, 0, 524.0, 239.5, 0, 0, 1]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.2, 0.08, 0.001, -0.002, 0.01]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1, 0, 0, 0, 1, 0, 0, 0, 1]
projection_matrix:
  rows: 3
  cols: 4
  data: [500, 0, 319.5, 0, 0, 500, 239.5, 0, 0, 0, 1, 0]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "camera_info.yaml"
    path.write_text(TEXT)
    return path


def test_a_file_gives_the_lens(file: Path) -> None:
    found = lens(load_calibration(str(file), "camera"))
    assert (found.width_px, found.fx_px, found.cx_px, found.distortion[0]) == (640, 525.0, 320.0, -0.2)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("image_width: 640", "image_width: 0", "image_width: Input should be greater than 0"),
        ("image_width: 640\n", "", "image_width: Field required"),
        ("camera_name", "camera_nam", "camera_nam: unknown key, did you mean 'camera_name'?"),
        ("524.0, 239.5, 0, 0, 1]", "524.0]", "camera_matrix.data: expected 9 numbers (got 5)"),
        ("525.0", "0.0", "is it calibrated?"),
        ("525.0", ".nan", "must be a finite number"),
        ("plumb_bob", "equidistant", "only plumb_bob"),
        ("rows: 1", "rows: 1\n  rows: 1", "given twice"),
    ],
)
def test_a_file_that_does_not_fit_is_named_with_its_field(file: Path, old: str, new: str, says: str) -> None:
    file.write_text(TEXT.replace(old, new))
    with pytest.raises(FileError) as error:
        Camera(Camera.Config(source="topic", calibration_file=str(file)))
    assert str(file) in str(error.value) and says in str(error.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.yaml: cannot be read"):
        Camera(Camera.Config(source="topic", calibration_file=str(tmp_path / "none.yaml")))


def test_it_goes_with_every_picture_and_only_with_those_of_its_shape(file: Path, tmp_path: Path) -> None:
    for name, shape in (("small.png", (120, 160)), ("wide.png", (90, 160))):
        cv2.imwrite(str(tmp_path / name), np.zeros((*shape, 3), np.uint8))
    made = Camera(Camera.Config(source=f"file:{tmp_path / 'small.png'}", calibration_file=str(file)))
    image = dict(made.step({}, 0.0))["camera/image"]
    assert image.info is not None and lens(image.info).scaled_to(320, 240).fx_px == 262.5
    with pytest.raises(FileError, match=r"wide\.png: 160 x 90 pixels; the calibration is for 640 x 480"):
        Camera(Camera.Config(source=f"file:{tmp_path / 'wide.png'}", calibration_file=str(file)))
