"""Who holds what: picking up, handing over and putting down of kinematic things (see docs/decisions).

Things rest where they were put and move rigidly with who holds them.  The gripper takes the nearest thing within reach of
the grasp point when it closes; when it opens, a person within reach takes it, else it goes onto the surface below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.description import HomeDescription, Surface
from sim.mjcf import object_start, surfaces
from sim.shapes.objects import KINDS
from sim.shapes.parts import Quat, multiply

ROBOT = "robot"
GRASP_REACH_M = 0.12
HAND_OVER_REACH_M = 0.9
CLOSED_M = 0.03
"""A gripper target at or below this means "close"."""

Vector = NDArray[np.float64]


@dataclass
class _Thing:
    class_name: str
    half_height_m: float
    grip_m: float
    position_m: Vector
    yaw_rad: float
    holder: str = ""


@dataclass
class Holding:
    """State of all movable things of a home."""

    home: HomeDescription
    things: dict[str, _Thing] = field(init=False)
    in_gripper: str = field(init=False, default="")  # id of what the robot holds, "" for nothing
    _surfaces: list[Surface] = field(init=False)
    _armed: bool = field(init=False, default=False)  # the gripper has been open, so closing it may take something
    _grip_yaw_rad: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._surfaces = sorted(surfaces(self.home).values(), key=lambda surface: -surface.height_m)
        self.reset()

    def reset(self) -> None:
        """Everything back where the description puts it."""
        self.things = {}
        for id_, described in self.home.objects.items():
            kind = KINDS[described.class_name]
            position, yaw = object_start(self.home, id_)
            self.things[id_] = _Thing(described.class_name, kind.size_m[2] / 2, kind.grip_m, position, yaw)
        self.in_gripper = ""
        self._armed = False

    def holders(self) -> dict[str, str]:
        return {id_: thing.holder for id_, thing in self.things.items() if thing.holder}

    def held_by(self, person_id: str) -> list[str]:
        return [id_ for id_, thing in self.things.items() if thing.holder == person_id]

    def gripper_stop_m(self, goal_m: float, grasp_m: Vector) -> float:
        """How far the fingers can close: onto what is held or about to be gripped."""
        id_ = self.in_gripper or (self._nearest(grasp_m) if self._armed and goal_m <= CLOSED_M else "")
        return self.things[id_].grip_m if id_ else 0.0

    def update(self, goal_m: float, opening_m: float, grasp_m: Vector, robot_yaw_rad: float, hands: dict[str, Vector]) -> list[str]:
        """Follow the gripper; returns ids of things that changed place or holder.

        ``hands`` gives for each person where they take things (map frame).
        """
        held = self.in_gripper
        if held:
            return self._carry_or_release(held, goal_m, opening_m, grasp_m, robot_yaw_rad, hands)
        if goal_m > CLOSED_M:
            self._armed = True
        elif self._armed:
            return self._try_take(opening_m, grasp_m, robot_yaw_rad)
        return []

    def _try_take(self, opening_m: float, grasp_m: Vector, robot_yaw_rad: float) -> list[str]:
        id_ = self._nearest(grasp_m)
        stop = self.things[id_].grip_m if id_ else 0.0
        if opening_m > max(stop, CLOSED_M if not id_ else stop) + 0.004:
            return []
        self._armed = False
        if not id_:
            return []
        self.things[id_].holder, self.in_gripper = ROBOT, id_
        self._grip_yaw_rad = self.things[id_].yaw_rad - robot_yaw_rad
        return [id_]

    def _carry_or_release(
        self, id_: str, goal_m: float, opening_m: float, grasp_m: Vector, robot_yaw_rad: float, hands: dict[str, Vector]
    ) -> list[str]:
        thing = self.things[id_]
        if goal_m > thing.grip_m + 0.005 and opening_m > thing.grip_m + 0.003:
            self._release(thing, grasp_m, hands)
        else:
            thing.position_m, thing.yaw_rad = grasp_m.copy(), robot_yaw_rad + self._grip_yaw_rad
        return [id_]

    def _release(self, thing: _Thing, grasp_m: Vector, hands: dict[str, Vector]) -> None:
        self.in_gripper = ""
        near = {person: float(np.hypot(*(hand - grasp_m)[:2])) for person, hand in hands.items()}
        taker = min(near, key=lambda person: near[person], default="")
        self._armed = True
        if taker and near[taker] <= HAND_OVER_REACH_M:
            thing.holder = taker
            return
        thing.holder = ""
        thing.position_m = np.array([grasp_m[0], grasp_m[1], self._rest_height(grasp_m) + thing.half_height_m])

    def _rest_height(self, point_m: Vector) -> float:
        """The highest surface under a point, the floor when there is none."""
        below = (s.height_m for s in self._surfaces if s.height_m <= point_m[2] + 0.02 and s.holds(float(point_m[0]), float(point_m[1])))
        return next(below, 0.0)

    def _nearest(self, grasp_m: Vector) -> str:
        """The free thing whose middle is nearest to the grasp point and within reach, "" for none."""
        free = {id_: float(np.linalg.norm(thing.position_m - grasp_m)) for id_, thing in self.things.items() if not thing.holder}
        id_ = min(free, key=lambda key: free[key], default="")
        return id_ if id_ and free[id_] <= GRASP_REACH_M else ""

    def give(self, person_id: str, hand_m: Vector, yaw_rad: float) -> list[str]:
        """Move what a person holds along with their hand."""
        held = self.held_by(person_id)
        for id_ in held:
            self.things[id_].position_m, self.things[id_].yaw_rad = hand_m + np.array([0.0, 0.0, 0.02]), yaw_rad
        return held

    def quat(self, id_: str) -> Quat:
        yaw = self.things[id_].yaw_rad
        return multiply((math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2)), (1.0, 0.0, 0.0, 0.0))
