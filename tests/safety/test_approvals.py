"""What an approval is worth, and how it is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safety.approvals import LIVE_S, MAX_APPROVALS, Approvals
from safety.case import Case, Party
from safety.semantic import Judged
from safety.types import AgeGroup, ProposedAction, Verdict
from safety.verdicts import Limits, decision
from tests.safety.rig import action


class Judge:
    """Says what the test tells it to say."""

    def __init__(self) -> None:
        self.verdict = Verdict.ALLOW
        self.limits = Limits()
        self.denied: set[str] = set()
        self.asking: set[str] = set()
        self.asked = 0

    def __call__(self, proposed: ProposedAction, now_s: float) -> Judged:
        self.asked += 1
        verdict = Verdict.DENY if proposed.id in self.denied else Verdict.CONFIRM if proposed.id in self.asking else self.verdict
        case = Case(proposed.skill, frozenset({"base"}), person=Party("anna", "Anna", AgeGroup.ADULT, known=True))
        return Judged(decision(verdict, "r", "because", limits=self.limits), case)


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
def approvals(judge: Judge) -> Approvals:
    return Approvals(judge, approval_s=10.0)


def plan(approvals: Approvals, now_s: float = 0.0) -> None:
    assert approvals.propose(action("fetch", "p1", "p1"), now_s).decision.approved
    assert approvals.propose(action("go_to", "s1", "p1"), now_s).decision.approved


def test_a_step_needs_the_goal_of_its_plan(approvals: Approvals) -> None:
    assert approvals.propose(action("go_to", "s1", "p1"), 0.0).decision.rule_ids == ("plan-not-approved",)
    plan(approvals)
    assert approvals.get("s1") is not None


def test_losing_the_goal_loses_the_steps(approvals: Approvals, judge: Judge) -> None:
    plan(approvals)
    judge.denied = {"p1"}
    assert not approvals.propose(action("fetch", "p1", "p1"), 1.0).decision.approved
    assert approvals.get("s1") is None and approvals.use("s1", 1.0) is None
    (change,) = approvals.review(1.2)
    assert change.action.id == "s1" and change.decision.rule_ids == ("plan-not-approved",)


def test_a_step_keeps_to_the_limits_of_its_goal(approvals: Approvals, judge: Judge) -> None:
    judge.verdict, judge.limits = Verdict.LIMIT, Limits(max_speed_mps=0.3)
    assert approvals.propose(action("fetch", "p1", "p1"), 0.0).decision.approved
    judge.limits = Limits(max_speed_mps=0.5)
    assert approvals.propose(action("go_to", "s1", "p1"), 0.0).decision.limits.max_speed_mps == 0.3
    step = approvals.get("s1")
    assert step is not None
    assert approvals.permit(step).limits.max_speed_mps == 0.3 and approvals.permit(step).approaches == {"anna"}


@pytest.mark.parametrize("verdict", [Verdict.CONFIRM, Verdict.DENY, Verdict.STOP])
def test_what_is_not_allowed_is_not_approved(approvals: Approvals, judge: Judge, verdict: Verdict) -> None:
    judge.verdict = verdict
    approvals.propose(action("go_to"), 0.0)
    assert approvals.get("a1") is None


def test_a_denied_proposal_takes_the_approval_back(approvals: Approvals, judge: Judge) -> None:
    approvals.propose(action("go_to"), 0.0)
    judge.verdict = Verdict.DENY
    approvals.propose(action("go_to"), 1.0)
    assert len(approvals) == 0


def test_an_id_names_one_action(approvals: Approvals) -> None:
    approvals.propose(action("go_to", place="kitchen"), 0.0)
    assert approvals.propose(replace(action("go_to", place="kitchen"), stamp_s=5.0), 5.0).decision.approved
    assert approvals.propose(action("go_to", place="stairs"), 6.0).decision.rule_ids == ("id-reused",)
    assert approvals.get("a1") is None


@pytest.mark.parametrize("bad", ["", "x" * 201])
def test_an_id_must_be_usable(approvals: Approvals, bad: str) -> None:
    assert approvals.propose(action("go_to", bad), 0.0).decision.rule_ids == ("id-invalid",)


def test_their_number_is_bounded(approvals: Approvals) -> None:
    for number in range(MAX_APPROVALS):
        assert approvals.propose(action("go_to", f"a{number}"), number * 1e-3).decision.approved
    approvals.use("a0", 0.3)
    assert approvals.propose(action("go_to", "one-more"), 0.5).decision.approved
    assert len(approvals) == MAX_APPROVALS and approvals.get("a1") is None and approvals.get("a0") is not None
    (evicted,) = (change for change in approvals.review(0.5) if not change.decision.approved)
    assert (evicted.action.id, evicted.decision.rule_ids, evicted.live) == ("a1", ("approval-evicted",), True)


def test_what_moves_is_not_evicted(approvals: Approvals) -> None:
    for number in range(MAX_APPROVALS):
        approvals.propose(action("go_to", f"a{number}"), 0.0)
        approvals.use(f"a{number}", 0.1)
    assert approvals.propose(action("go_to", "one-more"), 0.2).decision.rule_ids == ("too-many-actions",)
    assert approvals.propose(action("go_to", "a5"), 1.0).decision.approved


def test_a_goal_whose_step_moves_is_not_evicted(approvals: Approvals) -> None:
    plan(approvals)
    approvals.use("s1", 1.0)
    for number in range(2 * MAX_APPROVALS):
        approvals.propose(action("say", f"a{number}"), 1.0)
    assert approvals.get("s1") is not None


def test_an_approval_expires_and_says_so_only_to_who_uses_it(approvals: Approvals) -> None:
    approvals.propose(action("go_to", "used"), 0.0)
    approvals.propose(action("go_to", "over"), 0.0)
    approvals.use("used", 9.5)
    assert not [c for c in approvals.review(9.99) if not c.decision.approved]
    changes = {change.action.id: change for change in approvals.review(10.0)}
    assert changes["used"].live and not changes["over"].live
    assert changes["used"].decision.rule_ids == ("approval-expired",)
    assert len(approvals) == 0


def test_proposing_again_and_new_steps_renew(approvals: Approvals) -> None:
    plan(approvals)
    approvals.propose(action("go_to", "s1", "p1"), 8.0)
    assert [c.action.id for c in approvals.review(12.0)] == []
    assert approvals.get("p1") is not None
    assert {c.action.id for c in approvals.review(18.0)} == {"p1", "s1"}


def test_what_is_in_use_is_judged_again_ten_times_a_second(approvals: Approvals, judge: Judge) -> None:
    approvals.propose(action("go_to"), 0.0)
    for tick in range(1, 51):
        approvals.use("a1", tick * 0.02)
        list(approvals.review(tick * 0.02))
    assert 10 <= judge.asked <= 11
    list(approvals.review(1.0 + LIVE_S + 0.1))
    assert judge.asked <= 11


def test_a_change_of_context_withdraws(approvals: Approvals, judge: Judge) -> None:
    approvals.propose(action("go_to"), 0.0)
    judge.verdict, judge.limits = Verdict.LIMIT, Limits(max_speed_mps=0.2)
    (slower,) = approvals.review(0.1)
    assert slower.decision.limits.max_speed_mps == 0.2 and approvals.get("a1") is not None
    judge.verdict, judge.limits = Verdict.DENY, Limits()
    (denied,) = approvals.review(0.2)
    assert denied.decision.verdict == Verdict.DENY and approvals.get("a1") is None
    assert list(approvals.review(0.3)) == []


def test_a_step_takes_over_who_asked(approvals: Approvals) -> None:
    approvals.propose(action("fetch", "p1", "p1", requester="rose"), 0.0)
    approvals.propose(action("go_to", "s1", "p1", requester=""), 0.0)
    step = approvals.get("s1")
    assert step is not None and step.action.requester_id == "rose"
    assert approvals.propose(action("go_to", "s1", "p1", requester=""), 1.0).decision.approved  # the same words again are the same action


@pytest.mark.parametrize("first", ["p1", "s1"])
def test_a_goal_that_is_asked_about_takes_its_steps_along(approvals: Approvals, judge: Judge, first: str) -> None:
    """Whichever of them is due first: the goal is judged before its step, and only it is asked about."""
    plan(approvals)
    approvals.propose(action("say", "other"), 0.0)
    for name in ("p1", "s1"):
        approvals._by_id[name].judged_s = -1.0 if name == first else 0.05
    judge.asking = {"p1", "s1"}
    goal, step = approvals.review(0.1)
    assert (goal.action.id, goal.decision.verdict, goal.decision.rule_ids) == ("p1", Verdict.CONFIRM, ("r",))
    assert goal.case is not None and goal.basis is not None
    assert (step.action.id, step.decision.verdict, step.decision.rule_ids) == ("s1", Verdict.CONFIRM, ("plan-waits",))
    assert step.case is None and set(approvals.ids) == {"other"} and approvals.use("s1", 0.1) is None


def test_a_step_alone_is_asked_about_alone(approvals: Approvals, judge: Judge) -> None:
    plan(approvals)
    judge.asking = {"s1"}
    (change,) = approvals.review(0.1)
    assert (change.action.id, change.decision.verdict) == ("s1", Verdict.CONFIRM)
    assert set(approvals.ids) == {"p1"}


def test_a_goal_that_is_asked_about_when_it_is_renewed_takes_its_steps_along(approvals: Approvals, judge: Judge) -> None:
    plan(approvals)
    judge.asking = {"p1"}
    assert approvals.propose(action("fetch", "p1", "p1"), 0.1).decision.verdict == Verdict.CONFIRM
    assert approvals.use("s1", 0.1) is None and len(approvals) == 0
    (change,) = approvals.review(0.1)
    assert (change.action.id, change.decision.rule_ids) == ("s1", ("plan-waits",))
    assert list(approvals.review(0.2)) == []


# ---------------------------------------------------------------- to the tick, and to the last of them


@pytest.mark.parametrize(("rested_s", "live"), [(LIVE_S, True), (LIVE_S + 0.01, False)])
def test_who_used_it_lately_is_told(approvals: Approvals, rested_s: float, live: bool) -> None:
    approvals.propose(action("go_to"), 1.0)
    (change,) = approvals.withdraw(decision(Verdict.STOP, "latched", "why"), 1.0 + rested_s, tell_all=False)
    assert change.live is live and LIVE_S == 2.0


@pytest.mark.parametrize(("length", "usable"), [(200, True), (201, False)])
def test_an_id_has_at_most_200_characters(approvals: Approvals, length: int, usable: bool) -> None:
    assert approvals.propose(action("go_to", "x" * length), 0.0).decision.approved is usable


def test_two_hundred_are_kept_and_no_more(approvals: Approvals) -> None:
    for number in range(200):
        approvals.propose(action("go_to", f"a{number}"), 0.0)
    assert list(approvals.review(0.0)) == [] and len(approvals) == 200
    approvals.propose(action("go_to", "a7"), 0.0)
    assert list(approvals.review(0.0)) == [], "one that is known needs no room"
    approvals.propose(action("go_to", "one-more"), 0.0)
    assert len(approvals) == 200 and len(list(approvals.review(0.0))) == 1


@pytest.mark.parametrize(("rested_s", "room"), [(LIVE_S, False), (LIVE_S + 0.01, True)])
def test_only_what_has_rested_makes_room(approvals: Approvals, rested_s: float, room: bool) -> None:
    for number in range(MAX_APPROVALS):
        approvals.propose(action("go_to", f"a{number}"), 0.0)
        approvals.use(f"a{number}", 1.0)
    assert approvals.propose(action("go_to", "one-more"), 1.0 + rested_s).decision.approved is room


def test_who_rested_long_is_not_told_of_the_end(approvals: Approvals) -> None:
    for number in range(MAX_APPROVALS):
        approvals.propose(action("go_to", f"a{number}"), 0.0)
    approvals.propose(action("go_to", "one-more"), 9.0)
    (evicted,) = (change for change in approvals.review(9.0) if change.decision.rule_ids == ("approval-evicted",))
    assert not evicted.live


def test_an_old_loss_is_told_once_and_forgotten_by_a_reset(approvals: Approvals, judge: Judge) -> None:
    plan(approvals)
    judge.asking = {"p1"}
    approvals.propose(action("fetch", "p1", "p1"), 0.1)
    approvals.clear()
    assert list(approvals.review(0.1)) == []


def test_doubt_makes_the_next_review_judge_whatever_is_in_use(approvals: Approvals, judge: Judge) -> None:
    approvals.propose(action("go_to"), 1.0)
    assert list(approvals.review(1.02)) == [] and judge.asked == 1
    approvals.doubt()
    judge.verdict = Verdict.DENY
    (change,) = approvals.review(1.04)
    assert change.decision.verdict == Verdict.DENY and change.live and len(approvals) == 0


def test_two_that_are_due_are_both_judged_though_one_between_them_rests(approvals: Approvals, judge: Judge) -> None:
    for name in ("first", "rests", "last"):
        approvals.propose(action("go_to", name), 0.0)
    for name in ("first", "last"):
        approvals.use(name, 3.0)
    judge.verdict = Verdict.DENY
    assert [change.action.id for change in approvals.review(3.0)] == ["first", "last"]
    assert set(approvals.ids) == {"rests"}


def test_a_goal_is_judged_once_in_a_review(approvals: Approvals, judge: Judge) -> None:
    plan(approvals)
    before = judge.asked
    assert list(approvals.review(0.1)) == []
    assert judge.asked == before + 2


@pytest.mark.parametrize("limits", [Limits(max_speed_mps=0.2), Limits()])
def test_only_what_has_changed_is_told(approvals: Approvals, judge: Judge, limits: Limits) -> None:
    approvals.propose(action("go_to"), 0.0)
    judge.limits = limits
    changes = [change.decision.limits for change in approvals.review(0.1)]
    assert changes == ([] if limits == Limits() else [limits])
    assert list(approvals.review(0.2)) == []


def test_a_step_renews_its_goal_and_never_shortens_it(judge: Judge) -> None:
    approvals = Approvals(judge, approval_s=10.0)
    plan(approvals, 5.0)
    approvals._by_id["p1"].expires_s = 99.0
    approvals.propose(action("go_to", "s2", "p1"), 6.0)
    assert approvals._by_id["p1"].expires_s == 99.0 and approvals._by_id["p1"].used_s == 6.0


def test_a_step_that_moves_keeps_its_goal_in_use(approvals: Approvals) -> None:
    plan(approvals)
    approvals.use("s1", 5.0)
    goal = approvals.get("p1")
    assert goal is not None and goal.live(7.0) and not goal.live(7.1) and goal.moved_s == 5.0
    approvals.propose(action("go_to", "s1", "p1"), 8.0)
    assert goal.live(10.0) and goal.moved_s == 5.0, "a proposal moves nothing"


def test_an_approval_without_a_person_to_approach_approaches_nobody() -> None:
    approvals = Approvals(lambda proposed, now_s: Judged(decision(Verdict.ALLOW, "r", "because"), Case(proposed.skill)), approval_s=10.0)
    approvals.propose(action("go_to"), 0.0)
    (approval,) = (approvals.get(name) for name in approvals.ids)
    assert approval is not None and approvals.permit(approval).approaches == frozenset() and approval.parts == frozenset()
