"""Social policy: who is addressed now, and which style of speech and approach suits them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import AgeGroup, People, Person, SpeechStyle, Utterance, WorldFacts
from robot_runtime.paths import resolve
from robot_runtime.social.policy import load_policy
from robot_runtime.stage import Inbox, Outbox, latest, news

NOBODY = ""


class SocialConfig(StageConfig):
    policy_file: str = Field("robot_runtime/social/policies/home.yaml", description="YAML file of styles and what selects them")


@dataclass
class _Judgement:
    """What a person was last taken to be, and since when."""

    age_group: str
    since_s: float


class Social:
    """Publishes ``speech/style`` at the start and whenever person or style changes."""

    Config = SocialConfig

    def __init__(self, config: SocialConfig) -> None:
        self.policy = load_policy(resolve(config.policy_file))
        self.reset()

    def reset(self) -> None:
        self._people: dict[str, Person] = {}
        self._judged: dict[str, _Judgement] = {}
        self._spoke: tuple[str, float] = (NOBODY, -math.inf)
        self._published: SpeechStyle | None = None

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        facts = latest(inbox, "world/facts", WorldFacts)
        if facts is not None:
            self._people = {person.id: person for person in facts.people}
        people = latest(inbox, "people", People)
        if people is not None:
            self._people.update((person.id, person) for person in people.people)
        self._judge(now_s)
        self._notice_speaker(inbox, now_s)
        style = self._style(self._addressed(now_s), now_s)
        if self._published is not None and replace(style, stamp_s=self._published.stamp_s) == self._published:
            return []
        self._published = style
        return [("speech/style", style)]

    def _judge(self, now_s: float) -> None:
        """An age group counts from when it was first held with enough confidence, and anew after any doubt."""
        for person in self._people.values():
            sure = person.age_group_confidence >= self.policy.minimum_confidence  # false for nan
            group = person.age_group if sure else AgeGroup.UNKNOWN.value
            if person.id not in self._judged or self._judged[person.id].age_group != group:
                self._judged[person.id] = _Judgement(group, now_s)

    def _notice_speaker(self, inbox: Inbox, now_s: float) -> None:
        speaking = [person.id for person in self._people.values() if person.speaking]
        if len(speaking) == 1:
            self._spoke = (speaking[0], now_s)
        for utterance in news(inbox, "speech/heard", Utterance):
            if utterance.speaker_id and utterance.role != "own_voice":
                self._spoke = (utterance.speaker_id, now_s)

    def _addressed(self, now_s: float) -> str:
        """The last speaker; when that is long ago, the only person who faces the robot; else nobody."""
        who, when_s = self._spoke
        if who and now_s - when_s <= self.policy.attention_s:
            return who
        facing = [person.id for person in self._people.values() if person.seen and person.facing_robot]
        return facing[0] if len(facing) == 1 else NOBODY

    def _style(self, who: str, now_s: float) -> SpeechStyle:
        name, evidence, confidence = self._select(who, now_s)
        style = self.policy.styles[name]
        return SpeechStyle(
            stamp_s=now_s, person_id=who, name=name, rate_wpm=style.rate_wpm, pitch_ratio=style.pitch_ratio,
            volume_ratio=style.volume_ratio, pause_s=style.pause_s, distance_m=style.distance_m,
            approach_speed_mps=style.approach_speed_mps, evidence=evidence, confidence=confidence,
            clause_pause_s=style.clause_pause_s, pitch_range_ratio=style.pitch_range_ratio,
        )  # fmt: skip

    def _select(self, who: str, now_s: float) -> tuple[str, str, float]:
        """Name of the style, the evidence for it, and its confidence."""
        judgement = self._judged.get(who)
        if judgement is None:
            return self.policy.careful, "nobody is addressed" if who == NOBODY else f"{who} was never seen", 0.0
        style = self.policy.select.get(AgeGroup(judgement.age_group))
        if style is None:
            return self.policy.careful, f"the age group of {who} is not sure", 0.0
        if now_s - judgement.since_s < self.policy.settle_s:
            return self.policy.careful, f"{who} was taken for {judgement.age_group} only just now", 0.0
        return style, f"{who} is taken for {judgement.age_group}", round(self._people[who].age_group_confidence, 1)
