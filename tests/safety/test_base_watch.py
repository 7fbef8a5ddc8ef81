"""What the gate makes of the base behind it, and of strangers at its door."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from safety.base_watch import BASE_UNKNOWN, BaseWatch
from safety.config import GateConfig
from safety.gate import Gate
from safety.ontology import Ontology
from safety.rules import Rules
from safety.stops import Stops
from safety.types import BaseCommand, BaseStatus, DoorState, EStop
from tests.safety.rig import Rig

CAUSE = "base_button: the emergency stop of the base"


class BaseRig(Rig):
    """A rig with a base behind the gate that is well until the test says otherwise."""

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.gate = Gate(GateConfig(state_dir="memory", classifier_folder="none", base_driver="serial:x", **config))
        self.status: dict[str, Any] = {"problem": "", "sessions": 1, "e_stop_pressed": False, "e_stops": 0}
        self.base_speaks = True
        self.commands: list[BaseCommand] = []

    def sensors(self) -> dict[str, list[Any]]:
        base = {"motors/state": [BaseStatus(self.now_s, **self.status)]} if self.base_speaks else {}
        return {**super().sensors(), **base}

    def take(self, outbox: list[tuple[str, Any]]) -> None:
        super().take(outbox)
        self.commands += [message for topic, message in outbox if topic == "motors/command"]
        assert self.commands[-1].velocity == self.velocity, "the motors get what is published"

    @property
    def causes(self) -> tuple[str, ...]:
        assert self.state is not None
        return self.state.causes


@pytest.mark.parametrize(("age_s", "lately"), [(0.25, True), (0.26, False), (-0.25, True), (-0.26, False)])
def test_how_old_news_of_the_driver_may_be(age_s: float, lately: bool) -> None:
    watch = BaseWatch(GateConfig(base_driver="serial:x", motors_state_max_age_s=0.25))
    assert watch.problem(1.0) == "base: no news of its driver"
    stops = Stops(GateConfig(), Rules.load("safety/rules/home.yaml", Ontology.load()).parameters, None)
    assert list(watch.take({"motors/state": [BaseStatus(1.0 - age_s, "", 1, False, 0)]}, stops, 1.0)) == []
    assert watch.problem(1.0) == ("" if lately else f"base: news of its driver is {age_s:.1f} s old")


@pytest.fixture
def rig() -> BaseRig:
    rig = BaseRig()
    rig.ready()
    rig.drive(0.3, ticks=40)
    assert rig.velocity.linear_mps == pytest.approx(0.3)
    assert rig.commands[-1].enabled
    return rig


def test_a_broken_link_stops_with_its_reason_and_voids_what_was_approved(rig: BaseRig) -> None:
    rig.status["problem"] = "/dev/ttyACM0: unplugged: Input/output error"
    rig.drive(0.3)
    assert rig.velocity.linear_mps == 0.0
    assert (rig.mode, rig.causes[0]) == ("protective_stop", "base: /dev/ttyACM0: unplugged: Input/output error")
    verdict = rig.verdicts[-1]
    assert (verdict.action_id, verdict.verdict, verdict.rule_ids) == ("a1", "deny", ("base-lost",))
    assert [record["data"] for record in rig.records("base")] == [{"lost": "base: /dev/ttyACM0: unplugged: Input/output error"}]

    rig.status |= {"problem": "", "sessions": 2}
    rig.drive(0.3, ticks=60)
    assert rig.velocity.linear_mps == 0.0, "the old approval is void"
    assert rig.mode == "running"
    assert rig.propose("go_to", "a2", place="kitchen").verdict == "allow"
    rig.drive(0.3, action_id="a2", ticks=40)
    assert rig.velocity.linear_mps == pytest.approx(0.3)


def test_nothing_that_moves_is_approved_while_the_base_is_away(rig: BaseRig) -> None:
    rig.status["problem"] = "x: unplugged"
    rig.tick()
    verdict = rig.propose("go_to", "a2", place="kitchen")
    assert (verdict.verdict, verdict.reason, verdict.say) == ("deny", "base: x: unplugged", "My wheels do not answer.")
    assert rig.propose("say", "a3", text="hello").verdict == "allow"


def test_silence_of_the_driver_stops(rig: BaseRig) -> None:
    rig.base_speaks = False
    rig.drive(0.3, ticks=12)
    assert rig.velocity.linear_mps == 0.0
    assert rig.causes[0].startswith("base: news of its driver is 0.2 s old")
    rig.base_speaks = True
    rig.drive(0.3, ticks=60)
    assert rig.velocity.linear_mps == pytest.approx(0.3), "a process that was held up has lost nothing"


def test_a_link_that_broke_and_came_back_between_two_steps_voids_too(rig: BaseRig) -> None:
    rig.status["sessions"] = 2
    rig.drive(0.3)
    assert rig.velocity.linear_mps == 0.0
    assert rig.verdicts[-1].reason == "base: its link was lost and is back"


def test_before_the_driver_has_spoken_nothing_moves() -> None:
    rig = BaseRig()
    rig.base_speaks = False
    rig.tick()
    rig.tick()
    assert rig.causes == ("base: no news of its driver",)


def test_without_a_driver_nothing_is_asked_of_one() -> None:
    rig = Rig()
    rig.ready()
    rig.drive(0.3, ticks=40)
    assert rig.velocity.linear_mps == pytest.approx(0.3)


def test_the_emergency_stop_of_the_base_latches_until_it_is_released_and_lifted(rig: BaseRig) -> None:
    rig.status |= {"e_stop_pressed": True, "e_stops": 1}
    rig.drive(0.3)
    assert (rig.velocity.linear_mps, rig.mode) == (0.0, "emergency_stop")
    assert not rig.commands[-1].enabled
    assert rig.causes[0] == "base_button: the emergency stop of the base"
    rig.call_rearm()
    assert rig.mode == "emergency_stop"
    assert "its cause is still there: base_button" in rig.causes[-1]

    rig.status["e_stop_pressed"] = False
    for _ in range(20):
        rig.tick()
    assert rig.mode == "rearm_required"
    assert not rig.commands[-1].enabled
    rig.call_rearm()
    rig.tick()
    assert rig.mode == "running"
    assert rig.commands[-1].enabled


def restarted(folder: Path) -> BaseRig:
    """A gate whose process before this one was stopped by the base's button."""
    before = BaseRig(run_dir=str(folder))
    before.status |= {"e_stop_pressed": True, "e_stops": 1}
    before.tick()
    assert before.mode == "emergency_stop"
    after = BaseRig(run_dir=str(folder))
    after.status |= {"problem": "x: not connected yet", "e_stop_pressed": None, "sessions": 0}
    return after


