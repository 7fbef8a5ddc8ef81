"""The planner that asks a vision-language model, and takes the embedded one's plan when that does not answer in time and in form."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from robot_runtime.mind.grounded import GroundedPlanner
from robot_runtime.mind.known import Known
from robot_runtime.mind.plan_schema import plan_schema
from robot_runtime.mind.planner import Answer, PlanError, Progress, Request, Thinking
from robot_runtime.mind.recall import QUESTIONS
from robot_runtime.mind.vlm.budget import Budget
from robot_runtime.mind.vlm.early import EarlySay
from robot_runtime.mind.vlm.events import Ended, Engine, Event, Piece, Prompt
from robot_runtime.mind.vlm.honest import speakable
from robot_runtime.mind.vlm.local import Local
from robot_runtime.mind.vlm.picture import fresh
from robot_runtime.mind.vlm.prompt import data, instructions
from robot_runtime.mind.vlm.reading import problem, read
from robot_runtime.mind.vlm.server import Server
from robot_runtime.mind.vlm.settings import VlmConfig
from robot_runtime.mind.vlm.worker import Worker

GRACE_S = 0.5
"""The engine ends by itself at its time-out; a thread that hangs even so is not waited for longer than this."""


class VlmPlanner:
    """See :class:`~robot_runtime.mind.planner.Planner`.  Questions about the robot's memory, which no model has, and words of somebody
    whom the robot does not recognise, such as a television's, stay with the embedded planner.

    :param engine: what runs the model; None takes the one of the configuration
    """

    def __init__(self, known: Known, config: VlmConfig, engine: Engine | None = None) -> None:
        self._known = known
        self._config = config
        self._grounded = GroundedPlanner(known)
        engine = engine or (Local(config) if config.engine == "transformers" else Server(config))
        budget = Budget(config.per_minute, config.failures, config.rest_s)
        self._worker = Worker(engine, budget, config.attempts, config.timeout_s)
        self._instructions = instructions()
        self.name = " ".join(filter(None, ("vlm", config.model, self._instructions.name)))

    def plan(self, request: Request) -> Answer | Thinking:
        """Never waits: the model's answer comes through what this hands back."""
        if request.utterance.intent in QUESTIONS:
            return self._grounded.plan(request)
        if not request.utterance.speaker_id:
            return self.instead(request, "it is not known who speaks")
        jpeg = fresh(request.picture, request.now_s, self._config.picture_age_s) if self._config.with_picture else None
        prompt = Prompt(self._instructions.text, data(request, self._known), jpeg, plan_schema(request.menu))
        why = self._worker.ask(prompt, partial(problem, request=request))
        return self.instead(request, why) if why else _Asked(self, self._worker, request, self._config.timeout_s + GRACE_S)

    def instead(self, request: Request, why: str) -> Answer:
        """The embedded planner's answer; the record tells why the model's was not taken."""
        answer = self._grounded.plan(request)
        return replace(answer, planner=f"{self._grounded.name}, instead of {self.name}: {why}")

    def close(self) -> None:
        self._worker.close()


class _Asked:
    """See :class:`~robot_runtime.mind.planner.Thinking`."""

    def __init__(self, planner: VlmPlanner, worker: Worker, request: Request, timeout_s: float) -> None:
        self._planner = planner
        self._worker = worker
        self._request = request
        self._until_s = request.now_s + timeout_s
        self._text = ""
        self._early = EarlySay()
        self._said = ""

    def poll(self, now_s: float) -> Progress:
        """What has come since the last call."""
        say = ""
        for event in self._worker.events():
            if isinstance(event, Ended):
                return Progress(say, self._ended(event.why))
            say = self._take(event) or say
        if now_s >= self._until_s:
            self._worker.drop()
            return Progress(say, self._ended("its thread does not answer"))
        return Progress(say)

    def cancel(self) -> None:
        self._worker.drop()

    def _take(self, event: Event) -> str:
        """What can be said now, "" if nothing new."""
        if not isinstance(event, Piece):
            self._text, self._early = "", EarlySay()
            return ""
        self._text += event.text
        early = self._early.feed(event.text)
        say = speakable(early) if early else ""
        if not say or say == self._said:
            return ""
        self._said = say
        return say

    def _ended(self, why: str) -> Answer:
        if not why:
            try:
                answer = read(self._text, self._request)
            except PlanError as error:
                why = str(error)
        self._worker.judge(not why)
        if why:
            return self._planner.instead(self._request, why)
        rest = "" if answer.document.say == self._said else answer.document.say
        return replace(answer, document=replace(answer.document, say=rest), planner=self._planner.name)
