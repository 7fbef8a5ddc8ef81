"""What is known of one person that their style depends on: smoothed, with confidence, never from one picture or one word."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

from robot_runtime.messages import HeardProsody, Person
from robot_runtime.social.age import UNKNOWN, AgeEstimate
from robot_runtime.social.average import Average, Spread, Weighted
from robot_runtime.social.hearing import HearingTrouble
from robot_runtime.social.policy import Policy

_LEVEL_STD_DB, _PITCH_STD_ST = 2.0, 1.0  # a steadier voice is taken to vary so much all the same
_HIGH_DEVIATIONS = 3.0  # of which arousal is 1
_SMOOTH = 0.5  # what one utterance moves arousal


@dataclass(frozen=True)
class Traits:
    """The estimate at one instant."""

    age_group: str = UNKNOWN
    age_confidence: float = 0.0
    hearing_trouble: float = 0.0  # 0 … 1
    rate_ratio: float = 1.0  # of their own speech to most people's
    rate_confidence: float = 0.0
    engagement: float = 1.0  # 0 … 1
    engagement_confidence: float = 0.0
    arousal: float = 0.0  # 0 … 1, above their own usual; what they feel is not claimed
    named: bool = True  # somebody known, no stranger
    seen_once: bool = True  # there are eyes' words on them at all


class Estimate:
    """Of one person, from what is seen and heard of them."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.age = AgeEstimate(policy)
        self.hearing = HearingTrouble(policy.hearing)
        own = policy.own_rate
        self._rate = Weighted(assumed=1.0, trust=own.trust_s)
        over_s = policy.engagement.average_s
        self._facing, self._near, self._answers = Average(over_s), Average(over_s), Weighted(assumed=1.0, trust=1.0)
        self._levels_dbfs, self._pitches_st = Spread(), Spread()
        self._arousal = 0.0
        self._named, self._seen_once = False, False

    def see(self, person: Person, distance_m: float, now_s: float) -> None:
        """How they are seen, or remembered, now.

        :param distance_m: from the robot, nan if not known
        """
        self._named, self._seen_once = bool(person.name), True
        self.age.see(person.age_group, person.age_group_confidence, now_s)
        if person.seen:
            near_m = self._policy.company.near_m
            self._facing.add(float(person.facing_robot), now_s)
            self._near.add(min(max(2 - distance_m / near_m, 0.0), 1.0) if math.isfinite(distance_m) else math.nan, now_s)
        self.age.settle(now_s)

    def hear(self, prosody: HeardProsody, usual_dbfs: float, now_s: float) -> None:
        """How they sounded.

        :param usual_dbfs: level at which people are heard here, nan while unknown
        """
        self.age.hear(prosody)
        self._rate.add(prosody.rate_syllables_ps / self._policy.own_rate.typical_syllables_ps, prosody.voiced_s)
        if prosody.level_dbfs - usual_dbfs >= self._policy.hearing.loud_db:
            self.hearing.loud(now_s)
        self._notice_arousal(prosody)

    def turn(self, what: Hashable, now_s: float, *, asked: bool) -> None:
        """They said something that was no "pardon?"; see :meth:`HearingTrouble.turn`."""
        self.hearing.turn(what, now_s, asked=asked)

    def asked(self, *, answered: bool) -> None:
        """The robot spoke to them, and they answered or let the time pass."""
        self._answers.add(float(answered), 1.0)

    def traits(self, now_s: float) -> Traits:
        """All of it, as it is now."""
        return Traits(
            self.age.group, self.age.confidence, self.hearing.trouble(now_s), self._rate.value, self._rate.confidence, self._engagement(),
            self._facing.confidence, self._arousal, self._named, self._seen_once,
        )  # fmt: skip

    def _engagement(self) -> float:
        """Facing says most, as in the eyes' own score of whom to attend to."""
        parts = ((0.5, self._facing.value), (0.25, self._near.value), (0.25, self._answers.value))
        known = [(weight, value) for weight, value in parts if not math.isnan(value)]
        return sum(weight * value for weight, value in known) / sum(weight for weight, _ in known)

    def _notice_arousal(self, prosody: HeardProsody) -> None:
        pitch_st = 12 * math.log2(prosody.pitch_hz) if prosody.pitch_hz > 0 else math.nan
        if min(self._levels_dbfs.count, self._pitches_st.count) >= self._policy.arousal.least_utterances:
            louder = self._levels_dbfs.deviations(prosody.level_dbfs, _LEVEL_STD_DB)
            higher = self._pitches_st.deviations(pitch_st, _PITCH_STD_ST)
            now = min(max(min(louder, higher) / _HIGH_DEVIATIONS, 0.0), 1.0)  # both: one alone has too many other causes
            self._arousal += _SMOOTH * (now - self._arousal)
        self._levels_dbfs.add(prosody.level_dbfs)
        self._pitches_st.add(pitch_st)
