"""Everything that caps the base at this moment.  Pure functions: the same situation gives the same caps.

Each cap is computed for one direction of motion and holds for its speed; the smallest one rules.  More people or more
obstacles can only add caps or lower them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from safety.config import GateConfig
from safety.contact import comes, contact_speeds_mps
from safety.fence import Fences
from safety.flight import Flight
from safety.path import miss_distance_m, stoppable_speed_mps
from safety.rules import Separation
from safety.scan import NO_OBSTACLES, Obstacles
from safety.separation import Neighbour, approach_speed_mps, separation_speed_mps
from safety.types import AgeGroup
from safety.verdicts import UNLIMITED, Limits
from safety.zones import ZoneCap

MEASURED_ARC_MPS = 0.1
"""Above this speed the arc on which the base really moves is checked besides the one that is commanded."""


@dataclass(frozen=True, slots=True)
class Cap:
    """One reason to go slower.  ``key`` names its kind and does not change while only numbers in the text do."""

    key: str
    text: str
    speed_mps: float = math.inf
    turn_radps: float = math.inf
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class Permit:
    """What the approved action that a command belongs to allows."""

    limits: Limits = UNLIMITED
    approaches: frozenset[str] = frozenset()  # ids of people to whom the base may come nearer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around the base, from inputs that are fresh enough to move on."""

    obstacles: Obstacles = NO_OBSTACLES
    neighbours: tuple[Neighbour, ...] = ()
    blind: str = ""  # why it is unknown where people are; "" when it is known
    unheard: str = ""  # why nobody would hear a shouted stop; "" when somebody would
    lost: str = ""  # which optional sensors fell silent; "" when none did
    touches: tuple[tuple[str, float, float], ...] = ()  # pressed bumpers, cliffs: name, and where on the base [m]
    sees_behind: bool = False  # other sensors look where the main lidar does not
    pose: tuple[float, float, float] | None = None  # of the base in the map: x [m], y [m], yaw [rad]; None: not known
    pose_uncertainty_m: float = 0.0
    pose_age_s: float = 0.0
    scan_age_s: float = 0.0
    people_age_s: float = 0.0
    linear_mps: float = 0.0  # measured
    angular_radps: float = 0.0
    odom_s: float = -math.inf  # when that was
    arm_m: float = 0.0  # extension
    flight: Flight | None = None  # the commands that are not driven yet, and how late the drive is …
    now_s: float = 0.0  # … at this time

    def flown(self, reaction_s: float) -> tuple[float, float]:
        """Way [m] and angle [rad] that are commanded and that news of this age, or a base this late, does not show yet."""
        return self.flight.ahead(self.now_s, reaction_s) if self.flight else (0.0, 0.0)


