"""The closed catalogue of skills: everything the robot may do, read from one folder per skill.

Adding a skill is adding a folder with ``skill.yaml`` (and ``skill.py``, unless it is composed of other skills).  The speech
grammar, the planner, the executive and the gate's list of known actions all read the catalogue, so none can know a skill
that the others do not.

Phrases are lower-case words with ``[optional]``, ``(one | or another)`` and slots in braces; ``|`` may stand inside both
kinds of brackets, and brackets may nest::

    (bring | get) {person} [the | a] {object}

Slots: ``{object}`` (class, or colour and class), ``{place}``, ``{person}`` (a name, or "me"), ``{name}`` (of a person),
``{surface}`` (a piece of furniture), ``{door}``, ``{vessel}`` (an object that others lie in), ``{colour}``, ``{duration}`` ("ten
minutes"), and any argument that lists its own ``values``.

What a manifest says of motion and harm goes to the gate's list of skills (``tools/skills.py`` writes it), and what must hold before
and after is looked up in the world: ``conditions.py`` and ``robot_runtime/mind/outcome.py``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from robot_runtime.act.conditions import CONDITIONS
from robot_runtime.act.durations import seconds
from robot_runtime.language.language import Language as SpokenLanguage
from robot_runtime.language.language import languages, load_language
from robot_runtime.messages import Argument, PlanStep
from safety.files import FileError, load_yaml, suggestion
from safety.hazards.categories import CATEGORIES

SKILLS_FOLDER = Path(__file__).parent / "skills"
INTENTS_FILE = Path(__file__).parent / "intents.yaml"
SLOTS = ("object", "place", "person", "colour", "name", "surface", "door", "vessel", "duration")
"""Slots whose words come from the world; the grammar fills them."""

TARGET_SLOTS = ("person", "object", "surface")
"""What may be said for a target: who asks is meant where nothing is."""

ArgumentType = Literal["object", "person", "place", "surface", "door", "target", "text", "duration"]
Resource = Literal["base", "arm", "head", "voice"]
Part = Literal["base", "head", "arm", "gripper"]
OnCancel = Literal["halts", "looks_ahead", "keeps_hold", "nothing"]
Language = str
"""One of those in ``robot_runtime/language``."""

PREDICATES = (
    "robot_in",
    "robot_near",
    "known",
    "held_by_robot",
    "given",
    "told",
    "looks_to",
    "in_view",
    "led",
    "waited",
    "danced",
    "gestured",
    "docked",
    "made_rounds",
    "kept",
    "stands_on",
    "door_seen",
    "picture_kept",
)
"""What a skill may promise; ``robot_runtime/mind/outcome.py`` can check each of them."""

_NEEDS: Mapping[Part, Resource] = {"base": "base", "gripper": "arm"}
"""What a skill that moves a part must have to itself.  The head may be turned by whoever wants to see, and a drive may draw in the arm."""

_PREDICATE = re.compile(r"(\w+)\(\s*(?:(\w+)\s*(?:,\s*(\w+)\s*)?)?\)")
_TOKEN = re.compile(r"\s+|[a-zà-öø-ÿœ][a-zà-öø-ÿœ']*|\{(?P<slot>\w+)\}|[\[\]()|]")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ArgumentSpec(_Model):
    """One typed argument.  In a file, ``place: place`` is short for ``place: {type: place}``."""

    type: ArgumentType
    slot: str = Field("", description="spoken slot that fills it, when it is not called as the argument is")
    values: tuple[str, ...] = Field((), description="the only words it can be; empty when the world provides them")
    default: str = Field("", description="what it is when nobody says it; empty: it has to be said, but for persons, surfaces and targets")

    def spoken_as(self, name: str) -> tuple[str, ...]:
        """The slots that may fill it, where its name is this one."""
        return TARGET_SLOTS if self.type == "target" and not self.slot else (self.slot or name,)


def _expand_short_form(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


Arguments = dict[str, Annotated[ArgumentSpec, BeforeValidator(_expand_short_form)]]
Phrases = dict[Language, tuple[str, ...]]


@dataclass(frozen=True)
class Predicate:
    """A fact that can be looked up in the world, as ``given(object, recipient)``; its arguments are the skill's."""

    name: str
    arguments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, known: Collection[str] = PREDICATES) -> Predicate:
        """Read one predicate.

        :raises ValueError: malformed, or none of those that are known

        >>> Predicate.parse("given(object, recipient)")
        Predicate(name='given', arguments=('object', 'recipient'))
        """
        match = _PREDICATE.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"'{text}' is not a predicate such as robot_near(target)")
        name, *arguments = match.groups()
        if name not in known:
            raise ValueError(f"unknown predicate '{name}'{suggestion(name, list(known))}")
        return cls(name, tuple(argument for argument in arguments if argument))


