"""How fast the base may drive with people around: speed and separation by kind of person.

ISO/TS 15066:2016, 5.5.4.2.3 (the form of ISO 13855 with a moving robot) asks for a distance of at least

    S = S_h + S_r + S_s + C + Z_d + Z_r

    S_h = v_h * (T_r + T_s)   the person comes closer while the robot reacts and brakes
    S_r = v_r * T_r           the robot drives on while it reacts
    S_s = v_r² / (2 * a)      and while it brakes, in T_s = v_r / a
    C                         what must be left in the end: keep_m
    Z_d + Z_r                 uncertainty of the person's and of the robot's position

Here it is solved for v_r: the speed at which the present distance is just enough.  T_r holds the measured age of what
is known of the person.  v_h is the measured speed towards the robot, but at least the rule file's ``walking_mps``.
For the person whom an approved action approaches the base may creep on below that speed, down to ``approach_keep_m``, and so
it may past somebody who stands ``pass_m`` beside its way: else it could never pass anybody in a corridor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from safety.rules import Separation
from safety.types import AgeGroup, Person, RobotPose

MAX_UNCERTAINTY_M = 0.5
MAX_WALKING_MPS = 2.5

AHEAD = math.cos(math.radians(75))
"""Somebody further off the direction of travel than this is passed, not approached: the distance shrinks by less than 4 %."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One person as seen from the base."""

    id: str
    group: AgeGroup
    x_m: float  # base_link
    y_m: float
    closing_mps: float  # measured speed of the person towards the base centre
    uncertainty_m: float  # of the distance: person and robot
    tracked: bool  # seen a moment ago; False for somebody who is only remembered or heard

    @property
    def distance_m(self) -> float:
        return math.hypot(self.x_m, self.y_m)


def neighbour(person: Person, group: AgeGroup, pose: RobotPose, now_s: float, remember_s: float) -> Neighbour | None:
    """The person in base_link; None when it is not known where they are."""
    dx, dy = person.position_m[0] - pose.x_m, person.position_m[1] - pose.y_m
    if not (math.isfinite(dx) and math.isfinite(dy)):
        return None
    cosine, sine = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    x_m, y_m = cosine * dx + sine * dy, cosine * dy - sine * dx
    distance_m = max(math.hypot(dx, dy), 1e-6)
    closing_mps = -(person.velocity_mps[0] * dx + person.velocity_mps[1] * dy) / distance_m
    unseen_s = now_s - person.last_seen_s if not person.seen and math.isfinite(person.last_seen_s) else 0.0
    return Neighbour(
        id=person.id,
        group=group,
        x_m=x_m,
        y_m=y_m,
        closing_mps=min(max(closing_mps, 0.0), MAX_WALKING_MPS) if math.isfinite(closing_mps) else MAX_WALKING_MPS,
        uncertainty_m=_known(person.position_std_m) + _known(pose.std_m),
        tracked=unseen_s <= remember_s,
    )


def separation_speed_mps(
    somebody: Neighbour, rule: Separation, direction: float, reaction_s: float, braking_mps2: float, keep_m: float
) -> float:
    """The speed that the distance allows along ``direction`` (+1 forwards, -1 backwards); inf for somebody who is not ahead."""
    distance_m = somebody.distance_m
    towards = 1.0 if distance_m < 1e-6 else direction * somebody.x_m / distance_m  # cosine of the angle to the person
    if towards < AHEAD:
        return math.inf
    walking_mps = max(rule.walking_mps, somebody.closing_mps)
    spare_m = distance_m - keep_m - somebody.uncertainty_m - walking_mps * reaction_s
    if spare_m <= 0.0:
        return 0.0
    lag_mps = braking_mps2 * reaction_s + walking_mps  # v²/2a + v * (T_r + v_h / a) = spare
    return (math.sqrt(lag_mps * lag_mps + 2.0 * braking_mps2 * spare_m) - lag_mps) / towards


def approach_speed_mps(somebody: Neighbour, rule: Separation, keep_m: float) -> float:
    """The creeping speed towards somebody who is to be approached, 0 once the base is as near as it may come."""
    return rule.approach_speed_mps if somebody.distance_m > keep_m else 0.0


def _known(std_m: float) -> float:
    """A standard deviation that nobody knows counts as the largest."""
    return min(max(std_m, 0.0), MAX_UNCERTAINTY_M) if math.isfinite(std_m) else MAX_UNCERTAINTY_M
