"""What a skill's behaviour is, and what it may see and do.

A skill is written as a generator: each ``yield`` hands back until the next tick, returning is success, :class:`SkillError` is
failure, and ``finally`` tidies up when it is cancelled half-way.  It reads the situation and publishes through its context, and
never says that something is done: the executive does, once the outcome was observed.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, cast

from robot_runtime.act.settings import SkillSettings
from robot_runtime.act.trail import Trail
from robot_runtime.messages import (
    NavGoal,
    Note,
    NoteRequest,
    Person,
    PictureRequest,
    ProposedJoints,
    SpeechRequest,
    WorldObject,
)
from robot_runtime.stage import Outbox
from robot_runtime.world.reference import References
from robot_runtime.world.semantic_map import SemanticMap
from robot_runtime.world.situation import Situation

Steps = Generator[None, None, None]


class Phase(Enum):
    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True)
class Result:
    """How a skill goes; ``reason`` is the sentence to say of a failure, "" to say nothing."""

    phase: Phase
    reason: str = ""


class SkillError(Exception):
    """Ends a skill; its text is the sentence that says honestly what happened."""


class Words(Protocol):
    """The robot's language, as skills use it."""

    @property
    def language(self) -> str: ...
    def sentence(self, key: str, **fields: str) -> str: ...
    def the(self, value: str) -> str: ...
    def where(self, thing: WorldObject) -> str: ...
    def survey(self, listener_id: str) -> str: ...
    def status(self) -> str: ...


class SkillContext:
    """One action's view of the robot, valid from its start to its end."""

    def __init__(
        self, *, situation: Situation, site: SemanticMap, references: References, words: Words, settings: SkillSettings, outbox: Outbox,
        action_id: str, requester_id: str, arguments: Mapping[str, str], max_speed_mps: float, timeout_s: float,
    ) -> None:  # fmt: skip
        self.situation = situation
        self.site = site
        self.references = references
        self.words = words
        self.settings = settings
        self.outbox = outbox
        self.action_id = action_id
        self.requester_id = requester_id
        self.arguments = arguments
        self.max_speed_mps = max_speed_mps  # what the gate allows; may fall while the skill runs
        self.timeout_s = timeout_s  # the executive ends the skill when elapsed_s reaches it
        self.elapsed_s = 0.0  # time during which the robot was free to move since the start
        self.said: list[str] = []  # ids of this action's sentences
        self.noted: dict[str, bool] = {}  # ids of notes → whether the memory was asked to keep them, or to let them go
        self.driving = False  # whether a drive is under way
        self.trail = Trail()  # what the sensors have shown since
        self._drives = 0

    # ------------------------------------------------------------ what the skill sees

    def object(self, name: str) -> WorldObject:
        """The object that an argument names.

        :raises SkillError: it is not known, or its place is too doubtful to rely on
        """
        value = self.arguments[name]
        thing = self.situation.object(value)
        if thing is None or thing.confidence < self.settings.known_confidence:
            raise self.failed("lost_object", object=self.words.the(value))
        return thing

    def known(self, description: str) -> tuple[WorldObject, ...]:
        """The objects of an id or description whose place is sure enough to rely on."""
        fitting = self.references.objects(description, self.situation.facts)
        return tuple(thing for thing in fitting if thing.confidence >= self.settings.known_confidence)

    def person(self, name: str) -> Person:
        """The person that an argument names.

        :raises SkillError: nobody of that id is known
        """
        person = self.situation.person(self.arguments[name])
        if person is None:
            raise self.failed("lost_person", person=self.arguments[name])
        return person

    def person_distance_m(self, person_id: str) -> float:
        """Where to halt in front of somebody: their style's distance, the careful one when no style is theirs."""
        style = self.situation.style
        return style.distance_m if style and style.person_id == person_id else self.settings.careful_distance_m

    def person_side_rad(self, person_id: str) -> float:
        """From which side to come to somebody, 0 is straight from the front: their style's, no side when no style is theirs."""
        style = self.situation.style
        return style.approach_angle_rad if style and style.person_id == person_id else 0.0

    def person_speed_mps(self, person_id: str) -> float:
        style = self.situation.style
        return style.approach_speed_mps if style and style.person_id == person_id else self.settings.careful_speed_mps

    # ------------------------------------------------------------ what the skill does

    def drive_to(self, x_m: float, y_m: float, yaw_rad: float, stand_off_m: float, speed_mps: float) -> str:
        """Publish a goal and return its id; the gate's speed limit holds whatever is asked."""
        self._drives += 1
        self.driving = True
        goal_id = f"{self.action_id}/{self._drives}"
        self.move_drive(goal_id, x_m, y_m, yaw_rad, stand_off_m, speed_mps)
        return goal_id

    def move_drive(self, goal_id: str, x_m: float, y_m: float, yaw_rad: float, stand_off_m: float, speed_mps: float) -> None:
        """Change a goal that is under way, without halting in between."""
        self._publish_goal(goal_id, x_m, y_m, yaw_rad, stand_off_m, min(speed_mps, self.max_speed_mps), cancel=False)

    def cancel_drive(self, goal_id: str) -> None:
        self.driving = False
        self._publish_goal(goal_id, math.nan, math.nan, math.nan, 0.0, 0.0, cancel=True)

    def propose_joints(self, targets: Mapping[str, float]) -> None:
        """Ask for joint positions, by joint name: radians for the head, metres for the rest."""
        now_s = self.situation.now_s
        self.outbox.append(("joints/proposed", ProposedJoints(now_s, self.action_id, tuple(targets), tuple(targets.values()))))

    def note(self, note: Note, *, keep: bool) -> None:
        """Ask the memory to keep a note, or to let it go."""
        self.noted[note.id] = keep
        self.outbox.append(("world/note", NoteRequest(self.situation.now_s, note, keep)))

    def keep_picture(self) -> None:
        """Ask the eyes to keep the next picture; what came of it is in the situation, under this action's id."""
        self.outbox.append(("camera/keep", PictureRequest(self.situation.now_s, self.action_id)))

    def say(self, text: str, purpose: str) -> str:
        """Say something to who asked, and return the id of the request."""
        request_id = f"{self.action_id}/s{len(self.said) + 1}"
        self.said.append(request_id)
        now_s = self.situation.now_s
        request = SpeechRequest(now_s, request_id, text, self.requester_id, purpose, self.action_id, False, language=self.words.language)
        self.outbox.append(("speech/say", request))
        return request_id

    def failed(self, key: str, **fields: str) -> SkillError:
        """The failure that a sentence of the robot's language tells."""
        return SkillError(self.words.sentence(key, **fields))

    def _publish_goal(
        self, goal_id: str, x_m: float, y_m: float, yaw_rad: float, stand_off_m: float, speed_mps: float, *, cancel: bool
    ) -> None:
        goal = NavGoal(self.situation.now_s, goal_id, self.action_id, x_m, y_m, yaw_rad, stand_off_m, speed_mps, cancel)
        self.outbox.append(("nav/goal", goal))


