"""What people tell the robot to keep in mind, as notes in the world's memory.

A note belongs to who told it: they alone may have it forgotten again, and it goes with them when they have themselves forgotten.
"""

from __future__ import annotations

import math

from robot_runtime.act.skill import SkillContext
from robot_runtime.messages import Note
from robot_runtime.world.situation import Situation

LIKES, REMINDER = "likes", "reminder"


def liking(context: SkillContext, words: str) -> Note:
    """That who asks likes a thing; "mugs" and "a cup" are one liking.

    :raises SkillError: it is not known who asks
    """
    teller = _teller(context)
    value = context.references.describe(words).class_name or words
    return Note(f"{LIKES}:{teller}:{value}", LIKES, teller, teller, value, context.situation.now_s, math.nan)


def reminder(context: SkillContext, task: str, due_s: float) -> Note:
    """That somebody is to be reminded of a task.

    :raises SkillError: it is not known who asks
    """
    person, teller = context.person("person"), _teller(context)
    id_ = f"{REMINDER}:{person.id}:{round(due_s * 1000)}"
    return Note(id_, REMINDER, teller, person.id, task, context.situation.now_s, due_s)


def likings(situation: Situation, person_id: str) -> tuple[str, ...]:
    """What somebody has told that they like."""
    return tuple(note.value for note in situation.notes if note.kind == LIKES and note.person_id == person_id)


def _teller(context: SkillContext) -> str:
    if context.situation.person(context.requester_id) is None:
        raise context.failed("unknown_speaker")
    return context.requester_id
