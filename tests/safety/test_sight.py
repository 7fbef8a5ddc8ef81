"""What is kept of people between two messages is what they would be seen as anew."""

from __future__ import annotations

import math

import pytest

from safety.config import GateConfig
from safety.inputs import Inputs
from safety.rules import Parameters
from safety.separation import Neighbour
from safety.sight import Sight
from safety.types import AgeGroup, People, Person, RobotPose
from tests.safety.rig import person

CONFIG = GateConfig(remember_s=0.15)
PARAMETERS = Parameters(hazards=frozenset({"sharp"}), min_age_confidence=0.6)
SURE, UNSURE = person("anna", "adult", 2.0), person("leo", "child", 1.0, 1.0, age_group_confidence=0.7)
HEARD = person("rose", "elderly", -1.0, seen=False, last_seen_s=0.0)
NOWHERE = person("tom", "adult", math.nan)


class Watch:
    """One sight over some steps, compared with one that begins anew at every step."""

    def __init__(self) -> None:
        self.inputs = Inputs(CONFIG)
        self.sight = Sight(CONFIG, PARAMETERS, 2.0)
        self.parameters = PARAMETERS

    def people(self, *people: Person, now_s: float) -> None:
        self.inputs.take({"people": [People(now_s, "test", people)]}, now_s)

    def pose(self, x_m: float, now_s: float) -> None:
        self.inputs.take({"pose": [RobotPose(now_s, x_m, 0.0, 0.0, 0.02)]}, now_s)

    def adopt(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.sight.adopt(parameters)

    def look(self, now_s: float) -> dict[str, Neighbour]:
        kept = self.sight.surroundings(self.inputs, now_s)
        anew = Sight(CONFIG, self.parameters, 2.0).surroundings(self.inputs, now_s)
        assert (kept.neighbours, kept.blind) == (anew.neighbours, anew.blind)
        return {somebody.id: somebody for somebody in kept.neighbours}


@pytest.fixture
def watch() -> Watch:
    watch = Watch()
    watch.people(SURE, UNSURE, HEARD, NOWHERE, now_s=0.0)
    watch.pose(0.0, now_s=0.0)
    return watch


def test_somebody_is_only_remembered_once_the_time_is_over_without_any_message(watch: Watch) -> None:
    tracked = [watch.look(now_s)["rose"].tracked for now_s in (0.0, 0.1, 0.2, 0.3)]
    assert tracked == [True, True, False, False]
    assert watch.look(0.3)["anna"].tracked


def test_a_new_pose_moves_everybody(watch: Watch) -> None:
    before_m = watch.look(0.0)["anna"].x_m
    watch.pose(0.5, now_s=0.02)
    assert watch.look(0.02)["anna"].x_m == pytest.approx(before_m - 0.5)


def test_new_people_take_the_place_of_those_before(watch: Watch) -> None:
    assert set(watch.look(0.0)) == {"anna", "leo", "rose"}
    watch.people(UNSURE, now_s=0.02)
    assert set(watch.look(0.02)) == {"leo"}


def test_somebody_of_whom_it_is_not_known_where_counts_in_every_step(watch: Watch) -> None:
    for now_s in (0.0, 0.02):
        assert "not known where" in watch.sight.surroundings(watch.inputs, now_s).blind


def test_other_rules_say_anew_who_is_a_child(watch: Watch) -> None:
    assert watch.look(0.0)["leo"].group == AgeGroup.CHILD
    watch.adopt(PARAMETERS.model_copy(update={"min_age_confidence": 0.9}))
    assert watch.look(0.02)["leo"].group == AgeGroup.UNKNOWN
