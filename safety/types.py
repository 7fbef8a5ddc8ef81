"""What goes into the gate and what comes out of it.

Units are SI and stand in the names (REP-103); positions are in the ``map`` frame (REP-105); every ``*_s`` is a time in
seconds on the robot's clock.  A field that the sender does not know is ``nan`` or the empty string, never a guess.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Verdict(str, Enum):
    """What the gate says of an action, from the mildest to the most restrictive.

    >>> Verdict.LIMIT < Verdict.DENY
    True
    >>> max([Verdict.ALLOW, Verdict.CONFIRM, Verdict.LIMIT]).value
    'confirm'
    """

    ALLOW = "allow"
    LIMIT = "limit"
    CONFIRM = "confirm"
    DENY = "deny"
    STOP = "stop"

    @property
    def severity(self) -> int:
        return _SEVERITY[self]

    def __lt__(self, other: object) -> bool:
        return self.severity < other.severity if isinstance(other, Verdict) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.severity <= other.severity if isinstance(other, Verdict) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.severity > other.severity if isinstance(other, Verdict) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.severity >= other.severity if isinstance(other, Verdict) else NotImplemented


_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


class AgeGroup(str, Enum):
    CHILD = "child"
    ADULT = "adult"
    ELDERLY = "elderly"
    UNKNOWN = "unknown"


class SafetyMode(str, Enum):
    """ISO 10218 / IEC 60204-1 terms: a protective stop clears by itself, an emergency stop never does."""

    STARTING = "starting"  # inputs not yet fresh: nothing moves
    RUNNING = "running"
    PROTECTIVE_STOP = "protective_stop"  # someone or something is too near, or an input is stale; clears with its cause
    EMERGENCY_STOP = "emergency_stop"  # latched, and its cause is still there
    REARM_REQUIRED = "rearm_required"  # latched, cause gone, waits for a person


@dataclass(frozen=True, slots=True)
class Argument:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person as perception sees them.  ``seen`` is False for somebody who is only heard or remembered."""

    id: str
    name: str
    age_group: str  # an AgeGroup value
    age_group_confidence: float
    position_m: tuple[float, float, float]
    velocity_mps: tuple[float, float, float]
    position_std_m: float
    seen: bool
    speaking: bool
    facing_robot: bool
    last_seen_s: float


@dataclass(frozen=True, slots=True)
class People:
    """All people known now.  An empty tuple says "nobody in view"; no message at all says "somebody may be there"."""

    stamp_s: float
    source: str  # perception backend and model hash
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class WorldObject:
    id: str
    class_name: str  # as in safety/ontology.yaml
    colour: str
    name: str  # as a person says it: "red cup"
    position_m: tuple[float, float, float]
    place: str  # named place of the home, "" if unknown
    support: str  # what it stands on, "" if unknown
    held_by: str  # "robot", a person's id, or ""
    last_seen_s: float
    confidence: float
    provenance: str  # "seen", "told" or "inferred"


class WorldFactsLike(Protocol):
    """What the gate reads of ``robot_runtime.messages.WorldFacts``, which it must not import."""

    @property
    def stamp_s(self) -> float: ...
    @property
    def robot_place(self) -> str: ...
    @property
    def objects(self) -> tuple[WorldObject, ...]: ...


@dataclass(frozen=True, slots=True)
class RobotPose:
    """Pose of base_link in the map frame."""

    stamp_s: float
    x_m: float
    y_m: float
    yaw_rad: float
    std_m: float


@dataclass(frozen=True, slots=True)
class Odometry:
    """Pose in the odom frame and velocity in base_link (REP-105)."""

    stamp_s: float
    x_m: float
    y_m: float
    yaw_rad: float
    linear_mps: float
    angular_radps: float


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A planar lidar scan in the frame of base_link; ``inf`` means no return within range, ``nan`` a broken ray."""

    stamp_s: float
    angle_min_rad: float
    angle_increment_rad: float
    range_min_m: float
    range_max_m: float
    ranges_m: NDArray[np.float32]  # shape (rays,)
    frame_id: str = ""  # of the sensor, where several publish on one topic


@dataclass(frozen=True, slots=True, eq=False)
class PointSet:
    """Points that a depth camera or a 3-D lidar sees, in its own frame: x forward, y left, z up; nan where it sees none."""

    stamp_s: float
    frame_id: str
    points_m: NDArray[np.float32]  # flattened (n, 3)


@dataclass(frozen=True, slots=True)
class RangeReading:
    """One range, along x of the sensor's frame.  A fixed-distance ranger says -inf for something and inf for nothing (REP-117)."""

    stamp_s: float
    frame_id: str
    field_of_view_rad: float
    range_min_m: float
    range_max_m: float
    range_m: float


@dataclass(frozen=True, slots=True)
class GripperState:
    stamp_s: float
    closed: bool
    holding: str  # id of the held object, "" when empty
    holding_class: str


@dataclass(frozen=True, slots=True)
class ProposedAction:
    """An action that somebody wants the robot to start.  It moves nothing until the gate has said yes."""

    stamp_s: float
    id: str
    plan_id: str
    skill: str
    arguments: tuple[Argument, ...]
    utterance_id: str
    utterance_text: str  # the words that led to it
    requester_id: str  # the person who asked, "" if unknown

    def argument(self, name: str) -> str:
        """The value of an argument, or "" when it was not given."""
        return next((a.value for a in self.arguments if a.name == name), "")


