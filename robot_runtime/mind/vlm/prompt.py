"""What a model is shown: the instructions of a versioned file, and the world as one JSON object.

Instructions and data never mix.  Words that somebody said, names, and whatever else comes from outside stand as strings within the JSON
object of the user's message, where no quotation mark of theirs ends a string; the system message is the same for everybody, so that its
hash in the record tells what was asked.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from robot_runtime.messages import Person, WorldObject
from robot_runtime.mind.known import Known
from robot_runtime.mind.menu import Choice
from robot_runtime.mind.plan_json import as_json
from robot_runtime.mind.planner import Request

VERSION = "plan.v1"
"""The file below ``prompts``.  A change of its text is a new version in a new file: records name the version and its hash."""

MOST_THINGS = 60
"""Those seen last; a small model loses its way in longer lists."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_CONTROL = re.compile(r"[<>|\[\]{}]")

_FOLDER = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class Instructions:
    """The system message."""

    text: str
    name: str  # version and hash, as "plan.v1:0f3a…"


@cache
def instructions(version: str = VERSION) -> Instructions:
    """The text of one version.

    :raises OSError: there is no such version
    """
    text = (_FOLDER / f"{version}.txt").read_text(encoding="utf-8")
    return Instructions(text, f"{version}:{hashlib.sha256(text.encode()).hexdigest()[:12]}")


def data(request: Request, known: Known) -> str:
    """The user's message: what was said, and what the robot knows, as JSON."""
    facts, situation = known.situation.facts, known.situation
    named = {value for choice in request.menu.choices.values() for values in choice.values.values() for value in values or ()}
    things = sorted((thing for thing in facts.objects if thing.id in named), key=lambda thing: -thing.last_seen_s)[:MOST_THINGS]
    told = {
        "said": request.utterance.free_text or request.utterance.text,
        "said_by": request.utterance.speaker_id,
        "language": known.wording.language,
        "earlier": [{"said": turn.said, "answer": as_json(turn.document)} for turn in request.turns],
        "robot": {"place": facts.robot_place, "holds": situation.holding},
        "things": [_thing(thing, request.now_s) for thing in things],
        "people": [_person(person) for person in facts.people],
        "skills": {choice.skill: _skill(choice) for choice in request.menu.choices.values()},
        "not_possible_now": dict(request.menu.left_out),
    }
    return _STRING.sub(_harmless, json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def _harmless(string: re.Match[str]) -> str:
    """A JSON string that means the same and spells no control token of any model, such as ``<|im_end|>`` or ``[INST]``."""
    return _CONTROL.sub(lambda char: f"\\u{ord(char.group()):04x}", string.group())


def _thing(thing: WorldObject, now_s: float) -> dict[str, Any]:
    where = {"place": thing.place, "on": thing.support, "held_by": thing.held_by}
    ago_s = now_s - thing.last_seen_s
    seen = {"seen_s_ago": round(ago_s)} if math.isfinite(ago_s) else {"how_known": thing.provenance}
    return {"id": thing.id, "name": thing.name, **{key: value for key, value in where.items() if value}, **seen}


def _person(person: Person) -> dict[str, Any]:
    return {"id": person.id, "name": person.name, "age_group": person.age_group, "in_view": person.seen}


def _skill(choice: Choice) -> dict[str, Any]:
    return {"about": choice.about, "takes": list(choice.values)}
