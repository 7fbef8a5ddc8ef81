"""The only place where commands to the motors are made.

Everything else in the gate computes plain numbers.  A contract test sees to it that no other file of the project builds a
``Velocity`` and that no other node of the table publishes ``cmd_vel`` or ``joints/command``.  Whatever arrives here, what
leaves is finite and within the machine's limits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from safety.config import GateConfig
from safety.types import BaseCommand, JointPositions, Velocity


def velocity(linear_mps: float, angular_radps: float, config: GateConfig, now_s: float) -> Velocity:
    """The command to the base; zero when either number is not finite."""
    if not (math.isfinite(linear_mps) and math.isfinite(angular_radps)):
        return standstill(now_s)
    linear_mps = min(max(linear_mps, -config.max_reverse_mps), config.max_speed_mps)
    angular_radps = min(max(angular_radps, -config.max_turn_radps), config.max_turn_radps)
    return Velocity(now_s, linear_mps, angular_radps)


def standstill(now_s: float) -> Velocity:
    """The command that stops the base."""
    return Velocity(now_s, 0.0, 0.0)


def to_base(command: Velocity, *, latched: bool) -> list[tuple[str, Velocity | BaseCommand]]:
    """Where a command to the base goes: to ROS, and to the driver in this process, if there is one."""
    return [("cmd_vel", command), ("motors/command", BaseCommand(command.stamp_s, command, not latched))]


def joint_command(
    setpoints: tuple[tuple[str, float], ...], config: GateConfig, now_s: float, efforts: Mapping[str, float] = MappingProxyType({})
) -> JointPositions | None:
    """The command to the joints; a joint that is unknown or not finite is left out, None when none remains.

    :param efforts: joint → the most effort that it may use, if that is less than it has
    """
    sound = [(name, value) for name, value in setpoints if name in config.joints and math.isfinite(value)]
    if not sound:
        return None
    positions = tuple(min(max(value, config.joints[name].lower), config.joints[name].upper) for name, value in sound)
    names = tuple(name for name, _ in sound)
    most = tuple(_effort(efforts.get(name, math.inf), config.joints[name].effort) for name in names)
    return JointPositions(now_s, names, positions, most)


def _effort(allowed: float, most: float) -> float:
    """Nothing at all when what is allowed is not a number."""
    return min(max(allowed, 0.0), most) if allowed == allowed else 0.0
