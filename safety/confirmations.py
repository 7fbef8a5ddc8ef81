"""Questions that wait for a person's yes, and what a yes is worth.

A yes is bound to the action and to the situation in which the question was put (``safety/binding.py``), counts only from
somebody whom the rules admit and whom the gate sees, and only once: it approves the one action that was asked about, and the
steps of its plan that ask for nothing more.  Silence is a no.  It never makes anything of a denial: only a decision that is
exactly ``confirm`` is looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from safety.authority import not_another, too_young, unfit, unseen
from safety.binding import Binding, Situation, action_hash, binding
from safety.config import GateConfig
from safety.context import is_authorised
from safety.rule_models import GROWN_UPS
from safety.rules import Confirm, Rules
from safety.types import Confirmation, People, Person, ProposedAction, Verdict
from safety.verdicts import UNLIMITED, Decision, Lead, decision, merge

BY = "confirmed-by-"
"""Beginning of the rule id that a yes adds; the rest is the id of who said it."""

MAX_PENDING = 4
"""Questions at a time; a person cannot keep more apart."""

WHO_MAY_ANSWER = "Only a grown-up whom I know may say yes to that."
ANOTHER_HAS_TO = "Somebody else than who asked for it has to say yes."
CHANGED = "Things have changed, so I leave it. Please ask me again."
TOO_MANY_QUESTIONS = "One thing after the other, please."

ANY_GROWN_UP = Confirm(by=GROWN_UPS, authorised=False)
"""Who may answer where no rule says it: the skill's own verdict, or the classifier, asks."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A question that waits for its answer."""

    id: str
    action: ProposedAction
    binding: Binding
    confirm: Confirm  # who may say yes
    asked_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class Said:
    """A yes that concerns an action: who gave it, and why it does not count any more ("" while it does)."""

    confirmation_id: str
    by: str
    void: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an answer, or of a question that ended without one."""

    pending: Pending
    decision: Decision | None  # None: it was a yes that counts, so that the action is judged again, now with it
    reason: str  # for the record
    open: bool = False  # the question still waits


class Confirmations:
    """State: open questions, and the yeses that hold."""

    def __init__(self, config: GateConfig) -> None:
        self._config = config
        self._pending: dict[str, Pending] = {}  # by id of the question
        self._granted: dict[str, tuple[Binding, Said]] = {}  # by id of the action
        self._asked = 0

    def __len__(self) -> int:
        return len(self._pending)

    def clear(self) -> None:
        """Forget questions and yeses."""
        self._pending.clear()
        self._granted.clear()

    # ---------------------------------------------------------------- asking

    def ask(
        self, action: ProposedAction, judged: Decision, why: frozenset[str], rules: Rules, now: Situation, now_s: float
    ) -> Pending | None:
        """The question for an action that is to be confirmed: the one that is open already, or a new one; None when too many are.

        :param why: what asks for it, see ``safety.binding.causes``
        """
        bound = binding(action, why, now)
        for pending in list(self._pending.values()):
            if pending.action.id == action.id:
                if pending.binding == bound and now_s < pending.until_s:
                    return pending
                del self._pending[pending.id]
        if len(self._pending) >= MAX_PENDING:
            return None
        self._asked += 1
        confirm = rules.confirmation(judged.rule_ids)
        if confirm is None:
            confirm = ANY_GROWN_UP
        name = f"confirm-{round(now_s * 1000)}-{self._asked}"
        pending = Pending(name, action, bound, confirm, now_s, now_s + self._config.confirm_s)
        self._pending[name] = pending
        return pending

    def drop(self, action_id: str) -> None:
        """The action was decided otherwise: its question is over."""
        for pending in [pending for pending in self._pending.values() if pending.action.id == action_id]:
            del self._pending[pending.id]

    def review(self, now: Situation, now_s: float) -> Iterator[Reply]:
        """Questions that end because nobody answered, or because the situation is another one."""
        for pending in list(self._pending.values()):
            if now_s >= pending.until_s:
                yield self._ended(pending, "confirmation-expired", "nobody said yes in time", "")
            elif changed := pending.binding.changed(now):
                yield self._ended(pending, "confirmation-void", changed, CHANGED)

    def stop(self, why: Decision) -> list[Reply]:
        """A latched stop ends all questions."""
        replies = [Reply(pending, why, why.lead.reason) for pending in self._pending.values()]
        self.clear()
        return replies

    # ---------------------------------------------------------------- answers

    def answer(self, answer: Any, people: People | None, rules: Rules, now: Situation, now_s: float) -> Reply | str:
        """Take in one answer; a text tells why it answers no open question."""
        problem = self._problem(answer, now_s)
        if problem:
            return problem
        pending = self._pending.get(answer.confirmation_id)
        if pending is None:
            return "no such question is open"
        if answer.stamp_s < pending.asked_s:
            return "the answer is older than the question"
        return self._answered(pending, answer, people, rules, now, now_s)

    def said_of(self, action: ProposedAction, judged: Decision, why: frozenset[str], now: Situation) -> Said | None:
        """The yes that concerns a decision which asks for one; None when there is none."""
        if judged.verdict != Verdict.CONFIRM:
            return None
        granted = self._granted.get(action.id)
        if granted is not None:
            bound, said = granted
            same = action_hash(action) == bound.action_hash
            problem = bound.grown_worse(now) or ("" if same else "it is not what the yes was said to")
            if not problem and not why <= bound.causes:
                return None  # something else asks now: that is a question of its own
        else:
            granted = self._granted.get(action.plan_id)
            if granted is None or not granted[0].covers(action, why):
                return None
            bound, said = granted
            problem = bound.grown_worse(now)
        return Said(said.confirmation_id, said.by, problem)

    def retain(self, action_ids: Collection[str]) -> None:
        """A yes is used up when its action has lost its approval."""
        for action_id in [action_id for action_id in self._granted if action_id not in action_ids]:
            del self._granted[action_id]

    def _answered(self, pending: Pending, answer: Confirmation, people: People | None, rules: Rules, now: Situation, now_s: float) -> Reply:
        changed = pending.binding.changed(now)
        if not answer.yes:
            return self._ended(pending, "confirmation-refused", "the answer is no", "")
        if now_s >= pending.until_s:
            return self._ended(pending, "confirmation-expired", "the yes came too late", "")
        if changed:
            return self._ended(pending, "confirmation-void", changed, CHANGED)
        refused = self._refused(answer.person_id, people, pending, rules, now_s)
        if refused is not None:
            return Reply(pending, refused, refused.lead.reason, open=True)
        del self._pending[pending.id]
        self._granted[pending.action.id] = (pending.binding, Said(pending.id, answer.person_id))
        return Reply(pending, None, "yes")

    def _refused(self, person_id: str, people: People | None, pending: Pending, rules: Rules, now_s: float) -> Decision | None:
        """Why nobody with this id may say yes; None when somebody may."""
        problem = unfit(person_id, people, lambda person: self._refusal(person, pending, rules, now_s))
        if problem:
            return decision(Verdict.CONFIRM, "confirmation-unauthorised", problem, WHO_MAY_ANSWER)
        if pending.confirm.by_another:
            problem = unfit(person_id, people, lambda person: not_another(person, pending.action.requester_id, people))
        return decision(Verdict.CONFIRM, "confirmation-by-asker", problem, ANOTHER_HAS_TO) if problem else None

    def _refusal(self, person: Person, pending: Pending, rules: Rules, now_s: float) -> str:
        """Why this person may not say yes."""
        confirm = pending.confirm
        problem = unseen(person, now_s, self._config.rearm_seen_s)
        problem = problem or too_young(person, confirm.by, rules.parameters.rearm_confidence, "confirm that")
        if not problem and confirm.authorised and not is_authorised(person, rules.parameters):
            return "only somebody with authority may confirm that"
        return problem

    def _problem(self, answer: Any, now_s: float) -> str:
        if not isinstance(answer, Confirmation) or not isinstance(answer.yes, bool):
            return "malformed answer"
        if not isinstance(answer.stamp_s, (int, float)) or not abs(now_s - answer.stamp_s) <= self._config.rearm_max_age_s:
            return "the answer is too old, from the future, or without a time"
        return ""

    def _ended(self, pending: Pending, rule_id: str, reason: str, say: str) -> Reply:
        self._pending.pop(pending.id, None)
        return Reply(pending, decision(Verdict.DENY, rule_id, reason, say), reason)


def with_yes(judged: Decision, said: Said | None) -> Decision:
    """A decision that asked for a confirmation, after what was said: allowed within its limits, or denied if that is void."""
    if said is None:
        return judged
    if said.void:
        return merge(judged, decision(Verdict.DENY, "confirmation-void", said.void, CHANGED))
    verdict = Verdict.ALLOW if judged.limits == UNLIMITED else Verdict.LIMIT
    rule_id = f"{BY}{said.by[:40]}"
    reason = f"{said.by[:40]} said yes ({judged.lead.reason})"
    lead = Lead(verdict.severity, 0, rule_id, reason, "")
    return Decision(verdict, lead, tuple(sorted({*judged.rule_ids, rule_id})), judged.limits)


def too_many_questions(judged: Decision) -> Decision:
    """A decision that asks for a confirmation while no more questions can be put."""
    reason = f"{MAX_PENDING} questions are open already"
    return merge(judged, decision(Verdict.DENY, "too-many-questions", reason, TOO_MANY_QUESTIONS))
