"""The gate's parameters: defaults and ranges that files of robots in use rely on; whoever changes one changes it here as well."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from safety.config import DEFAULT_JOINTS, GateConfig, JointLimit

RANGES = """
reload_s                     0.1    [0, 3600]
max_speed_mps                0.8    (0, 2]
max_reverse_mps              0.2    (0, 2]
max_turn_radps               1.5    (0, 4]
acceleration_mps2            0.6    (0, 3]
jerk_mps3                    4      (0, 100]
turn_acceleration_radps2     3      (0, 10]
turn_jerk_radps3             40     (0, 1000]
braking_mps2                 1      (0, 5]
turn_braking_radps2          3      (0, 20]
drive_latency_s              0.1    [0, 1]
drive_latency_most_s         0.5    [0, 2]
base_radius_m                0.22   (0, 1]
grasp_reach_m                0.32   [0, 2]
front_margin_m               0.07   [0.02, 1]
side_margin_m                0.02   [0, 1]
slow_margin_m                0.15   [0, 1]
slow_speed_mps               0.35   (0, 2]
reverse_margin_m             0.15   [0.02, 1]
near_turn_radps              0.8    (0, 4]
blind_margin_m               0.35   [0.02, 2]
blind_speed_mps              0.2    (0, 1]
scan_field_of_view_rad       2*pi   [pi, 2*pi]
scan_max_increment_rad       2deg   (0, 10deg]
broken_rays_ratio            0.1    [0, 1]
blind_sector_rad             10deg  (0, pi]
fence_return_mps             0.15   (0, 1]
uncertainty_sigmas           2      [1, 5]
contact_horizon_s            1      [0, 5]
person_radius_m              0.25   (0, 1]
remember_s                   2      (0, 60]
person_release_m             0.1    [0, 1]
obstacle_release_m           0.02   [0, 1]
release_hold_s               0.3    [0, 10]
joint_start_max_age_s        0.06   (0, 0.5]
near_hand_m                  0.5    [0, 2]
near_hand_speed_ratio        0.4    (0, 1]
near_hand_effort_ratio       0.5    (0, 1]
reach_margin_m               0.3    [0.1, 1]
extended_arm_m               0.05   [0, 1]
extended_speed_mps           0.1    (0, 1]
extended_turn_radps          0.4    (0, 4]
command_max_age_s            0.2    (0, 2]
joint_command_max_age_s      0.5    (0, 5]
scan_max_age_s               0.35   (0, 2]
odom_max_age_s               0.2    (0, 2]
odom_jump_m                  0.3    (0, 2]
odom_jump_rad                0.5    (0, 3]
pose_max_age_s               0.5    (0, 5]
people_max_age_s             0.5    (0, 5]
joint_states_max_age_s       0.3    (0, 5]
gripper_state_max_age_s      0.5    (0, 5]
battery_max_age_s            3      (0, 60]
degraded_pose_std_m          0.3    (0, 5]
world_facts_max_age_s        1      (0, 10]
action_max_age_s             2      (0, 30]
action_future_s              0.2    [0, 1]
safety_listening_max_age_s   0.5    (0, 5]
safety_listening_stop_s      2      (0, 30]
future_tolerance_s           0.25   [0, 1]
judging_grace_s              1      [0, 10]
approval_s                   120    (0, 3600]
proposals_per_step           8      [1, 100]
rearm_seen_s                 1      (0, 10]
rearm_max_age_s              2      (0, 30]
e_stop_release_s             0.5    [0, 5]
confirm_s                    20     (0, 120]
audit_file_mb                32     (0, 1000]
audit_keep_files             100    [0, 10000]
e_stop_max_age_s             0      [0, 5]
hour_at_start                12     [0, 24)
utc_offset_h                 0      [-12, 14]
motors_state_max_age_s       0.2    (0, 1]
"""
JOINTS = {
    "head_pan": (-2.8, 2.8, 2.0, "head", 2.0),
    "head_tilt": (-1.0, 1.0, 1.5, "head", 2.0),
    "lift": (0.2, 1.15, 0.35, "arm", 120.0),
    "arm": (0.0, 0.5, 0.25, "arm", 60.0),
    "gripper": (0.0, 0.1, 0.1, "gripper", 40.0),
}
TINY = 1e-6


def number(text: str) -> float:
    """Such as 0.5, pi, 2*pi or 10deg."""
    if text.endswith("deg"):
        return math.radians(float(text[:-3]))
    return float(text.removesuffix("pi").removesuffix("*") or 1.0) * math.pi if text.endswith("pi") else float(text)


def accepts(name: str, value: float) -> bool:
    try:
        GateConfig.model_validate({name: value})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("row", RANGES.strip().splitlines(), ids=lambda row: row.split()[0])
def test_a_number_has_its_default_and_its_range(row: str) -> None:
    name, default, interval = row.split(maxsplit=2)
    least, most = (number(text) for text in interval[1:-1].split(", "))
    whole = GateConfig.model_fields[name].annotation is int
    step = 1 if whole else TINY
    assert getattr(GateConfig(), name) == pytest.approx(number(default))
    assert accepts(name, least) is (interval[0] == "[") and accepts(name, most) is (interval[-1] == "]")
    assert accepts(name, least + step) and accepts(name, most - step)
    assert not accepts(name, least - step) and not accepts(name, most + step)
    assert not accepts(name, math.nan)


def test_every_number_is_in_the_table() -> None:
    numbers = {name for name, field in GateConfig.model_fields.items() if field.annotation in (int, float)}
    assert numbers == {row.split()[0] for row in RANGES.strip().splitlines()}


def test_what_is_not_a_number() -> None:
    config = GateConfig()
    assert config.require_listening and config.footprint_m is None
    assert not (config.heartbeats or config.sources or config.zones or config.fences)
    for period_s, sound in ((0.0, False), (TINY, True), (60.0, True), (60.1, False)):
        assert accepts("heartbeats", {"door": period_s}) is sound  # type: ignore[arg-type]  # a table of numbers
    with pytest.raises(ValidationError, match="no_such_thing"):
        GateConfig.model_validate({"no_such_thing": 1})


@pytest.mark.parametrize(("model", "name"), [(GateConfig(), "max_speed_mps"), (DEFAULT_JOINTS["arm"], "speed_per_s")])
def test_nothing_changes_after_loading(model: BaseModel, name: str) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(model, name, 9.0)


@pytest.mark.parametrize("name", JOINTS)
def test_the_joints(name: str) -> None:
    joint = DEFAULT_JOINTS[name]
    assert (joint.lower, joint.upper, joint.speed_per_s, joint.part, joint.effort) == JOINTS[name]
    assert GateConfig().joints == DEFAULT_JOINTS and DEFAULT_JOINTS.keys() == JOINTS.keys()


def joint(**changes: float) -> JointLimit:
    return JointLimit.model_validate({"lower": 0.0, "upper": 1.0, "speed_per_s": 1.0, "part": "arm", **changes})


@pytest.mark.parametrize(
    ("name", "value"),
    [("speed_per_s", 0.0), ("speed_per_s", 10.1), ("effort", 0.0), ("effort", 1000.5), ("upper", 0.0), ("lower", 1.0), ("lower", 2.0),
     ("upper", math.inf), ("lower", -math.inf), ("lower", math.nan), ("elbow", 1.0)],
)  # fmt: skip
def test_a_joint_that_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValidationError):
        joint(**{name: value})


def test_a_joint_may_be_at_the_ends_of_its_ranges() -> None:
    assert joint(speed_per_s=TINY, effort=TINY) != joint(speed_per_s=10.0, effort=1000.0)
    assert joint().effort == 50.0 and joint(lower=-1.0, upper=-0.9).upper == -0.9


def test_base_link_is_inside_the_footprint_and_not_on_its_edge() -> None:
    for edge_m, sound in ((-0.1, True), (0.0, False)):
        corners = [[edge_m, -0.2], [0.4, -0.2], [0.4, 0.2], [edge_m, 0.2]]
        assert accepts("footprint_m", corners) is sound  # type: ignore[arg-type]  # corners


def test_where_the_record_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/opt/robot")
    monkeypatch.setenv("XDG_STATE_HOME", "")
    assert GateConfig().audit_folder == Path("/opt/robot/.local/state/robot-runtime/audit")
    assert GateConfig(state_dir="~/kept").audit_folder == Path("/opt/robot/kept/audit")
    assert GateConfig(run_dir="~/run", state_dir="memory").audit_folder == Path("/opt/robot/run/audit")
    assert GateConfig(state_dir="memory").audit_folder is None
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert GateConfig().audit_folder == Path("/state/robot-runtime/audit")


def test_the_age_of_a_topic_is_found_by_its_name() -> None:
    assert GateConfig(gripper_state_max_age_s=0.4).max_age_s("gripper/state") == 0.4
