"""The simulated robot's motors: wheel speeds with a dead-man, joint servos with speed limits, and the gripper's hold.

It behaves as a base controller's firmware does: it obeys a velocity command until 60 ms after its stamp and then brakes by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.robot_model import JOINT_HOME, JOINT_RANGES, JOINT_SPEEDS, TRACK_M, WHEEL_RADIUS_M

COMMAND_TIMEOUT_S = 0.06
"""Three periods of the gate.  With the brakes below it stands within 200 ms of the gate's last command, from 0.6 m/s (docs/failures.md).

Counted from the command's stamp, as ``cmd_vel_timeout`` of ros2_control's diff_drive_controller: time on the way counts too.
"""
ACCELERATION_MPS2 = 2.5
BRAKE_MPS2 = 5.0
ANGULAR_ACCELERATION_RADPS2 = 10.0
TOP_WHEEL_MPS = 1.2
REST_PER_S = 1e-3
"""Of any joint, metres or radians: slower is standing still."""

_PARTS: dict[str, tuple[tuple[str, float], ...]] = {
    "head_pan": (("head_pan", 1.0),), "head_tilt": (("head_tilt", 1.0),), "lift": (("lift", 1.0),),
    "arm": (("arm_1", 0.5), ("arm_2", 0.5)), "gripper": (("left_finger", 0.5), ("right_finger", 0.5)),
}  # fmt: skip
"""Named joints are made of MuJoCo joints, each taking its share of the travel."""


@dataclass
class _Joint:
    qpos: list[int]
    actuators: list[int]
    shares: list[float]
    goal: float
    setpoint: float


@dataclass
class _Drive:
    """Commanded and slewed velocity of the base."""

    linear_goal_mps: float = 0.0
    angular_goal_radps: float = 0.0
    commanded_s: float = -math.inf
    linear_mps: float = 0.0
    angular_radps: float = 0.0


@dataclass
class Robot:
    """Drives the robot inside ``model``/``data``; the caller steps the physics."""

    model: mujoco.MjModel
    data: mujoco.MjData
    _joints: dict[str, _Joint] = field(init=False)
    _drive: _Drive = field(init=False, default_factory=_Drive)
    _commanded: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        m = self.model
        self._base = m.joint("base").qposadr[0]
        self._base_qpos = self.data.qpos[self._base : self._base + 7]  # a view
        self._base_dof = m.joint("base").dofadr[0]
        self._wheels = [m.actuator(f"{side}_wheel").id for side in ("left", "right")]
        self._wheel_dofs = [m.joint(f"{side}_wheel").dofadr[0] for side in ("left", "right")]
        self._wheel_qpos = [m.joint(f"{side}_wheel").qposadr[0] for side in ("left", "right")]
        self._grasp_xpos = self.data.site_xpos[m.site("grasp").id]  # a view, too
        self._joints = {name: self._joint(name) for name in _PARTS}

    def _joint(self, name: str) -> _Joint:
        parts = _PARTS[name]
        return _Joint(
            qpos=[int(self.model.joint(part).qposadr[0]) for part, _ in parts],
            actuators=[int(self.model.actuator(part).id) for part, _ in parts],
            shares=[share for _, share in parts], goal=JOINT_HOME[name], setpoint=JOINT_HOME[name],
        )  # fmt: skip

    def reset(self, x_m: float, y_m: float, yaw_rad: float) -> None:
        """Stand still at a pose, joints at home."""
        self._drive = _Drive()
        self._commanded = True  # until the first step has shown otherwise
        self._base_qpos[:] = [x_m, y_m, 0.0, math.cos(yaw_rad / 2), 0, 0, math.sin(yaw_rad / 2)]
        for name, joint in self._joints.items():
            joint.goal = joint.setpoint = JOINT_HOME[name]
            for qpos, actuator, share in zip(joint.qpos, joint.actuators, joint.shares, strict=True):
                self.data.qpos[qpos] = self.data.ctrl[actuator] = share * JOINT_HOME[name]

    # ------------------------------------------------ commands

    def drive(self, linear_mps: float, angular_radps: float, stamp_s: float) -> None:
        """A new velocity command, made at ``stamp_s``; a value that is not a number means zero."""
        good = math.isfinite(linear_mps) and math.isfinite(angular_radps)
        drive = self._drive
        drive.linear_goal_mps, drive.angular_goal_radps = (linear_mps, angular_radps) if good else (0.0, 0.0)
        drive.commanded_s = stamp_s

    def aim(self, name: str, position: float) -> None:
        """A new target for a named joint, clipped to its range; unknown names and non-numbers are ignored, as drivers do."""
        if name in self._joints and math.isfinite(position):
            low, high = JOINT_RANGES[name]
            self._joints[name].goal = min(max(position, low), high)

    def goal(self, name: str) -> float:
        return self._joints[name].goal

    def apply(self, dt_s: float, now_s: float, gripper_stop_m: float = 0.0) -> None:
        """Set the actuators for the next ``dt_s``; fingers do not close below ``gripper_stop_m``."""
        self._apply_drive(dt_s, now_s)
        self._commanded = self._drive.linear_mps != 0.0 or self._drive.angular_radps != 0.0
        for name, joint in self._joints.items():
            goal = max(joint.goal, gripper_stop_m) if name == "gripper" else joint.goal
            if joint.setpoint == goal:
                continue
            self._commanded = True
            step = JOINT_SPEEDS[name] * dt_s
            joint.setpoint += min(max(goal - joint.setpoint, -step), step)
            for actuator, share in zip(joint.actuators, joint.shares, strict=True):
                self.data.ctrl[actuator] = share * joint.setpoint

    def _apply_drive(self, dt_s: float, now_s: float) -> None:
        drive = self._drive
        alive = now_s - drive.commanded_s < COMMAND_TIMEOUT_S - 1e-9
        drive.linear_mps = _slew(drive.linear_mps, drive.linear_goal_mps if alive else 0.0, ACCELERATION_MPS2 * dt_s, BRAKE_MPS2 * dt_s)
        turn = ANGULAR_ACCELERATION_RADPS2 * dt_s
        drive.angular_radps = _slew(drive.angular_radps, drive.angular_goal_radps if alive else 0.0, turn, 2 * turn)
        for wheel, side in zip(self._wheels, (-1, 1), strict=True):
            speed = drive.linear_mps + side * drive.angular_radps * TRACK_M / 2
            self.data.ctrl[wheel] = min(max(speed, -TOP_WHEEL_MPS), TOP_WHEEL_MPS) / WHEEL_RADIUS_M

    def at_rest(self) -> bool:
        """Nothing is asked of any motor and nothing moves any more: only a push from outside could change that."""
        return not self._commanded and float(np.abs(self.data.qvel).max()) < REST_PER_S

    # ------------------------------------------------ readings

    def pose(self) -> tuple[float, float, float]:
        """True x, y, yaw of base_link in the map."""
        x, y, _, w, qx, qy, qz = self._base_qpos.tolist()
        return x, y, math.atan2(2 * (w * qz + qx * qy), 1 - 2 * (qy * qy + qz * qz))

    def wheel_angles_rad(self) -> tuple[float, float]:
        left, right = self._wheel_qpos
        return float(self.data.qpos[left]), float(self.data.qpos[right])

    def speed(self) -> tuple[float, float]:
        """True forward and angular velocity of base_link."""
        vx, vy = self.data.qvel[self._base_dof : self._base_dof + 2].tolist()
        yaw = self.pose()[2]
        return vx * math.cos(yaw) + vy * math.sin(yaw), float(self.data.qvel[self._base_dof + 5])

    def joint(self, name: str) -> float:
        return float(sum(map(self.data.qpos.item, self._joints[name].qpos)))

    def joint_positions(self) -> dict[str, float]:
        return {name: self.joint(name) for name in self._joints}

    def grasp_point_m(self) -> NDArray[np.float64]:
        """The point between the finger tips, in the map."""
        return np.array(self._grasp_xpos)


def _slew(value: float, goal: float, faster: float, slower: float) -> float:
    """One step towards a goal: at most ``faster`` when the magnitude grows, ``slower`` when it shrinks or turns round."""
    growing = abs(goal) > abs(value) and goal * value >= 0
    limit = faster if growing else slower
    return value + min(max(goal - value, -limit), limit)
