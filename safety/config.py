"""The gate's parameters: the robot's body, its brakes, and how old an input may be.

What depends on people (speeds and distances by age group) is in the rule file; what depends on the machine is here.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from safety.fence import Fence
from safety.footprint import Footprint, footprint
from safety.hand import HELD_CAPS, HeldCap
from safety.hazards.settings import FOLDER
from safety.motors.config import ROS, checked_driver
from safety.mount import Mount
from safety.polygon import Polygon, PolygonM
from safety.sensors import TOPIC_OF, Source
from safety.zones import Zone, misfit

InputTopic = Literal["scan", "odom", "pose", "people", "joint_states", "gripper/state", "world/facts"]

NO_CLASSIFIER = "none"

MEMORY = "memory"
"""As ``state_dir``: nothing is written, and a restart forgets a latched stop.  For tests and virtual time."""


class JointLimit(BaseModel):
    """Range, top speed and greatest effort of one joint: rad, rad/s and N·m, or m, m/s and N."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lower: float = Field(allow_inf_nan=False)
    upper: float = Field(allow_inf_nan=False)
    speed_per_s: float = Field(gt=0, le=10)
    part: Literal["head", "arm", "gripper"]
    effort: float = Field(50.0, gt=0, le=1000)

    @model_validator(mode="after")
    def _is_a_range(self) -> JointLimit:
        if self.lower >= self.upper:
            raise ValueError(f"lower {self.lower:g} must be less than upper {self.upper:g}")
        return self


DEFAULT_JOINTS = {
    "head_pan": JointLimit(lower=-2.8, upper=2.8, speed_per_s=2.0, part="head", effort=2),
    "head_tilt": JointLimit(lower=-1.0, upper=1.0, speed_per_s=1.5, part="head", effort=2),
    "lift": JointLimit(lower=0.2, upper=1.15, speed_per_s=0.35, part="arm", effort=120),
    "arm": JointLimit(lower=0.0, upper=0.5, speed_per_s=0.25, part="arm", effort=60),
    "gripper": JointLimit(lower=0.0, upper=0.1, speed_per_s=0.1, part="gripper", effort=40),
}


