"""Asking the gate: one action, from its proposal to what the gate says of it, first and later."""

from __future__ import annotations

import math
from dataclasses import replace
from enum import Enum

from robot_runtime.messages import ActionStatus, ActionVerdict, Confirmation, Plan, PlanStep, ProposedAction, Utterance, Verdict
from robot_runtime.mind.services import Services


class Answer(Enum):
    WAITING = "waiting"  # for the gate
    ASKING = "asking"  # a person, because the gate wants it confirmed
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # granted once, and not any more


class Permission:
    """Proposes on construction.  :meth:`hear` takes the gate's verdicts, :meth:`decide` the person's yes or no.

    What the gate wants confirmed is asked aloud.  The answer goes to the gate, which alone decides whether that person may say
    yes; it answers with a verdict.  The gate may ask that of something granted, too, when things have changed: it then rests.
    """

    def __init__(self, services: Services, plan: Plan, step: PlanStep, words: str, utterance_id: str, action_id: str) -> None:
        self._services = services
        self._plan = plan
        self._step = step
        self._until_s = math.inf
        self._question_id = ""
        self.answer = Answer.WAITING
        self.sentence = ""  # what to say of a refusal
        self.max_speed_mps = math.inf
        self.action_id = action_id
        self._propose(words, utterance_id)

    def hear(self, verdict: ActionVerdict) -> None:
        """One verdict of the gate; those on other actions are none of its business."""
        if verdict.action_id != self.action_id or self.answer in (Answer.REFUSED, Answer.WITHDRAWN):
            return
        judged = Verdict(verdict.verdict)
        self._services.quote(verdict.say)
        if judged <= Verdict.LIMIT:
            if self.answer is not Answer.GRANTED and verdict.say:  # a warning, such as that the thing is sharp
                self._services.say(verdict.say, self._plan.requester_id, "notice", self.action_id)
            self.answer = Answer.GRANTED
            self._until_s = math.inf
            self.max_speed_mps = 0.0 if math.isnan(verdict.max_speed_mps) else verdict.max_speed_mps
        elif judged is Verdict.CONFIRM and verdict.confirmation_id:
            self._ask(verdict)
        elif self.answer is Answer.GRANTED:
            why = "" if judged is Verdict.CONFIRM else verdict.say  # what asks nothing explains nothing
            self._end(Answer.WITHDRAWN, why or self._say("withdrawn"))
        else:
            self._end(Answer.REFUSED, verdict.say or self._say(self._why_refused()))

    def decide(self, yes: bool, said: Utterance) -> bool:
        """A person's answer; False when none is asked for.

        A yes is as old as its words, so that the gate takes none that was said before it asked; a no counts whenever it was said.
        """
        return self._decide(yes, said.end_s if yes else self._services.situation.now_s, said.speaker_id, said.id)

    def _decide(self, yes: bool, stamp_s: float, person_id: str, utterance_id: str) -> bool:
        if self.answer is not Answer.ASKING:
            return False
        answer = Confirmation(stamp_s, self._question_id, yes, person_id, utterance_id)
        self._services.outbox.append(("action/confirmation", answer))
        if not yes:
            self._end(Answer.REFUSED, self._say("leave_it"))
        return True

    def drop(self) -> None:
        """It is not wanted any more: a question that is open is over, which the gate takes for a no."""
        self._decide(False, self._services.situation.now_s, "", "")

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
        self.answer = Answer.WAITING
        self._until_s = now_s + self._services.config.verdict_timeout_s
        self._action = ProposedAction(now_s, self.action_id, plan.id, step.skill, step.arguments, utterance_id, words, plan.requester_id)
        self._publish()
        self._services.outbox.append(("action/status", ActionStatus(now_s, self.action_id, plan.id, step.skill, "proposed", "")))

    def _publish(self) -> None:
        self._proposed_s = self._services.situation.now_s
        self._services.outbox.append(("action/proposed", replace(self._action, stamp_s=self._proposed_s)))

    def _ask(self, verdict: ActionVerdict) -> None:
        """Put the gate's question, or what it answers to a yes that does not count; the question then stays open."""
        self.answer = Answer.ASKING
        self._question_id = verdict.confirmation_id
        within_s = verdict.confirm_within_s if math.isfinite(verdict.confirm_within_s) else 0.0
        self._until_s = self._services.situation.now_s + within_s + self._services.config.verdict_timeout_s
        question = verdict.say or self._say("confirm_first")
        self._services.say(question, self._plan.requester_id, "question", self.action_id)

    def _why_refused(self) -> str:
        """The gate gives no words to silence: then nobody has said yes in time."""
        return "not_confirmed" if self.answer is Answer.ASKING else "refused"

    def _end(self, answer: Answer, sentence: str) -> None:
        self.answer, self.sentence, self._until_s = answer, sentence, math.inf

    def _say(self, key: str) -> str:
        return self._services.wording.sentence(key)
