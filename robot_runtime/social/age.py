"""Of what age group somebody is: what the eyes say, averaged, with what the voice adds.

The voice tells children from grown-ups, and no more: between adults and old people neither pitch nor vocal tract differs enough.
It alone never decides; it makes the eyes' guess surer, or less sure.  Eyes that have changed their mind are believed later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from robot_runtime.messages import AgeGroup, HeardProsody
from robot_runtime.social.average import Average, Weighted
from robot_runtime.social.policy import AgeEvidence, Policy

GROUPS = (AgeGroup.CHILD.value, AgeGroup.ADULT.value, AgeGroup.ELDERLY.value)
UNKNOWN = AgeGroup.UNKNOWN.value
_EVEN = 1 / len(GROUPS)
_CLEARLY = 0.02  # above even: what the eyes say at all
_MOST_CHANGES = 5.0  # of mind that make them wait longer
_MOST_LOG = 3.0  # what one utterance may say for or against a child, as a log ratio


class AgeEstimate:
    """Probabilities, and the group that is settled on."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._eyes = {group: Average(policy.age.eyes_s) for group in GROUPS}
        self._voice = Weighted(assumed=0.0, trust=policy.age.least_voiced_s)  # log ratio of child to grown-up
        self._candidate, self._since_s = UNKNOWN, -math.inf
        self._told = UNKNOWN  # by the eyes, on average
        self._changes, self._changed_s = 0.0, 0.0  # of what they tell
        self.group = UNKNOWN

    def see(self, group: str, confidence: float, now_s: float) -> None:
        """What the eyes say now."""
        sure = confidence if group in GROUPS and math.isfinite(confidence) else _EVEN
        for name in GROUPS:
            self._eyes[name].add(sure if name == group else (1 - sure) / 2 if group in GROUPS else _EVEN, now_s)

        told = max(GROUPS, key=lambda name: self._eyes[name].value)
        if told != self._told and self._eyes[told].value > _EVEN + _CLEARLY:
            if self._told != UNKNOWN:
                self._changes, self._changed_s = min(self._changes_now(now_s) + 1, _MOST_CHANGES), now_s
            self._told = told

    def hear(self, prosody: HeardProsody) -> None:
        """How one turn of theirs sounded."""
        if prosody.voiced_s >= self._policy.age.least_voiced_s:
            self._voice.add(child_log_ratio(prosody, self._policy.age), prosody.voiced_s * _share(prosody.confidence))

    def settle(self, now_s: float) -> None:
        """Take the group that has been the likely one for long enough, twice as long for each change; give up an unlikely one soon."""
        likely = self._likely()
        if likely != self._candidate:
            self._candidate, self._since_s = likely, now_s
        enough_s = self._policy.settle_s * (1 if likely == UNKNOWN else math.pow(2, self._changes_now(now_s)))
        if likely != self.group and now_s - self._since_s >= enough_s - 1e-9:
            self.group = likely

    def _changes_now(self, now_s: float) -> float:
        """A change of mind counts less the longer ago it was."""
        since_s = max(0.0, now_s - self._changed_s)  # a clock that was set back makes no change count for more
        return self._changes * math.pow(0.5, since_s / self._policy.age.change_half_life_s)

    @property
    def confidence(self) -> float:
        """In the group that is settled on."""
        return self.probabilities().get(self.group, 0.0)

    def probabilities(self) -> Mapping[str, float]:
        """Of the three groups, together 1."""
        eyes = {name: _EVEN if math.isnan(self._eyes[name].value) else self._eyes[name].value for name in GROUPS}
        said = self._policy.age.voice_weight * self._voice.value
        odds = {name: max(eyes[name], 1e-3) * math.exp(said if name == AgeGroup.CHILD.value else 0.0) for name in GROUPS}
        return {name: value / sum(odds.values()) for name, value in odds.items()}

    def _likely(self) -> str:
        """The group in use while it is sure enough to be kept, else one that is sure and of which the eyes speak too."""
        probabilities = self.probabilities()
        best = max(GROUPS, key=lambda name: probabilities[name])
        if probabilities[best] >= self._policy.minimum_confidence and self._eyes[best].value > _EVEN + _CLEARLY:
            return best
        kept = probabilities.get(self.group, 0.0) >= self._policy.keep_confidence
        return self.group if kept else UNKNOWN


def child_log_ratio(prosody: HeardProsody, age: AgeEvidence) -> float:
    """How much likelier a child sounds so than a grown-up, as a logarithm; nan when neither pitch nor tract is known."""
    told: list[float] = []
    if prosody.pitch_hz > 0:
        child, woman, man = (
            _bell(12 * math.log2(prosody.pitch_hz / mean), age.pitch_spread_st)
            for mean in (age.child_pitch_hz, age.woman_pitch_hz, age.man_pitch_hz)
        )
        told.append(_log_ratio(child, (woman + man) / 2))
    if prosody.vocal_tract_m > 0:
        error_m = prosody.vocal_tract_std_m if prosody.vocal_tract_std_m >= 0 else 0.0
        spread_m = math.hypot(age.tract_spread_m, error_m)
        told.append(_log_ratio(*(_bell(prosody.vocal_tract_m - mean, spread_m) for mean in (age.child_tract_m, age.grown_tract_m))))
    return min(max(sum(told), -_MOST_LOG), _MOST_LOG) if told else math.nan


def _log_ratio(one: float, other: float) -> float:
    return math.log((one + 1e-9) / (other + 1e-9))


def _bell(off: float, spread: float) -> float:
    return math.exp(-0.5 * (off / spread) ** 2)


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0
