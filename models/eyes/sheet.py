"""A contact sheet: pictures with their boxes, for a person to see at a glance whether labels are right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.eyes.settings import CLASSES
from models.eyes.shard import write_whole
from robot_runtime.perceive.drawing import box, class_colour

COLUMNS, ROWS = 6, 4
_GREY = (128, 128, 128)


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
    canvas = np.array(bgr, np.uint8)
    for label in sorted(labels, key=lambda label: not label["ignore"]):
        ignored = label["ignore"]
        colour = _GREY if ignored else class_colour(label["class_id"], len(CLASSES))
        box(canvas, label["box_px"], colour, "" if ignored else _words(label))
    return canvas


def _words(label: dict[str, Any]) -> str:
    if label["class_name"] != "person":
        return str(label["class_name"])
    return f"{label['age_group']}{' looks' if label['faces_camera'] else ''}"
