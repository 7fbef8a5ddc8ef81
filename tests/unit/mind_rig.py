"""A tiny robot, home and gate around a real World and a real Mind, in virtual time: what the mind's tests drive."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from robot_runtime.messages import (
    ActionStatus,
    ActionVerdict,
    Argument,
    Confirmation,
    Detection,
    Detections,
    GripperState,
    JointPositions,
    NavGoal,
    NavStatus,
    People,
    Person,
    ProposedAction,
    ProposedJoints,
    RobotPose,
    SafetyMode,
    SafetyState,
    SpeechRequest,
    SpeechState,
    SpeechStyle,
    Utterance,
)
from robot_runtime.mind.mind import Mind
from robot_runtime.mind.settings import MindConfig
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.world import World
from tests.unit.door_rig import a_scan

TICK_S = 0.05
SITE = {
    "places": {
        "kitchen": {"polygon_m": [[0, 4], [6, 4], [6, 8], [0, 8]], "waypoint_m": [3.0, 5.0, 1.57]},
        "living room": {"polygon_m": [[0, 0], [6, 0], [6, 4], [0, 4]], "waypoint_m": [3.0, 2.0, 0.0]},
    },
    "surfaces": {
        "kitchen table": {"place": "kitchen", "centre_m": [2.0, 6.0], "size_m": [1.4, 0.9], "height_m": 0.75},
        "coffee table": {"place": "living room", "centre_m": [1.0, 1.0], "size_m": [1.0, 0.6], "height_m": 0.42},
    },
}


def write_site(folder: Path) -> str:
    (folder / "semantic_map.yaml").write_text(yaml.safe_dump(SITE), encoding="utf-8")
    return str(folder)


def a_person(person_id: str, age_group: str, x_m: float, y_m: float, confidence: float = 0.95) -> Person:
    return Person(person_id, person_id.capitalize(), age_group, confidence, (x_m, y_m, 0.0), (0.0, 0.0, 0.0), 0.05, True, False, False, 0.0)


@dataclass
class Thing:
    class_name: str
    colour: str
    position_m: tuple[float, float, float]
    held_by: str = ""
    visible: bool = True


def allow(action: ProposedAction) -> tuple[str, str, float] | None:
    return ("allow", "", math.inf)


@dataclass
class Rig:
    """Gate: ``judge``; a "confirm" is lifted by a yes of ``may_confirm``, and ends after ``confirm_s``.

    Drives take ``drive_s`` and end as ``drive_phase`` says.  The gripper grasps what is within 0.12 m.
    """

    site: str
    judge: Callable[[ProposedAction], tuple[str, str, float] | None] = allow
    may_confirm: tuple[str, ...] = ("anna",)
    confirm_s: float = 10.0
    drive_s: float = 1.0
    drive_phase: str = "reached"
    joints_move: bool = True
    gripper_grasps: bool = True
    voice_speaks: bool = True
    mode: str = SafetyMode.RUNNING.value
    gate_lives: bool = True
    style: SpeechStyle | None = None
    memory_file: str = ""
    doors: dict[str, bool] = field(default_factory=dict)  # of the site: whether each is open
    config: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mind = Mind(MindConfig(site=self.site, **self.config))
        self.world = World(WorldConfig(site=self.site, memory_file=self.memory_file))
        self.now_s = 0.0
        self.pose = (3.0, 2.0, 0.0)
        self.joints = {"head_pan": 0.0, "head_tilt": 0.0, "lift": 0.7, "arm": 0.0, "gripper": 0.0}
        self.holding = ""
        self.things = {
            "red_cup": Thing("cup", "red", (2.5, 6.1, 0.8)),
            "blue_cup": Thing("cup", "blue", (1.5, 6.1, 0.8)),
            "blue_book": Thing("book", "blue", (1.0, 1.0, 0.46)),
            "knife": Thing("knife", "", (2.0, 6.3, 0.77)),
        }
        self.people = {
            "anna": a_person("anna", "adult", 3.5, 2.0),
            "leo": a_person("leo", "child", 4.5, 3.0),
            "rose": a_person("rose", "elderly", 1.2, 3.0),
        }
        self.log: list[tuple[float, str, Any]] = []
        self._pending: list[tuple[str, Any]] = []
        self._for_world: dict[str, list[Any]] = {}
        self._goal: tuple[NavGoal, float] | None = None
        self._utterances = 0

    # ------------------------------------------------------------ what a test does

    def run(self, seconds: float) -> Rig:
        for _ in range(round(seconds / TICK_S)):
            self.tick()
        return self

    def run_until(self, done: Callable[[], bool], limit_s: float = 60.0) -> bool:
        end_s = self.now_s + limit_s
        while self.now_s < end_s:
            if done():
                return True
            self.tick()
        return done()

    def hear(self, intent: str, speaker: str = "anna", words: str = "", confidence: float = 0.9, language: str = "en", **slots: str) -> Rig:
        """A finished turn: ``words`` is its text, ``slots`` what the grammar found in it."""
        self._utterances += 1
        arguments = tuple(Argument(name, value) for name, value in slots.items())
        self._pending.append(
            ("speech/heard", Utterance(
                self.now_s, f"u{self._utterances}", words or intent, intent, arguments, confidence, self.now_s, self.now_s,
                speaker, language, "test"))
        )  # fmt: skip
        return self

    def send(self, topic: str, message: Any) -> Rig:
        self._pending.append((topic, message))
        return self

    # ------------------------------------------------------------ what a test asks

    def sent(self, topic: str) -> list[Any]:
        return [message for _, name, message in self.log if name == topic]

    @property
    def said(self) -> list[str]:
        return [request.text for request in self.sent("speech/say")]

    @property
    def proposed(self) -> list[str]:
        return [f"{p.skill}({', '.join(a.value for a in p.arguments)})" for p in self.sent("action/proposed")]

    def statuses(self, skill: str = "") -> list[str]:
        statuses: list[ActionStatus] = self.sent("action/status")
        return [f"{status.skill} {status.phase}" for status in statuses if skill in ("", status.skill)]

    @property
    def goals(self) -> list[NavGoal]:
        return self.sent("nav/goal")

    # ------------------------------------------------------------ the robot, its home and its gate

    def tick(self) -> None:
        inbox: dict[str, list[Any]] = {}
        for topic, message in [*self._sensed(), *self._pending]:
            inbox.setdefault(topic, []).append(message)
        self._pending = []
        if round(self.now_s / TICK_S) % 4 == 0:
            for topic, message in self.world.step(self._seen(), self.now_s):
                inbox.setdefault(topic, []).append(message)
        for topic, message in self.mind.step(inbox, self.now_s):
            self.log.append((self.now_s, topic, message))
            self._take(topic, message)
        self._drive()
        self.now_s = round(self.now_s + TICK_S, 6)

    def _sensed(self) -> list[tuple[str, Any]]:
        safety = SafetyState(self.now_s if self.gate_lives else 0.0, self.mode, (), 0.8, math.nan, math.nan, 0.0, 0.0)
        sensed = [
            ("pose", RobotPose(self.now_s, *self.pose, 0.02)),
            ("joint_states", JointPositions(self.now_s, tuple(self.joints), tuple(self.joints.values()))),
            ("gripper/state", GripperState(self.now_s, self.joints["gripper"] < 0.05, self.holding, "")),
            ("safety/state", safety),
        ]
        return sensed + ([("speech/style", self.style)] if self.style else [])

    def _seen(self) -> dict[str, list[Any]]:
        for thing_id, thing in self.things.items():
            if thing_id == self.holding:
                thing.position_m = self._grasp_point()
        detections = tuple(
            Detection(thing_id, t.class_name, t.colour, 0.9, (0, 0, 10, 10), t.position_m, 0.02, "", t.held_by)
            for thing_id, t in self.things.items() if t.visible
        )  # fmt: skip
        people = tuple(replace(p, last_seen_s=self.now_s if p.seen else p.last_seen_s) for p in self.people.values())
        asked, self._for_world = self._for_world, {}
        pose = RobotPose(self.now_s, *self.pose, 0.02)
        return {
            "scan": [a_scan(self.world.map.doors, self.doors, pose)],
            **asked,
            "pose": [pose],
            "joint_states": [JointPositions(self.now_s, tuple(self.joints), tuple(self.joints.values()))],
            "gripper/state": [GripperState(self.now_s, False, self.holding, "")],
            "detections": [Detections(self.now_s, "test", 320, 240, detections)],
            "people": [People(self.now_s, "test", people)],
        }

    def _take(self, topic: str, message: Any) -> None:
        if topic == "action/proposed":
            answer = self.judge(message)
            if answer is not None:
                self._verdict(message.id, *answer)
        elif topic == "action/confirmation":
            self._confirmed(message)
        elif topic == "joints/proposed" and self.joints_move and self.mode == SafetyMode.RUNNING.value:
            self._move_joints(message)
        elif topic == "nav/goal":
            self._goal = None if message.cancel else (message, self.now_s + self.drive_s)
        elif topic in ("world/forget", "world/note", "world/deed"):
            self._for_world.setdefault(topic, []).append(message)
        elif topic == "speech/say" and self.voice_speaks:
            self._speak(message)

    def _verdict(self, action_id: str, verdict: str, say: str, speed_mps: float = math.inf) -> None:
        question = (f"?{action_id}", self.confirm_s) if verdict == "confirm" else ("", math.nan)
        message = ActionVerdict(self.now_s, action_id, verdict, ("test",), "", "", say, speed_mps, 0.1, *question)
        self._pending.append(("action/verdict", message))

    def _confirmed(self, answer: Confirmation) -> None:
        action_id = answer.confirmation_id.removeprefix("?")
        if not answer.yes:
            self._verdict(action_id, "deny", "")
        elif answer.person_id in self.may_confirm:
            self._verdict(action_id, "allow", "")
        else:
            self._verdict(action_id, "confirm", "You may not.")

    def _speak(self, request: SpeechRequest) -> None:
        self._pending.append(("speech/state", SpeechState(self.now_s, request.id, "finished", request.text, 0.5, 150.0)))

    def _move_joints(self, targets: ProposedJoints) -> None:
        self.joints.update(zip(targets.names, targets.positions, strict=True))
        opening = dict(zip(targets.names, targets.positions, strict=True)).get("gripper")
        if opening is None:
            return
        if opening > 0.05:
            self._let_go()
        elif self.gripper_grasps and not self.holding:
            near = [(math.dist(self._grasp_point(), t.position_m), name) for name, t in self.things.items()]
            distance, name = min(near)
            if distance <= 0.12:
                self.holding, self.things[name].held_by, self.joints["gripper"] = name, "robot", 0.04

    def _let_go(self) -> None:
        held, self.holding = self.holding, ""
        if not held:
            return
        point = self.things[held].position_m = self._grasp_point()
        near = [(math.dist(point[:2], p.position_m[:2]), p.id) for p in self.people.values()]
        distance, who = min(near, default=(math.inf, ""))
        self.things[held].held_by = who if distance <= 0.9 else ""

    def _grasp_point(self) -> tuple[float, float, float]:
        x, y, yaw = self.pose
        reach = 0.32 + self.joints["arm"]
        return (x + reach * math.cos(yaw), y + reach * math.sin(yaw), self.joints["lift"])

    def _drive(self) -> None:
        if self._goal is None or self.drive_phase == "silent":
            return
        goal, due_s = self._goal
        if self.mode != SafetyMode.RUNNING.value:
            due_s += TICK_S
            self._goal = (goal, due_s)
        if self.now_s < due_s or self.drive_phase == "blocked":
            phase = "blocked" if self.drive_phase == "blocked" else "running"
            self._pending.append(("nav/status", NavStatus(self.now_s, goal.id, phase, 1.0, "")))
            return
        if self.drive_phase == "reached":
            self._arrive(goal)
        self._goal = None
        self._pending.append(("nav/status", NavStatus(self.now_s, goal.id, self.drive_phase, 0.0, "")))

    def _arrive(self, goal: NavGoal) -> None:
        x, y, _ = self.pose
        bearing = math.atan2(goal.y_m - y, goal.x_m - x)
        if goal.stand_off_m > 0:
            x, y = goal.x_m - goal.stand_off_m * math.cos(bearing), goal.y_m - goal.stand_off_m * math.sin(bearing)
        else:
            x, y = goal.x_m, goal.y_m
        self.pose = (x, y, bearing if math.isnan(goal.yaw_rad) else goal.yaw_rad)
