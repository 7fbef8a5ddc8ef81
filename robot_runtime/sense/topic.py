"""Pictures from a camera that has a ROS driver of its own.

The subscription is that of the camera's node, so a raw picture crosses DDS once, from that driver to the eyes.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import CameraInfo, EncodedImage, Image, RawImage
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.pictures import PictureError
from robot_runtime.sense import raw_image
from robot_runtime.sense.calibration import check_shape, lens
from robot_runtime.sense.pictures import SourceSilentError, fit
from robot_runtime.sense.refusals import Refusals
from robot_runtime.stage import Inbox, latest, news

RAW, COMPRESSED, DEPTH, INFO = "camera/raw_in", "camera/compressed_in", "camera/depth_in", "camera/info_in"

SILENT_S = 2.0
_OLDEST_S, _AHEAD_S = 1.0, 0.25
"""How far a stamp may be from now; what is as far as this off would be stale for the world anyway."""
_APART_S = 0.05
"""Between a picture and depths that belong to it; drivers that align them give both the same stamp."""
_MOST_TRIED = 3
"""Pictures unpacked in one step, the newest first, until one is sound."""

Picture = RawImage | EncodedImage


class TopicSource:
    """The newest sound picture, with the depths that belong to it, if any come."""

    def __init__(self, size_px: tuple[int, int], info: CameraInfo | None, refusals: Refusals) -> None:
        """``info`` goes before the driver's own."""
        self._size_px, self._fixed_info, self._refusals = size_px, info, refusals
        self._info = info
        self._depths: deque[RawImage] = deque(maxlen=8)
        self._last_s = -math.inf
        self._heard_s = math.nan

    def read(self, inbox: Inbox, now_s: float) -> Image | None:
        """:raises SourceSilentError: none for 2 s; it goes on by itself"""
        if math.isnan(self._heard_s) or now_s < self._heard_s:
            self._heard_s = now_s
        self._learn(inbox, now_s)
        pictures: list[Picture] = [*news(inbox, RAW, RawImage), *news(inbox, COMPRESSED, EncodedImage)]
        for picture in self._in_order(self._dated(pictures, now_s))[:_MOST_TRIED]:
            if (image := self._made(picture, now_s)) is not None:
                self._last_s, self._heard_s = picture.stamp_s, now_s
                return image
        if now_s - self._heard_s > SILENT_S:
            raise SourceSilentError(f"no sound picture on {RAW} or {COMPRESSED} for {SILENT_S:g} s")
        return None

    def close(self) -> None:
        """Nothing to let go of: the subscription is the node's."""

    def _learn(self, inbox: Inbox, now_s: float) -> None:
        self._depths.extend(news(inbox, DEPTH, RawImage))
        info = latest(inbox, INFO, CameraInfo)
        if info is None or self._fixed_info is not None:
            return
        try:
            lens(info)
        except ValueError as error:
            self._refusals.add(f"{INFO}: {error}", now_s, 0)
        else:
            self._info = info

    def _dated(self, pictures: Iterable[Picture], now_s: float) -> list[Picture]:
        """Those that come after the last one and are of now."""
        good: list[Picture] = []
        for picture in pictures:
            age_s = now_s - picture.stamp_s
            if not -_AHEAD_S <= age_s <= _OLDEST_S:
                ago = f"stamped {age_s:.2f} s ago; do the driver's clock and use_sim_time agree with ours?"
                self._refusals.add(f"{_topic(picture)}: {ago}", now_s)
            elif picture.stamp_s > self._last_s:
                good.append(picture)
        return good

    def _in_order(self, pictures: list[Picture]) -> list[Picture]:
        """Those with depths first, then the newest: depths may come later than their picture."""
        return sorted(pictures, key=lambda picture: (self._depth_of(picture) is not None, picture.stamp_s), reverse=True)

    def _depth_of(self, picture: Picture) -> RawImage | None:
        nearest = min(self._depths, key=lambda depth: abs(depth.stamp_s - picture.stamp_s), default=None)
        return nearest if nearest is not None and abs(nearest.stamp_s - picture.stamp_s) <= _APART_S else None

    def _made(self, picture: Picture, now_s: float) -> Image | None:
        """None if the picture is of no use; depths of no use are left out."""
        try:
            bgr = raw_image.colour(picture) if isinstance(picture, RawImage) else raw_image.unpacked(picture)
            check_shape(self._info, bgr.shape[1], bgr.shape[0])
        except PictureError as error:
            self._refusals.add(f"{_topic(picture)}: {error}", now_s)
            return None
        depth_m = self._aligned(picture, bgr, now_s)
        return Image(picture.stamp_s, picture.frame_id, fit(bgr, *self._size_px), depth_m, self._info)

    def _aligned(self, picture: Picture, bgr: Bgr, now_s: float) -> NDArray[np.float32] | None:
        raw = self._depth_of(picture)
        if raw is None:
            return None
        try:
            depth_m = raw_image.depth_m(raw)
            if depth_m.shape != bgr.shape[:2] or raw.frame_id != picture.frame_id:
                shape = f"{raw.width_px} x {raw.height_px} in {raw.frame_id[:40]!r}"
                raise PictureError(f"{shape} are not aligned with pictures of {bgr.shape[1]} x {bgr.shape[0]} in {picture.frame_id[:40]!r}")
        except PictureError as error:
            self._refusals.add(f"{DEPTH}: {error}", now_s)
            return None
        return np.asarray(cv2.resize(depth_m, self._size_px, interpolation=cv2.INTER_NEAREST), dtype=np.float32)


def _topic(picture: Picture) -> str:
    return RAW if isinstance(picture, RawImage) else COMPRESSED
