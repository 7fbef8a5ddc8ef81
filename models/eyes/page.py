"""A page of pictures on which the eyes did well, and of those on which they did worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.eyes.figures import Truth
from models.eyes.shard import write_whole
from robot_runtime.perceive import drawing
from robot_runtime.perceive.boxes import Bgr, Boxes
from robot_runtime.perceive.crops import PersonLook

COLUMNS, ROWS = 3, 2
"""Pictures beside and above each other, of each kind."""
_STRIP_PX = 36
_RIGHT, _WRONG, _MISSED = (80, 200, 60), (0, 140, 255), (60, 40, 230)
"""Blue, green, red."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A picture with what was found in it."""

    bgr: Bgr
    class_names: Sequence[str]
    boxes: Boxes
    right: tuple[int, ...]  # boxes that found something
    wrong: tuple[int, ...]  # boxes that found nothing
    truth: Truth
    missed: tuple[int, ...]  # rows of the truth
    looks: dict[int, PersonLook]  # of the boxes around people
    true_ages: dict[int, str]  # of those that found somebody

    @property
    def faults(self) -> int:
        return len(self.wrong) + len(self.missed) + sum(self.age_is_wrong(k) for k in self.true_ages)

    def age_is_wrong(self, box: int) -> bool:
        return box in self.looks and box in self.true_ages and self.looks[box].group.value != self.true_ages[box]


def write_page(path: Path, cells: Sequence[Cell]) -> None:
    """Above those without a fault in which most was found; below those with the most faults.

    :raises OSError: the file cannot be written
    """
    good, bad = chosen(cells)
    blocks = [
        _block("right: green, with score or age group", good),
        _block("wrong: orange is not there or of another age, red was missed", bad),
    ]
    page = np.vstack([block for block in blocks if block is not None])
    write_whole(path, cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 82])[1].tobytes())


def chosen(cells: Sequence[Cell]) -> tuple[list[Cell], list[Cell]]:
    """The best and the worst; of equals the first."""
    most = COLUMNS * ROWS
    good = sorted((cell for cell in cells if cell.right and not cell.faults), key=lambda cell: -len(cell.right))[:most]
    bad = sorted((cell for cell in cells if cell.faults), key=lambda cell: len(cell.right) - 2 * cell.faults)[:most]
    return good, bad


def _block(title: str, cells: Sequence[Cell]) -> NDArray[np.uint8] | None:
    if not cells:
        return None
    drawn = [draw(cell) for cell in cells]
    drawn += [np.zeros_like(drawn[0])] * (-len(drawn) % COLUMNS)
    rows = [np.hstack(drawn[k : k + COLUMNS]) for k in range(0, len(drawn), COLUMNS)]
    strip = np.full((_STRIP_PX, rows[0].shape[1], 3), 30, np.uint8)
    cv2.putText(strip, title, (10, _STRIP_PX - 11), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (230, 230, 230), 1, cv2.LINE_AA)
    return np.vstack([strip, *rows])


def draw(cell: Cell) -> NDArray[np.uint8]:
    """Boxes and words over the picture, twice as large."""
    canvas = np.array(cell.bgr, np.uint8)
    for k in cell.missed:
        _frame(canvas, cell.truth.ltwh_px[k], _MISSED, f"missed {cell.class_names[cell.truth.class_ids[k]]}")
    for k in (*cell.wrong, *cell.right):
        is_wrong = k in cell.wrong or cell.age_is_wrong(k)
        _frame(canvas, cell.boxes.ltwh_px[k], _WRONG if is_wrong else _RIGHT, _words(cell, k))
    return canvas


def _words(cell: Cell, k: int) -> str:
    if k not in cell.looks:
        return f"{cell.class_names[cell.boxes.class_ids[k]]} {cell.boxes.scores[k]:.2f}"
    look = cell.looks[k]
    truth = f", is {cell.true_ages[k]}" if cell.age_is_wrong(k) else ""
    return f"{look.group.value} {look.age.max():.2f}{' looks' if look.facing >= 0.5 else ''}{truth}"


def _frame(canvas: NDArray[np.uint8], ltwh_px: NDArray[np.floating], colour: drawing.Colour, words: str) -> None:
    drawing.box(canvas, ltwh_px.astype(np.float64), colour, words)
