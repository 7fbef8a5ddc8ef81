"""What a stop, a reset, a failure and a restart leave behind in the gate: nothing that moves, and nothing that is forgotten."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from safety.chain import parse_line
from safety.config import GateConfig
from safety.copies import copy_path
from safety.hazards.classifier import RULE_ID
from safety.marks import head_path, read_mark
from safety.segments import files
from safety.types import BaseCommand, ProposedVelocity, RearmRequest, StopRequest, Verdict
from safety.verdicts import decision, merge
from tests.safety.rig import TICK_S, Rig, action, person, wall_ahead
from tests.safety.small_rules import SEPARATION, rule, write

GROUPS = ("child", "adult", "elderly", "unknown")
TURN = rule(
    "turn", {"skills": ["go_to"]}, "limit", limits={"max_turn_radps": 0.5},
    examples={"must": [{"skill": "go_to"}], "must_not": [{"skill": "say"}]},
)  # fmt: skip


def driving(rig: Rig | None = None, speed_mps: float = 0.4) -> Rig:
    """On its way as the action a1."""
    rig = (rig or Rig()).ready()
    assert rig.drive(speed_mps, ticks=60).linear_mps == pytest.approx(speed_mps)
    return rig


def last(rig: Rig, topic: str) -> Any:
    return next(message for _, name, message in reversed(rig.seen) if name == topic)


# ---------------------------------------------------------------- what was on its way does not go on by itself


def stop_and_lift(rig: Rig) -> None:
    rig.stop()
    rig.rearm()
    assert rig.mode == "running"


def reset(rig: Rig) -> None:
    rig.gate.reset()
    rig.tick()


def leap(rig: Rig) -> None:
    rig.x_m += 2.0
    rig.tick()
    assert rig.verdicts[-1].rule_ids == ("base-restarted",)


@pytest.mark.parametrize("event", [stop_and_lift, reset, leap])
def test_an_old_velocity_does_not_count_for_an_action_that_was_approved_anew(event: Any) -> None:
    rig = driving()
    event(rig)
    assert rig.propose("go_to", place="kitchen").verdict == "allow"
    for _ in range(10):
        assert rig.tick().linear_mps == 0.0
    assert rig.drive(0.4).linear_mps > 0.0


@pytest.mark.parametrize("event", [stop_and_lift, reset])
def test_a_joint_on_its_way_does_not_go_on_for_an_action_that_was_approved_anew(event: Any) -> None:
    rig = Rig().ready()
    rig.move_joints(lift=1.1)
    event(rig)
    assert rig.propose("go_to", place="kitchen").verdict == "allow"
    lift_m = rig.joints["lift"]
    for _ in range(20):
        rig.tick()
    assert rig.joints["lift"] == lift_m < 0.7


def test_a_joint_on_its_way_does_not_go_on_when_its_action_is_approved_anew_in_the_step_that_lifts_the_stop() -> None:
    rig = Rig().ready()
    rig.move_joints(lift=1.1)
    rig.stop()
    lift_m = rig.joints["lift"]
    again = action("go_to", stamp_s=rig.now_s, place="kitchen")
    rig.tick(service__rearm=[RearmRequest(rig.now_s, "service", "", "")], action__proposed=[again])
    assert (rig.mode, rig.verdicts[-1].verdict) == ("running", "allow")
    for _ in range(10):
        rig.tick()
    assert rig.joints["lift"] == lift_m


@pytest.mark.parametrize("how", ["its context", "a proposal"])
def test_a_joint_that_was_frozen_when_its_action_was_denied_waits_for_a_new_target(how: str) -> None:
    """While the base is blind no joint moves; what is denied and approved again meanwhile starts from nothing."""
    rig = Rig().ready()
    assert rig.propose("pick", "a2", object="knife").verdict == "allow"
    rig.move_joints("a2", lift=1.1)
    rig.silent = {"scan"}
    for _ in range(30):
        rig.tick()
    everybody, lift_m = rig.people, rig.joints["lift"]
    rig.people = [*everybody, person("leo", "child", 1.0, 0.5)]
    if how == "a proposal":
        assert rig.propose("pick", "a2", object="knife").verdict == "deny"
    for _ in range(10):
        rig.move_joints("a2", head_pan=0.0)  # who uses an action is told of its end
    assert rig.verdicts[-1].verdict == "deny"
    rig.people, rig.silent = everybody, set()
    rig.tick(scan=[])
    rig.silent = {"scan"}
    for _ in range(30):
        rig.tick()
    assert rig.propose("pick", "a2", object="knife").verdict in ("allow", "limit")
    rig.silent = set()
    for _ in range(20):
        rig.tick()
    assert rig.mode == "running" and rig.joints["lift"] == lift_m


def test_the_base_starts_from_standstill_after_a_stop_that_clears_by_itself() -> None:
    rig = driving(speed_mps=0.6)
    rig.silent = {"odom"}
    rig.drive(0.6, ticks=12)
    assert (rig.velocity.linear_mps, rig.mode) == (0.0, "protective_stop")
    rig.silent = set()
    assert 0.0 < rig.drive(0.6).linear_mps < 0.05


@pytest.mark.parametrize("event", [reset, leap])
def test_a_protective_stop_is_forgotten_with_the_way_that_it_barred(event: Any) -> None:
    rig = Rig().ready()
    rig.ranges = wall_ahead(0.25)
    rig.drive(0.4, ticks=20)
    assert rig.mode == "protective_stop"
    rig.ranges = 6.0
    event(rig)
    assert rig.mode == "running"


def test_after_a_reset_nothing_moves_before_every_input_has_come_again() -> None:
    rig = driving()
    rig.gate.reset()
    rig.silent = {"people"}
    assert rig.propose("go_to", place="kitchen").rule_ids == ("starting",)
    assert rig.drive(0.4, ticks=5).linear_mps == 0.0 and rig.mode == "starting"


def test_the_joints_do_not_go_on_after_the_last_act() -> None:
    rig = Rig().ready()
    rig.move_joints(lift=1.1)
    rig.gate.close()
    lift_m = rig.joints["lift"]
    for _ in range(10):
        rig.tick()
    assert rig.joints["lift"] == lift_m


def test_after_the_last_act_the_base_starts_from_standstill() -> None:
    rig = driving(speed_mps=0.6)
    state = dict(rig.gate.close())["safety/state"]
    assert (state.max_speed_mps, state.linear_mps, state.angular_radps) == (0.0, 0.0, 0.0)
    assert 0.0 < rig.drive(0.6).linear_mps < 0.05


def test_the_last_act_is_of_its_time_and_leaves_a_whole_record(tmp_path: Path) -> None:
    rig = driving(Rig(tmp_path))
    end_s = round(rig.now_s - TICK_S, 9)
    assert dict(rig.gate.close())["cmd_vel"].stamp_s == end_s > 0.5
    end = parse_line(rig.gate.audit.kept[-1])
    assert (end.kind, end.time_s) == ("end", end_s)
    assert end.data == {"mode": "protective_stop", "causes": ["the gate has ended"]}
    mark = read_mark(head_path(tmp_path / "audit" / "gate.jsonl"))
    assert mark is not None and mark.hash == end.hash, "the disk has it"
    assert len(files(tmp_path / "audit" / "gate.jsonl")) == 1
    never = Rig()
    assert dict(never.gate.close())["cmd_vel"].stamp_s == 0.0, "it has seen no clock yet"
    assert never.records() == [], "what has not begun does not end"


# ---------------------------------------------------------------- a defect inside


def test_after_a_defect_the_motors_are_off_and_nothing_that_was_approved_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = driving()
    with monkeypatch.context() as patch:
        patch.setattr(type(rig.gate), "_verdicts", None)
        rig.drive(0.4)
    assert last(rig, "motors/command") == BaseCommand(rig.velocity.stamp_s, rig.velocity, False)
    assert rig.state is not None and (rig.state.max_speed_mps, rig.mode) == (0.0, "emergency_stop")
    assert last(rig, "safety/stopped").stopped is True
    rig.tick()
    rig.call_rearm()
    assert rig.mode == "running"
    assert rig.drive(0.4, ticks=10).linear_mps == 0.0


def test_a_clock_without_a_number_stops_at_the_last_time_that_was_one() -> None:
    rig = Rig()
    assert dict(rig.gate.step({}, math.nan))["cmd_vel"].stamp_s == 0.0
    rig = driving()
    assert dict(rig.gate.step({}, math.nan))["safety/state"].stamp_s == round(rig.now_s - TICK_S, 9)


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize(("by_s", "set_back"), [(0.0, False), (0.0005, False), (0.0015, True)])
def test_a_clock_that_is_slewed_is_not_one_that_was_set(by_s: float, set_back: bool) -> None:
    rig = driving()
    rig.now_s -= TICK_S + by_s
    rig.tick()
    assert (rig.mode == "emergency_stop") is set_back
    assert [record["data"]["source"] for record in rig.records("stop")] == ["clock"] * set_back
    assert [record["data"]["went_back_s"] for record in rig.records("clock")] == pytest.approx([by_s] * set_back)


def test_the_disk_is_not_made_to_wait_for_the_time_that_a_clock_showed_before(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.now_s = 100.0
    rig.tick()
    rig.gate.audit._disk.wait()
    rig.now_s = 0.0
    rig.tick()
    rig.gate.audit._disk.wait()
    mark = read_mark(head_path(tmp_path / "audit" / "gate.jsonl"))
    assert mark is not None and mark.hash == parse_line(rig.gate.audit.kept[-1]).hash
    rig.gate.close()


def test_a_latch_that_cannot_be_written_is_tried_again_at_once_by_a_new_clock(tmp_path: Path) -> None:
    (tmp_path / "audit" / "latch.json").mkdir(parents=True)
    rig = Rig(tmp_path)
    rig.now_s = 100.0
    rig.tick()
    rig.stop()
    for now_s in (100.04, 101.0, 101.02, 101.04, 3.0, 3.02):
        rig.now_s = now_s
        rig.tick()
    assert [record["t"] for record in rig.records("retry")] == [100.02, 101.02, 3.0]
    rig.call_rearm()
    assert rig.records("rearm")[-1]["data"]["reason"] == "its cause is still there: audit"
    (tmp_path / "audit" / "latch.json").rmdir()
    rig.now_s = 4.5
    rig.tick()
    assert json.loads((tmp_path / "audit" / "latch.json").read_text())["latched"] is True
    rig.gate.close()


# ---------------------------------------------------------------- how long what is said


@pytest.mark.parametrize("since_s", [0.0, 8.0])
def test_the_stop_is_an_emergency_stop_for_a_moment_even_if_its_cause_is_over(since_s: float) -> None:
    rig = Rig()
    rig.now_s = since_s
    rig.tick(safety__stop_request=[StopRequest(since_s, "word", "stop", 0.9)])
    for later_s, mode in [(0.29, "emergency_stop"), (0.3, "rearm_required")]:
        rig.now_s = since_s + later_s
        rig.tick()
        assert rig.mode == mode


def test_why_a_stop_was_not_lifted_is_told_for_three_seconds() -> None:
    rig = Rig()
    rig.now_s = 8.0
    rig.stop()
    rig.now_s = 9.0
    rig.rearm("leo")
    told = []
    for rig.now_s in (9.5, 11.98, 12.0, 12.5):
        rig.tick()
        assert rig.state is not None
        told.append(any("not lifted" in cause for cause in rig.state.causes))
    assert told == [True, True, False, False]


@pytest.mark.parametrize(("number", "flood"), [(8, []), (9, [{"proposals": 9, "unread": 1}])])
def test_one_proposal_too_many_is_a_flood(number: int, flood: list[dict[str, int]]) -> None:
    rig = Rig().ready()
    assert GateConfig().proposals_per_step == 8
    rig.tick(action__proposed=[action("say", f"f{n}", stamp_s=rig.now_s, text="hello") for n in range(number)])
    assert [record["data"] for record in rig.records("flood")] == flood


def test_who_does_not_use_an_action_any_more_is_not_told_that_a_stop_ended_it() -> None:
    rig = driving()
    assert rig.propose("go_to", "idle", place="hall").verdict == "allow"
    rig.drive(0.4, ticks=110)
    before = len(rig.verdicts)
    rig.stop()
    assert [verdict.action_id for verdict in rig.verdicts[before:]] == ["a1"]
    assert {record["data"]["proposal"]["id"] for record in rig.records("withdrawn")} == {"a1", "idle"}


def test_a_leap_of_the_base_is_told_to_everybody_and_recorded() -> None:
    rig = driving()
    assert rig.propose("go_to", "idle", place="hall").verdict == "allow"
    rig.drive(0.4, ticks=110)
    before = len(rig.verdicts)
    leap(rig)
    assert {verdict.action_id for verdict in rig.verdicts[before:]} == {"a1", "idle"}
    (record,) = rig.records("odometry")
    assert record["data"]["leap"] == rig.verdicts[-1].reason != ""
    assert rig.velocity.linear_mps == 0.0


def test_an_id_that_names_another_action_while_stopped_loses_its_approval() -> None:
    rig = Rig().ready()
    rig.stop()
    assert rig.propose("say", "a1", text="I am stopped").verdict == "allow"
    assert rig.propose("go_to", "a1", place="kitchen").rule_ids == ("latched",)
    rig.rearm()
    assert rig.propose("go_to", "a1", place="kitchen").verdict == "allow"


@pytest.mark.parametrize(("noted", "asks"), [(None, False), ("allow", False), ("limit", False), ("confirm", True), ("deny", True)])
def test_the_classifier_is_among_what_asks_only_where_it_does(noted: str | None, asks: bool) -> None:
    """A yes to what a rule asks would else cover a step at which the classifier asks something of its own."""
    gate = Rig().gate
    gate._advice = SimpleNamespace(note=lambda of: SimpleNamespace(verdict=Verdict(noted)) if noted else None)  # type: ignore[assignment]  # stand-in
    judged = merge(decision(Verdict.CONFIRM, "medicine-handover", ""), decision(Verdict.ALLOW, RULE_ID, ""))
    assert gate._causes(action("fetch"), judged) == {"medicine-handover"} | ({RULE_ID} if asks else set())


# ---------------------------------------------------------------- other rules


def test_other_distances_and_other_parameters_count_from_the_step_that_puts_them_in_force(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    write(rules, TURN)
    rig = Rig(tmp_path, rules_file=str(rules), reload_s=0.1)
    rig.people = [person("anna", "adult", 0.0, 1.9, age_group_confidence=0.72)]
    rig.tick()
    assert rig.propose("go_to", place="kitchen").verdict == "limit"
    slower = {who: {**SEPARATION, "near_speed_mps": 0.1 if who == "unknown" else 0.2} for who in GROUPS}
    for parameters, speed_mps in (({"hazards": ["sharp"]}, 0.2), ({"hazards": ["sharp"], "min_age_confidence": 0.9}, 0.1)):
        write(rules, TURN, separation=slower, parameters=parameters)
        for _ in range(80):
            rig.people = [replace(rig.people[0], position_m=(rig.x_m, 1.9, 0.0))]
            rig.drive(0.3)
            rig.gate._reload.wait()
        assert rig.velocity.linear_mps == pytest.approx(speed_mps)
    rig.gate.close()


def test_the_copies_of_changed_rules_are_made_before_the_step_that_needs_them(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    write(rules, TURN)
    rig = Rig(tmp_path, rules_file=str(rules))
    write(rules, TURN, separation={who: {**SEPARATION, "near_m": 2.5} for who in GROUPS})
    policy = rig.gate._load_ahead()
    kept = [copy_path(tmp_path / "audit", f"{digest}/x").parent for digest in policy.hashes]
    assert policy.rules.hash != rig.gate._rules.hash and all(folder.is_dir() for folder in kept)


def test_old_velocities_are_not_what_the_gate_waits_for_after_a_link_was_lost() -> None:
    rig = driving()
    rig.tick(cmd_vel__proposed=[ProposedVelocity(rig.now_s, "a1", 0.4, 0.0)])
    leap(rig)
    assert rig.state is not None
    for _ in range(20):
        rig.tick()
    assert rig.state.causes == ()
