"""Several errands of one plan: each is tried, whatever became of those before, and in the end it is told how all of them went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Composite

from robot_runtime.messages import PlanStep
from robot_runtime.mind.task_run import TaskRun
from robot_runtime.mind.words_of_plan import accounts, not_yet, why_not

if TYPE_CHECKING:
    from robot_runtime.mind.run import Run


class EachInTurn(Composite):
    """Succeeds when all were tried and one worked.

    With a thing in the hand that an errand has left there, the next is not begun: that ends it.
    """

    def __init__(self, run: Run, children: list[Behaviour]) -> None:
        super().__init__("each", children)
        self._run = run
        self._begin()

    def _begin(self) -> None:
        self._at = self._worked = self._refusals = 0
        self._done: list[PlanStep] = []
        self._failed: list[str] = []  # why, in sentences

    def tick(self) -> Iterator[Behaviour]:
        if self.status is not Status.RUNNING:
            self._begin()
        self.status = Status.RUNNING
        while self._at < len(self.children) and not self._hand_is_full():
            child = self.current_child = self.children[self._at]
            yield from child.tick()
            if child.status is Status.RUNNING:
                yield self
                return
            self._note(child)
        tried_all = self._at == len(self.children) and not self._hand_is_full()
        self._run.refused, self._run.explanation = self._refusals == len(self.children), self.account
        self.status = Status.SUCCESS if tried_all and self._worked else Status.FAILURE
        yield self

    @property
    def account(self) -> str:
        """What was done so far, what did not work and why, and what it has not got to; "" when nothing has come of it yet."""
        if not self._at:
            return ""
        services = self._run.services
        ahead = [child.planned.step for child in self.children[self._at :] if isinstance(child, TaskRun)]
        return " ".join([*accounts(self._done, self._run.plan, services), *self._failed, *not_yet(ahead, services)])

    def _hand_is_full(self) -> bool:
        """Of what the errand before has left in it."""
        held, ahead = self._run.services.situation.holding, self.children[self._at :][:1]
        if not held or not self._at or any(child.status is Status.RUNNING for child in ahead):
            return False
        wanted = {argument.value for task in ahead if isinstance(task, TaskRun) for argument in task.planned.step.arguments}
        return held not in wanted

    def _note(self, child: Behaviour) -> None:
        """How the child went; then the next is begun with a clean slate."""
        run, done = self._run, child.status is Status.SUCCESS
        if isinstance(child, TaskRun):
            child.settle(run.explanation)
        if done and isinstance(child, TaskRun):
            self._done.append(child.planned.step)
        elif not done:
            step = child.planned.step if isinstance(child, TaskRun) else None
            self._failed.append(why_not(step, run.explanation, run.services))
        self._at, self._worked, self._refusals = self._at + 1, self._worked + done, self._refusals + run.refused
        run.refused, run.explanation = False, ""
