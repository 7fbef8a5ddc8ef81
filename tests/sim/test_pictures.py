"""Pictures for training: are the labels true, and do the homes hold together?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
import pytest

from models.eyes.arrange import Arranger, Moment
from models.eyes.furnish import block_of
from models.eyes.homes import draw_home, fingerprint
from models.eyes.labels import Label, Labeller
from models.eyes.settings import CLASSES, MIN_SHARE, Settings, jobs
from models.eyes.studio import Shot, Studio
from sim.description import HomeDescription
from sim.mjcf import build_model, check, surfaces
from sim.oracle import SMALLEST_PX
from sim.shapes import objects
from sim.shapes.human import SEGMENTS, proportions
from sim.shapes.objects import KINDS
from sim.shapes.parts import Part, rotate
from tests import opengl

SEE_THROUGH = ("glass", "glasses", "bottle", "pills")
"""The depth picture shows what is behind them."""
pytestmark = pytest.mark.timeout(500)  # software rendering, on a processor shared with other tests
SIGNS = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
TURN = np.linspace(0, 2 * np.pi, 64)
CIRCLE = np.column_stack([np.cos(TURN), np.sin(TURN), 0 * TURN])
BALL = np.vstack([np.add(CIRCLE * np.cos(tilt), (0, 0, np.sin(tilt))) for tilt in np.linspace(-np.pi / 2, np.pi / 2, 33)])
SETTINGS = Settings(seed=3, train=24, val=8, per_home=8, width_px=320, height_px=240, picture_format="jpg")
HOMES = [draw_home(f"home {k}", np.random.default_rng([5, k])) for k in range(12)]


@dataclass
class Taken:
    home: HomeDescription
    moment: Moment
    shot: Shot
    labels: list[Label]
    focal_px: float


@pytest.fixture(scope="module")
def taken() -> Iterator[list[Taken]]:
    """Some pictures of one home."""
    job = jobs(SETTINGS)[0]
    home = draw_home(job.name, job.chance("home"))
    model, layout = build_model(home, looks=True)
    with opengl.needed():
        studio = Studio(model, layout, home, (320, 240), job.chance("patterns"))
    labeller, arranger = Labeller(model, layout, home), Arranger(home)
    found = []
    for k in range(18):
        moment = arranger.arrange(job.chance("moment", k))
        shot = studio.shoot(moment, job.chance("looks", k))
        found.append(Taken(home, moment, shot, labeller.label(shot, moment, studio.data, studio.focal_px), studio.focal_px))
    yield found


def project(points: Any, taken: Taken) -> tuple[Any, Any]:
    """Pixel coordinates and distance along the axis, by the pinhole model."""
    local = (np.asarray(points) - taken.shot.camera_m) @ taken.shot.camera_axes
    ahead = -local[:, 2]
    return np.column_stack([160 + taken.focal_px * local[:, 0] / ahead, 120 - taken.focal_px * local[:, 1] / ahead]), ahead


def outline(taken: Taken, id_: str) -> Any:
    """Points around a thing: corners of its meshes, and points of its other parts."""
    (at, yaw), thing = taken.moment.things[id_], taken.home.objects[id_]
    points = []
    for part in objects.build(thing.class_name, thing.colour):
        local = part.mesh.vertices_m if part.mesh is not None else surface(part)
        points.append([rotate(part.turn, tuple(point)) for point in local.tolist()] + np.array(part.at_m))
    c, s = np.cos(yaw), np.sin(yaw)
    return at + np.vstack(points) @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])


def surface(part: Part) -> Any:
    """Points all over a simple shape, in its own frame."""
    if part.shape == "box":
        return SIGNS * np.array(part.size_m) / 2
    if part.shape in ("cylinder", "capsule"):
        radius, length = part.size_m
        ends = np.vstack([CIRCLE * radius, BALL * radius * (part.shape == "capsule")])
        return np.vstack([np.add(ends, (0, 0, length / 2)), np.subtract(ends, (0, 0, length / 2))])
    return BALL * np.array(part.size_m)


@pytest.mark.long
def test_boxes_agree_with_the_projection_of_the_true_box(taken: list[Taken]) -> None:
    checked = 0
    for one in taken:
        for label in one.labels:
            if label.class_name == "person":
                continue
            pixels, ahead = project(outline(one, label.id), one)
            if ahead.min() < 0.1:
                continue
            low, high = pixels.min(axis=0), pixels.max(axis=0)
            left, top, width, height = label.box_px
            assert left >= low[0] - 1 and top >= low[1] - 1, label
            assert left + width <= high[0] + 1.5 and top + height <= high[1] + 1, label
            if label.share == 1 and not label.ignore:  # all of it is seen, so the boxes are the same
                assert width >= high[0] - low[0] - 2.5 and height >= high[1] - low[1] - 2.5, label
                checked += 1
    assert checked > 10


def joints_and_ends(taken: Taken, id_: str) -> Any:
    """Somebody's joints, finger tips and ankles."""
    person, body = taken.moment.people[id_], proportions(taken.home.people[id_])
    limbs = {"forearm_l": body.forearm + body.hand, "forearm_r": body.forearm + body.hand, "shin_l": body.shin, "shin_r": body.shin}
    points = [person.position]
    for name, length in limbs.items():
        w, x, y, z = person.turn[SEGMENTS.index(name)]
        down = -np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
        points.append(np.array([person.position[SEGMENTS.index(name)] + length * down]))
    return np.vstack(points)