class GateConfig(BaseModel):
    """Parameters of the node ``gate``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules_file: str = Field("safety/rules/home.yaml", description="rules; relative to the current folder or to the project")
    ontology_file: str = Field("safety/ontology.yaml", description="classes of objects and their properties")
    classifier_folder: str = Field(FOLDER, description="hazard classifier; 'none': the rules judge alone")
    reload_s: float = Field(0.1, ge=0, le=3600, description="seconds between looks at these files for changes; 0: only when asked")
    language: Literal["en", "fr"] = Field("en", description="of the sentences that go with verdicts")
    run_dir: str = Field("", description="folder for audit and latch of one run; empty: they are kept in state_dir")
    state_dir: str = Field(
        "", description="empty: robot-runtime in $XDG_STATE_HOME, or in ~/.local/state; one for each robot on a machine; 'memory': no files"
    )

    # the base
    max_speed_mps: float = Field(0.8, gt=0, le=2, description="never exceeded, whatever is proposed or allowed")
    max_reverse_mps: float = Field(0.2, gt=0, le=2, description="backwards, where the camera does not look")
    max_turn_radps: float = Field(1.5, gt=0, le=4, description="never exceeded")
    acceleration_mps2: float = Field(0.6, gt=0, le=3, description="at most; a stop is never slowed down by it")
    jerk_mps3: float = Field(4.0, gt=0, le=100, description="at most, while the speed rises")
    turn_acceleration_radps2: float = Field(3.0, gt=0, le=10, description="at most")
    turn_jerk_radps3: float = Field(40.0, gt=0, le=1000, description="at most, while the turn rate rises")
    braking_mps2: float = Field(1.0, gt=0, le=5, description="what the base surely reaches when it is told to stop")
    turn_braking_radps2: float = Field(3.0, gt=0, le=20, description="likewise for turning; only a footprint that is not round needs it")
    drive_latency_s: float = Field(
        0.1, ge=0, le=1, description="command sent to wheels answering, at least; more is measured while driving"
    )
    drive_latency_most_s: float = Field(0.5, ge=0, le=2, description="a longer measured latency counts as this")
    base_radius_m: float = Field(0.22, gt=0, le=1, description="of the circle around everything that does not stick out")
    footprint_m: PolygonM | None = Field(
        None, description="corners [x, y] of a convex outline around base_link, instead of the circle; 'null': the circle"
    )
    grasp_reach_m: float = Field(0.32, ge=0, le=2, description="base centre to grasp point with the arm drawn in")

    # obstacles seen by the lidar
    front_margin_m: float = Field(0.07, ge=0.02, le=1, description="the base halts this far from what stands in its way")
    side_margin_m: float = Field(0.02, ge=0, le=1, description="what passes closer than this at the side is in the way")
    slow_margin_m: float = Field(0.15, ge=0, le=1, description="what passes closer than this at the side slows the base down")
    slow_speed_mps: float = Field(0.35, gt=0, le=2, description="to this speed at most")
    reverse_margin_m: float = Field(0.15, ge=0.02, le=1, description="the front margin when driving backwards")
    near_turn_radps: float = Field(0.8, gt=0, le=4, description="turning in place next to something")
    blind_margin_m: float = Field(0.35, ge=0.02, le=2, description="the front margin while it is unknown where people are")
    blind_speed_mps: float = Field(0.2, gt=0, le=1, description="top speed meanwhile")
    scan_field_of_view_rad: float = Field(
        2 * math.pi, ge=math.pi, le=2 * math.pi, description="around ahead, that a scan must cover; less than all forbids reversing"
    )
    scan_max_increment_rad: float = Field(math.radians(2), gt=0, le=math.radians(10), description="a scan with rays further apart is none")
    broken_rays_ratio: float = Field(0.1, ge=0, le=1, description="a scan with more broken rays than this share counts as none")
    blind_sector_rad: float = Field(math.radians(10), gt=0, le=math.pi, description="so does one with a gap as wide as this")

    scan_mount: Mount = Field(default_factory=Mount, description="pose of the main lidar in base_link")
    sources: dict[str, Source] = Field(
        default_factory=dict, description="further sensors by name: kind scan, points, range, bumper or cliff (safety/sensors.py)"
    )

    # areas
    zones: dict[str, Zone] = Field(
        default_factory=dict, description="polygons around the base by name: kind stop, slow, limit or approach (safety/zones.py)"
    )
    fences: dict[str, Fence] = Field(
        default_factory=dict, description="areas of the map by name: kind keep_in or keep_out (safety/fence.py)"
    )
    site: str = Field("", description="folder with semantic_map.yaml, for fences that name a place")
    fence_return_mps: float = Field(0.15, gt=0, le=1, description="back into the allowed area at this speed")

    # people
    uncertainty_sigmas: float = Field(2.0, ge=1, le=5, description="standard deviations of a position that count; 2 are 95 %")
    contact_horizon_s: float = Field(1.0, ge=0, le=5, description="who walks on as they do is met no sooner than this; 0: not looked at")
    person_radius_m: float = Field(0.25, gt=0, le=1, description="of the circle around a person that must not be touched then")
    remember_s: float = Field(2.0, gt=0, le=60, description="somebody unseen for longer slows the base to blind_speed_mps, but no further")
    person_release_m: float = Field(0.1, ge=0, le=1, description="a person must be this much further away before the base goes on")
    obstacle_release_m: float = Field(0.02, ge=0, le=1, description="an obstacle likewise")
    release_hold_s: float = Field(0.3, ge=0, le=10, description="and the way must have been free for as long as this")

    # joints
    joints: dict[str, JointLimit] = Field(default_factory=lambda: dict(DEFAULT_JOINTS), description="every joint that may be commanded")
    joint_start_max_age_s: float = Field(
        0.06, gt=0, le=0.5, description="a joint at rest begins to move where it was measured at most so long ago; else it waits"
    )
    near_hand_m: float = Field(0.5, ge=0, le=2, description="lift and arm move slowly while somebody is within the longest reach and this")
    near_hand_speed_ratio: float = Field(0.4, gt=0, le=1, description="slowly: this share of their top speed; also while people are unseen")
    near_hand_effort_ratio: float = Field(0.5, gt=0, le=1, description="and with this share of their greatest effort")
    held_caps: dict[str, HeldCap] = Field(
        default_factory=lambda: dict(HELD_CAPS), description="property of the held thing → shares of the hand's speed and grip that remain"
    )
    reach_margin_m: float = Field(0.3, ge=0.1, le=1, description="the hand stays this far from the centre of every person")
    extended_arm_m: float = Field(0.05, ge=0, le=1, description="an arm that is further out than this slows the base down")
    extended_speed_mps: float = Field(0.1, gt=0, le=1, description="to this speed")
    extended_turn_radps: float = Field(0.4, gt=0, le=4, description="and to this turn rate")

    # age of what comes in: as in robot_runtime/topics.py
    command_max_age_s: float = Field(0.2, gt=0, le=2, description="an older velocity proposal counts as none")
    joint_command_max_age_s: float = Field(0.5, gt=0, le=5, description="an older joint proposal is refused")
    scan_max_age_s: float = Field(0.35, gt=0, le=2, description="an older scan stops the base")
    odom_max_age_s: float = Field(0.2, gt=0, le=2, description="older odometry stops the base")
    odom_jump_m: float = Field(
        0.3, gt=0, le=2, description="odometry that leaps further than the base can drive is of a base that restarted"
    )
    odom_jump_rad: float = Field(0.5, gt=0, le=3, description="likewise for its direction")
    pose_max_age_s: float = Field(0.5, gt=0, le=5, description="an older pose: it is unknown where people are")
    people_max_age_s: float = Field(0.5, gt=0, le=5, description="older news of people: likewise")
    joint_states_max_age_s: float = Field(
        0.3, gt=0, le=5, description="older joint positions stop the joints, and the arm counts as extended"
    )
    gripper_state_max_age_s: float = Field(0.5, gt=0, le=5, description="an older gripper state: the hand may hold anything")
    battery_max_age_s: float = Field(3.0, gt=0, le=60, description="older news of the battery: its charge is unknown")
    degraded_pose_std_m: float = Field(0.3, gt=0, le=5, description="a pose less certain than this counts as degraded for rules")
    world_facts_max_age_s: float = Field(1.0, gt=0, le=10, description="older facts: the robot does not know its place")
    action_max_age_s: float = Field(2.0, gt=0, le=30, description="an older proposal of an action is denied")
    action_future_s: float = Field(0.2, ge=0, le=1, description="so is one that is stamped further ahead than this")
    require_listening: bool = Field(True, description="the base moves only while somebody listens for the stop word")
    safety_listening_max_age_s: float = Field(0.5, gt=0, le=5, description="older news of it slow the base to blind_speed_mps")
    safety_listening_stop_s: float = Field(2.0, gt=0, le=30, description="still older news stop it")
    future_tolerance_s: float = Field(0.25, ge=0, le=1, description="a stamp further ahead than this is wrong, and its message is stale")
    judging_grace_s: float = Field(1.0, ge=0, le=10, description="an input is stale for rules this much later than for motion")
    required_inputs: tuple[InputTopic, ...] = Field(
        ("scan", "odom", "pose", "people", "joint_states", "gripper/state"), description="must be fresh once before anything moves"
    )

    # actions, stops
    approval_s: float = Field(120.0, gt=0, le=3600, description="an approved action expires after this; proposing it again renews it")
    proposals_per_step: int = Field(8, ge=1, le=100, description="more proposals of actions than this in one step are denied unread")
    rearm_seen_s: float = Field(1.0, gt=0, le=10, description="who lifts a stop by voice was seen at most so long ago")
    rearm_max_age_s: float = Field(2.0, gt=0, le=30, description="an older request to lift a stop is ignored")
    e_stop_release_s: float = Field(0.5, ge=0, le=5, description="a release of the button counts only so long after the last press")
    confirm_s: float = Field(20.0, gt=0, le=120, description="a question that nobody has said yes to within this is answered by no")
    heartbeats: dict[str, Annotated[float, Field(gt=0, le=60)]] = Field(
        default_factory=dict, description="source on the topic safety/heartbeat → a newest stamp that is older than this latches a stop"
    )
    audit_file_mb: float = Field(32.0, gt=0, le=1000, description="a file of the record that is longer is full, and the next one begins")
    audit_keep_files: int = Field(100, ge=0, le=10_000, description="full files of the record that are kept; 0: all of them")
    e_stop_max_age_s: float = Field(0.0, ge=0, le=5, description="0: not supervised; else silence of the e_stop input latches a stop")
    hour_at_start: float = Field(12.0, ge=0, lt=24, description="local hour at time zero, for clocks that show no date (simulation)")
    utc_offset_h: float = Field(0.0, ge=-12, le=14, description="local time minus UTC, for clocks that show a date")

    # the motors' end
    base_driver: str = Field(ROS, description="as base.driver; 'serial:PORT': nothing moves while the driver reports a problem")
    motors_state_max_age_s: float = Field(0.2, gt=0, le=1, description="older news of the base's driver stop the base")

    @field_validator("base_driver")
    @classmethod
    def _is_a_driver(cls, driver: str) -> str:
        return checked_driver(driver)

    @model_validator(mode="after")
    def _areas_and_sensors_fit(self) -> GateConfig:
        if self.footprint_m is not None and not (Polygon(self.footprint_m).convex and self.body.inner_m > 0.0):
            raise ValueError("footprint_m: must be convex, with base_link inside it")
        for name, zone in self.zones.items():
            if problem := misfit(zone, self.body.outline):
                raise ValueError(f"zones.{name}: {problem}")
        frames: dict[tuple[str, str], str] = {}
        for name, source in self.sources.items():
            other = frames.setdefault((TOPIC_OF[source.kind], source.frame_id or name), name)
            if other != name:
                raise ValueError(f"sources.{name}: has the frame of {other}")
        return self

    @property
    def body(self) -> Footprint:
        """The outline of the base."""
        return footprint(self.base_radius_m, self.footprint_m)

    @property
    def audit_folder(self) -> Path | None:
        """Where audit and latch go, None for nowhere."""
        if self.run_dir:
            return Path(self.run_dir).expanduser() / "audit"
        if self.state_dir == MEMORY:
            return None
        state_home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
        return Path(self.state_dir or f"{state_home}/robot-runtime").expanduser() / "audit"

    def max_age_s(self, topic: str) -> float:
        """The age from which an input is stale for motion."""
        return float(getattr(self, topic.replace("/", "_") + "_max_age_s"))
