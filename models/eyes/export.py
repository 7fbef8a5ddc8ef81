"""From trained weights to what is shipped: ``detector.onnx``, ``detector_int8.onnx``, ``people.onnx``, each with its settings.

    python -m models.eyes.export --data pictures --weights build/eyes

Needs what training needs.  Networks take any number of pictures a run, for robots with several cameras and pictures with
several people, but of one size: 512 x 640 for pictures of 480 x 640, by which every convolution is planned beforehand.
At the end stands what belongs into ``models/catalogue.yaml``.
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
import yaml
from numpy.typing import NDArray

from models.eyes.onnx_tools import CALIBRATION, free_batch, keep_metadata, optimise, outputs, quantise, sum_bins
from models.eyes.people_data import MARGIN, PIXELS, Cutter, Somebody, load
from models.eyes.people_network import PeopleNetwork
from models.eyes.train_detector import NAME
from models.eyes.train_people import SETTINGS, WEIGHTS
from models.eyes.yolo_tool import run_yolo
from robot_runtime.cli import UsageError
from robot_runtime.perceive import pictures
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.crops import crop
from robot_runtime.perceive.letterbox import Fit, Letterbox
from robot_runtime.perceive.measures import COLUMNS
from robot_runtime.perceive.pictures import PictureError
from safety.files import PROJECT, file_hash

OPSET = 17
SHIPPED = Path("models/eyes/shipped")
TOLERANCE = 1e-3
"""By which an exported network may differ from the one it comes from: rounding, in logits and in shares of a pixel."""
_HOMES, _PEOPLE = 4, 2
"""Sample pictures for the detector, and crops of each age group: engines are compared on them before they are trusted."""


def export_detector(arguments: argparse.Namespace) -> list[Path]:
    """The detector in float, and in 8 bits if wanted."""
    weights = arguments.weights / NAME / "weights" / "last.pt"
    if not weights.exists():
        raise UsageError(f"{weights}: missing; run models.eyes.train_detector")
    width_px, height_px = arguments.size
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(weights, folder / "detector.pt")
        words: dict[str, object] = {"format": "onnx", "opset": OPSET, "imgsz": f"{height_px},{width_px}", "batch": 1, "device": "cpu"}
        run_yolo(folder, arguments.weights / "ultralytics", "export", model="detector.pt", simplify=False, **words)
        traced = folder / "detector.onnx"
        model = onnx.load(traced)
        free_batch(model)
        sum_bins(model)
        keep_metadata(model)
        onnx.save(model, folder / "free.onnx")
        file = arguments.out / "detector.onnx"
        optimise(folder / "free.onnx", file)
        images = _inputs(_chosen(arguments.data, arguments.calibration_pictures), width_px, height_px)
        _require_same(file, traced, images[:3])
    names = ast.literal_eval(next(prop.value for prop in model.metadata_props if prop.key == "names"))
    settings = {"layout": "yolo", "class_names": [names[k] for k in sorted(names)], "samples": _home_samples(arguments)}
    _write_settings(file, settings)
    if arguments.int8 == "no":
        return [file]
    small = arguments.out / "detector_int8.onnx"
    quantise(file, small, images, "int8" if arguments.int8 == "all" else "float", arguments.calibration)
    _write_settings(small, settings)
    return [file, small]


def export_people(arguments: argparse.Namespace) -> list[Path]:
    """The network over crops of people, with its temperatures."""
    weights, file = arguments.weights / WEIGHTS, arguments.out / "people.onnx"
    if not weights.exists():
        raise UsageError(f"{weights}: missing; run models.eyes.train_people")
    network = PeopleNetwork().eval()
    network.load_state_dict(torch.load(weights, map_location="cpu"))
    scale = json.loads((arguments.weights / SETTINGS).read_text())["temperatures"]
    chosen = _some_of_each(load(arguments.data, "train"))
    batch = Cutter(len(chosen)).judged(chosen, "depth", np.random.default_rng(0))
    fed: dict[str, NDArray[np.float32]] = {"crops": np.float32(batch.crops / 255), "measures": batch.measures}
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "people.onnx"
        several = {0: "people"}
        torch.onnx.export(
            network,
            tuple(torch.from_numpy(one) for one in fed.values()),
            str(plain),
            input_names=[*fed],
            output_names=["age_logits", "facing_logit"],
            dynamic_axes=dict.fromkeys([*fed, "age_logits", "facing_logit"], several),
            opset_version=OPSET,
            dynamo=False,
        )
        optimise(plain, file)
    with torch.inference_mode():
        expected = [tensor.numpy() for tensor in network(*(torch.from_numpy(one) for one in fed.values()))]
    _require_close(file, expected, outputs(file, fed))
    _write_settings(
        file,
        {
            "margin": MARGIN,
            "age": {"output": "age_logits", "groups": [group.value for group in GROUPS], "temperature": scale["age"]},
            "facing": {"output": "facing_logit", "temperature": scale["facing"]},
            "measures": {"input": "measures", "columns": list(COLUMNS)},
            "samples": _people_samples(arguments, chosen),
        },
    )
    return [file]


def catalogue(files: Sequence[Path]) -> str:
    """The lines of ``files:`` in the catalogue."""
    rows = []
    for file in files:
        for one in (file, file.with_suffix(".yaml")):
            path = one.resolve().relative_to(PROJECT) if one.resolve().is_relative_to(PROJECT) else one
            rows.append({"path": path.as_posix(), "sha256": file_hash(one), "size_bytes": one.stat().st_size})
    total = sum(int(str(row["size_bytes"])) for row in rows)
    return f"{yaml.safe_dump({'files': rows}, sort_keys=False)}# together {total / 1e6:.2f} MB"


# ------------------------------------------------------------------ what calibrates and compares


def _chosen(data: Path, count: int) -> list[NDArray[np.uint8]]:
    """Training pictures, spread evenly over all homes.

    :raises UsageError: there are none
    """
    files = sorted((data / "images" / "train").iterdir()) if (data / "images" / "train").is_dir() else []
    if not files:
        raise UsageError(f"{data}: holds no images/train; make pictures with `python -m models.eyes.render`")
    spread = np.linspace(0, len(files) - 1, min(count, len(files))).round().astype(int)
    return [pictures.read(files[k]) for k in spread]


def _inputs(chosen: Sequence[NDArray[np.uint8]], width_px: int, height_px: int) -> list[NDArray[np.float32]]:
    """As the runtime prepares them, (1, 3, height, width) each."""
    letterbox = Letterbox(width_px, height_px, PIXELS, Fit.CENTRE, most=1)
    return [np.array(letterbox([picture])[0], np.float32) for picture in chosen]


def _require_same(file: Path, traced: Path, images: Sequence[NDArray[np.float32]]) -> None:
    """Several pictures together must give what each alone gave to the network as it was traced."""
    together = outputs(file, np.concatenate(images))
    _require_close(file, [np.concatenate([outputs(traced, one)[0] for one in images])], together)


def _require_close(file: Path, expected: Sequence[NDArray[Any]], found: Sequence[NDArray[Any]]) -> None:
    for one, other in zip(expected, found, strict=True):
        worst = float(np.max(np.abs(one - other) / (1 + np.abs(one)))) if one.shape == other.shape else float("inf")
        if not worst <= TOLERANCE:
            raise UsageError(f"{file}: differs by {worst:.2g} from the network it was exported from")


def _some_of_each(people: Sequence[Somebody]) -> list[Somebody]:
    """Of each age group those with the largest boxes.

    :raises UsageError: a group is missing
    """
    chosen: list[Somebody] = []
    for group in range(len(GROUPS)):
        mine = sorted((one for one in people if one.age == group), key=lambda one: -float(one.ltwh_px[2] * one.ltwh_px[3]))
        if not mine:
            raise UsageError(f"no {GROUPS[group].value} among the people to train on: too few pictures")
        chosen += mine[:_PEOPLE]
    return chosen


def _home_samples(arguments: argparse.Namespace) -> list[str]:
    """The busiest training pictures, each of another home; paths beside the model."""
    entries = [json.loads(line) for line in (arguments.data / "places" / "train.jsonl").read_text().splitlines()]
    busiest: dict[str, tuple[int, str]] = {}
    for entry in entries:
        seen = len({label["class_name"] for label in entry["labels"] if not label["ignore"]})
        home = Path(entry["file"]).stem.split("_")[0]
        busiest[home] = max(busiest.get(home, (0, "")), (seen, entry["file"]))
    chosen = [file for _, file in sorted(busiest.values(), reverse=True)[:_HOMES]]
    return [_write_sample(arguments.out, f"home_{k}.jpg", pictures.read(arguments.data / file)) for k, file in enumerate(chosen, 1)]


def _people_samples(arguments: argparse.Namespace, chosen: Sequence[Somebody]) -> list[str]:
    names = [f"{GROUPS[one.age].value}_{k % _PEOPLE + 1}.jpg" for k, one in enumerate(chosen)]
    return [_write_sample(arguments.out, name, crop(one.around, one.ltwh_px, MARGIN)) for name, one in zip(names, chosen, strict=True)]


def _write_sample(out: Path, name: str, picture: NDArray[np.uint8]) -> str:
    (out / "samples").mkdir(parents=True, exist_ok=True)
    file = out / "samples" / name
    file.write_bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    return f"samples/{name}"


def _write_settings(file: Path, settings: dict[str, Any]) -> None:
    head = f"# How {file.name} is read; written by models/eyes/export.py.\n"
    file.with_suffix(".yaml").write_text(head + yaml.safe_dump(settings, sort_keys=False, width=120), encoding="utf-8")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of models.eyes.render: calibration and samples, from training homes"
    )
    parser.add_argument("--weights", type=Path, default=Path("build/eyes"), help="folder of both trainings")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--only", choices=("detector", "people"), help="one of the two")
    parser.add_argument("--size", type=int, nargs=2, default=(640, 512), metavar=("WIDTH", "HEIGHT"), help="of the input, multiples of 32")
    parser.add_argument(
        "--int8", choices=("no", "body", "all"), default="all", help="8 bits for all, or for all but the head where that costs accuracy"
    )
    parser.add_argument("--calibration", choices=tuple(CALIBRATION), default="minmax", help="how ranges of activations are found")
    parser.add_argument("--calibration-pictures", type=int, default=200)
    arguments = parser.parse_args(argv)
    if any(side < 32 or side % 32 for side in arguments.size):
        parser.error("--size: expected multiples of 32")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Export, and print hashes and sizes."""
    arguments = _arguments(argv)
    arguments.out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    try:
        if arguments.only != "people":
            files += export_detector(arguments)
        if arguments.only != "detector":
            files += export_people(arguments)
    except (UsageError, PictureError, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    print(catalogue(files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
