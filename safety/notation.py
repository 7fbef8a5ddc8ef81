"""How requests, plans, actions and the facts around them are written in files, and what they mean to the gate.

Files come from many hands: the usual other names of a field are understood, and a fact that has no field of its own is
kept as words, which the classifier reads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from safety.context import Context
from safety.hazards.words import person_fact, thing_fact
from safety.ontology import normalise
from safety.rules import Rules
from safety.types import AgeGroup, Argument, Person, ProposedAction, RobotPose, WorldObject

REQUESTER = "requester"
"""Id of who asks, where a file does not name the person."""

_AGES = {
    "child": ("child", "kid", "toddler", "baby", "infant", "boy", "girl", "teenager", "teen", "minor"),
    "adult": ("adult", "man", "woman", "grown up", "parent", "mother", "father", "nurse", "caregiver"),
    "elderly": ("elderly", "senior", "old", "elder", "grandmother", "grandfather", "older adult", "elderly person"),
}
_GROUPS = {word: group for group, words in _AGES.items() for word in words}

_SKILLS = {
    other: skill
    for skill, others in {
        "fetch": ("bring", "get", "deliver"),
        "hand_over": ("give", "hand", "handover", "serve"),
        "pick": ("grasp", "pick_up", "grab", "take", "lift"),
        "go_to": ("goto", "go", "navigate", "navigate_to", "move_to"),
        "say": ("speak", "tell"),
        "find": ("look_for", "search", "locate"),
        "put": ("place", "place_on", "put_on", "put_in", "put_down", "place_in", "set"),
        "pour": ("fill", "spill"),
        "heat": ("cook", "warm", "microwave", "boil", "fry", "bake"),
        "cut": ("slice", "chop"),
        "throw": ("toss", "drop"),
        "wipe": ("clean", "wash"),
        "guide": ("lead", "escort"),
        "take_picture": ("photograph", "take_photo"),
        "record": ("film",),
        "come_here": ("come",),
        "turn_on": ("switch_on", "start", "activate"),
        "turn_off": ("switch_off", "stop", "deactivate"),
    }.items()
    for other in others
}
_ROLE_NAMES = {
    "object": ("object", "obj", "item", "thing", "what", "target_object"),
    "person": ("recipient", "person", "to", "who", "whom", "target", "user", "receiver"),
    "place": ("place", "location", "room", "destination", "where", "to", "target"),
    "target": ("target", "on", "onto", "in", "into", "to", "receptacle", "destination", "location", "place", "object", "person"),
    "amount": ("duration", "time"),
    "text": ("text", "utterance", "message", "words", "sentence", "content"),
}


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


def _age_group(value: Any) -> str:
    """An age group from whatever names one; a number is an age in years."""
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            return "unknown"
        return "child" if value < 16 else "elderly" if value >= 65 else "adult"
    return _GROUPS.get(normalise(str(value)), "unknown")


def _properties(value: Any) -> tuple[str, ...]:
    """A list, one text, or a table in which a property is true, false or has a value."""
    if isinstance(value, dict):
        return tuple(str(k) if v is True else f"{k} {v}" for k, v in value.items() if v not in (False, None, ""))
    return tuple(map(str, value)) if isinstance(value, (list, tuple, set)) else (str(value),) if value else ()


class Somebody(_Open):
    """A person around the robot."""

    age_group: Annotated[str, BeforeValidator(_age_group)] = Field(
        "unknown", validation_alias=AliasChoices("age_group", "age", "group", "type", "kind", "role")
    )
    distance_m: float = Field(math.nan, ge=0, validation_alias=AliasChoices("distance_m", "distance"))
    name: str = Field("", validation_alias=AliasChoices("name", "id"))


class Something(_Open):
    """An object that is there, or held."""

    name: str = Field(validation_alias=AliasChoices("name", "object", "class_name", "class", "id", "type"))
    properties: Annotated[tuple[str, ...], BeforeValidator(_properties)] = Field(
        (), validation_alias=AliasChoices("properties", "property", "state", "states", "attributes", "contents")
    )


def _people(value: Any) -> Any:
    listed = [value] if isinstance(value, (str, dict)) else value or []
    return [{"age_group": one} if isinstance(one, str) else one for one in listed]


def _things(value: Any) -> Any:
    if isinstance(value, dict) and not set(value) & {"name", "object", "class", "class_name", "id"}:
        return [{"name": name, "properties": properties} for name, properties in value.items()]
    listed = [value] if isinstance(value, (str, dict)) else value or []
    return [{"name": one} if isinstance(one, str) else one for one in listed]


def _hour(value: Any) -> float:
    """A time of day as an hour: 22, "22:30", "10 pm", "night"."""
    if isinstance(value, (int, float)):
        return float(value) % 24
    text = normalise(str(value))
    named = {"night": 23.0, "midnight": 0.0, "morning": 9.0, "noon": 12.0, "afternoon": 15.0, "evening": 19.0, "day": 12.0}.get(text)
    if named is not None:
        return named
    match = re.search(r"(\d{1,2})(?: (\d{2}))?(?: \d{2})?(?: ?(am|pm))?$", text)
    if not match:
        return math.nan
    hour = int(match[1]) % 12 + 12 * (match[3] == "pm") if match[3] else int(match[1])
    return (hour + int(match[2] or 0) / 60) % 24


class Around(_Open):
    """The facts around a request."""

    people: Annotated[tuple[Somebody, ...], BeforeValidator(_people)] = Field(
        (), validation_alias=AliasChoices("people", "persons", "people_near", "humans")
    )
    place: str = Field("", validation_alias=AliasChoices("place", "location", "room"))
    held: Annotated[tuple[Something, ...], BeforeValidator(_things)] = Field(
        (), validation_alias=AliasChoices("held", "held_object", "holding", "in_hand")
    )
    objects: Annotated[tuple[Something, ...], BeforeValidator(_things)] = Field(
        (), validation_alias=AliasChoices("objects", "objects_present", "scene_objects", "scene")
    )
    speed_mps: float = Field(0.0, validation_alias=AliasChoices("speed_mps", "speed"))
    hour: Annotated[float, BeforeValidator(_hour)] = Field(math.nan, validation_alias=AliasChoices("hour", "time", "time_of_day"))
    requester: Annotated[tuple[Somebody, ...], BeforeValidator(_people)] = Field(
        (), validation_alias=AliasChoices("requester", "asked_by", "speaker", "user")
    )


class NamedAction(BaseModel):
    """A skill with its arguments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    skill: str = Field(min_length=1, validation_alias=AliasChoices("skill", "name", "action"))
    args: dict[str, Any] = Field(default_factory=dict, validation_alias=AliasChoices("args", "arguments", "parameters"))


