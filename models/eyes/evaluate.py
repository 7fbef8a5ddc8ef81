"""The eyes' networks on homes that they never saw, through the code that runs on the robot.

    python -m models.eyes.evaluate --data pictures --page docs/eyes.jpg

Average precision is COCO's (``figures``), with all boxes down to a score of 0.001.  Everything else is judged at the detector's
own threshold, on what it found: a box counts as a thing of its class that it overlaps by half.  People are judged in those
validation homes that did not set the temperatures, with what the robot measures of them: by depth with ``--depth``, else by their feet.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from models.eyes.figures import Truth, average_precision, by_distance, calibration_error, match
from models.eyes.page import Cell, write_page
from models.eyes.people_data import is_for_calibration
from models.eyes.validation import Scene, scenes
from robot_runtime.cli import UsageError
from robot_runtime.perceive.ages import GROUPS, AgeSettings
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.crops import PersonClassifier, PersonLook
from robot_runtime.perceive.detector import Detector
from robot_runtime.perceive.measures import measure
from robot_runtime.perceive.model_settings import settings_file
from robot_runtime.perceive.pictures import PictureError
from robot_runtime.perceive.place import Placer
from robot_runtime.perceive.sessions import EngineConfig
from safety.files import FileError
from sim.renderer import RenderingError

SHIPPED = Path("models/eyes/shipped")
LEAST_SCORE = 0.001
EDGES_M = (0.0, 1.5, 2.5, 3.5, 4.5, 20.0)
"""Of the ranges of distances; "at 3 m" is 2.5 … 3.5 m."""
_HALF = np.array([0.5])
_EDGE_PX = 2.0
_SURE = AgeSettings().sure


@dataclass
class Gathered:
    """What was found in all pictures, next to what is true."""

    found: list[Boxes] = field(default_factory=list)  # down to LEAST_SCORE
    truth: list[Truth] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    ages: list[tuple[NDArray[np.float64], int]] = field(default_factory=list)  # probabilities, truth
    whole: list[bool] = field(default_factory=list)  # of the same people: the head is not cut off by the picture's upper border
    facing: list[tuple[float, bool]] = field(default_factory=list)
    places: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)  # distance, error


class Judge:
    """The networks and the geometry of the robot, on one scene after another."""

    def __init__(self, detector: Detector, people: PersonClassifier | None, threshold: float) -> None:
        self._detector, self._people, self._threshold = detector, people, threshold
        self._person = detector.class_names.index("person") if "person" in detector.class_names else -1
        self.gathered = Gathered()

    def look(self, scene: Scene) -> None:
        found = self._detector.detect([scene.bgr])[0]
        sure = _take(found, np.flatnonzero(found.scores >= self._threshold))
        pairs, wrong = self._pairs(sure, scene.truth)
        looks = self._looks(scene, sure)
        self.gathered.found.append(found)
        self.gathered.truth.append(scene.truth)
        self._judge_people(scene, sure, looks, pairs)
        self._judge_places(scene, sure, pairs)
        missed = [k for k in np.flatnonzero(~scene.truth.ignored).tolist() if k not in pairs.values()]
        true_ages = {box: str(scene.labels[thing]["age_group"]) for box, thing in pairs.items() if box in looks}
        names, right = self._detector.class_names, tuple(sorted(pairs))
        self.gathered.cells.append(Cell(scene.bgr, names, sure, right, tuple(wrong), scene.truth, tuple(missed), looks, true_ages))

    def look_at_people(self, scene: Scene) -> dict[int, PersonLook]:
        """What the robot makes of everybody whom it finds, by the number of their label.  Nothing is gathered."""
        found = self._detector.detect([scene.bgr])[0]
        sure = _take(found, np.flatnonzero(found.scores >= self._threshold))
        pairs, _ = self._pairs(sure, scene.truth)
        return {pairs[box]: look for box, look in self._looks(scene, sure).items() if box in pairs}

    def _pairs(self, sure: Boxes, truth: Truth) -> tuple[dict[int, int], list[int]]:
        """Box → thing it found, and the boxes that found nothing."""
        pairs: dict[int, int] = {}
        wrong: list[int] = []
        for class_id in np.unique(sure.class_ids).tolist():
            one = match(sure, truth, class_id, _HALF)
            pairs.update({int(box): int(thing) for box, thing in zip(one.boxes, one.things[0], strict=True) if thing >= 0})
            wrong += one.boxes[~one.right[0] & ~one.ignored[0]].tolist()
        return pairs, wrong

    def _looks(self, scene: Scene, sure: Boxes) -> dict[int, PersonLook]:
        rows = np.flatnonzero(sure.class_ids == self._person)
        if self._people is None or not len(rows):
            return {}
        places = Placer(self._detector.class_names, scene.surfaces).place(sure, scene.view, scene.depth_m)
        measures = measure(sure, places, scene.view, (scene.bgr.shape[1], scene.bgr.shape[0]))
        return dict(zip(rows.tolist(), self._people.classify(scene.bgr, _take(sure, rows), measures[rows]), strict=True))

    def _judge_people(self, scene: Scene, sure: Boxes, looks: dict[int, PersonLook], pairs: dict[int, int]) -> None:
        if is_for_calibration(scene.file):
            return
        for box, look in looks.items():
            if box in pairs:
                label = scene.labels[pairs[box]]
                self.gathered.ages.append((look.age, [group.value for group in GROUPS].index(label["age_group"])))
                self.gathered.facing.append((look.facing, bool(label["faces_camera"])))
                self.gathered.whole.append(bool(sure.ltwh_px[box, 1] > _EDGE_PX))

    def _judge_places(self, scene: Scene, sure: Boxes, pairs: dict[int, int]) -> None:
        placer = Placer(self._detector.class_names, scene.surfaces)
        ways = {"without depth": None} if scene.depth_m is None else {"with depth": scene.depth_m, "without depth": None}
        for way, depth_m in ways.items():
            places = placer.place(sure, scene.view, depth_m)
            for box, thing in pairs.items():
                true_m = np.array(scene.labels[thing]["place_m"])
                kind = "people" if sure.class_ids[box] == self._person else "things"
                distance_m, error_m = (float(np.linalg.norm(true_m - one)) for one in (scene.camera_m, places.position_m[box]))
                self.gathered.places.setdefault((way, kind), []).append((distance_m, error_m))


def figures(gathered: Gathered, class_names: Sequence[str]) -> dict[str, Any]:
    """Everything that the model card tells."""
    precision = average_precision(gathered.found, gathered.truth, len(class_names))
    counts = np.sum([np.bincount(one.class_ids[~one.ignored], minlength=len(class_names)) for one in gathered.truth], axis=0)
    right, wrong, missed = (sum(len(getattr(cell, name)) for cell in gathered.cells) for name in ("right", "wrong", "missed"))
    present = counts > 0
    return {
        "pictures": len(gathered.cells),
        "map50": _rounded(precision[present, 0].mean() if present.any() else math.nan),
        "map50_95": _rounded(precision[present].mean() if present.any() else math.nan),
        "precision": _rounded(right / (right + wrong) if right + wrong else math.nan),
        "recall": _rounded(right / (right + missed) if right + missed else math.nan),
        "classes": {
            name: {"things": int(count), "ap50": _rounded(row[0]), "ap50_95": _rounded(row.mean())}
            for name, count, row in zip(class_names, counts, precision, strict=True)
        },
        "people": _people(gathered),
        "places": {
            way: {kind: _distances(gathered.places[way, kind]) for kind in ("people", "things") if (way, kind) in gathered.places}
            for way in ("with depth", "without depth")
            if any(key[0] == way for key in gathered.places)
        },
    }


def _people(gathered: Gathered) -> dict[str, Any]:
    if not gathered.ages:
        return {"people": 0}
    ages, truth = np.stack([age for age, _ in gathered.ages]), np.array([group for _, group in gathered.ages])
    front, faces = np.array([one for one, _ in gathered.facing]), np.array([one for _, one in gathered.facing])
    right, right_front = ages.argmax(axis=1) == truth, (front >= 0.5) == faces
    whole, sure = np.array(gathered.whole), ages.max(axis=1) >= _SURE
    return {
        "people": len(truth),
        "age_accuracy": _rounded(right.mean()),
        "age_calibration_error": _rounded(calibration_error(ages.max(axis=1), right)),
        "age_accuracy_of": {
            group.value: _rounded(right[truth == k].mean() if (truth == k).any() else math.nan) for k, group in enumerate(GROUPS)
        },
        "age_accuracy_with_head": _rounded(right[whole].mean() if whole.any() else math.nan),
        "with_head": _rounded(whole.mean()),
        "age_accuracy_of_sure": _rounded(right[sure].mean() if sure.any() else math.nan),
        "sure": _rounded(sure.mean()),
        "sure_confusion": {group.value: _told(ages[sure & (truth == k)]) for k, group in enumerate(GROUPS)},
        "facing_accuracy": _rounded(right_front.mean()),
        "facing_calibration_error": _rounded(calibration_error(np.maximum(front, 1 - front), right_front)),
        "facing_accuracy_of": {
            "facing": _rounded(right_front[faces].mean() if faces.any() else math.nan),
            "not facing": _rounded(right_front[~faces].mean() if (~faces).any() else math.nan),
        },
    }


def _told(ages: NDArray[np.float64]) -> list[int]:
    """How many of them are told to be of each age group."""
    return [int(count) for count in np.bincount(ages.argmax(axis=1), minlength=len(GROUPS))]


def _distances(pairs: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
    distance_m, error_m = np.array(pairs).T
    rows = by_distance(distance_m, error_m, EDGES_M)
    return [{key: value if isinstance(value, int) else _rounded(value) for key, value in row.items()} for row in rows]


def _rounded(value: float) -> float:
    return round(float(value), 4)


def _take(boxes: Boxes, rows: NDArray[np.intp]) -> Boxes:
    return Boxes(boxes.ltwh_px[rows], boxes.scores[rows], boxes.class_ids[rows])


def open_detector(file: Path, config: EngineConfig, folder: Path) -> tuple[Detector, float]:
    """The detector as it is, but for its threshold, which is :data:`LEAST_SCORE`; and the threshold that it has.

    :param folder: for links to the model and its samples beside changed settings
    :raises FileError: the model cannot be used
    """
    given = Detector(file, config).settings
    link = folder / file.name
    link.symlink_to(file.resolve())
    for sample in given.samples:
        (folder / sample).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file.parent / sample, folder / sample)
    changed = {**given.model_dump(mode="json"), "score_threshold": LEAST_SCORE}
    settings_file(link).write_text(yaml.safe_dump(changed), encoding="utf-8")
    return Detector(link, config), given.score_threshold


def as_text(found: dict[str, Any]) -> str:
    """The figures as tables for people."""
    lines = [
        f"{found['pictures']} pictures  mAP50 {found['map50']:.3f}  mAP50-95 {found['map50_95']:.3f}",
        f"at score {found['score_threshold']}: precision {found['precision']:.1%}  recall {found['recall']:.1%}",
        f"{'class':12} {'things':>6} {'AP50':>6} {'AP50-95':>8}",
        *(f"{name:12} {row['things']:6d} {row['ap50']:6.3f} {row['ap50_95']:8.3f}" for name, row in found["classes"].items()),
    ]
    people = found["people"]
    if people["people"]:
        of_age = "  ".join(f"{name} {share:.1%}" for name, share in people["age_accuracy_of"].items())
        of_facing = "  ".join(f"{name} {share:.1%}" for name, share in people["facing_accuracy_of"].items())
        of_sure = "; ".join(f"{name} as {', '.join(map(str, row))}" for name, row in people["sure_confusion"].items())
        lines += [
            f"{people['people']} people  age {people['age_accuracy']:.1%} ({of_age})  ECE {people['age_calibration_error']:.3f}",
            f"of the {people['with_head']:.0%} whose head the picture does not cut off {people['age_accuracy_with_head']:.1%}; "
            f"of the {people['sure']:.0%} told with at least {_SURE} {people['age_accuracy_of_sure']:.1%}",
            f"these are told as {', '.join(group.value for group in GROUPS)}: {of_sure}",
            f"facing {people['facing_accuracy']:.1%} ({of_facing})  ECE {people['facing_calibration_error']:.3f}",
        ]
    for way, kinds in found["places"].items():
        for kind, rows in kinds.items():
            lines.append(f"places of {kind} {way}: metres  count  known  median   90 %")
            lines += [
                f"{row['from_m']:8.1f} – {row['to_m']:4.1f} {row['count']:6d} {row['known']:6d} {row['median_m']:7.3f} {row['p90_m']:6.3f}"
                for row in rows
                if row["count"]
            ]
    return "\n".join(lines)


def evaluate(arguments: argparse.Namespace) -> dict[str, Any]:
    """Look at everything, and reckon.

    :raises UsageError: the folder of pictures is not whole
    :raises FileError: a model cannot be used
    """
    config = EngineConfig(providers=tuple(arguments.providers), threads=arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        detector, threshold = open_detector(arguments.detector, config, Path(folder))
        people = None if arguments.people is None else PersonClassifier(arguments.people, config)
        judge = Judge(detector, people, threshold)
        for scene in scenes(arguments.data, arguments.set, depth=arguments.depth, most=arguments.most):
            judge.look(scene)
            print(f"\r{len(judge.gathered.cells)} pictures", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    found: dict[str, Any] = {"detector": detector.hash, "people_network": people.hash if people else "", "provider": detector.provider}
    found |= {"score_threshold": threshold, **figures(judge.gathered, detector.class_names)}
    if arguments.page is not None:
        write_page(arguments.page, judge.gathered.cells)
    return found


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of models.eyes.render")
    parser.add_argument("--set", default="val", choices=("train", "val"))
    parser.add_argument("--detector", type=Path, default=SHIPPED / "detector.onnx")
    parser.add_argument("--people", type=Path, default=SHIPPED / "people.onnx")
    parser.add_argument("--no-people", dest="people", action="store_const", const=None, help="judge the detector alone")
    parser.add_argument("--depth", action="store_true", help="also place things with depth, which is drawn anew from the seed (slower)")
    parser.add_argument("--most", type=int, metavar="PICTURES", help="at most so many pictures")
    parser.add_argument("--providers", nargs="+", default=["cpu"], help="on what the networks run")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--page", type=Path, metavar="FILE.jpg", help="write a page of successes and failures")
    parser.add_argument("--json", action="store_true", help="figures as one line of JSON")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    try:
        found = evaluate(arguments)
    except (UsageError, FileError, PictureError, RenderingError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    print(json.dumps(without_nan(found)) if arguments.json else as_text(found))
    return 0


def without_nan(value: Any) -> Any:
    """JSON has no nan: null."""
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


if __name__ == "__main__":
    sys.exit(main())
