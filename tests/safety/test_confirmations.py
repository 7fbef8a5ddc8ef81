"""Who may say yes to what, for how long, and in which situation."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safety.binding import Binding, Situation, action_hash, causes, situation
from safety.config import GateConfig
from safety.confirmations import MAX_PENDING, Confirmations, Said, with_yes
from safety.context import Context
from safety.files import PROJECT
from safety.ontology import Ontology
from safety.rules import Rules
from safety.types import ActionVerdict, AgeGroup, Confirmation, RearmRequest, Verdict
from safety.verdicts import Limits, decision, merge
from tests.safety.rig import Rig, action, person
from tests.safety.small_rules import rule, write


def rig_with(*people: Any, **config: Any) -> Rig:
    rig = Rig(**config)
    rig.people = list(people) or [person("anna", "adult", 4.0), person("leo", "child", 5.0)]
    rig.tick()
    return rig


def asked(rig: Rig, action_id: str = "p1", requester: str = "anna", thing: str = "pills") -> ActionVerdict:
    """Ask for something that the rules want confirmed."""
    verdict = rig.propose("fetch", action_id, action_id, requester, object=thing, recipient="anna")
    assert verdict.verdict == "confirm" and verdict.confirmation_id and verdict.say.endswith("?")
    return verdict


def answer(rig: Rig, question: ActionVerdict, who: str = "anna", yes: bool = True, **changes: Any) -> ActionVerdict | None:
    """Answer it; the verdict that follows, None when none does."""
    before = len(rig.verdicts)
    message = Confirmation(rig.now_s, question.confirmation_id, yes, who, "u2")
    rig.tick(action__confirmation=[replace(message, **changes)])
    return rig.verdicts[-1] if len(rig.verdicts) > before else None


def reason(rig: Rig) -> str:
    return str(rig.records("confirmation")[-1]["data"]["reason"])


# ---------------------------------------------------------------- yes and no


def test_a_yes_approves_the_action_that_was_asked_about_and_the_steps_of_its_plan() -> None:
    rig = rig_with()
    verdict = answer(rig, asked(rig))
    assert verdict is not None and verdict.action_id == "p1" and verdict.verdict in ("allow", "limit")
    assert "confirmed-by-anna" in verdict.rule_ids and "medicine-handover" in verdict.rule_ids
    step = rig.propose("pick", "p1.1", "p1", object="pills")
    assert step.verdict in ("allow", "limit") and "confirmed-by-anna" in step.rule_ids
    assert rig.propose("pick", "p1.2", "p1", object="syringe").verdict == "confirm"  # nobody was asked about that
    assert rig.propose("pick", "p1.3", "p1", requester="rose", object="pills").verdict not in ("allow", "limit")


def test_it_moves_only_after_the_yes() -> None:
    rig = rig_with()
    question = asked(rig)
    assert rig.drive(0.3, action_id="p1", ticks=20).linear_mps == 0.0
    answer(rig, question)
    assert rig.drive(0.3, action_id="p1", ticks=20).linear_mps > 0.0


def test_a_no_counts_whoever_says_it() -> None:
    rig = rig_with()
    question = asked(rig)
    verdict = answer(rig, question, "leo", yes=False)
    assert verdict is not None and (verdict.verdict, verdict.rule_ids) == ("deny", ("confirmation-refused",))
    assert answer(rig, question) is None and reason(rig) == "no such question is open"


def test_silence_is_a_no() -> None:
    rig = rig_with(confirm_s=1.0)
    question = asked(rig)
    assert question.confirm_within_s == 1.0
    for _ in range(50):
        rig.tick()
    assert (rig.verdicts[-1].action_id, rig.verdicts[-1].rule_ids) == ("p1", ("confirmation-expired",))
    assert answer(rig, question) is None


def test_a_yes_in_the_step_in_which_time_is_up_comes_too_late() -> None:
    rig = rig_with(confirm_s=1.0)
    question = asked(rig)
    rig.now_s += 0.98
    verdict = answer(rig, question)
    assert verdict is not None and verdict.rule_ids == ("confirmation-expired",)


@pytest.mark.parametrize(
    ("who", "people", "why"),
    [
        ("leo", (), "age group 'child' may not"),
        ("rose", (person("anna", "adult", 4.0), person("rose", "elderly", 3.0)), "age group 'elderly' may not"),
        ("anna", (person("anna", "adult", 3.0, seen=False, last_seen_s=-5.0),), "not seen now"),
        ("anna", (person("anna", "adult", 3.0, age_group_confidence=0.65),), "not sure enough"),
        ("anna", (person("anna", "adult", 3.0, name=""),), "with authority"),
        ("burglar", (), "not seen"),
        ("", (), "not seen"),
    ],
)
def test_a_yes_counts_only_from_whom_the_rules_admit_and_the_gate_sees(who: str, people: tuple[Any, ...], why: str) -> None:
    rig = rig_with(*(people or (person("anna", "adult", 4.0), person("leo", "child", 5.0))))
    verdict = rig.propose("fetch", "p1", "p1", "anna", object="pills", recipient="anna")
    told = answer(rig, verdict, who)
    assert told is not None and told.verdict == "confirm" and told.confirmation_id == verdict.confirmation_id
    assert why in reason(rig) and why in told.reason and "yes" in told.say
    assert told.confirm_within_s < verdict.confirm_within_s
    assert rig.drive(0.3, action_id="p1", ticks=20).linear_mps == 0.0


def test_after_a_childs_yes_an_adult_may_still_say_it() -> None:
    rig = rig_with()
    question = asked(rig)
    answer(rig, question, "leo")
    verdict = answer(rig, question)
    assert verdict is not None and verdict.verdict in ("allow", "limit")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"stamp_s": -3.0}, "too old"),
        ({"stamp_s": 9.0}, "too old, from the future"),
        ({"stamp_s": math.nan}, "without a time"),
        ({"stamp_s": "now"}, "without a time"),
        ({"stamp_s": 0.0}, "older than the question"),
        ({"yes": 1}, "malformed"),
        ({"confirmation_id": "another"}, "no such question"),
    ],
)
def test_an_answer_must_be_one(changes: dict[str, Any], why: str) -> None:
    rig = rig_with()
    assert answer(rig, asked(rig), **changes) is None
    assert why in reason(rig) and rig.records("confirmation")[-1]["data"]["accepted"] is False
    rig.tick(action__confirmation=["yes"])
    assert reason(rig) == "malformed answer"


# ---------------------------------------------------------------- what it is bound to


def change_people(rig: Rig) -> None:
    rig.people.append(person("mia", "child", 6.0))


def change_age(rig: Rig) -> None:
    rig.people[0] = person("anna", "elderly", 4.0)


def lose_somebody(rig: Rig) -> None:
    rig.people.pop()


def change_held(rig: Rig) -> None:
    rig.holding = ("knife_1", "knife")


@pytest.mark.parametrize("change", [change_people, change_age, lose_somebody, change_held])
def test_another_situation_ends_the_question(change: Any) -> None:
    rig = rig_with()
    question = asked(rig)
    change(rig)
    rig.tick()
    assert (rig.verdicts[-1].verdict, rig.verdicts[-1].rule_ids) == ("deny", ("confirmation-void",))
    assert answer(rig, question) is None


@pytest.mark.parametrize("change", [change_people, change_age, lose_somebody, change_held])
def test_a_yes_in_the_step_in_which_the_situation_changes_is_void(change: Any) -> None:
    rig = rig_with()
    question = asked(rig)
    change(rig)
    verdict = answer(rig, question)
    assert verdict is not None and verdict.rule_ids == ("confirmation-void",)


def test_nobody_knows_who_is_here_any_more() -> None:
    rig = rig_with()
    question = asked(rig)
    rig.silent.add("people")
    for _ in range(100):
        rig.tick()
    assert rig.verdicts[-1].rule_ids == ("confirmation-void",)
    assert answer(rig, question) is None


def test_a_yes_while_it_is_not_known_who_is_here_does_not_count() -> None:
    rig = rig_with()
    question = asked(rig)
    rig.silent.add("people")
    for _ in range(30):
        rig.tick()
    verdict = answer(rig, question)
    assert verdict is not None and verdict.verdict == "confirm" and "who is here" in verdict.reason


def test_a_grown_up_may_come_in_to_answer() -> None:
    rig = rig_with()
    question = asked(rig)
    rig.people.append(person("tom", "adult", 6.0))
    verdict = answer(rig, question, "tom")
    assert verdict is not None and "confirmed-by-tom" in verdict.rule_ids


def test_other_content_under_the_same_id_is_another_question() -> None:
    rig = rig_with()
    first = asked(rig)
    second = asked(rig, thing="syringe")
    assert second.confirmation_id != first.confirmation_id
    assert answer(rig, first) is None
    assert asked(rig, thing="syringe").confirmation_id == second.confirmation_id  # the same again is the same question


def test_asking_again_does_not_lengthen_the_question() -> None:
    rig = rig_with(confirm_s=1.0)
    question = asked(rig)
    for _ in range(25):
        rig.tick()
    again = asked(rig)
    assert again.confirmation_id == question.confirmation_id and again.confirm_within_s < 0.5


def test_the_hash_is_of_the_action_not_of_its_spelling() -> None:
    one = action("fetch", object="Red_Cup", recipient="anna")
    assert action_hash(one) == action_hash(replace(one, id="other", stamp_s=9.0, skill="FETCH"))
    assert action_hash(one) == action_hash(action("fetch", recipient="anna", object="red cup"))
    for other in (replace(one, requester_id="leo"), replace(one, utterance_text="x"), action("fetch", object="red cup", recipient="leo")):
        assert action_hash(one) != action_hash(other)


PEOPLE = frozenset({("anna", AgeGroup.ADULT), ("leo", AgeGroup.CHILD)})


def bound(**changes: Any) -> Situation:
    return replace(Situation("rules", PEOPLE, ""), **changes)


@pytest.mark.parametrize(
    ("now", "while_it_waits", "while_it_is_done"),
    [
        (bound(), "", ""),
        (bound(rules_hash="others"), "rules", "rules"),
        (bound(people=None), "not known who", "not known who"),
        (bound(people=PEOPLE | {("tom", AgeGroup.ADULT)}), "", ""),
        (bound(people=PEOPLE | {("mia", AgeGroup.CHILD)}), "other people", "a child"),
        (bound(people=PEOPLE | {("?", AgeGroup.UNKNOWN)}), "other people", "a child"),
        (bound(people=frozenset({("leo", AgeGroup.CHILD)})), "other people", ""),
        (bound(people=frozenset({("anna", AgeGroup.UNKNOWN), ("leo", AgeGroup.CHILD)})), "other people", "a child"),
        (bound(held="pills"), "holds something else", ""),
        (bound(held="knife"), "holds something else", "holds something else"),
        (bound(held="?"), "holds something else", "holds something else"),
    ],
)
def test_what_makes_a_question_and_a_yes_void(now: Situation, while_it_waits: str, while_it_is_done: str) -> None:
    made = Binding("hash", frozenset({"pills", "anna"}), "anna", frozenset({"r"}), bound())
    for found, wanted in ((made.changed(now), while_it_waits), (made.grown_worse(now), while_it_is_done)):
        assert (wanted in found) if wanted else found == ""
    assert replace(made, situation=bound(people=None)).changed(bound()) != ""


@pytest.mark.parametrize(
    ("known", "held"),
    [
        ({}, ""), ({"holding": "Red_Cup"}, "red cup"), ({"holding_class": "cup"}, "cup"),
        ({"holding": "red_cup", "holding_class": "cup"}, "red cup"),
        ({"holding": "red_cup", "stale": frozenset({"gripper/state"})}, "?"),
    ],
)  # fmt: skip
def test_what_is_held_is_told_by_its_name_or_else_by_its_class(known: dict[str, Any], held: str) -> None:
    assert situation(Context(**known), Rules.load("safety/rules/home.yaml", Ontology.load()), "hash").held == held


@pytest.mark.parametrize("verdict", [Verdict.ALLOW, Verdict.DENY, Verdict.STOP])
def test_only_a_decision_that_asks_is_looked_at(verdict: Verdict) -> None:
    assert Confirmations(GateConfig()).said_of(action("go_to"), decision(verdict, "r", ""), frozenset({"r"}), bound()) is None


def test_what_asks_for_a_confirmation() -> None:
    rules = Rules.load("safety/rules/home.yaml", Ontology.load())
    asked = decision(Verdict.CONFIRM, "medicine-handover", "")
    for more in ("sharp-to-child", "skill-fetch", "classifier", "skill-unheard-of"):
        asked = merge(asked, decision(Verdict.ALLOW, more, ""))
    assert causes(asked, rules) == {"medicine-handover", "classifier", "skill-unheard-of"}
    assert causes(asked, rules, frozenset({"classifier"})) == {"medicine-handover", "skill-unheard-of"}


# ---------------------------------------------------------------- used once, and only while things are as they were


def test_a_yes_is_used_up() -> None:
    rig = rig_with()
    answer(rig, asked(rig))
    rig.stop()
    rig.rearm()
    assert rig.mode != "emergency_stop"
    assert asked(rig).verdict == "confirm"


def test_a_yes_that_has_become_void_does_not_come_back_with_the_situation() -> None:
    rig = rig_with()
    answer(rig, asked(rig))
    rig.drive(0.3, action_id="p1", ticks=10)
    change_people(rig)
    rig.drive(0.3, action_id="p1", ticks=10)
    lose_somebody(rig)
    rig.drive(0.3, action_id="p1", ticks=10)
    assert rig.velocity.linear_mps == 0.0
    assert asked(rig).verdict == "confirm"


def test_another_action_needs_its_own_yes() -> None:
    rig = rig_with()
    answer(rig, asked(rig))
    assert asked(rig, "p2").verdict == "confirm"


@pytest.mark.parametrize("change", [change_people, change_held])
def test_while_it_is_done_a_new_child_or_another_thing_in_the_gripper_ends_it(change: Any) -> None:
    rig = rig_with()
    answer(rig, asked(rig))
    assert rig.drive(0.3, action_id="p1", ticks=10).linear_mps > 0.0
    change(rig)
    rig.drive(0.3, action_id="p1", ticks=10)
    assert rig.velocity.linear_mps == 0.0
    assert rig.verdicts[-1].verdict == "deny" and "confirmation-void" in rig.verdicts[-1].rule_ids


def test_while_it_is_done_grown_ups_come_and_go_and_the_thing_is_taken_up() -> None:
    rig = rig_with()
    answer(rig, asked(rig))
    rig.drive(0.3, action_id="p1", ticks=10)
    rig.people = [person("anna", "adult", 4.0), person("rose", "elderly", 6.0)]
    rig.holding = ("pills", "pills")
    assert rig.drive(0.3, action_id="p1", ticks=20).linear_mps > 0.0


def test_a_denial_is_never_confirmed_away() -> None:
    rig = rig_with()
    answer(rig, asked(rig))
    verdict = rig.propose("hand_over", "p1.1", "p1", object="pills", recipient="leo")
    assert verdict.verdict == "deny"
    assert rig.propose("fetch", "p3", "p3", "leo", object="knife", recipient="leo").confirmation_id == ""


def test_a_latched_stop_ends_all_questions() -> None:
    rig = rig_with()
    question = asked(rig)
    rig.stop()
    assert any(v.action_id == "p1" and v.verdict == "stop" for v in rig.verdicts)
    assert answer(rig, question) is None
    rig.tick(safety__rearm_request=[RearmRequest(rig.now_s, "voice", "anna", "u")])
    assert answer(rig, question) is None


def test_a_question_whose_action_is_refused_meanwhile_is_over() -> None:
    rig = rig_with()
    question = asked(rig)
    verdict = rig.propose("fetch", "p1", "p1", "leo", object="knife", recipient="leo")
    assert verdict.verdict == "deny"
    assert answer(rig, question) is None


def test_the_number_of_questions_is_bounded() -> None:
    rig = rig_with()
    for number in range(MAX_PENDING):
        asked(rig, f"p{number}")
    verdict = rig.propose("fetch", "one-more", "one-more", "anna", object="pills", recipient="anna")
    assert verdict.verdict == "deny" and "too-many-questions" in verdict.rule_ids and verdict.confirmation_id == ""
    answer(rig, replace(verdict, confirmation_id=rig.verdicts[0].confirmation_id), yes=False)
    assert asked(rig, "one-more").verdict == "confirm"


def test_a_flood_of_answers_is_not_read() -> None:
    rig = rig_with(proposals_per_step=3)
    rig.tick(action__confirmation=[Confirmation(rig.now_s, "x", True, "anna", "u")] * 50)
    assert len(rig.records("confirmation")) == 3


def test_where_no_rule_says_who_any_grown_up_may_answer(tmp_path: Path) -> None:
    rules = tmp_path / "careful.yaml"
    rules.write_text(
        f"name: careful\nversion: 1.0.0\nextends: {PROJECT / 'safety/rules/home.yaml'}\nskills: {{go_to: {{verdict: confirm}}}}\n",
        encoding="utf-8",
    )
    rig = rig_with(person("rose", "elderly", 4.0), rules_file=str(rules))
    question = rig.propose("go_to", "p1", "p1", "rose", place="kitchen")
    assert question.verdict == "confirm" and question.confirmation_id and question.say == ""
    verdict = answer(rig, question, "rose")
    assert verdict is not None and "confirmed-by-rose" in verdict.rule_ids


# ---------------------------------------------------------------- by somebody else than who asked


ANNA, TOM, LEO = person("anna", "adult", 4.0), person("tom", "adult", 3.0), person("leo", "child", 5.0)


def asking_rig(tmp_path: Path, confirm: dict[str, Any], *people: Any) -> Rig:
    """A rig where go_to is to be confirmed while a child is near."""
    when = {"skills": ["go_to"], "near": {"age_groups": ["child"], "within_m": 3.0}}
    near = [{"skill": "go_to", "place": "kitchen", "near": {who: 2.0}} for who in ("child", "adult")]
    question = {"question": {"en": "A child is here. Shall I go on?"}}
    ask = rule("child-near", when, "confirm", confirm={**question, **confirm}, examples={"must": near[:1], "must_not": near[1:]})
    return rig_with(*people, rules_file=write(tmp_path / "rules.yaml", ask))


def near_leo() -> Any:
    return person("leo", "child", -2.0)


@pytest.mark.parametrize(
    ("who", "people", "requester", "why"),
    [
        ("tom", [ANNA, TOM], "anna", ""),
        ("anna", [ANNA, TOM], "anna", "who asked for it may not"),
        ("anna_2", [ANNA, person("anna_2", "adult", 3.0, name="ANNA")], "anna", "who asked for it may not"),
        ("tom", [TOM], "anna", "not known who asked"),
        ("tom", [ANNA, TOM], "", "not known who asked"),
        ("tom", [replace(ANNA, seen=False), TOM], "anna", ""),
        ("tom", [replace(ANNA, seen=False, name=""), TOM], "anna", "not sure that somebody else"),
        ("x", [replace(ANNA, seen=False), person("x", "adult", 3.0, name="")], "anna", "not sure that somebody else"),
        ("x", [replace(ANNA, name=""), person("x", "adult", 3.0, name="")], "anna", ""),
        ("leo", [ANNA, TOM], "anna", "age group 'child' may not"),
        ("tom", [ANNA, replace(ANNA, name="Tom"), TOM], "anna", "who asked for it may not"),  # two with the id of who asked
        ("tom", [ANNA, replace(ANNA, seen=False, name=""), TOM], "anna", "not sure that somebody else"),
    ],
)
def test_who_asked_may_not_confirm(tmp_path: Path, who: str, people: list[Any], requester: str, why: str) -> None:
    rig = asking_rig(tmp_path, {"by_another": True, "authorised": False}, *people, near_leo())
    question = rig.propose("go_to", "p1", "p1", requester, place="kitchen")
    assert question.verdict == "confirm" and question.say == "A child is here. Shall I go on?"
    told = answer(rig, question, who)
    assert told is not None and why in told.reason and told.verdict == ("confirm" if why else "allow")
    if "asked" in why or "sure" in why:
        assert told.say == "Somebody else than who asked for it has to say yes." and told.rule_ids == ("confirmation-by-asker",)
        assert told.confirmation_id == question.confirmation_id
    assert rig.records("confirmation")[-1]["data"]["accepted"] is (why == "")


def test_at_home_a_known_adult_needs_nobody_else_and_a_guest_does() -> None:
    guest = person("guest", "adult", 3.0, name="")
    rig = rig_with(ANNA, guest)
    alone = answer(rig, asked(rig))
    assert alone is not None and alone.verdict in ("allow", "limit")
    question = rig.propose("fetch", "p2", "p2", "guest", object="pills", recipient="guest")
    assert question.say.startswith("Somebody else than who asked")
    rig.people[1] = replace(guest, name="Guy")  # recognised a moment later
    told = answer(rig, question, "guest")
    assert told is not None and told.rule_ids == ("confirmation-by-asker",)
    told = answer(rig, question, "anna")
    assert told is not None and told.verdict in ("allow", "limit")


# ---------------------------------------------------------------- what is under way


def driving(tmp_path: Path, **confirm: Any) -> Rig:
    """On the way by the step p1.1 of the plan p1."""
    rig = asking_rig(tmp_path, confirm, ANNA, LEO)
    assert rig.propose("go_to", "p1", "p1", place="kitchen").verdict == "allow"
    assert rig.propose("go_to", "p1.1", "p1", place="kitchen").verdict == "allow"
    assert rig.drive(0.3, action_id="p1.1", ticks=25).linear_mps > 0.0
    return rig


def child_comes(rig: Rig, ticks: int = 30) -> ActionVerdict:
    """The question that the gate puts then."""
    rig.people = [ANNA, near_leo()]
    before = len(rig.verdicts)
    rig.drive(0.3, action_id="p1.1", ticks=ticks)
    question, step = rig.verdicts[before:]
    assert (question.action_id, question.verdict, question.say) == ("p1", "confirm", "A child is here. Shall I go on?")
    assert (step.action_id, step.verdict, step.rule_ids, step.confirmation_id) == ("p1.1", "confirm", ("plan-waits",), "")
    return question


def test_what_is_to_be_confirmed_from_now_on_stands_still_and_is_asked_about(tmp_path: Path) -> None:
    rig = driving(tmp_path)
    question = child_comes(rig)
    assert rig.velocity.linear_mps == 0.0 and question.confirmation_id and question.confirm_within_s == GateConfig().confirm_s
    withdrawn = [record["data"] for record in rig.records("withdrawn")]
    assert [(data["proposal"]["id"], data["verdict"]["verdict"]) for data in withdrawn] == [("p1", "confirm"), ("p1.1", "confirm")]
    assert withdrawn[0]["verdict"]["confirmation_id"] == question.confirmation_id
    told = answer(rig, question)
    assert told is not None and (told.action_id, told.verdict) == ("p1", "allow") and "confirmed-by-anna" in told.rule_ids
    assert rig.drive(0.3, action_id="p1.1", ticks=10).linear_mps == 0.0  # the step's approval is gone
    step = rig.propose("go_to", "p1.2", "p1", place="kitchen")
    assert step.verdict == "allow" and "confirmed-by-anna" in step.rule_ids
    assert rig.drive(0.3, action_id="p1.2", ticks=25).linear_mps > 0.0


def test_nothing_passes_from_the_step_in_which_it_turns(tmp_path: Path) -> None:
    rig = driving(tmp_path)
    rig.move_joints("p1.1", lift=1.0)
    speed = rig.velocity.linear_mps
    rig.people = [ANNA, near_leo()]
    while rig.verdicts[-1].verdict != "confirm":
        rig.drive(0.3, action_id="p1.1")
    lift = rig.joints["lift"]
    for _ in range(20):
        assert rig.drive(0.3, action_id="p1.1").linear_mps < speed or rig.velocity.linear_mps == 0.0
        speed = rig.velocity.linear_mps
        rig.move_joints("p1.1", lift=1.0)
    assert speed == 0.0 and rig.joints["lift"] - lift < 0.05 and rig.joints["lift"] < 1.0
    assert rig.records("joints")[-1]["data"]["refused"] == "its action is not approved"


@pytest.mark.parametrize("how", ["no", "silence", "other people", "a stop"])
def test_without_a_yes_what_was_under_way_is_denied(tmp_path: Path, how: str) -> None:
    rig = driving(tmp_path)
    question = child_comes(rig)
    if how == "no":
        answer(rig, question, "leo", yes=False)
    elif how == "other people":
        rig.people.append(person("mia", "child", 6.0))
        rig.tick()
    elif how == "a stop":
        rig.stop()
    else:
        for _ in range(round(GateConfig().confirm_s / 0.02)):
            rig.tick()
    last = next(verdict for verdict in reversed(rig.verdicts) if verdict.action_id == "p1")
    assert last.verdict in ("deny", "stop") and last.confirmation_id == ""
    assert answer(rig, question) is None
    assert rig.drive(0.3, action_id="p1.1", ticks=10).linear_mps == 0.0
    assert rig.propose("go_to", "p1.2", "p1", place="kitchen").verdict in ("deny", "stop")


def test_who_asked_may_not_say_that_it_goes_on_where_another_has_to(tmp_path: Path) -> None:
    rig = driving(tmp_path, by_another=True)
    told = answer(rig, child_comes(rig), "anna")
    assert told is not None and told.rule_ids == ("confirmation-by-asker",)


def test_nobody_is_asked_about_what_nobody_waits_for(tmp_path: Path) -> None:
    rig = driving(tmp_path)
    for _ in range(150):
        rig.tick()
    rig.people = [ANNA, near_leo()]
    before = len(rig.verdicts)
    for _ in range(20):
        rig.tick()
    assert len(rig.verdicts) == before
    assert rig.propose("go_to", "p1.2", "p1", place="kitchen").verdict == "confirm"


def test_when_too_many_questions_are_open_it_is_denied(tmp_path: Path) -> None:
    rig = driving(tmp_path)
    rig.people = [ANNA, near_leo()]
    wishes = [action("go_to", f"q{n}", f"q{n}", stamp_s=rig.now_s, place=f"place {n}") for n in range(MAX_PENDING)]
    rig.tick(action__proposed=wishes)
    rig.drive(0.3, action_id="p1.1", ticks=10)
    last = next(verdict for verdict in reversed(rig.verdicts) if verdict.action_id == "p1")
    assert last.verdict == "deny" and "too-many-questions" in last.rule_ids


def test_a_yes_that_something_more_has_come_to_is_asked_for_again() -> None:
    """Who asked is recognised no more: her yes to the pills does not hold without her authority."""
    rig = rig_with(ANNA, LEO)
    answer(rig, asked(rig))
    assert rig.drive(0.3, action_id="p1", ticks=10).linear_mps > 0.0
    rig.people[0] = replace(ANNA, name="")
    rig.drive(0.3, action_id="p1", ticks=30)
    assert rig.velocity.linear_mps == 0.0
    assert rig.verdicts[-1].verdict == "confirm" and "medicine-asked-without-authority" in rig.verdicts[-1].rule_ids


def test_with_yes() -> None:
    confirm = decision(Verdict.CONFIRM, "r", "because", "Shall I?")
    assert with_yes(confirm, None) == confirm
    allowed = with_yes(confirm, Said("q", "anna"))
    assert (allowed.verdict, allowed.rule_ids, allowed.lead.say) == (Verdict.ALLOW, ("confirmed-by-anna", "r"), "")
    limited = with_yes(replace(confirm, limits=Limits(max_speed_mps=0.2)), Said("q", "anna"))
    assert (limited.verdict, limited.limits.max_speed_mps) == (Verdict.LIMIT, 0.2)
    assert with_yes(confirm, Said("q", "anna", "void")).verdict == Verdict.DENY


# ---------------------------------------------------------------- to the tick


def test_the_first_question_of_a_time_has_a_name_of_its_own() -> None:
    rig = rig_with()
    assert [asked(rig, f"p{number}").confirmation_id for number in range(2)] == ["confirm-20-1", "confirm-40-2"]


def test_an_answer_of_the_very_time_of_the_question_counts() -> None:
    rig = rig_with()
    question = asked(rig)
    verdict = answer(rig, question, stamp_s=question.stamp_s)
    assert verdict is not None and "confirmed-by-anna" in verdict.rule_ids


@pytest.mark.parametrize(("age_s", "counts"), [(2.0, True), (2.01, False), (-2.0, True), (-2.01, False)])
def test_an_answer_counts_for_two_seconds(age_s: float, counts: bool) -> None:
    rig = rig_with()
    question = asked(rig)
    for _ in range(150):
        rig.tick()
    verdict = answer(rig, question, stamp_s=round(rig.now_s - age_s, 9))
    assert (verdict is not None) is counts


def test_the_latency_after_a_yes_is_reckoned_from_the_yes() -> None:
    rig = rig_with()
    question = asked(rig)
    for _ in range(100):
        rig.tick()
    verdict = answer(rig, question, stamp_s=round(rig.now_s - 0.5, 9))
    assert verdict is not None and verdict.latency_ms == pytest.approx(500.0)
    assert rig.records("verdict")[-1]["data"]["verdict"]["action_id"] == "p1"


def test_what_ends_a_question_is_on_record() -> None:
    rig = rig_with()
    answer(rig, asked(rig), yes=False)
    assert rig.records("verdict")[-1]["data"]["verdict"]["rule_ids"] == ["confirmation-refused"]


def test_a_question_that_is_over_in_this_step_is_not_asked_again_under_its_name() -> None:
    made, rules, now = Confirmations(GateConfig(confirm_s=1.0)), Rules.load("safety/rules/home.yaml", Ontology.load()), bound()
    judged = decision(Verdict.CONFIRM, "medicine-handover", "")
    names = []
    for now_s in (5.0, 5.99, 6.0):
        pending = made.ask(action("fetch", "p1"), judged, frozenset({"medicine-handover"}), rules, now, now_s)
        assert pending is not None and len(made) == 1
        names.append(pending.id)
    assert names[0] == names[1] != names[2]


def test_a_reset_forgets_questions_and_yeses() -> None:
    rig = rig_with()
    question = asked(rig)
    rig.gate.reset()
    rig.tick()
    assert answer(rig, question) is None and reason(rig) == "no such question is open"
    answer(rig, asked(rig))
    rig.gate.reset()
    rig.tick()
    assert asked(rig).verdict == "confirm"


@pytest.mark.parametrize(
    ("changes", "covered"),
    [({}, True), ({"requester": "leo"}, False), ({"object": "syringe"}, False), ({"recipient": "anna"}, True)],
)
def test_what_a_yes_to_a_plan_covers_of_its_steps(changes: dict[str, Any], covered: bool) -> None:
    made = Binding("hash", frozenset({"pills", "anna"}), "anna", frozenset({"r", "s"}), bound())
    step = action("pick", "p1.1", "p1", **{"requester": "anna", "object": "pills", **changes})
    assert made.covers(step, frozenset({"r"})) is covered
    assert made.covers(step, frozenset({"r", "s"})) is covered
    assert not made.covers(step, frozenset({"r", "t"})), "it asks for more"
