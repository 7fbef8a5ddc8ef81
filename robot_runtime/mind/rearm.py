"""Passing on a person's wish to lift a stop, and saying why when the gate does not."""

from __future__ import annotations

from robot_runtime.messages import AgeGroup, RearmRequest, SafetyMode, Utterance
from robot_runtime.mind.services import Services


class Rearm:
    """One wish at a time; the gate alone decides."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._asked: Utterance | None = None
        self._until_s = 0.0
        self._was_latched = False

    def ask(self, utterance: Utterance) -> None:
        """Send the request of who said "resume".  It is as old as the words: those from before a stop do not lift it."""
        self._asked, self._until_s = utterance, self._services.situation.now_s + self._services.config.rearm_timeout_s
        request = RearmRequest(utterance.end_s, "voice", utterance.speaker_id, utterance.id)
        self._services.outbox.append(("safety/rearm_request", request))

    def tick(self) -> bool:
        """True in the one step in which a stop was lifted because a person asked for it in speech."""
        situation, wording = self._services.situation, self._services.wording
        lifted = self._was_latched and not situation.latched and situation.mode != SafetyMode.STARTING.value
        self._was_latched = (self._was_latched and not lifted) or situation.latched
        asked = self._asked
        if lifted:
            self._asked = None
            if asked is None:
                self._services.say(wording.sentence("may_go_on"), "", "notice")
            return asked is not None
        if asked is not None and situation.now_s >= self._until_s:
            self._asked = None
            self._services.say(wording.sentence(self._reason(asked.speaker_id)), asked.speaker_id, "refusal")
        return False

    def _reason(self, speaker_id: str) -> str:
        services = self._services
        person = services.situation.person(speaker_id)
        if person is not None and person.age_group == AgeGroup.CHILD.value:
            return "only_grown_up"
        if person is None or not person.seen:
            return "cannot_see_who"
        return "not_yet" if services.is_grown_up(speaker_id) else "only_grown_up"
