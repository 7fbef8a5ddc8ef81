"""Point clouds of other makers: whatever layout they have, x, y and z come out, or a refusal."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest
from sensor_msgs.msg import PointCloud2, PointField

from robot_runtime.messages import PointSet
from robot_runtime.ros.convert import ConversionError, codec

PLACES = np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, np.nan]], np.float32)


def cloud(**changes: Any) -> Any:
    """Two points of 20 bytes: an intensity, z, y, x and padding, most significant byte first."""
    rows = np.zeros((2, 5), ">f4")
    rows[:, 1:4] = PLACES[:, ::-1]
    fields = {"intensity": 0, "z": 4, "y": 8, "x": 12}
    message = PointCloud2(height=1, width=2, point_step=20, row_step=40, is_bigendian=True, data=array("B", rows.tobytes()))
    message.fields = [PointField(name=name, offset=at, datatype=PointField.FLOAT32, count=1) for name, at in fields.items()]
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def test_any_layout_is_read() -> None:
    points = codec("points").from_ros(cloud(), 0.0)
    assert isinstance(points, PointSet)
    assert np.array_equal(points.points_m.reshape(-1, 3), PLACES, equal_nan=True)


@pytest.mark.parametrize(
    "changes",
    [{"fields": []}, {"row_step": 44}, {"width": 3, "row_step": 60}, {"point_step": 12, "row_step": 24}, {"data": array("B", [0] * 39)}],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConversionError, match="PointCloud2"):
        codec("points").from_ros(cloud(**changes), 0.0)
