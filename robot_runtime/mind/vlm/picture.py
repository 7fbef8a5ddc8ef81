"""The camera's picture as a model gets it: no larger than it needs, and never an old one."""

from __future__ import annotations

import cv2
import numpy as np

from robot_runtime.messages import EncodedImage

_JPEG_QUALITY = 85


def fresh(picture: EncodedImage | None, now_s: float, age_s: float) -> bytes | None:
    """Its JPEG; None when there is no picture, or it is older than ``age_s``."""
    usable = picture is not None and picture.format == "jpeg" and 0 <= now_s - picture.stamp_s <= age_s
    return picture.data if usable and picture is not None else None


def shrunk(jpeg: bytes, longest_px: int) -> bytes | None:
    """The same with at most ``longest_px`` pixels on its longer side; None when it is no picture.  It takes some milliseconds."""
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if bgr is None:
        return None
    height_px, width_px = bgr.shape[:2]
    scale = longest_px / max(height_px, width_px)
    if scale < 1:
        size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
