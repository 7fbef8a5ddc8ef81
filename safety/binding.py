"""What a person says yes to: one action, in one situation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from safety.case import counts_as
from safety.chain import dump
from safety.context import Context, age_group
from safety.ontology import normalise
from safety.rules import Rules
from safety.types import AgeGroup, ProposedAction, Verdict
from safety.verdicts import Decision


@dataclass(frozen=True, slots=True)
class Situation:
    """What of a context a confirmation is bound to.  ``people`` is None while it is not known who is here."""

    rules_hash: str  # and that of the ontology
    people: frozenset[tuple[str, AgeGroup]] | None
    held: str  # id or class of what the gripper holds, normalised; "?" unknown

    @property
    def young(self) -> frozenset[tuple[str, AgeGroup]]:
        """Children, and whoever may be one."""
        return frozenset((who, group) for who, group in self.people or () if counts_as(group) == AgeGroup.CHILD)


def situation(context: Context, rules: Rules, ontology_hash: str) -> Situation:
    """The situation in a context."""
    confidence = rules.parameters.min_age_confidence
    people = None if "people" in context.stale else frozenset((p.id, age_group(p, confidence)) for p in context.people)
    held = "?" if "gripper/state" in context.stale else normalise(context.holding or context.holding_class)
    return Situation(f"{rules.hash} {ontology_hash}", people, held)


@dataclass(frozen=True, slots=True)
class Binding:
    """One action, the situation in which it was asked about, and what made the gate ask."""

    action_hash: str
    values: frozenset[str]  # of its arguments, normalised
    requester_id: str
    causes: frozenset[str]  # rules and other judges that ask for a confirmation
    situation: Situation

    def changed(self, now: Situation) -> str:
        """What has changed since the question was put, "" when nothing has; only a grown-up may come in, such as to answer."""
        asked = self.situation
        if now.rules_hash != asked.rules_hash:
            return "the rules have changed"
        if now.people is None or asked.people is None:
            return "it is not known who is here"
        if not (asked.people <= now.people and now.young <= asked.young):
            return "other people are here"
        return "" if now.held == asked.held else "the gripper holds something else"

    def grown_worse(self, now: Situation) -> str:
        """What has changed while the action is done and makes the yes void, "" when nothing has.

        While the robot drives, people come into view and leave it, and it takes up the thing: only a child more, or a thing
        that has nothing to do with the action, matters.
        """
        asked = self.situation
        if now.rules_hash != asked.rules_hash:
            return "the rules have changed"
        if now.people is None:
            return "it is not known who is here"
        if not now.young <= asked.young:
            return "a child has come"
        return "" if now.held in {"", asked.held} | self.values else "the gripper holds something else"

    def covers(self, action: ProposedAction, causes: frozenset[str]) -> bool:
        """Whether a yes to this action holds for a step of its plan: it asks for nothing more, and names nothing else."""
        values = {normalise(argument.value) for argument in action.arguments}
        return causes <= self.causes and values <= self.values and action.requester_id == self.requester_id


def binding(action: ProposedAction, why: frozenset[str], now: Situation) -> Binding:
    """What a yes to this action would be bound to.

    :param why: what asks for it, see ``causes``
    """
    values = frozenset(normalise(argument.value) for argument in action.arguments)
    return Binding(action_hash(action), values, action.requester_id, why, now)


def action_hash(action: ProposedAction) -> str:
    """SHA-256 of what the action does, for whom, and of the words that led to it; its id and time do not count."""
    arguments = sorted((normalise(argument.name), normalise(argument.value)) for argument in action.arguments)
    content = [normalise(action.skill), [list(argument) for argument in arguments], action.requester_id, action.utterance_text]
    return hashlib.sha256(dump(content).encode()).hexdigest()


def causes(judged: Decision, rules: Rules, silent: frozenset[str] = frozenset()) -> frozenset[str]:
    """What asks for the confirmation: rules with that verdict, and whatever is no rule of the file.

    :param silent: of the latter, what has an opinion but does not ask
    """
    return frozenset(rule_id for rule_id in judged.rule_ids if rule_id not in silent and _asks(rule_id, rules))


def _asks(rule_id: str, rules: Rules) -> bool:
    rule = rules.by_id.get(rule_id)
    if rule is not None:
        return rule.verdict == Verdict.CONFIRM
    skill = rules.skill(rule_id.removeprefix("skill-")) if rule_id.startswith("skill-") else None
    return skill is None or skill.verdict == Verdict.CONFIRM
