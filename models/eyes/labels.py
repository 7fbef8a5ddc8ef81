"""Labels from what each pixel shows.  A box is drawn around the visible pixels of a thing, never around hidden ones.

A thing is labelled when at least ``MIN_SHARE`` of it is seen, in a box of at least ``MIN_SIDE_PX`` with ``MIN_PIXELS`` of its
own; what is seen less is kept as "ignore", since neither finding nor missing it is an error.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.eyes.arrange import Moment
from models.eyes.settings import CLASSES, MIN_PIXELS, MIN_SHARE, MIN_SIDE_PX
from models.eyes.studio import Shot
from sim.description import HomeDescription
from sim.mjcf import Layout
from sim.oracle import FACING_RAD
from sim.targets import HEAD, TORSO

Vector = NDArray[np.float64]

_POINTS = {"person": 160}
_POINTS_OF_A_THING = 60


@dataclass(frozen=True)
class Label:
    """One thing or person in a picture.

    ``box_px`` is left, top, width, height.  ``place_m`` is the middle of a thing's box, or the point of the floor under a
    person's hips, in the map frame.  ``depth_m`` is the median of its pixels in the depth picture, which shows what is behind
    a glass, as depth cameras do.
    """

    id: str
    class_name: str
    box_px: tuple[int, int, int, int]
    pixels: int
    share: float  # of its outline that is seen
    ignore: bool
    depth_m: float
    place_m: tuple[float, float, float]
    colour: str = ""
    holder: str = ""
    age_group: str = ""
    faces_camera: bool | None = None
    posture: str = ""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class Labeller:
    """Knows which geom of a model belongs to which thing or person."""

    def __init__(self, model: mujoco.MjModel, layout: Layout, home: HomeDescription) -> None:
        self._layout, self._home = layout, home
        self._ids = [*home.objects, *home.people]
        owner = {mocap: k for k, id_ in enumerate(home.objects, 1) for mocap in [layout.objects[id_]]}
        for k, id_ in enumerate(home.people, len(home.objects) + 1):
            owner.update(dict.fromkeys(range(*layout.segments[id_]), k))
        mocap = model.body_mocapid[model.geom_bodyid]
        self._owner = np.array([0, *(owner.get(int(m), 0) for m in mocap)], dtype=np.int32)  # 0: nothing that has a label
        self._skin = _Skin(model, self._owner[1:], [_POINTS.get(self._class_name(id_), _POINTS_OF_A_THING) for id_ in self._ids])

    def label(self, shot: Shot, moment: Moment, data: mujoco.MjData, focal_px: float) -> list[Label]:
        """All things and people of which at least one pixel is seen."""
        shown = self._owner[shot.geoms + 1]
        counts = np.bincount(shown.ravel(), minlength=len(self._ids) + 1)
        boxes = ndimage.find_objects(shown, len(self._ids))
        seen = [k for k in range(1, len(self._ids) + 1) if counts[k]]
        shares = self._skin.shares(data, shot, shown, focal_px, seen)
        return [self._one(k, boxes[k - 1], int(counts[k]), share, shot, shown, moment) for k, share in zip(seen, shares, strict=True)]

    def _class_name(self, id_: str) -> str:
        return self._home.objects[id_].class_name if id_ in self._home.objects else "person"

    def _one(
        self, k: int, box: tuple[slice, ...], pixels: int, share: float, shot: Shot, shown: NDArray[np.int32], moment: Moment
    ) -> Label:
        rows, columns = box
        size = (columns.stop - columns.start, rows.stop - rows.start)
        depth_m = round(float(np.median(shot.depth_m[box][shown[box] == k])), 4)
        small = min(size) < MIN_SIDE_PX or pixels < MIN_PIXELS
        id_ = self._ids[k - 1]
        common = (
            id_,
            self._class_name(id_),
            (columns.start, rows.start, *size),
            pixels,
            round(share, 3),
            small or share < MIN_SHARE,
            depth_m,
        )
        if id_ in self._home.objects:
            return Label(*common, _rounded(moment.things[id_][0]), self._home.objects[id_].colour, moment.holders.get(id_, ""))
        person = moment.people[id_]
        x, y, _ = person.position[TORSO]
        return Label(
            *common, _rounded(np.array([x, y, 0.0])), age_group=self._home.people[id_].age_group, posture=person.stance.posture,
            faces_camera=faces(person.position[HEAD], person.turn[HEAD], shot.camera_m),
        )  # fmt: skip


def faces(head_m: Vector, head_turn: Vector, camera_m: Vector) -> bool:
    """Whether a head looks towards the camera, seen from above: by the oracle's criterion."""
    w, x, y, z = head_turn.tolist()
    looking = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    bearing = math.atan2(camera_m[1] - head_m[1], camera_m[0] - head_m[0])
    return abs(math.remainder(bearing - looking, math.tau)) < FACING_RAD


