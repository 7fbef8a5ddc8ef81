"""From a proposed action and what the gate knows to the words that the classifier reads."""

from __future__ import annotations

from safety.case import Case
from safety.hazards.words import Words, person_fact
from safety.types import ProposedAction

NEAR_M = 2.5
"""People further away have no part in what happens at the gripper."""


def words_of(action: ProposedAction, case: Case | None) -> tuple[Words, ...]:
    """What is judged of an action: what was said, and what would be done; each alone, so that neither hides the other."""
    facts = facts_of(case) if case else ()
    said = (Words((action.utterance_text,), facts),) if action.utterance_text.strip() else ()
    return (*said, Words((_sentence(action, case),), facts))


def facts_of(case: Case) -> tuple[str, ...]:
    """What is around, in the terms that the model learned."""
    near = sorted(case.near, key=lambda somebody: somebody.distance_m)
    people = [person_fact(somebody.group.value, somebody.distance_m) for somebody in near if somebody.distance_m <= NEAR_M]
    held = [f"holding {case.held.name}"] if case.held else []
    return (*dict.fromkeys(people), *held)


def _sentence(action: ProposedAction, case: Case | None) -> str:
    """People by what they are ("hand over knife to the child"), since their names say nothing of danger."""
    recipient = case.recipient if case else None
    values = [a.value for a in action.arguments if not (recipient and a.value in (recipient.id, recipient.name))]
    verb = "say:" if action.skill == "say" else action.skill.replace("_", " ")
    to = f" to {_who(recipient.group.value)}" if recipient else ""
    return f"{verb} {' '.join(v.replace('_', ' ') for v in values)}{to}".strip()


def _who(group: str) -> str:
    return {"child": "the child", "adult": "the adult", "elderly": "the elderly person"}.get(group, "somebody")
