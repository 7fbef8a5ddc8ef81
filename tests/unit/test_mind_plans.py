"""Whole plan documents carried out: order, fallbacks, conditions, speech meanwhile, stops in between, second tries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from robot_runtime.act.catalogue import plan_step
from robot_runtime.messages import Argument, ProposedAction
from robot_runtime.mind.plan_document import Fact, FirstThatWorks, If, InOrder, Node, PlanDocument, Saying, Task
from robot_runtime.mind.planner import Answer, Request
from tests.unit.mind_rig import Rig, write_site


def a_task(skill: str, *expects: Fact, **arguments: str) -> Task:
    return Task(plan_step(skill, arguments), expects)


def a_fact(name: str, wanted: bool = True, **arguments: str) -> Fact:
    return Fact(name, tuple(Argument(key, value) for key, value in arguments.items()), wanted)


KITCHEN, LIVING = a_task("go_to", place="kitchen"), a_task("go_to", place="living room")
CUP, PHONE = a_task("fetch", object="red_cup", recipient="anna"), a_task("find", object="phone")
CUP_ON_TABLE = a_fact("thing_on", object="red_cup", surface="kitchen table")


class Fixed:
    """Answers with the same plan whatever is said."""

    name = "fixed"

    def close(self) -> None:
        """Nothing to let go of."""

    def __init__(self, body: Node) -> None:
        self.body = body

    def plan(self, request: Request) -> Answer:
        return Answer(PlanDocument(self.body))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(0.5)


def carry_out(rig: Rig, body: Node, seconds: float = 40.0) -> Rig:
    rig.mind._deliberation.planner = Fixed(body)
    return rig.hear("describe", words="do it").run(seconds)


def ended(rig: Rig) -> list[str]:
    return [line for line in rig.statuses() if line.split()[1] in ("succeeded", "failed", "refused", "cancelled")]


def deny(*skills: str) -> Callable[[ProposedAction], tuple[str, str, float]]:
    return lambda action: ("deny", "You may not.", 0.0) if action.skill in skills else ("allow", "", 9.0)


def test_tasks_come_in_order_each_through_the_gate_under_an_id_of_its_own(rig: Rig) -> None:
    carry_out(rig, InOrder((KITCHEN, CUP)))
    plan = rig.sent("plan")[0].id
    proposed = [(action.id, action.plan_id, action.skill) for action in rig.sent("action/proposed")]
    assert proposed[:4] == [(plan, plan, "go_to"), (f"{plan}.1", plan, "go_to"), (f"{plan}/2", f"{plan}/2", "fetch"),
                            (f"{plan}/2.1", f"{plan}/2", "approach")]  # fmt: skip
    assert [line for line in ended(rig) if line.startswith("fetch")] == ["fetch succeeded"]
    assert rig.things["red_cup"].held_by == "anna"
    assert rig.said == ["I am going to the kitchen.", "I am in the kitchen.", "I will get the red cup for you.", "Here is the red cup."]


def test_the_first_failure_ends_the_order(rig: Rig) -> None:
    rig.drive_phase = "failed"
    carry_out(rig, InOrder((KITCHEN, CUP)))
    assert ended(rig) == ["go_to failed", "go_to failed"]
    assert rig.said[-1] == "I cannot get there."
    assert "fetch" not in " ".join(rig.proposed)


def test_a_later_task_that_the_gate_denies_is_not_begun(rig: Rig) -> None:
    rig.judge = deny("fetch")
    carry_out(rig, InOrder((KITCHEN, CUP)))
    assert ended(rig) == ["go_to succeeded", "go_to succeeded", "fetch refused"]
    assert rig.said[-1] == "You may not."


def test_the_next_is_tried_when_one_fails(rig: Rig) -> None:
    carry_out(rig, FirstThatWorks((PHONE, KITCHEN)), 90.0)
    assert ended(rig) == ["find failed", "find failed", "go_to succeeded", "go_to succeeded"]
    assert "I could not find the phone." in rig.said and rig.said[-1] == "I am in the kitchen."


def test_what_is_refused_is_not_tried_in_another_way(rig: Rig) -> None:
    rig.judge = deny("find")
    carry_out(rig, FirstThatWorks((PHONE, KITCHEN)))
    assert "go_to(kitchen)" not in rig.proposed
    assert rig.said == ["You may not."]


@pytest.mark.parametrize(
    ("fact", "proposed"),
    [
        (CUP_ON_TABLE, "fetch(red_cup, anna)"),
        (a_fact("thing_on", object="red_cup", surface="coffee table"), "go_to(living room)"),
        (a_fact("thing_on", False, object="red_cup", surface="coffee table"), "fetch(red_cup, anna)"),
        (a_fact("thing_in", object="red_cup", place="kitchen"), "fetch(red_cup, anna)"),
        (a_fact("thing_known", object="phone"), "go_to(living room)"),
        (a_fact("held_by", object="red_cup", person="leo"), "go_to(living room)"),
        (a_fact("robot_holds", object="red_cup"), "go_to(living room)"),
        (a_fact("robot_in", place="living room"), "fetch(red_cup, anna)"),
        (a_fact("person_in", person="leo", place="living room"), "fetch(red_cup, anna)"),
        (a_fact("person_seen", person="rose"), "fetch(red_cup, anna)"),
        (a_fact("somebody_in", place="living room"), "fetch(red_cup, anna)"),
        (a_fact("somebody_in", False, place="living room"), "go_to(living room)"),
    ],
    ids=str,
)
def test_a_condition_is_looked_up_in_the_world(rig: Rig, fact: Fact, proposed: str) -> None:
    carry_out(rig, If(fact, CUP, LIVING), 0.5)
    assert rig.proposed[0] == proposed


def test_a_condition_that_does_not_hold_is_said_and_disturbs_nothing(rig: Rig) -> None:
    carry_out(rig, KITCHEN, 0.5)
    carry_out(rig, If(a_fact("thing_on", object="red_cup", surface="coffee table"), CUP), 0.5)
    assert rig.said[-1] == "The red cup is not on the coffee table, so I leave that."
    assert "go_to cancelled" not in rig.statuses()


def test_what_nobody_knows_is_neither_so_nor_otherwise(rig: Rig) -> None:
    carry_out(rig, If(a_fact("somebody_in", place="kitchen"), CUP, LIVING), 0.5)
    assert rig.proposed == []
    assert rig.said == ["I cannot tell whether somebody is in the kitchen, so I leave that."]


def test_a_condition_is_looked_up_when_its_turn_comes(rig: Rig) -> None:
    carry_out(rig, InOrder((KITCHEN, If(a_fact("robot_in", place="kitchen"), CUP))))
    assert rig.things["red_cup"].held_by == "anna"


def test_something_is_said_while_it_drives(rig: Rig) -> None:
    carry_out(rig, Saying("It is a fine day.", KITCHEN), 0.8)
    assert rig.said == ["I am going to the kitchen.", "It is a fine day."]
    assert ended(rig) == []


def test_nothing_is_said_of_what_is_refused(rig: Rig) -> None:
    rig.judge = deny("go_to")
    carry_out(rig, Saying("It is a fine day.", KITCHEN))
    assert rig.said == ["You may not."]


def test_an_expectation_that_the_world_does_not_show_is_no_success(rig: Rig) -> None:
    carry_out(rig, a_task("go_to", a_fact("thing_on", object="red_cup", surface="coffee table"), place="kitchen"))
    assert ended(rig) == ["go_to succeeded", "go_to failed"]
    assert rig.said[-1] == "I could not see that it worked."


def test_a_thing_that_slips_is_tried_again_twice_and_then_it_says_so(rig: Rig) -> None:
    rig.gripper_grasps = False
    carry_out(rig, CUP, 120.0)
    assert rig.statuses("pick").count("pick failed") == 3
    assert [text for text in rig.said if "try once more" in text] == ["I could not get hold of the red cup. I will try once more."] * 2
    assert rig.said[-1] == "I could not get hold of the red cup."
    assert ended(rig)[-1] == "fetch failed"


def test_a_second_try_can_work(rig: Rig) -> None:
    rig.gripper_grasps = False
    carry_out(rig, CUP, 0.5)
    assert rig.run_until(lambda: any("try once more" in text for text in rig.said))
    rig.gripper_grasps = True
    rig.run(30.0)
    assert rig.things["red_cup"].held_by == "anna" and ended(rig)[-1] == "fetch succeeded"


def test_a_stop_between_two_tasks_is_waited_out(rig: Rig) -> None:
    asked: list[ProposedAction] = []

    def judge(action: ProposedAction) -> tuple[str, str, float] | None:
        asked.append(action)
        return None if action.skill == "fetch" and len(asked) == 3 else ("allow", "", 9.0)

    rig.judge = judge
    carry_out(rig, InOrder((KITCHEN, CUP)), 0.1)
    assert rig.run_until(lambda: "fetch proposed" in rig.statuses())
    rig.mode = "emergency_stop"
    rig.run(5.0)
    rig.mode = "running"
    rig.run(2.0).hear("resume").run(40.0)
    assert rig.things["red_cup"].held_by == "anna"


def test_no_ends_the_whole_plan(rig: Rig) -> None:
    carry_out(rig, InOrder((KITCHEN, CUP)), 0.5)
    rig.hear("no").run(20.0)
    assert ended(rig) == ["go_to cancelled", "go_to cancelled"]
    assert "fetch(red_cup, anna)" not in rig.proposed
