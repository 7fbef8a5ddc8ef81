"""Whether words were meant for the robot: a pure decision with its reason, and what it rests on.

A sentence that the robot understands counts from anybody.  What it does not understand is said to it by people, and by televisions, doors
and guests all day; who answers those is soon switched off.  It asks again only where somebody who is there may have spoken.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from robot_runtime.messages import People, Utterance, VoiceDirection

OWN_VOICE, OVERHEARD = "own_voice", "overheard"
_TALKS_S = 30.0
"""So long after words that were acted on somebody still talks with the robot, in view or not."""
_LOOKED_S = 1.0
"""Perception that has told nothing for so long does not look."""
_MOST = 200  # directions; ten or so a second
_AROUND_S = 0.1


@dataclass(frozen=True)
class Evidence:
    """What is known of some words that are over, and of who is there."""

    understood: bool  # they are a sentence of the grammar, and no small word like "yes"
    sure: bool  # … without doubt
    over_robot: bool  # they began over the robot's own words, or just after
    sighted: bool  # somebody was seen to speak meanwhile, if not clearly who
    looks: bool  # perception tells who is there
    finds: bool  # voices have a direction on this robot …
    located: bool  # … and this one has
    in_view: bool  # somebody is
    talked_s: float  # ago, somebody said something that was acted on


def why_not(evidence: Evidence) -> tuple[str, str]:
    """Role and reason of words that were not meant for the robot; two empty texts if they may have been."""
    if evidence.sighted or not evidence.looks:
        return "", ""
    if evidence.over_robot and evidence.finds and not (evidence.located or evidence.sure):
        return OWN_VOICE, "over its own words, from nowhere, and nobody was seen to speak"
    if evidence.understood:
        return "", ""
    if evidence.located:
        return OVERHEARD, "not understood, and nobody is known to be where it came from"
    if not evidence.in_view and evidence.talked_s > _TALKS_S:
        return OVERHEARD, "not understood, nobody is in view, and nobody talks with the robot"
    return "", ""


class Around:
    """Who is there, and where voices come from; all state in here."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._people: People | None = None
        self._located_s: deque[float] = deque(maxlen=_MOST)
        self._acted_s = -math.inf

    def see(self, people: People) -> None:
        self._people = people

    def locate(self, voice: VoiceDirection) -> None:
        if math.isfinite(voice.bearing_rad):
            self._located_s.append(voice.stamp_s)

    def told(self, utterance: Utterance) -> None:
        """What was made of words."""
        if utterance.role == "turn" and (utterance.intent or utterance.speaker_id):
            self._acted_s = utterance.end_s

    def evidence(self, start_s: float, end_s: float, *, understood: bool, sure: bool, over_robot: bool, sighted: bool) -> Evidence:
        """What is known of words from this time."""
        people = self._people
        return Evidence(
            understood=understood,
            sure=sure,
            over_robot=over_robot,
            sighted=sighted,
            looks=people is not None and end_s - people.stamp_s <= _LOOKED_S,
            finds=bool(self._located_s),
            located=any(start_s - _AROUND_S <= at_s <= end_s + _AROUND_S for at_s in self._located_s),
            in_view=people is not None and any(person.seen for person in people.people),
            talked_s=end_s - self._acted_s,
        )
