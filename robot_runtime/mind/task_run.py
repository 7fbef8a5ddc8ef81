"""One task of a plan as a py_trees behaviour: ask the gate for the whole of it, then step by step, then look whether it is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Sequence

from robot_runtime.messages import Plan, PlanStep
from robot_runtime.mind.errand import Errand
from robot_runtime.mind.facts import shows
from robot_runtime.mind.outcome import holds
from robot_runtime.mind.permission import Answer, Permission
from robot_runtime.mind.plan_document import Task
from robot_runtime.mind.step import GatedStep
from robot_runtime.mind.unfolding import unfolded
from robot_runtime.mind.words_of_plan import acceptance, completion

if TYPE_CHECKING:
    from robot_runtime.mind.run import Run


class TaskRun(Behaviour):
    """When a skill gives up and the world now suggests other steps than those that were left, these are tried, twice at most.

    What could not be seen to have worked, what took too long and what was refused is not tried again.
    """

    def __init__(self, run: Run, planned: Task) -> None:
        super().__init__(planned.step.skill)
        self._run = run
        self.planned = planned
        self._errand: Errand | None = None
        self._steps: Sequence | None = None
        self._replans = 0
        self._since_s: float | None = None  # when its steps were done, and it is looked whether the world shows it
        self._resting = False  # paused before its first step
        self._reported = False
        self._told = False  # or will be, by whoever has settled it

    # ------------------------------------------------------------ py_trees

    def initialise(self) -> None:
        if self._run.refused:
            return
        self._steps, self._replans, self._since_s, self._resting, self._reported, self._told = None, 0, None, False, False, False
        self._errand = Errand(self._run.services, self._run.enter(self), self._run.words)

    def update(self) -> Status:
        if self._run.refused:
            return Status.FAILURE
        errand = self._its_errand()
        if self._steps is None:
            if not self._may_start(errand):
                return Status.FAILURE if self._run.refused else Status.RUNNING
            self._start(errand)
        assert self._steps is not None
        if self._since_s is None:
            self._steps.tick_once()
            if self._steps.status is Status.FAILURE:
                return self._failed(errand)
            if self._steps.status is Status.RUNNING:
                return Status.RUNNING
            self._since_s = self._run.services.situation.now_s
        return self._verify(self._since_s)

    def terminate(self, new_status: Status) -> None:
        if new_status is Status.INVALID and self._steps is not None:
            self._steps.stop(Status.INVALID)

    # ------------------------------------------------------------ from the run

    @property
    def goal(self) -> Permission | None:
        return self._errand.goal if self._errand else None

    @property
    def plan(self) -> Plan:
        return self._its_errand().plan

    @property
    def step(self) -> GatedStep | None:
        if self._steps is None or self._steps.status is not Status.RUNNING:
            return None
        current = self._steps.current_child
        return current if isinstance(current, GatedStep) else None

    @property
    def done(self) -> bool:
        return self.status is Status.SUCCESS

    @property
    def is_paused(self) -> bool:
        return self.step.is_paused if self.step else self._resting

    def pause(self, detail: str) -> None:
        if self.step:
            self.step.pause(detail)
        elif self.status is Status.RUNNING and self._run.begun and self._steps is None:
            self._resting = True

    def resume(self) -> None:
        """Ask for everything anew: a stop may have cost the goal its approval, and steps need it."""
        self._resting = False
        if self.goal:
            self.goal.ask_again()
        if self.step:
            self.step.resume()

    @property
    def begun(self) -> bool:
        """Whether its first step was begun."""
        return self._steps is not None

    def completion(self) -> str:
        return "" if self._told else completion(self.plan, self._run.services)

    def settle(self, reason: str) -> None:
        """Report how it ended, and leave it to the caller to say so."""
        self.close("refused" if self._run.refused else "failed", reason)
        self._told = True

    def hand_on(self) -> None:
        """The next task's turn has come: say how this one went."""
        if self._told:
            return
        if self.done:
            sentence = self.completion()
            self.close("succeeded", sentence)
            self._run.say(sentence, "report")
        else:
            sentence, self._run.explanation = self._run.explanation, ""
            self.close("failed", sentence)
            self._run.say(sentence, "report")

    def close(self, phase: str, sentence: str) -> None:
        """Report how it ended, once.  A task that had its success stays one, whatever became of the plan."""
        if not self._reported and self._errand is not None:
            self._reported = True
            self._errand.report(self.plan.id, self.planned.step, "succeeded" if self.done else phase, sentence)

    # ------------------------------------------------------------ stages

    def _may_start(self, errand: Errand) -> bool:
        if self._resting:
            return False
        errand.goal.check_time()
        if errand.goal.answer is Answer.REFUSED:
            self._run.refused, self._run.explanation = True, errand.goal.sentence
        return errand.goal.answer is Answer.GRANTED and self._run.begun

    def _start(self, errand: Errand) -> None:
        errand.report(errand.plan.id, self.planned.step, "running")
        self._run.say(" ".join(filter(None, (self._run.preface, acceptance(errand.plan, self._run.services)))))
        self._run.preface = ""
        self._plan_steps(errand)

    def _plan_steps(self, errand: Errand) -> None:
        steps = unfolded(self.planned.step, self._run.known)
        self._steps = Sequence(self.planned.step.skill, True, [GatedStep(errand, step) for step in steps])

    def _failed(self, errand: Errand) -> Status:
        if errand.refused:
            self._run.refused = True
        elif errand.may_retry and self._replans < self._run.services.config.replans and self._has_another_way():
            self._replans += 1
            again = self._run.services.wording.sentence("another_way")
            self._run.say(f"{errand.explanation} {again}".strip())
            self._plan_steps(errand)
            return Status.RUNNING
        self._run.explanation = errand.explanation
        return Status.FAILURE

    def _has_another_way(self) -> bool:
        return self._left() != unfolded(self.planned.step, self._run.known)

    def _left(self) -> tuple[PlanStep, ...]:
        """The step that failed and those after it."""
        assert self._steps is not None
        steps = [child for child in self._steps.children if isinstance(child, GatedStep)]
        failed = next(k for k, step in enumerate(steps) if step.status is Status.FAILURE)
        return tuple(step.planned for step in steps[failed:])

    def _verify(self, since_s: float) -> Status:
        """What a task has done shows in the world a moment later."""
        if self._is_reached():
            return Status.SUCCESS
        if self._run.services.situation.now_s - since_s < self._run.services.config.verify_s:
            return Status.RUNNING
        self._run.explanation = self._run.services.wording.sentence("unverified")
        return Status.FAILURE

    def _is_reached(self) -> bool:
        errand = self._its_errand()
        skill = self._run.services.catalogue.skills[self.planned.step.skill]
        if skill.steps and not self._promise_holds(errand):
            return False  # of a simple skill its only step has been verified
        return all(shows(fact, self._run.known) for fact in self.planned.expects)

    def _promise_holds(self, errand: Errand) -> bool:
        assert self._steps is not None
        last = self._steps.children[-1]
        assert isinstance(last, GatedStep)
        promise = self._run.services.catalogue.skills[self.planned.step.skill].success_predicate
        return last.context is not None and holds(promise, errand.resolved(self.planned.step), last.context)

    def _its_errand(self) -> Errand:
        assert self._errand is not None, "a task asks before anything else"
        return self._errand
