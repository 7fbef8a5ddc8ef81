"""How right, and how honest, the places of things are: the robot's geometry on true boxes, shifted as a detector would.

    python -m models.eyes.places --data pictures

Errors are along the floor.  A place is *shy* of the truth by more than three of its standard deviations in at most 1.1 %, and
outside its 99 % ellipse in 1 %, of all cases if it is honest.  *Sure and wrong* is what must not be: more than a metre off, with
a standard deviation below 0.3 m.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from models.eyes.settings import CLASSES
from models.eyes.validation import Scene, scenes
from robot_runtime.cli import UsageError
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.pictures import PictureError
from robot_runtime.perceive.place import Placer
from sim.renderer import RenderingError

EDGES_M = (0.0, 1.5, 2.5, 3.5, 4.5, 20.0)
ELLIPSE_99 = 9.21
"""Squared Mahalanobis distance within which 99 % of a normal distribution in the plane is (chi-square, two degrees of freedom)."""
SURE_STD_M, WRONG_M = 0.3, 1.0


@dataclass(frozen=True, slots=True)
class Error:
    """Of one place."""

    is_person: bool
    distance_m: float  # along the floor, from the camera
    error_m: float  # nan where no place was told
    farther_m: float  # told farther away than it is; negative: nearer
    std_m: float
    squared: float  # Mahalanobis distance


def errors(scene: Scene, rng: np.random.Generator, jitter_px: float) -> Iterator[Error]:
    """Of all labelled things in a picture, each side of whose box is shifted by chance."""
    labels = [label for label in scene.labels if not label["ignore"]]
    if not labels:
        return
    size = scene.bgr.shape[1], scene.bgr.shape[0]
    places = Placer(CLASSES, scene.surfaces).place(_shifted(labels, size, rng, jitter_px), scene.view, scene.depth_m)
    for row, label in enumerate(labels):
        true_m = np.array(label["place_m"][:2])
        off, away = places.position_m[row, :2] - true_m, true_m - scene.camera_m[:2]
        distance_m = float(np.linalg.norm(away))
        squared = float(off @ np.linalg.solve(places.covariance_m2[row, :2, :2], off))
        farther_m = float(off @ away) / max(distance_m, 1e-9)
        yield Error(label["class_name"] == "person", distance_m, float(np.linalg.norm(off)), farther_m, places.std_m(row), squared)


def _shifted(labels: Sequence[dict[str, Any]], size: tuple[int, int], rng: np.random.Generator, jitter_px: float) -> Boxes:
    ltwh = np.array([label["box_px"] for label in labels], np.float64)
    low = np.clip(ltwh[:, :2] + rng.normal(0, jitter_px, (len(labels), 2)), 0, np.array(size) - 2)
    high = np.clip(ltwh[:, :2] + ltwh[:, 2:] + rng.normal(0, jitter_px, (len(labels), 2)), low + 2, size)
    ids = np.array([CLASSES.index(str(label["class_name"])) for label in labels], np.int64)
    return Boxes(np.concatenate((low, high - low), axis=1).astype(np.float32), np.ones(len(labels), np.float32), ids)


def rows(found: Iterable[Error]) -> list[dict[str, Any]]:
    """By kind and distance; the last of a kind is of all distances."""
    kinds = {"people": [one for one in found if one.is_person], "things": [one for one in found if not one.is_person]}
    ranges = [*pairwise(EDGES_M), (EDGES_M[0], EDGES_M[-1])]
    return [
        row(kind, low, high, [one for one in every if low <= one.distance_m < high])
        for kind, every in kinds.items()
        for low, high in ranges
    ]


def row(kind: str, low_m: float, high_m: float, found: Sequence[Error]) -> dict[str, Any]:
    known = [one for one in found if math.isfinite(one.error_m)]
    error_m, std_m = np.array([one.error_m for one in known]), np.array([one.std_m for one in known])
    farther_m, squared = np.array([one.farther_m for one in known]), np.array([one.squared for one in known])
    counts = {"kind": kind, "from_m": low_m, "to_m": high_m, "count": len(found), "known": len(known)}
    if not known:
        return counts
    figures = {
        "median_m": np.median(error_m), "p90_m": np.percentile(error_m, 90), "worst_m": error_m.max(), "std_m": np.median(std_m),
        "beyond_3_std": (error_m > 3 * std_m).mean(), "beyond_ellipse": (squared > ELLIPSE_99).mean(),
        "farther_than_3_std": (farther_m > 3 * std_m).mean(),
    }  # fmt: skip
    wrong = {"sure_and_wrong": int(((error_m > WRONG_M) & (std_m < SURE_STD_M)).sum())}
    return {**counts, **{name: round(float(value), 4) for name, value in figures.items()}, **wrong}


def as_text(table: Sequence[dict[str, Any]]) -> str:
    """The rows, for people."""
    head = "kind    metres       count known  median   90 %  worst    std  >3 std  >99 %  >3 std farther  sure and wrong"
    line = (
        "{kind} {from_m:5.1f} - {to_m:4.1f} {count:6d} {known:5d} {median_m:7.3f} {p90_m:6.3f} {worst_m:6.2f} {std_m:6.3f}"
        " {beyond_3_std:7.1%} {beyond_ellipse:6.1%} {farther_than_3_std:15.1%} {sure_and_wrong:15d}"
    )
    return "\n".join([head, *(line.format(**one) for one in table if one["known"])])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of models.eyes.render")
    parser.add_argument("--set", default="val", choices=("train", "val"))
    parser.add_argument("--jitter", type=float, default=2.0, metavar="PIXELS", help="standard deviation of each side of a box")
    parser.add_argument("--no-depth", action="store_true", help="a robot whose camera gives no depth")
    parser.add_argument("--most", type=int, metavar="PICTURES", help="at most so many pictures")
    parser.add_argument("--json", action="store_true", help="the table as one line of JSON")
    arguments = parser.parse_args(argv)
    rng = np.random.default_rng(0)
    try:
        every = scenes(arguments.data, arguments.set, depth=not arguments.no_depth, most=arguments.most)
        table = rows([one for scene in every for one in errors(scene, rng, arguments.jitter)])
    except (UsageError, PictureError, RenderingError) as error:
        print(f"places: {error}", file=sys.stderr)
        return 2
    print(json.dumps(table) if arguments.json else as_text(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
