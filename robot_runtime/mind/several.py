"""Sentences about several things at once, "the cups", "everything": one errand for each thing that is meant."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from robot_runtime.act.catalogue import Skill
from robot_runtime.messages import WorldObject
from robot_runtime.mind.belonging import surface_for
from robot_runtime.mind.binding import Binder, UnplannableError
from robot_runtime.mind.clauses import Clause, apart
from robot_runtime.mind.known import Known
from robot_runtime.mind.meant import place_meant, things_meant
from robot_runtime.mind.mentions import ALL, EVERYTHING, Mention
from robot_runtime.mind.plan_document import MOST_PARTS, Each, Node, Task
from robot_runtime.mind.unfolding import FIND
from robot_runtime.world.objects import ROBOT


def speaks_of_several(skill: Skill, clause: Clause) -> bool:
    """Whether it is to be done with each of several things.  A look for "the cups" finds all at once."""
    slot = _slot(skill)
    if not slot or skill.name == FIND:
        return False
    mention = clause.mentions.get(slot)
    return _puts(skill) if mention is None else mention.article == ALL or bool(mention.also)


class Errands:
    """Plans them.  What cannot be planned for one thing does not keep the others from being done, and is said."""

    def __init__(self, known: Known, binder: Binder) -> None:
        self._known = known
        self._binder = binder

    def plan(self, skill: Skill, clause: Clause) -> tuple[Node | None, str]:
        """The errands, None when there is nothing to do; and what is to be said before.

        :raises UnplannableError: nothing is known of what is meant
        """
        found = [self._planned(skill, one) for one in apart(self._with_things(skill, clause))]
        tasks = [task for some, _ in found for task in some]
        said = [text for _, some in found for text in some]
        if len(tasks) > MOST_PARTS:
            said.append(self._say("errands_bounded", number=self._known.wording.number(MOST_PARTS)))
        if not tasks and not said:
            said.append(self._say("nothing_to_put_away"))
        parts = tuple(tasks[:MOST_PARTS])
        return Each(parts) if len(parts) > 1 else parts[0] if parts else None, " ".join(dict.fromkeys(said))

    def _planned(self, skill: Skill, clause: Clause) -> tuple[list[Task], list[str]]:
        """The tasks for one mention, and what is in the way of others."""
        mention = clause.mentions[_slot(skill)]
        if mention.article != ALL:
            try:
                return [self._binder.task(skill, clause)], []
            except UnplannableError as problem:
                if problem.question:
                    raise
                return [], [problem.sentence]
        things = sorted(self._meant(mention), key=self._order)
        if not things and mention.pronoun != EVERYTHING.pronoun:
            return [self._binder.task(skill, clause)], []  # it looks for one of them first
        homeless = [thing for thing in things if _puts(skill) and not _where_to(clause) and not surface_for(thing.id, self._known)]
        tasks, problems = self._tasks(skill, clause, (thing for thing in things if thing not in homeless))
        said = list(problems) if mention.named or not tasks else []
        if homeless:
            said.append(self._say("belong_unknown" if len(homeless) > 1 else "belongs_unknown", object=self._listed(homeless)))
        return tasks, said

    def _with_things(self, skill: Skill, clause: Clause) -> Clause:
        """Who says "tidy up" means what is here, and with a room what is there."""
        slot = _slot(skill)
        if slot in clause.mentions:
            return clause
        here = self._known.situation.facts.robot_place
        where = clause.mentions.get("place") or (Mention("place", here, named=here) if here else None)
        if where is not None and where.pronoun:
            where = replace(where, named=place_meant(where, self._binder.discourse) or here)
        return replace(clause, mentions={slot: replace(EVERYTHING, where=where)})

    def _meant(self, mention: Mention) -> list[WorldObject]:
        """Of everything what people hold is theirs; of the cups it is said who has one."""
        things = things_meant(mention, self._known, self._binder.discourse)
        return things if mention.named else [thing for thing in things if thing.held_by in ("", ROBOT)]

    def _tasks(self, skill: Skill, clause: Clause, things: Iterable[WorldObject]) -> tuple[list[Task], list[str]]:
        tasks: list[Task] = []
        problems: dict[str, None] = {}  # each said once
        for thing in things:
            one = Mention("object", thing.name, named=thing.id)
            try:
                tasks.append(self._binder.task(skill, replace(clause, mentions={**clause.mentions, _slot(skill): one})))
            except UnplannableError as problem:
                problems[problem.sentence] = None
        return tasks, list(problems)

    def _order(self, thing: WorldObject) -> tuple[bool, float]:
        """What is in the hand first, then the nearest."""
        pose = self._known.situation.pose
        return thing.held_by != ROBOT, math.dist(thing.position_m[:2], (pose.x_m, pose.y_m)) if pose else 0.0

    def _listed(self, things: Iterable[WorldObject]) -> str:
        return self._known.wording.listing(list(dict.fromkeys(self._known.wording.the(thing.id) for thing in things)))

    def _say(self, key: str, **fields: str) -> str:
        return self._known.wording.sentence(key, **fields)


def _slot(skill: Skill) -> str:
    """That of what is fetched or put, "" of a skill without such a thing."""
    return next((spec.slot or name for name, spec in skill.arguments.items() if spec.type == "object"), "")


def _puts(skill: Skill) -> bool:
    return any(spec.type == "surface" for spec in skill.arguments.values())


def _where_to(clause: Clause) -> bool:
    return bool({"surface", "place"} & set(clause.mentions))
