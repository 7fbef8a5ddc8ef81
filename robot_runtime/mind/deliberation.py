"""Asking a planner, and waiting for one that takes its time, without holding up anything else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from robot_runtime.messages import Utterance
from robot_runtime.mind.claims import honest, without_claims
from robot_runtime.mind.plan_document import PlanDocument
from robot_runtime.mind.planner import Answer, PlanError, Planner, Request, Thinking, check, said
from robot_runtime.mind.services import Services

GROUNDED = "grounded"
"""The planner whose sentences are the robot's own, from facts that the world holds."""


@dataclass
class _Pending:
    utterance: Utterance
    thinking: Thinking
    since_s: float
    has_spoken: bool = False


class Deliberation:
    """One request at a time: a new one takes the place of what is still being thought about."""

    def __init__(self, services: Services, planner: Planner) -> None:
        self._services = services
        self.planner = planner
        self._pending: _Pending | None = None

    @property
    def busy(self) -> bool:
        return self._pending is not None

    def ask(self, request: Request) -> Answer | None:
        """The answer, checked; None while it is being thought about."""
        self.drop()
        try:
            made = self.planner.plan(request)
        except PlanError:
            return self._nothing_fits()
        if isinstance(made, Answer):
            return self._checked(made)
        self._pending = _Pending(request.utterance, made, self._services.situation.now_s)
        return None

    def tick(self) -> tuple[Utterance, Answer] | None:
        """The answer that has come meanwhile, and to what.  Says what is sure by then, or that it is still thinking."""
        pending = self._pending
        if pending is None:
            return None
        try:
            progress = pending.thinking.poll(self._services.situation.now_s)
        except PlanError:
            self._pending = None
            return pending.utterance, self._nothing_fits()
        self._speak(pending, without_claims(progress.say))
        if progress.answer is None:
            return None
        self._pending = None
        answer = self._checked(progress.answer, has_spoken=pending.has_spoken)
        nothing_more = answer.document == PlanDocument() and answer.question is None
        return None if nothing_more and pending.has_spoken else (pending.utterance, answer)

    def drop(self) -> None:
        """What is still being thought about is not wanted any more."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.thinking.cancel()

    def _speak(self, pending: _Pending, text: str) -> None:
        late = self._services.situation.now_s - pending.since_s >= self._services.config.thinking_cue_s
        cue = self._services.wording.sentence("thinking") if late and not text and not pending.has_spoken else ""
        if text or cue:
            pending.has_spoken = True
            self._services.say(text or cue, pending.utterance.speaker_id, "notice" if cue else "answer")

    def _checked(self, answer: Answer, *, has_spoken: bool = False) -> Answer:
        """Whatever the planner is, its plan is checked; one that does not fit becomes an honest sentence."""
        document = answer.document
        if document == PlanDocument():
            return answer  # it made nothing of the words, or has said all that there is to say
        if (answer.planner or self.planner.name) != GROUNDED:
            document = honest(document)
        try:
            check(document, self._services.known)
        except PlanError:
            return said("") if has_spoken else self._nothing_fits()
        return replace(answer, document=document)

    def _nothing_fits(self) -> Answer:
        return said(self._services.wording.sentence("no_skill"))
