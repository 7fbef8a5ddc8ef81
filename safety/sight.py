"""From the gate's inputs to what is around the base now, and to what stops it because it is not known."""

from __future__ import annotations

from collections.abc import Iterator

from safety.caps import Surroundings
from safety.config import GateConfig
from safety.context import Context, age_group
from safety.inputs import Inputs
from safety.rules import Parameters
from safety.scan import NO_OBSTACLES, BrokenScanError, Needs, Obstacles, obstacles
from safety.separation import Neighbour, neighbour
from safety.types import GripperState, JointPositions, Odometry, People, RobotPose, Scan, WorldFactsLike

UNIX_TIME_S = 1e9
"""A clock that shows more than this counts seconds since 1970; one that shows less began with the simulation."""


NOBODY_LISTENS = "nobody listens for the stop word"


class Sight:
    """Looks at the inputs.  Keeps the points of the newest scan, since a scan serves several steps."""

    def __init__(self, config: GateConfig, parameters: Parameters, horizon_m: float) -> None:
        self._config = config
        self._parameters = parameters
        self._needs = Needs(
            horizon_m,
            config.base_radius_m,
            config.scan_field_of_view_rad,
            config.scan_max_increment_rad,
            config.broken_rays_ratio,
            config.blind_sector_rad,
        )
        self._scan: Scan | None = None
        self._seen: Obstacles | None = None
        self._broken = ""

    def stops(self, inputs: Inputs, now_s: float) -> tuple[str, ...]:
        """Why the base must not move at all: inputs that are missing, too old or broken."""
        stale = [inputs.describe_stale(topic, now_s) for topic in ("scan", "odom") if not inputs.fresh(topic, now_s)]
        self._look_at(inputs.latest("scan"))
        if self._broken:
            stale.append(f"scan is broken: {self._broken}")
        if self._config.require_listening and inputs.age_s("safety/listening", now_s) > self._config.safety_listening_stop_s:
            stale.append(NOBODY_LISTENS)
        return tuple(stale)

    def surroundings(self, inputs: Inputs, now_s: float) -> Surroundings:
        """What is around the base; only meaningful while ``stops`` is empty."""
        odom: Odometry | None = inputs.latest("odom")
        self._look_at(inputs.latest("scan"))
        neighbours, blind = self._neighbours(inputs, now_s)
        return Surroundings(
            obstacles=self._seen or NO_OBSTACLES,
            neighbours=neighbours,
            blind=blind,
            unheard=self._unheard(inputs, now_s),
            scan_age_s=inputs.age_s("scan", now_s),
            people_age_s=max(inputs.age_s("people", now_s), inputs.age_s("pose", now_s)),
            linear_mps=odom.linear_mps if odom else 0.0,
            angular_radps=odom.angular_radps if odom else 0.0,
            arm_m=self._arm_m(inputs, now_s),
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
        )

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
            self._seen = obstacles(scan, self._needs)
        except BrokenScanError as error:
            self._broken = str(error)

    def _neighbours(self, inputs: Inputs, now_s: float) -> tuple[tuple[Neighbour, ...], str]:
        """People around, and why it is not known where they are ("" when it is).  Those of an old message still count."""
        people: People | None = inputs.latest("people")
        pose: RobotPose | None = inputs.latest("pose")
        stale = [inputs.describe_stale(topic, now_s) for topic in ("people", "pose") if not inputs.fresh(topic, now_s)]
        if people is None or pose is None:
            return (), "; ".join(stale)
        found = [
            neighbour(person, age_group(person, self._parameters.min_age_confidence), pose, now_s, self._config.remember_s)
            for person in people.people
        ]
        if None in found:
            stale.append("somebody is here, but it is not known where")
        return tuple(somebody for somebody in found if somebody is not None), "; ".join(stale)

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
