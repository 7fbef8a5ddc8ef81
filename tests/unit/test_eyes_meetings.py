"""Meetings: how the robot comes up to people, and what is made of its looks at them; nothing is drawn but in the last test."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest

from models.eyes.arrange import Arranger, Moment
from models.eyes.evaluate import Judge
from models.eyes.furnish import block_of
from models.eyes.homes import draw_home
from models.eyes.meetings import Host, Meeting, as_text, figures, main
from models.eyes.settings import Job, Settings
from models.eyes.validation import Scene
from robot_runtime.messages import AgeGroup
from robot_runtime.perceive.crops import PersonLook
from sim.description import HomeDescription
from sim.targets import HEAD
from tests import opengl

LOOKS = 8
CHILD, ADULT, ELDERLY = np.eye(3)


def homes() -> Iterator[tuple[HomeDescription, list[list[Moment]]]]:
    """Some homes, and everybody's meeting in each."""
    for k in range(3):
        home = draw_home(f"home {k}", np.random.default_rng([8, k]))
        arranger, rng = Arranger(home), np.random.default_rng([9, k])
        moments = [arranger.arrange(rng) for _ in range(12)]
        yield home, [list(arranger.approach(moment, id_, LOOKS, rng)) for moment in moments for id_ in moment.people]


@pytest.fixture(scope="module")
def approaches() -> list[tuple[HomeDescription, list[list[Moment]]]]:
    return list(homes())


def test_the_robot_comes_nearer_but_not_too_near_and_through_nothing(
    approaches: list[tuple[HomeDescription, list[list[Moment]]]],
) -> None:
    for home, met in approaches:
        in_the_way = [block for block in (block_of(p) for p in home.furniture.values() if p.kind != "rug") if block.low_m < 1.4]
        for moments in met:
            for before, after in itertools.pairwise(moments):
                assert math.dist(before.base[:2], after.base[:2]) < 0.2 + 1e-9
            for moment in moments:
                assert all(block.distance_m(*moment.base[:2]) > 0.27 for block in in_the_way)
    came_m = [
        [min(math.dist(moment.base[:2], person.stance.at_m) for person in moment.people.values()) for moment in moments]
        for _, met in approaches
        for moments in met
        if moments
    ]
    assert len(came_m) >= 20 and sum(came[-1] < came[0] - 0.5 for came in came_m) > len(came_m) / 2


def test_somebody_stays_where_they_are_with_empty_hands_and_the_head_is_turned_to_theirs(
    approaches: list[tuple[HomeDescription, list[list[Moment]]]],
) -> None:
    off_rad = []
    for _, met in approaches:
        for moments in met:
            for moment in moments:
                assert not moment.holders
                met_one = [id_ for id_, person in moment.people.items() if person.stance.arms == "hanging"]
                bearings = [
                    math.remainder(
                        math.atan2(y - moment.base[1], x - moment.base[0]) - moment.base[2] - moment.joints["head_pan"], math.tau
                    )
                    for x, y, _ in (moment.people[id_].position[HEAD] for id_ in met_one)
                ]
                off_rad.append(min(map(abs, bearings)))
            for before, after in itertools.pairwise(moments):
                assert before.things.keys() == after.things.keys()
                assert [person.stance for person in before.people.values()] == [person.stance for person in after.people.values()]
    assert np.median(off_rad) < 0.35


def meeting(group: str, told: AgeGroup, *looks: np.ndarray) -> Meeting:
    belief = np.mean(looks, axis=0) if looks else np.full(3, 1 / 3)
    return Meeting(group, looks, belief, told)


def test_what_is_told_is_counted_apart_from_what_is_not() -> None:
    found = figures(
        [
            meeting("child", AgeGroup.CHILD, CHILD, CHILD),
            meeting("adult", AgeGroup.ELDERLY, ELDERLY, ADULT, ELDERLY),
            meeting("elderly", AgeGroup.UNKNOWN, ADULT),
            meeting("elderly", AgeGroup.UNKNOWN),  # was never found
        ]
    )
    assert (found["met"], found["found"]) == (4, 3)
    assert found["told"] == pytest.approx(2 / 3, abs=1e-4) and found["told_right"] == 0.5
    assert found["single_looks_right"] == 0.5
    assert found["told_as"] == {"child": [1, 0, 0, 0], "adult": [0, 0, 1, 0], "elderly": [0, 0, 0, 1]}
    assert found["likeliest_right"] == pytest.approx(1 / 3, abs=1e-4)
    assert "told of 66.7%, right 50.0% (child 100.0%  adult 0.0%  elderly nan%)" in as_text(found)


def test_nobody_met_is_no_error() -> None:
    found = figures([])
    assert found["met"] == 0 and math.isnan(found["told_right"]) and "0 people met" in as_text(found)


@pytest.mark.parametrize("option", ["--homes", "--looks"])
def test_nobody_is_not_met_by_mistake(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([option, "0"])
    assert f"{option}: expected 1 or more" in capsys.readouterr().err


class Knows:
    """Stands in for detector and classifier: finds everybody who is in the picture, and is right about all."""

    def look_at_people(self, scene: Scene) -> dict[int, PersonLook]:
        ages = {"child": CHILD, "adult": ADULT, "elderly": ELDERLY}
        people = [(k, one) for k, one in enumerate(scene.labels) if one["class_name"] == "person"]
        return {k: PersonLook(0.05 + 0.85 * ages[one["age_group"]], 0.5) for k, one in people}


@pytest.mark.timeout(300)  # software rendering, on a processor shared with other tests
def test_everybody_in_a_home_is_met_in_one_set_of_clothes() -> None:
    with opengl.needed():
        host = Host(Job(Settings(41, 0, 1, 1, 640, 480, "jpg"), "val", 0, 1))
        met = list(host.meetings(cast(Judge, Knows()), 3))
        worn = [(scene, host.worn("adult_0")) for scene in host.scenes("adult_0", 2)]
    (first, clothes), (second, later) = worn
    assert clothes == later and len(clothes) == 3
    assert 3 <= len(met) <= 6 and all(one.told.value == one.age_group for one in met if len(one.looks) == 3)
    assert sum(len(one.looks) for one in met) > 2 * len(met)
    assert first.depth_m is not None and np.isfinite(first.depth_m).all()
    assert any(one["id"] == "adult_0" for one in second.labels)
