"""Courtesy while somebody stands in the way."""

from __future__ import annotations

import math

from robot_runtime.messages import SafetyMode
from robot_runtime.mind.run import Run
from robot_runtime.mind.services import Services


class Courtesy:
    """Says "Excuse me" once for each time that a person holds up a drive, and not too often."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._since_s: float | None = None
        self._said = False
        self._said_s = -math.inf

    def tick(self, run: Run) -> None:
        now_s, config = self._services.situation.now_s, self._services.config
        if self._services.situation.mode != SafetyMode.PROTECTIVE_STOP.value or run.step is None or not run.step.is_driving:
            self._since_s, self._said = None, False
            return
        if self._since_s is None:
            self._since_s = now_s
        waited = now_s - self._since_s >= config.excuse_after_s
        if waited and not self._said and now_s - self._said_s >= config.excuse_period_s:
            self._said, self._said_s = True, now_s
            self._services.say(self._services.wording.sentence("excuse_me"), "", "notice", run.plan.id)
