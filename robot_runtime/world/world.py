"""The world: detections, people and the gripper's state merged into facts with age, confidence and origin."""

from __future__ import annotations

import math
from dataclasses import replace

from robot_runtime.messages import (
    Detections,
    GripperState,
    JointPositions,
    People,
    Person,
    RobotPose,
    WorldFacts,
)
from robot_runtime.stage import Inbox, Outbox, latest, news
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.objects import ObjectTracker, View
from robot_runtime.world.semantic_map import load_semantic_map
from robot_runtime.world.told import load_told


class World:
    """Publishes ``world/facts`` at every step, whatever is known: the age of each fact stands in it."""

    Config = WorldConfig

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        self.map = load_semantic_map(config.site)
        self._told = load_told(config.site, self.map, config.told_confidence)
        self.reset()

    def reset(self) -> None:
        self._objects = ObjectTracker(self.config, self.map, self._told)
        self._people: dict[str, Person] = {}
        self._pose: RobotPose | None = None
        self._joints: dict[str, float] = {}

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._pose = latest(inbox, "pose", RobotPose, self._pose)
        for joints in news(inbox, "joint_states", JointPositions)[-1:]:
            self._joints = dict(zip(joints.names, joints.positions, strict=True))
        for people in news(inbox, "people", People):
            self._merge_people(people)
        pose = self._fresh_pose(now_s)
        view = View(pose, self._joints, tuple(self._people.values()))
        for detections in news(inbox, "detections", Detections):
            self._objects.see(detections, view)
        for gripper in news(inbox, "gripper/state", GripperState)[-1:]:
            self._objects.grip(gripper, view, now_s)
        self._objects.carry(view)
        place = self.map.place_at(pose.x_m, pose.y_m) if pose else ""
        return [("world/facts", WorldFacts(now_s, place, self._objects.facts(now_s), tuple(self._people.values())))]

    def _merge_people(self, news_of_people: People) -> None:
        """Whoever is not named any more stays known, unseen, where they were."""
        named = {person.id: person for person in news_of_people.people if all(map(math.isfinite, person.position_m))}
        for gone in set(self._people) - set(named):
            self._people[gone] = replace(self._people[gone], seen=False, speaking=False, facing_robot=False)
        self._people.update(named)

    def _fresh_pose(self, now_s: float) -> RobotPose | None:
        pose = self._pose
        if pose is None or now_s - pose.stamp_s > self.config.pose_max_age_s:
            return None
        return pose if all(map(math.isfinite, (pose.x_m, pose.y_m, pose.yaw_rad))) else None
