"""Draws a moment in a home: the picture, and for every pixel its distance and what it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from models.eyes.arrange import Moment
from models.eyes.looks import Wardrobe, add_lamps
from robot_runtime.perceive.boxes import Bgr
from sim.description import HomeDescription
from sim.mjcf import Layout
from sim.renderer import FAST, INDOORS, Renderer

Vector = NDArray[np.float64]

_AWAY_M = -100.0
"""Where things and people are that are not in this moment."""


@dataclass(frozen=True, eq=False)
class Shot:
    """``geoms`` holds the geom that each pixel shows, -1 for none; the camera's place and axes (columns right, up, back) are the map's."""

    bgr: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    geoms: NDArray[np.int32]
    camera_m: Vector
    camera_axes: Vector


class Studio(Renderer):
    """One home's model, with its camera, its looks and its light.

    :raises RenderingError: no OpenGL on this machine
    """

    def __init__(
        self, model: mujoco.MjModel, layout: Layout, home: HomeDescription, size_px: tuple[int, int], rng: np.random.Generator
    ) -> None:
        self._wardrobe = Wardrobe(model, layout, home, rng)  # before the textures are uploaded
        super().__init__(model, *size_px, FAST)
        self._layout, self._home = layout, home
        self._joints = {name: int(model.joint(name).qposadr[0]) for name in _JOINTS}
        self._base = int(model.joint("base").qposadr[0])
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._camera.fixedcamid = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, "head")

    @property
    def data(self) -> mujoco.MjData:
        return self._data

    @property
    def worn(self) -> dict[str, dict[str, str]]:
        """As ``Wardrobe.worn``, in the picture that was drawn last."""
        return self._wardrobe.worn

    @property
    def focal_px(self) -> float:
        half_view_rad = math.radians(float(self._model.cam_fovy[self._camera.fixedcamid])) / 2
        return float(self._rect.height / 2 / math.tan(half_view_rad))

    def shoot(self, moment: Moment, rng: np.random.Generator) -> Shot:
        """One picture of a moment in new colours and light."""
        self._wardrobe.dress(rng)
        self._wardrobe.light(rng)
        self._pose(moment)
        scene, data = self._scene, self._data
        self._fill_scene(np.isin(self._groups, INDOORS) & self._may_show())
        add_lamps(scene, self._home, moment.base[:2], rng)
        bgr, depth_m = self._read()
        eye = self._camera.fixedcamid
        return Shot(bgr, depth_m, self._segment(), data.cam_xpos[eye].copy(), data.cam_xmat[eye].reshape(3, 3).copy())

    def close_up(self, moment: Moment, shot: Shot, ltrb_px: tuple[int, int, int, int], share: float, rng: np.random.Generator) -> Bgr:
        """A part of the last shot with its people replaced by others like them, in new colours and light.

        Drawn alone, and of what the shot shows there only: it costs a tenth of a picture.

        :param share: how many of the part's pixels a pixel is wide and high, 0 … 1
        """
        x0, y0, x1, y1 = ltrb_px
        self._wardrobe.dress(rng, others=True)
        self._wardrobe.light(rng)
        shown = np.zeros(self._model.ngeom + 1, np.bool_)  # the last is for "nothing"
        shown[np.unique(shot.geoms[y0:y1, x0:x1])] = True
        bodies = np.unique(self._model.geom_bodyid[shown[:-1]])
        shown[:-1] |= np.isin(self._model.geom_bodyid, bodies[bodies > 0])  # eyes behind spectacles
        self._fill_scene(shown[:-1] & np.isin(self._groups, INDOORS))
        add_lamps(self._scene, self._home, moment.base[:2], rng)
        _look_at(self._scene, ltrb_px, (self._rect.width, self._rect.height), self.focal_px)
        whole = self._rect
        self._rect = mujoco.MjrRect(0, 0, max(round((x1 - x0) * share), 1), max(round((y1 - y0) * share), 1))
        try:
            return self._read()[0]
        finally:
            self._rect = whole
            for camera in self._scene.camera:
                camera.frustum_width = 0  # as wide as the picture

    def _pose(self, moment: Moment) -> None:
        """Put the robot, people and things where the moment has them."""
        data, (x, y, yaw), (roll, pitch, height) = self._data, moment.base, moment.sway
        data.qpos[self._base : self._base + 3] = x, y, height
        data.qpos[self._base + 3 : self._base + 7] = _quaternion(roll, pitch, yaw)
        for name, (joint, share) in _JOINTS.items():
            data.qpos[self._joints[name]] = share * moment.joints[joint]
        data.mocap_pos[:] = 0, 0, _AWAY_M
        data.mocap_quat[:] = 1, 0, 0, 0
        for id_, (at, turn) in moment.things.items():
            mocap = self._layout.objects[id_]
            data.mocap_pos[mocap], data.mocap_quat[mocap] = at, _quaternion(0, 0, turn)
        for id_, person in moment.people.items():
            first, end = self._layout.segments[id_]
            data.mocap_pos[first:end], data.mocap_quat[first:end] = person.position, person.turn
        mujoco.mj_kinematics(self._model, data)
        mujoco.mj_camlight(self._model, data)

    def _segment(self) -> NDArray[np.int32]:
        """The scene once more, each geom in a colour that is its number."""
        scene = self._scene
        scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
        mujoco.mjr_render(self._rect, scene, self._context)
        scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 0
        rgb = np.empty((self._rect.height, self._rect.width, 3), np.uint8)
        mujoco.mjr_readPixels(rgb, None, self._rect, self._context)
        number = rgb[::-1] @ np.array([1, 1 << 8, 1 << 16], dtype=np.int32)
        shown = np.full(scene.ngeom + 1, -1, dtype=np.int32)  # number 0 is the background
        for geom in scene.geoms[: scene.ngeom]:
            if geom.segid >= 0 and geom.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                shown[geom.segid + 1] = geom.objid
        return np.asarray(shown[number])


def _look_at(scene: mujoco.MjvScene, ltrb_px: tuple[int, int, int, int], size_px: tuple[int, int], focal_px: float) -> None:
    """Narrow the view of a scene to a part of its picture."""
    x0, y0, x1, y1 = ltrb_px
    for camera in scene.camera:
        a_pixel = camera.frustum_near / focal_px
        camera.frustum_top, camera.frustum_bottom = (size_px[1] / 2 - y0) * a_pixel, (size_px[1] / 2 - y1) * a_pixel
        camera.frustum_center, camera.frustum_width = ((x0 + x1) / 2 - size_px[0] / 2) * a_pixel, (x1 - x0) / 2 * a_pixel


_JOINTS = {
    "head_pan": ("head_pan", 1.0), "head_tilt": ("head_tilt", 1.0), "lift": ("lift", 1.0), "arm_1": ("arm", 0.5), "arm_2": ("arm", 0.5),
    "left_finger": ("gripper", 0.5), "right_finger": ("gripper", 0.5),
}  # fmt: skip
"""Joint of the model → the named joint that drives it, and its share of the travel (as in ``sim/robot.py``)."""


def _quaternion(roll: float, pitch: float, yaw: float) -> Vector:
    """Turned about z, then y, then x of its own."""
    cr, sr, cp, sp, cy, sy = (f(a / 2) for a in (roll, pitch, yaw) for f in (math.cos, math.sin))
    return np.array([cr * cp * cy + sr * sp * sy, sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy, cr * cp * sy - sr * sp * cy])
