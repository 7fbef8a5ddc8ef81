"""One moment in a home: who is where, what stands where, and where the robot looks from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.eyes.furnish import block_of
from models.eyes.postures import ARMS, Stance, body_pose
from models.eyes.rectangles import Block
from models.eyes.tops import Table, Top, tops
from sim.description import FLOOR, HomeDescription, Pose2D, Surface
from sim.mjcf import surfaces
from sim.people import hand_m
from sim.robot_model import CAMERA_IN_HEAD_M, GRASP_X_M, HEAD_AT_M, JOINT_HOME, JOINT_RANGES
from sim.shapes import objects
from sim.shapes.human import proportions
from sim.targets import HEAD

Vector = NDArray[np.float64]
XY = tuple[float, float]

_SEATS = {"chair": 0.02, "sofa": -0.12, "armchair": -0.12, "bench": 0.0}
"""Kind → how far the hips lie behind the middle of the seat (its own y)."""
_PERSON_M, _ROBOT_M = 0.28, 0.27
"""Radius that is free of furniture and walls."""
_APART_M = 0.6
"""Between two people, and between a person and the robot."""
_WALL_M = 0.06
_CAMERA_M = HEAD_AT_M[2] + CAMERA_IN_HEAD_M[2]
_SHOWN = 0.85
"""Chance of each thing to be there at all."""
_PEOPLE = (0.1, 0.25, 0.3, 0.2, 0.15)
_PEOPLE_CROWDED = (0.0, 0.05, 0.15, 0.3, 0.5)
"""Chances of nobody, one, … four people in the home."""
_NOTICE = 0.45
_AT_PEOPLE = 0.42
_GRIPPED = 0.08
"""Chance that the robot holds something."""
_MEETS_M = (2.0, 4.5)
_COMES_M, _A_LOOK_M = 1.2, 0.2
"""How far away it sets out to somebody, how near it comes, and how far it drives in half a second, from one look to the next."""


@dataclass
class Person:
    stance: Stance
    position: Vector
    turn: Vector


@dataclass
class Moment:
    """Poses in the map frame; what is not in it is not in the home."""

    things: dict[str, tuple[Vector, float]] = field(default_factory=dict)  # middle of the box, yaw
    people: dict[str, Person] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    base: tuple[float, float, float] = (0.0, 0.0, 0.0)  # x, y, yaw
    sway: tuple[float, float, float] = (0.0, 0.0, 0.0)  # roll, pitch, height: an uneven floor, a tolerance of the mast
    joints: dict[str, float] = field(default_factory=dict)


class Arranger:
    """Arranges one home anew for every picture."""

    def __init__(self, home: HomeDescription, crowded: bool = False, at_people: float = _AT_PEOPLE) -> None:
        """:param at_people: how often the robot looks at somebody, if anybody is there, rather than at a thing"""
        self._home, self._at_people = home, at_people
        self._crowd = _PEOPLE_CROWDED if crowded else _PEOPLE
        self._tops: list[Top] = tops(home.furniture)
        self._surfaces: dict[str, Surface] = surfaces(home)
        self._blocks = [block_of(piece) for piece in home.furniture.values() if piece.kind != "rug"]
        self._in_robots_way = [block for block in self._blocks if block.low_m < 1.4]
        self._bodies = {id_: proportions(person) for id_, person in home.people.items()}
        self._rooms = [room.polygon_m for room in home.rooms.values()]

    def arrange(self, rng: np.random.Generator) -> Moment:
        """People first, since robot and things keep clear of them; the robot last, since it looks at something."""
        moment = Moment()
        self._place_people(moment, rng)
        self._place_things(moment, rng)
        self._place_robot(moment, rng)
        self._notice_robot(moment, rng)
        self._fill_hands(moment, rng)
        return moment

    def approach(self, moment: Moment, id_: str, looks: int, rng: np.random.Generator) -> Iterator[Moment]:
        """The robot drives up to somebody who stays where they are, and keeps its head turned to theirs.

        Whoever is on their feet stands, and every second one has turned to the robot.  Hands are empty.  Where nothing is free in
        their room there is no meeting.
        """
        stance = replace(moment.people[id_].stance, arms="hanging")
        at = self._from_afar(moment, stance, rng)
        if at is None:
            return
        if stance.posture != "sitting":
            bearing = math.atan2(at[1] - stance.at_m[1], at[0] - stance.at_m[0]) + float(rng.normal(0, 0.4))
            stance = replace(stance, posture="standing", yaw_rad=bearing if rng.random() < 0.5 else stance.yaw_rad)
        things = {name: pose for name, pose in moment.things.items() if name not in moment.holders}
        for _ in range(looks):
            body = Person(stance, *body_pose(self._home.people[id_], stance, rng))
            now = replace(moment, things=things, people={**moment.people, id_: body}, holders={})
            self._look(now, at, body.position[HEAD], rng)
            yield now
            at = self._nearer(at, stance.at_m)

    def _from_afar(self, moment: Moment, stance: Stance, rng: np.random.Generator) -> XY | None:
        others = [person.stance.at_m for person in moment.people.values()]
        room = self._room_of(np.array(stance.at_m))
        for _ in range(60):
            at = self._spot(rng, self._in_robots_way, _ROBOT_M, others, room)
            if at is not None and _MEETS_M[0] < math.dist(at, stance.at_m) < _MEETS_M[1]:
                return at
        return None

    def _nearer(self, at: XY, goal: XY) -> XY:
        """A look's way on, or the same place if something is in the way."""
        left_m = math.dist(at, goal)
        share = _A_LOOK_M / left_m
        ahead = at[0] + share * (goal[0] - at[0]), at[1] + share * (goal[1] - at[1])
        free = all(block.distance_m(*ahead) > _ROBOT_M for block in self._in_robots_way)
        return ahead if left_m > _COMES_M + _A_LOOK_M and free else at

    # ------------------------------------------------ people

    def _place_people(self, moment: Moment, rng: np.random.Generator) -> None:
        ids = [str(id_) for id_ in rng.permutation(list(self._home.people))]
        for id_ in ids[: int(rng.choice(len(self._crowd), p=self._crowd))]:
            stance = self._stance(moment, rng)
            if stance is not None:
                position, turn = body_pose(self._home.people[id_], stance, rng)
                moment.people[id_] = Person(stance, position, turn)

    def _notice_robot(self, moment: Moment, rng: np.random.Generator) -> None:
        """Some of those who are on their feet turn about towards the robot: by chance alone few would."""
        x, y, _ = moment.base
        for id_, person in moment.people.items():
            if person.stance.posture != "sitting" and rng.random() < _NOTICE:
                px, py = person.stance.at_m
                stance = replace(person.stance, yaw_rad=math.atan2(y - py, x - px) + float(rng.normal(0, 0.4)))
                position, turn = body_pose(self._home.people[id_], stance, rng)
                moment.people[id_] = Person(stance, position, turn)

    def _stance(self, moment: Moment, rng: np.random.Generator) -> Stance | None:
        arms = str(rng.choice(ARMS, p=[0.6, 0.15, 0.25]))
        if rng.random() < 0.3:
            seat = self._seat(moment, rng, arms)
            if seat is not None:
                return seat
        at = self._spot(rng, self._blocks, _PERSON_M, [person.stance.at_m for person in moment.people.values()])
        posture = "walking" if rng.random() < 0.35 else "standing"
        return Stance(at, float(rng.uniform(-math.pi, math.pi)), posture, arms) if at else None

    def _seat(self, moment: Moment, rng: np.random.Generator, arms: str) -> Stance | None:
        """A free place to sit; on a sofa one of two, on a bench anywhere."""
        seats = [piece for piece in self._home.furniture.values() if piece.kind in _SEATS]
        if not seats:
            return None
        piece = seats[int(rng.integers(len(seats)))]
        spread = {"sofa": piece.size_m[0] / 2 - 0.55, "bench": piece.size_m[0] / 2 - 0.25}.get(piece.kind, 0.0)
        at = piece.pose.place((float(rng.uniform(-spread, spread)), _SEATS[piece.kind]))
        if any(math.dist(at, other.stance.at_m) < _APART_M for other in moment.people.values()):
            return None
        return Stance(at, math.radians(piece.pose.yaw_deg - 90) + float(rng.normal(0, 0.06)), "sitting", arms)

    def _spot(
        self, rng: np.random.Generator, blocks: list[Block], radius_m: float, others: list[XY], room: int | None = None, tries: int = 30
    ) -> XY | None:
        """A point on the floor of a room with nothing around it."""
        for _ in range(tries):
            (x0, y0), _, (x1, y1), _ = self._rooms[int(rng.integers(len(self._rooms))) if room is None else room]
            edge = radius_m + _WALL_M
            at = float(rng.uniform(x0 + edge, x1 - edge)), float(rng.uniform(y0 + edge, y1 - edge))
            if all(math.dist(at, o) > _APART_M for o in others) and all(block.distance_m(*at) > radius_m for block in blocks):
                return at
        return None

    # ------------------------------------------------ things

    def _place_things(self, moment: Moment, rng: np.random.Generator) -> None:
        feet = [Block(*person.stance.at_m, 0, 0.7, 0.7) for person in moment.people.values()]
        seats = {self._sits_on(person.stance) for person in moment.people.values() if person.stance.posture == "sitting"}
        faces = [top for top in self._tops if top.name not in seats]
        table = Table(faces, [*self._blocks, *feet], self._home.bounds_m(), rng)
        for id_ in map(str, rng.permutation(list(self._home.objects))):
            place = table.place(self._home.objects[id_].class_name) if rng.random() < _SHOWN else None
            if place is not None:
                moment.things[id_] = self._in_map(id_, *place)

    def _sits_on(self, stance: Stance) -> str:
        return next(
            (
                name
                for name, piece in self._home.furniture.items()
                if block_of(piece).distance_m(*stance.at_m) == 0 and piece.kind in _SEATS
            ),
            "",
        )

    def _in_map(self, id_: str, support: str, pose: Pose2D) -> tuple[Vector, float]:
        half = objects.KINDS[self._home.objects[id_].class_name].size_m[2] / 2
        if support == FLOOR:
            return np.array([*pose.at_m, half]), pose.yaw_rad
        piece = self._home.furniture[support]
        x, y = piece.pose.place(pose.at_m)
        return np.array([x, y, self._surfaces[support].height_m + half]), piece.pose.yaw_rad + pose.yaw_rad

    def _fill_hands(self, moment: Moment, rng: np.random.Generator) -> None:
        """Who holds out a hand may have something in it, and so may the gripper."""
        things = list(self._home.objects)
        for person_id, person in moment.people.items():
            if person.stance.arms == "holding" and rng.random() < 0.8:
                held = str(rng.choice(things))
                hand = hand_m(person.position, person.turn, self._bodies[person_id])
                moment.things[held] = hand + np.array([0.0, 0.0, 0.02]), person.stance.yaw_rad  # as in sim/hold.py
                moment.holders[held] = person_id
        if rng.random() < _GRIPPED:
            held = str(rng.choice([id_ for id_ in things if id_ not in moment.holders]))
            moment.joints["gripper"] = objects.KINDS[self._home.objects[held].class_name].grip_m
            moment.things[held] = self._grasp_point(moment), moment.base[2] + float(rng.uniform(-math.pi, math.pi))
            moment.holders[held] = "robot"

    def _grasp_point(self, moment: Moment) -> Vector:
        x, y, yaw = moment.base
        ahead = GRASP_X_M + moment.joints["arm"]
        return np.array([x + ahead * math.cos(yaw), y + ahead * math.sin(yaw), moment.joints["lift"]])

    # ------------------------------------------------ robot

    def _place_robot(self, moment: Moment, rng: np.random.Generator) -> None:
        """Somewhere free, from where the head looks about at a thing or a person in the same room."""
        others = [person.stance.at_m for person in moment.people.values()]
        for _ in range(40):
            target = self._target(moment, rng)
            room = self._room_of(target)
            at = self._spot(rng, self._in_robots_way, _ROBOT_M, others, room, 3)
            if at is not None and 0.45 < math.dist(at, target[:2].tolist()) < 1.0 + 3.2 * rng.random():
                break
        else:
            at = self._spot(rng, self._in_robots_way, _ROBOT_M, others, None, 2000) or self._home.robot.start.at_m
        self._look(moment, at, target, rng)

    def _target(self, moment: Moment, rng: np.random.Generator) -> Vector:
        if moment.people and (rng.random() < self._at_people or not moment.things):
            person = list(moment.people.values())[int(rng.integers(len(moment.people)))]
            return np.array([*person.stance.at_m, float(rng.uniform(0.5, 1.4))])
        things = list(moment.things.values())
        return things[int(rng.integers(len(things)))][0] if things else np.array([*self._home.robot.start.at_m, 0.8])

    def same_room(self, moment: Moment, id_: str) -> bool:
        """Whether somebody is in the robot's room."""
        return self._room_of(np.array(moment.people[id_].stance.at_m)) == self._room_of(np.array(moment.base[:2]))

    def _room_of(self, target: Vector) -> int | None:
        inside = [k for k, ((x0, y0), _, (x1, y1), _) in enumerate(self._rooms) if x0 <= target[0] <= x1 and y0 <= target[1] <= y1]
        return inside[0] if inside else None

    def _look(self, moment: Moment, at: tuple[float, float], target: Vector, rng: np.random.Generator) -> None:
        dx, dy = target[0] - at[0], target[1] - at[1]
        bearing = math.atan2(dy, dx) + float(rng.normal(0, 0.22))
        yaw = bearing + float(rng.normal(0, 0.7)) * (rng.random() < 0.5)
        down = math.atan2(_CAMERA_M - target[2], math.hypot(dx, dy)) + float(rng.normal(0, 0.13))
        sway = tuple(float(v) for v in rng.normal(0, (0.008, 0.008, 0.012)))
        moment.base, moment.sway = (*at, math.remainder(yaw, math.tau)), (sway[0], sway[1], sway[2])
        pan = math.remainder(bearing - yaw, math.tau)
        moment.joints = {name: float(rng.uniform(*JOINT_RANGES[name])) for name in ("lift", "gripper")}
        if rng.random() < 0.7:  # most of the time the arm is where it rests
            moment.joints["lift"] = JOINT_HOME["lift"]
        moment.joints["arm"] = float(rng.uniform(*JOINT_RANGES["arm"])) if rng.random() < 0.3 else 0.0
        for name, value in (("head_pan", pan), ("head_tilt", down)):
            low, high = JOINT_RANGES[name]
            moment.joints[name] = min(max(value, low), high)
