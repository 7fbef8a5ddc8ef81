"""Where pictures come from: a camera device, a stream, a file, or the simulated home."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from robot_runtime import simulation
from robot_runtime.config import load_class
from robot_runtime.messages import CameraInfo, Image, SimState
from robot_runtime.paths import resolve
from robot_runtime.perceive import pictures
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.pictures import PictureError
from robot_runtime.sense.calibration import check_shape
from robot_runtime.stage import Inbox, latest
from safety.files import FileError

FRAME_ID = "camera"


class SourceLostError(OSError):
    """The source gives no pictures any more and has to be opened again; the text says why."""


class SourceSilentError(SourceLostError):
    """There are no pictures, but there is nothing to open again: they come by themselves or not at all."""


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


# ---------------------------------------------------------------- devices and streams, read by sense/reader.py


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


_OPEN_MS, _READ_MS = 10_000, 5_000
"""FFmpeg's own limits; without them a thread would hang for 30 s (OpenCV's defaults)."""


def open_stream(address: str) -> Capture:
    """Open a network camera by FFmpeg; may take 10 s.

    FFmpeg's options come from the environment variable ``OPENCV_FFMPEG_CAPTURE_OPTIONS``; see docs/cameras.md.

    :raises SourceLostError: it does not answer, refuses, or sends nothing that is a picture; without the address, which may
        hold a password
    """
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_MS]
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        capture.release()
        raise SourceLostError("the stream cannot be opened: no answer, refused, or no pictures in it")
    return capture


# ---------------------------------------------------------------- file


class FileSource:
    """A video paced by the robot's clock, which starts again at its end; or a picture that stays."""

    def __init__(self, path: str, width_px: int, height_px: int, info: CameraInfo | None = None) -> None:
        """:raises FileError: no readable picture or video there, or not of the calibration's shape"""
        self._path, self._size_px, self._info = resolve(path), (width_px, height_px), info
        if not self._path.is_file():
            raise FileError(f"{self._path}: no such picture or video")
        self._still = self._picture()
        self._start_s = self._shown = -1.0
        if self._still is None:
            self._open()

    def _picture(self) -> Bgr | None:
        """The file as a picture, None when it is none; one that is cut off or too large is an error."""
        if cv2.haveImageReader(str(self._path)):
            try:
                return self._fitted(pictures.read(self._path))
            except PictureError as error:
                raise FileError(f"{self._path}: {str(error).removeprefix(f'{self._path}: ')}") from error
        return None

    def _fitted(self, picture: Bgr) -> Bgr:
        check_shape(self._info, picture.shape[1], picture.shape[0])
        return fit(picture, *self._size_px)

    def _open(self) -> None:
        self._video = cv2.VideoCapture(str(self._path))
        self._rate_hz = self._video.get(cv2.CAP_PROP_FPS)
        if not self._video.isOpened() or not 0.0 < self._rate_hz < 1000.0:
            raise FileError(f"{self._path}: neither a picture nor a video that OpenCV can read")
        self._start_s, self._shown = -1.0, -1.0

    def read(self, inbox: Inbox, now_s: float) -> Image | None:
        picture = self._still if self._still is not None else self._next(now_s)
        return None if picture is None else Image(now_s, FRAME_ID, picture, None, self._info)

    def _next(self, now_s: float) -> Bgr | None:
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
            try:
                return self._fitted(pictures.as_bgr(picture))
            except PictureError as error:
                raise SourceLostError(f"{self._path}: {error}") from error
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
