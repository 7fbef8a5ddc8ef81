"""One person over time: belief of their age, attention, when they were seen and heard."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import Person
from robot_runtime.perceive.ages import AgeBelief
from robot_runtime.perceive.motion import SPREAD_MPS
from robot_runtime.perceive.people_settings import PeopleSettings
from robot_runtime.perceive.recall import Trace
from robot_runtime.perceive.tracks import Track

_STAYS_MPS, _STAYS_M, _WALKS_MPS = 0.1, 0.5, 0.3
"""How far somebody may have gone who stood when last seen, and spoke out of sight: most have stayed; who walked may be anywhere."""
_GLIMPSE_S = 0.5
"""Who was out of view for no longer than this has not come into view."""


@dataclass(frozen=True, slots=True, eq=False)
class Impression:
    """What the classifier makes of the crop of one person."""

    ages: NDArray[np.float64]  # calibrated probabilities, in the order of ages.GROUPS
    faces_robot: float  # probability; nan while unknown


@dataclass(eq=False)
class Somebody:
    """Whom the robot knows of: all that was gathered of them up to the picture of ``told_s``."""

    id: str
    belief: AgeBelief
    track: Track  # as of ``told_s``
    told_s: float
    number: int  # stays when the id changes
    name: str = ""
    heard_s: float = -math.inf
    found_s: float = -math.inf  # when a voice of before they came into view was given to them
    came_s: float = math.nan  # when they came into view last
    facing: float = 0.5
    faces_robot: bool = False
    looked_s: float = field(default=math.nan)
    seen_std_m: float = math.inf
    seen_m: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    walks: bool = True
    met: set[int] = field(default_factory=set)  # numbers of those who were in view together with them

    def look(self, impression: Impression, stamp_s: float, settings: PeopleSettings) -> None:
        self.belief.look(stamp_s, impression.ages)
        if not 0 <= impression.faces_robot <= 1:
            return
        elapsed_s = settings.facing_s if math.isnan(self.looked_s) else stamp_s - self.looked_s
        self.facing += (1.0 - math.exp(-elapsed_s / settings.facing_s)) * (impression.faces_robot - self.facing)
        self.looked_s = stamp_s
        self.faces_robot = self.facing > (settings.facing_off if self.faces_robot else settings.facing_on)

    def is_seen(self, now_s: float) -> bool:
        return self.track.seen and self.told_s == now_s

    def follow(self, track: Track, now_s: float) -> None:
        absent_s = track.last_seen_s - self.track.last_seen_s
        self.track, self.told_s = track, now_s
        if track.seen:
            self.came_s = self.came_s if absent_s <= _GLIMPSE_S and math.isfinite(self.came_s) else now_s
            self.seen_m = track.position_m
            self.seen_std_m, self.walks = track.position_std_m, math.hypot(*track.velocity_mps[:2]) > _WALKS_MPS

    def gone_m(self, now_s: float) -> float:
        """Within about this they still are where they were last seen, or on their way."""
        unseen_s = now_s - self.track.last_seen_s
        return self.seen_std_m + (SPREAD_MPS * unseen_s if self.walks else min(_STAYS_MPS * unseen_s, _STAYS_M))

    def trace(self) -> Trace:
        """As last seen: where they would be by now is a guess that adds to the way which they may have gone."""
        track, ages = self.track, self.belief.probabilities()
        return Trace(self.id, track.last_seen_s, self.seen_m, track.look, ages, self.number, frozenset(self.met))

    def as_person(self, now_s: float, speaking: bool) -> Person:
        """As of now: while nobody follows them any more they stay where they were, and that grows unsure."""
        track, untold_s, seen = self.track, now_s - self.told_s, self.is_seen(now_s)
        group, confidence = self.belief.group()
        velocity_mps = track.velocity_mps if untold_s == 0 else (0.0, 0.0, 0.0)
        return Person(
            self.id,
            self.name,
            group.value,
            confidence,
            track.position_m,
            velocity_mps,
            track.position_std_m + SPREAD_MPS * untold_s,
            seen,
            speaking,
            seen and self.faces_robot,
            track.last_seen_s,
        )
