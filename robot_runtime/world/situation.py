"""What the mind knows at one instant: the newest message of each of its inputs."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import TypeVar

from robot_runtime.messages import (
    Battery,
    Deed,
    DoorFact,
    EncodedImage,
    GripperState,
    JointPositions,
    NavStatus,
    Note,
    Person,
    PictureKept,
    RobotPose,
    SafetyMode,
    SafetyState,
    SpeechState,
    SpeechStyle,
    WorldEvent,
    WorldFacts,
    WorldMemory,
    WorldObject,
)
from robot_runtime.stage import Inbox, latest, news
from robot_runtime.topics import TOPICS
from robot_runtime.world.semantic_map import SemanticMap

M = TypeVar("M")

REMEMBERED = 32
"""Drives, sentences and pictures whose last state is kept; far more than can be under way at once."""

GATE_SILENT_S = TOPICS["safety/state"].max_age_s or 0.0


class Situation:
    """Updated once a step, read by planner, executive and skills."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.facts = WorldFacts(-math.inf, "", (), ())
        self.events: tuple[WorldEvent, ...] = ()  # what has changed in the world, oldest first
        self.notes: tuple[Note, ...] = ()  # what people told it to keep in mind
        self.deeds: tuple[Deed, ...] = ()  # what the robot did, oldest first, of earlier runs too
        self.doors: tuple[DoorFact, ...] = ()  # those of which anything is known
        self.pose: RobotPose | None = None
        self.gripper: GripperState | None = None
        self.battery: Battery | None = None
        self.style: SpeechStyle | None = None
        self.safety: SafetyState | None = None
        self.picture: EncodedImage | None = None  # the newest of the camera, where a planner looks at it
        self.joints: Mapping[str, float] = {}
        self.joints_stamp_s = -math.inf
        self._grasped: tuple[WorldObject, float] | None = None  # as it stood before, and the lift's height when the gripper closed
        self._drives: OrderedDict[str, NavStatus] = OrderedDict()
        self._sentences: OrderedDict[str, SpeechState] = OrderedDict()
        self._pictures: OrderedDict[str, PictureKept] = OrderedDict()

    def update(self, inbox: Inbox, now_s: float) -> None:
        """Take in the news."""
        self.now_s = now_s
        before, held = self.facts, self.holding
        self.facts = latest(inbox, "world/facts", WorldFacts) or self.facts
        memory = latest(inbox, "world/memory", WorldMemory)
        if memory is not None:
            self.events = memory.events
            self.notes = memory.notes
            self.deeds = memory.deeds
            self.doors = memory.doors
        self.pose = latest(inbox, "pose", RobotPose, self.pose)
        self.gripper = latest(inbox, "gripper/state", GripperState, self.gripper)
        self.battery = latest(inbox, "battery", Battery, self.battery)
        self.style = latest(inbox, "speech/style", SpeechStyle, self.style)
        self.safety = latest(inbox, "safety/state", SafetyState, self.safety)
        self.picture = latest(inbox, "camera/image/compressed", EncodedImage, self.picture)
        joints = latest(inbox, "joint_states", JointPositions)
        if joints is not None:
            self.joints = dict(zip(joints.names, joints.positions, strict=True))
            self.joints_stamp_s = joints.stamp_s
        if self.holding != held:
            self._grasped = self._grasp(before)
        for drive in news(inbox, "nav/status", NavStatus):
            _remember(self._drives, drive.goal_id, drive)
        for sentence in news(inbox, "speech/state", SpeechState):
            _remember(self._sentences, sentence.request_id, sentence)
        for picture in news(inbox, "camera/kept", PictureKept):
            _remember(self._pictures, picture.action_id, picture)

    def _grasp(self, before: WorldFacts) -> tuple[WorldObject, float] | None:
        thing = next((thing for thing in before.objects if thing.id == self.holding and not thing.held_by), None)
        return (thing, self.joints["lift"]) if thing and "lift" in self.joints else None

    def grasped_over(self, site: SemanticMap) -> float | None:
        """How far above the surface on which it stood the held thing was grasped, metres; None where that was not seen."""
        surface = site.surfaces.get(self._grasped[0].support) if self._grasped else None
        return self._grasped[1] - surface.height_m if self._grasped and surface else None

    @property
    def held_from(self) -> str:
        """The furniture from which the held thing was taken; "" where that was not seen."""
        thing = self._grasped[0] if self._grasped else None
        return thing.support if thing and thing.id == self.holding else ""

    def object(self, object_id: str) -> WorldObject | None:
        return next((thing for thing in self.facts.objects if thing.id == object_id), None)

    def person(self, person_id: str) -> Person | None:
        return next((person for person in self.facts.people if person.id == person_id), None)

    def door(self, name: str) -> DoorFact | None:
        """What is known of a door, however unsure by now."""
        return next((door for door in self.doors if door.name == name), None)

    def drive(self, goal_id: str) -> NavStatus | None:
        """The last word of the navigation on one goal."""
        return self._drives.get(goal_id)

    def sentence(self, request_id: str) -> SpeechState | None:
        """The last word of the voice on one sentence."""
        return self._sentences.get(request_id)

    def picture_of(self, action_id: str) -> PictureKept | None:
        """What came of the picture that an action asked for."""
        return self._pictures.get(action_id)

    @property
    def battery_ratio(self) -> float:
        """Charge, 0 … 1; nan while nobody measures it."""
        return self.battery.charge_ratio if self.battery else math.nan

    @property
    def holding(self) -> str:
        """Id of the object in the gripper, "" when it is empty or nothing is known of it."""
        return self.gripper.holding if self.gripper else ""

    @property
    def mode(self) -> str:
        """The gate's mode; ``starting`` until it has spoken."""
        return self.safety.mode if self.safety else SafetyMode.STARTING.value

    @property
    def latched(self) -> bool:
        """Whether a stop holds that only a person can lift."""
        return self.mode in (SafetyMode.EMERGENCY_STOP.value, SafetyMode.REARM_REQUIRED.value)

    @property
    def waits(self) -> bool:
        """Whether the gate holds the robot still for now, or is silent, which has the same effect."""
        stamp_s = self.safety.stamp_s if self.safety else -math.inf
        silent = not self.now_s - stamp_s <= GATE_SILENT_S
        return silent or self.mode in (SafetyMode.PROTECTIVE_STOP.value, SafetyMode.STARTING.value)

    def in_base(self, x_m: float, y_m: float) -> tuple[float, float] | None:
        """A point of the map as (forward, left) of the base; None while the pose is unknown."""
        if self.pose is None:
            return None
        dx, dy = x_m - self.pose.x_m, y_m - self.pose.y_m
        cos, sin = math.cos(self.pose.yaw_rad), math.sin(self.pose.yaw_rad)
        return dx * cos + dy * sin, dy * cos - dx * sin


def _remember(store: OrderedDict[str, M], key: str, value: M) -> None:
    store.pop(key, None)
    store[key] = value
    while len(store) > REMEMBERED:
        store.popitem(last=False)
