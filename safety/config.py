"""The gate's parameters: the robot's body, its brakes, and how old an input may be.

What depends on people (speeds and distances by age group) is in the rule file; what depends on the machine is here.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

InputTopic = Literal["scan", "odom", "pose", "people", "joint_states", "gripper/state", "world/facts"]

MEMORY = "memory"
"""As ``state_dir``: nothing is written, and a restart forgets a latched stop.  For tests and virtual time."""


class JointLimit(BaseModel):
    """Range and top speed of one joint, in rad and rad/s or m and m/s."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lower: float = Field(allow_inf_nan=False)
    upper: float = Field(allow_inf_nan=False)
    speed_per_s: float = Field(gt=0, le=10)
    part: Literal["head", "arm", "gripper"]

    @model_validator(mode="after")
    def _is_a_range(self) -> JointLimit:
        if self.lower >= self.upper:
            raise ValueError(f"lower {self.lower:g} must be less than upper {self.upper:g}")
        return self


DEFAULT_JOINTS = {
    "head_pan": JointLimit(lower=-2.8, upper=2.8, speed_per_s=2.0, part="head"),
    "head_tilt": JointLimit(lower=-1.0, upper=1.0, speed_per_s=1.5, part="head"),
    "lift": JointLimit(lower=0.2, upper=1.15, speed_per_s=0.35, part="arm"),
    "arm": JointLimit(lower=0.0, upper=0.5, speed_per_s=0.25, part="arm"),
    "gripper": JointLimit(lower=0.0, upper=0.1, speed_per_s=0.1, part="gripper"),
}


class GateConfig(BaseModel):
    """Parameters of the node ``gate``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules_file: str = Field("safety/rules/home.yaml", description="rules; relative to the current folder or to the project")
    ontology_file: str = Field("safety/ontology.yaml", description="classes of objects and their properties")
    run_dir: str = Field("", description="folder for audit and latch of one run; empty: they are kept in state_dir")
    state_dir: str = Field(
        "", description="empty: robot-runtime in $XDG_STATE_HOME, or in ~/.local/state; one for each robot on a machine; 'memory': no files"
    )

    # the base
    max_speed_mps: float = Field(0.8, gt=0, le=2, description="never exceeded, whatever is proposed or allowed")
    max_reverse_mps: float = Field(0.2, gt=0, le=2, description="backwards, where the camera does not look")
    max_turn_radps: float = Field(1.5, gt=0, le=4, description="never exceeded")
    acceleration_mps2: float = Field(0.6, gt=0, le=3, description="at most; a stop is never slowed down by it")
    turn_acceleration_radps2: float = Field(3.0, gt=0, le=10, description="at most")
    braking_mps2: float = Field(1.0, gt=0, le=5, description="what the base surely reaches when it is told to stop")
    drive_latency_s: float = Field(0.1, ge=0, le=1, description="command sent to wheels answering, measured on the base")
    base_radius_m: float = Field(0.22, gt=0, le=1, description="of the circle around everything that does not stick out")
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

    # people
    remember_s: float = Field(2.0, gt=0, le=60, description="somebody unseen for longer slows the base to blind_speed_mps, but no further")
    person_release_m: float = Field(0.1, ge=0, le=1, description="a person must be this much further away before the base goes on")
    obstacle_release_m: float = Field(0.02, ge=0, le=1, description="an obstacle likewise")
    release_hold_s: float = Field(0.3, ge=0, le=10, description="and the way must have been free for as long as this")

    # joints
    joints: dict[str, JointLimit] = Field(default_factory=lambda: dict(DEFAULT_JOINTS), description="every joint that may be commanded")
    near_hand_m: float = Field(0.5, ge=0, le=2, description="lift and arm move slowly while somebody is within the longest reach and this")
    near_hand_speed_ratio: float = Field(0.4, gt=0, le=1, description="slowly: this share of their top speed; also while people are unseen")
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
    e_stop_max_age_s: float = Field(0.0, ge=0, le=5, description="0: not supervised; else silence of the e_stop input latches a stop")
    hour_at_start: float = Field(12.0, ge=0, lt=24, description="local hour at time zero, for clocks that show no date (simulation)")
    utc_offset_h: float = Field(0.0, ge=-12, le=14, description="local time minus UTC, for clocks that show a date")

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
