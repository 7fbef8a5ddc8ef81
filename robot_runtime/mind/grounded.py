"""The embedded planner: deterministic, from the recognised intent or the speaker's own words, the catalogue and the world's facts."""

from __future__ import annotations

from collections.abc import Mapping

from robot_runtime.act.catalogue import ArgumentSpec, Catalogue, Skill, plan_step
from robot_runtime.messages import Person, Utterance, WorldObject
from robot_runtime.mind.belonging import surface_named
from robot_runtime.mind.binding import Binder, UnplannableError
from robot_runtime.mind.free_text import FreeText, discourse_of
from robot_runtime.mind.known import Known
from robot_runtime.mind.mentions import Mention
from robot_runtime.mind.plan_document import PlanDocument, Task
from robot_runtime.mind.planner import Answer, Question, Request
from robot_runtime.mind.recall import QUESTIONS, Recall
from robot_runtime.mind.sentence import Understood
from robot_runtime.mind.several import speaks_of_several
from robot_runtime.mind.unfolding import FIND

SPEAKER_WORDS = ("me", "myself", "us", "here", "")


class GroundedPlanner:
    """Knows no skill by name but ``find``, which may mean all of a kind."""

    name = "grounded"

    def __init__(self, known: Known) -> None:
        self._known = known
        self._recall = Recall(known)
        self._free_text = FreeText(known, self._recall)

    def close(self) -> None:
        """Nothing to let go of."""

    def plan(self, request: Request) -> Answer:
        """Tasks for what was asked; a question when it is ambiguous; an honest sentence when it cannot be.

        The words themselves count where they say more than the grammar's sentence: more than one command, a condition, a reference.
        """
        utterance = request.utterance
        understood = self._free_text.read(request)
        if understood != Understood() and (not utterance.intent or _says_more(understood, self._known.catalogue)):
            return self._free_text.answer(request, understood)
        if utterance.intent in QUESTIONS:
            return self._recall.answer(utterance).as_answer
        try:
            skill = self._known.catalogue.for_intent(utterance.intent)
            if skill is None:
                raise UnplannableError(self._say("no_skill"))
            arguments = self._bind(skill, utterance)
            Binder(self._known, discourse_of(request), {}).check(skill, arguments)
        except UnplannableError as problem:
            return Answer(PlanDocument(say=problem.sentence), problem.question)
        return Answer(PlanDocument(Task(plan_step(skill.name, arguments))))

    # ------------------------------------------------------------ arguments

    def _bind(self, skill: Skill, utterance: Utterance) -> dict[str, str]:
        slots = {slot.name: slot.value for slot in utterance.slots}
        arguments: dict[str, str] = {}
        for name, spec in skill.arguments.items():
            spoken = spec.spoken_as(name)
            slot = next((slot for slot in spoken if slot in slots), spoken[0])
            words = slots.get(slot, "")
            is_surface = spec.type == "surface" or (spec.type == "target" and bool(self._known.site.surfaces_called(words)))
            arguments[name] = (
                self._surface(words, slots.get("place", ""), arguments) if is_surface else self._value(skill, spec, slot, words, utterance)
            )
        return arguments

    def _value(self, skill: Skill, spec: ArgumentSpec, slot: str, words: str, utterance: Utterance) -> str:
        if spec.type == "person" or (spec.type == "target" and slot == "person"):
            return self._person(words, utterance.speaker_id).id
        words = words or spec.default
        if not words:
            raise UnplannableError(self._say("not_understood"))
        if spec.type == "place":
            return self._place(words)
        if spec.type == "door":
            return self._door(words)
        if spec.type in ("object", "target"):
            return self._object(skill, slot, words)
        return words

    def _surface(self, words: str, room: str, before: Mapping[str, str]) -> str:
        """Furniture by its name; else in the room that is named instead of it."""
        mention = Mention("surface", words, named=words) if words else Mention("place", room, named=self._place(room)) if room else None
        surface, problem = surface_named(mention, before, self._known)
        if problem:
            raise UnplannableError(problem)
        return surface

    def _place(self, words: str) -> str:
        places = self._known.site.places
        if words in places:
            return words
        if not places:
            raise UnplannableError(self._say("no_places"))
        listed = self._known.wording.listing([self._say("the", name=place) for place in places])
        raise UnplannableError(self._say("unknown_place", place=words, places=listed))

    def _door(self, words: str) -> str:
        if words not in self._known.site.doors:
            raise UnplannableError(self._say("unknown_door", door=words))
        return words

    def _person(self, words: str, speaker_id: str) -> Person:
        """Whom a name or "me" means.  Words of nobody stay nobody's: a child out of sight gets nothing in an adult's name."""
        facts = self._known.situation.facts
        if words not in SPEAKER_WORDS:
            person = self._known.references.person(words, facts)
            if person is None:
                raise UnplannableError(self._say("unknown_person", person=words))
            return person
        speaker = self._known.references.person(speaker_id, facts) if speaker_id else None
        if speaker is not None:
            return speaker
        anybody = any(person.seen for person in facts.people)
        raise UnplannableError(self._say("unknown_speaker" if anybody else "nobody_here"))

    def _object(self, skill: Skill, slot: str, words: str) -> str:
        """An id; or the words themselves when no such thing is known yet, or when all of its kind are asked for."""
        known = self._known
        if not known.references.objects(words, known.situation.facts) and not known.references.describe(words).class_name:
            raise UnplannableError(self._say("unknown_thing", object=known.wording.indefinite(words)))
        fitting = self._sure(words)
        if skill.name == FIND:
            return fitting[0].id if len(fitting) == 1 else words
        if len(fitting) > 1:
            raise UnplannableError(self._which(fitting), Question(slot, tuple(thing.id for thing in fitting)))
        return fitting[0].id if fitting else words

    def _sure(self, words: str) -> list[WorldObject]:
        fitting = self._known.references.objects(words, self._known.situation.facts)
        return [thing for thing in fitting if thing.confidence >= self._known.known_confidence]

    def _which(self, things: list[WorldObject]) -> str:
        return self._say("which_one", choices=self._known.wording.choices(things))

    def _say(self, key: str, **fields: str) -> str:
        return self._known.wording.sentence(key, **fields)


def _says_more(understood: Understood, catalogue: Catalogue) -> bool:
    """Than one phrase of the catalogue about things by their names.  What only mentions something says less."""
    clauses = [clause for command in understood.commands for clause in (*command.clauses, *command.otherwise)]
    mentions = [mention for clause in clauses for mention in clause.mentions.values()]
    points = any(m.pronoun not in ("", "me") or m.other or m.where is not None or m.article == "any" or m.also for m in mentions)
    several = any((skill := catalogue.for_intent(clause.intent)) and speaks_of_several(skill, clause) for clause in clauses)
    return points or several or len(clauses) > 1 or any(command.condition for command in understood.commands)
