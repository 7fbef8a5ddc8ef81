"""The actions that the gate has approved, and what they still allow now.

An approval is judged again when its context changes and when it is used; it is lost by a stricter verdict, by time, and by
a proposal that uses its id for something else.  A step of a plan is approved only while the goal of its plan is, and
keeps to the limits of both.  What is to be confirmed from now on is not approved any more, and is proposed anew after the yes;
while that is asked of a goal, its steps are lost without being denied.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from safety.caps import Permit
from safety.case import Case
from safety.confirmations import Said, with_yes
from safety.rules import Part
from safety.semantic import Judged
from safety.types import ProposedAction, Verdict
from safety.verdicts import Decision, decision, merge

MAX_APPROVALS = 200
LIVE_S = 2.0
"""An action that was proposed or used within this time is told when its approval is lost; an older one is over."""


Judge = Callable[[ProposedAction, float], Judged]
Yes = Callable[[ProposedAction, Decision, float], Said | None]


def _no_yes(action: ProposedAction, judged: Decision, now_s: float) -> Said | None:
    """Where nobody is asked, nobody has said yes."""
    return None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision was made from, so that it can be made again from the record."""

    judged: Decision  # of the action alone
    said: Said | None = None  # a person's yes that counted, or that was void
    goal: ProposedAction | None = None  # of the action's plan, if it is another action
    goal_decision: Decision | None = None

    @property
    def decision(self) -> Decision:
        """All of it together."""
        settled = with_yes(self.judged, self.said)
        return settled if self.goal_decision is None else merge(settled, self.goal_decision)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer to one proposal.  ``basis`` is None where the action was not judged at all."""

    action: ProposedAction  # completed by who asked
    decision: Decision
    basis: Basis | None = None
    case: Case | None = None


@dataclass(slots=True)
class Approval:
    action: ProposedAction
    judged: Judged
    basis: Basis | None  # None once its plan has lost its goal
    judged_s: float
    expires_s: float
    used_s: float  # when it was last proposed, or moved something
    watched_s: float  # last judged, or taken up again: what has changed since then is news
    moved_s: float = -math.inf  # when it, or a step of it, moved something last

    def use(self, now_s: float, *, moves: bool = False) -> None:
        """Something proposes it or moves by it; after a rest, nobody has waited for what changed meanwhile."""
        if not self.live(now_s):
            self.watched_s = now_s
        self.used_s = now_s
        if moves:
            self.moved_s = now_s

    def live(self, now_s: float) -> bool:
        return now_s - self.used_s <= LIVE_S

    @property
    def parts(self) -> frozenset[Part]:
        return self.judged.case.moves if self.judged.case else frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """An approval that was lost or whose limits changed."""

    action: ProposedAction
    decision: Decision
    live: bool
    since_s: float  # it cannot have been known before
    basis: Basis | None = None
    case: Case | None = None


class Approvals:
    """State: approved actions by id.

    :param judge: decides on one action alone
    :param yes: what a person has said to a decision that asks for a confirmation
    """

    def __init__(self, judge: Judge, approval_s: float, yes: Yes = _no_yes, rejudge_s: float = 0.1) -> None:
        self._judge = judge
        self._yes = yes
        self._approval_s = approval_s
        self._rejudge_s = rejudge_s
        self._by_id: dict[str, Approval] = {}
        self._lost: list[Change] = []

    def __len__(self) -> int:
        return len(self._by_id)

    def clear(self) -> None:
        """Forget all approvals."""
        self._by_id.clear()
        self._lost.clear()

    @property
    def ids(self) -> Collection[str]:
        """Of the actions that are approved."""
        return self._by_id.keys()

    def propose(self, action: ProposedAction, now_s: float) -> Ruling:
        """Judge a new action, or judge a known one again and renew it."""
        action = self._completed(action)
        problem = self._problem(action, now_s)
        if problem is not None:
            self._by_id.pop(action.id, None)
            return Ruling(action, problem)
        judged, basis = self._judged(action, now_s)
        if judged.decision.approved:
            expires_s = now_s + self._approval_s
            self._by_id[action.id] = Approval(action, judged, basis, now_s, expires_s, used_s=now_s, watched_s=now_s)
            self._renew_goal(action, expires_s, now_s)
        elif self._by_id.pop(action.id, None) and judged.decision.verdict == Verdict.CONFIRM:
            self._lost += self._rest(action.id, now_s)
        return Ruling(action, judged.decision, basis, judged.case)

    def withdraw(self, why: Decision, now_s: float, *, tell_all: bool) -> list[Change]:
        """Take all approvals back; with ``tell_all`` users are told however long ago they used them."""
        changes = [Change(approval.action, why, tell_all or approval.live(now_s), now_s) for approval in self._by_id.values()]
        self._by_id.clear()
        return changes

    def forget(self, action_id: str) -> None:
        """Take an approval back."""
        self._by_id.pop(action_id, None)

    def get(self, action_id: str) -> Approval | None:
        """The approval with this id, unless the goal of its plan has lost its own."""
        approval = self._by_id.get(action_id)
        return approval if approval is not None and self._has_goal(approval.action) else None

    def doubt(self) -> None:
        """What they were judged by is different now: all are judged again at the next review, or when they are taken up again."""
        for approval in self._by_id.values():
            approval.judged_s = -math.inf

    def permit(self, approval: Approval) -> Permit:
        """What an approval allows the kinematic stage."""
        case = approval.judged.case
        who = case.person.id if case and case.person else ""
        return Permit(approval.judged.decision.limits, frozenset({who} if who else ()))

    def use(self, action_id: str, now_s: float) -> Approval | None:
        """The approval for a command that arrives now; None when there is none (any more)."""
        approval = self.get(action_id)
        if approval is not None:
            approval.use(now_s, moves=True)
            self._by_id.get(approval.action.plan_id, approval).use(now_s, moves=True)
        return approval

    def review(self, now_s: float) -> Iterator[Change]:
        """Judge again what is in use and was not judged lately, drop what has expired; yields what changed."""
        lost, self._lost = self._lost, []
        yield from lost
        for approval in list(self._by_id.values()):
            expired = now_s >= approval.expires_s
            due = now_s - approval.judged_s >= self._rejudge_s - 1e-9 and approval.live(now_s)
            if not (expired or due) or self._by_id.get(approval.action.id) is not approval:
                continue  # it rests, or was lost with its goal
            if expired:
                del self._by_id[approval.action.id]
                yield Change(approval.action, _expired(), approval.live(now_s), approval.expires_s)
            else:
                yield from self._with_goal_again(approval, now_s)

    def _with_goal_again(self, approval: Approval, now_s: float) -> Iterator[Change]:
        """The goal first: what is asked about it is not asked about its steps besides."""
        goal = self._by_id.get(approval.action.plan_id)
        if goal is not None and goal is not approval and goal.judged_s < now_s:
            yield from self._again(goal, now_s)
        if self._by_id.get(approval.action.id) is approval:
            yield from self._again(approval, now_s)

    def _again(self, approval: Approval, now_s: float) -> Iterator[Change]:
        before, since_s = approval.judged.decision, approval.watched_s
        approval.judged, approval.basis = self._judged(approval.action, now_s)
        approval.judged_s = approval.watched_s = now_s
        after = approval.judged.decision
        if not after.approved:
            self._by_id.pop(approval.action.id, None)
        if after.verdict != before.verdict or after.limits != before.limits:
            yield Change(approval.action, after, live=True, since_s=since_s, basis=approval.basis, case=approval.judged.case)
        if after.verdict == Verdict.CONFIRM:
            yield from self._rest(approval.action.id, now_s)

    def _rest(self, goal_id: str, now_s: float) -> list[Change]:
        """Take back the steps of a goal that somebody is asked about."""
        why = decision(Verdict.CONFIRM, "plan-waits", f"the goal of plan {goal_id[:80]} waits for a yes")
        steps = [approval for approval in self._by_id.values() if approval.action.plan_id == goal_id]
        for step in steps:
            del self._by_id[step.action.id]
        return [Change(step.action, why, step.live(now_s), now_s) for step in steps]

    def _judged(self, action: ProposedAction, now_s: float) -> tuple[Judged, Basis | None]:
        if not self._has_goal(action):
            reason = f"the goal of plan {action.plan_id[:80]} is not approved"
            return Judged(decision(Verdict.DENY, "plan-not-approved", reason)), None
        judged = self._judge(action, now_s)
        said = self._yes(action, judged.decision, now_s)
        goal = self._by_id.get(action.plan_id)
        if goal is None or goal.action.id == action.id:
            basis = Basis(judged.decision, said)
        else:
            basis = Basis(judged.decision, said, goal.action, goal.judged.decision)
        return Judged(basis.decision, judged.case), basis

    def _problem(self, action: ProposedAction, now_s: float) -> Decision | None:
        if not action.id or len(action.id) > 200:
            return decision(Verdict.DENY, "id-invalid", "the action has no usable id")
        known = self._by_id.get(action.id)
        if known is not None and replace(known.action, stamp_s=0.0) != replace(action, stamp_s=0.0):
            return decision(Verdict.DENY, "id-reused", f"id {action.id} already names another action")
        if known is None and len(self._by_id) >= MAX_APPROVALS and not self._evict(now_s):
            return decision(Verdict.DENY, "too-many-actions", f"{MAX_APPROVALS} actions are moving already")
        return None

    def _evict(self, now_s: float) -> bool:
        """Make room by taking back the approval that rests longest; one that moves the robot is not taken for another."""
        resting = [approval for approval in self._by_id.values() if now_s - approval.moved_s > LIVE_S]
        if not resting:
            return False
        oldest = min(resting, key=lambda approval: approval.used_s)
        del self._by_id[oldest.action.id]
        why = decision(Verdict.DENY, "approval-evicted", f"{MAX_APPROVALS} actions are approved already, and this one rested longest")
        self._lost.append(Change(oldest.action, why, oldest.live(now_s), now_s))
        return True

    def _completed(self, action: ProposedAction) -> ProposedAction:
        """A step whose sender did not repeat who asked: the person who asked for the plan."""
        goal = self._by_id.get(action.plan_id)
        if action.requester_id or goal is None:
            return action
        return replace(action, requester_id=goal.action.requester_id)

    def _renew_goal(self, action: ProposedAction, expires_s: float, now_s: float) -> None:
        goal = self._by_id.get(action.plan_id)
        if goal is not None:
            goal.expires_s = max(goal.expires_s, expires_s)
            goal.use(now_s)

    def _has_goal(self, action: ProposedAction) -> bool:
        return action.plan_id in ("", action.id) or action.plan_id in self._by_id


def _expired() -> Decision:
    return decision(Verdict.DENY, "approval-expired", "the approval has expired; propose the action again")