@dataclass(frozen=True, slots=True)
class ActionVerdict:
    """The gate's answer to one proposed action."""

    stamp_s: float
    action_id: str
    verdict: str  # a Verdict value
    rule_ids: tuple[str, ...]
    rules_hash: str
    reason: str  # for engineers: which condition held
    say: str  # for the person: plain words, "" if there is nothing to say
    max_speed_mps: float  # inf when not limited
    latency_ms: float  # from the proposal, or for a later change from when it could have been known at the earliest; nan unknown
    confirmation_id: str = ""  # of the question that ``say`` puts, when the verdict is confirm: what an answer must name
    confirm_within_s: float = math.nan  # from the stamp; silence for so long is a no


@dataclass(frozen=True, slots=True)
class ProposedVelocity:
    stamp_s: float
    action_id: str
    linear_mps: float
    angular_radps: float


@dataclass(frozen=True, slots=True)
class Velocity:
    """What really goes to the base."""

    stamp_s: float
    linear_mps: float
    angular_radps: float


@dataclass(frozen=True, slots=True)
class BaseCommand:
    """The gate's word to the driver of the base, which sits behind it in the same process: velocity, and motors on or off."""

    stamp_s: float
    velocity: Velocity
    enabled: bool  # False while a stop is latched: the driver then switches the motors off


@dataclass(frozen=True, slots=True)
class BaseStatus:
    """What the driver of the base tells the gate, 50 times a second, within the process."""

    stamp_s: float
    problem: str  # one line, "" while commands reach the motors and answers are fresh
    sessions: int  # counts connections to the controller: when it changes, what was commanded before is void
    e_stop_pressed: bool | None  # None: not known, the controller does not tell
    e_stops: int  # counts how often the base's own emergency stop became active


@dataclass(frozen=True, slots=True)
class DoorState:
    """Who besides the gate publishes commands to the motors over ROS; made within the guard process."""

    stamp_s: float
    intruders: tuple[str, ...]  # one line each; empty when the gate is alone


@dataclass(frozen=True, slots=True)
class Battery:
    """Of the base.  What it does not measure is nan."""

    stamp_s: float
    voltage_v: float
    current_a: float  # out of the battery; negative while it charges
    charge_ratio: float  # 0 … 1
    charging: bool


@dataclass(frozen=True, slots=True)
class ProposedJoints:
    """Target positions: radians for head_pan and head_tilt, metres for lift, arm and gripper (finger opening)."""

    stamp_s: float
    action_id: str
    names: tuple[str, ...]
    positions: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class JointPositions:
    stamp_s: float
    names: tuple[str, ...]
    positions: tuple[float, ...]
    efforts: tuple[float, ...] = ()  # N or N·m; in a command the most that each joint may use; empty when nothing is said of it


@dataclass(frozen=True, slots=True)
class StopRequest:
    """Somebody or something asks for a latched stop.  It does not pass the planner."""

    stamp_s: float
    source: str  # "word", "topic", "service", "button"
    detail: str  # the word that was heard, the topic's name …
    confidence: float


@dataclass(frozen=True, slots=True)
class Listening:
    """Sign of life of who listens for the stop word.  ``frames`` stands still when the microphone is dead."""

    stamp_s: float
    frames: int  # frames of sound that were searched so far


@dataclass(frozen=True, slots=True)
class RearmRequest:
    """A wish to lift a latched stop.  What comes over a topic counts as spoken, whatever ``source`` says."""

    stamp_s: float
    source: str  # "voice" or "service"
    requester_id: str
    utterance_id: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person's answer to the question of one ActionVerdict.  The gate decides whether that person may say yes."""

    stamp_s: float
    confirmation_id: str  # ActionVerdict.confirmation_id
    yes: bool
    person_id: str  # who said it
    utterance_id: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Sign of life of something that has to be alive while the robot moves: an operator's pendant, a fleet manager."""

    stamp_s: float  # newer than that of the one before; one that is repeated is no sign of life
    source: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Mirror of ``SafetyState.mode`` for tools that know only a Bool.

    True while a stop is latched, until the gate is up, and after it has ended.
    """

    stamp_s: float
    stopped: bool


@dataclass(frozen=True, slots=True)
class EStop:
    """State of an emergency-stop input: True while it is pressed.

    The topic is for one publisher.  Of several, a False of one must not release what another one holds: the gate takes the
    button for pressed until a False comes at least ``e_stop_release_s`` after the last True.
    """

    stamp_s: float
    pressed: bool


@dataclass(frozen=True, slots=True)
class RulesState:
    """The rules in force.  Published at the start and when they, or the files that they came from, change."""

    stamp_s: float
    name: str
    version: str
    hash: str  # SHA-256 of the rule file and those that it extends
    ontology_hash: str
    loaded_s: float  # in force since, on the robot's clock
    changes: str  # what is different from the rules before them, in words; "" at the start
    error: str  # why the files that lie there now are not in force, "" when they are


@dataclass(frozen=True, slots=True)
class ReloadRequest:
    """Somebody wants changed rule files to be taken over now, not at the next look."""

    stamp_s: float


@dataclass(frozen=True, slots=True)
class SafetyState:
    """Published at 5 Hz and whenever it changes."""

    stamp_s: float
    mode: str  # a SafetyMode value
    causes: tuple[str, ...]  # why the robot is stopped or slowed, most restrictive first
    max_speed_mps: float  # the cap in force now
    nearest_person_m: float  # nan when nobody is known
    nearest_obstacle_m: float
    linear_mps: float  # what was emitted last
    angular_radps: float