class Skill(_Model):
    """One ``skill.yaml``."""

    name: str = Field(pattern=r"[a-z][a-z_]*")
    about: str
    intent: str = Field("", description="the spoken intent that asks for it; empty for a skill that only plans use")
    arguments: Arguments = {}
    phrases: Phrases = Field({}, description="requests; the courtesy of intents.yaml may stand around them")
    questions: Phrases = Field({}, description="phrases around which no courtesy stands")
    resources: tuple[Resource, ...] = Field(description="what nobody else may use meanwhile")
    moves: frozenset[Part] = Field(frozenset(), description="parts of the robot that it may move, for the gate")
    approaches: bool = Field(False, description="may come closer to the person that its arguments name, for the gate")
    hazards: frozenset[str] = Field(frozenset(), description="kinds of harm that it can do; a rule of the gate must name it")
    preconditions: tuple[str, ...] = Field((), description="what must hold before it begins; see conditions.py")
    on_cancel: tuple[OnCancel, ...] = Field(description="what cancelling it half-way leaves")
    timeout_s: float = Field(gt=0, le=7500)
    effects: tuple[str, ...]
    success: str
    steps: tuple[dict[str, dict[str, str]], ...] = Field((), description="the skills it is composed of; $name is its argument")

    @property
    def success_predicate(self) -> Predicate:
        return Predicate.parse(self.success)

    def expand(self, arguments: Mapping[str, str]) -> tuple[PlanStep, ...]:
        """The steps of a composed skill with its arguments filled in; of a simple one, itself."""
        if not self.steps:
            return (plan_step(self.name, arguments),)
        return tuple(
            plan_step(name, {key: arguments[value[1:]] if value.startswith("$") else value for key, value in given.items()})
            for step in self.steps
            for name, given in step.items()
        )


class _Intent(_Model):
    about: str
    phrases: Phrases


class _Courtesy(_Model):
    before: str
    after: str


class _IntentsFile(_Model):
    courtesy: dict[Language, _Courtesy]
    intents: dict[str, _Intent]


@dataclass(frozen=True)
class Phrase:
    """One way to say an intent."""

    intent: str
    pattern: str
    values: Mapping[str, Mapping[str, str]]  # of the slots that are not filled from the world: what is said → the value that is meant


@dataclass(frozen=True, eq=False)  # known by identity, so that what is compiled from it can be kept beside it
class Catalogue:
    skills: Mapping[str, Skill]
    dialogue: Mapping[str, _Intent]  # intents that are not actions: stop, resume, yes, no, choose
    courtesy: Mapping[Language, _Courtesy]

    def for_intent(self, intent: str) -> Skill | None:
        """The skill that an intent asks for; None for an intent that is no action, or unknown."""
        return next((skill for skill in self.skills.values() if skill.intent == intent and intent), None)

    def phrases(self, language: Language) -> tuple[Phrase, ...]:
        """Every phrase a person can say in one language, courtesy included, in a stable order."""
        courtesy, spoken = self.courtesy[language], load_language(language)
        asked = [
            (skill, f"{courtesy.before} {pattern} {courtesy.after}")
            for skill in self.skills.values()
            for pattern in skill.phrases.get(language, ())
        ]
        asked += [(skill, pattern) for skill in self.skills.values() for pattern in skill.questions.get(language, ())]
        requests = [Phrase(skill.intent, spoken.spaced(pattern), _values(skill, spoken)) for skill, pattern in asked]
        answers = [Phrase(name, spoken.spaced(p), {}) for name, intent in self.dialogue.items() for p in intent.phrases.get(language, ())]
        return tuple(requests + answers)

    def problem(self, step: PlanStep) -> str:
        """Why a step is not one of the catalogue's, or "" when it is: known skill, exactly its arguments, none empty."""
        skill = self.skills.get(step.skill)
        if skill is None:
            return f"unknown skill '{step.skill}'{suggestion(step.skill, list(self.skills))}"
        names = [argument.name for argument in step.arguments]
        if sorted(names) != sorted(skill.arguments):
            return f"{step.skill} takes ({', '.join(skill.arguments)}), not ({', '.join(names)})"
        empty = next((argument.name for argument in step.arguments if not argument.value.strip()), None)
        return f"{step.skill}: {empty} is empty" if empty else ""


