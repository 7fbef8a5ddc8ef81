"""What one picture shows, without a before or after: both networks, no tracks, no places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from robot_runtime.perceive.boxes import Bgr, Boxes
from robot_runtime.perceive.crops import PersonClassifier, PersonLook
from robot_runtime.perceive.detector import Detector
from robot_runtime.perceive.drawing import box, class_colour
from robot_runtime.perceive.pictures import as_bgr

PERSON = "person"
"""The class whose boxes go to the second network."""

_DRAWN_PX = 960
"""Larger pictures get thicker lines and larger letters."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was found in one picture."""

    width_px: int
    height_px: int
    class_names: tuple[str, ...]
    boxes: Boxes  # people among them
    people: tuple[int, ...]  # which of the boxes are around people
    looks: Mapping[int, PersonLook]  # by box; empty without the second network

    def label(self, row: int) -> str:
        return self.class_names[int(self.boxes.class_ids[row])]


class Glance:
    """Both networks, one picture at a time; not for several threads at once."""

    def __init__(self, detector: Detector, classifier: PersonClassifier | None = None) -> None:
        """:param classifier: without one nothing is said of age and attention"""
        self._detector, self._classifier = detector, classifier

    def __call__(self, picture: Bgr) -> Seen:
        """Look at a picture of any size.

        :raises PictureError: this is no picture
        """
        bgr = as_bgr(picture)
        names = self._detector.class_names
        (boxes,) = self._detector.detect([bgr])
        rows = tuple(row for row, class_id in enumerate(boxes.class_ids) if names[int(class_id)] == PERSON)
        looks: dict[int, PersonLook] = {}
        if rows and self._classifier is not None:
            chosen = np.array(rows)
            people = Boxes(boxes.ltwh_px[chosen], boxes.scores[chosen], boxes.class_ids[chosen])
            looks = dict(zip(rows, self._classifier.classify(bgr, people), strict=True))
        height_px, width_px = bgr.shape[:2]
        return Seen(width_px, height_px, names, boxes, rows, looks)


def drawn(picture: Bgr, seen: Seen) -> Bgr:
    """A copy of the picture with everything that was found; the best is drawn last, on top."""
    canvas = np.array(as_bgr(picture), np.uint8, order="C")
    scale = max(1.0, max(seen.width_px, seen.height_px) / _DRAWN_PX)
    for row in reversed(range(len(seen.boxes))):
        colour = class_colour(int(seen.boxes.class_ids[row]), len(seen.class_names))
        box(canvas, seen.boxes.ltwh_px[row], colour, words(seen, row), scale)
    return canvas


def words(seen: Seen, row: int) -> str:
    """A box in a few words, such as "cup 0.83" or "person 0.91, child 0.97, looks here"."""
    text = f"{seen.label(row)} {seen.boxes.scores[row]:.2f}"
    look = seen.looks.get(row)
    if look is None:
        return text
    sure = f" {look.age.max():.2f}" if np.isfinite(look.age).all() else ""
    return f"{text}, {look.group.value}{sure}{', looks here' if look.facing >= 0.5 else ''}"
