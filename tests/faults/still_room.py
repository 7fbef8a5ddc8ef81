"""What the gate's inputs carry while the base rolls on its test stand: free floor all around, Anna far behind it; pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from robot_runtime import messages as m

JOINTS = {"head_pan": 0.0, "head_tilt": 0.0, "lift": 0.6, "arm": 0.0, "gripper": 0.1}

_AWAY_M = 8.0
_FREE_M = 6.0


def anna(now_s: float, x_m: float) -> m.Person:
    return m.Person(
        "anna", "Anna", "adult", 0.95, (x_m - _AWAY_M, 0.0, 0.0), (0.0, 0.0, 0.0), 0.05, seen=True, speaking=False, facing_robot=True,
        last_seen_s=now_s,
    )  # fmt: skip


def scan(now_s: float, ranges_m: np.ndarray[Any, Any] | None = None) -> m.Scan:
    """A full turn; by default in steps of one degree, and free."""
    ranges = np.full(360, _FREE_M, np.float32) if ranges_m is None else ranges_m.astype(np.float32)
    return m.Scan(now_s, -math.pi, 2 * math.pi / max(ranges.size, 1), 0.05, 12.0, ranges)


SENSED: dict[str, Callable[[float, float, float], Any]] = {
    "scan": lambda now_s, x_m, mps: scan(now_s),
    "odom": lambda now_s, x_m, mps: m.Odometry(now_s, x_m, 0.0, 0.0, mps, 0.0),
    "pose": lambda now_s, x_m, mps: m.RobotPose(now_s, x_m, 0.0, 0.0, 0.02),
    "people": lambda now_s, x_m, mps: m.People(now_s, "stand", (anna(now_s, x_m),)),
    "joint_states": lambda now_s, x_m, mps: m.JointPositions(now_s, tuple(JOINTS), tuple(JOINTS.values())),
    "gripper/state": lambda now_s, x_m, mps: m.GripperState(now_s, False, "", ""),
    "safety/listening": lambda now_s, x_m, mps: m.Listening(now_s, round(now_s * 50)),
    "safety/heartbeat": lambda now_s, x_m, mps: m.Heartbeat(now_s, "pendant"),
    "battery": lambda now_s, x_m, mps: m.Battery(now_s, 25.0, 1.0, 0.8, False),
    "world/facts": lambda now_s, x_m, mps: m.WorldFacts(now_s, "hall", (), ()),
}
"""Topic → its message, from the time [s], the way of the base [m] and its speed [m/s]."""