def test_people_are_where_their_boxes_are_and_the_depth_is_theirs(taken: list[Taken]) -> None:
    checked = 0
    for one in taken:
        for label in one.labels:
            if label.class_name != "person" or label.ignore:
                continue
            joints, ahead = project(joints_and_ends(one, label.id), one)
            if ahead.min() < 0.3:
                continue
            left, top, width, height = label.box_px
            reach = 0.36 * one.focal_px / ahead.min()  # feet, hair and clothes reach so far beyond these
            assert left >= joints[:, 0].min() - reach and left + width <= joints[:, 0].max() + reach, label
            assert top >= joints[:, 1].min() - reach and top + height <= joints[:, 1].max() + reach, label
            assert ahead.min() - 0.36 < label.depth_m < ahead.max() + 0.36
            if label.share > 0.95:
                assert ((joints >= (left - 2, top - 2)) & (joints <= (left + width + 2, top + height + 2))).all(), label
            checked += 1
    assert checked > 4


def test_depth_and_place_of_a_thing_agree(taken: list[Taken]) -> None:
    for one in taken:
        for label in one.labels:
            if label.class_name not in ("person", *SEE_THROUGH) and not label.ignore:
                _, ahead = project(np.array([label.place_m]), one)
                assert label.depth_m == pytest.approx(ahead[0], abs=0.2), label


def test_what_is_hardly_seen_is_ignored_and_nothing_else(taken: list[Taken]) -> None:
    labels = [label for one in taken for label in one.labels]
    assert any(label.ignore for label in labels) and not all(label.ignore for label in labels)
    for label in labels:
        assert label.ignore or (label.share >= MIN_SHARE and min(label.box_px[2:]) >= SMALLEST_PX), label


def test_the_camera_is_in_a_room_and_not_in_furniture(taken: list[Taken]) -> None:
    for one in taken:
        x, y, z = one.shot.camera_m
        assert one.home.room_at(x, y) and 1.0 < z < 1.45
        inside = [name for name, piece in one.home.furniture.items() if block_of(piece).distance_m(x, y) == 0 and piece.kind != "rug"]
        assert not [name for name in inside if block_of(one.home.furniture[name]).low_m < z < block_of(one.home.furniture[name]).high_m]
        assert np.percentile(one.shot.depth_m, 50) > 0.3  # it does not look at a wall from inside


def test_pictures_are_lit_and_differ(taken: list[Taken]) -> None:
    means = [float(one.shot.bgr.mean()) for one in taken]
    assert min(means) > 10
    assert len(set(means)) == len(means)


@pytest.mark.parametrize("home", HOMES, ids=lambda home: home.name)
def test_furniture_stands_apart_in_its_room_and_leaves_doors_free(home: HomeDescription) -> None:
    check(home, home.name)
    x0, y0, x1, y1 = home.bounds_m()
    blocks = {name: block_of(piece) for name, piece in home.furniture.items() if piece.kind != "rug"}
    for name, block in blocks.items():
        assert all(x0 - 0.01 <= x <= x1 + 0.01 and y0 - 0.01 <= y <= y1 + 0.01 for x, y in block.corners()), name
        for other, second in blocks.items():
            if name < other and {home.furniture[name].kind, home.furniture[other].kind} != {"table", "chair"}:
                assert not block.meets(second), (name, other)
    doors = [(wall, opening) for wall in home.walls for opening in wall.openings if opening.kind == "door"]
    assert len(doors) == len(home.rooms) - 1  # so that every room is reached from every other
    for wall, opening in doors:
        share = (opening.at_m + opening.width_m / 2) / wall.length_m
        middle = [a + share * (b - a) for a, b in zip(wall.start_m, wall.end_m, strict=True)]
        assert all(block.distance_m(*middle) > 0.3 for block in blocks.values())


@pytest.mark.parametrize("home", HOMES[:4], ids=lambda home: home.name)
def test_things_lie_on_their_surfaces_and_people_on_free_floor(home: HomeDescription) -> None:
    arranger, tops = Arranger(home), surfaces(home)
    for k in range(5):
        moment = arranger.arrange(np.random.default_rng([6, k]))
        for id_, (at, _) in moment.things.items():
            half = KINDS[home.objects[id_].class_name].size_m[2] / 2
            on_top = any(top.holds(at[0], at[1]) and abs(at[2] - half - top.height_m) < 1e-3 for top in tops.values())
            assert id_ in moment.holders or on_top or at[2] == pytest.approx(half), id_
        for id_, person in moment.people.items():
            if person.stance.posture != "sitting":
                near = min(block_of(piece).distance_m(*person.stance.at_m) for piece in home.furniture.values() if piece.kind != "rug")
                assert near > 0.2, id_


def test_every_class_age_and_posture_occurs() -> None:
    assert len(CLASSES) >= 21 and CLASSES[0] == "person"
    seen: Counter[str] = Counter()
    for k, home in enumerate(HOMES[:4]):
        for number in range(6):
            moment = Arranger(home).arrange(np.random.default_rng([8, k, number]))
            seen.update(home.objects[id_].class_name for id_ in moment.things)
            seen.update(home.people[id_].age_group for id_ in moment.people)
            seen.update(person.stance.posture for person in moment.people.values())
    for name in (*CLASSES[1:], "child", "adult", "elderly", "standing", "sitting", "walking"):
        assert seen[name], name


def test_homes_of_training_and_validation_differ() -> None:
    made = jobs(SETTINGS)
    prints = [fingerprint(draw_home("", job.chance("home"))) for job in made]
    assert {job.set_name for job in made} == {"train", "val"}
    assert len(set(prints)) == len(prints)


def test_an_own_model_may_be_changed_without_changing_anybody_elses() -> None:
    first, _ = build_model(HOMES[0], looks=True)
    second, _ = build_model(HOMES[0], looks=True)
    first.geom_rgba[:] = 0
    assert isinstance(second, mujoco.MjModel) and second.geom_rgba.any()
