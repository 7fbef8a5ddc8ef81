"""Calls of skills: which skill, with which kinds of argument, from and to whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from safety.analysis.notation import AnalysisError, Fragment
from safety.case import Case
from safety.conditions import Example
from safety.context import Context, case_of
from safety.examples import example_case
from safety.ontology import Ontology
from safety.rules import Rules, SkillEntry
from safety.types import AgeGroup, Argument, Person, ProposedAction, RobotPose

PARTS = ("object", "target", "recipient", "person")
"""Fields of a case that a call has or has not."""

THING = "thing"
"""Stands for any object."""

WORSE = {
    AgeGroup.ADULT: (AgeGroup.ELDERLY, AgeGroup.CHILD),
    AgeGroup.ELDERLY: (AgeGroup.UNKNOWN,),
    AgeGroup.CHILD: (AgeGroup.UNKNOWN,),
    AgeGroup.UNKNOWN: (),
}
"""Who needs at least as much care: somebody of unknown age may be anybody; child and elderly are not ordered."""


@dataclass(frozen=True, slots=True)
class Call:
    """One skill with one kind of somebody in it; all things in it are left open."""

    skill: str
    parts: frozenset[str]  # of PARTS; also "things", "destination" and "text"
    group: AgeGroup | None = None  # of who gets the thing, or is approached
    stranger: bool = False
    authorised: bool = True
    attentive: bool = True

    @property
    def fragment(self) -> Fragment:
        """As in an example; things are for other facets to put in their places."""
        fragment: dict[str, Any] = {"skill": self.skill, **{part: THING for part in ("object", "target") if part in self.parts}}
        roles = [role for role in ("recipient", "person") if role in self.parts]
        if self.group is not None:
            fragment |= dict.fromkeys(roles, self.group.value)
            if self.stranger:
                fragment["stranger"] = True
            if not self.authorised:
                fragment["unauthorised"] = roles
            if not self.attentive:
                fragment["inattentive"] = roles
        return fragment

    def worse(self) -> Iterator[Call]:
        """The same with somebody who needs at least as much care; not every one of them need exist."""
        if self.group is not None:
            yield from (replace(self, group=group) for group in WORSE[self.group])
            yield from (replace(self, stranger=True), replace(self, authorised=False), replace(self, attentive=False))


Shape = tuple[str, frozenset[str]]


def shape(call: Call) -> Shape:
    """What the closed list decides of a call: the skill, and its arguments.  Who is approached is not an argument of its own."""
    return call.skill, call.parts - {"person"}


def all_calls(files: Sequence[Rules], ontology: Ontology) -> tuple[Call, ...]:
    """The calls of several files.  Where only some of them approach somebody, the case of the others just leaves the person out.

    :raises AnalysisError: see ``calls``
    """
    every = dict.fromkeys(call for rules in files for call in calls(rules, ontology))
    approaching = {shape(call) for call in every if "person" in call.parts}
    return tuple(call for call in every if "person" in call.parts or shape(call) not in approaching)


def calls(rules: Rules, ontology: Ontology) -> Iterator[Call]:
    """Every kind of call that the closed list of skills admits.

    :raises AnalysisError: the notation of examples describes another case than the gate would build
    """
    for name, entry in rules.skills.items():
        for parts in dict.fromkeys(_shapes(name, entry, rules, ontology)):
            for call in _somebody(Call(name, parts)):
                _check(call, rules, ontology)
                yield call


def _somebody(call: Call) -> Iterator[Call]:
    if not call.parts & {"recipient", "person"}:
        yield call
        return
    for group, stranger, authorised, attentive in product(WORSE, (False, True), (True, False), (True, False)):
        yield replace(call, group=group, stranger=stranger, authorised=authorised, attentive=attentive)


def _shapes(name: str, entry: SkillEntry, rules: Rules, ontology: Ontology) -> Iterator[frozenset[str]]:
    """Which parts the gate gives the case of a call, for every way to fill its arguments with things and people."""
    targets = [argument for argument, role in entry.arguments.items() if role == "target"]
    roles = set(entry.arguments.values())
    for kinds in product((THING, "somebody"), repeat=len(targets)):
        case = _built(name, entry, dict(zip(targets, kinds, strict=True)), rules, ontology)
        parts = {part for part in PARTS if getattr(case, part) is not None}
        if parts & {"object", "target"}:
            parts.add("things")
        yield frozenset(parts | ({"destination"} if "place" in roles else set()) | ({"text"} if "text" in roles else set()))


def _built(name: str, entry: SkillEntry, targets: dict[str, str], rules: Rules, ontology: Ontology) -> Case:
    """The case that the gate itself makes of a call."""
    values = {"object": THING, "person": "somebody", "place": "somewhere", "text": "something", "amount": "a minute"}
    arguments = tuple(Argument(argument, targets.get(argument) or values[role]) for argument, role in entry.arguments.items())
    action = ProposedAction(0.0, "a", "", name, arguments, "", "", "asker")
    people = tuple(_person(who) for who in ("somebody", "asker"))
    context = Context(hour=12.0, pose=RobotPose(0.0, 0.0, 0.0, 0.0, 0.0), people=people)
    return case_of(action, entry, context, ontology, rules.parameters)


def _person(who: str) -> Person:
    origin = (0.0, 0.0, 0.0)
    return Person(who, who, AgeGroup.ADULT.value, 1.0, origin, origin, 0.0, True, False, True, 0.0)


def _check(call: Call, rules: Rules, ontology: Ontology) -> None:
    case = example_case(Example.model_validate(call.fragment), rules, ontology)
    parts = {part for part in PARTS if getattr(case, part) is not None}
    if parts != call.parts & set(PARTS):
        raise AnalysisError(f"skill '{call.skill}': an example has {sorted(parts)}, the gate's case {sorted(call.parts & set(PARTS))}")
