"""The camera driver: pictures for the eyes, and JPEGs of them for people and recordings."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

import cv2
from pydantic import Field, field_validator

from robot_runtime.config import StageConfig
from robot_runtime.messages import EncodedImage, Image
from robot_runtime.sense.address import checked, is_stream, shown, with_credentials
from robot_runtime.sense.calibration import load_calibration
from robot_runtime.sense.pictures import (
    FRAME_ID,
    FileSource,
    PictureSource,
    SimSource,
    SourceLostError,
    SourceSilentError,
    open_device,
    open_stream,
)
from robot_runtime.sense.reader import DEVICE, STREAM, ReaderSource
from robot_runtime.sense.refusals import Refusals
from robot_runtime.sense.topic import TopicSource
from robot_runtime.stage import Inbox, Outbox
from safety.files import FileError

_LOG = logging.getLogger(__name__)
_FIRST_RETRY_S, _LONGEST_RETRY_S = 1.0, 10.0
_CLOSE_S = 0.5
"""How long the end waits for a driver."""
_SOURCES = "sim, topic, device, device:N, file:PATH, rtsp://… or http://…"


class Camera:
    """Publishes ``camera/image`` and ``camera/image/compressed``.

    A camera that is lost later is reported and opened again with back-off; meanwhile nothing is published, so that whoever
    needs pictures sees them go stale.  A stream may be missing at the start as well: it is looked for all the time.
    """

    class Config(StageConfig):
        source: str = Field("device", description=f"{_SOURCES}; device:N is /dev/videoN, a file is a video or a picture")
        home: str = Field("", description="folder of the simulated home, for the source sim")
        width_px: int = Field(640, ge=32, le=4096, description="width of the pictures")
        height_px: int = Field(480, ge=32, le=4096, description="height of the pictures")
        jpeg_quality: int = Field(80, ge=1, le=100, description="quality of the JPEGs")
        allow_missing: bool = Field(False, description="start without a camera and wait for one, instead of an error")
        calibration_file: str = Field("", description="camera_info.yaml of ROS camera_calibration; goes before a driver's own")
        credentials_file: str = Field("", description="file with one line user:password for a stream: not in a parameter, for all to read")

        @field_validator("source")
        @classmethod
        def _known(cls, value: str) -> str:
            kind, _, rest = value.partition(":")
            good = value in ("sim", "topic", "device") or (kind == "device" and rest.isdecimal()) or (kind == "file" and rest != "")
            if not good and not is_stream(value):
                raise ValueError(f"expected {_SOURCES}")
            return value

    def __init__(self, config: Config) -> None:
        """:raises FileError: the source does not exist and ``allow_missing`` is off, or a file cannot be used"""
        self._config = config
        self._info = load_calibration(config.calibration_file, FRAME_ID) if config.calibration_file else None
        self._address = with_credentials(checked(config.source), config.credentials_file) if is_stream(config.source) else ""
        self._source: PictureSource | None = None
        self._left: ReaderSource | None = None  # a closed one whose thread may not have let go of the camera yet
        self._refusals, self._pictures = Refusals(), 0
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

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """For /diagnostics: why there are no pictures, and how many there were."""
        source = shown(self._config.source)
        figures = {"source": source, "pictures": str(self._pictures), "refused": str(self._refusals.count)}
        if self._refusals.last:
            figures["refused because"] = self._refusals.last
        return self._problem and f"no pictures from {source}: {self._problem}", figures

    def reset(self) -> None:
        self._close()
        if self._left is not None:
            self._left.wait(_CLOSE_S)
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
        except SourceSilentError as error:
            self._tell(str(error))
            return []
        except (SourceLostError, FileError) as error:  # a file that was there at the start may be gone as well
            self._lose(str(error), now_s)
            return []
        if image is None:
            return []
        self._found()
        self._pictures += 1
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
        if kind == "topic":
            return TopicSource(size, self._info, self._refusals)
        if kind == "file":
            return FileSource(rest, *size, self._info)
        if self._left is not None and self._left.hangs:  # else threads would pile up
            raise SourceLostError("the driver has not let go of it since the last attempt")
        if self._address:
            return ReaderSource(lambda: open_stream(self._address), size, STREAM, self._info, self._refusals)
        capture = open_device(int(rest or 0), *size)
        return ReaderSource(lambda: capture, size, DEVICE, self._info, self._refusals)

    def _lose(self, problem: str, now_s: float) -> None:
        self._tell(problem)
        self._close()
        self._retry_s = now_s + self._wait_s
        self._wait_s = min(2.0 * self._wait_s, _LONGEST_RETRY_S)

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            _LOG.warning("camera: %s; trying again", problem)
        self._problem = problem

    def _found(self) -> None:
        if self._problem:
            _LOG.warning("camera: pictures again")
            self._forget()

    def _close(self) -> None:
        """Without waiting for a driver that hangs."""
        if self._source is not None:
            self._source.close()
        if isinstance(self._source, ReaderSource):
            self._left = self._source
        self._source = None


def encode(image: Image, quality: int) -> EncodedImage:
    """A JPEG of a picture."""
    good, data = cv2.imencode(".jpg", image.bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise ValueError(f"OpenCV cannot encode a picture of shape {image.bgr.shape} as JPEG")
    return EncodedImage(image.stamp_s, image.frame_id, "jpeg", data.tobytes())