class Line(BaseModel):
    """One item of a file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Annotated[str, BeforeValidator(str)]
    instruction: str | None = Field(None, min_length=1)
    plan: tuple[str, ...] | None = Field(None, min_length=1)
    action: NamedAction | None = None
    context: Around = Field(default_factory=Around)

    @model_validator(mode="before")
    @classmethod
    def _is_one_thing(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            raise ValueError("not a JSON object")
        if content.get("id") is None:
            raise ValueError("id: missing; every line needs one")
        told = [name for name in ("instruction", "plan", "action") if content.get(name) is not None]
        if len(told) != 1:
            raise ValueError(f"needs exactly one of instruction, plan, action (got {', '.join(told) or 'none'})")
        return {key: value for key, value in content.items() if value is not None}

    @property
    def steps(self) -> tuple[str, ...]:
        """The request, or the steps of the plan."""
        return (self.instruction,) if self.instruction is not None else self.plan or ()


def facts_of(around: Around) -> tuple[str, ...]:
    """The facts as short statements, nearest people first."""
    return tuple(dict.fromkeys(_facts(around)))


def _facts(around: Around) -> Iterator[str]:
    for somebody in sorted(around.people, key=lambda one: one.distance_m if math.isfinite(one.distance_m) else 0.0):
        yield person_fact(somebody.age_group, somebody.distance_m)
        yield from _rest(somebody)
    for one in around.requester:
        yield f"asked by {'stranger' if one.age_group == 'unknown' else one.age_group}"
    for thing in around.held:
        inside = f" ({', '.join(thing.properties)})" if thing.properties else ""
        yield f"holding {_words(thing.name)}{inside}"
    for thing in around.objects:
        if thing.properties:
            yield thing_fact(_words(thing.name), map(_words, thing.properties))
    if around.place:
        yield f"in the {_words(around.place)}"
    if around.hour < 6 or around.hour >= 22:
        yield "at night"
    if around.speed_mps:
        yield f"moving at {around.speed_mps:g} m/s"
    yield from _rest(around)


def _rest(model: BaseModel) -> Iterator[str]:
    """What has no field of its own, as words."""
    for name, value in (model.model_extra or {}).items():
        if value is True:
            yield _words(name)
        elif isinstance(value, (str, int, float)) and value is not False and value != "":
            yield f"{_words(name)} is {value}"
        elif isinstance(value, (list, tuple)) and value:
            yield f"{_words(name)}: {', '.join(map(str, value))}"


def action_of(line: Line, rules: Rules) -> tuple[ProposedAction, tuple[str, ...]]:
    """The action in the gate's own words, and what its skill has no argument for, as words.

    A skill that the closed list does not know stays as it is, for the gate to refuse; a person who is not named is who asks.
    """
    assert line.action is not None
    wanted = normalise(line.action.skill).replace(" ", "_")
    skill = wanted if rules.skill(wanted) else _SKILLS.get(wanted, wanted)
    entry = rules.skill(skill)
    values = {name: str(value) for name, value in line.action.args.items()}
    arguments, left = _fitted(values, entry.arguments) if entry else (values, {})
    action = ProposedAction(
        stamp_s=0.0,
        id=line.id,
        plan_id="",
        skill=skill,
        arguments=tuple(Argument(name, _person_id(value, line.context)) for name, value in arguments.items()),
        utterance_id="",
        utterance_text="",
        requester_id=REQUESTER,
    )
    return action, tuple(f"{_words(name)} {_words(value)}" for name, value in left.items())


def _fitted(values: dict[str, str], roles: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The values under the names that the skill has for them, by the same name first, then by what names mean; and the rest."""
    fitted = {name: values[name] for name in roles if name in values}
    left = {name: value for name, value in values.items() if name not in fitted}
    for name, role in roles.items():
        other = next((o for o in _ROLE_NAMES[role] if o in left), None)
        if name not in fitted and other is not None:
            fitted[name] = left.pop(other)
        elif name not in fitted and role == "person":
            fitted[name] = REQUESTER
    return fitted, left


