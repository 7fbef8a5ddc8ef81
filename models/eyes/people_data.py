"""People cut out of the pictures, as the robot would cut them out at run time, with age group and whether they face the camera."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_runtime.perceive import pictures
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.crops import crop
from robot_runtime.perceive.letterbox import Fit, Letterbox, Pixels

WIDTH_PX, HEIGHT_PX = 96, 192
"""Of the network's input; people stand about twice as tall as they are wide."""
MARGIN = 0.1
"""Of the box's width and height, on each side."""
_ROOM = 0.35
"""Kept around a box in memory, so that boxes can be shifted and enlarged."""
PIXELS = Pixels(True, (1 / 255, 1 / 255, 1 / 255), (0.0, 0.0, 0.0), np.dtype(np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Somebody:
    """One person in one picture."""

    file: str
    around: Bgr  # the box and some room
    ltwh_px: NDArray[np.float32]  # the box within ``around``
    age: int  # index into ages.GROUPS
    facing: bool


def is_for_calibration(file: str) -> bool:
    """Whether a validation picture is of the homes that set temperatures; the others only judge.

    >>> is_for_calibration("images/val/0004_011.jpg"), is_for_calibration("images/val/0005_011.jpg")
    (True, False)
    """
    return int(Path(file).stem.split("_")[0]) % 2 == 0


def load(data: Path, set_name: str) -> list[Somebody]:
    """Everybody who is labelled in a set.

    :raises PictureError: a picture is damaged
    """
    found: list[Somebody] = []
    name, picture = "", np.empty((0, 0, 3), np.uint8)
    for entry in json.loads((data / "people" / f"{set_name}.json").read_text()):
        if entry["file"] != name:
            name, picture = entry["file"], pictures.read(data / entry["file"])
        around, box = _with_room(picture, entry["box_px"])
        age = [group.value for group in GROUPS].index(entry["age_group"])
        found.append(Somebody(name, around, box, age, bool(entry["faces_camera"])))
    return found


def _with_room(picture: Bgr, box_px: Sequence[int]) -> tuple[Bgr, NDArray[np.float32]]:
    left, top, width, height = box_px
    x0, y0 = max(0, int(left - _ROOM * width)), max(0, int(top - _ROOM * height))
    x1, y1 = int(np.ceil(left + width * (1 + _ROOM))), int(np.ceil(top + height * (1 + _ROOM)))
    return picture[y0:y1, x0:x1].copy(), np.array([left - x0, top - y0, width, height], np.float32)


def inputs(people: Sequence[Somebody], rng: np.random.Generator | None = None) -> NDArray[np.float32]:
    """What the network gets, shape (n, 3, 192, 96); with ``rng`` each looks a little different every time."""
    letterbox = Letterbox(WIDTH_PX, HEIGHT_PX, PIXELS, Fit.CENTRE, most=len(people))
    crops = [crop(one.around, one.ltwh_px, MARGIN) if rng is None else _varied(one, rng) for one in people]
    images, _ = letterbox(crops)
    return np.asarray(images, np.float32)


def batches(people: Sequence[Somebody], size: int, rng: np.random.Generator) -> Iterator[list[Somebody]]:
    """An epoch, shuffled, without the last few that make no whole batch."""
    order = rng.permutation(len(people))
    for start in range(0, max(len(people) - size + 1, 1), size):
        yield [people[k] for k in order[start : start + size]]


# ------------------------------------------------------------------ variety


def _varied(one: Somebody, rng: np.random.Generator) -> Bgr:
    """Mirrored, boxed as roughly as a detector does, in other light, farther away, or with something in front."""
    seen = _recoloured(crop(one.around, _shaken(one.ltwh_px, rng), MARGIN), rng)
    if rng.random() < 0.2:
        seen = _farther(seen, rng)
    if rng.random() < 0.25:
        seen = _hidden(seen, rng)
    return np.asarray(seen[:, ::-1] if rng.random() < 0.5 else seen, np.uint8)


def _shaken(ltwh_px: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Each side moves by some 4 % of the box."""
    left, top, width, height = ltwh_px.tolist()
    shift = np.clip(rng.normal(0, 0.04, 4), -0.1, 0.1)
    x0, x1 = left + shift[0] * width, left + (1 + shift[1]) * width
    y0, y1 = top + shift[2] * height, top + (1 + shift[3]) * height
    return np.array([x0, y0, x1 - x0, y1 - y0], np.float32)


def _recoloured(seen: Bgr, rng: np.random.Generator) -> Bgr:
    """Brightness, contrast and colour cast."""
    gain = np.exp(rng.normal(0, 0.15)) * np.exp(rng.normal(0, 0.04, 3))
    return np.asarray(np.clip(seen * gain + rng.normal(0, 8), 0, 255), np.uint8)


def _farther(seen: Bgr, rng: np.random.Generator) -> Bgr:
    """With as few pixels as somebody farther off has; nobody shrinks below 24 pixels."""
    share = max(float(rng.uniform(0.4, 0.9)), 24 / seen.shape[0])
    if share >= 1:
        return seen
    size = max(1, round(seen.shape[1] * share)), max(1, round(seen.shape[0] * share))
    return np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA), np.uint8)


def _hidden(seen: Bgr, rng: np.random.Generator) -> Bgr:
    """A plain block in front of a part of the lower two thirds: whose head is hidden cannot be judged by anybody."""
    height, width = seen.shape[:2]
    top, left = int(height * rng.uniform(0.33, 0.9)), int(width * rng.uniform(-0.2, 0.8))
    covered: Bgr = seen.copy()
    covered[top : top + int(height * rng.uniform(0.1, 0.4)) + 1, max(left, 0) : left + int(width * rng.uniform(0.2, 0.7)) + 1] = (
        rng.integers(0, 256, 3)
    )
    return covered
