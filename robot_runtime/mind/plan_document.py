"""The one form of a plan, whatever planner made it: tasks, their order, their conditions, and what is said meanwhile.

A document is a small tree.  Its leaves are tasks: one skill of the catalogue with its arguments, simple or composed.  Each task
passes the gate as a whole before its first step starts, and each of its steps passes the gate once more when its turn comes.  What a
task promises is looked up in the world afterwards; see ``robot_runtime/mind/outcome.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from robot_runtime.messages import Argument, PlanStep

DEPTH = 3
"""How deep a plan may nest: a condition around a sequence of tasks that are spoken over.  Nobody asks for more in a breath."""

MOST_PARTS = 6
"""Parts of one sequence, fallback or round of errands."""

LONGEST_TEXT = 300
"""Characters of one thing that is said, as in the schema."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the world shows or does not, such as ``thing_on(object=red_cup, surface=kitchen table)``."""

    name: str  # one of robot_runtime.mind.facts.FACTS
    arguments: tuple[Argument, ...]
    wanted: bool = True  # False: the opposite is asked for

    def value(self, name: str) -> str:
        return next((argument.value for argument in self.arguments if argument.name == name), "")


@dataclass(frozen=True, slots=True)
class Task:
    """One skill.  ``expects`` is what the world must show afterwards beside what the skill's manifest promises."""

    step: PlanStep
    expects: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class InOrder:
    """One after another; the first that fails ends it."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """Every one on its own: what fails or is refused does not keep the others from being tried.  How all went is told in the end."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class FirstThatWorks:
    """The next is tried when one has failed.  What a person or the gate refuses is not tried in another way."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If:
    """Looked up when its turn comes, not when the plan is made.  What nobody knows counts as neither so nor otherwise."""

    fact: Fact
    then: Node
    otherwise: Node | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """Something said while a part goes on; the part does not wait for it."""

    text: str
    during: Node


Node = Task | InOrder | Each | FirstThatWorks | If | Saying
LISTS = (InOrder, Each, FirstThatWorks)


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """What a planner makes of an utterance: something to do, something to say, or both."""

    body: Node | None = None  # None when there is nothing to do
    say: str = ""  # an answer, a question or an explanation; "" when the plan speaks by its steps


def tasks(node: Node | None) -> Iterator[Task]:
    """All tasks of a tree, in the order in which they would come if everything works and every condition holds."""
    if isinstance(node, Task):
        yield node
    elif node is not None:
        for part in parts(node):
            yield from tasks(part)


def facts(node: Node | None) -> Iterator[Fact]:
    """All facts that a tree speaks of, conditions and expectations."""
    if isinstance(node, Task):
        yield from node.expects
    elif node is not None:
        if isinstance(node, If):
            yield node.fact
        for part in parts(node):
            yield from facts(part)


def parts(node: Node) -> tuple[Node, ...]:
    """What stands directly below a node."""
    if isinstance(node, LISTS):
        return node.parts
    if isinstance(node, If):
        return (node.then,) if node.otherwise is None else (node.then, node.otherwise)
    return (node.during,) if isinstance(node, Saying) else ()


def depth(node: Node) -> int:
    """1 for a task."""
    return 1 + max((depth(part) for part in parts(node)), default=0)


def in_order(nodes: tuple[Node, ...]) -> Node | None:
    """Several nodes as one; a single one stays itself.

    >>> in_order(()) is None
    True
    """
    return InOrder(nodes) if len(nodes) > 1 else nodes[0] if nodes else None
