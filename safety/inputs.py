"""The newest message of every input, checked as it comes in, and how old it is.

A message that is malformed, older than the one before, or of the wrong type is not taken: its topic then grows stale,
and stale means stop or slow.  Its fault is kept as the cause to name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from safety.config import GateConfig
from safety.sensors import points_fault, range_fault
from safety.sources import Sources
from safety.types import Battery, GripperState, JointPositions, Listening, Odometry, People, Person, RobotPose, Scan, WorldFactsLike

MAX_PEOPLE = 100
MAX_OBJECTS = 10_000
MAX_RAYS = 100_000


class Inputs:
    """What the gate knows of the robot's surroundings."""

    def __init__(self, config: GateConfig, horizon_m: float = 2.0) -> None:
        """:param horizon_m: what is further away need not be known"""
        self._config = config
        self.sources = Sources(config.sources, horizon_m)
        self._max_ages_s = {topic: config.max_age_s(topic) for topic in _CHECKS}
        self._latest: dict[str, Any] = {}
        self.faults: dict[str, str] = {}
        self.base_jumped = ""  # how far the odometry leapt in the last ``take``, "" when it did not

    def take(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> None:
        """Keep the newest sound message of each topic."""
        self.base_jumped = ""
        for topic, check in _CHECKS.items():
            for message in inbox.get(topic, ()):
                self._take_one(topic, message, check, now_s + self._config.future_tolerance_s)
        if self._config.sources:
            self._take_from_sources(inbox, now_s + self._config.future_tolerance_s)

    def _take_from_sources(self, inbox: Mapping[str, Sequence[Any]], latest_stamp_s: float) -> None:
        for topic, check in _SOURCE_CHECKS.items():
            for message in inbox.get(topic, ()):
                self.sources.take(topic, message, _fault(message, check, latest_stamp_s), self._latest.get("odom"))

    def _take_one(self, topic: str, message: Any, check: Callable[[Any], str], latest_stamp_s: float) -> None:
        before = self._latest.get(topic)
        fault = _fault(message, check, latest_stamp_s)
        if not fault and topic == "safety/listening" and before is not None and message.frames == before.frames:
            fault = "it gets no sound"  # so the last one that did grows old
        if fault:
            self.faults[topic] = fault
            return
        if before is None or message.stamp_s >= before.stamp_s:
            if topic == "odom" and before is not None:
                self.base_jumped = _leap(before, message, self._config) or self.base_jumped
            self._latest[topic] = message
            self.faults.pop(topic, None)

    def latest(self, topic: str) -> Any:
        """The newest sound message, None when there was none; check its age before use."""
        return self._latest.get(topic)

    def age_s(self, topic: str, now_s: float) -> float:
        """Seconds since the newest message was stamped; inf when there is none."""
        message = self._latest.get(topic)
        return math.inf if message is None else max(0.0, now_s - message.stamp_s)

    def fresh(self, topic: str, now_s: float, grace_s: float = 0.0) -> bool:
        """Whether the topic has a message that is young enough to act on."""
        message = self._latest.get(topic)
        return message is not None and now_s - message.stamp_s <= self._max_ages_s[topic] + grace_s

    def ages_s(self, now_s: float) -> dict[str, float]:
        """Age of every input, for the record."""
        return {topic: self.age_s(topic, now_s) for topic in _CHECKS} | self.sources.ages_s(now_s)

    def describe_stale(self, topic: str, now_s: float) -> str:
        """Why a topic is not fresh, in words."""
        age_s = self.age_s(topic, now_s)
        fault = f" ({self.faults[topic]})" if topic in self.faults else ""
        return f"no {topic}{fault}" if math.isinf(age_s) else f"{topic} is {age_s:.1f} s old{fault}"

    def reset(self) -> None:
        """Forget everything."""
        self._latest.clear()
        self.faults.clear()
        self.sources.reset()


def _leap(before: Odometry, now: Odometry, config: GateConfig) -> str:
    """How far the base seems to have come between two messages, "" if it can have driven there.

    A base controller that was switched on again counts from zero.  However long it was silent, the base stood still from
    the moment at which its odometry was too old to drive by.
    """
    drove_s = min(now.stamp_s - before.stamp_s, config.odom_max_age_s)
    leap_m = math.hypot(now.x_m - before.x_m, now.y_m - before.y_m)
    leap_rad = abs(math.remainder(now.yaw_rad - before.yaw_rad, 2 * math.pi))
    within_m = leap_m <= config.max_speed_mps * drove_s + config.odom_jump_m
    within_rad = leap_rad <= config.max_turn_radps * drove_s + config.odom_jump_rad
    return "" if within_m and within_rad else f"odometry leapt by {leap_m:.1f} m and {leap_rad:.1f} rad"


def _fault(message: Any, check: Callable[[Any], str], latest_stamp_s: float) -> str:
    """What is wrong with a message; whatever is wrong with it, the answer is a text."""
    try:
        if not math.isfinite(message.stamp_s):
            return "its stamp is not a number"
        if message.stamp_s > latest_stamp_s:
            return "its stamp lies in the future"
        return check(message)
    except (AttributeError, TypeError, ValueError) as error:
        return f"malformed: {type(error).__name__}"


def _scan_fault(scan: Scan) -> str:
    if not isinstance(scan, Scan):
        return "not a Scan"
    numbers = (scan.angle_min_rad, scan.angle_increment_rad, scan.range_min_m, scan.range_max_m)
    if not all(map(math.isfinite, numbers)) or scan.angle_increment_rad == 0 or scan.range_max_m <= 0:
        return "its geometry is not a number"
    if not isinstance(scan.ranges_m, np.ndarray) or scan.ranges_m.ndim != 1 or not 2 <= scan.ranges_m.size <= MAX_RAYS:
        return "its ranges are not a list of numbers"
    return "" if scan.ranges_m.dtype.kind == "f" else "its ranges are not floating-point numbers"


def _odom_fault(odom: Odometry) -> str:
    numbers = (odom.x_m, odom.y_m, odom.yaw_rad, odom.linear_mps, odom.angular_radps)
    return "" if isinstance(odom, Odometry) and all(map(math.isfinite, numbers)) else "not finite"


def _pose_fault(pose: RobotPose) -> str:
    return "" if isinstance(pose, RobotPose) and all(map(math.isfinite, (pose.x_m, pose.y_m, pose.yaw_rad))) else "not finite"


def _people_fault(people: People) -> str:
    if not isinstance(people, People) or not isinstance(people.people, tuple):
        return "not People"
    if len(people.people) > MAX_PEOPLE:
        return f"more than {MAX_PEOPLE} people"
    return "; ".join(filter(None, map(_person_fault, people.people)))


def _person_fault(person: Person) -> str:
    """Numbers that perception does not know may be nan; their number and kind must be right."""
    whole = len(person.position_m) == 3 and len(person.velocity_mps) == 3
    if not (whole and isinstance(person.id, str) and isinstance(person.name, str) and isinstance(person.age_group, str)):
        return "a person is malformed"
    for number in (*person.position_m, *person.velocity_mps, person.position_std_m, person.age_group_confidence, person.last_seen_s):
        float(number)  # raises for what is no number
    return ""


def _joints_fault(joints: JointPositions) -> str:
    whole = isinstance(joints, JointPositions) and len(joints.names) == len(joints.positions)
    return "" if whole and all(map(math.isfinite, joints.positions)) else "not finite"


def _gripper_fault(gripper: GripperState) -> str:
    texts = isinstance(gripper, GripperState) and isinstance(gripper.holding, str) and isinstance(gripper.holding_class, str)
    return "" if texts else "not a GripperState"


def _facts_fault(facts: WorldFactsLike) -> str:
    if len(facts.objects) > MAX_OBJECTS or not isinstance(facts.robot_place, str):
        return "not WorldFacts"
    for thing in facts.objects:
        if not (isinstance(thing.id, str) and isinstance(thing.class_name, str) and isinstance(thing.name, str)):
            return "an object is malformed"
    return ""


def _listening_fault(listening: Listening) -> str:
    whole = isinstance(listening, Listening) and isinstance(listening.frames, int) and listening.frames > 0
    return "" if whole else "not Listening"


def _battery_fault(battery: Battery) -> str:
    """A charge that the base does not know may be nan."""
    charge = float(battery.charge_ratio)
    return "" if isinstance(battery, Battery) and not (charge < 0 or charge > 1) else "its charge is not a ratio"


_CHECKS: dict[str, Callable[[Any], str]] = {
    "scan": _scan_fault,
    "odom": _odom_fault,
    "pose": _pose_fault,
    "people": _people_fault,
    "joint_states": _joints_fault,
    "gripper/state": _gripper_fault,
    "world/facts": _facts_fault,
    "safety/listening": _listening_fault,
    "battery": _battery_fault,
}

_SOURCE_CHECKS: dict[str, Callable[[Any], str]] = {"scan/others": _scan_fault, "points": points_fault, "range": range_fault}
