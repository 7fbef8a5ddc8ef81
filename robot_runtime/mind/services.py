"""What planner, executive and steps share within one mind."""

from __future__ import annotations

from dataclasses import dataclass, field

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.messages import AgeGroup, SpeechRequest
from robot_runtime.mind.settings import MindConfig
from robot_runtime.mind.wording import Wording
from robot_runtime.stage import Outbox
from robot_runtime.world.reference import References
from robot_runtime.world.semantic_map import SemanticMap
from robot_runtime.world.situation import Situation

SURE_AGE_GROUP = 0.6
"""Confidence from which somebody counts as a grown-up where only a grown-up may decide."""


@dataclass
class Services:
    config: MindConfig
    catalogue: Catalogue
    site: SemanticMap
    references: References
    situation: Situation
    wording: Wording
    outbox: Outbox = field(default_factory=list)
    _sentences: int = 0

    def say(self, text: str, addressee_id: str, purpose: str, action_id: str = "") -> None:
        """Publish a sentence, unless it is empty."""
        if text:
            self._sentences += 1
            now_s = self.situation.now_s
            request_id = f"say-{round(now_s * 1000)}-{self._sentences}"
            self.outbox.append(("speech/say", SpeechRequest(now_s, request_id, text, addressee_id, purpose, action_id, False)))

    def is_grown_up(self, person_id: str) -> bool:
        """Whether this person is known, with enough confidence, to be no child."""
        person = self.situation.person(person_id)
        grown_up = (AgeGroup.ADULT.value, AgeGroup.ELDERLY.value)
        return person is not None and person.age_group in grown_up and person.age_group_confidence >= SURE_AGE_GROUP
