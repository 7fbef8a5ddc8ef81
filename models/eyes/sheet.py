"""A contact sheet: pictures with their boxes, for a person to see at a glance whether labels are right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.eyes.settings import CLASSES
from models.eyes.shard import write_whole

COLUMNS, ROWS = 6, 4
_ZOOM = 2
_TEXT = 0.4


def write_sheet(path: Path, out: Path, records: list[dict[str, Any]]) -> None:
    """24 pictures, spread evenly over all homes; what is ignored has a thin grey box."""
    pictures = [picture for record in records for picture in record["pictures"]]
    chosen = [pictures[k] for k in np.linspace(0, len(pictures) - 1, min(COLUMNS * ROWS, len(pictures))).round().astype(int)]
    drawn = [draw(cv2.imread(str(out / picture["file"])), picture["labels"]) for picture in chosen]
    blank = np.zeros_like(drawn[0])
    cells = [*drawn, *[blank] * (COLUMNS * ROWS - len(drawn))]
    rows = [cv2.hconcat(cells[k : k + COLUMNS]) for k in range(0, len(cells), COLUMNS)]
    write_whole(path, cv2.imencode(path.suffix or ".jpg", cv2.vconcat(rows), [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())


def draw(bgr: Any, labels: list[dict[str, Any]]) -> NDArray[np.uint8]:
    """Boxes on the outermost pixels that belong to a thing."""
    canvas = cv2.resize(bgr, None, fx=_ZOOM, fy=_ZOOM, interpolation=cv2.INTER_NEAREST)
    for label in sorted(labels, key=lambda label: not label["ignore"]):
        left, top, width, height = (int(_ZOOM * v) for v in label["box_px"])
        colour = (128, 128, 128) if label["ignore"] else _colour(label["class_id"])
        cv2.rectangle(canvas, (left, top), (left + width - 1, top + height - 1), colour, 1)
        if not label["ignore"]:
            _write(canvas, _words(label), left, top, colour)
    return np.asarray(canvas, dtype=np.uint8)


def _words(label: dict[str, Any]) -> str:
    if label["class_name"] != "person":
        return str(label["class_name"])
    return f"{label['age_group']}{' looks' if label['faces_camera'] else ''}"


def _write(canvas: Any, words: str, left: int, top: int, colour: tuple[int, int, int]) -> None:
    at = left, max(top - 3, 10)
    cv2.putText(canvas, words, at, cv2.FONT_HERSHEY_SIMPLEX, _TEXT, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(canvas, words, at, cv2.FONT_HERSHEY_SIMPLEX, _TEXT, colour, 1, cv2.LINE_AA)


def _colour(class_id: int) -> tuple[int, int, int]:
    hue = np.array([[[class_id * 180 // len(CLASSES), 200, 255]]], np.uint8)
    blue, green, red = cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0].tolist()
    return blue, green, red
