"""People cut out of the pictures, as the robot would cut them out at run time, with age group and whether they face the camera."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.eyes import people_signs
from models.eyes.people_signs import Cut, Shown, Signs, sign_row
from models.eyes.people_variety import boxed_by_a_detector, varied
from models.eyes.views import lens_of, nominal_view, shaken
from models.eyes.whereabouts import Way, any_way, measured
from robot_runtime.perceive import measures as told
from robot_runtime.perceive import pictures
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.crops import crop, cut
from robot_runtime.perceive.letterbox import Fit, Letterbox, Pixels, place

WIDTH_PX, HEIGHT_PX = 128, 256
"""Of the network's input; people stand about twice as tall as they are wide.  Somebody 3 m away is as high in a picture of 480."""
MARGIN = 0.1
"""Of the box's width and height, on each side."""
ROOM = 0.25
"""Kept around a box in memory, so that boxes can be shifted and enlarged."""
PIXELS = Pixels(True, (1 / 255, 1 / 255, 1 / 255), (0.0, 0.0, 0.0), np.dtype(np.float32))
BYTES = Pixels(True, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), np.dtype(np.uint8))
"""As the runtime gives pixels to a network, and the same before they are scaled: a quarter of the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Somebody:
    """One person in one picture."""

    file: str
    around: Bgr  # the box and some room
    corner_px: NDArray[np.float32]  # left upper corner of ``around`` in the picture
    box_px: NDArray[np.float32]  # left, top, width, height in the picture
    view: View  # as the robot believes
    place_m: NDArray[np.float64]  # where they truly are, in the map
    age: int  # index into ages.GROUPS
    facing: bool
    scale: float = 1.0  # pixels of ``around`` for each of the picture
    shown: Shown | None = None

    @property
    def ltwh_px(self) -> NDArray[np.float32]:
        """The box within ``around``."""
        return self.within(self.box_px)

    def within(self, ltwh_px: NDArray[np.float32]) -> NDArray[np.float32]:
        """A box of the picture, within ``around``."""
        return np.asarray(self.scale * np.concatenate((ltwh_px[:2] - self.corner_px, ltwh_px[2:])), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What the network gets, and what it should say."""

    crops: NDArray[np.uint8]  # shape (n, 3, HEIGHT_PX, WIDTH_PX), RGB; the network gets a 255th of them
    measures: told.Measures  # shape (n, columns)
    ages: NDArray[np.int64]  # shape (n,)
    facing: NDArray[np.float32]  # shape (n,), 0 or 1
    signs: Signs


def is_for_calibration(file: str) -> bool:
    """Whether a validation picture is of the homes that set temperatures; the others only judge.

    >>> is_for_calibration("images/val/0004_011.jpg"), is_for_calibration("images/val/0005_011.jpg")
    (True, False)
    """
    return int(Path(file).stem.split("_")[0]) % 2 == 0


def load(data: Path, set_name: str) -> list[Somebody]:
    """Everybody who is labelled in a set of ``models.eyes.render``, or in a folder of ``models.eyes.portraits``, which only trains.

    :raises OSError: a file is missing
    :raises ValueError: the files do not belong together
    :raises PictureError: a picture is damaged
    """
    if (data / "portraits").is_dir():
        return list(_portraits(data)) if set_name == "train" else []
    settings = json.loads((data / "settings.json").read_text())
    rows = map(json.loads, (data / "places" / f"{set_name}.jsonl").read_text().splitlines())
    known = {row["file"]: row for row in rows}
    found: list[Somebody] = []
    name, picture = "", np.empty((0, 0, 3), np.uint8)
    for entry in json.loads((data / "people" / f"{set_name}.json").read_text()):
        if entry["file"] != name:
            name, picture = entry["file"], pictures.read(data / entry["file"])
            if name not in known:
                raise ValueError(f"{data}: places/{set_name}.jsonl does not tell from where {name} was taken")
            lens = lens_of(settings["width_px"], settings["height_px"], known[name]["focal_px"])
            view = nominal_view(known[name], lens)
        found.append(_somebody(entry, known[name], picture, view))
    return found


