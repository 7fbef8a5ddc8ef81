"""Standard ROS messages, pair by pair.  Frames as in REP-105, units as in REP-103 (both sides are SI)."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped, TwistStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import BatteryState, CameraInfo, CompressedImage, Image, JointState, LaserScan, PointCloud2, PointField, Range
from std_msgs.msg import Bool, Header, Int32

from robot_runtime import messages as m
from robot_runtime.ros.errors import ConversionError
from robot_runtime.ros.stamp import to_seconds, to_time

ToRos = Callable[[Any], Any]
FromRos = Callable[[Any, float], Any]


def _header(stamp_s: float, frame_id: str) -> Any:
    return Header(stamp=to_time(stamp_s), frame_id=frame_id)


def _set_yaw(orientation: Any, yaw_rad: float) -> None:
    """Rotation about z as a quaternion; an infinite angle has none and becomes nan."""
    half_rad = yaw_rad / 2 if math.isfinite(yaw_rad) else math.nan
    orientation.z, orientation.w = math.sin(half_rad), math.cos(half_rad)


def yaw_rad(orientation: Any) -> float:
    """Yaw of a quaternion, in [-π, π]; nan if it has a nan in it."""
    x, y, z, w = orientation.x, orientation.y, orientation.z, orientation.w
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


# ---------------------------------------------------------------- sense


def direction_to_ros(direction: m.SoundDirection) -> Any:
    return Int32(data=direction.direction_deg)


def direction_from_ros(message: Any, now_s: float) -> m.SoundDirection:
    """``Int32`` carries no stamp: the time of receipt stands in."""
    return m.SoundDirection(now_s, message.data)


def scan_to_ros(scan: m.Scan) -> Any:
    ranges = np.asarray(scan.ranges_m, dtype=np.float32)
    message = LaserScan(header=_header(scan.stamp_s, scan.frame_id or "base_link"))
    message.angle_min = float(scan.angle_min_rad)
    message.angle_max = float(scan.angle_min_rad + scan.angle_increment_rad * max(ranges.size - 1, 0))
    message.angle_increment = float(scan.angle_increment_rad)
    message.range_min, message.range_max = float(scan.range_min_m), float(scan.range_max_m)
    message.ranges = array("f")
    message.ranges.frombytes(ranges.tobytes())
    return message


def scan_from_ros(message: Any, now_s: float) -> m.Scan:
    ranges = np.frombuffer(message.ranges, dtype=np.float32)
    return m.Scan(
        stamp_s=to_seconds(message.header.stamp),
        angle_min_rad=message.angle_min,
        angle_increment_rad=message.angle_increment,
        range_min_m=message.range_min,
        range_max_m=message.range_max,
        ranges_m=ranges,
        frame_id=message.header.frame_id,
    )


def points_to_ros(points: m.PointSet) -> Any:
    message = PointCloud2(header=_header(points.stamp_s, points.frame_id), height=1, point_step=12, is_dense=False)
    message.fields = [PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1) for index, name in enumerate("xyz")]
    coordinates = np.asarray(points.points_m, dtype="<f4")
    message.width, message.row_step = coordinates.size // 3, 4 * coordinates.size
    message.data = array("B", coordinates.tobytes())
    return message


def points_from_ros(message: Any, now_s: float) -> m.PointSet:
    """Any layout with 32-bit floats x, y and z.

    :raises ConversionError: another layout
    """
    offsets = {field.name: field.offset for field in message.fields if field.datatype == PointField.FLOAT32}
    count = message.width * message.height
    fits = {"x", "y", "z"} <= offsets.keys() and all(offsets[name] + 4 <= message.point_step for name in "xyz")
    if not fits or message.row_step != message.point_step * message.width or len(message.data) < count * message.point_step:
        raise ConversionError("PointCloud2: expected 32-bit x, y and z in rows without padding")
    kind = ">f4" if message.is_bigendian else "<f4"
    layout: Any = {
        "names": list("xyz"),
        "formats": [kind] * 3,
        "offsets": [offsets[name] for name in "xyz"],
        "itemsize": message.point_step,
    }
    rows: Any = np.frombuffer(message.data, dtype=np.dtype(layout), count=count)
    coordinates = np.stack([rows[name] for name in "xyz"], axis=1).astype(np.float32).ravel()
    return m.PointSet(to_seconds(message.header.stamp), message.header.frame_id, coordinates)


def range_to_ros(reading: m.RangeReading) -> Any:
    message = Range(header=_header(reading.stamp_s, reading.frame_id), radiation_type=Range.INFRARED)
    message.field_of_view, message.range = float(reading.field_of_view_rad), float(reading.range_m)
    message.min_range, message.max_range = float(reading.range_min_m), float(reading.range_max_m)
    return message


def range_from_ros(message: Any, now_s: float) -> m.RangeReading:
    return m.RangeReading(
        stamp_s=to_seconds(message.header.stamp),
        frame_id=message.header.frame_id,
        field_of_view_rad=message.field_of_view,
        range_min_m=message.min_range,
        range_max_m=message.max_range,
        range_m=message.range,
    )


def odometry_to_ros(odometry: m.Odometry) -> Any:
    message = Odometry(header=_header(odometry.stamp_s, "odom"), child_frame_id="base_link")
    message.pose.pose.position.x, message.pose.pose.position.y = float(odometry.x_m), float(odometry.y_m)
    _set_yaw(message.pose.pose.orientation, odometry.yaw_rad)
    message.twist.twist.linear.x, message.twist.twist.angular.z = float(odometry.linear_mps), float(odometry.angular_radps)
    return message


def odometry_from_ros(message: Any, now_s: float) -> m.Odometry:
    pose, twist = message.pose.pose, message.twist.twist
    return m.Odometry(
        to_seconds(message.header.stamp), pose.position.x, pose.position.y, yaw_rad(pose.orientation), twist.linear.x, twist.angular.z
    )


def joints_to_ros(joints: m.JointPositions) -> Any:
    message = JointState(header=_header(joints.stamp_s, ""), name=list(joints.names), position=array("d", joints.positions))
    message.effort = array("d", joints.efforts)
    return message


def joints_from_ros(message: Any, now_s: float) -> m.JointPositions:
    return m.JointPositions(to_seconds(message.header.stamp), tuple(message.name), tuple(message.position), tuple(message.effort))


def picture_to_ros(picture: m.EncodedImage) -> Any:
    message = CompressedImage(header=_header(picture.stamp_s, picture.frame_id), format=picture.format)
    message.data = array("B", picture.data)  # rclpy copies an array at once, anything else byte by byte
    return message


def picture_from_ros(message: Any, now_s: float) -> m.EncodedImage:
    return m.EncodedImage(to_seconds(message.header.stamp), message.header.frame_id, message.format, bytes(message.data))


def raw_image_to_ros(picture: m.RawImage) -> Any:
    message = Image(header=_header(picture.stamp_s, picture.frame_id), encoding=picture.encoding, is_bigendian=picture.is_bigendian)
    message.height, message.width, message.step = picture.height_px, picture.width_px, picture.step_bytes
    message.data = array("B", picture.data.tobytes())
    return message


def raw_image_from_ros(message: Any, now_s: float) -> m.RawImage:
    """Without a copy of the pixels: they stay those of the ROS message."""
    return m.RawImage(
        stamp_s=to_seconds(message.header.stamp),
        frame_id=message.header.frame_id,
        height_px=message.height,
        width_px=message.width,
        encoding=message.encoding,
        is_bigendian=message.is_bigendian,
        step_bytes=message.step,
        data=np.frombuffer(message.data, dtype=np.uint8),
    )


def camera_info_to_ros(info: m.CameraInfo) -> Any:
    message = CameraInfo(header=_header(info.stamp_s, info.frame_id), height=info.height_px, width=info.width_px)
    message.distortion_model, message.d, message.k = info.distortion_model, array("d", info.d), np.array(info.k, dtype=np.float64)
    return message


def camera_info_from_ros(message: Any, now_s: float) -> m.CameraInfo:
    """:raises ConversionError: it is of a part of the sensor, or of pixels put together, which ``CameraInfo`` cannot say"""
    region = message.roi
    part = (region.width, region.height) not in ((0, 0), (message.width, message.height)) or region.x_offset or region.y_offset
    if part or message.binning_x > 1 or message.binning_y > 1:
        raise ConversionError("CameraInfo: with a region of interest or binning; let the driver give whole pictures")
    return m.CameraInfo(
        stamp_s=to_seconds(message.header.stamp),
        frame_id=message.header.frame_id,
        width_px=message.width,
        height_px=message.height,
        distortion_model=message.distortion_model,
        d=tuple(message.d),
        k=tuple(message.k.tolist()),
    )


# ---------------------------------------------------------------- move


def pose_to_ros(pose: m.RobotPose) -> Any:
    message = PoseWithCovarianceStamped(header=_header(pose.stamp_s, "map"))
    message.pose.pose.position.x, message.pose.pose.position.y = float(pose.x_m), float(pose.y_m)
    _set_yaw(message.pose.pose.orientation, pose.yaw_rad)
    variance = float(pose.std_m) * float(pose.std_m)
    message.pose.covariance[0] = message.pose.covariance[7] = variance  # x and y of a row-major 6 x 6
    return message


def pose_from_ros(message: Any, now_s: float) -> m.RobotPose:
    pose, covariance = message.pose.pose, message.pose.covariance
    variance = float(max(covariance[0], covariance[7]))
    std_m = math.sqrt(variance) if variance >= 0 else math.nan
    return m.RobotPose(to_seconds(message.header.stamp), pose.position.x, pose.position.y, yaw_rad(pose.orientation), std_m)


def velocity_to_ros(velocity: m.Velocity) -> Any:
    message = TwistStamped(header=_header(velocity.stamp_s, "base_link"))
    message.twist.linear.x, message.twist.angular.z = float(velocity.linear_mps), float(velocity.angular_radps)
    return message


def velocity_from_ros(message: Any, now_s: float) -> m.Velocity:
    return m.Velocity(to_seconds(message.header.stamp), message.twist.linear.x, message.twist.angular.z)


def battery_to_ros(battery: m.Battery) -> Any:
    """BatteryState counts the current into the battery, Battery the current out of it."""
    status = BatteryState.POWER_SUPPLY_STATUS_CHARGING if battery.charging else BatteryState.POWER_SUPPLY_STATUS_DISCHARGING
    message = BatteryState(header=_header(battery.stamp_s, "base_link"), power_supply_status=status, present=True)
    message.voltage, message.current, message.percentage = float(battery.voltage_v), -float(battery.current_a), float(battery.charge_ratio)
    for unknown in ("temperature", "charge", "capacity", "design_capacity"):
        setattr(message, unknown, math.nan)
    return message


def battery_from_ros(message: Any, now_s: float) -> m.Battery:
    charging = message.power_supply_status == BatteryState.POWER_SUPPLY_STATUS_CHARGING
    return m.Battery(to_seconds(message.header.stamp), message.voltage, -message.current, message.percentage, charging)


def e_stop_to_ros(e_stop: m.EStop) -> Any:
    return Bool(data=bool(e_stop.pressed))


def e_stop_from_ros(message: Any, now_s: float) -> m.EStop:
    """``Bool`` carries no stamp: the time of receipt stands in."""
    return m.EStop(now_s, bool(message.data))


def stopped_to_ros(stopped: m.Stopped) -> Any:
    return Bool(data=bool(stopped.stopped))


def stopped_from_ros(message: Any, now_s: float) -> m.Stopped:
    """``Bool`` carries no stamp: the time of receipt stands in."""
    return m.Stopped(now_s, bool(message.data))


def mute_to_ros(message: m.MuteRequest | m.Muted) -> Any:
    return Bool(data=bool(message.muted))


def mute_from_ros(message: Any, now_s: float) -> m.MuteRequest:
    """``Bool`` carries no stamp: the time of receipt stands in."""
    return m.MuteRequest(now_s, bool(message.data))


def muted_from_ros(message: Any, now_s: float) -> m.Muted:
    """Likewise."""
    return m.Muted(now_s, bool(message.data))


def kept_to_ros(message: m.SoundKept) -> Any:
    return Bool(data=bool(message.kept))


def kept_from_ros(message: Any, now_s: float) -> m.SoundKept:
    """Likewise."""
    return m.SoundKept(now_s, bool(message.data))


def heartbeat_to_ros(heartbeat: m.Heartbeat) -> Any:
    return _header(heartbeat.stamp_s, heartbeat.source)


def heartbeat_from_ros(message: Any, now_s: float) -> m.Heartbeat:
    return m.Heartbeat(to_seconds(message.stamp), message.frame_id)


STANDARD: dict[str, tuple[ToRos, FromRos]] = {
    "sensor_msgs/msg/LaserScan": (scan_to_ros, scan_from_ros),
    "sensor_msgs/msg/PointCloud2": (points_to_ros, points_from_ros),
    "sensor_msgs/msg/Range": (range_to_ros, range_from_ros),
    "nav_msgs/msg/Odometry": (odometry_to_ros, odometry_from_ros),
    "sensor_msgs/msg/JointState": (joints_to_ros, joints_from_ros),
    "sensor_msgs/msg/CompressedImage": (picture_to_ros, picture_from_ros),
    "sensor_msgs/msg/Image": (raw_image_to_ros, raw_image_from_ros),
    "sensor_msgs/msg/CameraInfo": (camera_info_to_ros, camera_info_from_ros),
    "geometry_msgs/msg/PoseWithCovarianceStamped": (pose_to_ros, pose_from_ros),
    "geometry_msgs/msg/TwistStamped": (velocity_to_ros, velocity_from_ros),
    "sensor_msgs/msg/BatteryState": (battery_to_ros, battery_from_ros),
    "std_msgs/msg/Int32": (direction_to_ros, direction_from_ros),
    "std_msgs/msg/Bool": (e_stop_to_ros, e_stop_from_ros),
    "std_msgs/msg/Header": (heartbeat_to_ros, heartbeat_from_ros),
}
"""ROS type → converters.  A standard type stands for one dataclass, except those of ``BY_MESSAGE``."""

BY_MESSAGE: dict[type, tuple[ToRos, FromRos]] = {
    m.Stopped: (stopped_to_ros, stopped_from_ros),
    m.MuteRequest: (mute_to_ros, mute_from_ros),
    m.Muted: (mute_to_ros, muted_from_ros),
    m.SoundKept: (kept_to_ros, kept_from_ros),
}
"""Dataclass → converters, where its ROS type also stands for another one."""
