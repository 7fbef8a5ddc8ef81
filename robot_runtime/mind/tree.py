"""Nodes of a plan's tree beside its tasks: a condition, and something that is said meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Composite
from py_trees.decorators import Decorator

from robot_runtime.mind.facts import shows
from robot_runtime.mind.known import Known
from robot_runtime.mind.plan_document import Fact
from robot_runtime.mind.words_of_fact import leaving_it, not_knowing


class _Run(Protocol):
    explanation: str

    @property
    def begun(self) -> bool: ...
    @property
    def known(self) -> Known: ...
    def say(self, text: str, purpose: str = "notice") -> None: ...


class Condition(Composite):
    """Decides once, when its turn comes.  A fact that nobody knows makes it fail: neither side was asked for then."""

    def __init__(self, run: _Run, fact: Fact, then: Behaviour, otherwise: Behaviour | None) -> None:
        super().__init__(f"if {fact.name}", [then, *([otherwise] if otherwise else [])])
        self._run = run
        self._fact = fact
        self._chosen: Behaviour | None = None

    def tick(self) -> Iterator[Behaviour]:
        if self.status is not Status.RUNNING:
            self.status = self._decide()
        if self.status is Status.RUNNING and self._chosen is not None:
            yield from self._chosen.tick()
            self.status = self._chosen.status
        self.current_child = self._chosen
        yield self

    def _decide(self) -> Status:
        so = shows(self._fact, self._run.known)
        self._chosen = self.children[0] if so else self.children[1] if so is False and len(self.children) > 1 else None
        if self._chosen is not None:
            return Status.RUNNING
        self._run.explanation = (not_knowing if so is None else leaving_it)(self._fact, self._run.known)
        return Status.FAILURE if so is None else Status.SUCCESS


class Speaking(Decorator):
    """Says something as its part begins to move, and does not wait for the sentence to end."""

    def __init__(self, run: _Run, text: str, during: Behaviour) -> None:
        super().__init__("saying", during)
        self._run = run
        self._text = text
        self._said = False

    def initialise(self) -> None:
        self._said = False

    def update(self) -> Status:
        if self._run.begun and not self._said and self.decorated.status is Status.RUNNING:
            self._said = True
            self._run.say(self._text)
        return self.decorated.status