def plan_step(skill: str, arguments: Mapping[str, str]) -> PlanStep:
    """A step with its arguments given by name.

    >>> plan_step("go_to", {"place": "kitchen"}).arguments[0].value
    'kitchen'
    """
    return PlanStep(skill, tuple(Argument(name, value) for name, value in arguments.items()))


def load_catalogue(folder: Path = SKILLS_FOLDER, intents_file: Path = INTENTS_FILE) -> Catalogue:
    """Every ``<folder>/<skill>/skill.yaml``, in alphabetical order; the robot's own are read once in a process.

    :raises FileError: a file does not fit; the message names the file, the field and what to do
    """
    return _own() if (folder, intents_file) == (SKILLS_FOLDER, INTENTS_FILE) else _read(folder, intents_file)


@cache
def _own() -> Catalogue:
    return _read(SKILLS_FOLDER, INTENTS_FILE)


def _read(folder: Path, intents_file: Path) -> Catalogue:
    files = sorted(folder.glob("*/skill.yaml"))
    if not files:
        raise FileError(f"{folder}: no <skill>/skill.yaml below it")
    skills = {path.parent.name: load_yaml(path, Skill) for path in files}
    spoken = load_yaml(intents_file, _IntentsFile)
    for path in files:
        _check_skill(path, skills[path.parent.name], skills)
    for name, intent in spoken.intents.items():
        _check_phrases(intents_file, f"intents.{name}.phrases", intent.phrases, set(SLOTS))
    _check_intents_differ(folder, skills, spoken)
    return Catalogue(skills, spoken.intents, spoken.courtesy)


def slots(pattern: str) -> tuple[str, ...]:
    """The slots of a phrase, in order.

    :raises ValueError: the phrase is malformed

    >>> slots("bring {person} [the | a] {object}")
    ('person', 'object')
    """
    found: list[str] = []
    expected: list[str] = []
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise ValueError(f"unexpected '{pattern[position]}' in '{pattern}'")
        position = token.end()
        text = token.group()
        if text in "[(" and text:
            expected.append("]" if text == "[" else ")")
        elif text in ("]", ")") and (not expected or expected.pop() != text):
            raise ValueError(f"'{text}' closes nothing in '{pattern}'")
        elif text == "|" and not expected:
            raise ValueError(f"'|' outside of brackets in '{pattern}'")
        if token.group("slot"):
            found.append(token.group("slot"))
    if expected:
        raise ValueError(f"'{expected[-1]}' is missing in '{pattern}'")
    return tuple(found)


def _values(skill: Skill, spoken: SpokenLanguage) -> dict[str, dict[str, str]]:
    return {spec.slot or name: spoken.sayings(spec.values) for name, spec in skill.arguments.items() if spec.values}


