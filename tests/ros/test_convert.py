"""Dataclasses become ROS messages and come back the same."""

from __future__ import annotations

import dataclasses
import math
import typing
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message

from robot_runtime import messages as m
from robot_runtime.ros.convert import ConversionError, codec
from robot_runtime.ros.stamp import to_seconds, to_time
from robot_runtime.topics import Topic
from tests.ros.samples import CARRIED, OWN, same, sample


def named(topic: Topic) -> str:
    return topic.name


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
STAMPS = st.floats(0, 2.0**31 - 1, allow_nan=False)


def over_the_wire(topic: str, message: Any, now_s: float = 5.0) -> Any:
    """To ROS, through the C code and CDR that a publisher uses, and back."""
    convert = codec(topic)
    data = serialize_message(convert.to_ros(message))
    return convert.from_ros(deserialize_message(data, convert.ros_class), now_s)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type, the strange ones included."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return messages_of(hint)
    if typing.get_origin(hint) is tuple:
        kinds = typing.get_args(hint)
        return st.lists(values(kinds[0]), max_size=4).map(tuple) if kinds[-1] is Ellipsis else st.tuples(*map(values, kinds))
    plain: dict[Any, st.SearchStrategy[Any]] = {float: st.floats(), str: TEXT, bool: st.booleans(), int: st.integers(0, 2**32 - 1)}
    if hint in plain:
        return plain[hint]
    return st.lists(st.integers(-(2**15), 2**15 - 1), max_size=400).map(lambda row: np.array(row, np.int16))


def messages_of(kind: type) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    fields = {field.name: STAMPS if field.name == "stamp_s" else values(hints[field.name]) for field in dataclasses.fields(kind)}
    return st.builds(kind, **fields)


@pytest.mark.parametrize("topic", CARRIED, ids=named)
def test_a_message_comes_back_the_same(topic: Topic) -> None:
    message = sample(topic.message)
    if isinstance(message, m.EStop | m.Stopped | m.SoundDirection | m.MuteRequest | m.Muted | m.SoundKept):
        message = dataclasses.replace(message, stamp_s=5.0)  # Bool and Int32 have no stamp: that of receipt stands in
    if isinstance(message, m.RobotPose | m.Odometry):
        message = dataclasses.replace(message, yaw_rad=1.5)
    back = over_the_wire(topic.name, message)
    if isinstance(message, m.RobotPose | m.Odometry):
        assert dataclasses.astuple(back) == pytest.approx(dataclasses.astuple(message), rel=1e-12)
    else:
        assert same(message, back), back


@pytest.mark.parametrize("topic", OWN, ids=named)
def test_any_own_message_comes_back_the_same(topic: Topic) -> None:
    @settings(max_examples=15, deadline=None)
    @given(messages_of(topic.message))
    def check(message: Any) -> None:
        assert same(message, over_the_wire(topic.name, message))

    check()


@given(STAMPS)
def test_a_stamp_is_carried_to_the_nanosecond(stamp_s: float) -> None:
    assert abs(to_seconds(to_time(stamp_s)) - stamp_s) <= max(1e-9, stamp_s * 2**-52)


@pytest.mark.parametrize("stamp_s", [math.nan, math.inf, -math.inf, -1.0, 2.0**31, 1e300, 2.0**31 - 1e-10])
def test_a_stamp_that_ros_cannot_hold_is_the_oldest(stamp_s: float) -> None:
    """Never the newest: what cannot be dated must not pass for fresh."""
    assert to_seconds(to_time(stamp_s)) == 0.0


STRANGE = [math.nan, math.inf, -math.inf, 1e308, -0.0]


@pytest.mark.parametrize("value", STRANGE)
def test_strange_numbers_pass_through_standard_types(value: float) -> None:
    velocity = over_the_wire("cmd_vel", m.Velocity(1.0, value, value))
    assert same((value, value), (velocity.linear_mps, velocity.angular_radps))
    pose = over_the_wire("pose", m.RobotPose(1.0, value, value, value, value))
    assert same((value, value), (pose.x_m, pose.y_m))
    assert math.isfinite(value) or math.isnan(pose.yaw_rad)
    assert same(over_the_wire("odom", m.Odometry(1.0, value, 0.0, 0.0, value, value)).linear_mps, value)
    ranges = np.array([value if abs(value) < 1e38 else math.inf, 1.0], np.float32)
    assert np.array_equal(over_the_wire("scan", m.Scan(1.0, value, 0.1, 0.0, 12.0, ranges)).ranges_m, ranges, equal_nan=True)


def test_an_unknown_pose_accuracy_stays_unknown() -> None:
    assert math.isnan(over_the_wire("pose", m.RobotPose(1.0, 0.0, 0.0, 0.0, math.nan)).std_m)


@pytest.mark.parametrize("yaw_rad", np.linspace(-math.pi + 1e-9, math.pi - 1e-9, 13))
def test_yaw_survives_the_quaternion(yaw_rad: float) -> None:
    assert over_the_wire("pose", m.RobotPose(1.0, 0.0, 0.0, float(yaw_rad), 0.1)).yaw_rad == pytest.approx(yaw_rad, abs=1e-8)


@pytest.mark.parametrize(
    ("topic", "changes", "says"),
    [
        ("audio/in", {"sequence": -1}, "AudioFrame.sequence: -1 does not fit uint32"),
        ("audio/in", {"sequence": 2**32}, "AudioFrame.sequence: 4294967296 does not fit uint32"),
        ("audio/in", {"samples": np.zeros(3, np.float32)}, "AudioFrame.samples: expected a flat array of int16, got 1 axes of float32"),
        ("audio/in", {"samples": np.zeros((2, 2), np.int16)}, "AudioFrame.samples: expected a flat array of int16, got 2 axes"),
        ("audio/in", {"source": None}, "AudioFrame.source: expected text, got NoneType"),
        ("cmd_vel/proposed", {"linear_mps": "fast"}, "ProposedVelocity.linear_mps: could not convert string to float"),
        ("cmd_vel/proposed", {"linear_mps": None}, "ProposedVelocity.linear_mps: "),
        ("joints/proposed", {"positions": ("x",)}, "ProposedJoints.positions: "),
        ("people", {"people": (None,)}, "People.people: Person.id: "),
    ],
)
def test_what_does_not_fit_is_named(topic: str, changes: dict[str, Any], says: str) -> None:
    message = dataclasses.replace(sample(next(row for row in OWN if row.name == topic).message), **changes)
    with pytest.raises(ConversionError) as error:
        codec(topic).to_ros(message)
    assert says in str(error.value)


def test_a_position_of_the_wrong_length_is_refused() -> None:
    """The C code would read beyond the end of a short array."""
    person = dataclasses.replace(sample(m.Person), position_m=(1.0, 2.0))
    with pytest.raises(ConversionError, match=r"Person\.position_m: expected 3 numbers, got shape \(2,\)"):
        codec("people").to_ros(m.People(1.0, "x", (person,)))


def test_text_that_c_cannot_carry_is_replaced() -> None:
    event = m.TimelineEvent(1.0, "heard", "a\0b\ud800c", "", 0.0)
    assert over_the_wire("timeline", event).text == "a\N{REPLACEMENT CHARACTER}b?c"


def test_numbers_of_numpy_and_enumerations_are_taken() -> None:
    verdict = dataclasses.replace(sample(m.ActionVerdict), verdict=m.Verdict.DENY, latency_ms=np.float32(1.5), max_speed_mps=1)
    back = over_the_wire("action/verdict", verdict)
    assert (back.verdict, back.latency_ms, back.max_speed_mps) == ("deny", 1.5, 1.0)
