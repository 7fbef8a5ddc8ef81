"""The kinematic stage for head, arm and gripper: targets in, setpoints out that move no faster than allowed.

The gate emits the setpoints, not the targets, so that withdrawing an approval stops a joint on its way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from safety.config import GateConfig, JointLimit
from safety.rules import Part
from safety.types import JointPositions, ProposedJoints

LEAD_S = 0.3
"""A setpoint runs ahead of the measured joint by at most this much motion, so that a stop is a stop."""

GIVE_UP_S = 20.0


@dataclass(slots=True)
class _Move:
    action_id: str
    target: float
    setpoint: float
    since_s: float


@dataclass(frozen=True, slots=True)
class JointLimits:
    """What bounds the joints at this moment."""

    speed_ratio: float = 1.0
    hand_speed_ratio: float = 1.0  # besides, of the joints that carry the hand: lift and arm
    max_arm_m: float = math.inf  # an arm that is further out may only draw in
    may_release: bool = True  # False: the gripper may not open
    hand_effort_ratio: float = 1.0  # share of the greatest effort of lift and arm
    grip_ratio: float = 1.0  # likewise of the gripper

    def efforts(self, joints: Mapping[str, JointLimit]) -> dict[str, float]:
        """The most effort that each joint may use, N or N·m."""
        ratios = {"head": 1.0, "arm": self.hand_effort_ratio, "gripper": min(self.grip_ratio, self.hand_effort_ratio)}
        return {name: limit.effort * ratios[limit.part] for name, limit in joints.items()}


class JointGate:
    """State: the joints that are on their way."""

    def __init__(self, config: GateConfig) -> None:
        self._limits = config.joints
        self._moves: dict[str, _Move] = {}

    def halt(self) -> None:
        """Leave every joint where it is."""
        self._moves.clear()

    def actions(self) -> frozenset[str]:
        """Ids of the actions that move joints now."""
        return frozenset(move.action_id for move in self._moves.values())

    def withdraw(self, action_id: str) -> None:
        """Stop the joints that this action moves."""
        self._moves = {name: move for name, move in self._moves.items() if move.action_id != action_id}

    def propose(self, proposed: ProposedJoints, parts: frozenset[Part], measured: JointPositions, now_s: float) -> str:
        """Take over new targets, cut to each joint's range; returns why not, or "" when they are taken.

        One bad value refuses the whole proposal.
        """
        where = dict(zip(measured.names, measured.positions, strict=True))
        problem = self._problem(proposed, parts, where)
        if problem:
            return problem
        for name, target in zip(proposed.names, proposed.positions, strict=True):
            limit = self._limits[name]
            start = self._moves[name].setpoint if name in self._moves else _within(where[name], limit)
            self._moves[name] = _Move(proposed.action_id, _within(target, limit), start, now_s)
        return ""

    def step(self, measured: JointPositions, limits: JointLimits, dt_s: float, now_s: float) -> tuple[tuple[str, float], ...]:
        """The setpoints of this tick, by joint name; joints at rest are absent."""
        where = dict(zip(measured.names, measured.positions, strict=True))
        setpoints = tuple((name, self._advance(name, move, where, limits, dt_s)) for name, move in self._moves.items())
        self._moves = {n: m for n, m in self._moves.items() if m.setpoint != m.target and now_s - m.since_s < GIVE_UP_S}
        return setpoints

    def _advance(self, name: str, move: _Move, where: Mapping[str, float], limits: JointLimits, dt_s: float) -> float:
        limit = self._limits[name]
        speed = limit.speed_per_s * limits.speed_ratio * (limits.hand_speed_ratio if limit.part == "arm" else 1.0)
        wanted = min(max(move.target, move.setpoint - speed * dt_s), move.setpoint + speed * dt_s)
        if limit.part != "gripper" and name in where:  # a gripper must be able to press on what it holds
            wanted = min(max(wanted, where[name] - speed * LEAD_S), where[name] + speed * LEAD_S)
        if wanted > move.setpoint and (limit.part == "gripper" and not limits.may_release):
            return move.setpoint
        if name == "arm" and wanted > move.setpoint:
            wanted = max(move.setpoint, min(wanted, limits.max_arm_m))
        move.setpoint = _within(wanted, limit)
        return move.setpoint

    def _problem(self, proposed: ProposedJoints, parts: frozenset[Part], where: Mapping[str, float]) -> str:
        if not proposed.names or len(proposed.names) != len(proposed.positions) or len(set(proposed.names)) != len(proposed.names):
            return "names and positions do not fit"
        for name, target in zip(proposed.names, proposed.positions, strict=True):
            if name not in self._limits:
                return f"unknown joint '{name[:40]}'"
            if not math.isfinite(target):
                return f"the target of {name} is not a number"
            if self._limits[name].part not in parts:
                return f"the action may not move {name}"
            if name not in where:
                return f"the position of {name} is unknown"
        return ""


def _within(value: float, limit: JointLimit) -> float:
    return min(max(value, limit.lower), limit.upper)
