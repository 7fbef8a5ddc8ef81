"""Having a person forgotten: the request to the world, and what the robot says of its outcome."""

from __future__ import annotations

import logging

from robot_runtime.messages import ForgetRequest, Forgotten
from robot_runtime.mind.services import Services
from robot_runtime.stage import Inbox, news

_log = logging.getLogger(__name__)


class Forgetting:
    """Says that somebody is forgotten when the world has proved it, and not before."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._asked: dict[str, tuple[str, str, float]] = {}  # id → how to call them, who listens, until when

    def ask(self, person_id: str, listener_id: str) -> None:
        """Pass a confirmed wish on."""
        now_s, wording = self._services.situation.now_s, self._services.wording
        until_s = now_s + self._services.config.forget_timeout_s
        self._asked[person_id] = (wording.person(person_id, listener_id), listener_id, until_s)
        self._services.outbox.append(("world/forget", ForgetRequest(now_s, person_id)))

    def tick(self, inbox: Inbox) -> None:
        for outcome in news(inbox, "world/forgotten", Forgotten):
            if outcome.problem or outcome.left:
                _log.error("a person could not be forgotten: %s", outcome.problem or f"{outcome.left} traces are left on disk")
            self._report(outcome.person_id, "forget_failed" if outcome.problem or outcome.left else "forgotten")
        for person_id, (_, _, until_s) in tuple(self._asked.items()):
            if self._services.situation.now_s >= until_s:
                self._report(person_id, "forget_failed")

    def _report(self, person_id: str, key: str) -> None:
        if person_id in self._asked:
            person, listener_id, _ = self._asked.pop(person_id)
            self._services.say(self._services.wording.sentence(key, person=person), listener_id, "report")