def test_a_button_that_stays_pressed_while_the_gate_restarts(tmp_path: Path) -> None:
    rig = restarted(tmp_path)
    rig.call_rearm()
    for _ in range(20):
        rig.tick()
    assert (rig.mode, rig.causes[-2:]) == ("emergency_stop", (CAUSE, f"not lifted: its cause is still there: {BASE_UNKNOWN}"))
    rig.status |= {"problem": "", "sessions": 1, "e_stop_pressed": True, "e_stops": 1}
    rig.tick()
    rig.call_rearm()
    for _ in range(20):
        rig.tick()
    assert rig.causes[-1] == "not lifted: its cause is still there: base_button"
    rig.status |= {"problem": "x: unplugged", "e_stop_pressed": None}
    rig.tick()
    rig.call_rearm()
    assert rig.mode == "emergency_stop", "what was pressed and is not known any more is pressed"
    rig.status |= {"problem": "", "sessions": 2, "e_stop_pressed": False}
    for _ in range(20):
        rig.tick()
    assert rig.mode == "rearm_required"
    rig.call_rearm()
    rig.tick()
    assert rig.mode == "running"


@pytest.mark.parametrize("speaks", [False, True], ids=["no news", "old news"])
def test_without_news_of_the_base_no_stop_is_lifted(tmp_path: Path, speaks: bool) -> None:
    rig = restarted(tmp_path)
    rig.base_speaks = speaks
    rig.status |= {"problem": "", "sessions": 1, "e_stop_pressed": False}
    rig.tick()
    rig.base_speaks = False
    for _ in range(15):
        rig.tick()
    rig.call_rearm()
    assert rig.mode == "emergency_stop"
    assert rig.causes[-1] == f"not lifted: its cause is still there: {BASE_UNKNOWN}"


def test_a_button_that_is_not_known_stops_nobody_who_drives(rig: BaseRig) -> None:
    rig.status |= {"problem": "x: unplugged", "e_stop_pressed": None}
    rig.drive(0.3)
    assert (rig.mode, rig.velocity.linear_mps) == ("protective_stop", 0.0)
    rig.status |= {"problem": "", "sessions": 2, "e_stop_pressed": False}
    rig.tick()
    assert rig.mode == "running", "a lost link alone latches nothing"


def test_a_supervised_button_holds_the_base_until_it_is_heard() -> None:
    rig = Rig(e_stop_max_age_s=0.5)
    rig.tick()
    assert rig.propose("go_to", place="kitchen").verdict == "allow"
    rig.drive(0.3, ticks=5)
    assert rig.state is not None
    assert (rig.mode, rig.velocity.linear_mps, rig.state.causes[0]) == (
        "protective_stop",
        0.0,
        "no e_stop: whether it is pressed is not known",
    )
    for _ in range(20):
        rig.drive(0.3, e_stop=[EStop(rig.now_s, False)])
    assert rig.velocity.linear_mps > 0.2 and rig.mode == "running"


def test_a_tap_that_was_over_before_anybody_looked_latches(rig: BaseRig) -> None:
    rig.status["e_stops"] = 1
    rig.drive(0.3)
    assert rig.mode == "emergency_stop"
    assert rig.velocity.linear_mps == 0.0


def test_somebody_at_the_door_latches_while_he_is_there(rig: BaseRig) -> None:
    line = "cmd_vel: /teleop publishes too"
    rig.drive(0.3, motors__door=[DoorState(rig.now_s, (line,))])
    assert (rig.velocity.linear_mps, rig.mode, rig.causes[0]) == (0.0, "emergency_stop", f"intruder: {line}")
    assert rig.records("stop")[-1]["data"] == {"source": "intruder", "detail": line}
    rig.call_rearm()
    assert rig.mode == "emergency_stop"
    for _ in range(20):
        rig.tick(motors__door=[DoorState(rig.now_s, ())])
    assert rig.mode == "rearm_required", "who has gone may have left something behind: a person looks"
    rig.call_rearm()
    rig.tick()
    assert rig.mode == "running"


@pytest.mark.parametrize(
    "news", [{"motors__state": ["?"]}, {"motors__state": [BaseStatus(math.nan, "", 1, False, 0)]}, {"motors__door": [None]}], ids=str
)
def test_malformed_news_latch(rig: BaseRig, news: dict[str, list[Any]]) -> None:
    rig.tick(**news)
    assert rig.velocity.linear_mps == 0.0
    assert rig.mode == "emergency_stop"


def test_the_last_words_switch_the_motors_off(rig: BaseRig) -> None:
    last = dict(rig.gate.close())
    assert last["motors/command"] == BaseCommand(last["cmd_vel"].stamp_s, last["cmd_vel"], False)
    assert last["cmd_vel"].linear_mps == 0.0
