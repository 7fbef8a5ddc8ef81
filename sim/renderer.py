"""Drawing a state of the home without a screen: OpenGL through EGL, or OSMesa when ``MUJOCO_GL=osmesa``.

The context is made with the first :class:`Renderer`, so that importing ``sim`` needs no graphics.
"""

from __future__ import annotations

import importlib
import math
import os
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import SimState
from sim.mjcf import GROUP_FLOOR, GROUP_HOME, GROUP_OBJECTS, GROUP_PEOPLE, GROUP_ROBOT, GROUP_UPPER, load_model
from sim.state import redraw

INDOORS = (GROUP_HOME, GROUP_FLOOR, GROUP_UPPER, GROUP_PEOPLE, GROUP_OBJECTS, GROUP_ROBOT)
DOLLS_HOUSE = tuple(group for group in INDOORS if group != GROUP_UPPER)
"""What is drawn: everything, or without ceiling and upper walls."""


class RenderingError(RuntimeError):
    """The machine cannot draw; the text says what to install."""


@dataclass(frozen=True)
class Quality:
    """``samples`` are anti-aliasing samples per pixel; a shadow map of 0 px means no shadows."""

    samples: int
    shadow_px: int


FAST = Quality(samples=0, shadow_px=0)
SHADOWS = Quality(samples=0, shadow_px=1024)
NICE = Quality(samples=4, shadow_px=4096)


class Renderer:
    """Draws one home, given by its folder or as a model with looks, at one picture size.

    :raises RenderingError: no OpenGL on this machine
    """

    def __init__(self, home: str | mujoco.MjModel, width_px: int, height_px: int, quality: Quality) -> None:
        self._model = home if isinstance(home, mujoco.MjModel) else load_model(home, looks=True)[0]
        self._groups = self._model.geom_group.copy()
        self._data = mujoco.MjData(self._model)
        self._rect = mujoco.MjrRect(0, 0, width_px, height_px)
        self._gl = _gl_context(width_px, height_px)
        self._scene = mujoco.MjvScene(self._model, maxgeom=self._model.ngeom + 100)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = quality.shadow_px > 0
        self._scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        self._context = self._mjr_context(width_px, height_px, quality)
        weakref.finalize(self, _free, self._gl, self._context)
        self._camera, self._option = mujoco.MjvCamera(), mujoco.MjvOption()

    def _mjr_context(self, width_px: int, height_px: int, quality: Quality) -> mujoco.MjrContext:
        """The context takes its buffer sizes from the model, which is shared: set them, make it, put them back."""
        visual = self._model.vis
        offscreen, wanted = visual.global_, visual.quality
        before = offscreen.offwidth, offscreen.offheight, wanted.offsamples, wanted.shadowsize
        offscreen.offwidth, offscreen.offheight, wanted.offsamples, wanted.shadowsize = (
            width_px,
            height_px,
            quality.samples,
            quality.shadow_px,
        )
        self._gl.make_current()
        context = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_100)
        context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR.value
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, context)
        offscreen.offwidth, offscreen.offheight, wanted.offsamples, wanted.shadowsize = before
        return context

    def draw(self, state: SimState, camera: str, groups: Iterable[int] = INDOORS) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """BGR picture (height, width, 3) and distance along the optical axis in metres (height, width).

        :raises ValueError: the model has no such camera
        """
        redraw(self._model, self._data, state)
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._camera.fixedcamid = mujoco.mj_name2id(self._model, mujoco.mjtObj.mjOBJ_CAMERA, camera)
        if self._camera.fixedcamid < 0:
            raise ValueError(f"no camera '{camera}' in this home")
        self._fill_scene(np.isin(self._groups, list(groups)) & self._may_show())
        return self._read()

    def _fill_scene(self, drawn: NDArray[np.bool_]) -> None:
        """With these geoms only: what else is in the home costs as much as what the picture shows.

        MuJoCo chooses by groups, which are in the model, which is shared: set them, fill the scene, put them back.
        """
        model = self._model
        model.geom_group[:] = ~drawn
        self._option.geomgroup[:] = 0
        self._option.geomgroup[0] = 1
        try:
            mujoco.mjv_updateScene(model, self._data, self._option, None, self._camera, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene)
        finally:
            model.geom_group[:] = self._groups

    def _may_show(self) -> NDArray[np.bool_]:
        """Which geoms reach into what the camera sees, by the spheres around them; with shadows all, for those may come from beside it."""
        if self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW]:
            return np.ones(self._model.ngeom, np.bool_)
        camera, radius = self._camera.fixedcamid, self._model.geom_rbound
        local = (self._data.geom_xpos - self._data.cam_xpos[camera]) @ self._data.cam_xmat[camera].reshape(3, 3)  # x right, y up, z back
        up = math.tan(math.radians(self._model.cam_fovy[camera]) / 2)
        inside = radius > local[:, 2]
        for sideways, slope in ((local[:, 0], up * self._rect.width / self._rect.height), (local[:, 1], up)):
            inside &= np.abs(sideways) + slope * local[:, 2] < radius * math.hypot(1.0, slope)
        return np.asarray(inside | (radius == 0))  # a plane has no sphere

    def _read(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Draw the scene as it is."""
        self._gl.make_current()
        mujoco.mjr_render(self._rect, self._scene, self._context)
        rgb = np.empty((self._rect.height, self._rect.width, 3), np.uint8)
        depth = np.empty((self._rect.height, self._rect.width), np.float32)
        mujoco.mjr_readPixels(rgb, depth, self._rect, self._context)
        return np.asarray(cv2.cvtColor(cv2.flip(rgb, 0), cv2.COLOR_RGB2BGR), np.uint8), self._metres(depth[::-1])

    def _metres(self, buffer: NDArray[np.float32]) -> NDArray[np.float32]:
        """MuJoCo's depth buffer is reversed: 1 at the near plane, 0 at the far one."""
        near, far = (plane * self._model.stat.extent for plane in (self._model.vis.map.znear, self._model.vis.map.zfar))
        return np.asarray(far * near / (buffer * (far - near) + near), dtype=np.float32)


def _gl_context(width_px: int, height_px: int) -> Any:
    """An off-screen OpenGL context of MuJoCo's; imported here, since the import itself needs the graphics libraries."""
    backend = "osmesa" if os.environ.get("MUJOCO_GL", "").lower() == "osmesa" else "egl"
    try:
        return importlib.import_module(f"mujoco.{backend}").GLContext(width_px, height_px)
    except (ImportError, AttributeError, RuntimeError) as error:
        fix = "install libegl1 and libgl1-mesa-dri (Debian and Ubuntu), or run without a camera"
        raise RenderingError(f"cannot draw the simulated home through {backend}: {error}; {fix}") from error


def _free(gl: Any, context: mujoco.MjrContext) -> None:
    """Free graphics memory: OpenGL things can only be freed while their own context is the current one."""
    gl.make_current()
    context.free()
    gl.free()
