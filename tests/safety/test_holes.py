"""Holes that a reviewer found in the gate as a whole, and that stay closed."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safety.config import GateConfig
from safety.proposals import FLOOD
from safety.types import BaseCommand, Listening, ProposedVelocity, RearmRequest
from tests.safety.rig import TICK_S, Facts, Rig, action, person

# ---------------------------------------------------------------- stops


def test_no_topic_lifts_a_stop_as_if_it_were_the_service() -> None:
    rig = Rig().ready()
    rig.stop()
    rig.tick(safety__rearm_request=[RearmRequest(rig.now_s, "service", "", "")])
    assert rig.mode == "emergency_stop"
    assert rig.records("rearm")[-1]["data"]["reason"] == "this person is not seen"


@pytest.mark.parametrize("variable", [True, False])
def test_without_a_run_folder_a_stop_outlives_its_process_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: bool) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    if variable:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    rig = Rig(state_dir="").ready()
    rig.stop()
    rig.gate.close()
    folder = tmp_path / ("state" if variable else ".local/state") / "robot-runtime" / "audit"
    assert (folder / "gate.jsonl").exists()
    again = Rig(state_dir="")
    again.tick()
    assert again.mode == "emergency_stop"
    again.gate.close()


def test_a_state_folder_that_cannot_be_written_is_a_stop_from_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    rig = Rig(state_dir=str(tmp_path / "file"))
    rig.tick()
    assert rig.mode == "emergency_stop" and rig.state is not None
    assert "NotADirectoryError" in rig.state.causes[-1] and "audit: " in rig.state.causes[0]
    rig.call_rearm()
    assert rig.mode == "emergency_stop"


def test_a_stop_takes_all_approvals_back_and_lifting_it_starts_nothing() -> None:
    rig = Rig().ready()
    rig.drive(0.5, ticks=60)
    rig.move_joints(lift=1.1)
    rig.stop()
    assert [(v.action_id, v.verdict) for v in rig.verdicts[-1:]] == [("a1", "stop")]
    lift_m = rig.joints["lift"]
    rig.now_s += TICK_S
    rig.call_rearm()
    assert rig.mode == "running"
    assert rig.drive(0.5, ticks=20).linear_mps == 0.0 and rig.joints["lift"] == lift_m
    assert rig.propose("go_to", "a1", place="kitchen").verdict == "allow"
    assert rig.drive(0.5, ticks=20).linear_mps > 0.0


def test_the_last_act_is_to_stand_still(tmp_path: Path) -> None:
    rig = Rig(tmp_path).ready()
    rig.drive(0.5, ticks=60)
    last = dict(rig.gate.close())
    velocity, mirror, state = last["cmd_vel"], last["safety/stopped"], last["safety/state"]
    assert mirror.stopped is True
    assert last["motors/command"] == BaseCommand(velocity.stamp_s, velocity, False), "and with the motors off"
    assert (velocity.linear_mps, velocity.angular_radps) == (0.0, 0.0)
    assert (state.mode, state.causes, state.max_speed_mps) == ("protective_stop", ("the gate has ended",), 0.0)
    assert rig.records()[-1]["kind"] == "end"
    assert rig.drive(0.5).linear_mps < 0.05  # it may be stepped again, from standstill
    rig.stop()
    assert dict(rig.gate.close())["safety/state"].mode == "rearm_required"
    assert Rig().gate.close()[0][1].stamp_s == 0.0  # never stepped


# ---------------------------------------------------------------- listening for the stop word


def test_nobody_listening_slows_and_then_stops_and_clears() -> None:
    rig = Rig().ready()
    rig.drive(0.6, ticks=60)
    rig.silent = {"safety/listening"}
    rig.drive(0.6, ticks=40)
    assert rig.velocity.linear_mps == pytest.approx(0.2)
    assert rig.state is not None and rig.state.causes == ("nobody listens for the stop word",)
    rig.drive(0.6, ticks=70)
    assert rig.velocity.linear_mps == 0.0 and rig.mode == "protective_stop"
    rig.silent = set()
    assert rig.drive(0.6, ticks=80).linear_mps == pytest.approx(0.6)


def test_a_listener_without_sound_does_not_listen() -> None:
    rig = Rig().ready()
    deaf = [Listening(0.0, 55)]
    for _ in range(120):
        rig.drive(0.6, safety__listening=[replace(deaf[0], stamp_s=rig.now_s)])
    assert rig.velocity.linear_mps == 0.0 and rig.mode == "protective_stop"


def test_a_robot_that_nobody_talks_to_need_not_listen() -> None:
    rig = Rig(require_listening=False)
    rig.silent = {"safety/listening"}
    rig.ready()
    assert rig.drive(0.6, ticks=150).linear_mps == pytest.approx(0.6)


# ---------------------------------------------------------------- proposals


@pytest.mark.parametrize(("age_s", "verdict"), [(2.0, "allow"), (2.01, "deny"), (-0.25, "allow"), (-0.26, "deny"), (math.nan, "deny")])
def test_a_proposal_of_another_time_is_denied(age_s: float, verdict: str) -> None:
    rig = Rig(action_future_s=0.25).ready()
    rig.now_s = 10.0
    rig.tick(action__proposed=[action("go_to", "a2", stamp_s=rig.now_s - age_s, place="kitchen")])
    assert rig.verdicts[-1].verdict == verdict
    assert verdict == "allow" or rig.verdicts[-1].rule_ids == ("proposal-untimely",)


def test_a_proposal_whose_stamp_is_no_number_is_denied() -> None:
    rig = Rig().ready()
    rig.tick(action__proposed=[replace(action("go_to", "a2", place="kitchen"), stamp_s="now")])  # type: ignore[arg-type]  # bad sender
    assert rig.verdicts[-1].verdict == "deny" and math.isnan(rig.verdicts[-1].latency_ms)


def test_a_flood_of_proposals_is_not_judged() -> None:
    rig = Rig().ready()
    rig.tick(action__proposed=[action("say", f"f{n}", stamp_s=rig.now_s, text="hello") for n in range(500)])
    assert [v.verdict for v in rig.verdicts[-500:]].count("allow") == GateConfig().proposals_per_step
    assert rig.verdicts[-1].rule_ids == (FLOOD,)
    assert rig.records("flood")[0]["data"] == {"proposals": 500, "unread": 492}
    assert len(rig.records("verdict")) == 1 + 8
    assert rig.drive(0.5, ticks=10).linear_mps > 0.0


def test_a_stamp_ahead_does_not_make_a_velocity_last_longer() -> None:
    rig = Rig().ready()
    rig.drive(0.4, ticks=30)
    rig.tick(cmd_vel__proposed=[ProposedVelocity(rig.now_s + 0.24, "a1", 0.4, 0.0)])
    for _ in range(11):
        rig.tick()
    assert rig.velocity.linear_mps == 0.0


# ---------------------------------------------------------------- unknown means careful


def test_a_scan_of_nothing_is_a_protective_stop() -> None:
    rig = Rig().ready()
    rig.ranges = np.full(360, np.inf)
    assert rig.drive(0.4, ticks=20).linear_mps == 0.0
    assert rig.mode == "protective_stop"


def test_the_last_known_place_still_counts_when_news_of_the_world_stop() -> None:
    rig = Rig()
    rig.facts = Facts(0.0, "bathroom")
    rig.tick()
    rig.silent = {"world/facts"}
    for _ in range(150):
        rig.tick()
    context = rig.gate._context_at(round(rig.now_s - TICK_S, 9))
    assert context.place == "bathroom" and "world/facts" in context.stale


def arm_after(rig: Rig, seconds: float, **targets: float) -> dict[str, float]:
    assert rig.propose("pick", "p1", object="apple").verdict in ("allow", "limit")
    rig.move_joints("p1", **targets)
    for _ in range(round(seconds / TICK_S)):
        rig.tick()
    return rig.joints


def blind(rig: Rig) -> Rig:
    rig.silent = {"people"}
    for _ in range(30):
        rig.tick()
    return rig


def test_the_arm_does_not_come_out_while_people_are_unseen() -> None:
    assert arm_after(blind(Rig().ready()), 1.0, arm=0.3)["arm"] == 0.0
    assert arm_after(Rig().ready(), 1.0, arm=0.3)["arm"] > 0.2


@pytest.mark.parametrize(
    ("who", "slow"),
    [(("leo", "child", 0.0, 2.1), True), (("leo", "child", 0.0, 2.4), False), (("mia", "unknown", 0.0, 2.1), True),
     (("anna", "adult", 0.0, 1.2), True), (("anna", "adult", 0.0, 1.5), False)],
)  # fmt: skip
def test_lift_and_arm_are_slow_near_people(who: Any, slow: bool) -> None:
    rig = Rig().ready()
    rig.people = [person("anna", "adult", 20.0), person(*who)] if who[0] != "anna" else [person(*who)]
    risen_m = arm_after(rig, 0.5, lift=1.1)["lift"] - 0.6
    full_m = GateConfig().joints["lift"].speed_per_s * 0.52
    assert risen_m == pytest.approx(full_m * (0.4 if slow else 1.0), rel=0.05)


def test_a_remembered_person_in_front_of_the_hand_counts() -> None:
    rig = Rig().ready()
    rig.people = [person("anna", "adult", 0.75, seen=False, last_seen_s=-5.0)]
    assert arm_after(rig, 4.0, arm=0.5)["arm"] == pytest.approx(0.75 - 0.3 - 0.32, abs=0.02)
