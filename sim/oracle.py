"""An ORACLE: perception that reads the truth of the simulated home instead of pictures.

It stands in until a trained detector takes its place, and serves as its ground truth.  It is honest in one respect: it tells
only what the head camera could see (field of view, range, occlusion by ray casts) or the microphone could hear.  It is
idealised in the others: no false detections, no confusion of identities, and ages come from the description, but for those
that a scenario has it mistake (:mod:`sim.mistaken`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import Detection, Detections, People, Person, SimState
from sim.description import FLOOR, HomeDescription, load_home
from sim.mistaken import Guesses
from sim.mjcf import GROUP_HOME, GROUP_PEOPLE, load_model, surfaces
from sim.robot_model import CAMERA_HFOV_DEG
from sim.scenario import load_scenario
from sim.state import redraw
from sim.targets import HEAD, NO_ONE, TORSO, Targets

RANGE_M = 8.0
HEARING_M = 8.0
MEMORY_S = 10.0
WIDTH_PX, HEIGHT_PX = 640, 480
SMALLEST_PX = 6.0
"""A thing whose box is smaller than this in either direction cannot be told from its background."""
HEARD_STD_M = 0.5
SPREAD_MPS = 0.5
"""How fast the place of somebody out of sight grows uncertain; people in a home stroll."""
FACING_RAD = math.radians(30)

Vector = NDArray[np.float64]
XY = tuple[float, float]

_RAY_GROUPS = np.zeros(6, dtype=np.uint8)
_RAY_GROUPS[[GROUP_HOME, GROUP_PEOPLE]] = 1


@dataclass(frozen=True)
class Sight:
    index: int  # among the targets
    seen_share: float  # of the probes
    box_px: tuple[float, float, float, float]
    distance_m: float


class OracleEyes:
    """Perception backend "oracle" of one home.

    :param seed: drives the small noise of positions, and whom the eyes mistake when
    :param scenario_file: scenario whose ``mistaken`` holds
    """

    def __init__(self, home: str, seed: int = 1, scenario_file: str = "") -> None:
        self._mistaken = load_scenario(scenario_file).mistaken if scenario_file else {}
        self._home: HomeDescription = load_home(home)
        self._model, self._layout = load_model(home, looks=False)
        self._data = mujoco.MjData(self._model)
        self._camera = mujoco.mj_name2id(self._model, mujoco.mjtObj.mjOBJ_CAMERA, "head")
        self._people = list(self._layout.segments)
        self._torsos = np.array([first + TORSO for first, _ in self._layout.segments.values()], dtype=np.intp)
        owner = {name: index for index, name in enumerate(self._people)}
        self._geom_owner = np.array([owner.get(name, NO_ONE) for name in self._layout.geom_owner])
        self._targets = Targets(self._home, self._layout)
        self._surfaces = sorted(surfaces(self._home).values(), key=lambda surface: -surface.height_m)
        self._focal_px = WIDTH_PX / 2 / math.tan(math.radians(CAMERA_HFOV_DEG) / 2)
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """Forget everybody, and start the noise anew."""
        self._rng = np.random.default_rng(self._seed)
        self._guesses = Guesses(self._mistaken, self._seed)
        self._scene: tuple[object, ...] = ()
        self._sights: dict[str, Sight] = {}
        self._noticed: dict[str, tuple[Person, float]] = {}  # as last seen or heard, and when
        self._before: tuple[float, dict[str, XY]] | None = None

    def look(self, state: SimState, now_s: float) -> tuple[Detections, People]:
        """What can be seen and heard in ``state``; times are the state's."""
        holders = {argument.name: argument.value for argument in state.holders}
        sights = self._sights_of(state, holders)
        stamp_s = state.stamp_s
        things = [id_ for id_ in self._targets.things if id_ in sights]
        noise = self._rng.standard_normal((len(things), 3))
        detections = tuple(self._detection(id_, sights[id_], holders, chance) for id_, chance in zip(things, noise, strict=True))
        people = self._update_people(state, sights)
        return Detections(stamp_s, "oracle", WIDTH_PX, HEIGHT_PX, detections), People(stamp_s, "oracle", people)

    # ------------------------------------------------ what is seen

    def sights(self, state: SimState) -> dict[str, Sight]:
        """What of people and things the head camera could see, by id; what it cannot is not there."""
        return self._sights_of(state, {argument.name: argument.value for argument in state.holders})

    def _sights_of(self, state: SimState, holders: dict[str, str]) -> dict[str, Sight]:
        """As before while nothing has moved, which is most of the time."""
        scene = (state.qpos, state.mocap_pos, state.mocap_quat, state.holders)
        if scene != self._scene:
            redraw(self._model, self._data, state)
            self._targets.update(self._data, holders)
            self._scene, self._sights = scene, self._see()
        return self._sights

    def _see(self) -> dict[str, Sight]:
        targets = self._targets
        eye = self._data.cam_xpos[self._camera].copy()
        axes = self._data.cam_xmat[self._camera].reshape(3, 3)
        offsets = targets.probes - eye
        inside = np.flatnonzero(self._in_view(offsets @ axes))
        if not len(inside):
            return {}
        clear = inside[self._unobstructed(eye, offsets[inside], targets.owners[targets.target_of[inside]])]
        clear_counts = np.bincount(targets.target_of[clear], minlength=len(targets.ids))
        seen = np.flatnonzero(clear_counts)
        boxes = self._boxes((targets.corners[seen] - eye) @ axes)
        shares = (clear_counts[seen] / targets.counts[seen]).tolist()
        return {
            targets.ids[k]: Sight(k, share, box, math.dist(targets.centres[k], eye))
            for k, share, box in zip(seen.tolist(), shares, boxes, strict=True)
            if min(box[2:]) >= SMALLEST_PX
        }

    def _in_view(self, local: Vector) -> NDArray[np.bool_]:
        """Points in camera axes (x right, y up, looking along -z) that fall into the picture and are near enough."""
        ahead = np.maximum(-local[:, 2], 1e-6)
        fits = (np.abs(local[:, 0]) * self._focal_px < ahead * WIDTH_PX / 2) & (
            np.abs(local[:, 1]) * self._focal_px < ahead * HEIGHT_PX / 2
        )
        return np.asarray((local[:, 2] < 0) & fits & (np.einsum("ij,ij->i", local, local) < RANGE_M**2))

    def _unobstructed(self, eye: Vector, offsets: Vector, owners: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which points, given from the eye, a ray from it reaches; the owner's own body does not count as an obstacle."""
        count = len(offsets)
        distance = np.sqrt((offsets * offsets).sum(axis=1))
        rays = offsets / distance[:, None]
        hit, geom = np.zeros(count), np.zeros(count, dtype=np.int32)
        mujoco.mj_multiRay(self._model, self._data, eye, rays.reshape(-1), _RAY_GROUPS, True, -1, geom, hit, None, count, RANGE_M)
        own = (owners != NO_ONE) & (geom >= 0) & (self._geom_owner[geom] == owners)
        return np.asarray((hit < 0) | (hit > distance - 0.02) | own)

    def _boxes(self, local: Vector) -> list[tuple[float, float, float, float]]:
        """Left, top, width and height in the picture of boxes whose corners, shape (n, 8, 3), are given in camera axes."""
        ahead = np.maximum(-local[:, :, 2], 0.05)
        across, down = WIDTH_PX / 2 + self._focal_px * local[:, :, 0] / ahead, HEIGHT_PX / 2 - self._focal_px * local[:, :, 1] / ahead
        left, right = np.maximum(across.min(axis=1), 0.0), np.minimum(across.max(axis=1), WIDTH_PX)
        top, bottom = np.maximum(down.min(axis=1), 0.0), np.minimum(down.max(axis=1), HEIGHT_PX)
        return list(zip(left.tolist(), top.tolist(), (right - left).tolist(), (bottom - top).tolist(), strict=True))

    def _detection(self, id_: str, sight: Sight, holders: dict[str, str], noise: Vector) -> Detection:
        thing = self._home.objects[id_]
        std_m = 0.004 + 0.004 * sight.distance_m
        x, y, z = (self._targets.centres[sight.index] + std_m * noise).tolist()
        score = (0.55 + 0.45 * sight.seen_share) * (1.0 - 0.3 * sight.distance_m / RANGE_M)
        holder = holders.get(id_, "")
        support = "" if holder else self._support(sight.index)
        return Detection(id_, thing.class_name, thing.colour, score, sight.box_px, (x, y, z), std_m, support, holder)

    def _support(self, index: int) -> str:
        x, y, _ = self._targets.centres[index].tolist()
        bottom = min(self._targets.corners[index, :, 2].tolist())
        return next((s.name for s in self._surfaces if s.height_m <= bottom + 0.05 and s.holds(x, y)), FLOOR)

    # ------------------------------------------------ people

    def _update_people(self, state: SimState, sights: dict[str, Sight]) -> tuple[Person, ...]:
        places = self._places()
        velocities = self._velocities(state.stamp_s, places)
        for id_ in self._people:
            speaking = id_ in state.speaking
            if id_ in sights:
                self._noticed[id_] = (
                    self._seen_person(id_, sights[id_], places[id_], velocities[id_], speaking, state.stamp_s),
                    state.stamp_s,
                )
            elif speaking and self._hears(places[id_]):
                self._noticed[id_] = self._heard_person(id_, places[id_], state.stamp_s), state.stamp_s
        self._noticed = {id_: known for id_, known in self._noticed.items() if state.stamp_s - known[1] <= MEMORY_S}
        return tuple(_as_of_now(*self._noticed[id_], state.stamp_s) for id_ in self._people if id_ in self._noticed)

    def _places(self) -> dict[str, XY]:
        """Where everybody stands."""
        torsos = self._data.mocap_pos[self._torsos, :2].tolist()
        return {id_: (x, y) for id_, (x, y) in zip(self._people, torsos, strict=True)}

    def _velocities(self, stamp_s: float, places: dict[str, XY]) -> dict[str, XY]:
        before, self._before = self._before, (stamp_s, places)
        if before is None or stamp_s - before[0] < 1e-6:
            return dict.fromkeys(places, (0.0, 0.0))
        elapsed_s, former = stamp_s - before[0], before[1]
        return {id_: ((x - former[id_][0]) / elapsed_s, (y - former[id_][1]) / elapsed_s) for id_, (x, y) in places.items()}

    def _robot_xy(self) -> Vector:
        return np.array(self._data.cam_xpos[self._camera][:2])

    def _hears(self, place: XY) -> bool:
        return math.dist(place, self._robot_xy()) <= HEARING_M

    def _seen_person(self, id_: str, sight: Sight, place: XY, velocity: XY, speaking: bool, stamp_s: float) -> Person:
        described = self._home.people[id_]
        std_m = 0.02 + 0.01 * sight.distance_m
        x, y = (place + std_m * self._rng.standard_normal(2)).tolist()
        age_group, confidence = self._age(id_, sight.distance_m, 0.97 - 0.02 * sight.distance_m, stamp_s)
        return Person(
            id_,
            described.name,
            age_group,
            confidence,
            (x, y, 0.0),
            (*velocity, 0.0),
            std_m,
            True,
            speaking,
            self._faces_robot(id_),
            stamp_s,
        )

    def _faces_robot(self, id_: str) -> bool:
        head = self._layout.segments[id_][0] + HEAD
        w, x, y, z = self._data.mocap_quat[head].tolist()
        looking = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        dx, dy = (self._robot_xy() - self._data.mocap_pos[head][:2]).tolist()
        return abs(math.remainder(math.atan2(dy, dx) - looking, 2 * math.pi)) < FACING_RAD

    def _age(self, id_: str, distance_m: float, sure: float, stamp_s: float) -> tuple[str, float]:
        """Age group and confidence: as described, unless the scenario has the eyes err."""
        return self._guesses.of(id_, distance_m, stamp_s) or (self._home.people[id_].age_group, sure)

    def _heard_person(self, id_: str, place: XY, stamp_s: float) -> Person:
        """Somebody out of sight who speaks: the place is what a microphone array would make of it."""
        described = self._home.people[id_]
        x, y = (place + HEARD_STD_M * self._rng.standard_normal(2)).tolist()
        last_seen_s = self._noticed[id_][0].last_seen_s if id_ in self._noticed else math.nan
        age_group, confidence = self._age(id_, math.dist(place, self._robot_xy()), 0.7, stamp_s)
        return Person(
            id_, described.name, age_group, confidence, (x, y, 0.0), (0.0, 0.0, 0.0), HEARD_STD_M, False, True, False, last_seen_s
        )


def _as_of_now(person: Person, noticed_s: float, now_s: float) -> Person:
    """The person as last noticed, with the doubt that time has added since."""
    unseen_s = now_s - noticed_s
    if unseen_s <= 0:
        return person
    std_m = person.position_std_m + SPREAD_MPS * unseen_s
    return replace(person, seen=False, speaking=False, facing_robot=False, velocity_mps=(0.0, 0.0, 0.0), position_std_m=std_m)
