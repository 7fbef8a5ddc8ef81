"""From the gate's inputs to what is around the base now, and to what stops it because it is not known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from safety.caps import Surroundings
from safety.config import GateConfig
from safety.context import Context, age_group
from safety.flight import Flight
from safety.health import charge, degraded
from safety.inputs import Inputs
from safety.rules import Parameters
from safety.scan import NO_OBSTACLES, BrokenScanError, Needs, Obstacles, obstacles
from safety.separation import Neighbour, known_std_m, neighbour, seen_lately
from safety.types import GripperState, JointPositions, Odometry, People, RobotPose, Scan, WorldFactsLike

UNIX_TIME_S = 1e9
"""A clock that shows more than this counts seconds since 1970; one that shows less began with the simulation."""


NOBODY_LISTENS = "nobody listens for the stop word"


@dataclass(slots=True)
class _Located:
    """The people of one message as seen from one pose; None for somebody of whom it is not known where."""

    people: People
    pose: RobotPose
    neighbours: list[Neighbour | None]


class Sight:
    """Looks at the inputs.  Keeps the points of the newest scan and the places of people, since a message serves several steps."""

    def __init__(self, config: GateConfig, parameters: Parameters, horizon_m: float) -> None:
        self._config = config
        self._parameters = parameters
        self._needs = Needs(
            horizon_m,
            config.body.inner_m,
            config.scan_field_of_view_rad,
            config.scan_max_increment_rad,
            config.broken_rays_ratio,
            config.blind_sector_rad,
        )
        self._scan: Scan | None = None
        self._seen: Obstacles | None = None
        self._broken = ""
        self._located: _Located | None = None

    def adopt(self, parameters: Parameters) -> None:
        """Go on under another rule file."""
        self._parameters = parameters
        self._located = None  # it says who counts as a child

    def stops(self, inputs: Inputs, now_s: float) -> tuple[str, ...]:
        """Why the base must not move at all: inputs that are missing, too old or broken."""
        stale = [inputs.describe_stale(topic, now_s) for topic in ("scan", "odom") if not inputs.fresh(topic, now_s)]
        self._look_at(inputs.latest("scan"))
        if self._broken:
            stale.append(f"scan is broken: {self._broken}")
        if self._config.sources:
            stale += inputs.sources.missing(now_s)
        if self._config.require_listening and inputs.age_s("safety/listening", now_s) > self._config.safety_listening_stop_s:
            stale.append(NOBODY_LISTENS)
        return tuple(stale)

    def surroundings(self, inputs: Inputs, now_s: float, flight: Flight | None = None) -> Surroundings:
        """What is around the base; only meaningful while ``stops`` is empty.

        :param flight: the commands that the base has been told and has not driven yet
        """
        odom: Odometry | None = inputs.latest("odom")
        self._look_at(inputs.latest("scan"))
        neighbours, blind = self._neighbours(inputs, now_s)
        around = Surroundings(
            obstacles=self._seen or NO_OBSTACLES,
            neighbours=neighbours,
            blind=blind,
            unheard=self._unheard(inputs, now_s),
            scan_age_s=inputs.age_s("scan", now_s),
            people_age_s=max(inputs.age_s("people", now_s), inputs.age_s("pose", now_s)),
            linear_mps=odom.linear_mps if odom else 0.0,
            angular_radps=odom.angular_radps if odom else 0.0,
            odom_s=odom.stamp_s if odom else -math.inf,
            arm_m=self._arm_m(inputs, now_s),
            flight=flight,
            now_s=now_s,
        )
        around = self._with_sources(around, inputs, odom, now_s) if self._config.sources else around
        return self._with_pose(around, inputs, now_s) if self._config.fences else around

    def _with_sources(self, around: Surroundings, inputs: Inputs, odom: Odometry | None, now_s: float) -> Surroundings:
        sources = inputs.sources
        return replace(
            around,
            obstacles=sources.added_to(around.obstacles, odom, now_s),
            lost=sources.lost(now_s),
            touches=sources.touches(),
            sees_behind=sources.all_around(self._config.scan_field_of_view_rad, now_s),
            scan_age_s=max(around.scan_age_s, sources.age_s(now_s)),
        )

    def _with_pose(self, around: Surroundings, inputs: Inputs, now_s: float) -> Surroundings:
        pose: RobotPose | None = inputs.latest("pose")
        if pose is None or not inputs.fresh("pose", now_s):
            return around
        return replace(
            around,
            pose=(pose.x_m, pose.y_m, pose.yaw_rad),
            pose_uncertainty_m=self._config.uncertainty_sigmas * known_std_m(pose.std_m),
            pose_age_s=inputs.age_s("pose", now_s),
        )

    def context(self, inputs: Inputs, now_s: float) -> Context:
        """What the semantic stage judges by."""
        people: People | None = inputs.latest("people")
        gripper: GripperState | None = inputs.latest("gripper/state")
        facts: WorldFactsLike | None = inputs.latest("world/facts")
        stale = frozenset(self._stale_for_rules(inputs, now_s))
        return Context(
            hour=self.hour(now_s),
            place=facts.robot_place if facts else "",  # the last known one: forgetting it would loosen what holds there
            pose=inputs.latest("pose"),
            people=people.people if people else (),
            objects=facts.objects if facts else (),  # what a thing is does not change with the age of the news
            holding=gripper.holding if gripper else "",
            holding_class=gripper.holding_class if gripper else "",
            stale=stale,
            speed_mps=self._speed_mps(inputs, now_s),
            battery=charge(inputs, now_s),
            degraded=degraded(inputs, bool(self._broken), self._config, now_s),
        )

    @staticmethod
    def _speed_mps(inputs: Inputs, now_s: float) -> float:
        """Of the base, nan while nobody knows."""
        odom: Odometry | None = inputs.latest("odom")
        return odom.linear_mps if odom is not None and inputs.fresh("odom", now_s) else math.nan

    def hour(self, now_s: float) -> float:
        """Local hour of the day, 0 … 24."""
        unix = now_s > UNIX_TIME_S
        return (now_s / 3600.0 + (self._config.utc_offset_h if unix else self._config.hour_at_start)) % 24.0

    def _stale_for_rules(self, inputs: Inputs, now_s: float) -> Iterator[str]:
        topics = ["people", "pose", "world/facts"]
        if "gripper/state" in self._config.required_inputs or inputs.latest("gripper/state") is not None:
            topics.append("gripper/state")
        return (topic for topic in topics if not inputs.fresh(topic, now_s, self._config.judging_grace_s))

    def _look_at(self, scan: Scan | None) -> None:
        if scan is None or scan is self._scan:
            return
        self._scan, self._seen, self._broken = scan, None, ""
        try:
            self._seen = obstacles(scan, self._needs, self._config.scan_mount)
        except BrokenScanError as error:
            self._broken = str(error)

    def _neighbours(self, inputs: Inputs, now_s: float) -> tuple[tuple[Neighbour, ...], str]:
        """People around, and why it is not known where they are ("" when it is).  Those of an old message still count."""
        people: People | None = inputs.latest("people")
        pose: RobotPose | None = inputs.latest("pose")
        stale = [inputs.describe_stale(topic, now_s) for topic in ("people", "pose") if not inputs.fresh(topic, now_s)]
        if people is None or pose is None:
            return (), "; ".join(stale)
        found = self._located_people(people, pose, now_s)
        placed = [somebody for somebody in found if somebody is not None]
        if len(placed) < len(found):
            stale.append("somebody is here, but it is not known where")
        return tuple(placed), "; ".join(stale)

    def _located_people(self, people: People, pose: RobotPose, now_s: float) -> list[Neighbour | None]:
        """Seen from the base.  With time changes only whether somebody was seen a moment ago, all else with a new message."""
        c, known = self._config, self._located
        if known is None or known.people is not people or known.pose is not pose:
            groups = [age_group(person, self._parameters.min_age_confidence) for person in people.people]
            somebody = zip(people.people, groups, strict=True)
            found = [neighbour(person, group, pose, now_s, c.remember_s, c.uncertainty_sigmas) for person, group in somebody]
            self._located = _Located(people, pose, found)
            return found
        for place, (person, before) in enumerate(zip(people.people, known.neighbours, strict=True)):
            tracked = seen_lately(person, now_s, c.remember_s)
            if before is not None and before.tracked != tracked:
                known.neighbours[place] = replace(before, tracked=tracked)
        return known.neighbours

    def _unheard(self, inputs: Inputs, now_s: float) -> str:
        """Why a shouted stop would not be heard, "" when it would."""
        heard = not self._config.require_listening or inputs.fresh("safety/listening", now_s)
        return "" if heard else NOBODY_LISTENS

    def _arm_m(self, inputs: Inputs, now_s: float) -> float:
        """Extension of the arm; the longest possible while it is unknown, 0 on a robot without one."""
        limit = self._config.joints.get("arm")
        joints: JointPositions | None = inputs.latest("joint_states")
        if limit is None or (joints is None and "joint_states" not in self._config.required_inputs):
            return 0.0
        if joints is None or not inputs.fresh("joint_states", now_s):
            return limit.upper
        return dict(zip(joints.names, joints.positions, strict=True)).get("arm", 0.0)
