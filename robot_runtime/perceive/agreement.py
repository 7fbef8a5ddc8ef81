"""Whether an accelerated engine finds what the CPU finds: what must agree, and how closely."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive.boxes import Bgr, Candidates, overlap

LEAST_OVERLAP = 0.9
SCORE_TOLERANCE = 0.05
"""A box agrees with one of the same class that overlaps it by at least 0.9 and whose score differs by at most 0.05.

Rounding to 16 bits moves sides by a fraction of a pixel and scores by about 0.01; a wrongly built engine misses whole
boxes, moves them by cells of its grid, or mixes up classes.  A good engine that is refused only costs speed.
"""


def disagreement(kept: Candidates, found: Candidates) -> str:
    """The first of ``kept`` (after suppression, by one engine) that is not among ``found`` (before it, by the other); "" if none.

    Looking among all candidates keeps two near equal boxes, of which each engine may keep another one, from being a difference.
    """
    boxes = found.ltrb.astype(np.float64)
    for ltrb, score, class_id in zip(kept.ltrb.astype(np.float64), kept.scores, kept.class_ids, strict=True):
        same = (found.class_ids == class_id) & (np.abs(found.scores - score) <= SCORE_TOLERANCE)
        if not (overlap(ltrb, boxes[same]) >= LEAST_OVERLAP).any():
            corners = ", ".join(f"{value:.0f}" for value in ltrb)
            return f"class {class_id} with score {score:.2f} at ({corners}) of the input has no counterpart"
    return ""


def made_up_pictures(width_px: int, height_px: int) -> list[Bgr]:
    """Pictures for the comparison where the model brings none: a ramp, noise in patches, and shapes.  Always the same ones."""
    y, x = np.mgrid[0:height_px, 0:width_px]
    ramp = np.stack([x * 255 // max(1, width_px - 1), y * 255 // max(1, height_px - 1), (x + y) % 256], axis=-1)
    cells = np.random.default_rng(4).integers(0, 256, (height_px // 16 + 1, width_px // 16 + 1, 3))
    patches = cells.repeat(16, axis=0).repeat(16, axis=1)[:height_px, :width_px]
    return [ramp.astype(np.uint8), patches.astype(np.uint8), _shapes(x, y, width_px, height_px)]


def _shapes(x: NDArray[np.int_], y: NDArray[np.int_], width_px: int, height_px: int) -> Bgr:
    """A disc and an upright bar before a plain wall: something that networks take for things."""
    picture = np.full((height_px, width_px, 3), (180, 200, 210), np.uint8)
    picture[(x - width_px // 4) ** 2 + (y - height_px // 2) ** 2 < (height_px // 8) ** 2] = (30, 30, 200)
    picture[height_px // 6 : height_px * 5 // 6, width_px * 3 // 5 : width_px * 4 // 5] = (90, 60, 40)
    return picture
