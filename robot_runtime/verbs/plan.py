"""``robot-runtime plan TEXT``: what the robot would do about a sentence, or answer to it, without doing it."""

from __future__ import annotations

import argparse
import json
import math
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.cli import UsageError
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.language.language import REFERENCE, languages
from robot_runtime.messages import (
    AgeGroup,
    Argument,
    EncodedImage,
    GripperState,
    Person,
    Plan,
    PlanStep,
    Utterance,
    WorldFacts,
    WorldObject,
)
from robot_runtime.mind.known import Known
from robot_runtime.mind.menu import menu_of
from robot_runtime.mind.plan_document import PlanDocument
from robot_runtime.mind.planner import NO_GOAL, Answer, Planner, Request, check, published
from robot_runtime.mind.planners import PLANNERS
from robot_runtime.mind.recall import QUESTIONS
from robot_runtime.mind.sentences.book import load_sentences
from robot_runtime.mind.settings import MindConfig
from robot_runtime.mind.wording import Wording
from robot_runtime.world.database import read_only
from robot_runtime.world.objects import ROBOT
from robot_runtime.world.recollection import Recollection
from robot_runtime.world.reference import References
from robot_runtime.world.semantic_map import SemanticMap, load_semantic_map
from robot_runtime.world.situation import Situation
from robot_runtime.world.store import on_clock
from safety.files import FileError, parse
from safety.ontology import Ontology

EPILOG = """\
The world file is JSON; only the keys marked * are needed:

  {"objects": [{"id"*: "red_cup", "class_name"*: "cup", "colour": "red", "position_m": [2.6, 5.9, 0.8],
                "place": "kitchen", "support": "kitchen table", "held_by": "robot" or a person's id, "confidence": 1.0}],
   "people":  [{"id"*: "anna", "name": "Anna", "age_group": "adult", "position_m": [3, 2, 0], "seen": true}]}

Place and support follow from the position when a site is given.  "age_s" of a thing or person is how long ago it was seen;
"told": true is for a thing that was never seen.  Instead of such a file, --memory takes what a robot remembers.
"""

JPEG = b"\xff\xd8\xff"
POLL_S = 0.02
AUTO = "auto"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Thing(_Model):
    id: str = Field(min_length=1)
    class_name: str = Field(min_length=1)
    colour: str = ""
    position_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    place: str = ""
    support: str = ""
    held_by: str = ""
    confidence: float = Field(1.0, ge=0, le=1)
    age_s: float = Field(0.0, ge=0)
    told: bool = False


class _Somebody(_Model):
    id: str = Field(min_length=1)
    name: str = ""
    age_group: AgeGroup = AgeGroup.UNKNOWN
    position_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seen: bool = True
    age_s: float = Field(0.0, ge=0)


class _World(_Model):
    objects: tuple[_Thing, ...] = ()
    people: tuple[_Somebody, ...] = ()


@dataclass(frozen=True)
class _Made:
    """What a planner answered, and the same as it would be published."""

    answer: Answer
    plan: Plan


