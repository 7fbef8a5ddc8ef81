"""What the gate reckons of the robot's own health."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from safety.config import GateConfig
from safety.context import Context
from safety.health import charge, degraded
from safety.inputs import Inputs
from safety.types import Battery, Odometry, RobotPose
from tests.safety.rig import Rig

CONFIG = GateConfig(state_dir="memory")
EVERYTHING = {"lidar", "camera", "microphone", "localisation", "arm", "base"}


def inputs(rig: Rig, without: str = "") -> Inputs:
    taken = Inputs(CONFIG)
    taken.take({topic: messages for topic, messages in rig.sensors().items() if topic != without}, 0.0)
    return taken


def test_a_robot_whose_inputs_are_fresh_is_well() -> None:
    assert degraded(inputs(Rig()), False, CONFIG, 0.0) == frozenset()


def test_one_that_knows_nothing_is_degraded_in_everything() -> None:
    assert degraded(Inputs(CONFIG), False, CONFIG, 0.0) == EVERYTHING
    assert degraded(inputs(Rig()), False, CONFIG, 10.0) == EVERYTHING


@pytest.mark.parametrize(
    ("topic", "component"),
    [("scan", "lidar"), ("people", "camera"), ("pose", "localisation"), ("odom", "base"), ("joint_states", "arm"),
     ("safety/listening", "microphone")],
)  # fmt: skip
def test_each_component_needs_its_news(topic: str, component: str) -> None:
    assert degraded(inputs(Rig(), topic), False, CONFIG, 0.0) == {component}


def test_a_broken_scan_is_a_degraded_lidar() -> None:
    assert degraded(inputs(Rig()), True, CONFIG, 0.0) == {"lidar"}


@pytest.mark.parametrize(("std_m", "bad"), [(0.3, False), (0.31, True), (math.nan, True)])
def test_a_pose_that_is_not_certain_is_degraded(std_m: float, bad: bool) -> None:
    known = inputs(Rig())
    known.take({"pose": [RobotPose(0.0, 0.0, 0.0, 0.0, std_m)]}, 0.0)
    assert degraded(known, False, CONFIG, 0.0) == ({"localisation"} if bad else set())


def test_a_robot_without_arm_or_stop_word_does_not_miss_them() -> None:
    config = GateConfig(state_dir="memory", required_inputs=("scan", "odom"), require_listening=False)
    assert degraded(Inputs(config), False, config, 0.0) == EVERYTHING - {"arm", "microphone"}


def test_a_charge_that_is_old_or_not_measured_is_unknown_and_no_battery_is_none() -> None:
    known = inputs(Rig())
    assert charge(known, 0.0) is None
    known.take({"battery": [Battery(0.0, 24.0, 1.0, 0.4, False)]}, 0.0)
    assert charge(known, 3.0) == 0.4
    assert math.isnan(charge(known, 3.1) or 0.0)
    known.take({"battery": [Battery(1.0, 24.0, 1.0, math.nan, False)]}, 1.0)
    assert math.isnan(charge(known, 1.0) or 0.0)


@pytest.mark.parametrize("ratio", [-0.1, 1.1, math.inf])
def test_a_charge_that_cannot_be_is_not_taken(ratio: float) -> None:
    known = Inputs(CONFIG)
    known.take({"battery": [Battery(0.0, 24.0, 1.0, ratio, False)]}, 0.0)
    assert known.latest("battery") is None
    assert known.faults["battery"] == "its charge is not a ratio"


def test_a_gate_with_an_empty_battery_starts_no_errand() -> None:
    rig = Rig()
    rig.tick()
    rig.people = [replace(rig.people[0], position_m=(5.0, 0.0, 0.0))]
    assert rig.propose("fetch", "a1", object="apple", recipient="anna").verdict == "allow"
    rig.tick(battery=[Battery(rig.now_s, 22.0, 1.0, 0.05, False)])
    verdict = rig.propose("fetch", "a2", object="apple", recipient="anna")
    assert (verdict.verdict, "battery-low" in verdict.rule_ids) == ("deny", True)
    rig.tick(battery=[Battery(rig.now_s, 22.0, 1.0, 0.9, False)])
    assert rig.propose("fetch", "a3", object="apple", recipient="anna").verdict == "allow"


def test_the_context_has_the_speed_of_fresh_odometry_only() -> None:
    rig = Rig().ready()
    sight, known = rig.gate._sight, rig.gate._inputs
    known.take({"odom": [Odometry(rig.now_s, 0.0, 0.0, 0.0, -0.4, 0.0)]}, rig.now_s)
    assert sight.context(known, rig.now_s).speed_mps == -0.4
    assert math.isnan(sight.context(known, rig.now_s + 1.0).speed_mps)
    assert math.isnan(Context().speed_mps)
