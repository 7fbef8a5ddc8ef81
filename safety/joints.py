"""The kinematic stage for head, arm and gripper: targets in, setpoints out that move no faster than allowed.

The gate emits the setpoints, not the targets, so that withdrawing an approval stops a joint on its way.  Every step begins
where the joint surely is: at the last command while the joint is on its way there, else where it was measured just now.
While neither is known the joint waits, and a jump is thus never commanded.
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

SETTLE_S = 0.5
"""A command is followed within this: ``LEAD_S`` of motion, and the latency of a drive.  Later, what is measured counts."""

GIVE_UP_S = 20.0


@dataclass(frozen=True, slots=True)
class _Move:
    action_id: str
    target: float
    since_s: float


@dataclass(frozen=True, slots=True)
class _Command:
    """What a joint was told last."""

    at_s: float
    position: float


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
    """State: the joints that are on their way, and what each was told last."""

    def __init__(self, config: GateConfig) -> None:
        self._limits = config.joints
        self._seen_within_s = config.joint_start_max_age_s
        self._moves: dict[str, _Move] = {}
        self._commanded: dict[str, _Command] = {}

    def halt(self) -> None:
        """Leave every joint where it is."""
        self._moves.clear()

    def reset(self) -> None:
        """Halt, and forget what was commanded: its times may be those of another clock."""
        self.halt()
        self._commanded.clear()

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
            self._moves[name] = _Move(proposed.action_id, _within(target, self._limits[name]), now_s)
        return ""

    def step(self, measured: JointPositions, limits: JointLimits, dt_s: float, now_s: float) -> tuple[tuple[str, float], ...]:
        """The setpoints of this tick, by joint name; joints that rest or wait are absent."""
        where = dict(zip(measured.names, measured.positions, strict=True))
        for name in [name for name, move in self._moves.items() if now_s - move.since_s >= GIVE_UP_S]:
            del self._moves[name]
        setpoints = []
        for name, move in list(self._moves.items()):
            start = self._start(name, where.get(name), measured.stamp_s, now_s)
            if start is None or (move.target > start and self._limits[name].part == "gripper" and not limits.may_release):
                continue  # it waits; a driver holds what it was told last
            setpoint = self._advance(name, move, start, where.get(name), limits, dt_s)
            setpoints.append((name, setpoint))
            self._commanded[name] = _Command(now_s, setpoint)
            if setpoint == move.target:
                del self._moves[name]
        return tuple(setpoints)

    def _start(self, name: str, seen: float | None, seen_s: float, now_s: float) -> float | None:
        """Where the next step begins, None while that is not known.

        :param seen: the joint's measured position, None when it was not measured
        """
        last, limit = self._commanded.get(name), self._limits[name]
        elsewhere = seen is not None and last is not None and seen_s > last.at_s and not _follows(seen, last.position, limit)
        if last is not None and now_s - last.at_s < SETTLE_S and not elsewhere:
            return last.position
        if seen is None or not abs(now_s - seen_s) <= self._seen_within_s:
            return None
        if last is not None and limit.part == "gripper":
            return min(last.position, _within(seen, limit))  # told to close further than it could, it presses on what it holds
        return _within(seen, limit)

    def _advance(self, name: str, move: _Move, start: float, seen: float | None, limits: JointLimits, dt_s: float) -> float:
        """The next setpoint: no further from ``start`` than the joint may go in ``dt_s``, whatever else bounds it."""
        limit = self._limits[name]
        speed = limit.speed_per_s * limits.speed_ratio * (limits.hand_speed_ratio if limit.part == "arm" else 1.0)
        wanted = move.target
        if seen is not None:
            lowest = -math.inf if limit.part == "gripper" else seen - speed * LEAD_S  # a gripper must be able to press
            wanted = min(max(wanted, lowest), seen + speed * LEAD_S)
        if name == "arm" and wanted > start:
            wanted = max(start, min(wanted, limits.max_arm_m))
        return _within(min(max(wanted, start - speed * dt_s), start + speed * dt_s), limit)

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


def _follows(seen: float, told: float, limit: JointLimit) -> bool:
    """Whether a joint that was seen there can be on its way to what it was told: else somebody or something else moved it."""
    presses = limit.part == "gripper" and seen > told
    return presses or abs(seen - told) <= 2 * LEAD_S * limit.speed_per_s  # twice, since what is measured is noisy


def _within(value: float, limit: JointLimit) -> float:
    return min(max(value, limit.lower), limit.upper)
