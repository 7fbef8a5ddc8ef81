"""What people tell the robot to keep in mind, as notes in the world's memory.

A note belongs to who told it: they alone may have it forgotten again, and it goes with them when they have themselves forgotten.
"""

from __future__ import annotations

import math

from robot_runtime.act.skill import SkillContext
from robot_runtime.messages import Note
from robot_runtime.world.situation import Situation

LIKES, REMINDER, BELONGS = "likes", "reminder", "belongs"
_ON = " on "


def liking(context: SkillContext, words: str) -> Note:
    """That who asks likes a thing; "mugs" and "a cup" are one liking.

    :raises SkillError: it is not known who asks
    """
    teller = _teller(context)
    value = context.references.describe(words).class_name or words
    return Note(f"{LIKES}:{teller}:{value}", LIKES, teller, teller, value, context.situation.now_s, math.nan)


def belonging(context: SkillContext, words: str, surface: str) -> Note:
    """That a kind of thing belongs on a piece of furniture.

    :raises SkillError: it is not known who asks, or what such a thing is
    """
    teller, kind = _teller(context), context.references.describe(words)
    if not kind.class_name:
        raise context.failed("unknown_thing", object=words)
    thing = f"{kind.colour} {kind.class_name}".strip()
    value = f"{thing}{_ON}{surface}"
    return Note(f"{BELONGS}:{teller}:{value}", BELONGS, teller, teller, value, context.situation.now_s, math.nan)


def outdated(situation: Situation, new: Note) -> tuple[Note, ...]:
    """What the same person has told of where the same thing belongs, and takes back by what they tell now."""
    thing = new.value.partition(_ON)[0]
    before = (note for note in situation.notes if note.kind == BELONGS and note.person_id == new.person_id and note.id != new.id)
    return tuple(note for note in before if note.value.partition(_ON)[0] == thing)


def belongings(situation: Situation) -> tuple[tuple[str, str], ...]:
    """What people have told of where things belong, as (kind of thing, surface), the newest first."""
    told = sorted((note for note in situation.notes if note.kind == BELONGS), key=lambda note: -note.told_s)
    return tuple((thing, surface) for thing, _, surface in (note.value.partition(_ON) for note in told))


def reminder(context: SkillContext, task: str, due_s: float) -> Note:
    """That somebody is to be reminded of a task.

    :raises SkillError: it is not known who asks
    """
    person, teller = context.person("person"), _teller(context)
    id_ = f"{REMINDER}:{person.id}:{round(due_s * 1000)}"
    return Note(id_, REMINDER, teller, person.id, task, context.situation.now_s, due_s)


def liked_by(situation: Situation, person_id: str) -> tuple[Note, ...]:
    """What somebody has told that they like, with when they did."""
    return tuple(note for note in situation.notes if note.kind == LIKES and note.person_id == person_id)


def likings(situation: Situation, person_id: str) -> tuple[str, ...]:
    """What somebody has told that they like, without the time at which they did."""
    return tuple(note.value for note in liked_by(situation, person_id))


def _teller(context: SkillContext) -> str:
    if context.situation.person(context.requester_id) is None:
        raise context.failed("unknown_speaker")
    return context.requester_id
