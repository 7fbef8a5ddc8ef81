"""Head, arm and gripper: ranges, speeds, and what stops them on their way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.config import GateConfig, JointLimit
from safety.joints import GIVE_UP_S, JointGate, JointLimits
from safety.rules import Part
from safety.types import JointPositions, ProposedJoints
from tests.safety.rig import JOINTS

CONFIG = GateConfig()
ALL: frozenset[Part] = frozenset({"head", "arm", "gripper"})


def measured(**changes: float) -> JointPositions:
    where = {**JOINTS, **changes}
    return JointPositions(0.0, tuple(where), tuple(where.values()))


def proposed(**targets: float) -> ProposedJoints:
    return ProposedJoints(0.0, "a1", tuple(targets), tuple(targets.values()))


def follow(gate: JointGate, seconds: float, limits: JointLimits | None = None, **where: float) -> dict[str, float]:
    """Joints that obey at once."""
    at = {**JOINTS, **where}
    for tick in range(round(seconds / 0.02)):
        at.update(gate.step(measured(**at), limits or JointLimits(), 0.02, tick * 0.02))
    return at


def test_a_joint_goes_to_its_target_at_its_speed() -> None:
    gate = JointGate(CONFIG)
    assert gate.propose(proposed(lift=1.0, head_pan=-1.0), ALL, measured(), 0.0) == ""
    assert follow(gate, 0.5)["lift"] == pytest.approx(0.6 + 0.5 * CONFIG.joints["lift"].speed_per_s)
    assert follow(gate, 2.0, lift=0.775, head_pan=-1.0)["lift"] == pytest.approx(1.0)
    assert gate.actions() == frozenset()


@given(st.sampled_from(sorted(CONFIG.joints)), st.floats(-1e308, 1e308), st.floats(0.01, 1.0), st.floats(0.0, 0.05))
def test_never_out_of_range_and_never_too_fast(name: str, target: float, ratio: float, dt_s: float) -> None:
    gate, limit = JointGate(CONFIG), CONFIG.joints[name]
    assert gate.propose(proposed(**{name: target}), ALL, measured(), 0.0) == ""
    last = JOINTS[name]
    for tick in range(20):
        for _, value in gate.step(measured(**{name: last}), JointLimits(ratio), dt_s, tick * 0.02):
            assert limit.lower <= value <= limit.upper
            assert abs(value - last) <= limit.speed_per_s * ratio * dt_s + 1e-9
            last = value


@pytest.mark.parametrize(
    ("names", "positions", "parts", "problem"),
    [
        (("lift", "arm"), (1.0,), ALL, "do not fit"),
        ((), (), ALL, "do not fit"),
        (("lift", "lift"), (1.0, 0.5), ALL, "do not fit"),
        (("wing",), (1.0,), ALL, "unknown joint 'wing'"),
        (("lift", "arm"), (1.0, math.nan), ALL, "arm is not a number"),
        (("lift",), (math.inf,), ALL, "lift is not a number"),
        (("lift",), (1.0,), frozenset({"head"}), "may not move lift"),
    ],
)
def test_one_bad_value_refuses_all(names: tuple[str, ...], positions: tuple[float, ...], parts: frozenset[Part], problem: str) -> None:
    gate = JointGate(CONFIG)
    assert problem in gate.propose(ProposedJoints(0, "a1", names, positions), parts, measured(), 0.0)
    assert gate.step(measured(), JointLimits(), 0.02, 0.0) == ()


def test_a_joint_whose_position_is_unknown_stays() -> None:
    blind = JointPositions(0.0, ("lift",), (0.6,))
    assert "position of arm is unknown" in JointGate(CONFIG).propose(proposed(arm=0.2), ALL, blind, 0.0)


def test_the_setpoint_does_not_run_away_from_a_joint_that_is_held() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(lift=1.1), ALL, measured(), 0.0)
    for tick in range(200):
        ((_, setpoint),) = gate.step(measured(), JointLimits(), 0.02, tick * 0.02)
    assert setpoint == pytest.approx(0.6 + 0.3 * CONFIG.joints["lift"].speed_per_s)
    gate.step(measured(), JointLimits(), 0.02, GIVE_UP_S)
    assert gate.actions() == frozenset()


def test_a_gripper_presses_on_what_it_holds() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(gripper=0.0), ALL, measured(), 0.0)
    for tick in range(60):
        setpoints = gate.step(measured(gripper=0.06), JointLimits(), 0.02, tick * 0.02)
        if setpoints:
            last = setpoints[0][1]
    assert last == 0.0


def test_the_arm_halts_before_a_person_and_may_draw_in() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(arm=0.4), ALL, measured(), 0.0)
    assert follow(gate, 3.0, JointLimits(max_arm_m=0.15))["arm"] == pytest.approx(0.15)
    assert follow(gate, 3.0, JointLimits(max_arm_m=0.05), arm=0.15)["arm"] == pytest.approx(0.15)
    gate.propose(proposed(arm=0.0), ALL, measured(arm=0.15), 0.0)
    assert follow(gate, 3.0, JointLimits(max_arm_m=-1.0), arm=0.15)["arm"] == 0.0


def test_a_gripper_that_may_not_release_stays_closed() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(gripper=0.1), ALL, measured(gripper=0.02), 0.0)
    assert follow(gate, 2.0, JointLimits(may_release=False), gripper=0.02)["gripper"] == 0.02
    assert follow(gate, 2.0, gripper=0.02)["gripper"] == 0.1


def test_withdrawing_an_action_stops_its_joints_only() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(lift=1.0), ALL, measured(), 0.0)
    gate.propose(ProposedJoints(0.0, "a2", ("arm",), (0.3,)), ALL, measured(), 0.0)
    gate.withdraw("a1")
    assert dict(gate.step(measured(), JointLimits(), 0.02, 0.0)).keys() == {"arm"}
    gate.halt()
    assert gate.step(measured(), JointLimits(), 0.02, 0.0) == ()


def test_a_range_must_be_one() -> None:
    with pytest.raises(ValueError, match="must be less"):
        JointLimit(lower=1.0, upper=1.0, speed_per_s=1.0, part="arm")
