"""What is taken in, and what is not."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from safety.config import GateConfig
from safety.inputs import MAX_PEOPLE, Inputs
from safety.types import Battery, GripperState, JointPositions, Listening, Odometry, People, RobotPose, Verdict
from tests.safety.rig import Facts, Rig, person, scan

GOOD = Rig().sensors()


def fault(topic: str, message: Any, now_s: float = 0.0) -> str:
    inputs = Inputs(GateConfig())
    inputs.take({topic: [message]}, now_s)
    assert (inputs.latest(topic) is None) == (topic in inputs.faults)
    return inputs.faults.get(topic, "")


@pytest.mark.parametrize("topic", GOOD)
def test_sound_messages_are_taken(topic: str) -> None:
    assert fault(topic, GOOD[topic][0]) == ""


@pytest.mark.parametrize("topic", GOOD)
@pytest.mark.parametrize("other", GOOD)
def test_a_message_of_another_type_is_not_taken(topic: str, other: str) -> None:
    if topic != other:
        assert fault(topic, GOOD[other][0])


@pytest.mark.parametrize("stamp_s", [math.nan, math.inf, "now", None])
def test_a_stamp_must_be_a_number(stamp_s: Any) -> None:
    assert fault("odom", Odometry(stamp_s, 0, 0, 0, 0, 0))


def test_a_stamp_may_be_ahead_only_by_the_tolerance_between_clocks() -> None:
    assert fault("odom", Odometry(0.25, 0, 0, 0, 0, 0)) == ""
    assert fault("odom", Odometry(0.26, 0, 0, 0, 0, 0)) == "its stamp lies in the future"


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("scan", replace(scan(0.0), angle_increment_rad=0.0)),
        ("scan", replace(scan(0.0), angle_min_rad=math.nan)),
        ("scan", replace(scan(0.0), range_max_m=math.inf)),
        ("scan", replace(scan(0.0), range_max_m=-1.0)),
        ("scan", replace(scan(0.0), ranges_m=np.zeros((2, 2), np.float32))),
        ("scan", replace(scan(0.0), ranges_m=np.zeros(1, np.float32))),
        ("scan", replace(scan(0.0), ranges_m=np.zeros(9, np.int32))),
        ("scan", replace(scan(0.0), ranges_m=[1.0, 2.0])),  # type: ignore[arg-type]
        ("odom", Odometry(0, 0, 0, 0, math.inf, 0)),
        ("pose", RobotPose(0, 0, math.nan, 0, 0)),
        ("people", People(0, "t", [])),  # type: ignore[arg-type]  # as a bad sender might
        ("people", People(0, "t", (person("x", "adult", 1.0),) * (MAX_PEOPLE + 1))),
        ("people", People(0, "t", (replace(person("x", "adult", 1.0), position_m=(1.0, 2.0)),))),  # type: ignore[arg-type]
        ("people", People(0, "t", (replace(person("x", "adult", 1.0), name=5),))),  # type: ignore[arg-type]
        ("world/facts", Facts(0.0, 5)),  # type: ignore[arg-type]
        ("world/facts", Facts(0.0, "hall", (object(),))),  # type: ignore[arg-type]
    ],
)
def test_malformed_messages_are_not_taken(topic: str, message: Any) -> None:
    assert fault(topic, message)


@pytest.mark.parametrize(
    ("topic", "message", "sound"),
    [
        ("scan", replace(scan(0.0), ranges_m=np.ones(2, np.float32)), True),
        ("scan", replace(scan(0.0), ranges_m=np.ones(100_000, np.float32)), True),
        ("scan", replace(scan(0.0), ranges_m=np.ones(100_001, np.float32)), False),
        ("scan", replace(scan(0.0), range_max_m=0.0), False),
        ("scan", replace(scan(0.0), range_max_m=0.5, angle_increment_rad=-1.0), True),
        ("people", People(0, "t", (person("x", "adult", 1.0),) * 100), True),
        ("people", People(0, "t", (person("x", "adult", 1.0),) * 101), False),
        ("people", People(0, "t", (person("x", "adult", math.nan),)), True),
        ("people", People(0, "t", (replace(person("x", "adult", 1.0), velocity_mps=(0.0,) * 4),)), False),  # type: ignore[arg-type]
        ("people", People(0, "t", (replace(person("x", "adult", 1.0), last_seen_s="late"),)), False),  # type: ignore[arg-type]
        ("world/facts", Facts(0.0, "", (cast(Any, SimpleNamespace(id="a", class_name="b", name="c")),) * 10_000), True),
        ("world/facts", Facts(0.0, "", (cast(Any, SimpleNamespace(id="a", class_name="b", name="c")),) * 10_001), False),
        ("joint_states", JointPositions(0.0, ("arm", "lift"), (0.1, 0.6)), True),
        ("joint_states", JointPositions(0.0, ("arm", "lift"), (0.1,)), False),
        ("joint_states", JointPositions(0.0, ("arm", "lift"), (0.1, math.nan)), False),
        ("gripper/state", GripperState(0.0, True, 5, "cup"), False),  # type: ignore[arg-type]
        ("gripper/state", GripperState(0.0, True, "cup", 5), False),  # type: ignore[arg-type]
        ("safety/listening", Listening(0.0, 1), True),
        ("safety/listening", Listening(0.0, 0), False),
        ("safety/listening", Listening(0.0, 1.5), False),  # type: ignore[arg-type]
        ("battery", Battery(0.0, 24.0, 1.0, 0.0, False), True),
        ("battery", Battery(0.0, 24.0, 1.0, 1.0, False), True),
        ("battery", SimpleNamespace(stamp_s=0.0, charge_ratio=0.5), False),
    ],
)
def test_numbers_and_lists_count_to_their_very_ends(topic: str, message: Any, sound: bool) -> None:
    assert (fault(topic, message) == "") is sound


def test_listening_that_gets_no_sound_grows_old() -> None:
    inputs = Inputs(GateConfig())
    inputs.take({"safety/listening": [Listening(0.0, 7), Listening(0.2, 7)]}, 0.2)
    assert inputs.describe_stale("safety/listening", 1.0) == "safety/listening is 1.0 s old (it gets no sound)"
    inputs.take({"safety/listening": [Listening(0.4, 8)]}, 0.4)
    assert inputs.age_s("safety/listening", 0.4) == 0.0 and "safety/listening" not in inputs.faults


def test_a_message_of_the_same_time_replaces_the_one_before_and_age_is_never_below_nothing() -> None:
    inputs = Inputs(GateConfig())
    inputs.take({"odom": [Odometry(1.0, 0.1, 0, 0, 0, 0), Odometry(1.0, 0.2, 0, 0, 0, 0)]}, 0.9)
    assert inputs.latest("odom").x_m == 0.2 and inputs.age_s("odom", 0.9) == 0.0
    inputs.reset()
    assert inputs.latest("odom") is None and inputs.faults == {}


def test_news_is_fresh_to_the_very_end_of_its_time() -> None:
    inputs = Inputs(GateConfig(odom_max_age_s=0.25))
    inputs.take({"odom": [Odometry(1.0, 0, 0, 0, 0, 0)]}, 1.0)
    assert inputs.fresh("odom", 1.25) and not inputs.fresh("odom", 1.2501)
    assert inputs.fresh("odom", 1.5, grace_s=0.25) and not inputs.fresh("odom", 1.5001, grace_s=0.25)


def test_an_older_message_does_not_replace_a_newer_one() -> None:
    inputs = Inputs(GateConfig())
    inputs.take({"odom": [Odometry(1.0, 1, 0, 0, 0, 0), Odometry(0.5, 2, 0, 0, 0, 0)]}, 1.0)
    assert inputs.latest("odom").x_m == 1


def test_ages() -> None:
    inputs = Inputs(GateConfig())
    assert inputs.age_s("odom", 5.0) == math.inf and not inputs.fresh("odom", 5.0)
    inputs.take({"odom": [Odometry(1.0, 0, 0, 0, 0, 0)]}, 1.0)
    assert inputs.age_s("odom", 1.15) == pytest.approx(0.15) and inputs.fresh("odom", 1.15)
    assert not inputs.fresh("odom", 1.25) and inputs.fresh("odom", 1.25, grace_s=0.1)
    assert inputs.ages_s(1.5)["odom"] == 0.5


def test_a_fault_is_named_until_a_sound_message_comes() -> None:
    inputs = Inputs(GateConfig())
    inputs.take({"odom": [None]}, 0.0)
    assert inputs.describe_stale("odom", 0.0) == "no odom (malformed: AttributeError)"
    inputs.take({"odom": [Odometry(0.0, 0, 0, 0, 0, 0)]}, 0.0)
    assert inputs.describe_stale("odom", 1.0) == "odom is 1.0 s old"


def test_verdicts_compare_only_with_verdicts() -> None:
    with pytest.raises(TypeError):
        _ = Verdict.ALLOW < 3
    assert sorted(Verdict, reverse=True)[0] is Verdict.STOP
    assert Verdict.DENY >= Verdict.DENY and Verdict.DENY <= Verdict.STOP and Verdict.STOP > Verdict.DENY


def after_leap(x_m: float, yaw_rad: float = 0.0, after_s: float = 0.02) -> str:
    inputs = Inputs(GateConfig())
    inputs.take({"odom": [Odometry(1.0, 0.0, 0.0, 0.0, 0.5, 0.0)]}, 1.0)
    inputs.take({"odom": [Odometry(1.0 + after_s, x_m, 0.0, yaw_rad, 0.5, 0.0)]}, 1.0 + after_s)
    return inputs.base_jumped


def test_odometry_may_move_as_far_as_the_base_can_drive_and_a_bit() -> None:
    limit_m, limit_rad = 0.8 * 0.02 + 0.3, 1.5 * 0.02 + 0.5
    assert after_leap(limit_m - 1e-6, limit_rad - 1e-6) == ""
    assert after_leap(limit_m + 1e-6) == "odometry leapt by 0.3 m and 0.0 rad"
    assert after_leap(0.0, -limit_rad - 1e-6) == "odometry leapt by 0.0 m and 0.5 rad"
    assert after_leap(0.0, 2 * math.pi) == ""


def test_silence_does_not_excuse_a_leap() -> None:
    """The base stands when its odometry is too old, so a longer silence allows no longer way."""
    assert after_leap(0.8 * 0.2 + 0.3 - 1e-6, after_s=60.0) == ""
    assert after_leap(0.8 * 0.2 + 0.3 + 1e-6, after_s=60.0)


def test_a_leap_is_told_once() -> None:
    inputs = Inputs(GateConfig())
    for stamp_s, x_m in ((1.0, 3.0), (1.02, 0.0)):
        inputs.take({"odom": [Odometry(stamp_s, x_m, 0.0, 0.0, 0.0, 0.0)]}, stamp_s)
    assert inputs.base_jumped
    inputs.take({}, 1.04)
    assert not inputs.base_jumped


def test_a_base_that_restarted_waits_for_a_new_command() -> None:
    rig = Rig().ready()
    assert rig.drive(0.3, ticks=30).linear_mps > 0.2
    rig.x_m += 3.0
    assert rig.drive(0.3).linear_mps == 0.0
    withdrawn = rig.verdicts[-1]
    assert (withdrawn.action_id, withdrawn.verdict, withdrawn.rule_ids) == ("a1", "deny", ("base-restarted",))
    assert rig.drive(0.3, ticks=100).linear_mps == 0.0
    assert rig.propose("go_to", "a2", place="kitchen").verdict == "allow"
    assert rig.drive(0.3, action_id="a2", ticks=5).linear_mps > 0.0
    assert [record["data"]["leap"] for record in rig.records("odometry")] == ["odometry leapt by 3.0 m and 0.0 rad"]


@pytest.mark.parametrize("field", ["id", "class_name", "name"])
def test_an_object_that_is_not_named_in_words_spoils_the_facts(field: str) -> None:
    names: dict[str, Any] = {"id": "red_cup", "class_name": "cup", "name": "red cup"}
    assert fault("world/facts", Facts(0.0, "", (cast(Any, SimpleNamespace(**names)),))) == ""
    assert fault("world/facts", Facts(0.0, "", (cast(Any, SimpleNamespace(**{**names, field: 7})),))) == "an object is malformed"
