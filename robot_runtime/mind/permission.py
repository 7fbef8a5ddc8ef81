"""Asking the gate: one action, from its proposal to what the gate says of it, first and later."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from robot_runtime.messages import ActionStatus, ActionVerdict, Plan, PlanStep, ProposedAction, Verdict
from robot_runtime.mind.services import Services


class Answer(Enum):
    WAITING = "waiting"  # for the gate
    ASKING = "asking"  # a person, because the gate wants it confirmed
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # granted once, and not any more


class Permission:
    """Proposes on construction.  :meth:`hear` takes the gate's verdicts, :meth:`decide` the person's yes or no."""

    def __init__(self, services: Services, plan: Plan, step: PlanStep, words: str, utterance_id: str, new_id: Callable[[], str]) -> None:
        self._services = services
        self._plan = plan
        self._step = step
        self._new_id = new_id
        self._until_s = math.inf
        self._confirmed = False
        self.answer = Answer.WAITING
        self.sentence = ""  # what to say of a refusal
        self.max_speed_mps = math.inf
        self.action_id = ""
        self._propose(words, utterance_id)

    def hear(self, verdict: ActionVerdict) -> None:
        """One verdict of the gate; those on other actions are none of its business."""
        if verdict.action_id != self.action_id or self.answer in (Answer.REFUSED, Answer.WITHDRAWN):
            return
        judged = Verdict(verdict.verdict)
        if judged <= Verdict.LIMIT and self.answer in (Answer.WAITING, Answer.GRANTED):
            if self.answer is Answer.WAITING and verdict.say:  # a warning, such as that the thing is sharp
                self._services.say(verdict.say, self._plan.requester_id, "notice", self.action_id)
            self.answer = Answer.GRANTED
            self.max_speed_mps = 0.0 if math.isnan(verdict.max_speed_mps) else verdict.max_speed_mps
        elif self.answer is Answer.GRANTED:
            self._end(Answer.WITHDRAWN, verdict.say or self._say("withdrawn"))
        elif judged is Verdict.CONFIRM and not self._confirmed:
            self._ask(verdict.say or self._say("confirm_first"))
        else:
            self._end(Answer.REFUSED, verdict.say or self._say("cannot_confirm" if judged is Verdict.CONFIRM else "refused"))

    def decide(self, yes: bool, person_id: str, utterance_id: str, words: str) -> bool:
        """A person's answer; False when none is asked for."""
        if self.answer is not Answer.ASKING:
            return False
        if not yes:
            self._end(Answer.REFUSED, self._say("leave_it"))
        elif not self._services.is_grown_up(person_id):
            self._services.say(self._say("only_adult_confirms"), person_id, "refusal", self.action_id)
        else:
            self._confirmed = True
            self._propose(words, utterance_id)
        return True

    def ask_again(self) -> None:
        """Propose the same once more, as after a stop: what was granted before does not count any more."""
        self.answer = Answer.WAITING
        self._until_s = self._services.situation.now_s + self._services.config.verdict_timeout_s
        self._publish()

    def check_time(self) -> None:
        """Silence is not a yes, neither the gate's nor the person's; a yes is renewed before it expires."""
        now_s = self._services.situation.now_s
        if self.answer is Answer.GRANTED and now_s - self._proposed_s >= self._services.config.renew_s:
            self._publish()
        if now_s < self._until_s:
            return
        if self.answer is Answer.WAITING:
            self._end(Answer.REFUSED, self._say("no_answer"))
        elif self.answer is Answer.ASKING:
            self._end(Answer.REFUSED, self._say("not_confirmed"))

    def _propose(self, words: str, utterance_id: str) -> None:
        now_s = self._services.situation.now_s
        step, plan = self._step, self._plan
        self.action_id = self._new_id()
        self.answer = Answer.WAITING
        self._until_s = now_s + self._services.config.verdict_timeout_s
        self._action = ProposedAction(now_s, self.action_id, plan.id, step.skill, step.arguments, utterance_id, words, plan.requester_id)
        self._publish()
        self._services.outbox.append(("action/status", ActionStatus(now_s, self.action_id, plan.id, step.skill, "proposed", "")))

    def _publish(self) -> None:
        self._proposed_s = self._services.situation.now_s
        self._services.outbox.append(("action/proposed", replace(self._action, stamp_s=self._proposed_s)))

    def _ask(self, question: str) -> None:
        self.answer = Answer.ASKING
        self._until_s = self._services.situation.now_s + self._services.config.confirm_timeout_s
        self._services.say(question, self._plan.requester_id, "question", self.action_id)

    def _end(self, answer: Answer, sentence: str) -> None:
        self.answer, self.sentence, self._until_s = answer, sentence, math.inf

    def _say(self, key: str) -> str:
        return self._services.wording.sentence(key)
