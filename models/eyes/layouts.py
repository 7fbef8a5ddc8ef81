"""The label files of a whole set, made from the homes' records: COCO, crops of people, true places; and YOLO's data.yaml."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from models.eyes.settings import CLASSES, Settings
from models.eyes.shard import write_whole

Record = dict[str, Any]

_CROP_MARGIN = 0.1
"""Around a person's box, of its longer side."""


def write_set(out: Path, name: str, records: list[Record], settings: Settings) -> None:
    """``annotations/NAME.json``, ``people/NAME.json`` and ``places/NAME.jsonl``."""
    write_whole(out / "annotations" / f"{name}.json", _json(coco(records, settings)))
    write_whole(out / "people" / f"{name}.json", _json(people(records, settings)))
    write_whole(out / "places" / f"{name}.jsonl", "".join(json.dumps(row) + "\n" for row in places(records)).encode())


def write_data_yaml(out: Path) -> None:
    """What YOLO trainers read; the folder is where the file is, so it can be moved."""
    names = "".join(f"  {k}: {name}\n" for k, name in enumerate(CLASSES))
    write_whole(out / "data.yaml", f"path: .\ntrain: images/train\nval: images/val\nnames:\n{names}".encode())


def coco(records: Iterable[Record], settings: Settings) -> dict[str, Any]:
    """Category ids are class ids + 1, as COCO counts; what is ignored is marked as crowd, which evaluation skips."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, picture in enumerate(_pictures(records), 1):
        images.append({"id": image_id, "file_name": picture["file"], "width": settings.width_px, "height": settings.height_px})
        for label in picture["labels"]:
            annotations.append({
                "id": len(annotations) + 1, "image_id": image_id, "category_id": label["class_id"] + 1, "bbox": label["box_px"],
                "area": label["box_px"][2] * label["box_px"][3], "iscrowd": int(label["ignore"]), "ignore": int(label["ignore"]),
            })  # fmt: skip
    categories = [{"id": k + 1, "name": name} for k, name in enumerate(CLASSES)]
    return {"images": images, "annotations": annotations, "categories": categories}


def people(records: Iterable[Record], settings: Settings) -> list[dict[str, Any]]:
    """Everybody who is labelled, with the part of the picture to cut out: left, top, width, height, within the picture."""
    return [
        {
            "file": picture["file"], "crop_px": _crop(label["box_px"], settings),
            **{field: label[field] for field in ("box_px", "age_group", "faces_camera", "posture", "share", "depth_m")},
        }
        for picture in _pictures(records) for label in picture["labels"] if label["class_name"] == "person" and not label["ignore"]
    ]  # fmt: skip


def places(records: Iterable[Record]) -> list[dict[str, Any]]:
    """A picture a row: the camera's truth, and of each thing its box, depth and place in the map."""
    fields = ("id", "class_name", "box_px", "depth_m", "place_m", "share", "ignore", "colour", "holder")
    return [
        {
            "file": picture["file"], "focal_px": record["focal_px"], "base": picture["base"], "joints": picture["joints"],
            "camera_m": picture["camera_m"], "camera_axes": picture["camera_axes"],
            "labels": [{field: label[field] for field in fields} for label in picture["labels"]],
        }
        for record in records for picture in record["pictures"]
    ]  # fmt: skip


def _pictures(records: Iterable[Record]) -> Iterable[dict[str, Any]]:
    return (picture for record in records for picture in record["pictures"])


def _crop(box: list[int], settings: Settings) -> list[int]:
    left, top, width, height = box
    margin = round(_CROP_MARGIN * max(width, height))
    x0, y0 = max(left - margin, 0), max(top - margin, 0)
    x1, y1 = min(left + width + margin, settings.width_px), min(top + height + margin, settings.height_px)
    return [x0, y0, x1 - x0, y1 - y0]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
