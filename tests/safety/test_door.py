"""The door: who makes commands, and what leaves through it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.topics import TOPICS
from safety import door
from safety.config import GateConfig
from tests.contracts.source import calls, imports, modules, name_of

CONFIG = GateConfig()


@pytest.mark.parametrize("path", modules("safety"), ids=name_of)
def test_only_the_door_makes_commands(path: Path) -> None:
    made = {"Velocity", "BaseCommand", "JointPositions"} & set(calls(path))
    assert not made or name_of(path) == "safety.door"


def test_only_the_gate_uses_the_door() -> None:
    users = [name_of(path) for path in modules("safety", "robot_runtime", "sim") if "safety.door" in imports(path) or _from_safety(path)]
    assert users == ["safety.gate"]


def _from_safety(path: Path) -> bool:
    return "from safety import door" in path.read_text(encoding="utf-8")


@given(st.floats(), st.floats())
def test_what_leaves_is_finite_and_within_the_machine(linear: float, angular: float) -> None:
    command = door.velocity(linear, angular, CONFIG, 1.0)
    assert -CONFIG.max_reverse_mps <= command.linear_mps <= CONFIG.max_speed_mps
    assert abs(command.angular_radps) <= CONFIG.max_turn_radps
    if not (math.isfinite(linear) and math.isfinite(angular)):
        assert (command.linear_mps, command.angular_radps) == (0.0, 0.0)


def test_joint_commands_are_within_range() -> None:
    command = door.joint_command((("lift", 9.0), ("arm", math.nan), ("wing", 1.0), ("head_pan", 0.5)), CONFIG, 1.0)
    assert command is not None
    assert (command.names, command.positions) == (("lift", "head_pan"), (1.15, 0.5))
    assert door.joint_command((("arm", math.inf),), CONFIG, 1.0) is None


@pytest.mark.parametrize(("allowed", "effort"), [(60.0, 60.0), (500.0, 120.0), (math.inf, 120.0), (-1.0, 0.0), (0.0, 0.0), (math.nan, 0.0)])
def test_no_joint_gets_more_effort_than_is_allowed_or_than_it_has(allowed: float, effort: float) -> None:
    command = door.joint_command((("lift", 0.1), ("arm", 0.2)), CONFIG, 1.0, {"lift": allowed})
    assert command is not None
    assert (command.positions, command.efforts) == ((0.2, 0.2), (effort, 60.0))


@pytest.mark.parametrize("topic", ["scan", "odom", "pose", "people", "joint_states", "gripper/state", "world/facts"])
def test_ages_are_those_of_the_table_of_topics(topic: str) -> None:
    assert CONFIG.max_age_s(topic) == TOPICS[topic].max_age_s


def test_command_ages_are_those_of_the_table_of_topics() -> None:
    assert CONFIG.command_max_age_s == TOPICS["cmd_vel/proposed"].max_age_s
    assert CONFIG.joint_command_max_age_s == TOPICS["joints/proposed"].max_age_s


@pytest.mark.parametrize("broken", [(math.nan, 0.0), (0.1, math.inf), (-math.inf, math.nan)])
def test_what_is_no_number_is_standstill(broken: tuple[float, float]) -> None:
    assert door.velocity(*broken, CONFIG, 1.0) == door.standstill(1.0)
