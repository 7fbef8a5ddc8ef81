"""One plan that is being carried out: a py_trees sequence of gated steps."""

from __future__ import annotations

from py_trees.common import Status
from py_trees.composites import Sequence

from robot_runtime.messages import ActionVerdict, Plan, Utterance
from robot_runtime.mind.errand import Errand
from robot_runtime.mind.outcome import holds
from robot_runtime.mind.permission import Answer
from robot_runtime.mind.services import Services
from robot_runtime.mind.step import GatedStep


class Run(Errand):
    """Its steps are proposed each in its turn."""

    def __init__(self, services: Services, plan: Plan, words: str) -> None:
        super().__init__(services, plan, words)
        self._tree: Sequence = Sequence(plan.goal.skill, memory=True, children=[GatedStep(self, step) for step in plan.steps])

    @property
    def step(self) -> GatedStep | None:
        """The step that is under way."""
        current = self._tree.current_child
        return current if isinstance(current, GatedStep) and self._tree.status is Status.RUNNING else None

    def hear(self, verdict: ActionVerdict) -> None:
        self.goal.hear(verdict)
        if self.step and self.step.permission:
            self.step.permission.hear(verdict)

    def decide(self, yes: bool, said: Utterance) -> bool:
        """A person's yes or no; False when this run did not ask for one."""
        step = self.step.permission if self.step else None
        return self.goal.decide(yes, said) or (step is not None and step.decide(yes, said))

    @property
    def asking(self) -> bool:
        """Whether a person's yes or no is waited for."""
        step = self.step.permission if self.step else None
        return Answer.ASKING in (self.goal.answer, step.answer if step else None)

    def tick(self) -> Status:
        """One more piece of the plan."""
        self._tree.tick_once()
        if self._tree.status is Status.SUCCESS and not self._goal_is_reached():
            self.explanation = self.services.wording.sentence("unverified")
            return Status.FAILURE
        return self._tree.status

    def cancel(self) -> None:
        """Give it up; a question that is open is over."""
        for permission in (self.goal, self.step.permission if self.step else None):
            if permission is not None:
                permission.drop()
        self._tree.stop(Status.INVALID)

    def _goal_is_reached(self) -> bool:
        skill = self.services.catalogue.skills[self.plan.goal.skill]
        if not skill.steps:
            return True  # its only step is itself, or the last one, and was verified
        step = self._tree.children[-1]
        assert isinstance(step, GatedStep)
        arguments = self.resolved(self.plan.goal)
        return step.context is not None and holds(skill.success_predicate, arguments, step.context)
