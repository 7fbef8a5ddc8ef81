"""From a clause to a task: each argument of the skill gets what the clause mentions, or the planner says why it cannot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from robot_runtime.act.catalogue import ArgumentSpec, Skill, plan_step
from robot_runtime.messages import Argument, Person, WorldObject
from robot_runtime.mind.belonging import obstacle, surface_named
from robot_runtime.mind.clauses import UNKNOWABLE, Clause
from robot_runtime.mind.facts import FACTS, shows
from robot_runtime.mind.known import Known
from robot_runtime.mind.meant import Discourse, is_furniture, person_meant, place_meant, surfaces_meant, things_meant
from robot_runtime.mind.mentions import Mention
from robot_runtime.mind.plan_document import Fact, Task
from robot_runtime.mind.planner import Question
from robot_runtime.mind.unfolding import FIND
from robot_runtime.mind.wording import capitalised
from robot_runtime.world.objects import ROBOT

FETCH = "fetch"
DOOR_OPEN, LOOK_AT_DOOR = "door_open", "look_at_door"
MEANT = "meant "
"""Begins the name of the slot in which the answer to a question comes back; the words that were ambiguous follow."""


class UnplannableError(Exception):
    """Ends planning with a sentence, and with the candidates when the sentence asks for one of them."""

    def __init__(self, sentence: str, question: Question | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.question = question


class Binder:
    """Binds the clauses of one sentence, in their order.

    :param answered: what a person has answered to questions about this sentence: the ambiguous words → id
    """

    def __init__(self, known: Known, discourse: Discourse, answered: Mapping[str, str]) -> None:
        self._known = known
        self.discourse = discourse
        self._answered = answered
        self._moved: set[str] = set()  # by what is planned so far: where it is now says nothing of then

    def task(self, skill: Skill, clause: Clause) -> Task:
        """:raises UnplannableError: an argument cannot be filled, or not yet"""
        arguments: dict[str, str] = {}
        for name, spec in skill.arguments.items():
            spoken = spec.spoken_as(name)
            slot = next((slot for slot in spoken if slot in clause.mentions), spoken[0])
            arguments[name] = self._value(skill, spec, slot, clause, arguments)
        thing = next((arguments[name] for name, spec in skill.arguments.items() if spec.type == "object"), "")
        if thing not in self._moved:
            self.check(skill, arguments)
        if skill.name != FIND:
            self._moved |= {thing} - {""}
        return Task(plan_step(skill.name, arguments))

    def changed_task(self, skill: Skill, kept: Mapping[str, str], name: str, mention: Mention) -> Task:
        """A task again, with one argument changed.

        :raises UnplannableError: as for :meth:`task`
        """
        spec = skill.arguments[name]
        clause = Clause(skill.intent, {spec.slot or name: mention})
        arguments = {**kept, name: self._value(skill, spec, spec.slot or name, clause, kept)}
        self.check(skill, arguments)
        return Task(plan_step(skill.name, arguments))

    def is_open(self, task: Task) -> bool:
        """Whether nothing speaks against doing it, such as that it is done."""
        try:
            self.check(self._known.catalogue.skills[task.step.skill], {a.name: a.value for a in task.step.arguments})
        except UnplannableError:
            return False
        return True

    def fact(self, clause: Clause) -> Fact:
        """:raises UnplannableError: the robot cannot perceive such a thing, or does not know what is meant"""
        if clause.intent == UNKNOWABLE:
            raise UnplannableError(self._say("cannot_perceive"))
        name = clause.intent.removeprefix("no ")
        kinds = FACTS[name].arguments
        bound = tuple(Argument(key, self._of_fact(kind, clause.mentions.get(key))) for key, kind in kinds.items())
        return Fact(name, bound, not clause.intent.startswith("no "))

    def first_seen(self, fact: Fact) -> tuple[Task, ...]:
        """What the robot does to be able to tell whether a condition holds: it goes to look at a door of which it is not sure."""
        if fact.name != DOOR_OPEN or shows(fact, self._known) is not None:
            return ()
        return (Task(plan_step(LOOK_AT_DOOR, {"door": fact.value("door")})),)

    def question_slots(self, clause: Clause) -> tuple[Argument, ...]:
        """What the memory is asked about, with "it" replaced by what it means."""
        return tuple(Argument(slot, self._asked_about(slot, mention)) for slot, mention in clause.mentions.items())

    def _check_holder(self, arguments: Mapping[str, str]) -> None:
        """What a person holds is theirs."""
        thing = self._known.situation.object(arguments["object"])
        if thing is None or thing.held_by in ("", ROBOT):
            return
        wording = self._known.wording
        key = "already_has" if thing.held_by == arguments["recipient"] else "other_has"
        has = wording.person_has(thing.held_by, self.discourse.speaker_id)
        raise UnplannableError(self._say(key, person_has=capitalised(has), object=wording.the(thing.id)))

    def check(self, skill: Skill, arguments: Mapping[str, str]) -> None:
        """:raises UnplannableError: what is known of the thing speaks against it"""
        if skill.name == FETCH:
            self._check_holder(arguments)
        problem = obstacle(skill, arguments, self._known, self.discourse.speaker_id)
        if problem:
            raise UnplannableError(problem)

    # ------------------------------------------------------------ arguments

    def _value(self, skill: Skill, spec: ArgumentSpec, slot: str, clause: Clause, before: Mapping[str, str]) -> str:
        mention = clause.mentions.get(slot)
        if spec.type == "surface" or (spec.type == "target" and mention and is_furniture(mention, self._known)):
            surface, problem = surface_named(mention or self._room(clause), before, self._known)
            if problem:
                raise UnplannableError(problem)
            return surface
        if spec.type == "person" or (spec.type == "target" and (mention is None or mention.kind == "person")):
            return self._person(mention).id
        if mention is None:
            words = clause.words.get(slot, "") or spec.default
            if not words:
                raise UnplannableError(self._say("not_understood"))
            return words
        if spec.type == "place":
            return self._place(mention)
        if spec.type == "door":
            return mention.named
        if spec.type in ("object", "target"):
            return self._thing(mention, finding=skill.name == FIND)
        return mention.named or mention.words

    def _room(self, clause: Clause) -> Mention | None:
        """A room that is named instead of the furniture."""
        room = clause.mentions.get("place")
        return replace(room, named=self._place(room)) if room else None

    def _person(self, mention: Mention | None) -> Person:
        meant = person_meant(mention or Mention("person", "me", pronoun="me"), self._known, self.discourse)
        if meant is not None:
            if mention is not None and mention.pronoun != "me":
                self.discourse.people.append(meant.id)
            return meant
        if mention is not None and mention.pronoun == "them":
            raise UnplannableError(self._say("no_such_person"))
        if mention is not None and mention.pronoun != "me":
            raise UnplannableError(self._say("unknown_person", person=mention.words))
        anybody = any(person.seen for person in self._known.situation.facts.people)
        raise UnplannableError(self._say("unknown_speaker" if anybody else "nobody_here"))

    def _place(self, mention: Mention) -> str:
        place = place_meant(mention, self.discourse)
        if not place:
            raise UnplannableError(self._say("no_such_place"))
        self.discourse.places.append(place)
        return place

    def _thing(self, mention: Mention, *, finding: bool) -> str:
        value = self._answered.get(mention.words) or self._chosen(mention, finding=finding)
        self.discourse.things.append(value)
        return value

    def _chosen(self, mention: Mention, *, finding: bool) -> str:
        """An id; or the words themselves when no such thing is known yet, or when all of its kind are looked for."""
        fitting = things_meant(mention, self._known, self.discourse)
        if len(fitting) == 1:
            return fitting[0].id
        if not fitting:
            return self._unseen(mention)
        if finding and mention.named and mention.where is None:
            return mention.named
        if mention.article == "any":
            return min(fitting, key=self._distance_m).id
        choices = self._known.wording.choices(fitting)
        question = Question(f"{MEANT}{mention.words}", tuple(thing.id for thing in fitting))
        raise UnplannableError(self._say("which_one", choices=choices), question)

    def _unseen(self, mention: Mention) -> str:
        words, wording = mention.named, self._known.wording
        if mention.pronoun:
            last = next((value for value in reversed(self.discourse.things)), "")
            if mention.pronoun == "it" and last:
                return last  # it is still only a description
            raise UnplannableError(self._say("no_such_thing"))
        if mention.where is not None:
            raise UnplannableError(self._say("never_seen", object=wording.indefinite(mention.words)))
        return words

    def _distance_m(self, thing: WorldObject) -> float:
        pose = self._known.situation.pose
        return math.dist(thing.position_m[:2], (pose.x_m, pose.y_m)) if pose else 0.0

    # ------------------------------------------------------------ facts and questions

    def _of_fact(self, kind: str, mention: Mention | None) -> str:
        if mention is None:
            raise UnplannableError(self._say("not_understood"))
        if kind == "person":
            return self._person(mention).id
        if kind == "place":
            return self._place(mention)
        if kind == "surface":
            return self._surface(mention)
        if kind == "door":
            return mention.named
        fitting = things_meant(mention, self._known, self.discourse)
        value = fitting[0].id if len(fitting) == 1 else mention.named
        if not value:
            raise UnplannableError(self._say("no_such_thing"))
        self.discourse.things.append(value)
        return value

    def _surface(self, mention: Mention) -> str:
        meant = surfaces_meant(mention, self._known)
        if len(meant) == 1:
            return meant[0]
        raise UnplannableError(self._known.wording.which_surface(mention.named or mention.words, meant))

    def _asked_about(self, slot: str, mention: Mention) -> str:
        if mention.kind == "person":
            person = person_meant(mention, self._known, self.discourse)
            return person.id if person else mention.words
        if mention.kind != "object":
            return self._place(mention) if slot == "place" else mention.named
        self._remember(fitting := things_meant(mention, self._known, self.discourse), mention)
        pointing = bool(mention.pronoun) or mention.where is not None
        return fitting[0].id if len(fitting) == 1 and pointing else mention.named or mention.words

    def _remember(self, fitting: Sequence[WorldObject], mention: Mention) -> None:
        if len(fitting) == 1:
            self.discourse.things.append(fitting[0].id)
        elif mention.named:
            self.discourse.things.append(mention.named)

    def _say(self, key: str, **fields: str) -> str:
        return self._known.wording.sentence(key, **fields)