class Skill:
    """Base of every behaviour; a subclass writes :meth:`run`."""

    def __init__(self) -> None:
        self._context: SkillContext | None = None
        self._steps: Steps | None = None

    def run(self, context: SkillContext) -> Steps:
        """The behaviour, a piece per tick; see the module's text."""
        raise NotImplementedError

    def start(self, context: SkillContext) -> None:
        self._context = context
        self._steps = self.run(context)

    def tick(self, context: SkillContext, now_s: float) -> Result:
        """Do the next piece.  ``now_s`` is the time free to move since the start, which is what timeouts count."""
        if self._steps is None:
            raise RuntimeError("tick before start")
        context.elapsed_s = now_s
        context.trail.observe(context.situation, context.site)
        try:
            next(self._steps)
        except StopIteration:
            return Result(Phase.SUCCESS)
        except SkillError as failure:
            return Result(Phase.FAILURE, str(failure))
        return Result(Phase.RUNNING)

    def cancel(self) -> None:
        """End it now: drives that are under way are cancelled.  Harmless when it has ended or never started."""
        if self._steps is not None:
            self._steps.close()


def load_skill(name: str) -> Skill:
    """A new instance of the behaviour in ``robot_runtime/act/skills/<name>/skill.py``: its class that derives from Skill."""
    module = importlib.import_module(f"robot_runtime.act.skills.{name}.skill")
    found: list[Any] = [
        value for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Skill) and value.__module__ == module.__name__
    ]  # fmt: skip
    if len(found) != 1:
        raise TypeError(f"{module.__name__}: expected one class derived from Skill, found {len(found)}")
    return cast("Skill", found[0]())
