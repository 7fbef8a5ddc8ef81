"""How fast the base may drive with people around: speed and separation by kind of person.

ISO/TS 15066:2016, 5.5.4.2.3 (the form of ISO 13855 with a moving robot) asks for a distance of at least

    S = v_h (T_r + T_s) + v_r T_r + B + C + Z_d + Z_r

    v_h (T_r + T_s)   the person comes closer while the robot reacts, and while it brakes for T_s = v_r / a
    v_r T_r           the robot drives on while it reacts
    B = v_r² / (2 a)  and while it brakes
    C                 what must be left in the end, between the centres: keep_m.  It stands for the intrusion distance of ISO
                      13855 (what a person reaches before being sensed) together with both bodies
    Z_d, Z_r          uncertainty of the person's and of the robot's position: so many standard deviations as configured

Here it is solved for v_r: the speed at which the present distance is just enough.  T_r holds the measured age of what is
known of the person and the latency of the drive.  v_h is the measured speed towards the robot, but at least the rule file's
``walking_mps`` of their age group.  ISO 13855:2010, 5.2, reckons with 1.6 m/s for somebody who walks and 2.0 m/s for an arm
that is reached out in a workshop; the rule files say why a home takes less (contact at its speeds is harmless).
For the person whom an approved action approaches the base may creep on below that speed, down to ``approach_keep_m``, and so
it may past somebody who stands ``pass_m`` beside its way: else it could never pass anybody in a corridor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from safety.rules import Separation
from safety.types import AgeGroup, Person, RobotPose

MAX_UNCERTAINTY_M = 0.5
"""Of one standard deviation."""

MAX_WALKING_MPS = 2.5
"""A brisk run through a home; whoever is measured faster is a fault of the tracker."""

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
    person_uncertainty_m: float  # Z_d
    robot_uncertainty_m: float  # Z_r
    tracked: bool  # seen a moment ago; False for somebody who is only remembered or heard
    vx_mps: float = 0.0  # velocity over ground along the axes of base_link, 0 while it is unknown
    vy_mps: float = 0.0

    @property
    def distance_m(self) -> float:
        return math.hypot(self.x_m, self.y_m)

    @property
    def uncertainty_m(self) -> float:
        """Of the distance."""
        return self.person_uncertainty_m + self.robot_uncertainty_m


@dataclass(frozen=True, slots=True)
class Protective:
    """The protective separation distance S, term by term, in metres."""

    person: float  # v_h (T_r + T_s)
    reaction: float  # v_r T_r
    braking: float  # B
    kept: float  # C
    person_uncertainty: float  # Z_d
    robot_uncertainty: float  # Z_r

    @property
    def total(self) -> float:
        """S."""
        return self.person + self.reaction + self.braking + self.kept + self.person_uncertainty + self.robot_uncertainty


def protective_distance(
    somebody: Neighbour, rule: Separation, robot_mps: float, reaction_s: float, braking_mps2: float, keep_m: float
) -> Protective:
    """S for a robot that drives straight at somebody: what :func:`separation_speed_mps` solves for the speed."""
    walking_mps = max(rule.walking_mps, somebody.closing_mps)
    return Protective(
        person=walking_mps * (reaction_s + robot_mps / braking_mps2),
        reaction=robot_mps * reaction_s,
        braking=robot_mps * robot_mps / (2.0 * braking_mps2),
        kept=keep_m,
        person_uncertainty=somebody.person_uncertainty_m,
        robot_uncertainty=somebody.robot_uncertainty_m,
    )


def neighbour(person: Person, group: AgeGroup, pose: RobotPose, now_s: float, remember_s: float, sigmas: float = 1.0) -> Neighbour | None:
    """The person in base_link, with ``sigmas`` standard deviations as uncertainty; None when it is not known where they are."""
    dx, dy = person.position_m[0] - pose.x_m, person.position_m[1] - pose.y_m
    if not (math.isfinite(dx) and math.isfinite(dy)):
        return None
    cosine, sine = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    x_m, y_m = cosine * dx + sine * dy, cosine * dy - sine * dx
    distance_m = max(math.hypot(dx, dy), 1e-6)
    closing_mps = -(person.velocity_mps[0] * dx + person.velocity_mps[1] * dy) / distance_m
    moves = math.isfinite(closing_mps)
    vx, vy = _believable(person.velocity_mps[0], person.velocity_mps[1]) if moves else (0.0, 0.0)
    return Neighbour(
        id=person.id,
        group=group,
        x_m=x_m,
        y_m=y_m,
        closing_mps=min(max(closing_mps, 0.0), MAX_WALKING_MPS) if moves else MAX_WALKING_MPS,
        person_uncertainty_m=sigmas * known_std_m(person.position_std_m),
        robot_uncertainty_m=sigmas * known_std_m(pose.std_m),
        tracked=seen_lately(person, now_s, remember_s),
        vx_mps=cosine * vx + sine * vy,
        vy_mps=cosine * vy - sine * vx,
    )


def seen_lately(person: Person, now_s: float, remember_s: float) -> bool:
    """Whether somebody is seen, or was within ``remember_s``; True where it is not known when."""
    unseen_s = now_s - person.last_seen_s if not person.seen and math.isfinite(person.last_seen_s) else 0.0
    return unseen_s <= remember_s


def separation_speed_mps(
    somebody: Neighbour, rule: Separation, direction: float, reaction_s: float, braking_mps2: float, keep_m: float, flown_m: float = 0.0
) -> float:
    """The speed that the distance allows along ``direction`` (+1 forwards, -1 backwards); inf for somebody who is not ahead.

    :param flown_m: way that is commanded already: v_r T_r is no less than this
    """
    distance_m = somebody.distance_m
    towards = 1.0 if distance_m < 1e-6 else direction * somebody.x_m / distance_m  # cosine of the angle to the person
    if towards < AHEAD:
        return math.inf
    walking_mps = max(rule.walking_mps, somebody.closing_mps)
    spare_m = distance_m - keep_m - somebody.uncertainty_m - walking_mps * reaction_s
    if spare_m <= 0.0:
        return 0.0
    lag_mps = braking_mps2 * reaction_s + walking_mps  # v²/2a + v * (T_r + v_h / a) = spare
    steady_mps = math.sqrt(lag_mps * lag_mps + 2.0 * braking_mps2 * spare_m) - lag_mps
    left_m = max(spare_m - flown_m, 0.0)
    slowing_mps = math.sqrt(walking_mps * walking_mps + 2.0 * braking_mps2 * left_m) - walking_mps
    return min(steady_mps, slowing_mps) / towards


def approach_speed_mps(somebody: Neighbour, rule: Separation, keep_m: float) -> float:
    """The creeping speed towards somebody who is to be approached, 0 once the base is as near as it may come."""
    return rule.approach_speed_mps if somebody.distance_m > keep_m else 0.0


def _believable(vx: float, vy: float) -> tuple[float, float]:
    """The velocity, no faster than people are."""
    share = min(1.0, MAX_WALKING_MPS / max(math.hypot(vx, vy), 1e-6))
    return vx * share, vy * share


def known_std_m(std_m: float) -> float:
    """A standard deviation that nobody knows counts as the largest."""
    return min(max(std_m, 0.0), MAX_UNCERTAINTY_M) if math.isfinite(std_m) else MAX_UNCERTAINTY_M
