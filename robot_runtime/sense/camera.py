"""The camera driver: pictures for the eyes, and JPEGs of them for people and recordings."""

from __future__ import annotations

import logging
import math

import cv2
from pydantic import Field, field_validator

from robot_runtime.config import StageConfig
from robot_runtime.messages import EncodedImage, Image
from robot_runtime.sense.pictures import DeviceSource, FileSource, PictureSource, SimSource, SourceLostError, open_device
from robot_runtime.stage import Inbox, Outbox
from safety.files import FileError

_LOG = logging.getLogger(__name__)
_FIRST_RETRY_S, _LONGEST_RETRY_S = 1.0, 10.0


class Camera:
    """Publishes ``camera/image`` and ``camera/image/compressed``.

    A camera that is lost later is reported and opened again with back-off; meanwhile nothing is published, so that whoever
    needs pictures sees them go stale.
    """

    class Config(StageConfig):
        source: str = Field("device", description="sim, device, device:N (/dev/videoN) or file:PATH (video or picture)")
        home: str = Field("", description="folder of the simulated home, for the source sim")
        width_px: int = Field(320, ge=32, le=4096, description="width of the pictures")
        height_px: int = Field(240, ge=32, le=4096, description="height of the pictures")
        jpeg_quality: int = Field(80, ge=1, le=100, description="quality of the JPEGs")
        allow_missing: bool = Field(False, description="start without a camera and wait for one, instead of an error")

        @field_validator("source")
        @classmethod
        def _known(cls, value: str) -> str:
            kind, _, rest = value.partition(":")
            good = value in ("sim", "device") or (kind == "device" and rest.isdecimal()) or (kind == "file" and rest != "")
            if not good:
                raise ValueError("expected sim, device, device:N or file:PATH")
            return value

    def __init__(self, config: Config) -> None:
        """:raises FileError: the source does not exist and ``allow_missing`` is off"""
        self._config = config
        self._source: PictureSource | None = None
        self._forget()
        try:
            self._source = self._open()
        except SourceLostError as error:
            if not config.allow_missing:
                fix = "connect it, set camera.source, or set camera.allow_missing: true"
                raise FileError(f"camera: source: {error}; {fix}") from error
            self._lose(str(error), 0.0)

    @property
    def problem(self) -> str:
        """Why there are no pictures now, "" when there are."""
        return self._problem

    def reset(self) -> None:
        self._close()
        self._forget()

    def close(self) -> Outbox:
        """Let go of the camera; the next step opens it again."""
        self.reset()
        return []

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        try:
            if self._source is None and now_s >= self._retry_s:
                self._source = self._open()
            image = None if self._source is None else self._source.read(inbox, now_s)
        except SourceLostError as error:
            self._lose(str(error), now_s)
            return []
        if image is None:
            return []
        self._found()
        return [("camera/image", image), ("camera/image/compressed", encode(image, self._config.jpeg_quality))]

    def _forget(self) -> None:
        self._problem = ""
        self._retry_s = -math.inf
        self._wait_s = _FIRST_RETRY_S

    def _open(self) -> PictureSource:
        kind, _, rest = self._config.source.partition(":")
        size = self._config.width_px, self._config.height_px
        if kind == "sim":
            return SimSource(self._config.home, *size)
        if kind == "file":
            return FileSource(rest, *size)
        return DeviceSource(open_device(int(rest or 0), *size), *size)

    def _lose(self, problem: str, now_s: float) -> None:
        if problem != self._problem:
            _LOG.warning("camera: %s; trying again", problem)
        self._close()
        self._problem = problem
        self._retry_s = now_s + self._wait_s
        self._wait_s = min(2.0 * self._wait_s, _LONGEST_RETRY_S)

    def _found(self) -> None:
        if self._problem:
            _LOG.warning("camera: pictures again")
            self._forget()

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()
        self._source = None


def encode(image: Image, quality: int) -> EncodedImage:
    """A JPEG of a picture."""
    good, data = cv2.imencode(".jpg", image.bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise ValueError(f"OpenCV cannot encode a picture of shape {image.bgr.shape} as JPEG")
    return EncodedImage(image.stamp_s, image.frame_id, "jpeg", data.tobytes())
