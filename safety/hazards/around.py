"""From a proposed action and what the gate knows to the words that the classifier reads."""

from __future__ import annotations

from safety.case import Case
from safety.conditions import Part
from safety.hazards.words import Words, person_fact
from safety.types import ProposedAction

NEAR_M = 2.5
"""People further away have no part in what happens at the gripper."""

HANDLING: frozenset[Part] = frozenset({"gripper"})


def words_of(action: ProposedAction, case: Case | None) -> tuple[Words, ...]:
    """What is judged of an action: what was said, and what would be done; each alone, so that neither hides the other.

    What was said is read with the goal of a plan, without which no step of it is approved.  A deed that handles nothing and
    says nothing is left to the rules and to the kinematic stage.
    """
    facts = facts_of(case) if case else ()
    is_step = action.plan_id not in ("", action.id)
    said = (Words((action.utterance_text,), facts),) if action.utterance_text.strip() and not is_step else ()
    done = (Words((deed(action, case),), facts),) if case is None or _handles(case) else ()
    return (*said, *done)


def facts_of(case: Case) -> tuple[str, ...]:
    """What is around, in the terms that the model learned.

    People are left out where nothing is handled and nothing said: how the robot drives among them is measured 50 times a
    second by the kinematic stage, which needs no words for it.
    """
    if not _handles(case):
        return ()
    near = sorted(case.near, key=lambda somebody: somebody.distance_m)
    people = [person_fact(somebody.group.value, somebody.distance_m) for somebody in near if somebody.distance_m <= NEAR_M]
    held = [f"holding {case.held.name}"] if case.held else []
    return (*dict.fromkeys(people), *held)


def _handles(case: Case) -> bool:
    return bool(case.moves & HANDLING) or case.skill == "say"


def deed(action: ProposedAction, case: Case | None) -> str:
    """What would be done, in words; people by what they are ("hand over knife to the child"), since their names say nothing of danger."""
    recipient = case.recipient if case else None
    values = [a.value for a in action.arguments if not (recipient and a.value in (recipient.id, recipient.name))]
    verb = "say:" if action.skill == "say" else action.skill.replace("_", " ")
    to = f" to {_who(recipient.group.value)}" if recipient else ""
    return f"{verb} {' '.join(v.replace('_', ' ') for v in values)}{to}".strip()


def _who(group: str) -> str:
    return {"child": "the child", "adult": "the adult", "elderly": "the elderly person"}.get(group, "somebody")
