"""Where pictures come from: a camera device, a file, or the simulated home.

A device is read by a thread of its own, so that a slow or vanished camera never holds up a step; this is the one place of
the eyes that reads a clock, to tell how old a device's picture is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime import simulation
from robot_runtime.config import load_class
from robot_runtime.messages import Image, SimState
from robot_runtime.paths import resolve
from robot_runtime.stage import Inbox, latest
from safety.files import FileError

Bgr = NDArray[np.uint8]

FRAME_ID = "camera"
SILENT_S = 2.0
"""A device that gives no picture for so long is lost; cameras deliver 5 a second or more, and need up to a second to start."""


class SourceLostError(OSError):
    """The source gives no pictures any more and has to be opened again; the text says why."""


class PictureSource(Protocol):
    def read(self, inbox: Inbox, now_s: float) -> Image | None:
        """The newest picture, None when there is no new one.

        :raises SourceLostError: there will be none until the source is opened again
        """
        ...

    def close(self) -> None: ...


class Capture(Protocol):
    """What is used of ``cv2.VideoCapture``."""

    def read(self) -> tuple[bool, Any]: ...

    def release(self) -> None: ...


def fit(picture: Bgr, width_px: int, height_px: int) -> Bgr:
    """The picture in the size that was asked for."""
    if picture.shape[:2] == (height_px, width_px):
        return picture
    return np.asarray(cv2.resize(picture, (width_px, height_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)


# ---------------------------------------------------------------- device


def devices() -> list[str]:
    """Video devices of this machine."""
    return sorted(str(path) for path in Path("/dev").glob("video*"))


def open_device(number: int, width_px: int, height_px: int) -> Capture:
    """Open ``/dev/video<number>``.

    :raises SourceLostError: there is no such device or it gives no pictures; names those that exist
    """
    path = f"/dev/video{number}"
    if path not in devices():
        raise SourceLostError(f"no camera at {path}; found: {', '.join(devices()) or 'none'}")
    capture = cv2.VideoCapture(number, cv2.CAP_V4L2)
    if not capture.isOpened():
        raise SourceLostError(f"{path} cannot be opened: in use by another program, or not a camera; found: {', '.join(devices())}")
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width_px)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height_px)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


class DeviceSource:
    """The newest picture of a device; older ones that nobody fetched are dropped."""

    def __init__(self, capture: Capture, width_px: int, height_px: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capture = capture
        self._size_px = width_px, height_px
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: tuple[float, Bgr] | None = None
        self._heard_s = clock()
        self._failure = ""
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closed.is_set():
            good, picture = self._capture.read()
            with self._lock:
                if not good:
                    self._failure = "the camera stopped giving pictures"
                    break
                self._newest = self._heard_s, _ = self._clock(), picture
        self._capture.release()

    def read(self, inbox: Inbox, now_s: float) -> Image | None:
        with self._lock:
            newest, self._newest = self._newest, None
            silent_s, failure = self._clock() - self._heard_s, self._failure
        if newest is not None:
            taken_s, picture = newest
            return Image(now_s - max(0.0, self._clock() - taken_s), FRAME_ID, fit(picture, *self._size_px), None)
        if failure or silent_s > SILENT_S:
            raise SourceLostError(failure or f"the camera has given no picture for {silent_s:.1f} s")
        return None

    def close(self) -> None:
        """Ask the thread to end; it releases the device.  A thread that hangs in the driver is left behind (it is a daemon)."""
        self._closed.set()
        self._thread.join(timeout=0.5)


# ---------------------------------------------------------------- file


class FileSource:
    """A video paced by the robot's clock, which starts again at its end; or a picture that stays."""

    def __init__(self, path: str, width_px: int, height_px: int) -> None:
        """:raises FileError: no readable picture or video there"""
        self._path = resolve(path)
        self._size_px = width_px, height_px
        if not self._path.is_file():
            raise FileError(f"{self._path}: no such picture or video")
        self._still = cv2.imread(str(self._path), cv2.IMREAD_COLOR)
        self._start_s = self._shown = -1.0
        if self._still is None:
            self._open()

    def _open(self) -> None:
        self._video = cv2.VideoCapture(str(self._path))
        self._rate_hz = self._video.get(cv2.CAP_PROP_FPS)
        if not self._video.isOpened() or not 0.0 < self._rate_hz < 1000.0:
            raise FileError(f"{self._path}: neither a picture nor a video that OpenCV can read")
        self._start_s, self._shown = -1.0, -1.0

    def read(self, inbox: Inbox, now_s: float) -> Image | None:
        picture = self._still if self._still is not None else self._next(now_s)
        return None if picture is None else Image(now_s, FRAME_ID, fit(np.asarray(picture, dtype=np.uint8), *self._size_px), None)

    def _next(self, now_s: float) -> Any:
        """The frame that is due at ``now_s``; None while the last one is still due."""
        if self._start_s < 0.0:
            self._start_s = now_s
        due = float(int((now_s - self._start_s) * self._rate_hz + 1e-6))
        if due <= self._shown:
            return None
        while self._shown < due - 1.0 and self._video.grab():
            self._shown += 1.0
        good, picture = self._video.read()
        if good:
            self._shown = due
            return picture
        if self._shown < 0.0:
            raise SourceLostError(f"{self._path}: no frame in it can be read")
        self._video.release()
        self._open()
        return self._next(now_s)

    def close(self) -> None:
        if self._still is None:
            self._video.release()


# ---------------------------------------------------------------- simulation


class SimSource:
    """Pictures rendered from ``sim/state``; the renderer is loaded by name, since the runtime does not know the simulator."""

    def __init__(self, home: str, width_px: int, height_px: int) -> None:
        self._camera = load_class(simulation.CAMERA)(home, width_px, height_px)

    def read(self, inbox: Inbox, now_s: float) -> Image | None:
        state = latest(inbox, "sim/state", SimState)
        if state is None:
            return None
        self._camera.update(state)
        image: Image | None = self._camera.read(now_s)
        return image

    def close(self) -> None:
        """The renderer ends with the object."""
