"""Makes many different people to learn ages from, by drawing them alone instead of whole pictures.

    python -m models.eyes.portraits --out portraits --seed 3 --homes 60

A network over crops overfits few people long before it has seen enough of them, and whole pictures show about one each.  Here a
picture is drawn once for each moment, to know what is seen; then everybody in it several times more, alone, every time as somebody
else of the same age group (skin, hair, clothes) in other light.  Goes on where it was interrupted.  In the folder: ``images`` and,
when a home is done, its ``portraits/NAME.jsonl``, which ``models.eyes.people_data`` reads.  There is nothing to validate with: people
of whole pictures judge.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from models.eyes.arrange import Arranger, Moment
from models.eyes.homes import draw_home
from models.eyes.inhabitants import GREYS
from models.eyes.labels import Label, Labeller
from models.eyes.lens import encode, spoil
from models.eyes.people_data import ROOM
from models.eyes.settings import Job, Settings
from models.eyes.shard import write_whole
from models.eyes.signs import HeadFinder, signs
from models.eyes.studio import Shot, Studio
from robot_runtime.perceive.boxes import Bgr
from sim.mjcf import build_model
from sim.renderer import RenderingError

WIDTH_PX, HEIGHT_PX = 640, 480
FOLDER = "portraits"
_OF_EACH_AGE = 5
LOOKS, _MOMENTS = 4, 30
"""Portraits of everybody in a moment, and moments of a home."""
_HIGHEST_PX = 300
"""Portraits are no higher, room around them included: the network reads fewer."""


def make(out: Path, job: Job, moments: int) -> int:
    """Everybody's portraits in one home; returns how many there are now."""
    listed = out / FOLDER / f"{job.name}.jsonl"
    if listed.exists():
        return len(listed.read_text().splitlines())
    home = draw_home(job.name, job.chance("home"), of_each_age=_OF_EACH_AGE)
    model, layout = build_model(home, looks=True)
    studio = Studio(model, layout, home, (WIDTH_PX, HEIGHT_PX), job.chance("patterns"))
    labeller, heads = Labeller(model, layout, home), HeadFinder(model, layout)
    arranger = Arranger(home, crowded=True, at_people=1.0)
    rows = []
    for k in range(moments):
        moment = arranger.arrange(job.chance("moment", k))
        shot = studio.shoot(moment, job.chance("looks", k))
        labels = labeller.label(shot, moment, studio.data, studio.focal_px)
        shown = {id_: signs(home.people[id_], moment.people[id_], heads.box_px(shot, id_), shot.camera_m) for id_ in moment.people}
        rows += list(_portraits(out, job, f"{job.stem(k)}", studio, moment, shot, labels, shown))
    write_whole(listed, "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows).encode())
    return len(rows)


def _portraits(
    out: Path, job: Job, stem: str, studio: Studio, moment: Moment, shot: Shot, labels: list[Label], shown: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for person, label in enumerate(label for label in labels if label.class_name == "person" and not label.ignore):
        around = _around(label.box_px)
        share = min(1.0, _HIGHEST_PX / (around[3] - around[1]))
        for look in range(LOOKS):
            rng = job.chance("portrait", stem, person, look)
            file = out / "images" / FOLDER / f"{stem}_{person}_{look}.jpg"
            _write(file, studio.close_up(moment, shot, around, share, rng), rng)
            yield {
                "file": file.relative_to(out).as_posix(), "around_px": around, "box_px": label.box_px, "size_px": (WIDTH_PX, HEIGHT_PX),
                "focal_px": round(studio.focal_px, 4), "base": [round(v, 5) for v in moment.base],
                "joints": {name: round(value, 5) for name, value in moment.joints.items()}, "place_m": label.place_m,
                "age_group": label.age_group, "faces_camera": label.faces_camera, "share": label.share,
                "signs": shown[label.id] | {"grey": studio.worn[label.id]["hair"] in GREYS},
            }  # fmt: skip


def _around(box_px: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a box with room, within the picture."""
    left, top, width, height = box_px
    across, down = int(ROOM * width), int(ROOM * height)
    return max(left - across, 0), max(top - down, 0), min(left + width + across, WIDTH_PX), min(top + height + down, HEIGHT_PX)


def _write(file: Path, bgr: Bgr, rng: np.random.Generator) -> None:
    write_whole(file, encode(spoil(bgr, rng), "jpg", rng))


def main(argv: list[str] | None = None) -> int:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=3, help="another one than that of pictures that validate")
    parser.add_argument("--homes", type=int, default=60)
    parser.add_argument("--moments", type=int, default=_MOMENTS, help="of a home")
    arguments = parser.parse_args(argv)
    settings = Settings(arguments.seed, arguments.homes * arguments.moments, 0, arguments.moments, WIDTH_PX, HEIGHT_PX, "jpg")
    console, made, began_s = Console(stderr=True), 0, time.process_time()
    try:
        for home in track(range(arguments.homes), "homes", console=console):
            made += make(arguments.out, Job(settings, "train", home, arguments.moments), arguments.moments)
    except (RenderingError, OSError) as error:
        print(f"portraits: {error}", file=sys.stderr)
        return 2
    print(f"{made} portraits in {arguments.homes} homes, {time.process_time() - began_s:.0f} s of processor: {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
