"""How old the robot tells that people are once it has met them: looks that follow each other become one belief.

    python -m models.eyes.meetings --seed 41 --homes 60

One look often shows too little; gate and voice go by what ``robot_runtime.perceive.ages`` makes of several.  Everybody in homes that
no network has seen is met once, in one set of clothes and one light: the robot sees them from 2 to 4.5 m, drives up to them and
looks twice a second, by its own detector, a depth camera and the network for people.  Which box is whose comes from the simulation:
whether the robot takes one for another has figures of its own (``make identities``).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from models.eyes.arrange import Arranger, Moment
from models.eyes.evaluate import SHIPPED, Judge, open_detector, without_nan
from models.eyes.figures import calibration_error
from models.eyes.homes import draw_home
from models.eyes.labels import Labeller, class_id
from models.eyes.lens import spoil
from models.eyes.portraits import HEIGHT_PX, WIDTH_PX
from models.eyes.settings import Job, Settings
from models.eyes.studio import Studio
from models.eyes.validation import Scene, as_a_camera_measures, truth_of
from models.eyes.views import lens_of, nominal_view
from robot_runtime.messages import AgeGroup
from robot_runtime.perceive.ages import GROUPS, AgeBelief, AgeSettings
from robot_runtime.perceive.crops import PersonClassifier
from robot_runtime.perceive.engine_config import EngineConfig
from robot_runtime.world.semantic_map import SemanticMap
from safety.files import FileError
from sim.export import semantic_map
from sim.mjcf import build_model
from sim.renderer import RenderingError

A_LOOK_S = 0.5
LOOKS = 8
"""Four seconds: as long as it takes to say a wish and to be answered."""
_ARRANGED = 50
"""Times that a home is arranged anew until somebody in particular is there."""


@dataclass(frozen=True, eq=False)
class Meeting:
    """What the robot made of one person."""

    age_group: str
    looks: tuple[NDArray[np.float64], ...]  # probabilities of single looks at which they were found
    belief: NDArray[np.float64]  # after the last look
    told: AgeGroup  # likewise; UNKNOWN while it is not sure


class Host:
    """One home, and everybody in it to be met."""

    def __init__(self, job: Job) -> None:
        self._job, self._home = job, draw_home(job.name, job.chance("home"))
        model, layout = build_model(self._home, looks=True)
        self._studio = Studio(model, layout, self._home, (WIDTH_PX, HEIGHT_PX), job.chance("patterns"))
        self._labeller, self._arranger = Labeller(model, layout, self._home), Arranger(self._home)
        self._surfaces = tuple(SemanticMap.model_validate(semantic_map(self._home)).surfaces.values())

    def meetings(self, judge: Judge, looks: int) -> Iterator[Meeting]:
        """One for each person, but those who are nowhere with room for a robot before them."""
        for id_, person in self._home.people.items():
            scenes = list(self.scenes(id_, looks))
            if scenes:
                yield _meeting(person.age_group, [_look(judge, scene, id_) for scene in scenes])

    def scenes(self, id_: str, looks: int) -> Iterator[Scene]:
        """What the robot sees when it meets somebody; none where it cannot."""
        rng = self._job.chance("meeting", id_)
        moments = (self._arranger.arrange(rng) for _ in range(_ARRANGED))
        moment = next((moment for moment in moments if id_ in moment.people), None)
        if moment is not None:
            yield from (self._scene(now, id_, rng) for now in self._arranger.approach(moment, id_, looks, rng))

    def worn(self, id_: str) -> dict[str, str]:
        """Clothes → colour, in the scene that was drawn last."""
        return dict(self._studio.worn[id_])

    def _scene(self, moment: Moment, id_: str, rng: np.random.Generator) -> Scene:
        shot = self._studio.shoot(moment, self._job.chance("looks", id_))  # from the same seed: the same clothes and light each time
        labels = self._labeller.label(shot, moment, self._studio.data, self._studio.focal_px)
        rows = tuple({"class_id": class_id(label), **label.as_dict()} for label in labels)
        view = nominal_view({"base": moment.base, "joints": moment.joints}, lens_of(WIDTH_PX, HEIGHT_PX, self._studio.focal_px))
        depth_m = as_a_camera_measures(shot.depth_m, rng)
        return Scene(self._job.name, spoil(shot.bgr, rng), rows, truth_of(rows), view, shot.camera_m, self._surfaces, depth_m)


def _look(judge: Judge, scene: Scene, id_: str) -> NDArray[np.float64] | None:
    """Probabilities of the age groups; None where they are not found."""
    looks = judge.look_at_people(scene)
    return next((look.age for number, look in looks.items() if scene.labels[number]["id"] == id_), None)


def _meeting(age_group: str, looks: Sequence[NDArray[np.float64] | None]) -> Meeting:
    belief = AgeBelief(AgeSettings())
    for number, look in enumerate(looks):
        if look is not None:
            belief.look(number * A_LOOK_S, look)
    return Meeting(age_group, tuple(look for look in looks if look is not None), belief.probabilities(), belief.group()[0])


def figures(met: Sequence[Meeting]) -> dict[str, Any]:
    """Of those who were found at least once; nan where there is nobody to tell of."""
    seen = [one for one in met if one.looks]
    names = [group.value for group in GROUPS]
    true = np.array([names.index(one.age_group) for one in seen], int)
    belief = np.array([one.belief for one in seen]).reshape(-1, len(names))
    told = np.array([names.index(one.told.value) if one.told in GROUPS else -1 for one in seen], int)
    sure = told >= 0
    single = [int(look.argmax()) == group for one, group in zip(seen, true.tolist(), strict=True) for look in one.looks]
    return {
        "met": len(met),
        "found": len(seen),
        "single_looks_right": _share(np.array(single, bool)),
        "told": _share(sure),
        "told_right": _share((told == true)[sure]),
        "told_right_of": {name: _share((told == true)[sure & (true == k)]) for k, name in enumerate(names)},
        "told_as": {name: [int((told[true == k] == j).sum()) for j in (0, 1, 2, -1)] for k, name in enumerate(names)},
        "likeliest_right": _share(belief.argmax(axis=1) == true),
        "calibration_error": round(calibration_error(belief.max(axis=1), belief.argmax(axis=1) == true), 4) if seen else math.nan,
        "calibration_error_of_told": round(calibration_error(belief[sure].max(axis=1), (told == true)[sure]), 4)
        if sure.any()
        else math.nan,
    }


def _share(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 4) if len(right) else math.nan


def _off(belief: NDArray[np.float64], true: NDArray[np.int_]) -> float:
    return round(calibration_error(belief.max(axis=1), belief.argmax(axis=1) == true), 4) if len(true) else math.nan


def as_text(found: dict[str, Any]) -> str:
    rows = [f"{name:8}" + "".join(f"{count:9d}" for count in counts) for name, counts in found["told_as"].items()]
    of_group = "  ".join(f"{name} {share:.1%}" for name, share in found["told_right_of"].items())
    return "\n".join(
        [
            f"{found['met']} people met, {found['found']} found; single looks right {found['single_looks_right']:.1%}",
            f"told of {found['told']:.1%}, right {found['told_right']:.1%} ({of_group})  ECE {found['calibration_error_of_told']:.3f}",
            f"likeliest group of everybody, told or not: right {found['likeliest_right']:.1%}  ECE {found['calibration_error']:.3f}",
            f"{'told as':8}" + "".join(f"{name:>9}" for name in (*(group.value for group in GROUPS), "unknown")),
            *rows,
        ]
    )


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=41, help="another one than those of pictures and portraits that trained")
    parser.add_argument("--homes", type=int, default=60, help="with six people each")
    parser.add_argument("--looks", type=int, default=LOOKS, help="at each of them")
    parser.add_argument("--detector", type=Path, default=SHIPPED / "detector_int8.onnx")
    parser.add_argument("--people", type=Path, default=SHIPPED / "people.onnx")
    parser.add_argument("--providers", nargs="+", default=["cpu"], help="on what the networks run")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="figures as one line of JSON")
    arguments = parser.parse_args(argv)
    for name in ("homes", "looks"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name}: expected 1 or more")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Meet everybody, and tell what came of it."""
    arguments = _arguments(argv)
    config = EngineConfig(providers=tuple(arguments.providers), threads=arguments.threads)
    settings = Settings(arguments.seed, 0, arguments.homes, 1, WIDTH_PX, HEIGHT_PX, "jpg")
    met: list[Meeting] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            detector, threshold = open_detector(arguments.detector, config, Path(folder))
            judge = Judge(detector, PersonClassifier(arguments.people, config), threshold)
            for home in track(range(arguments.homes), "homes", console=Console(stderr=True)):
                met += Host(Job(settings, "val", home, 1)).meetings(judge, arguments.looks)
    except (FileError, RenderingError) as error:
        print(f"meetings: {error}", file=sys.stderr)
        return 2
    found = figures(met)
    print(json.dumps(without_nan(found)) if arguments.json else as_text(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
