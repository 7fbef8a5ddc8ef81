"""Pictures of the simulated home, drawn from ``sim/state`` in whatever process wants them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import Image, SimState
from sim.mjcf import GROUP_FLOOR, GROUP_HOME, GROUP_OBJECTS, GROUP_PEOPLE, GROUP_ROBOT
from sim.renderer import DOLLS_HOUSE, FAST, INDOORS, NICE, SHADOWS, Renderer

HEAD_FRAME = "head_camera"
OVERHEAD_PX = (640, 480)


class SimCamera:
    """The robot's head camera: colour and depth of the newest state.

    :raises RenderingError: no OpenGL on this machine
    """

    def __init__(self, home: str, width_px: int, height_px: int) -> None:
        self._renderer = Renderer(home, width_px, height_px, FAST)
        self._state: SimState | None = None

    def update(self, state: SimState) -> None:
        self._state = state

    def read(self, now_s: float) -> Image | None:
        """The picture of the newest state, stamped with that state's time; None before the first state."""
        if self._state is None:
            return None
        bgr, depth_m = self._renderer.draw(self._state, "head")
        return Image(self._state.stamp_s, HEAD_FRAME, bgr, depth_m)


class _Overhead:
    """The home from above, quickly: what never moves is drawn once in full quality, movers are laid over it by depth.

    Shadows of movers come from a drawing of movers and bare floor: where it is darker than the bare floor alone, the
    floor of the full picture is darkened in the same proportion.
    """

    def __init__(self, home: str) -> None:
        self._home = home
        self._movers = Renderer(home, *OVERHEAD_PX, SHADOWS)
        self._rest_bgr: NDArray[np.uint8] | None = None

    def __call__(self, state: SimState) -> NDArray[np.uint8]:
        if self._rest_bgr is None:
            self._rest_bgr = self._draw_rest(state)
        bgr, depth_m = self._movers.draw(state, "overhead", (GROUP_FLOOR, GROUP_PEOPLE, GROUP_OBJECTS, GROUP_ROBOT))
        shade = np.minimum(bgr.sum(axis=2, dtype=np.float32) / self._floor_sum, 1.0)
        shade[~self._floor_seen] = 1.0
        rest = (self._rest_bgr * shade[:, :, None]).astype(np.uint8)
        return np.where((depth_m < self._rest_m - 0.002)[:, :, None], bgr, rest)

    def _draw_rest(self, state: SimState) -> NDArray[np.uint8]:
        rest, _ = Renderer(self._home, *OVERHEAD_PX, NICE).draw(state, "overhead", (GROUP_HOME, GROUP_FLOOR))
        _, self._rest_m = self._movers.draw(state, "overhead", (GROUP_HOME, GROUP_FLOOR))
        floor, floor_m = self._movers.draw(state, "overhead", (GROUP_FLOOR,))
        self._floor_sum = np.maximum(floor.sum(axis=2, dtype=np.float32), 1.0)
        self._floor_seen = np.abs(floor_m - self._rest_m) < 0.02
        return rest


def overhead(home: str) -> Callable[[SimState], NDArray[np.uint8]]:
    """What draws the whole home from above, upper walls left out: BGR of shape (480, 640, 3).

    :raises RenderingError: no OpenGL on this machine
    """
    return _Overhead(home)


def render(home: str, state: SimState, camera: str, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """One BGR picture in full quality from the camera "head" or "overhead", which has shadows.

    :raises ValueError: there is no such camera
    :raises RenderingError: no OpenGL on this machine
    """
    above = camera == "overhead"
    quality = NICE if above else replace(NICE, shadow_px=0)  # indoors the ceiling would keep the sun out
    return Renderer(home, width_px, height_px, quality).draw(state, camera, DOLLS_HOUSE if above else INDOORS)[0]


def overhead_pictures(home: str, states: Sequence[SimState]) -> Iterator[NDArray[np.uint8]]:
    """The whole home from above for each of the states, in order, drawn on all cores."""
    context = multiprocessing.get_context("spawn")  # a forked OpenGL context is not usable
    with ProcessPoolExecutor(os.cpu_count(), context, initializer=_prepare_worker, initargs=(home,)) as pool:
        for begin in range(0, len(states), _BATCH):  # in batches, so that finished pictures do not pile up
            yield from pool.map(_draw_in_worker, states[begin : begin + _BATCH], chunksize=10)


_BATCH = 200
_worker: list[Callable[[SimState], NDArray[np.uint8]]] = []


def _prepare_worker(home: str) -> None:
    _worker.append(overhead(home))


def _draw_in_worker(state: SimState) -> NDArray[np.uint8]:
    return _worker[0](state)
