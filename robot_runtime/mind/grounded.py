"""The embedded planner: deterministic, from the recognised intent, the skill catalogue and the world's facts."""

from __future__ import annotations

from dataclasses import dataclass

from robot_runtime.act.catalogue import ArgumentSpec, Skill, plan_step
from robot_runtime.messages import Person, PlanStep, Utterance, WorldObject
from robot_runtime.mind.planner import Answer, Known, Question, check, spoken, to_do
from robot_runtime.mind.recall import QUESTIONS, Recall
from robot_runtime.mind.wording import capitalised
from robot_runtime.world.objects import ROBOT

SPEAKER_WORDS = ("me", "myself", "us", "here", "")
FIND, FETCH = "find", "fetch"


class _UnplannableError(Exception):
    """Ends planning with a sentence, and with the candidates when the sentence asks for one of them."""

    def __init__(self, sentence: str, question: Question | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.question = question


@dataclass
class _Draft:
    """Arguments that are bound so far, and the descriptions of things that must be found first."""

    arguments: dict[str, str]
    to_find: list[str]


class GroundedPlanner:
    """Knows no skill by name but ``find``, which goes before what needs an unknown thing, and ``fetch``, of what is in hand."""

    name = "grounded"

    def __init__(self, known: Known) -> None:
        self._known = known
        self._recall = Recall(known)

    def plan(self, utterance: Utterance, plan_id: str, now_s: float) -> Answer:
        """Steps for what was asked; a question when it is ambiguous; an honest sentence when it cannot be."""
        if utterance.intent in QUESTIONS:
            reply = self._recall.answer(utterance)
            return Answer(spoken(plan_id, utterance, self.name, reply.text, now_s), reply.question, reply.offer)
        try:
            skill = self._known.catalogue.for_intent(utterance.intent)
            if skill is None:
                raise _UnplannableError(self._say("no_skill"))
            draft = self._bind(skill, utterance)
            steps = self._steps(skill, draft, utterance)
        except _UnplannableError as problem:
            return Answer(spoken(plan_id, utterance, self.name, problem.sentence, now_s), problem.question)
        goal = plan_step(skill.name, draft.arguments)
        return Answer(check(to_do(plan_id, utterance, self.name, goal, steps, now_s), self._known))

    # ------------------------------------------------------------ arguments

    def _bind(self, skill: Skill, utterance: Utterance) -> _Draft:
        slots = {slot.name: slot.value for slot in utterance.slots}
        draft = _Draft({}, [])
        for name, spec in skill.arguments.items():
            slot = spec.slot or name
            draft.arguments[name] = self._value(skill, spec, slot, slots.get(slot, ""), utterance, draft)
        return draft

    def _value(self, skill: Skill, spec: ArgumentSpec, slot: str, words: str, utterance: Utterance, draft: _Draft) -> str:
        if spec.type == "person":
            return self._person(words, utterance.speaker_id).id
        words = words or spec.default
        if not words:
            raise _UnplannableError(self._say("not_understood"))
        if spec.type == "place":
            return self._place(words)
        if spec.type in ("object", "target"):
            return self._object(skill, slot, words, draft)
        return words

    def _place(self, words: str) -> str:
        places = self._known.site.places
        if words in places:
            return words
        if not places:
            raise _UnplannableError(self._say("no_places"))
        listed = self._known.wording.listing([self._say("the", name=place) for place in places])
        raise _UnplannableError(self._say("unknown_place", place=words, places=listed))

    def _person(self, words: str, speaker_id: str) -> Person:
        """Whom a name or "me" means.  Words of nobody stay nobody's: a child out of sight gets nothing in an adult's name."""
        facts = self._known.situation.facts
        if words not in SPEAKER_WORDS:
            person = self._known.references.person(words, facts)
            if person is None:
                raise _UnplannableError(self._say("unknown_person", person=words))
            return person
        speaker = self._known.references.person(speaker_id, facts) if speaker_id else None
        if speaker is not None:
            return speaker
        anybody = any(person.seen for person in facts.people)
        raise _UnplannableError(self._say("unknown_speaker" if anybody else "nobody_here"))

    def _object(self, skill: Skill, slot: str, words: str, draft: _Draft) -> str:
        """An id; or the words themselves when no such thing is known yet, or when all of its kind are asked for."""
        known = self._known
        if not known.references.objects(words, known.situation.facts) and not known.references.describe(words).class_name:
            raise _UnplannableError(self._say("unknown_thing", object=known.wording.indefinite(words)))
        fitting = self._sure(words)
        if skill.name == FIND:
            return fitting[0].id if len(fitting) == 1 else words
        if len(fitting) > 1:
            raise _UnplannableError(self._which(fitting), Question(slot, tuple(thing.id for thing in fitting)))
        if not fitting:
            draft.to_find.append(words)
            return words
        return fitting[0].id

    def _sure(self, words: str) -> list[WorldObject]:
        fitting = self._known.references.objects(words, self._known.situation.facts)
        return [thing for thing in fitting if thing.confidence >= self._known.known_confidence]

    def _which(self, things: list[WorldObject]) -> str:
        return self._say("which_one", choices=self._known.wording.choices(things))

    # ------------------------------------------------------------ steps

    def _steps(self, skill: Skill, draft: _Draft, utterance: Utterance) -> list[PlanStep]:
        first = [plan_step(FIND, {"object": words}) for words in draft.to_find]
        steps = list(skill.expand(draft.arguments))
        return first + (self._with_thing_at_hand(steps, draft, utterance) if skill.name == FETCH else steps)

    def _with_thing_at_hand(self, steps: list[PlanStep], draft: _Draft, utterance: Utterance) -> list[PlanStep]:
        """What the robot holds need not be picked; what a person holds is theirs."""
        thing = self._known.situation.object(draft.arguments["object"])
        if thing is None or not thing.held_by:
            return steps
        wording = self._known.wording
        if thing.held_by == ROBOT:
            getting = {plan_step("approach", {"target": thing.id}), plan_step("pick", {"object": thing.id})}
            return [step for step in steps if step not in getting]
        key = "already_has" if thing.held_by == draft.arguments["recipient"] else "other_has"
        has = wording.person_has(thing.held_by, utterance.speaker_id)
        raise _UnplannableError(self._say(key, person_has=capitalised(has), object=wording.the(thing.id)))

    def _say(self, key: str, **fields: str) -> str:
        return self._known.wording.sentence(key, **fields)
