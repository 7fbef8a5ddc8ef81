"""Seconds on the robot's clock ↔ ``builtin_interfaces/Time``."""

from __future__ import annotations

from typing import Any

from builtin_interfaces.msg import Time

_NS = 1_000_000_000
_LAST_S = float(2**31)  # Time.sec is a signed 32-bit integer


def to_time(stamp_s: float) -> Any:
    """The ROS time of a stamp.

    A stamp that no ROS time can hold (nan, infinite, negative, beyond 2038) becomes 0, the oldest time there is: whoever
    receives it takes it for stale, never for fresh.

    >>> to_time(1.25).nanosec, to_time(float("nan")).sec
    (250000000, 0)
    """
    if not 0.0 <= stamp_s < _LAST_S:
        return Time()
    sec, nanosec = divmod(round(stamp_s * _NS), _NS)
    return Time(sec=sec, nanosec=nanosec) if sec < _LAST_S else Time()


def to_seconds(time: Any) -> float:
    """Seconds of a ROS time.

    >>> to_seconds(to_time(12.34))
    12.34
    """
    return float((time.sec * _NS + time.nanosec) / _NS)
