"""How well the robot itself is, in the terms that rules use: its battery, and which of its components work badly."""

from __future__ import annotations

import math
from collections.abc import Iterator

from safety.conditions import Component
from safety.config import GateConfig
from safety.inputs import Inputs
from safety.types import Battery, RobotPose

_NEWS: dict[Component, str] = {"lidar": "scan", "camera": "people", "localisation": "pose", "base": "odom"}
"""Component → the topic that it does not work without."""


def charge(inputs: Inputs, now_s: float) -> float | None:
    """Charge of the battery, 0 … 1; nan when it is not known any more, None for a base that never told of one."""
    battery: Battery | None = inputs.latest("battery")
    if battery is None:
        return None
    return battery.charge_ratio if inputs.fresh("battery", now_s) else math.nan


def degraded(inputs: Inputs, scan_broken: bool, config: GateConfig, now_s: float) -> frozenset[Component]:
    """Every component that works badly or not at all."""
    return frozenset(_degraded(inputs, scan_broken, config, now_s))


def _degraded(inputs: Inputs, scan_broken: bool, config: GateConfig, now_s: float) -> Iterator[Component]:
    grace_s = config.judging_grace_s
    for component, topic in _NEWS.items():
        if not inputs.fresh(topic, now_s, grace_s):
            yield component
    if scan_broken:
        yield "lidar"
    pose: RobotPose | None = inputs.latest("pose")
    if pose is not None and not pose.std_m <= config.degraded_pose_std_m:  # nan is degraded
        yield "localisation"
    if config.require_listening and not inputs.fresh("safety/listening", now_s, grace_s):
        yield "microphone"
    has_arm = "joint_states" in config.required_inputs or inputs.latest("joint_states") is not None
    if has_arm and not inputs.fresh("joint_states", now_s, grace_s):
        yield "arm"
