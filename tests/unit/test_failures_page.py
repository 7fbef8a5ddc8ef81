"""The times that docs/failures.md promises follow from the parameters that it names."""

from __future__ import annotations

import pytest

from robot_runtime.lifeline import Policy
from robot_runtime.mind.mind import Mind
from robot_runtime.nodes import NODES, PROCESSES
from safety.config import GateConfig
from sim.robot import BRAKE_MPS2, COMMAND_TIMEOUT_S
from tests.faults.documented import LIMITS_S, PAGE

GATE = GateConfig()
CRUISE_MPS = Mind.Config.model_fields["cruise_speed_mps"].default
RATES_HZ = {node.name: node.rate_hz for node in NODES}


def period_s(node: str) -> float:
    rate_hz = RATES_HZ[node]
    assert rate_hz is not None
    return 1.0 / rate_hz


def limit_s(process: str) -> float:
    value = LIMITS_S[process]
    assert value is not None
    return value


def test_every_process_has_its_row() -> None:
    assert set(LIMITS_S) == set(PROCESSES)


def test_the_guard_s_limit_holds_at_cruising_speed() -> None:
    dead_man_s = COMMAND_TIMEOUT_S + CRUISE_MPS / BRAKE_MPS2
    assert limit_s("guard") == 0.2
    assert dead_man_s <= limit_s("guard") - period_s("home") + 1e-9  # and a step until the wheels have obeyed


def test_one_late_command_does_not_brake_the_base() -> None:
    assert 3 * period_s("gate") <= COMMAND_TIMEOUT_S + 1e-9


def test_the_mind_s_limit_holds_at_cruising_speed() -> None:
    noticed_s = GATE.command_max_age_s + period_s("navigator") + period_s("gate") + period_s("home")
    assert noticed_s + CRUISE_MPS / BRAKE_MPS2 <= limit_s("mind")


def test_the_eyes_limit_holds_at_cruising_speed() -> None:
    noticed_s = GATE.people_max_age_s + period_s("gate") + period_s("home")
    assert noticed_s + (CRUISE_MPS - GATE.blind_speed_mps) / BRAKE_MPS2 <= limit_s("eyes")


@pytest.mark.parametrize(
    "words",
    [
        f"slows to {GATE.blind_speed_mps:g} m/s",
        f"until {COMMAND_TIMEOUT_S * 1000:.0f} ms after its stamp",
        f"brakes at {BRAKE_MPS2:g} m/s² from {CRUISE_MPS:g} m/s",
        f"older than {GATE.command_max_age_s * 1000:.0f} ms (`command_max_age_s`)",
        f"after {GATE.people_max_age_s * 1000:.0f} ms (`people_max_age_s`)",
        f"keeps {GATE.blind_margin_m:g} m from everything",
        f"kills it after {Policy().alive_limit_s:g} s",
    ],
)
def test_the_page_names_the_figures_in_force(words: str) -> None:
    assert words in " ".join(PAGE.read_text(encoding="utf-8").split())
