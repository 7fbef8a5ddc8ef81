"""What a cheap camera makes of a picture: exposure, colour cast, blur, noise, compression.  Nothing here moves a pixel."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_MIDDLE = 105.0
"""Mean brightness at which an automatic exposure aims."""


def spoil(bgr: Picture, rng: np.random.Generator) -> Picture:
    """The picture as a camera would give it.  Half of all pictures stay sharp; some are clean, as the simulator's are."""
    if rng.random() < 0.1:
        return bgr
    seen = _expose(bgr.astype(np.float32), rng)
    if rng.random() < 0.5:
        seen = _blur(seen, rng)
    seen = _noise(seen, rng)
    return np.clip(seen, 0, 255).astype(np.uint8)


def encode(bgr: Picture, picture_format: str, rng: np.random.Generator) -> bytes:
    """The bytes of a picture file.  A PNG, too, has been through JPEG: artefacts are part of what the camera gives."""
    quality = int(rng.integers(45, 97))
    ok, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise RuntimeError("OpenCV could not encode a picture")
    if picture_format == "jpg":
        return jpeg.tobytes()
    seen = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    if seen is None:
        raise RuntimeError("OpenCV could not read its own JPEG")
    return cv2.imencode(".png", seen, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()


def _expose(bgr: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Exposure that follows the scene's brightness part of the way, as cameras do; white balance, gamma, dark corners."""
    mean = max(float(bgr.mean()), 1.0)
    gain = (_MIDDLE / mean) ** rng.uniform(0.2, 0.9) * 2 ** rng.normal(0, 0.3)
    cast = np.exp(rng.normal(0, 0.05, 3))
    gamma = float(np.exp(rng.normal(0, 0.15)))
    levels = (np.arange(256)[:, None] / 255) ** gamma * 255 * gain * cast
    seen = np.take_along_axis(levels, bgr.reshape(-1, 3).astype(np.intp), axis=0).reshape(bgr.shape).astype(np.float32)
    if rng.random() < 0.3:
        seen *= _corners(bgr.shape[0], bgr.shape[1], float(rng.uniform(0.1, 0.45)))
    return seen


def _corners(height: int, width: int, strength: float) -> NDArray[np.float32]:
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.asarray(1 - strength * (x * x + y * y) / 2, dtype=np.float32)[..., None]


def _blur(bgr: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Out of focus, or moved while it was exposed: a symmetric streak, so that boxes stay where they are."""
    if rng.random() < 0.4:
        return np.asarray(cv2.GaussianBlur(bgr, (0, 0), float(rng.uniform(0.4, 1.3))), dtype=np.float32)
    length, angle = float(rng.uniform(1.5, 7.0)), float(rng.uniform(0, math.pi))
    kernel = np.zeros((9, 9), np.float32)
    dx, dy = length / 2 * math.cos(angle), length / 2 * math.sin(angle)
    for t in np.linspace(-1, 1, 41):  # spread over pixels by their shares
        cv2.add(kernel, _dot(4 + t * dx, 4 + t * dy), kernel)
    return np.asarray(cv2.filter2D(bgr, -1, kernel / kernel.sum()), dtype=np.float32)


def _dot(x: float, y: float) -> NDArray[np.float32]:
    """A point between pixels, bilinear."""
    axis = np.arange(9)
    return np.outer(np.clip(1 - np.abs(axis - y), 0, 1), np.clip(1 - np.abs(axis - x), 0, 1)).astype(np.float32)


def _noise(bgr: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise of light (grows with the root of brightness) and of reading out (constant)."""
    shot, read = float(rng.uniform(0, 0.7)), float(rng.uniform(0, 4))
    if rng.random() < 0.3:
        return bgr
    grain = rng.standard_normal(bgr.shape, dtype=np.float32)
    return np.asarray(bgr + grain * np.sqrt(read * read + shot * shot * np.maximum(bgr, 0)), dtype=np.float32)
