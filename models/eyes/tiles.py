"""Cuts pictures to train on into tiles around what is in them.  A detector learns from things; most of a picture is walls and floor.

    python -m models.eyes.tiles --data pictures --out tiles

In the folder: ``images/train``, ``labels/train`` and ``data.yaml``, as YOLO trainers read them.  Tiles have the pictures' own
scale.  Some pictures are added whole, at half their size, since people and tables are larger than a tile; who trains on tiles
still has to train on whole pictures for a while at the end.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.eyes.settings import CLASSES, MIN_PIXELS, MIN_SIDE_PX
from models.eyes.shard import write_whole
from robot_runtime.cli import UsageError
from robot_runtime.perceive import pictures
from robot_runtime.perceive.pictures import PictureError

MOST_TILES = 3
"""Of one picture."""
WHOLE_SHARE = 0.35
"""Chance of each picture to be added whole, at half its size."""
_KEPT = 0.35
"""Of a thing's box that lies in the tile, for it to be labelled there."""
_COVERED = 0.8
"""Of a thing's box that lies in a tile, for it not to need another one."""
_QUALITY = 95  # of JPEG, which the pictures have been through once

Boxes = NDArray[np.float64]
"""Shape (n, 4): left, top, right, bottom, in pixels."""


def tiles(boxes: Boxes, width_px: int, height_px: int, side_px: int, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Left and top of tiles so that most things lie in one.  Where a thing is in its tile is left to chance.

    >>> (corner,) = tiles(np.array([[300.0, 200, 310, 220], [330, 200, 360, 240]]), 640, 480, 320, np.random.default_rng(1))
    >>> 40 <= corner[0] <= 300 and 0 <= corner[1] <= 160
    True
    """
    wanted = [int(k) for k in rng.permutation(len(boxes))]
    for _ in range(MOST_TILES):
        if not wanted:
            return
        left, top = (_around(boxes[wanted[0]][[k, k + 2]], size, side_px, rng) for k, size in enumerate((width_px, height_px)))
        yield left, top
        inside = shares(boxes, left, top, side_px)
        wanted = [k for k in wanted[1:] if inside[k] < _COVERED]


def shares(boxes: Boxes, left: int, top: int, side_px: int) -> NDArray[np.float64]:
    """Of each box the share of its area that lies in a tile, shape (n,)."""
    cut = cut_to_tile(boxes, left, top, side_px)
    return np.asarray((cut[:, 2:] - cut[:, :2]).prod(axis=1) / np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1e-9))


def cut_to_tile(boxes: Boxes, left: int, top: int, side_px: int) -> Boxes:
    """The parts of boxes that lie in a tile, in its own pixels; of those outside, boxes without area."""
    return np.asarray(np.clip(boxes - np.array([left, top, left, top]), 0.0, side_px))


def _around(ends: NDArray[np.float64], size_px: int, side_px: int, rng: np.random.Generator) -> int:
    """Where a tile begins, along one axis, so that what lies between two ends is in it, or fills it."""
    low, high = sorted((ends[1] - side_px, ends[0]))
    first = float(rng.uniform(max(low, 0.0), max(min(high, size_px - side_px), max(low, 0.0))))
    return int(np.clip(round(first), 0, size_px - side_px))


def cut_picture(data: Path, out: Path, side_px: int, seed: int, entry: dict[str, Any]) -> int:
    """Write the tiles of one picture, from its entry in a home's record; returns how many."""
    stem = Path(entry["file"]).stem
    rng = np.random.default_rng([seed, *map(int, stem.split("_"))])
    picture = pictures.read(data / entry["file"])
    height_px, width_px = picture.shape[:2]
    labels = [label for label in entry["labels"] if not label["ignore"]]
    ids = np.array([label["class_id"] for label in labels], int)
    boxes = np.array([label["box_px"] for label in labels], float).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    count = 0
    for count, (left, top) in enumerate(tiles(boxes, width_px, height_px, side_px, rng), 1):
        inside = shares(boxes, left, top, side_px) >= _KEPT
        tile = picture[top : top + side_px, left : left + side_px]
        _write(out, f"{stem}_{count}", tile, ids[inside], cut_to_tile(boxes[inside], left, top, side_px))
    if rng.random() < WHOLE_SHARE:
        half = cv2.resize(picture, (width_px // 2, height_px // 2), interpolation=cv2.INTER_AREA)
        _write(out, f"{stem}_whole", np.asarray(half, np.uint8), ids, boxes / 2)
        count += 1
    return count


def _write(out: Path, stem: str, picture: NDArray[np.uint8], ids: NDArray[np.int_], boxes: Boxes) -> None:
    """One picture and its labels; what is too small there is left out."""
    height_px, width_px = picture.shape[:2]
    lines = []
    for id_, (x0, y0, x1, y1) in zip(ids.tolist(), boxes.tolist(), strict=True):
        if min(x1 - x0, y1 - y0) >= MIN_SIDE_PX and (x1 - x0) * (y1 - y0) >= MIN_PIXELS:
            middle, size = ((x0 + x1) / 2 / width_px, (y0 + y1) / 2 / height_px), ((x1 - x0) / width_px, (y1 - y0) / height_px)
            lines.append(f"{id_} {middle[0]:.6f} {middle[1]:.6f} {size[0]:.6f} {size[1]:.6f}\n")
    good, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not good:
        raise RuntimeError("OpenCV could not encode a tile")
    write_whole(out / "images" / "train" / f"{stem}.jpg", content.tobytes())
    write_whole(out / "labels" / "train" / f"{stem}.txt", "".join(lines).encode())


def cut(data: Path, out: Path, side_px: int, seed: int, processes: int) -> int:
    """All pictures to train on; validation pictures stay where they are.  Returns the number of tiles.

    :raises UsageError: no pictures, or they are smaller than a tile, or ``out`` is not empty
    :raises PictureError: a picture is damaged
    """
    records = sorted((data / "records").glob("train-*.json"))
    if not records:
        raise UsageError(f"{data}: holds no records/train-*.json; make pictures with `python -m models.eyes.render`")
    settings = json.loads((data / "settings.json").read_text())
    if min(settings["width_px"], settings["height_px"]) < side_px:
        raise UsageError(f"--size {side_px}: the pictures have {settings['width_px']} x {settings['height_px']} pixels")
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: is not empty; choose another folder")
    context = multiprocessing.get_context("spawn")  # OpenCV's threads do not survive a fork
    with ProcessPoolExecutor(processes, context) as pool:
        count = sum(pool.map(partial(_cut_home, data, out, side_px, seed), records))
    names = "".join(f"  {k}: {name}\n" for k, name in enumerate(CLASSES))
    val = os.path.relpath(data / "images" / "val", out)
    write_whole(out / "data.yaml", f"path: .\ntrain: images/train\nval: {val}\nnames:\n{names}".encode())
    return count


def _cut_home(data: Path, out: Path, side_px: int, seed: int, record: Path) -> int:
    cv2.setNumThreads(1)
    return sum(cut_picture(data, out, side_px, seed, entry) for entry in json.loads(record.read_bytes())["pictures"])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.eyes.tiles", description="cut pictures to train on into tiles")
    parser.add_argument("--data", type=Path, required=True, help="folder of models.eyes.render")
    parser.add_argument("--out", type=Path, required=True, help="folder to fill")
    parser.add_argument("--size", type=int, default=320, help="side of a tile, in pixels")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args(argv)
    try:
        count = cut(args.data, args.out, args.size, args.seed, args.processes)
    except (UsageError, PictureError) as error:
        print(f"tiles: {error}", file=sys.stderr)
        return 2
    print(f"{count} tiles: {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