def _somebody(entry: dict[str, Any], taken: dict[str, Any], picture: Bgr, view: View) -> Somebody:
    places = [label["place_m"] for label in taken["labels"] if label["class_name"] == "person" and label["box_px"] == entry["box_px"]]
    if not places:
        raise ValueError(f"{entry['file']}: nobody in places stands in the box {entry['box_px']} of people")
    around, corner_px = _with_room(picture, entry["box_px"])
    age = [group.value for group in GROUPS].index(entry["age_group"])
    box_px = np.array(entry["box_px"], np.float32)
    return Somebody(entry["file"], around, corner_px, box_px, view, np.array(places[0]), age, bool(entry["faces_camera"]))


def _portraits(data: Path) -> Iterator[Somebody]:
    """Those who were drawn alone; the boxes are scaled as the pictures were."""
    for listed in sorted((data / "portraits").glob("*.jsonl")):
        for row in map(json.loads, listed.read_text().splitlines()):
            around = pictures.read(data / row["file"])
            left, top, right, _ = row["around_px"]
            scale = around.shape[1] / (right - left)
            width_px, height_px = row["size_px"]
            view = nominal_view(row, lens_of(width_px, height_px, row["focal_px"]))
            age = [group.value for group in GROUPS].index(row["age_group"])
            corner_px, box_px = np.array([left, top], np.float32), np.array(row["box_px"], np.float32)
            place_m, shown = np.array(row["place_m"]), people_signs.read(row)
            yield Somebody(row["file"], around, corner_px, box_px, view, place_m, age, row["faces_camera"], scale, shown)


def _with_room(picture: Bgr, box_px: Sequence[int]) -> tuple[Bgr, NDArray[np.float32]]:
    left, top, width, height = box_px
    x0, y0 = max(0, int(left - ROOM * width)), max(0, int(top - ROOM * height))
    x1, y1 = int(np.ceil(left + width * (1 + ROOM))), int(np.ceil(top + height * (1 + ROOM)))
    return picture[y0:y1, x0:x1].copy(), np.array([x0, y0], np.float32)


class Cutter:
    """Cuts people out at the size of the network's input, whose bars are painted once."""

    def __init__(self, most: int) -> None:
        self._letterbox = Letterbox(WIDTH_PX, HEIGHT_PX, BYTES, Fit.CENTRE, most=most)

    def judged(self, people: Sequence[Somebody], way: Way, rng: np.random.Generator) -> Batch:
        """As a robot that has found them sees them, who knows of everybody's place in this way."""
        crops = [crop(one.around, one.ltwh_px, MARGIN) for one in people]
        rows = [measured(one.view, one.box_px, one.place_m, way, rng) for one in people]
        return self._batch(people, crops, rows, [_sign_row(one, one.box_px) for one in people])

    def learned(self, people: Sequence[Somebody], rng: np.random.Generator) -> Batch:
        """A little different every time: the look, the box, and what is known of the place."""
        crops, rows, signs = [], [], []
        for one in people:
            box_px = boxed_by_a_detector(one.box_px, (one.view.lens.width_px, one.view.lens.height_px), rng)
            seen = varied(crop(one.around, one.within(box_px), MARGIN), WIDTH_PX, HEIGHT_PX, rng)
            crops.append(seen)
            rows.append(measured(shaken(one.view, rng), box_px, one.place_m, any_way(rng), rng))
            signs.append(_sign_row(one, box_px))
        return self._batch(people, crops, rows, signs)

    def _batch(self, people: Sequence[Somebody], crops: Sequence[Bgr], rows: Sequence[told.Measures], signs: Sequence[Signs]) -> Batch:
        images, _ = self._letterbox(crops)
        ages, facing = np.array([one.age for one in people], np.int64), np.array([one.facing for one in people], np.float32)
        return Batch(np.array(images, np.uint8), np.concatenate(rows), ages, facing, np.stack(signs))


def _sign_row(one: Somebody, box_px: NDArray[np.float32]) -> Signs:
    columns, rows = cut(one.around.shape, one.within(box_px), MARGIN)
    wide, high = columns.stop - columns.start, rows.stop - rows.start
    placed = place(width_px=wide, height_px=high, input_width_px=WIDTH_PX, input_height_px=HEIGHT_PX, fit=Fit.CENTRE)
    left, top = one.corner_px + np.array([columns.start, rows.start]) / one.scale
    return sign_row(one.shown, Cut(float(left), float(top), placed, one.scale), WIDTH_PX, HEIGHT_PX)
