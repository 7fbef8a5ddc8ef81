"""Who may say yes to what, for how long, and in which situation."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safety.binding import Binding, Situation, action_hash, causes
from safety.config import GateConfig
from safety.confirmations import MAX_PENDING, Confirmations, Said, with_yes
from safety.files import PROJECT
from safety.ontology import Ontology
from safety.rules import Rules
from safety.types import ActionVerdict, AgeGroup, Confirmation, RearmRequest, Verdict
from safety.verdicts import Limits, decision, merge
from tests.safety.rig import Rig, action, person


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
    assert why in reason(rig)
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


def test_with_yes() -> None:
    confirm = decision(Verdict.CONFIRM, "r", "because", "Shall I?")
    assert with_yes(confirm, None) == confirm
    allowed = with_yes(confirm, Said("q", "anna"))
    assert (allowed.verdict, allowed.rule_ids, allowed.lead.say) == (Verdict.ALLOW, ("confirmed-by-anna", "r"), "")
    limited = with_yes(replace(confirm, limits=Limits(max_speed_mps=0.2)), Said("q", "anna"))
    assert (limited.verdict, limited.limits.max_speed_mps) == (Verdict.LIMIT, 0.2)
    assert with_yes(confirm, Said("q", "anna", "void")).verdict == Verdict.DENY
