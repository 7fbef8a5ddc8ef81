"""All pictures of one home, made by one process.  What is written is whole: every file appears under its name only when complete.

A home's record is written last.  It holds the labels and a checksum of every picture, so a later run can tell a home that is
done from one that was interrupted.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from pathlib import Path
from typing import Any

from models.eyes.arrange import Arranger
from models.eyes.homes import draw_home, fingerprint
from models.eyes.labels import Label, Labeller, class_id
from models.eyes.lens import encode, spoil
from models.eyes.settings import Job
from models.eyes.studio import Studio
from sim.mjcf import build_model

PART = ".part"
"""Ending of a file that is being written."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that no process ever sees half.  After a power failure it may be; then its checksum does not fit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    part.write_bytes(content)
    part.replace(path)


def record_file(out: Path, job: Job) -> Path:
    return out / "records" / f"{job.name}.json"


def picture_file(out: Path, job: Job, picture: int) -> Path:
    return out / "images" / job.set_name / f"{job.stem(picture)}.{job.settings.picture_format}"


def label_file(out: Path, job: Job, picture: int) -> Path:
    return out / "labels" / job.set_name / f"{job.stem(picture)}.txt"


def read_record(out: Path, job: Job) -> dict[str, Any] | None:
    """The record of a finished home; None when it was not finished, or a file is missing or differs."""
    try:
        record: dict[str, Any] = json.loads(record_file(out, job).read_bytes())
        whole = len(record["pictures"]) == job.pictures and all(
            zlib.crc32((out / entry["file"]).read_bytes()) == entry["crc32"]
            and (out / entry["labels_file"]).read_text() == yolo_lines(entry, job.settings.width_px, job.settings.height_px)
            for entry in record["pictures"]
        )
    except (OSError, ValueError, KeyError):
        return None
    return record if whole else None


def make(out: Path, job: Job) -> float:
    """Make one home's pictures, labels and record; returns how long it took, in seconds of this process."""
    began = time.process_time()
    home = draw_home(job.name, job.chance("home"), job.crowded)
    model, layout = build_model(home, looks=True)
    size = job.settings.width_px, job.settings.height_px
    studio = Studio(model, layout, home, size, job.chance("patterns"))
    labeller, arranger = Labeller(model, layout, home), Arranger(home, job.crowded)
    pictures = [_picture(out, job, k, studio, labeller, arranger) for k in range(job.pictures)]
    record = {
        "home": job.name, "fingerprint": fingerprint(home), "focal_px": round(studio.focal_px, 4),
        "description": home.model_dump(mode="json", by_alias=True), "pictures": pictures,
    }  # fmt: skip
    write_whole(record_file(out, job), json.dumps(record, separators=(",", ":")).encode())
    return time.process_time() - began


def _picture(out: Path, job: Job, number: int, studio: Studio, labeller: Labeller, arranger: Arranger) -> dict[str, Any]:
    moment = arranger.arrange(job.chance("moment", number))
    shot = studio.shoot(moment, job.chance("looks", number))
    labels = labeller.label(shot, moment, studio.data, studio.focal_px)
    camera = job.chance("camera", number)
    content = encode(spoil(shot.bgr, camera), job.settings.picture_format, camera)
    path, text = picture_file(out, job, number), label_file(out, job, number)
    entry = {
        "file": path.relative_to(out).as_posix(), "labels_file": text.relative_to(out).as_posix(), "crc32": zlib.crc32(content),
        "base": [round(v, 5) for v in moment.base], "joints": {name: round(value, 5) for name, value in moment.joints.items()},
        "camera_m": [round(float(v), 5) for v in shot.camera_m],
        "camera_axes": [[round(float(v), 6) for v in row] for row in shot.camera_axes],
        "labels": [_entry(label) for label in labels],
    }  # fmt: skip
    write_whole(path, content)
    write_whole(text, yolo_lines(entry, job.settings.width_px, job.settings.height_px).encode())
    return entry


def _entry(label: Label) -> dict[str, Any]:
    return {"class_id": class_id(label), **label.as_dict(), "box_px": list(label.box_px), "place_m": list(label.place_m)}


def yolo_lines(entry: dict[str, Any], width_px: int, height_px: int) -> str:
    """Class, then centre x, centre y, width and height as shares of the picture; what is ignored is left out."""
    lines = []
    for label in entry["labels"]:
        if not label["ignore"]:
            left, top, width, height = label["box_px"]
            x, y = (left + width / 2) / width_px, (top + height / 2) / height_px
            lines.append(f"{label['class_id']} {x:.6f} {y:.6f} {width / width_px:.6f} {height / height_px:.6f}\n")
    return "".join(lines)