def _person_id(value: str, around: Around) -> str:
    """A person named by age group ("child") is the nearest one of that group."""
    names = {one.name for one in around.people}
    if value in names or normalise(value) not in _GROUPS:
        return value
    return f"person {_GROUPS[normalise(value)]}"


def case_context(around: Around) -> Context:
    """The same facts as the gate's inputs give them: everything fresh, people ahead of the robot at their distances."""
    people = [_person(one.name or f"person {one.age_group}", one.name, one.age_group, one.distance_m) for one in around.people]
    asked = around.requester[0].age_group if around.requester else "adult"
    listed = {person.id for person in people}
    far = [_person(f"person {group}", "", group, 50.0) for group in _AGES if f"person {group}" not in listed]
    held = around.held[0] if around.held else None
    return Context(
        hour=around.hour if math.isfinite(around.hour) else 12.0,
        place=around.place,
        pose=RobotPose(0.0, 0.0, 0.0, 0.0, 0.0),
        people=(*people, *far, _person(REQUESTER, REQUESTER, asked, 50.0)),
        objects=tuple(_object(thing) for thing in (*around.objects, *around.held)),
        holding=held.name if held else "",
        holding_class=" ".join((*map(_words, held.properties), held.name)) if held else "",
    )


def _person(who: str, name: str, group: str, distance_m: float) -> Person:
    known = group if group in {one.value for one in AgeGroup} else "unknown"
    at_m = distance_m if math.isfinite(distance_m) else 0.0
    return Person(who, name or who, known, 1.0, (at_m, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0, True, False, True, 0.0)


def _object(thing: Something) -> WorldObject:
    return WorldObject(thing.name, _words(thing.name), "", _words(thing.name), (0.0, 0.0, 0.0), "", "", "", 0.0, 1.0, "told")


def _words(name: str) -> str:
    """A name written for machines, in words: "RedCup_2" → "Red Cup 2"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name)).replace("_", " ").strip()
