"""Plans from what somebody said in their own words: several commands, conditions, references, corrections, questions.

Deterministic: the catalogue's phrases, the names of the world, and what was spoken of before.  A sentence that cannot be read to its
end gives no plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.language.language import REFERENCE, Language, language_of, load_language
from robot_runtime.messages import Utterance
from robot_runtime.mind.binding import MEANT, Binder, UnplannableError
from robot_runtime.mind.clauses import Clause, ClauseReader, Part, apart
from robot_runtime.mind.conversation import Turn
from robot_runtime.mind.giving_up import GivingUp
from robot_runtime.mind.known import Known
from robot_runtime.mind.meant import Discourse
from robot_runtime.mind.mentions import Mention, Mentions
from robot_runtime.mind.plan_document import Each, If, Node, PlanDocument, in_order, tasks
from robot_runtime.mind.planner import Answer, Request
from robot_runtime.mind.recall import QUESTIONS, Recall
from robot_runtime.mind.sentence import Command, Correction, SentenceReader, Understood
from robot_runtime.mind.several import Errands, speaks_of_several


class FreeText:
    def __init__(self, known: Known, recall: Recall) -> None:
        self._known = known
        self._recall = recall
        self._reader(load_language(REFERENCE))  # the first time takes longer, and nobody waits yet

    def read(self, request: Request) -> Understood:
        said = request.utterance.free_text or request.utterance.text
        language = language_of(request.utterance.language)
        return self._reader(language).read(said, Mentions(self._known, language)) if said else Understood()

    def _reader(self, language: Language) -> SentenceReader:
        return _reader(self._known.catalogue, language.language)

    def _part(self, text: str, spoken: str) -> Part | None:
        """What was understood of a request with a gap."""
        language = language_of(spoken)
        return self._reader(language).understood_part(text, Mentions(self._known, language))

    def answer(self, request: Request, understood: Understood) -> Answer:
        """A plan, an answer or a question; an empty one when nothing, or only a part, was understood."""
        utterance = request.utterance
        if understood.rest:
            return self._partly(understood, request)
        discourse = discourse_of(request)
        answered = {slot.name.removeprefix(MEANT): slot.value for slot in utterance.slots if slot.name.startswith(MEANT)}
        binder = Binder(self._known, discourse, answered)
        try:
            if understood.correction is not None:
                return self._corrected(understood.correction, request, binder)
            if understood.addition is not None:
                return self._added(understood.addition, request, binder)
            return replace(self._planned(understood.commands, utterance, binder), about=tuple(discourse.things))
        except UnplannableError as problem:
            return Answer(PlanDocument(say=problem.sentence), problem.question)

    # ------------------------------------------------------------ commands

    def _planned(self, commands: Iterable[Command], utterance: Utterance, binder: Binder) -> Answer:
        nodes: list[Node] = []
        replies: list[Answer] = []
        for command in commands:
            first = command.condition if command.condition_first else None
            condition = binder.fact(first) if first else None
            then = self._all(command.clauses, utterance, binder, replies)
            if command.condition and condition is None:
                condition = binder.fact(command.condition)
            otherwise = self._all(command.otherwise, utterance, binder, replies)
            body = in_order(tuple(then))
            if condition is not None and body is not None:
                nodes += [*binder.first_seen(condition), If(condition, body, in_order(tuple(otherwise)))]
            else:
                nodes.extend(then)
        say = " ".join(reply.document.say for reply in replies)
        body = in_order(tuple(nodes))
        if body is None and len(replies) == 1:
            return replies[0]
        return Answer(PlanDocument(body, say))

    def _all(self, clauses: Iterable[Clause], utterance: Utterance, binder: Binder, replies: list[Answer]) -> list[Node]:
        done: list[Node] = []
        for clause in clauses:
            if clause.intent in QUESTIONS:
                replies += [self._asked(one, utterance, binder) for one in apart(clause)]
                continue
            skill = self._known.catalogue.for_intent(clause.intent)
            if skill is None:
                raise UnplannableError("")  # such as "stop", which is no part of a plan
            if speaks_of_several(skill, clause):
                errands, said = Errands(self._known, binder).plan(skill, clause)
                done += [errands] if errands else []
                replies += [Answer(PlanDocument(say=said))] if said else []
            else:
                done += [binder.task(skill, one) for one in apart(clause)]
        return [node for at, node in enumerate(done) if node not in done[max(at - 1, 0) : at]]  # "get it and bring it here" is one

    def _asked(self, clause: Clause, utterance: Utterance, binder: Binder) -> Answer:
        asked = replace(utterance, intent=clause.intent, slots=binder.question_slots(clause))
        return self._recall.answer(asked).as_answer

    # ------------------------------------------------------------ corrections, and what is left over

    def _corrected(self, correction: Correction, request: Request, binder: Binder) -> Answer:
        """The last task of the turn before, with another thing, person or place."""
        before = next((turn.document for turn in reversed(request.turns) if turn.document.body is not None), None)
        last = list(tasks(before.body))[-1] if before else None
        completed = self._completed(correction.mention, request)
        if completed is not None or last is None:
            return completed or Answer()
        skill = self._known.catalogue.skills[last.step.skill]
        kept = {argument.name: argument.value for argument in last.step.arguments}
        mention = correction.mention
        changed = next((name for name, spec in skill.arguments.items() if spec.type in _TYPES.get(mention.kind, ())), None)
        if changed is None:
            return Answer()
        return Answer(PlanDocument(binder.changed_task(skill, kept, changed, mention)))

    def _completed(self, mention: Mention, request: Request) -> Answer | None:
        """The turn before, when it was asked which thing or place was meant in it."""
        turn = request.turns[-1] if request.turns else None
        part = self._part(turn.said, request.utterance.language) if turn and turn.document == PlanDocument() else None
        if part is None:
            return None
        said = f"{part.before} {mention.words} {part.after}"
        again = replace(request, utterance=replace(request.utterance, free_text=said), turns=request.turns[:-1])
        understood = self.read(again)
        return self.answer(again, understood) if understood.commands and not understood.rest else None

    def _added(self, mention: Mention, request: Request, binder: Binder) -> Answer:
        """What the turn before asked for, as far as it is not done yet, and the same with one thing more."""
        before = next((turn.document for turn in reversed(request.turns) if turn.document.body is not None), None)
        given = list(tasks(before.body)) if before else []
        if not given or mention.kind != "object":
            return Answer()
        skill = self._known.catalogue.skills[given[-1].step.skill]
        name = next((name for name, spec in skill.arguments.items() if spec.type == "object"), "")
        if not name:
            return Answer()
        kept = {argument.name: argument.value for argument in given[-1].step.arguments}
        more = binder.changed_task(skill, kept, name, mention)
        ahead = [task for task in given if task.step != more.step and binder.is_open(task)]
        return Answer(PlanDocument(Each((*ahead, more)) if ahead else more))

    def _partly(self, understood: Understood, request: Request) -> Answer:
        """Nothing is done by halves; what was not understood is said, so that it can be said in another way."""
        if not understood.commands:
            part = self._part(request.utterance.free_text or request.utterance.text, request.utterance.language)
            return Answer(heard=self._asked_for(part)) if part else Answer()
        return Answer(PlanDocument(say=self._known.wording.sentence("understood_partly", rest=understood.rest)))

    def _asked_for(self, part: Part) -> str:
        """What was heard, and a question for what is missing."""
        wording = self._known.wording
        places = wording.listing([wording.sentence("the", name=place) for place in self._known.site.places])
        fields = {"words": part.before} | ({"places": places} if part.kind == "place" else {})
        return wording.sentence(f"heard_no_{part.kind}", **fields)


_TYPES: Mapping[str, tuple[str, ...]] = {
    "object": ("object", "target"), "person": ("person",), "place": ("place",), "surface": ("surface",), "door": ("door",),
}  # fmt: skip


def discourse_of(request: Request) -> Discourse:
    """What "it", "him" and "there" may mean as the sentence begins."""
    discourse = Discourse(request.utterance.speaker_id)
    for turn in request.turns:
        _add(turn, discourse, request)
        discourse.together = turn.meant
    return discourse


def _add(turn: Turn, discourse: Discourse, request: Request) -> None:
    discourse.things += turn.meant
    for task in tasks(turn.document.body):
        for argument in task.step.arguments:
            if argument.name == "place":
                discourse.places.append(argument.value)
            elif argument.name in ("person", "recipient") and argument.value != request.utterance.speaker_id:
                discourse.people.append(argument.value)


@lru_cache(maxsize=8)
def _reader(catalogue: Catalogue, language: str) -> SentenceReader:
    """Compiled when a language is first spoken."""
    spoken = load_language(language)
    return SentenceReader(ClauseReader(catalogue, spoken), GivingUp(catalogue, spoken))
