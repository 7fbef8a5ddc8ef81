"""What planner, executive and steps share within one mind."""

from __future__ import annotations

from dataclasses import dataclass, field

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.messages import SpeechRequest
from robot_runtime.mind.grown_up import is_grown_up
from robot_runtime.mind.known import Known
from robot_runtime.mind.settings import MindConfig
from robot_runtime.mind.tongues import Tongues
from robot_runtime.mind.wording import Wording
from robot_runtime.stage import Outbox
from robot_runtime.world.reference import References
from robot_runtime.world.semantic_map import SemanticMap
from robot_runtime.world.situation import Situation


@dataclass
class Services:
    config: MindConfig
    catalogue: Catalogue
    site: SemanticMap
    references: References
    situation: Situation
    wording: Wording
    outbox: Outbox = field(default_factory=list)
    last_said: str = ""  # for who did not hear it
    tongues: Tongues = field(init=False)
    _sentences: int = 0
    _quoted: str = ""

    def __post_init__(self) -> None:
        self.tongues = Tongues(self.wording, self.config.language, tuple(self.config.hears.split()))

    @property
    def known(self) -> Known:
        """The same for those who only look things up."""
        return Known(self.catalogue, self.site, self.references, self.wording, self.situation, self.config.known_confidence)

    def say(self, text: str, addressee_id: str, purpose: str, action_id: str = "") -> None:
        """Publish a sentence, unless it is empty."""
        if text:
            self._sentences += 1
            now_s = self.situation.now_s
            request_id = f"say-{round(now_s * 1000)}-{self._sentences}"
            language = self.config.language if text == self._quoted else self.wording.language
            request = SpeechRequest(now_s, request_id, text, addressee_id, purpose, action_id, False, language=language)
            self.outbox.append(("speech/say", request))

    def quote(self, text: str) -> str:
        """A sentence of the gate, which goes on in the configured language when the robot has been asked to speak another."""
        self._quoted = text or self._quoted
        return text

    def is_grown_up(self, person_id: str) -> bool:
        """Whether this person is known, with enough confidence, to be no child."""
        return is_grown_up(self.situation.person(person_id))
