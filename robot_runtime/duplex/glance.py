"""Which pictures of the camera the model gets: one a second, and at once when the scene changes."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, np.dtype[np.uint8]]

EVERY_S = 1.0
_LEAST_S = 0.2
_CHANGE = 12.0  # mean difference of grey levels, of 255, over a thumbnail
_THUMBNAIL = (32, 24)


class Glance:
    """Chooses; time is passed in."""

    def __init__(self) -> None:
        self._last_s = -math.inf
        self._thumbnail: Picture | None = None

    def take(self, encoded: bytes, now_s: float) -> Picture | None:
        """An encoded picture comes; RGB of shape (height, width, 3) if the model must have it, else None."""
        if now_s - self._last_s < _LEAST_S:
            return None
        picture: Any = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            return None
        thumbnail: Any = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), _THUMBNAIL, interpolation=cv2.INTER_AREA)
        if now_s - self._last_s < EVERY_S and not self._changed(thumbnail):
            return None
        self._last_s, self._thumbnail = now_s, thumbnail
        rgb: Picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        return rgb

    def _changed(self, thumbnail: Picture) -> bool:
        if self._thumbnail is None:
            return True
        return float(np.mean(np.abs(thumbnail.astype(np.int16) - self._thumbnail))) > _CHANGE
