"""From the bytes of a message to the message, if there are not too many of them.

rclpy makes a Python object of every nested message before any callback sees it: half a million of them, 10 MB, would keep a
process from its work for seconds, and the gate from the motors.  So the bytes are counted first.
"""

from __future__ import annotations

from typing import Any

from rclpy.serialization import deserialize_message

from robot_runtime.valid import RefusedError

_FLAT = (
    "sensor_msgs/msg/LaserScan",
    "sensor_msgs/msg/PointCloud2",
    "sensor_msgs/msg/CompressedImage",
    "sensor_msgs/msg/Image",
    "robot_runtime_msgs/msg/StopRequest",  # a stop is never refused for its length
)
"""Types whose bulk is one array of numbers, or text, which cost no more than a copy."""

MOST_BYTES = 256 * 1024
MOST_BYTES_FLAT = 32 * 1024 * 1024


def unpack(data: bytes, ros_type: str, ros_class: Any) -> Any:
    """The ROS message that the bytes are.

    :raises RefusedError: there are too many, or they are no message of this type
    """
    most = MOST_BYTES_FLAT if ros_type in _FLAT else MOST_BYTES
    if len(data) > most:
        raise RefusedError(f"{ros_type}: {len(data)} bytes, at most {most}")
    try:
        return deserialize_message(data, ros_class)
    except RuntimeError as error:  # rclpy's RMWError
        raise RefusedError(f"{ros_type}: {len(data)} bytes that are no such message") from error
