"""Trains the detector on the pictures of ``models.eyes.render``, from nothing: no weights of others are used.

    python -m models.eyes.tiles --data pictures --out tiles
    python -m models.eyes.train_detector --data tiles --out build/tiles --epochs 30
    python -m models.eyes.train_detector --data pictures --out build/eyes --size 640 --epochs 3 --from build/tiles/detector/weights/last.pt

Tiles first, since they hold more to learn from per pixel; then whole pictures, in which people and tables are not cut.
The network is one of the YOLO family as ultralytics builds it, trained by its own command in a process of its own; see
``models/eyes/card.md`` for what its licence means for the weights.  ``--resume`` goes on after an interruption.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml

from models.eyes.yolo_tool import run_yolo
from robot_runtime.cli import UsageError

NAME = "detector"
"""Folder, below that of ``--out``, in which ultralytics works."""

AUGMENTATION: dict[str, object] = {
    "fliplr": 0.5,
    "flipud": 0.0,  # the floor is below
    "degrees": 1.0,  # the robot stands upright, on floors that are nearly level
    "translate": 0.1,
    "scale": 0.35,  # a phone across the room has few pixels as it is
    "hsv_h": 0.01,  # the name of a colour is not learned here, but a green banana is rare
    "hsv_s": 0.5,
    "hsv_v": 0.3,  # exposure and noise are in the pictures already
    "mosaic": 1.0,  # four homes in a picture; off in the last part, see ``settings``
    "mixup": 0.0,
    "copy_paste": 0.0,
    "erasing": 0.0,
}
"""For pictures of a home, and their tiles."""


def settings(arguments: argparse.Namespace) -> dict[str, object]:
    """What ultralytics is told; everything else is as it comes."""
    return {
        "data": (arguments.data / "data.yaml").resolve(),
        "model": arguments.model if arguments.start is None else arguments.start.resolve(),
        "pretrained": arguments.start is not None,
        "imgsz": arguments.size,
        "epochs": arguments.epochs,
        "patience": 0,  # the schedule is run to its end
        "batch": arguments.batch,
        "workers": arguments.workers,
        "project": arguments.out.resolve(),
        "name": NAME,
        "exist_ok": True,
        "seed": arguments.seed,
        "deterministic": True,
        "optimizer": "AdamW",
        "lr0": arguments.rate,
        "cos_lr": True,
        "close_mosaic": max(1, arguments.epochs // 6),
        "amp": False,  # to switch it on, ultralytics would first fetch weights to try it with
        "plots": False,
        **AUGMENTATION,
        **dict(_pair(text) for text in arguments.set),
    }


def train(arguments: argparse.Namespace) -> Path:
    """The weights after the last epoch: none are chosen by validation homes, so these still judge fairly.

    :raises UsageError: no pictures, nothing to resume, finished already, or ultralytics failed
    """
    weights: Path = arguments.out / NAME / "weights"
    if not (arguments.data / "data.yaml").exists():
        raise UsageError(f"{arguments.data}: holds no data.yaml; make pictures with `python -m models.eyes.render`")
    config = arguments.out / "ultralytics"
    if arguments.resume:
        if not (weights / "last.pt").exists():
            raise UsageError(f"{weights}: holds no last.pt to go on from; leave --resume out")
        if _is_finished(arguments.out / NAME):
            raise UsageError(f"{weights / 'last.pt'}: this training is finished; there is nothing to resume")
        run_yolo(arguments.data, config, "detect", "train", model=(weights / "last.pt").resolve(), resume=True)
    else:
        if (weights / "last.pt").exists():
            raise UsageError(f"{weights}: holds weights already; --resume goes on, another --out begins anew")
        arguments.out.mkdir(parents=True, exist_ok=True)
        run_yolo(arguments.data, config, "detect", "train", **settings(arguments))
    return weights / "last.pt"


def _is_finished(folder: Path) -> bool:
    """Whether all epochs are on record.  ultralytics would begin anew, with pictures that it fetches."""
    settings = yaml.safe_load((folder / "args.yaml").read_text())
    rows = (folder / "results.csv").read_text().splitlines()[1:]
    return len(rows) >= int(settings["epochs"])


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise UsageError(f"--set {text}: expected key=value")
    return key, value


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of models.eyes.render")
    parser.add_argument("--out", type=Path, default=Path("build/eyes"), help="folder for weights and ultralytics' own records")
    parser.add_argument("--model", default="yolo11n.yaml", help="description of a network that ultralytics knows")
    parser.add_argument("--from", type=Path, dest="start", metavar="WEIGHTS", help="go on from these weights of an earlier training")
    parser.add_argument("--rate", type=float, default=0.002, help="of learning, at its highest")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--size", type=int, default=320, help="longer side of the input, in pixels")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2, help="processes that read pictures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="another setting of ultralytics; as often as wanted"
    )
    parser.add_argument("--resume", action="store_true", help="go on where a training in --out was interrupted, with its settings")
    arguments = parser.parse_args(argv)
    if arguments.start is not None and not arguments.start.exists():
        parser.error(f"--from {arguments.start}: there is no such file")
    if not arguments.model.endswith(".yaml"):
        parser.error("--model: expected a description (.yaml), not weights: the detector is trained from nothing")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Train, and say where the weights are."""
    arguments = _arguments(argv)
    try:
        print(train(arguments))
    except UsageError as error:
        print(f"train_detector: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("train_detector: interrupted; the same command with --resume goes on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
