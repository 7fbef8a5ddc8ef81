"""An ORACLE: perception that reads the truth of the simulated home instead of pictures.

It stands in until a trained detector takes its place, and serves as its ground truth.  It is honest in one respect: it tells
only what the head camera could see (field of view, range, occlusion by ray casts) or the microphone could hear.  It is
idealised in the others: no false detections, no confusion of identities, and ages come from the description.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import Detection, Detections, People, Person, SimState
from sim.description import FLOOR, HomeDescription, load_home
from sim.mjcf import GROUP_HOME, GROUP_PEOPLE, load_model, surfaces
from sim.robot_model import CAMERA_HFOV_DEG
from sim.shapes.human import SEGMENTS, proportions
from sim.shapes.objects import KINDS
from sim.state import redraw

RANGE_M = 8.0
HEARING_M = 8.0
MEMORY_S = 10.0
WIDTH_PX, HEIGHT_PX = 320, 240
SMALLEST_PX = 3.0
"""A thing whose box is smaller than this in either direction cannot be told from its background."""
HEARD_STD_M = 0.5
SPREAD_MPS = 0.5
"""How fast the place of somebody out of sight grows uncertain; people in a home stroll."""
FACING_RAD = math.radians(30)

Vector = NDArray[np.float64]

_RAY_GROUPS = np.zeros(6, dtype=np.uint8)
_RAY_GROUPS[[GROUP_HOME, GROUP_PEOPLE]] = 1
_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
_PROBES = 0.8 * np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0.7, 0.7, 0.7], [-0.7, -0.7, 0.7]])
_NO_ONE = -1
_HEAD, _TORSO, _SHINS = SEGMENTS.index("head"), SEGMENTS.index("torso"), SEGMENTS.index("shin_l")


@dataclass(frozen=True)
class _Target:
    """One thing or person: points to look at, corners of its box, and who may stand between without hiding it."""

    id: str
    centre: Vector  # (3,), of the box
    probes: Vector  # (p, 3)
    corners: Vector  # (8, 3)
    owner: int  # index of a person whose own body does not hide it, or _NO_ONE


@dataclass(frozen=True)
class _Sight:
    seen_share: float  # of the probes
    box_px: tuple[float, float, float, float]
    distance_m: float


class OracleEyes:
    """Perception backend "oracle" of one home.  ``seed`` drives the small noise of positions."""

    def __init__(self, home: str, seed: int = 1) -> None:
        self._home: HomeDescription = load_home(home)
        self._model, self._layout = load_model(home, looks=False)
        self._data = mujoco.MjData(self._model)
        self._camera = mujoco.mj_name2id(self._model, mujoco.mjtObj.mjOBJ_CAMERA, "head")
        self._people = list(self._layout.segments)
        owner = {name: index for index, name in enumerate(self._people)}
        self._geom_owner = np.array([owner.get(name, _NO_ONE) for name in self._layout.geom_owner])
        half = np.array([KINDS[self._home.objects[id_].class_name].size_m for id_ in self._layout.objects])[:, None] / 2
        self._thing_points = np.concatenate((_PROBES * half, _CORNERS * half), axis=1)  # (things, probes and corners, 3), unturned
        self._thing_mocaps = list(self._layout.objects.values())
        self._height = {id_: person.height_m for id_, person in self._home.people.items()}
        self._body = {id_: proportions(person) for id_, person in self._home.people.items()}
        self._surfaces = sorted(surfaces(self._home).values(), key=lambda surface: -surface.height_m)
        self._focal_px = WIDTH_PX / 2 / math.tan(math.radians(CAMERA_HFOV_DEG) / 2)
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """Forget everybody, and start the noise anew."""
        self._rng = np.random.default_rng(self._seed)
        self._noticed: dict[str, tuple[Person, float]] = {}  # as last seen or heard, and when
        self._before: tuple[float, dict[str, Vector]] | None = None

    def look(self, state: SimState, now_s: float) -> tuple[Detections, People]:
        """What can be seen and heard in ``state``; times are the state's."""
        redraw(self._model, self._data, state)
        holders = {argument.name: argument.value for argument in state.holders}
        things = self._thing_targets(holders)
        persons = [self._person_target(index, id_) for index, id_ in enumerate(self._people)]
        sights = self._see([*things, *persons])
        stamp_s = state.stamp_s
        detections = tuple(self._detection(target, sights[target.id], holders) for target in things if target.id in sights)
        people = self._update_people(state, sights)
        return Detections(stamp_s, "oracle", WIDTH_PX, HEIGHT_PX, detections), People(stamp_s, "oracle", people)

    # ------------------------------------------------ what there is

    def _thing_targets(self, holders: dict[str, str]) -> list[_Target]:
        """All things at once: there are many of them."""
        middle, quat = self._data.mocap_pos[self._thing_mocaps], self._data.mocap_quat[self._thing_mocaps]
        points = middle[:, None] + self._thing_points @ _turns_by_yaw(2 * np.arctan2(quat[:, 3], quat[:, 0]))
        owners = [self._people.index(holder) if (holder := holders.get(id_)) in self._people else _NO_ONE for id_ in self._layout.objects]
        split = len(_PROBES)
        return [
            _Target(id_, centre, around[:split], around[split:], owner)
            for id_, centre, around, owner in zip(self._layout.objects, middle, points, owners, strict=True)
        ]

    def _person_target(self, index: int, id_: str) -> _Target:
        first, end = self._layout.segments[id_]
        joints = self._data.mocap_pos[first:end]
        body = self._body[id_]
        head, torso = joints[_HEAD] + [0, 0, 0.3 * body.head], joints[_TORSO] + [0, 0, 0.6 * body.shoulder]
        knees = joints[_SHINS : _SHINS + 2]
        probes = np.concatenate(((head, torso, joints[_TORSO]), knees, knees - [0, 0, 0.6 * body.shin]))
        centre = np.array([joints[_TORSO][0], joints[_TORSO][1], (joints[_HEAD][2] + 0.78 * body.head) / 2])
        half = (0.16 * body.height, 0.16 * body.height, centre[2])
        return _Target(id_, centre, probes, centre + _CORNERS * half, index)

    # ------------------------------------------------ what is seen

    def _see(self, targets: list[_Target]) -> dict[str, _Sight]:
        eye = self._data.cam_xpos[self._camera].copy()
        axes = self._data.cam_xmat[self._camera].reshape(3, 3)
        counts = [len(target.probes) for target in targets]
        points = np.concatenate([target.probes for target in targets])
        local = (points - eye) @ axes
        inside = self._in_view(local)
        clear = np.zeros(len(points), dtype=bool)
        owners = np.repeat([target.owner for target in targets], counts)
        if inside.any():
            clear[inside] = self._unobstructed(eye, points[inside], owners[inside])
        clear_count = np.add.reduceat(clear, np.cumsum([0, *counts[:-1]]), dtype=int).tolist()
        found = {t.id: self._sight(t, n / count, eye, axes) for t, n, count in zip(targets, clear_count, counts, strict=True) if n}
        return {id_: sight for id_, sight in found.items() if sight is not None}

    def _in_view(self, local: Vector) -> NDArray[np.bool_]:
        """Points in camera axes (x right, y up, looking along -z) that fall into the picture and are near enough."""
        ahead = np.maximum(-local[:, 2], 1e-6)
        fits = (np.abs(local[:, 0]) * self._focal_px < ahead * WIDTH_PX / 2) & (
            np.abs(local[:, 1]) * self._focal_px < ahead * HEIGHT_PX / 2
        )
        return np.asarray((local[:, 2] < 0) & fits & (np.einsum("ij,ij->i", local, local) < RANGE_M**2))

    def _unobstructed(self, eye: Vector, points: Vector, owners: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which points a ray from the eye reaches; the owner's own body does not count as an obstacle."""
        count = len(points)
        distance = np.linalg.norm(points - eye, axis=1)
        rays = (points - eye) / distance[:, None]
        hit, geom = np.zeros(count), np.zeros(count, dtype=np.int32)
        mujoco.mj_multiRay(self._model, self._data, eye, rays.reshape(-1), _RAY_GROUPS, True, -1, geom, hit, None, count, RANGE_M)
        own = (owners != _NO_ONE) & (geom >= 0) & (self._geom_owner[geom] == owners)
        return np.asarray((hit < 0) | (hit > distance - 0.02) | own)

    def _sight(self, target: _Target, seen_share: float, eye: Vector, axes: Vector) -> _Sight | None:
        local = (target.corners - eye) @ axes
        ahead = np.maximum(-local[:, 2], 0.05)
        left, right = _extent_px(WIDTH_PX / 2 + self._focal_px * local[:, 0] / ahead, WIDTH_PX)
        top, bottom = _extent_px(HEIGHT_PX / 2 - self._focal_px * local[:, 1] / ahead, HEIGHT_PX)
        if min(right - left, bottom - top) < SMALLEST_PX:
            return None
        return _Sight(seen_share, (left, top, right - left, bottom - top), math.dist(target.centre, eye))

    def _detection(self, target: _Target, sight: _Sight, holders: dict[str, str]) -> Detection:
        thing = self._home.objects[target.id]
        std_m = 0.004 + 0.004 * sight.distance_m
        x, y, z = (target.centre + std_m * self._rng.standard_normal(3)).tolist()
        score = (0.55 + 0.45 * sight.seen_share) * (1.0 - 0.3 * sight.distance_m / RANGE_M)
        holder = holders.get(target.id, "")
        support = "" if holder else self._support(target)
        return Detection(target.id, thing.class_name, thing.colour, score, sight.box_px, (x, y, z), std_m, support, holder)

    def _support(self, target: _Target) -> str:
        x, y = target.centre[:2].tolist()
        bottom = float(target.corners[:, 2].min())
        return next((s.name for s in self._surfaces if s.height_m <= bottom + 0.05 and s.holds(x, y)), FLOOR)

    # ------------------------------------------------ people

    def _update_people(self, state: SimState, sights: dict[str, _Sight]) -> tuple[Person, ...]:
        places = {id_: self._floor_point(id_) for id_ in self._people}
        velocities = self._velocities(state.stamp_s, places)
        for id_ in self._people:
            speaking = id_ in state.speaking
            if id_ in sights:
                self._noticed[id_] = (
                    self._seen_person(id_, sights[id_], places[id_], velocities[id_], speaking, state.stamp_s),
                    state.stamp_s,
                )
            elif speaking and self._hears(places[id_]):
                self._noticed[id_] = self._heard_person(id_, places[id_]), state.stamp_s
        self._noticed = {id_: known for id_, known in self._noticed.items() if state.stamp_s - known[1] <= MEMORY_S}
        return tuple(_as_of_now(*self._noticed[id_], state.stamp_s) for id_ in self._people if id_ in self._noticed)

    def _floor_point(self, id_: str) -> Vector:
        x, y, _ = self._data.mocap_pos[self._layout.segments[id_][0] + _TORSO]
        return np.array([x, y, 0.0])

    def _velocities(self, stamp_s: float, places: dict[str, Vector]) -> dict[str, Vector]:
        before, self._before = self._before, (stamp_s, places)
        if before is None or stamp_s - before[0] < 1e-6:
            return {id_: np.zeros(3) for id_ in places}
        return {id_: (places[id_] - before[1][id_]) / (stamp_s - before[0]) for id_ in places}

    def _robot_xy(self) -> Vector:
        return np.array(self._data.cam_xpos[self._camera][:2])

    def _hears(self, place: Vector) -> bool:
        return float(np.linalg.norm(place[:2] - self._robot_xy())) <= HEARING_M

    def _seen_person(self, id_: str, sight: _Sight, place: Vector, velocity: Vector, speaking: bool, stamp_s: float) -> Person:
        described = self._home.people[id_]
        std_m = 0.02 + 0.01 * sight.distance_m
        x, y = (place[:2] + std_m * self._rng.standard_normal(2)).tolist()
        vx, vy, _ = velocity.tolist()
        confidence = 0.97 - 0.02 * sight.distance_m
        return Person(
            id_,
            described.name,
            described.age_group,
            confidence,
            (x, y, 0.0),
            (vx, vy, 0.0),
            std_m,
            True,
            speaking,
            self._faces_robot(id_),
            stamp_s,
        )

    def _faces_robot(self, id_: str) -> bool:
        head = self._layout.segments[id_][0] + _HEAD
        w, x, y, z = self._data.mocap_quat[head].tolist()
        looking = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        dx, dy = (self._robot_xy() - self._data.mocap_pos[head][:2]).tolist()
        return abs(math.remainder(math.atan2(dy, dx) - looking, 2 * math.pi)) < FACING_RAD

    def _heard_person(self, id_: str, place: Vector) -> Person:
        """Somebody out of sight who speaks: the place is what a microphone array would make of it."""
        described = self._home.people[id_]
        x, y = (place[:2] + HEARD_STD_M * self._rng.standard_normal(2)).tolist()
        last_seen_s = self._noticed[id_][0].last_seen_s if id_ in self._noticed else math.nan
        return Person(
            id_, described.name, described.age_group, 0.7, (x, y, 0.0), (0.0, 0.0, 0.0), HEARD_STD_M, False, True, False, last_seen_s
        )


def _as_of_now(person: Person, noticed_s: float, now_s: float) -> Person:
    """The person as last noticed, with the doubt that time has added since."""
    unseen_s = now_s - noticed_s
    if unseen_s <= 0:
        return person
    std_m = person.position_std_m + SPREAD_MPS * unseen_s
    return replace(person, seen=False, speaking=False, facing_robot=False, velocity_mps=(0.0, 0.0, 0.0), position_std_m=std_m)


def _turns_by_yaw(yaw_rad: Vector) -> Vector:
    """For n yaws n matrices, which turn row vectors from their right."""
    c, s, zero = np.cos(yaw_rad), np.sin(yaw_rad), np.zeros_like(yaw_rad)
    return np.stack((c, s, zero, -s, c, zero, zero, zero, zero + 1.0), axis=-1).reshape(-1, 3, 3)


def _extent_px(values_px: Vector, size_px: int) -> tuple[float, float]:
    """First and last pixel, within the picture."""
    return max(float(values_px.min()), 0.0), min(float(values_px.max()), float(size_px))
