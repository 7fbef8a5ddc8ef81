"""Numbers that the skills share; the mind's ``Config`` inherits them, so that they stand in one parameter file."""

from __future__ import annotations

from pydantic import Field

from robot_runtime.config import StageConfig


class SkillSettings(StageConfig):
    cruise_speed_mps: float = Field(0.6, gt=0, le=0.8, description="on the way to a place or an object")
    careful_distance_m: float = Field(1.2, ge=0.5, le=3, description="from a person for whom no style is known")
    careful_speed_mps: float = Field(0.3, gt=0, le=0.8, description="on the way to a person for whom no style is known")
    object_stand_off_m: float = Field(0.62, gt=0.3, le=1, description="from the middle of the base to an object that is to be grasped")
    hand_over_stand_off_m: float = Field(0.85, gt=0.4, le=1.2, description="from the middle of the base to who takes an object")
    hand_over_reach_m: float = Field(0.9, gt=0.2, le=1.2, description="at most, from the grasp point to the person when it opens")
    near_m: float = Field(0.35, gt=0, le=1, description="how much farther than asked still counts as near")
    grasp_point_m: float = Field(0.32, gt=0, le=1, description="the grasp point's x in base_link with the arm drawn in")
    arm_max_m: float = Field(0.5, gt=0, le=2, description="the arm's longest extension")
    lift_range_m: tuple[float, float] = Field((0.2, 1.15), description="lowest and highest grasp point")
    grasp_clearance_m: float = Field(0.1, ge=0, le=0.4, description="how far a grasped object is raised before it is drawn in")
    grasp_lateral_m: float = Field(0.05, gt=0, le=0.1, description="at most, from the arm's line to the object before it reaches out")
    gripper_open_m: float = Field(0.1, gt=0, le=0.3, description="fingers apart")
    hand_over_height_m: float = Field(0.95, gt=0.2, le=1.2, description="for grown-ups: near the elbow height of a standing adult")
    hand_over_height_child_m: float = Field(0.75, gt=0.2, le=1.2, description="the same for a child of about six")
    hand_over_gap_m: float = Field(0.4, ge=0.2, le=0.8, description="from the grasp point to the middle of who takes an object")
    hand_over_arm_m: float = Field(0.3, ge=0, le=0.5, description="how far the arm reaches out to a person at most")
    put_grip_m: float = Field(0.12, ge=0, le=0.4, description="how far above its foot a thing is held of which nobody saw where it stood")
    put_look_s: float = Field(4.0, gt=0, le=20, description="how long to look for what was set down")
    joint_timeout_s: float = Field(10.0, gt=0, le=60, description="for one movement of arm or head")
    joint_tolerance: float = Field(0.02, gt=0, le=0.2, description="metres or radians from the target that count as arrived")
    joint_states_max_age_s: float = Field(0.5, gt=0, le=5, description="older joint positions count as unknown")
    gripper_state_max_age_s: float = Field(1.0, gt=0, le=5, description="an older state of the gripper proves nothing")
    grasp_timeout_s: float = Field(4.0, gt=0, le=10, description="for the gripper to report that it holds, or let go of, a thing")
    nav_silence_s: float = Field(2.0, gt=0, le=30, description="a drive of which nothing is heard for this long has failed")
    nav_blocked_s: float = Field(30.0, gt=0, le=300, description="a drive that is blocked for this long has failed")
    follow_period_s: float = Field(0.5, gt=0, le=5, description="between goals while following")
    follow_lost_s: float = Field(5.0, gt=0, le=60, description="unseen for this long, the followed person is lost")
    guide_gap_m: float = Field(2.5, gt=0.5, le=5, description="farther than this, who is led has fallen behind")
    guide_unseen_s: float = Field(4.0, gt=0, le=30, description="unseen for this long, who is led may have stayed behind")
    guide_wait_s: float = Field(30.0, gt=0, le=300, description="how long to wait for who is led before giving up")
    look_s: float = Field(0.8, gt=0, le=5, description="how long to look in one direction when searching")
    look_pan_rad: float = Field(0.9, gt=0, le=1.5, description="how far the head turns to each side when searching")
    look_tilt_rad: float = Field(0.35, ge=-0.8, le=0.8, description="how far the head bows when searching; positive is down")
    attend_s: float = Field(4.0, gt=0, le=10, description="how long the head stays turned to who spoke, unless something is to be done")
    nod_rad: float = Field(0.15, gt=0, le=0.4, description="how far the head bows in a nod")
    rest_tilt_rad: float = Field(0.25, ge=-0.8, le=0.8, description="how far the head bows while driving; positive is down")
    pan_max_rad: float = Field(2.7, gt=0, le=3.1, description="how far the head can turn to each side")
    tilt_max_rad: float = Field(0.9, gt=0, le=1.5, description="how far the head can bow")
    camera_height_m: float = Field(1.25, gt=0, le=3, description="height of the head camera")
    known_confidence: float = Field(0.3, gt=0, lt=1, description="below it the robot does not rely on where it remembers a thing")