def class_id(label: Label) -> int:
    return CLASSES.index(label.class_name)


def _rounded(point: Vector) -> tuple[float, float, float]:
    x, y, z = (round(float(v), 4) for v in point)
    return x, y, z


class _Skin:
    """Points spread evenly over every thing's surface: the share of them that falls on its own pixels is the share that is seen.

    A point on the far side falls on the thing's own pixels too, so this estimates the share of the outline.
    """

    def __init__(self, model: mujoco.MjModel, owner: NDArray[np.int32], counts: list[int]) -> None:
        rng = np.random.default_rng(0)
        geoms, points, self._first = [], [], [0]
        for k, count in enumerate(counts, 1):
            own = np.flatnonzero(owner == k)
            areas = np.array([_area_m2(model, int(g)) for g in own])
            for geom in rng.choice(own, count, p=areas / areas.sum()):
                geoms.append(int(geom))
                points.append(_surface_point(model, int(geom), rng))
            self._first.append(len(geoms))
        self._geoms, self._points = np.array(geoms), np.array(points)

    def shares(self, data: mujoco.MjData, shot: Shot, shown: NDArray[np.int32], focal_px: float, wanted: list[int]) -> list[float]:
        height, width = shown.shape
        found = []
        for k in wanted:
            part = slice(self._first[k - 1], self._first[k])
            geoms = self._geoms[part]
            at = data.geom_xpos[geoms] + np.einsum("nij,nj->ni", data.geom_xmat[geoms].reshape(-1, 3, 3), self._points[part])
            local = (at - shot.camera_m) @ shot.camera_axes
            ahead = np.maximum(-local[:, 2], 1e-6)
            x, y = np.floor(width / 2 + focal_px * local[:, 0] / ahead), np.floor(height / 2 - focal_px * local[:, 1] / ahead)
            inside = (local[:, 2] < 0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
            near = cv2.dilate((shown == k).astype(np.uint8), np.ones((3, 3), np.uint8))  # what is thinner than a pixel falls beside it
            found.append(float(near[y[inside].astype(int), x[inside].astype(int)].sum() / len(geoms)))
        return found


def _area_m2(model: mujoco.MjModel, geom: int) -> float:
    """Of the box around a geom: near enough to share points out."""
    a, b, c = np.maximum(model.geom_aabb[geom, 3:], 1e-4)
    return float(a * b + b * c + c * a)


def _surface_point(model: mujoco.MjModel, geom: int, rng: np.random.Generator) -> Vector:
    """In the geom's own frame."""
    kind, size = int(model.geom_type[geom]), model.geom_size[geom]
    if kind == mujoco.mjtGeom.mjGEOM_MESH:
        mesh = int(model.geom_dataid[geom])
        face = int(model.mesh_faceadr[mesh] + rng.integers(model.mesh_facenum[mesh]))
        corners = model.mesh_vert[model.mesh_vertadr[mesh] + model.mesh_face[face]]
        return np.asarray(rng.dirichlet((1, 1, 1)) @ corners)
    direction = rng.standard_normal(3)
    if kind == mujoco.mjtGeom.mjGEOM_BOX:
        return np.asarray(direction / np.abs(direction).max() * size)
    direction /= np.linalg.norm(direction)
    if kind == mujoco.mjtGeom.mjGEOM_ELLIPSOID:
        return np.asarray(direction * size)
    if kind == mujoco.mjtGeom.mjGEOM_SPHERE:
        return np.asarray(direction * size[0])
    angle = rng.uniform(0, math.tau)  # cylinder, capsule: their side
    return np.array([size[0] * math.cos(angle), size[0] * math.sin(angle), rng.uniform(-size[1], size[1])])