def _check_skill(path: Path, skill: Skill, skills: Mapping[str, Skill]) -> None:
    if skill.name != path.parent.name:
        raise FileError(f"{path}: name: is '{skill.name}' but the folder is called '{path.parent.name}'; make them equal")
    if bool(skill.intent) != bool(skill.phrases or skill.questions):
        raise FileError(f"{path}: intent: a spoken skill needs both an intent and phrases")
    if not skill.steps and not (path.parent / "skill.py").is_file():
        raise FileError(f"{path}: steps: give the steps it is composed of, or write skill.py beside it")
    spoken = {slot for name, spec in skill.arguments.items() for slot in spec.spoken_as(name)}
    spoken |= {"place"} if any(spec.type == "surface" for spec in skill.arguments.values()) else set()  # of what is meant, or where to
    _check_phrases(path, "phrases", skill.phrases, spoken)
    _check_phrases(path, "questions", skill.questions, spoken)
    promises = [("success", skill.success, PREDICATES), *(("effects", effect, PREDICATES) for effect in skill.effects)]
    for field, text, known in [*promises, *(("preconditions", text, tuple(CONDITIONS)) for text in skill.preconditions)]:
        try:
            unknown = set(Predicate.parse(text, known).arguments) - set(skill.arguments)
        except ValueError as error:
            raise FileError(f"{path}: {field}: {error}") from error
        if unknown:
            raise FileError(f"{path}: {field}: '{text}' speaks of {sorted(unknown)}, which is no argument of the skill")
    _check_dangers(path, skill)
    _check_steps(path, skill, skills)


def _check_dangers(path: Path, skill: Skill) -> None:
    for kind in sorted(skill.hazards - set(CATEGORIES)):
        raise FileError(f"{path}: hazards: unknown kind '{kind}'{suggestion(kind, list(CATEGORIES))}")
    for part in sorted(skill.moves & set(_NEEDS)):
        if _NEEDS[part] not in skill.resources:
            raise FileError(f"{path}: resources: it moves the {part}, so it needs '{_NEEDS[part]}' to itself")
    for name, spec in skill.arguments.items():
        if spec.type == "duration" and spec.default and not seconds(spec.default):
            raise FileError(f"{path}: arguments.{name}.default: '{spec.default}' is no duration such as 'ten minutes'")


def _check_steps(path: Path, skill: Skill, skills: Mapping[str, Skill]) -> None:
    for index, step in enumerate(skill.steps):
        for name, given in step.items():
            part = skills.get(name)
            if part is None or part.steps:
                raise FileError(f"{path}: steps.{index}: '{name}' is not a simple skill{suggestion(name, list(skills))}")
            if set(given) != set(part.arguments):
                raise FileError(f"{path}: steps.{index}.{name}: takes ({', '.join(part.arguments)})")
            if not part.moves <= skill.moves:
                raise FileError(f"{path}: moves: its step {name} moves {', '.join(sorted(part.moves - skill.moves))} too")
            unknown = [v for v in given.values() if v.startswith("$") and v[1:] not in skill.arguments]
            if unknown:
                raise FileError(f"{path}: steps.{index}.{name}: {unknown[0]} is no argument of {skill.name}")


def _check_phrases(path: Path, field: str, phrases: Mapping[Language, tuple[str, ...]], known: set[str]) -> None:
    for language, patterns in phrases.items():
        if language not in languages():
            raise FileError(f"{path}: {field}.{language}: unknown language{suggestion(language, languages())}")
        for index, pattern in enumerate(patterns):
            try:
                wrong = [slot for slot in slots(load_language(language).spaced(pattern)) if slot not in known]
            except ValueError as error:
                raise FileError(f"{path}: {field}.{language}.{index}: {error}") from error
            if wrong:
                raise FileError(f"{path}: {field}.{language}.{index}: unknown slot{suggestion(wrong[0], sorted(known))}")


def _check_intents_differ(folder: Path, skills: Mapping[str, Skill], spoken: _IntentsFile) -> None:
    owners: dict[str, str] = dict.fromkeys(spoken.intents, "intents.yaml")
    for name, skill in skills.items():
        if skill.intent and owners.setdefault(skill.intent, name) != name:
            raise FileError(f"{folder / name / 'skill.yaml'}: intent: '{skill.intent}' is already used by {owners[skill.intent]}")
