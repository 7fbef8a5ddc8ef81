"""Head, arm and gripper: ranges, speeds, and what stops them on their way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.config import GateConfig, JointLimit
from safety.joints import GIVE_UP_S, LEAD_S, SETTLE_S, JointGate, JointLimits
from safety.rules import Part
from safety.types import JointPositions, ProposedJoints
from tests.safety.rig import JOINTS

CONFIG = GateConfig()
ALL: frozenset[Part] = frozenset({"head", "arm", "gripper"})


def measured(at_s: float = 0.0, **changes: float) -> JointPositions:
    where = {**JOINTS, **changes}
    return JointPositions(at_s, tuple(where), tuple(where.values()))


def proposed(**targets: float) -> ProposedJoints:
    return ProposedJoints(0.0, "a1", tuple(targets), tuple(targets.values()))


def follow(gate: JointGate, seconds: float, limits: JointLimits | None = None, from_s: float = 0.0, **where: float) -> dict[str, float]:
    """Joints that obey at once."""
    at = {**JOINTS, **where}
    for tick in range(round(seconds / 0.02)):
        now_s = from_s + tick * 0.02
        at.update(gate.step(measured(now_s, **at), limits or JointLimits(), 0.02, now_s))
    return at


def test_a_joint_goes_to_its_target_at_its_speed() -> None:
    gate = JointGate(CONFIG)
    assert gate.propose(proposed(lift=1.0, head_pan=-1.0), ALL, measured(), 0.0) == ""
    assert follow(gate, 0.5)["lift"] == pytest.approx(0.6 + 0.5 * CONFIG.joints["lift"].speed_per_s)
    assert follow(gate, 2.0, from_s=0.5, lift=0.775, head_pan=-1.0)["lift"] == pytest.approx(1.0)
    assert gate.actions() == frozenset()


@given(st.sampled_from(sorted(CONFIG.joints)), st.floats(-1e308, 1e308), st.floats(0.01, 1.0), st.floats(0.0, 0.05))
def test_never_out_of_range_and_never_too_fast(name: str, target: float, ratio: float, dt_s: float) -> None:
    gate, limit = JointGate(CONFIG), CONFIG.joints[name]
    assert gate.propose(proposed(**{name: target}), ALL, measured(), 0.0) == ""
    last = JOINTS[name]
    for tick in range(20):
        for _, value in gate.step(measured(tick * 0.02, **{name: last}), JointLimits(ratio), dt_s, tick * 0.02):
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
        ((_, setpoint),) = gate.step(measured(tick * 0.02), JointLimits(), 0.02, tick * 0.02)
    assert setpoint == pytest.approx(0.6 + 0.3 * CONFIG.joints["lift"].speed_per_s)
    gate.step(measured(GIVE_UP_S), JointLimits(), 0.02, GIVE_UP_S)
    assert gate.actions() == frozenset()


@pytest.mark.parametrize(("name", "target", "way"), [("lift", 1.1, 1), ("lift", 0.2, -1), ("head_pan", 1.0, 1), ("head_pan", -1.0, -1)])
def test_a_setpoint_leads_a_joint_that_is_held_by_a_third_of_a_second_up_and_down(name: str, target: float, way: int) -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(**{name: target}), ALL, measured(), 0.0)
    for tick in range(100):
        ((_, setpoint),) = gate.step(measured(tick * 0.02), JointLimits(), 0.02, tick * 0.02)
    assert setpoint == pytest.approx(JOINTS[name] + way * 0.3 * CONFIG.joints[name].speed_per_s)


def test_a_motion_is_given_up_after_twenty_seconds() -> None:
    gate = JointGate(CONFIG)
    assert gate.propose(proposed(lift=1.1), ALL, measured(100.0), 100.0) == ""
    for now_s, goes_on in ((100.0, True), (119.98, True), (120.0, False)):
        assert bool(gate.step(measured(now_s), JointLimits(), 0.02, now_s)) is goes_on


def test_without_limits_a_joint_has_all_of_its_own() -> None:
    assert JointLimits() == JointLimits(1.0, 1.0, math.inf, True, 1.0, 1.0)
    assert JointLimits().efforts(CONFIG.joints) == {name: limit.effort for name, limit in CONFIG.joints.items()}


def test_news_of_the_joints_that_do_not_fit_are_an_error() -> None:
    broken = JointPositions(0.0, ("lift", "arm"), (0.6,))
    with pytest.raises(ValueError, match="zip"):
        JointGate(CONFIG).propose(proposed(lift=1.0), ALL, broken, 0.0)
    with pytest.raises(ValueError, match="zip"):
        JointGate(CONFIG).step(broken, JointLimits(), 0.02, 0.0)


def test_a_gripper_presses_on_what_it_holds() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(gripper=0.0), ALL, measured(), 0.0)
    for tick in range(60):
        setpoints = gate.step(measured(tick * 0.02, gripper=0.06), JointLimits(), 0.02, tick * 0.02)
        if setpoints:
            last = setpoints[0][1]
    assert last == 0.0


def test_the_arm_halts_before_a_person_and_may_draw_in() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(arm=0.4), ALL, measured(), 0.0)
    assert follow(gate, 3.0, JointLimits(max_arm_m=0.15))["arm"] == pytest.approx(0.15)
    assert follow(gate, 3.0, JointLimits(max_arm_m=0.05), 3.0, arm=0.15)["arm"] == pytest.approx(0.15)
    gate.propose(proposed(arm=0.0), ALL, measured(arm=0.15), 6.0)
    assert follow(gate, 3.0, JointLimits(max_arm_m=-1.0), 6.0, arm=0.15)["arm"] == 0.0


def test_a_gripper_that_may_not_release_stays_closed() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(gripper=0.1), ALL, measured(gripper=0.02), 0.0)
    assert follow(gate, 2.0, JointLimits(may_release=False), gripper=0.02)["gripper"] == 0.02
    assert follow(gate, 2.0, from_s=2.0, gripper=0.02)["gripper"] == 0.1


def test_fingers_that_may_not_open_hold_up_nothing_else() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(gripper=0.1, lift=1.0), ALL, measured(gripper=0.02), 0.0)
    closed = JointLimits(may_release=False, max_arm_m=-1.0)
    assert dict(gate.step(measured(gripper=0.02), closed, 0.02, 0.0)) == {"lift": pytest.approx(0.607)}
    gate.propose(proposed(gripper=0.02), ALL, measured(gripper=0.02), 0.0)
    assert dict(gate.step(measured(gripper=0.02), closed, 0.02, 0.0))["gripper"] == 0.02, "to stay is not to open"


def test_withdrawing_an_action_stops_its_joints_only() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(lift=1.0), ALL, measured(), 0.0)
    gate.propose(ProposedJoints(0.0, "a2", ("arm",), (0.3,)), ALL, measured(), 0.0)
    gate.withdraw("a1")
    assert dict(gate.step(measured(), JointLimits(), 0.02, 0.0)).keys() == {"arm"}
    gate.halt()
    assert gate.step(measured(), JointLimits(), 0.02, 0.0) == ()


# ---------------------------------------------------------------- where a motion begins

NEVER_TOLD = measured(9.8, lift=0.62)
LIFT_STEP = 0.02 * CONFIG.joints["lift"].speed_per_s


def told(gate: JointGate, now_s: float, seen: JointPositions, limits: JointLimits | None = None, **targets: float) -> dict[str, float]:
    """The setpoints of the first step towards new targets."""
    assert gate.propose(proposed(**targets), ALL, seen, now_s) == ""
    return dict(gate.step(seen, limits or JointLimits(), 0.02, now_s))


def moved(to_s: float) -> tuple[JointGate, float]:
    """A gate that has raised the lift until then, and where it is; then the action ended."""
    gate = JointGate(CONFIG)
    assert gate.propose(proposed(lift=1.1), ALL, measured(), 0.0) == ""
    lift = follow(gate, to_s)["lift"]
    gate.halt()
    return gate, lift


def test_a_motion_begins_at_the_last_command_not_where_the_joint_was_seen_before_it() -> None:
    gate, lift = moved(0.4)
    stale = measured(0.2, lift=lift - 0.07)
    assert told(gate, 0.42, stale, lift=1.1)["lift"] == pytest.approx(lift + LIFT_STEP)


def test_a_joint_that_was_never_told_anything_waits_until_it_is_seen() -> None:
    gate = JointGate(CONFIG)
    assert told(gate, 10.0, NEVER_TOLD, lift=1.0) == {}
    assert gate.actions() == {"a1"}
    assert dict(gate.step(measured(10.01, lift=0.65), JointLimits(), 0.02, 10.02)) == {"lift": pytest.approx(0.65 + LIFT_STEP)}


@pytest.mark.parametrize(("age_s", "begins"), [(0.06, True), (-0.06, True), (0.061, False), (-0.061, False), (math.nan, False)])
def test_how_old_the_measurement_may_be(age_s: float, begins: bool) -> None:
    assert bool(told(JointGate(CONFIG), 0.0, measured(-age_s), lift=1.0)) is begins


def test_a_joint_that_was_moved_by_somebody_else_begins_where_it_is_seen() -> None:
    gate, lift = moved(0.4)
    away = lift - 2 * LEAD_S * CONFIG.joints["lift"].speed_per_s - 0.001
    assert told(gate, 0.42, measured(0.41, lift=away), lift=1.1)["lift"] == pytest.approx(away + LIFT_STEP)


def test_a_joint_that_was_pushed_up_begins_where_it_is_seen() -> None:
    gate, lift = moved(0.4)
    assert told(gate, 0.42, measured(0.41, lift=lift + 0.22), lift=1.1)["lift"] == pytest.approx(lift + 0.22 + LIFT_STEP)


def test_what_was_measured_when_the_command_was_given_says_nothing_about_it() -> None:
    gate, lift = moved(0.4)
    (last,) = gate._commanded.values()
    assert told(gate, 0.42, measured(last.at_s, lift=lift - 0.3), lift=1.1)["lift"] == pytest.approx(lift - LIFT_STEP)


def test_a_joint_that_lags_is_not_taken_for_one_that_was_moved() -> None:
    gate, lift = moved(0.4)
    assert told(gate, 0.42, measured(0.41, lift=lift - 0.15), lift=1.1)["lift"] == pytest.approx(lift - LIFT_STEP)  # its lead is too long
    assert told(gate, 0.44, measured(0.43, lift=lift - 0.05), lift=1.1)["lift"] == pytest.approx(lift)


def test_after_a_while_a_joint_begins_where_it_is_seen() -> None:
    gate, lift = moved(0.4)
    sagged = lift - 0.05
    late_s = 0.38 + 0.5  # SETTLE_S, from the last command
    assert told(gate, late_s, measured(late_s - 0.1, lift=sagged), lift=1.1) == {}
    assert told(gate, late_s, measured(late_s, lift=sagged), lift=1.1)["lift"] == pytest.approx(sagged + LIFT_STEP)


def test_a_motion_that_goes_on_after_a_pause_begins_anew() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(lift=1.1), ALL, measured(), 0.0)
    follow(gate, 0.4)
    assert dict(gate.step(measured(5.0, lift=0.5), JointLimits(), 0.02, 5.0))["lift"] == pytest.approx(0.5 + LIFT_STEP)


def test_a_joint_that_is_not_seen_any_more_follows_its_commands_for_a_moment_only() -> None:
    gate, lift = moved(0.4)
    gate.propose(proposed(lift=1.1), ALL, measured(), 0.4)
    blind = JointPositions(0.4, ("arm",), (0.0,))
    assert dict(gate.step(blind, JointLimits(), 0.02, 0.42))["lift"] == pytest.approx(lift + LIFT_STEP)
    assert gate.step(blind, JointLimits(), 0.02, 0.43 + SETTLE_S) == ()


def test_slower_limits_never_make_a_setpoint_jump_back() -> None:
    gate, lift = moved(0.4)
    seen = measured(0.2, lift=lift - 0.07)
    assert told(gate, 0.4, seen, JointLimits(hand_speed_ratio=0.1), lift=1.1)["lift"] == pytest.approx(lift - 0.1 * LIFT_STEP)


def test_what_was_commanded_by_another_clock_counts_for_nothing() -> None:
    gate, lift = moved(0.4)
    gate.reset()
    assert gate.actions() == frozenset()
    assert told(gate, 0.42, measured(0.2, lift=lift - 0.07), lift=1.1) == {}


def test_a_gripper_keeps_its_grip_until_it_opens() -> None:
    """It was told to close fully and presses on something 6 cm wide: from 6 cm on it would let go at once."""
    gate = JointGate(CONFIG)
    told(gate, 0.0, measured(gripper=0.06), gripper=0.0)
    for tick in range(60):
        gate.step(measured(tick * 0.02, gripper=0.06), JointLimits(), 0.02, tick * 0.02)
    assert told(gate, 5.0, measured(5.0, gripper=0.06), JointLimits(may_release=False), gripper=0.1) == {}
    assert told(gate, 5.02, measured(5.02, gripper=0.06), gripper=0.1)["gripper"] == pytest.approx(0.002)
    assert told(gate, 5.04, measured(5.04, gripper=0.06), gripper=0.0)["gripper"] == 0.0


def test_fingers_that_somebody_closed_do_not_spring_open() -> None:
    gate = JointGate(CONFIG)
    told(gate, 0.0, measured(gripper=0.08), gripper=0.1)
    assert told(gate, 0.1, measured(0.1, gripper=0.01), gripper=0.1)["gripper"] == pytest.approx(0.012)
    assert told(gate, 5.0, measured(5.0, gripper=0.005), gripper=0.0)["gripper"] == pytest.approx(0.003)


def test_an_opening_command_does_not_run_away_from_the_fingers() -> None:
    gate = JointGate(CONFIG)
    gate.propose(proposed(gripper=0.1), ALL, measured(gripper=0.01), 0.0)
    for tick in range(100):
        ((_, setpoint),) = gate.step(measured(tick * 0.02, gripper=0.01), JointLimits(), 0.02, tick * 0.02)
    assert setpoint == pytest.approx(0.01 + LEAD_S * CONFIG.joints["gripper"].speed_per_s)


names = st.sampled_from(sorted(CONFIG.joints))


@given(names, st.data())
def test_no_command_is_a_jump_whatever_the_news(name: str, data: st.DataObject) -> None:
    """It is one step from the last command, or from a measurement that is fresh."""
    gate, limit, last, now_s = JointGate(CONFIG), CONFIG.joints[name], math.nan, 0.0
    for _ in range(10):
        now_s += data.draw(st.sampled_from([0.02, 0.02, 0.1, 0.6]))
        at = data.draw(st.floats(limit.lower, limit.upper))
        seen = measured(now_s - data.draw(st.sampled_from([0.0, 0.05, 0.2])), **{name: at})
        gate.propose(proposed(**{name: data.draw(st.floats(limit.lower, limit.upper))}), ALL, seen, now_s)
        for _, value in gate.step(seen, JointLimits(data.draw(st.floats(0.1, 1.0))), 0.02, now_s):
            step = limit.speed_per_s * 0.02 + 1e-9
            assert abs(value - last) <= step or (now_s - seen.stamp_s <= CONFIG.joint_start_max_age_s + 1e-9 and abs(value - at) <= step)
            last = value


def test_a_range_must_be_one() -> None:
    with pytest.raises(ValueError, match="must be less"):
        JointLimit(lower=1.0, upper=1.0, speed_per_s=1.0, part="arm")
