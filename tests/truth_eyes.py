"""A detector and a classifier that know the truth: they stand in for networks, so that everything behind those can be tested.

Both look at the simulated home's state of the picture's time, not at the picture.  Boxes are drawn around what each pixel of the
head camera shows, so nothing hidden is found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from robot_runtime.messages import SimState
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.boxes import Bgr, Boxes
from robot_runtime.perceive.cnn import CnnEyes
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.crops import PersonLook
from robot_runtime.perceive.measures import Measures
from sim.description import load_home
from sim.mjcf import load_model
from sim.renderer import FAST, INDOORS, Renderer
from sim.shapes.objects import KINDS
from sim.targets import HEAD

CLASSES = ("person", *sorted(KINDS))
WIDTH_PX, HEIGHT_PX = 640, 480
SMALLEST_PX, FEWEST_PIXELS = 6, 80
FACING_RAD = math.radians(30)


class TruthNetworks(Renderer):
    """``state`` is what is looked at; ``blind_to`` are ids that it does not find."""

    hash = "0123456789abcdef"
    provider = "cpu"
    class_names = CLASSES

    def __init__(self, home: str, size_px: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)) -> None:
        model, layout = load_model(home, looks=True)
        super().__init__(model, *size_px, FAST)
        self._home, self._layout = load_home(home), layout
        self._ids = [*self._home.objects, *self._home.people]
        owner = {layout.objects[id_]: k for k, id_ in enumerate(self._home.objects, 1)}
        for k, id_ in enumerate(self._home.people, len(self._home.objects) + 1):
            owner.update(dict.fromkeys(range(*layout.segments[id_]), k))
        self._owner = np.array([0, *(owner.get(int(mocap), 0) for mocap in model.body_mocapid[model.geom_bodyid])])
        self.state: SimState | None = None
        self.blind_to: set[str] = set()
        self.found: list[str] = []  # ids of the last boxes
        self._boxes = np.empty((0, 4), np.float32)

    def detect(self, pictures: Sequence[Bgr]) -> list[Boxes]:
        assert len(pictures) == 1 and self.state is not None
        shown = self._owner[self._geoms(self.state) + 1]
        rows, self.found = [], []
        for k, spot in enumerate(ndimage.find_objects(shown, len(self._ids)), 1):
            if spot is None or self._ids[k - 1] in self.blind_to:
                continue
            (top, bottom), (left, right) = ((side.start, side.stop) for side in spot)
            if min(bottom - top, right - left) < SMALLEST_PX or (shown[spot] == k).sum() < FEWEST_PIXELS:
                continue
            rows.append((left, top, right - left, bottom - top))
            self.found.append(self._ids[k - 1])
        ids = np.array([CLASSES.index(self._class_name(id_)) for id_ in self.found], np.int64)
        self._boxes = np.array(rows, np.float32).reshape(-1, 4)
        return [Boxes(self._boxes, np.full(len(rows), 0.9, np.float32), ids)]

    def classify(self, picture: Bgr, boxes: Boxes, measures: Measures | None = None) -> list[PersonLook]:
        """Of the person whose box it is, nearly sure."""
        return [self._look(self._whose(box)) for box in boxes.ltwh_px]

    def _whose(self, box: NDArray[np.float32]) -> str:
        return self.found[int(np.flatnonzero((self._boxes == box).all(axis=1))[0])]

    def _look(self, id_: str) -> PersonLook:
        assert self.state is not None
        group = self._home.people[id_].age_group
        ages = np.array([0.92 if one.value == group else 0.04 for one in GROUPS])
        return PersonLook(ages, 0.95 if self._faces(id_) else 0.05)

    def _faces(self, id_: str) -> bool:
        head = self._layout.segments[id_][0] + HEAD
        w, x, y, z = self._data.mocap_quat[head]
        looking = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        dx, dy = (self._data.cam_xpos[self._camera.fixedcamid] - self._data.mocap_pos[head])[:2]
        return abs(math.remainder(math.atan2(dy, dx) - looking, 2 * math.pi)) < FACING_RAD

    def _class_name(self, id_: str) -> str:
        return self._home.objects[id_].class_name if id_ in self._home.objects else "person"

    def _geoms(self, state: SimState) -> NDArray[np.int32]:
        """The geom that each pixel shows, -1 for none."""
        flags = self._scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
        bgr, _ = self.draw(state, "head", INDOORS)
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 0
        number = bgr.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.int32)
        geoms = np.full(self._scene.ngeom + 1, -1, dtype=np.int32)
        for geom in self._scene.geoms[: self._scene.ngeom]:
            if geom.segid >= 0 and geom.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                geoms[geom.segid + 1] = geom.objid
        return np.asarray(geoms[number])


def truth_eyes(config: PerceiveConfig, home: str) -> tuple[CnnEyes, TruthNetworks]:
    networks = TruthNetworks(home)
    return CnnEyes(config, networks, networks), networks
