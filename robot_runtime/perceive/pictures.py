"""Pictures as they come, and as the network needs them: what cannot be a picture is refused with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Bgr

LONGEST_SIDE_PX = 16384
"""Twice an 8k picture.  Beyond it something is wrong with the source, and memory would be what pays."""


class PictureError(ValueError):
    """Not a picture that can be looked at: one line that says what is wrong with it."""


def as_bgr(picture: object) -> Bgr:
    """The picture as uint8 BGR, without a copy where it is that already; contiguous or not.

    Grey pictures (h, w) and (h, w, 1) become three equal channels, a fourth channel (alpha) is left out, and of 16 bits
    the upper 8 are kept.

    :raises PictureError: no array, empty, too large, or of a type or number of channels that no camera has
    """
    if not isinstance(picture, np.ndarray):
        raise PictureError(f"not a picture but {type(picture).__name__}; a file that cannot be decoded gives None")
    return _three_channels(_eight_bits(_sized(picture)))


def _sized(picture: NDArray[Any]) -> NDArray[Any]:
    if picture.ndim not in (2, 3):
        raise PictureError(f"expected shape (height, width, channels), got {picture.shape}")
    if picture.size == 0:
        raise PictureError(f"the picture is empty: shape {picture.shape}")
    if max(picture.shape[:2]) > LONGEST_SIDE_PX:
        raise PictureError(f"{picture.shape[1]} x {picture.shape[0]} pixels; at most {LONGEST_SIDE_PX} a side are taken")
    return picture


def _eight_bits(picture: NDArray[Any]) -> NDArray[np.uint8]:
    if picture.dtype == np.uint8:
        return picture
    if picture.dtype == np.uint16:
        return (picture >> 8).astype(np.uint8)
    raise PictureError(f"pixels of type {picture.dtype}; expected uint8 or uint16")


def _three_channels(picture: NDArray[np.uint8]) -> Bgr:
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if channels == 1:
        grey = picture.reshape(picture.shape[:2])
        return np.repeat(grey[:, :, None], 3, axis=2)
    if channels in (3, 4):
        return picture[:, :, :3]
    raise PictureError(f"{channels} channels; expected 1 (grey), 3 (BGR) or 4 (BGRA)")


_ENDS = {b"\xff\xd8\xff": b"\xff\xd9", b"\x89PNG": b"IEND"}
"""How JPEG and PNG files begin → what stands near their end (ITU-T T.81 B.1.1.3; ISO/IEC 15948 11.2.5)."""


def decode(data: bytes) -> Bgr:
    """A picture from the bytes of a JPEG, PNG or another file that OpenCV reads.

    :raises PictureError: empty, cut off, or in no known format.  Half a JPEG would decode, with grey for the rest; but
        nobody is seen in grey, so it is refused.
    """
    if not data:
        raise PictureError("the file is empty")
    for start, end in _ENDS.items():
        if data.startswith(start) and end not in data[-4096:]:
            raise PictureError("the file is cut off: its end is missing")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)  # eight bits, BGR, turned as EXIF says
    except cv2.error as error:
        raise PictureError(f"cannot be decoded: {str(error).strip().splitlines()[-1]}") from error
    if picture is None:
        raise PictureError("in no picture format that is known here, or damaged")
    return as_bgr(picture)


def read(path: str | Path) -> Bgr:
    """The picture in a file.

    :raises PictureError: naming the file
    """
    try:
        return decode(Path(path).read_bytes())
    except OSError as error:
        raise PictureError(f"{path}: cannot be read: {error.strerror}") from error
    except PictureError as error:
        raise PictureError(f"{path}: {error}") from error
