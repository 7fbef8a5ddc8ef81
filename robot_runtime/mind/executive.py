"""Carries out plans: each task passes the gate first, then each of its steps; stops pause, people's words cancel or replace.

A new plan does not disturb the running one until the gate has allowed its first task; then it takes its place.  While a stop is
latched nothing is proposed.  A paused step begins anew, with a new proposal, when a person says to go on: lifting the stop by
itself does not start motion (ISO 13850: a reset shall not restart).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from py_trees.common import Status

from robot_runtime.messages import ActionVerdict, Plan, SafetyMode, Utterance
from robot_runtime.mind.permission import Answer, Permission
from robot_runtime.mind.plan_document import PlanDocument
from robot_runtime.mind.run import Run
from robot_runtime.mind.services import Services
from robot_runtime.mind.still import Courtesy


class Resumed(Enum):
    """What came of a wish to go on."""

    GOING_ON = "going on"
    NOTHING = "nothing was interrupted"


class Executive:
    """One plan at a time.

    :param make_way: called before a plan begins, so that what else moves the robot leaves off
    """

    def __init__(self, services: Services, make_way: Callable[[], None] = lambda: None) -> None:
        self._services = services
        self._make_way = make_way
        self._run: Run | None = None
        self._candidate: Run | None = None
        self._courtesy = Courtesy(services)
        self._gate_restarted = False
        self._withdrawn_s: float | None = None  # when the gate took back what is being done
        self._goal_asked = False  # halted while a person is asked about the goal of what is being done

    @property
    def busy(self) -> bool:
        """Whether a plan is under way or paused."""
        return self._run is not None

    @property
    def asking(self) -> bool:
        """Whether a person's yes or no to a question of the gate is waited for."""
        return any(run.asking for run in (self._candidate, self._run) if run)

    @property
    def considers(self) -> bool:
        """Whether a plan waits for the first word of the gate."""
        return self._candidate is not None

    @property
    def paused(self) -> bool:
        return self._run is not None and self._run.is_paused and self._withdrawn_s is None and not self._goal_asked

    # ------------------------------------------------------------ what comes in

    def submit(self, plan: Plan, document: PlanDocument, words: str) -> None:
        """Propose a plan's first task; a plan that still waits for its own task's verdict is dropped."""
        self._drop_candidate()
        self._candidate = Run(self._services, plan, document, words)

    def hear(self, verdict: ActionVerdict) -> None:
        for run in (self._run, self._candidate):
            if run is not None:
                run.hear(verdict)

    def decide(self, yes: bool, said: Utterance) -> bool:
        """A person's yes or no; False when nothing was asked."""
        return any(run.decide(yes, said) for run in (self._candidate, self._run) if run)

    def pause(self, detail: str) -> None:
        """Halt what is being done until :meth:`resume`."""
        self._gate_restarted = self._goal_asked = False  # what a person or a stop has paused does not go on by itself
        self._drop_candidate()
        if self._run:
            account = "" if self._run.is_paused else self._run.account
            self._run.pause(detail)
            self._say(self._run, account, "report")

    def resume(self) -> Resumed:
        """Go on with what was paused."""
        if not self.paused or self._run is None:
            return Resumed.NOTHING
        self._run.resume()
        return Resumed.GOING_ON

    def cancel(self) -> str | None:
        """Give up what is being done.  What is to be told of several errands of which some are done; None when there was nothing."""
        was_busy, account = self._run is not None or self._candidate is not None, self._account
        self._drop_candidate()
        self._end("cancelled", "")
        return account if was_busy else None

    # ------------------------------------------------------------ the step

    def tick(self) -> None:
        if self._services.situation.latched:
            self._withdrawn_s = None  # the stop was the reason
            self.pause("stop")
            return
        self._tick_candidate()
        if self._wait_for_gate():
            return
        if self._goal_refused() or self._goal_is_asked() or self._settle_withdrawal() or self._run is None:
            return
        self._services.tongues.turn_to(self._run.plan.requester_id)
        self._courtesy.tick(self._run)
        status = self._run.tick()
        if status is Status.SUCCESS:
            self._end("succeeded", self._run.completion, "report")
        elif status is Status.FAILURE:
            self._end("failed", self._with_what_is_held(self._run.explanation), "report")

    def _tick_candidate(self) -> None:
        candidate = self._candidate
        if candidate is None:
            return
        self._services.tongues.turn_to(candidate.plan.requester_id)
        candidate.tick()
        if candidate.is_over:  # refused, or no condition of it holds: what is being done goes on
            self._candidate = None
            candidate.close("refused", candidate.explanation)
            self._say(candidate, candidate.explanation, "refusal" if candidate.refused else "answer")
        elif candidate.answer is Answer.GRANTED:
            self._candidate = None
            self._replace_by(candidate)

    def _replace_by(self, run: Run) -> None:
        held = self._services.situation.holding if self._run else ""
        account = self._run.account if self._run else ""
        self._end("cancelled", "")
        self._make_way()
        self._run = run
        about_it = held in {argument.value for argument in run.plan.goal.arguments}
        run.begin(preface=f"{account} {self._still_holding() if held and not about_it else ''}".strip())

    def _wait_for_gate(self) -> bool:
        """A gate that starts again knows no approval any more: ask for everything anew once it is up.  True while waiting."""
        starting = self._services.situation.mode == SafetyMode.STARTING.value
        if starting and self._run is not None and not self.paused:
            self._run.pause("the gate starts")
            self._gate_restarted = self._run.is_paused
        elif not starting and self._gate_restarted:
            self._gate_restarted = False
            self.resume()
        return starting

    def _settle_withdrawal(self) -> bool:
        """Halt at once when the gate takes something back; give up unless a stop shows up as its reason.  True while at it."""
        lost = self._withdrawn_permission()
        if lost is None or self._run is None:
            return False
        now_s = self._services.situation.now_s
        if self._withdrawn_s is None:
            self._withdrawn_s = now_s
            self._run.pause("withdrawn")
        elif now_s - self._withdrawn_s >= self._services.config.withdrawn_settle_s:
            self._withdrawn_s = None
            self._end("refused", self._with_what_is_held(lost.sentence), "refusal")
        return True

    def _goal_refused(self) -> bool:
        """Whether the goal, asked for again after a pause, was not granted any more; ends the run then."""
        goal = self._run.goal if self._run else None
        if goal is None or self.paused:
            return False
        goal.check_time()
        if goal.answer is not Answer.REFUSED or (self._run and self._run.may_skip):
            return False
        self._end("refused", self._with_what_is_held(goal.sentence), "refusal")
        return True

    def _goal_is_asked(self) -> bool:
        """Halt while the gate asks a person about the goal, as things have changed; after the yes the step begins anew.

        The gate takes the steps back meanwhile: that is no reason to give up.
        """
        run = self._run
        if run is None or self.paused:
            return False
        step = run.step
        if run.answer is Answer.ASKING:
            self._goal_asked, self._withdrawn_s = True, None
            if step:
                step.pause("to be confirmed")
        elif self._goal_asked and run.answer in (Answer.GRANTED, Answer.REFUSED):
            self._goal_asked = False
            if step:
                step.resume()
        return self._goal_asked

    def _withdrawn_permission(self) -> Permission | None:
        if self.paused:
            return None  # it asks for everything again when it goes on
        step = self._run.step if self._run else None
        permissions = (self._run.goal if self._run else None, step.permission if step else None)
        return next((p for p in permissions if p is not None and p.answer is Answer.WITHDRAWN), None)

    # ------------------------------------------------------------ ends

    def _end(self, phase: str, sentence: str, purpose: str = "report") -> None:
        run, self._run, self._goal_asked = self._run, None, False
        if run is not None:
            run.close(phase, sentence)
            self._say(run, sentence, purpose)

    def _drop_candidate(self) -> None:
        candidate, self._candidate = self._candidate, None
        if candidate is not None:
            candidate.close("cancelled")

    def _say(self, run: Run, text: str, purpose: str) -> None:
        self._services.say(text, run.plan.requester_id, purpose, run.plan.id)

    @property
    def _account(self) -> str:
        """How far several errands are."""
        account = self._run.account if self._run else ""
        return f"{account} {self._still_holding()}" if account and self._services.situation.holding else account

    def _with_what_is_held(self, sentence: str) -> str:
        """A failure leaves the robot with the thing in its hand: better said than discovered."""
        if not sentence:
            return sentence
        account = self._run.account if self._run else ""
        held = self._still_holding() if self._services.situation.holding else ""
        return " ".join(filter(None, (sentence, account, held)))

    def _still_holding(self) -> str:
        wording = self._services.wording
        return wording.sentence("still_holding", object=wording.the(self._services.situation.holding))
