"""Pictures that others' camera drivers send: what sensor_msgs/Image and CompressedImage hold, as arrays.

Whoever publishes may claim anything, so nothing is believed: sizes are held against the bytes that are there, and a packed
picture's own head is read before it is unpacked.
"""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import EncodedImage, RawImage
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.pictures import PictureError, decode

MOST_SIDE_PX = 4096
"""As much as ``camera.width_px`` can ask for.  Larger pictures would only cost time: the network sees them at 640 or less."""

_CHANNELS = {"bgr8": 3, "8UC3": 3, "rgb8": 3, "bgra8": 4, "rgba8": 4, "mono8": 1, "8UC1": 1}
_TO_BGR = {
    "rgb8": cv2.COLOR_RGB2BGR, "rgba8": cv2.COLOR_RGBA2BGR, "bgra8": cv2.COLOR_BGRA2BGR,
    "mono8": cv2.COLOR_GRAY2BGR, "8UC1": cv2.COLOR_GRAY2BGR,
}  # fmt: skip
_DEPTHS = {"16UC1": ("u2", 0.001), "mono16": ("u2", 0.001), "32FC1": ("f4", 1.0)}  # REP-118: millimetres, metres
_LIKELY_M = (0.05, 30.0)
"""The median of the depths lies in here.  With bytes in the wrong order 16 bits give 33 m, and 32 bits nothing of the kind."""


def colour(raw: RawImage) -> Bgr:
    """A raw picture as BGR.

    :raises PictureError: an unknown encoding, no or too many pixels, or not the bytes that it claims
    """
    channels = _CHANNELS.get(raw.encoding)
    if channels is None:
        raise PictureError(f"encoding '{raw.encoding[:40]}'; known are {', '.join(_CHANNELS)}")
    pixels = _rows(raw, np.dtype("u1"), channels)
    code = _TO_BGR.get(raw.encoding)
    return np.ascontiguousarray(pixels if code is None else cv2.cvtColor(pixels, code), dtype=np.uint8)


def depth_m(raw: RawImage) -> NDArray[np.float32]:
    """Depths in metres, shape (height, width), nan where there is none.

    :raises PictureError: as :func:`colour`, or depths that cannot be
    """
    if raw.encoding not in _DEPTHS:
        raise PictureError(f"encoding '{raw.encoding[:40]}' of depths; known are {', '.join(_DEPTHS)}")
    kind, unit_m = _DEPTHS[raw.encoding]
    pixels = _rows(raw, np.dtype((">" if raw.is_bigendian else "<") + kind), 1)[:, :, 0]
    with np.errstate(invalid="ignore", over="ignore"):
        depths: NDArray[np.float32] = pixels.astype(np.float32) * np.float32(unit_m)
        depths[~((depths > 0.0) & (depths < np.inf))] = np.nan
    some = depths[::8, ::8]
    some = some[np.isfinite(some)]
    if some.size and not _LIKELY_M[0] <= float(np.median(some)) <= _LIKELY_M[1]:
        raise PictureError(f"depths of {float(np.median(some)):.3g} m: is their unit right, and is_bigendian ({raw.is_bigendian})?")
    return depths


def _rows(raw: RawImage, kind: np.dtype[Any], channels: int) -> NDArray[Any]:
    """The pixels without the padding of rows: shape (height, width, channels)."""
    _check_size(raw.width_px, raw.height_px)
    row_bytes = raw.width_px * channels * kind.itemsize
    if raw.step_bytes < row_bytes or raw.step_bytes * raw.height_px != raw.data.size:
        needed = f"{raw.width_px} pixels of {raw.encoding} need {row_bytes} a row"
        raise PictureError(f"{raw.data.size} bytes in {raw.height_px} rows of {raw.step_bytes}; {needed}")
    if raw.is_bigendian not in (0, 1):
        raise PictureError(f"is_bigendian is {raw.is_bigendian}, expected 0 or 1")
    rows = np.ascontiguousarray(raw.data.reshape(raw.height_px, raw.step_bytes)[:, :row_bytes])
    return rows.view(kind).reshape(raw.height_px, raw.width_px, channels)


def _check_size(width_px: int, height_px: int) -> None:
    if not (0 < width_px <= MOST_SIDE_PX and 0 < height_px <= MOST_SIDE_PX):
        raise PictureError(f"{width_px} x {height_px} pixels; 1 to {MOST_SIDE_PX} a side are taken")


def unpacked(packed: EncodedImage) -> Bgr:
    """A JPEG or PNG as BGR.

    :raises PictureError: another format, depths, too many pixels, damaged or cut off
    """
    if packed.format[:5] in _DEPTHS or "compressedDepth" in packed.format:
        raise PictureError(f"format '{packed.format[:40]}': depths; send them raw, on camera/depth_in")
    _check_size(*packed_size(packed.data))
    return decode(packed.data)


def packed_size(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG or PNG from its head, before it is unpacked.

    :raises PictureError: neither of the two, or without a whole head
    """
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":  # ISO/IEC 15948 11.2.2
            width_px, height_px = struct.unpack_from(">II", data, 16)
            return width_px, height_px
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg_size(data)
    except struct.error as error:
        raise PictureError("the file is cut off in its head") from error
    raise PictureError("neither a JPEG nor a PNG")


_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = {0x01, *range(0xD0, 0xD8), 0xFF}
_PIXELS = {0xDA, 0xD9}


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """From the start of frame (ITU-T T.81 B.2.2)."""
    place = 2
    while True:
        mark, marker = struct.unpack_from(">BB", data, place)
        if mark != 0xFF or marker in _PIXELS:
            raise PictureError("a JPEG without a size in its head")
        if marker in _FRAMES:
            height_px, width_px = struct.unpack_from(">HH", data, place + 5)
            return width_px, height_px
        place += 1 if marker == 0xFF else 2 if marker in _BARE else 2 + struct.unpack_from(">H", data, place + 2)[0]