class Caps:
    """The caps of one machine under one rule file."""

    def __init__(self, config: GateConfig, separation: Mapping[AgeGroup, Separation], fences: Fences | None = None) -> None:
        self._config = config
        self._separation = separation
        self._fences = fences or Fences({})
        self._body = config.body
        self._zones = [ZoneCap(name, zone, self._body, config.max_speed_mps, config.max_turn_radps) for name, zone in config.zones.items()]

    def adopt(self, separation: Mapping[AgeGroup, Separation]) -> None:
        """Go on under another rule file."""
        self._separation = separation

    @property
    def horizon_m(self) -> float:
        """Obstacles further away than this never cap the speed."""
        c = self._config
        margin_m = self._body.reach_m + c.slow_margin_m + max(c.front_margin_m, c.reverse_margin_m, c.blind_margin_m)
        own_m = margin_m + c.obstacle_release_m + self._stopping_m(max(c.scan_max_age_s, *(s.max_age_s for s in c.sources.values()), 0.0))
        return max(own_m, *(zone.sees_m for zone in self._zones), 0.0)

    def _stopping_m(self, age_s: float) -> float:
        """The longest way to a halt, after news of this age."""
        c = self._config
        return c.max_speed_mps * (age_s + max(c.drive_latency_s, c.drive_latency_most_s)) + c.max_speed_mps**2 / (2 * c.braking_mps2)

    def of(self, linear: float, angular: float, around: Surroundings, permit: Permit, release: bool = False) -> list[Cap]:
        """All caps on a command; with ``release`` those for going on after a protective stop, which ask for more room."""
        return [
            *self._machine(linear, around, permit),
            *self._people(linear, angular, around, permit, release),
            *self._contacts(linear, angular, around, permit, release),
            *self._obstacles(linear, angular, around, release),
            *self._by_zones(linear, angular, around),
            *self._by_fences(linear, angular, around, release),
        ]

    def _machine(self, linear: float, around: Surroundings, permit: Permit) -> Iterator[Cap]:
        c = self._config
        yield Cap("machine", "top speed of the base", c.max_speed_mps if linear >= 0 else c.max_reverse_mps, c.max_turn_radps)
        if permit.limits is not UNLIMITED:
            yield Cap("action", "limit of the approved action", permit.limits.max_speed_mps, permit.limits.max_turn_radps)
        if around.blind:
            yield Cap("blind", around.blind, c.blind_speed_mps, c.near_turn_radps)
        if around.unheard:
            yield Cap("unheard", around.unheard, c.blind_speed_mps)
        if around.lost:
            yield Cap("lost sensor", around.lost, c.blind_speed_mps, c.near_turn_radps)
        if linear < 0 and c.scan_field_of_view_rad < 2 * math.pi and not around.sees_behind:
            yield Cap("unseen behind", "nothing looks behind the base", 0.0)
        for name, x_m, y_m in around.touches:
            pressed = linear * x_m > 0.0 or x_m == y_m == 0.0 or (linear != 0.0 and abs(x_m) < abs(y_m))
            yield Cap(f"touch {name}", name, 0.0 if pressed else math.inf, c.near_turn_radps)
        if around.arm_m > c.extended_arm_m:
            yield Cap("arm out", "the arm is extended", c.extended_speed_mps, c.extended_turn_radps)

    def _people(self, linear: float, angular: float, around: Surroundings, permit: Permit, release: bool) -> Iterator[Cap]:
        for somebody in around.neighbours:
            rule, distance_m = self._separation[somebody.group], somebody.distance_m
            if distance_m <= rule.near_m:
                group = somebody.group.value
                yield Cap(f"near {group}", _who(somebody), rule.near_speed_mps, self._config.near_turn_radps, by_person=True)
            if linear != 0.0:
                speed_mps = self._separation_mps(somebody, linear, angular, around, permit, release)
                if speed_mps < self._config.max_speed_mps:
                    yield Cap(f"way of {somebody.group.value}", f"{_who(somebody)} in the way", speed_mps, by_person=True)
            if around.arm_m > self._config.extended_arm_m and distance_m <= self._reach_m(around):
                yield Cap("hand at person", f"{_who(somebody)} within reach of the arm", turn_radps=0.0, by_person=True)

    def _separation_mps(
        self, somebody: Neighbour, linear: float, angular: float, around: Surroundings, permit: Permit, release: bool
    ) -> float:
        c, rule = self._config, self._separation[somebody.group]
        extra_m = c.person_release_m if release else 0.0
        reaction_s = around.people_age_s + self._latency_s(around)
        approached = somebody.id in permit.approaches
        keep_m = max(rule.approach_keep_m if approached else rule.keep_m, permit.limits.keep_distance_m) + extra_m
        flown_m, _ = around.flown(reaction_s)
        speed_mps = separation_speed_mps(somebody, rule, math.copysign(1.0, linear), reaction_s, c.braking_mps2, keep_m, flown_m)
        if not somebody.tracked:  # where they were seen last they may still be: slow enough to see them first
            return max(speed_mps, c.blind_speed_mps)
        if approached:
            return max(speed_mps, approach_speed_mps(somebody, rule, keep_m))
        passed = miss_distance_m(somebody.x_m, somebody.y_m, linear, angular) >= rule.pass_m + extra_m
        return max(speed_mps, rule.approach_speed_mps) if passed else speed_mps

    def _contacts(self, linear: float, angular: float, around: Surroundings, permit: Permit, release: bool) -> Iterator[Cap]:
        """People who walk, carried on as they do."""
        c = self._config
        walking = [somebody for somebody in around.neighbours if comes(somebody)]
        if linear == 0.0 or c.contact_horizon_s == 0.0 or not walking:
            return
        radius_m = self._body.reach_m + c.person_radius_m + (c.person_release_m if release else 0.0)
        speeds = contact_speeds_mps(walking, linear, angular, radius_m, c.contact_horizon_s, around.people_age_s)
        for somebody, speed_mps in zip(walking, speeds, strict=True):
            if speed_mps < c.max_speed_mps:
                rule = self._separation[somebody.group]
                if somebody.id in permit.approaches:
                    keep_m = max(rule.approach_keep_m, permit.limits.keep_distance_m)
                    speed_mps = max(speed_mps, approach_speed_mps(somebody, rule, keep_m))
                yield Cap(f"meeting {somebody.group.value}", f"{_who(somebody)} comes into the way", speed_mps, by_person=True)

    def _reach_m(self, around: Surroundings) -> float:
        return self._config.grasp_reach_m + around.arm_m + self._config.reach_margin_m

    def _latency_s(self, around: Surroundings) -> float:
        return max(self._config.drive_latency_s, around.flight.latency_s if around.flight else 0.0)

    def _obstacles(self, linear: float, angular: float, around: Surroundings, release: bool) -> Iterator[Cap]:
        c, seen = self._config, around.obstacles
        yield from self._turning(linear, angular, around)
        if linear == 0.0 or seen.x_m.size == 0:
            return
        wide_m = self._free_m(linear, angular, around, c.slow_margin_m)
        wide_mps = self._stoppable_mps(wide_m + c.slow_margin_m, linear, around, release)
        if wide_mps >= c.max_speed_mps:
            return  # then the narrow way is free as well
        yield Cap("narrow", f"narrow way {wide_m:.2f} m ahead", max(c.slow_speed_mps, wide_mps))
        narrow_m = self._free_m(linear, angular, around, c.side_margin_m)
        ahead_mps = self._stoppable_mps(narrow_m + c.side_margin_m, linear, around, release)
        yield Cap("obstacle ahead", f"obstacle {narrow_m:.2f} m ahead", ahead_mps)

    def _turning(self, linear: float, angular: float, around: Surroundings) -> Iterator[Cap]:
        """Next to something the base turns slowly, and with corners only so far as they do not touch it."""
        c, seen = self._config, around.obstacles
        gap_m = self._gap_m(seen)
        if gap_m >= c.slow_margin_m:
            return
        yield Cap("near obstacle", f"obstacle {gap_m:.2f} m beside the base", turn_radps=c.near_turn_radps)
        if linear == 0.0 and angular != 0.0:
            free_rad = self._body.free_turn_rad(seen.x_m, seen.y_m, angular, c.side_margin_m + seen.coarse_m)
            reaction_s = around.scan_age_s + self._latency_s(around)
            turn_radps = stoppable_speed_mps(free_rad, reaction_s, c.turn_braking_radps2, around.flown(reaction_s)[1])
            yield Cap("no room to turn", f"obstacle {gap_m:.2f} m beside the base", turn_radps=turn_radps)

    def _gap_m(self, seen: Obstacles) -> float:
        """From the outline to the nearest obstacle; inf when nothing is as near as the slow margin."""
        within_m = self._config.slow_margin_m + seen.coarse_m
        if seen.nearest_m - self._body.reach_m >= within_m:
            return math.inf
        return max(0.0, self._body.gap_m(seen.x_m, seen.y_m, within_m) - seen.coarse_m)

    def _by_zones(self, linear: float, angular: float, around: Surroundings) -> Iterator[Cap]:
        for zone in self._zones:
            speed_mps, turn_radps = zone.allows(around.obstacles, linear, angular)
            if speed_mps < math.inf or turn_radps < math.inf:
                yield Cap(f"zone {zone.name}", f"something in the {zone.kind} zone '{zone.name}'", speed_mps, turn_radps)

    def _by_fences(self, linear: float, angular: float, around: Surroundings, release: bool) -> Iterator[Cap]:
        if not self._fences or linear == 0.0:
            return
        if around.pose is None:
            yield Cap("fence", "it is not known where the fences are", 0.0)
            return
        c = self._config
        reaction_s = around.pose_age_s + self._latency_s(around)
        horizon_m = c.max_speed_mps * reaction_s + c.max_speed_mps**2 / (2 * c.braking_mps2) + c.obstacle_release_m
        radius_m = self._body.reach_m + around.pose_uncertainty_m
        free_m, ahead, across = self._fences.free_m(around.pose, linear, angular, radius_m, horizon_m)
        if across:
            yield Cap("back", f"across the fence: {across}", c.fence_return_mps)
        if free_m < horizon_m:
            extra_m = c.obstacle_release_m if release else 0.0
            speed_mps = stoppable_speed_mps(free_m - extra_m, reaction_s, c.braking_mps2, around.flown(reaction_s)[0])
            yield Cap("fence", f"fence {free_m:.2f} m ahead: {ahead}", speed_mps)

    def _free_m(self, linear: float, angular: float, around: Surroundings, margin_m: float) -> float:
        """Free length of the commanded arc, and of the one on which the base moves now."""
        seen = around.obstacles
        margin_m += seen.coarse_m
        free_m = self._body.free_m(seen.x_m, seen.y_m, linear, angular, margin_m)
        if around.linear_mps * linear > 0.0 and abs(around.linear_mps) > MEASURED_ARC_MPS:
            free_m = min(free_m, self._body.free_m(seen.x_m, seen.y_m, around.linear_mps, around.angular_radps, margin_m))
        return free_m

    def _stoppable_mps(self, gap_m: float, linear: float, around: Surroundings, release: bool) -> float:
        """For a gap between the base itself, without side margins, and what it would touch."""
        c = self._config
        margin_m = c.front_margin_m if linear > 0 else c.reverse_margin_m
        margin_m = max(margin_m, c.blind_margin_m) if around.blind else margin_m
        margin_m += c.obstacle_release_m if release else 0.0
        reaction_s = around.scan_age_s + self._latency_s(around)
        return stoppable_speed_mps(gap_m - margin_m, reaction_s, c.braking_mps2, around.flown(reaction_s)[0])


def _who(somebody: Neighbour) -> str:
    """In words, for the cause that a cap names."""
    return f"{somebody.group.value if somebody.group != AgeGroup.UNKNOWN else 'person'} at {somebody.distance_m:.1f} m"
