"""A home without physics around the real world model, the real mind and the real rules: quick enough for hundreds of instructions.

The robot sees what is in its room.  It drives in straight lines, grasps what is before its hand (and sometimes misses), and people
take what is held out to them.  Verdicts come from the semantic stage of the gate; its kinematic stage has nothing to do here.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

from robot_runtime.messages import (
    ActionVerdict,
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
    Utterance,
    WorldFacts,
)
from robot_runtime.mind.mind import Mind
from robot_runtime.mind.settings import MindConfig
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.world import World
from safety.context import Context
from safety.ontology import Ontology
from safety.rules import Rules
from safety.semantic import judge
from tests.instructions.homes import HomeCase

TICK_S, SPEED_MPS = 0.1, 0.8
WORDS_PER_S = 2.5
REACH_M, GRASP_POINT_M, GRASP_RADIUS_M, HAND_OVER_M = 0.5, 0.32, 0.14, 0.9
MISSES = 0.1
"""How often the hand slips."""


class SmallHome:
    """:param site: folder with the home's semantic_map.yaml"""

    def __init__(self, case: HomeCase, site: str, rules: Rules, ontology: Ontology, backend: str, seed: int) -> None:
        self.case, self.now_s = case, 0.0
        self._rules, self._ontology, self._chance = rules, ontology, random.Random(seed)
        self._mind = Mind(MindConfig(site=site, planner_backend=backend))
        self._world = World(WorldConfig(site=site))
        self._facts = WorldFacts(0.0, "", (), ())
        x_m, y_m, yaw_rad = case.site["places"][case.places[0]]["waypoint_m"]
        self.pose: tuple[float, float, float] = (x_m, y_m, yaw_rad)
        self.joints = {"head_pan": 0.0, "head_tilt": 0.0, "lift": 0.7, "arm": 0.0, "gripper": 0.0}
        self.holding = ""
        self.driven_m, self.visited = 0.0, set[str]()
        self.said: list[tuple[float, SpeechRequest]] = []
        self.said_before = 0  # how much of it before the last line that somebody told
        self.log: list[tuple[float, str, Any]] = []
        self._to_keep: list[Any] = []
        self._goal: NavGoal | None = None
        self._last_seen_s = dict.fromkeys(case.people, -math.inf)
        self._pending: list[tuple[str, Any]] = []
        self._tour()

    def tell(self, utterance: Utterance) -> None:
        self.said_before = len(self.said)
        self._pending.append(("speech/heard", utterance))

    def tick(self) -> None:
        inbox: dict[str, list[Any]] = {}
        for topic, message in [*self._sensed(), *self._pending]:
            inbox.setdefault(topic, []).append(message)
        self._pending = []
        if round(self.now_s / TICK_S) % 2 == 0:
            self._look(inbox)
        for topic, message in self._mind.step(inbox, self.now_s):
            self.log.append((self.now_s, topic, message))
            self._take(topic, message)
        self._drive()
        self.visited.add(self.room)
        self.now_s = round(self.now_s + TICK_S, 6)

    @property
    def room(self) -> str:
        return self._room_of(self.pose[0])

    def distance_m(self, person: str) -> float:
        return math.dist(self.pose[:2], self.case.people[person].position_m[:2])

    def surface_under(self, thing: str) -> str:
        """Furniture on which something stands, "" where that is none."""
        x_m, y_m, _ = self.case.things[thing].position_m
        for name, surface in self.case.site["surfaces"].items():
            (middle_x_m, middle_y_m), (width_m, depth_m) = surface["centre_m"], surface["size_m"]
            if abs(x_m - middle_x_m) <= width_m / 2 and abs(y_m - middle_y_m) <= depth_m / 2 and not self.case.things[thing].held_by:
                return str(name)
        return ""

    # ------------------------------------------------------------ what the robot perceives

    def _tour(self) -> None:
        """It has been in every room before anybody says anything."""
        start = self.pose
        for place in self.case.site["places"].values():
            self.pose = tuple(place["waypoint_m"])
            for _ in range(8):
                self.tick()
        self.pose = start
        self.tick()

    def _sensed(self) -> list[tuple[str, Any]]:
        return [
            ("pose", RobotPose(self.now_s, *self.pose, 0.02)),
            ("joint_states", JointPositions(self.now_s, tuple(self.joints), tuple(self.joints.values()))),
            ("gripper/state", GripperState(self.now_s, self.joints["gripper"] < 0.05, self.holding, "")),
            ("safety/state", SafetyState(self.now_s, SafetyMode.RUNNING.value, (), 0.8, math.nan, math.nan, 0.0, 0.0)),
        ]

    def _look(self, inbox: dict[str, list[Any]]) -> None:
        if self.holding:
            self.case.things[self.holding].position_m = self._grasp_point()
        here = {name for name, person in self.case.people.items() if person.place == self.room}
        for name in here:
            self._last_seen_s[name] = self.now_s
        seen = tuple(
            Detection(name, t.class_name, t.colour, 0.9, (0, 0, 10, 10), t.position_m, 0.02, "", t.held_by)
            for name, t in self.case.things.items()
            if t.held_by in ("robot", *here) or (not t.held_by and self._room_of(t.position_m[0]) == self.room)
        )
        people = tuple(self._person(name) for name in self.case.people if self._last_seen_s[name] > -math.inf)
        sensed = dict(self._sensed())
        given: dict[str, list[Any]] = {key: [sensed[key]] for key in ("pose", "joint_states", "gripper/state")}
        given |= {"detections": [Detections(self.now_s, "small", 320, 240, seen)], "people": [People(self.now_s, "small", people)]}
        outbox = self._world.step({**given, "world/note": self._to_keep}, self.now_s)
        self._to_keep = []
        for topic, message in outbox:
            inbox.setdefault(topic, []).append(message)
            if topic == "world/facts":
                self._facts = message

    def _person(self, name: str) -> Person:
        person, still = self.case.people[name], (0.0, 0.0, 0.0)
        seen_s = self._last_seen_s[name]
        in_view = seen_s == self.now_s
        return Person(name, person.name, person.age_group, 0.95, person.position_m, still, 0.05, in_view, False, False, seen_s)

    # ------------------------------------------------------------ what the robot does

    def _take(self, topic: str, message: Any) -> None:
        if topic == "action/proposed":
            self._judge(message)
        elif topic == "action/confirmation":
            self._confirmed(message)
        elif topic == "joints/proposed":
            self._move_joints(message)
        elif topic == "world/note":
            self._to_keep.append(message)
        elif topic == "nav/goal":
            self._goal = None if message.cancel else message
        elif topic == "speech/say" and message.text:
            self.said.append((self.now_s, message))
            length_s = len(message.text.split()) / WORDS_PER_S
            self._pending.append(("speech/state", SpeechState(self.now_s, message.id, "finished", message.text, length_s, 150.0)))

    def _judge(self, action: ProposedAction) -> None:
        pose = RobotPose(self.now_s, *self.pose, 0.02)
        people = tuple(replace(self._person(name), seen=True, last_seen_s=self.now_s) for name in self.case.people)
        context = Context(hour=12.0, place=self.room, pose=pose, people=people, objects=self._facts.objects)
        verdict = judge(action, context, self._rules, self._ontology).decision
        question = (f"?{action.id}", 10.0) if verdict.verdict.value == "confirm" else ("", math.nan)
        answer = ActionVerdict(
            self.now_s, action.id, verdict.verdict.value, verdict.rule_ids, "", verdict.lead.reason, verdict.lead.say,
            verdict.limits.max_speed_mps, 0.1, *question,
        )  # fmt: skip
        self._pending.append(("action/verdict", answer))

    def _confirmed(self, answer: Confirmation) -> None:
        verdict = "allow" if answer.yes and self.case.people.get(answer.person_id) else "deny"
        action_id = answer.confirmation_id.removeprefix("?")
        self._pending.append(("action/verdict", ActionVerdict(self.now_s, action_id, verdict, (), "", "", "", math.inf, 0.1)))

    def _move_joints(self, targets: ProposedJoints) -> None:
        wanted = dict(zip(targets.names, targets.positions, strict=True))
        self.joints.update(wanted)
        if "gripper" not in wanted:
            return
        if wanted["gripper"] > 0.05:
            self._let_go()
        elif not self.holding and self._chance.random() >= MISSES:
            point = self._grasp_point()
            near = [(math.dist(point, thing.position_m), name) for name, thing in self.case.things.items() if not thing.held_by]
            distance_m, name = min(near, default=(math.inf, ""))
            if distance_m <= GRASP_RADIUS_M:
                self.holding, self.case.things[name].held_by, self.joints["gripper"] = name, "robot", 0.04

    def _let_go(self) -> None:
        held, self.holding = self.holding, ""
        if held:
            point = self._grasp_point()
            near = [(math.dist(point[:2], person.position_m[:2]), name) for name, person in self.case.people.items()]
            distance_m, who = min(near)
            self.case.things[held].held_by = who if distance_m <= HAND_OVER_M else ""

    def _grasp_point(self) -> tuple[float, float, float]:
        x_m, y_m, yaw_rad = self.pose
        reach_m = GRASP_POINT_M + self.joints["arm"]
        return x_m + reach_m * math.cos(yaw_rad), y_m + reach_m * math.sin(yaw_rad), self.joints["lift"]

    def _drive(self) -> None:
        goal = self._goal
        if goal is None:
            return
        x_m, y_m, yaw_rad = self.pose
        bearing_rad = math.atan2(goal.y_m - y_m, goal.x_m - x_m)
        away_m = math.hypot(goal.x_m - x_m, goal.y_m - y_m)
        left_m = away_m - goal.stand_off_m
        step_m = math.copysign(min(abs(left_m), SPEED_MPS * TICK_S), left_m)
        self.driven_m += abs(step_m)
        arrived = abs(left_m - step_m) < 1e-6
        heading_rad = (bearing_rad if math.isnan(goal.yaw_rad) else goal.yaw_rad) if arrived else bearing_rad if away_m > 0.05 else yaw_rad
        self.pose = (x_m + step_m * math.cos(bearing_rad), y_m + step_m * math.sin(bearing_rad), heading_rad)
        if arrived:
            self._goal = None
        self._pending.append(("nav/status", NavStatus(self.now_s, goal.id, "reached" if arrived else "running", max(0.0, left_m), "")))

    def _room_of(self, x_m: float) -> str:
        for name, place in self.case.site["places"].items():
            if place["polygon_m"][0][0] <= x_m < place["polygon_m"][1][0]:
                return str(name)
        return ""