@dataclass(frozen=True)
class _Heard:
    """What the grammar made of the text."""

    intent: str
    slots: tuple[Argument, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("text", metavar="TEXT", help='what a person says, as "bring me the red cup"')
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--world", default="", metavar="FILE.json", help="what is where, and who is here; see below")
    source.add_argument("--memory", default="", metavar="FILE", help="instead: what world.memory_file names, as it is now")
    parser.add_argument("--site", default="", metavar="DIR", help="folder with semantic_map.yaml: the places that exist")
    parser.add_argument("--speaker", default="", metavar="ID", help="id of who says it; the only person of the world if not given")
    parser.add_argument("--backend", default="grounded", metavar="NAME", help=f"planner: {', '.join(PLANNERS)}")
    parser.add_argument("--image", default="", metavar="FILE.jpg", help="what the camera sees, for planners that look at it")
    parser.add_argument("--language", choices=(AUTO, *languages()), default=AUTO, help="of TEXT, and of the answer (auto)")
    parser.add_argument("--json", action="store_true", help="one machine-readable line")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when there is a plan, a question about it or an answer from memory; 1 when there is nothing to do.

    :raises UsageError: the speaker is nobody of this world
    :raises FileError: the world file, the site or the planner's name is wrong
    """
    config = parse({"site": args.site, "planner_backend": args.backend}, MindConfig, "plan")
    known = _known(config, _situation(args, load_semantic_map(config.site)))
    speaker = _speaker(args.speaker, [person.id for person in known.situation.facts.people])
    heard, language = _understand(args.text, known, args.language)
    known.wording.speak(load_sentences(language))
    made, sentence = None, ""
    if heard is None or heard.intent in QUESTIONS or known.catalogue.for_intent(heard.intent) is not None:
        intent, slots = (heard.intent, heard.slots) if heard else ("", ())
        said = (args.text, intent, slots, 1.0, 0.0, 0.0, speaker, language, "text", "turn", args.text)
        made = _plan(PLANNERS[config.planner_backend](known, config.vlm), Utterance(0.0, "u1", *said), known, _picture(args.image))
        sentence = " ".join(filter(None, (made.plan.say, made.answer.offer.text if made.answer.offer else "")))
        sentence = sentence or ("" if made.plan.goal != NO_GOAL else known.wording.sentence("not_understood"))
    print(json.dumps(_as_json(args.text, heard, made, sentence)) if args.json else _as_text(heard, made, sentence))
    answered = heard is not None and heard.intent in QUESTIONS
    return 0 if made is not None and (made.plan.goal != NO_GOAL or made.answer.question or answered) else 1


def _plan(planner: Planner, utterance: Utterance, known: Known, picture: EncodedImage | None) -> _Made:
    """Ask the planner, and wait for one that takes its time; it ends that itself, since each has a time limit."""
    menu = menu_of(known, utterance.speaker_id, utterance.free_text)
    made = planner.plan(Request(utterance, menu, 0.0, (), picture))
    say = ""
    started_s = time.monotonic()
    while not isinstance(made, Answer):
        progress = made.poll(time.monotonic() - started_s)
        say = f"{say} {progress.say}".strip()
        if progress.answer is None:
            time.sleep(POLL_S)
        else:
            made = progress.answer
    document = replace(made.document, say=f"{say} {made.document.say}".strip())
    if document != PlanDocument():
        check(document, known)
    return _Made(made, published(document, "plan-1", utterance, made.planner or planner.name, known, 0.0))


def _picture(path: str) -> EncodedImage | None:
    """:raises FileError: it cannot be read, or is no JPEG"""
    if not path:
        return None
    try:
        data = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    if not data.startswith(JPEG):
        raise FileError(f"{path}: not a JPEG picture; convert it first")
    return EncodedImage(0.0, "camera", "jpeg", data)


def _read_world(path: str) -> _World:
    try:
        content = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise FileError(f"{path}: not valid JSON: {error}") from error
    world = parse(content, _World, path)
    holders = {ROBOT, "", *(person.id for person in world.people)}
    for index, thing in enumerate(world.objects):
        if thing.held_by not in holders:
            raise FileError(f"{path}: objects.{index}.held_by: '{thing.held_by}' is neither 'robot' nor the id of a person")
    for kind, ids in (("objects", [thing.id for thing in world.objects]), ("people", [person.id for person in world.people])):
        twice = next((name for name in ids if ids.count(name) > 1), None)
        if twice is not None:
            raise FileError(f"{path}: {kind}: the id '{twice}' is used twice; give each its own")
    return world


def _situation(args: argparse.Namespace, site: SemanticMap) -> Situation:
    """What the robot knows at the time 0."""
    situation = Situation()
    if args.memory:
        memory = _read_memory(Path(args.memory).expanduser())
        situation.facts, situation.events = WorldFacts(0.0, "", memory.objects, memory.people), memory.events
        situation.notes, situation.deeds = memory.notes, memory.deeds
    else:
        world = _read_world(args.world)
        objects = tuple(_object(thing, site) for thing in world.objects)
        situation.facts = WorldFacts(0.0, "", objects, tuple(_person(person) for person in world.people))
    held = next((thing.id for thing in situation.facts.objects if thing.held_by == ROBOT), "")
    situation.gripper = GripperState(0.0, bool(held), held, "")
    return situation


def _read_memory(path: Path) -> Recollection:
    try:
        saved = read_only(path)
    except (sqlite3.Error, OSError) as error:
        raise FileError(f"{path}: {error}") from error
    if saved is None:
        raise FileError(f"{path}: no robot has remembered anything there")
    return on_clock(saved, 0.0, time.time())


def _known(config: MindConfig, situation: Situation) -> Known:
    site = load_semantic_map(config.site)
    wording = Wording(load_sentences(config.language), situation)
    references = References(Ontology.load(config.ontology_file))
    return Known(load_catalogue(), site, references, wording, situation, config.known_confidence)


def _object(thing: _Thing, site: SemanticMap) -> WorldObject:
    x_m, y_m, z_m = thing.position_m
    return WorldObject(
        id=thing.id, class_name=thing.class_name, colour=thing.colour, name=f"{thing.colour} {thing.class_name}".strip(),
        position_m=thing.position_m, place=thing.place or site.place_at(x_m, y_m),
        support=thing.support or ("" if thing.held_by else site.surface_at(x_m, y_m, z_m)),
        held_by=thing.held_by, last_seen_s=-math.inf if thing.told else -thing.age_s, confidence=thing.confidence,
        provenance="told" if thing.told else "seen",
    )  # fmt: skip


def _person(somebody: _Somebody) -> Person:
    name = somebody.name or somebody.id.capitalize()
    still = (0.0, 0.0, 0.0)
    return Person(
        somebody.id, name, somebody.age_group.value, 1.0, somebody.position_m, still, 0.0, somebody.seen, False, False, -somebody.age_s
    )  # fmt: skip


def _speaker(given: str, ids: list[str]) -> str:
    if given and given not in ids:
        raise UsageError(f"--speaker: '{given}' is not in the world file; people there: {', '.join(ids) or 'none'}")
    return given or (ids[0] if len(ids) == 1 else "")


def _understand(text: str, known: Known, language: str) -> tuple[_Heard | None, str]:
    """Intent and slots by the grammar that hearing uses, None when no phrase of the catalogue fits; and the language.

    Of several languages that in which the text is a phrase, else the one that knows most of its words.
    """
    names = [person.name for person in known.situation.facts.people]
    site, shares = known.site, dict[str, float]()
    places = site.places or ["nowhere"]
    for name in sorted(languages(), key=lambda name: name != REFERENCE) if language == AUTO else (language,):
        grammar = robot_grammar(known.catalogue, Ontology.load(), places, names, (), site.surfaces, (name,), site.doors)
        meaning = grammar.interpret(text)
        if meaning is not None:
            return _Heard(meaning.intent, meaning.slots), name
        shares[name] = grammar.share_known(text)
    return None, max(shares, key=lambda name: shares[name])


def _as_json(text: str, heard: _Heard | None, made: _Made | None, sentence: str) -> dict[str, Any]:
    plan = made.plan if made else None
    question = made.answer.question if made else None
    return {
        "text": text,
        "intent": heard.intent if heard else "",
        "slots": {slot.name: slot.value for slot in heard.slots} if heard else {},
        "planner": plan.planner if plan else "",
        "goal": _step_json(plan.goal) if plan and plan.goal != NO_GOAL else None,
        "steps": [_step_json(step) for step in plan.steps] if plan else [],
        "say": sentence,
        "candidates": list(question.candidates) if question else [],
        "document": json.loads(plan.document) if plan and plan.document else None,
    }


def _step_json(step: PlanStep) -> dict[str, Any]:
    return {"skill": step.skill, "arguments": {argument.name: argument.value for argument in step.arguments}}


def _as_text(heard: _Heard | None, made: _Made | None, sentence: str) -> str:
    if heard is not None and made is None:
        return f"no action: {heard.intent}"
    if made is None or made.plan.goal == NO_GOAL:
        return f'says: "{sentence}"'
    steps: Sequence[PlanStep] = made.plan.steps
    return "\n".join([f"goal: {_call(made.plan.goal)}", *(f"  {n}. {_call(step)}" for n, step in enumerate(steps, 1))])


def _call(step: PlanStep) -> str:
    return f"{step.skill}({', '.join(argument.value for argument in step.arguments)})"
