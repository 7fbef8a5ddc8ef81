"""The validation set with everything that is true of it, as ``models.eyes.render`` left it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.eyes.arrange import Arranger
from models.eyes.figures import Truth
from models.eyes.homes import draw_home
from models.eyes.labels import Labeller
from models.eyes.settings import Job, Settings, jobs
from models.eyes.shard import read_record
from models.eyes.studio import Studio
from models.eyes.views import lens_of, nominal_view
from robot_runtime.cli import UsageError
from robot_runtime.perceive import pictures
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.camera_model import Intrinsics, View
from robot_runtime.world.semantic_map import SemanticMap, Surface
from sim.description import HomeDescription
from sim.export import semantic_map
from sim.mjcf import build_model


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One picture, what is in it, and what the robot knows when it looks."""

    file: str
    bgr: Bgr
    labels: tuple[dict[str, Any], ...]
    truth: Truth  # a row a label
    view: View  # from the robot's place and its head's joints, as at run time
    camera_m: NDArray[np.float64]  # where the camera truly was: floor and mast are not perfect
    surfaces: tuple[Surface, ...]
    depth_m: NDArray[np.float32] | None = None


def scenes(data: Path, set_name: str, *, depth: bool, most: int | None = None) -> Iterator[Scene]:
    """The pictures of a set, home by home.

    :param depth: draw depth pictures too, from the seed; they are not in the folder
    :param most: at most so many pictures
    :raises UsageError: the folder is not whole, or of another version
    """
    try:
        settings = Settings(**json.loads((data / "settings.json").read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{data}: no folder of models.eyes.render: {error}") from error
    left = settings.count(set_name) if most is None else most
    for job in (job for job in jobs(settings) if job.set_name == set_name):
        if left <= 0:
            return
        yield from _of_home(data, job, depth, left)
        left -= job.pictures


def _of_home(data: Path, job: Job, depth: bool, most: int) -> Iterator[Scene]:
    record = read_record(data, job)
    if record is None:
        raise UsageError(f"{data}: the pictures of home {job.name} are not whole; run models.eyes.render again")
    home = HomeDescription.model_validate(record["description"])
    surfaces = tuple(SemanticMap.model_validate(semantic_map(home)).surfaces.values())
    size, focal_px = (job.settings.width_px, job.settings.height_px), record["focal_px"]
    lens = lens_of(*size, focal_px)
    depths = _Depths(job) if depth else None
    for number, picture in enumerate(record["pictures"][:most]):
        scene = _scene(data, picture, lens, surfaces)
        yield scene if depths is None else replace(scene, depth_m=depths.draw(number, scene))


def _scene(data: Path, picture: dict[str, Any], lens: Intrinsics, surfaces: tuple[Surface, ...]) -> Scene:
    labels = tuple(picture["labels"])
    try:
        view = nominal_view(picture, lens)
    except ValueError as error:
        raise UsageError(f"{data / picture['file']}: {error}") from error
    bgr = pictures.read(data / picture["file"])
    return Scene(picture["file"], bgr, labels, truth_of(labels), view, np.array(picture["camera_m"]), surfaces)


def truth_of(labels: Sequence[Mapping[str, Any]]) -> Truth:
    """A row for each label of a picture."""
    return Truth(
        np.array([label["box_px"] for label in labels], np.float64).reshape(-1, 4),
        np.array([label["class_id"] for label in labels], np.int64),
        np.array([label["ignore"] for label in labels], np.bool_),
    )


def as_a_camera_measures(depth_m: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """A depth picture with the noise of a depth camera.

    The noise along the axis is that of Nguyen, Izadi and Lovell (3DIMPVT 2012), which ``robot_runtime.perceive.place``
    expects; edges are clean.
    """
    std_m = 0.0012 + 0.0019 * np.maximum(depth_m - 0.4, 0.0) ** 2
    return np.asarray(depth_m + std_m * rng.standard_normal(depth_m.shape), np.float32)


class _Depths:
    """Depth pictures of one home, drawn once more from its seed."""

    def __init__(self, job: Job) -> None:
        home = draw_home(job.name, job.chance("home"), job.crowded)
        model, layout = build_model(home, looks=True)
        self._job, self._arranger, self._labeller = job, Arranger(home, job.crowded), Labeller(model, layout, home)
        self._studio = Studio(model, layout, home, (job.settings.width_px, job.settings.height_px), job.chance("patterns"))

    def draw(self, number: int, scene: Scene) -> NDArray[np.float32]:
        """:raises UsageError: it is not the picture that the folder holds"""
        moment = self._arranger.arrange(self._job.chance("moment", number))
        shot = self._studio.shoot(moment, self._job.chance("looks", number))
        labels = self._labeller.label(shot, moment, self._studio.data, self._studio.focal_px)
        boxes = [[label["id"], *label["box_px"]] for label in scene.labels]
        if not np.allclose(shot.camera_m, scene.camera_m, atol=1e-3) or boxes != [[label.id, *label.box_px] for label in labels]:
            raise UsageError(f"{scene.file}: the same seed gives another picture today; render the set anew, or leave --depth out")
        return as_a_camera_measures(shot.depth_m, self._job.chance("depth", number))
