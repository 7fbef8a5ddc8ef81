"""A long answer in turns: as many whole sentences as the style has words for, then whether to go on; the rest after a yes."""

from __future__ import annotations

import math
from dataclasses import replace

from robot_runtime.act.speaking import TELLING
from robot_runtime.messages import SpeechRequest
from robot_runtime.mind.services import Services
from robot_runtime.mind.turn_length import cut
from robot_runtime.speak.clauses import count_words
from robot_runtime.stage import Outbox

_CALM_WPM = 120.0
"""The pace of the slowest style, for when all that was said is over."""


class Portions:
    """At most one rest that waits for a yes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._rest: SpeechRequest | None = None
        self._until_s = -math.inf

    @property
    def is_open(self) -> bool:
        return self._rest is not None and self._services.situation.now_s < self._until_s

    def drop(self) -> None:
        self._rest = None

    def go_on(self) -> bool:
        """Tell what is left; False when there is nothing."""
        rest, self._rest = self._rest if self.is_open else None, None
        if rest is not None:
            self._services.outbox.append(("speech/say", replace(rest, stamp_s=self._services.situation.now_s)))
        return rest is not None

    def published(self, outbox: Outbox, *, free: bool) -> Outbox:
        """
        What leaves the mind, with every answer as long as the style allows.

        :param free: no question is open; else answers stay whole, for a yes must have one meaning
        """
        return [(topic, self._in_turn(message, free) if topic == "speech/say" else message) for topic, message in outbox]

    def _in_turn(self, request: SpeechRequest, free: bool) -> SpeechRequest:
        if request.purpose == TELLING:
            wording = self._services.wording
            now, rest = cut(request.text, wording.turn_words, wording.room_words)
            request = self._asking(request, now, rest) if rest and free else replace(request, purpose="answer")
        self._services.last_said = request.text
        return request

    def _asking(self, request: SpeechRequest, now: str, rest: str) -> SpeechRequest:
        """The first part and the question; an answer is waited for from when both are said."""
        services = self._services
        text, now_s = f"{now} {services.wording.sentence('shall_i_tell_the_rest')}", services.situation.now_s
        self._rest = replace(request, id=f"{request.id}/rest", text=rest, action_id="")
        self._until_s = now_s + count_words(text) * 60 / _CALM_WPM + services.config.clarify_timeout_s
        return replace(request, text=text, purpose="question")
