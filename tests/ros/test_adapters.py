"""Our findings in others' messages: against the packages where they are installed, else against classes with their fields."""

from __future__ import annotations

import importlib
import importlib.util
import math
from dataclasses import replace
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool, Float32, String

from robot_runtime import messages as m
from robot_runtime.config import build_config
from robot_runtime.nodes import NODES, Settings
from robot_runtime.ros import others
from safety.files import FileError
from tests.ros import stand_ins

HAS_VISION, HAS_HRI = (importlib.util.find_spec(name) is not None for name in ("vision_msgs", "hri_msgs"))
VISION: Any = importlib.import_module("vision_msgs.msg") if HAS_VISION else stand_ins.vision_msgs
HRI: Any = importlib.import_module("hri_msgs.msg") if HAS_HRI else stand_ins.hri_msgs
LEVELS = HRI.EngagementLevel

CUP = m.Detection("cup-1", "cup", "red", 0.8, (10.0, 20.0, 30.0, 40.0), (1.0, 2.0, 0.8), 0.05, "table", "")
LOST = replace(CUP, track_id="cup-2", position_m=(math.nan, math.nan, math.nan))
FOUND = m.Detections(12.5, "tiny", 320, 240, (CUP, LOST))
ROBOT = m.RobotPose(12.0, 0.0, 0.0, 0.0, 0.0)
ANNA = m.Person("person-1", "", "adult", 0.9, (1.0, 0.0, 0.9), (0.0, 0.0, 0.0), 0.1, True, False, True, 12.0)
GONE = replace(ANNA, id="leo", name="Leo", seen=False, facing_robot=False, last_seen_s=8.0)
LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
NODE = next(node for node in NODES if node.name == "adapters")


# ---------------------------------------------------------------- the mapping


def test_boxes_go_by_their_centre() -> None:
    message = others.detections_2d(FOUND, VISION, "eye")
    assert (message.header.stamp.sec, message.header.stamp.nanosec, message.header.frame_id) == (12, 500_000_000, "eye")
    cup, lost = message.detections
    assert (cup.id, lost.id, cup.header.frame_id) == ("cup-1", "cup-2", "eye")
    assert (cup.bbox.center.position.x, cup.bbox.center.position.y, cup.bbox.size_x, cup.bbox.size_y) == (25.0, 40.0, 30.0, 40.0)
    assert [(result.hypothesis.class_id, result.hypothesis.score) for result in cup.results] == [("cup", 0.8)]


def test_places_are_in_the_map_and_what_has_none_is_left_out() -> None:
    message = others.detections_3d(FOUND, VISION)
    (cup,) = message.detections
    assert (message.header.frame_id, cup.id) == ("map", "cup-1")
    for pose in (cup.bbox.center, cup.results[0].pose.pose):
        assert (pose.position.x, pose.position.y, pose.position.z) == (1.0, 2.0, 0.8)
    covariance = list(cup.results[0].pose.covariance)
    assert [index for index, value in enumerate(covariance) if value] == [0, 7, 14]
    assert covariance[0] == pytest.approx(0.05**2)


@pytest.mark.parametrize("person_id", ["person-1", "anna", "4", "a b", "Zoë", "a__b", "a_", "", "-", "../x"])
def test_ids_can_stand_in_the_names_of_topics(person_id: str) -> None:
    from rclpy.validate_full_topic_name import validate_full_topic_name

    assert validate_full_topic_name(f"/humans/persons/{others.ros_id(person_id)}/name")


def test_different_people_keep_different_ids() -> None:
    names = ["zoë", "zoé", "zo_", "zo", "person-1", "person-11"]
    assert len({others.ros_id(name) for name in names}) == len(names)


def at(distance_m: float, **changes: Any) -> m.Person:
    return replace(ANNA, position_m=(distance_m, 0.0, 0.9), **changes)


def test_engagement_tells_from_where_somebody_comes() -> None:
    passing, glancing, talking = at(5.0, facing_robot=False), at(5.0), at(1.0)
    assert others.engagement_level(passing, ROBOT, LEVELS.UNKNOWN, HRI) == LEVELS.DISENGAGED
    assert others.engagement_level(glancing, ROBOT, LEVELS.DISENGAGED, HRI) == LEVELS.ENGAGING
    assert others.engagement_level(talking, ROBOT, LEVELS.ENGAGING, HRI) == LEVELS.ENGAGED
    assert others.engagement_level(glancing, ROBOT, LEVELS.ENGAGED, HRI) == LEVELS.DISENGAGING
    assert others.engagement_level(glancing, ROBOT, LEVELS.DISENGAGING, HRI) == LEVELS.DISENGAGING
    assert others.engagement_level(talking, ROBOT, LEVELS.DISENGAGING, HRI) == LEVELS.ENGAGED


def test_engagement_does_not_flicker_at_its_limit() -> None:
    between = at(2.2)  # 0.4 for facing, 0.15 for being so near
    assert others.engagement_level(between, ROBOT, LEVELS.ENGAGED, HRI) == LEVELS.ENGAGED
    assert others.engagement_level(between, ROBOT, LEVELS.ENGAGING, HRI) == LEVELS.ENGAGING


def test_who_is_not_seen_or_from_nowhere_is_unknown() -> None:
    assert others.engagement_level(GONE, ROBOT, LEVELS.ENGAGED, HRI) == LEVELS.UNKNOWN
    assert others.engagement_level(ANNA, None, LEVELS.ENGAGED, HRI) == LEVELS.UNKNOWN


@pytest.mark.parametrize(("last_seen_s", "expected"), [(12.0, 1.0), (7.0, 0.5), (1.0, 0.0), (-math.inf, 0.0), (math.nan, 0.0), (13.0, 1.0)])
def test_a_place_is_trusted_less_the_longer_nobody_was_seen_there(last_seen_s: float, expected: float) -> None:
    assert others.location_confidence(replace(GONE, last_seen_s=last_seen_s), 12.0, 10.0) == pytest.approx(expected)
    assert others.location_confidence(ANNA, 99.0, 10.0) == 1.0


def test_the_frame_of_a_person() -> None:
    nowhere = replace(ANNA, id="leo", position_m=(math.nan, 0.0, 0.0))
    (message,) = others.transforms([nowhere, ANNA], 12.5)
    assert (message.header.frame_id, message.child_frame_id) == ("map", "person_person_1")
    assert (message.transform.translation.x, message.transform.translation.z, message.transform.rotation.w) == (1.0, 0.9, 1.0)


# ---------------------------------------------------------------- the node


def test_packages_are_checked() -> None:
    config = build_config(NODE, Settings(also_publish="vision_msgs, hri_msgs"), {})
    assert config.names == ("vision_msgs", "hri_msgs")
    with pytest.raises(FileError, match=r"also_publish.*unknown package 'vision_msg', did you mean 'vision_msgs'"):
        build_config(NODE, Settings(also_publish="vision_msg"), {})


@pytest.mark.skipif(HAS_VISION or HAS_HRI, reason="a package is installed")
def test_without_the_packages_everything_else_runs_and_diagnostics_say_so(start: Any, ears: Any) -> None:
    reports = ears.hear_raw(DiagnosticArray, "/diagnostics")
    child = start("adapters", also_publish="vision_msgs,hri_msgs")
    assert ears.until(lambda: any(status.name == "adapters" for report in reports for status in report.status))
    (status, *_) = [status for report in reports for status in report.status if status.name == "adapters"]
    for package in ("vision_msgs", "hri_msgs"):
        assert f"{package} is not installed" in status.message
        assert f"install ros-$ROS_DISTRO-{package.replace('_', '-')}" in status.message
    assert child.process.poll() is None


@pytest.mark.skipif(not HAS_VISION, reason="needs vision_msgs")
def test_things_arrive_as_vision_msgs(start: Any, ears: Any) -> None:
    best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
    flat = ears.hear_raw(VISION.Detection2DArray, "detections/vision_2d", best_effort)
    solid = ears.hear_raw(VISION.Detection3DArray, "detections/vision_3d", best_effort)
    start("adapters", also_publish="vision_msgs")
    say = ears.speaker("detections")

    def arrived() -> bool:
        say(FOUND)
        return bool(flat and solid)

    assert ears.until(arrived)
    assert flat[0] == others.detections_2d(FOUND, VISION, "camera")
    assert solid[0] == others.detections_3d(FOUND, VISION)


def _frame_type() -> Any:
    return importlib.import_module("tf2_msgs.msg").TFMessage if importlib.util.find_spec("tf2_msgs") else None


@pytest.mark.skipif(not HAS_HRI, reason="needs hri_msgs")
def test_people_arrive_on_the_topics_of_rep_155(start: Any, ears: Any) -> None:
    person = "/humans/persons/person_1"
    known, tracked = (ears.hear_raw(HRI.IdsList, f"/humans/persons/{name}", LATCHED) for name in ("known", "tracked"))
    levels = ears.hear_raw(HRI.EngagementLevel, f"{person}/engagement_status")
    sure = ears.hear_raw(Float32, "/humans/persons/leo/location_confidence")
    anonymous, name = ears.hear_raw(Bool, f"{person}/anonymous", LATCHED), ears.hear_raw(String, "/humans/persons/leo/name", LATCHED)
    frames = ears.hear_raw(kind, "/tf") if (kind := _frame_type()) else None
    start("adapters", also_publish="hri_msgs")
    say, stand = ears.speaker("people"), ears.speaker("pose")
    stand(ROBOT)

    def arrived() -> bool:
        say(m.People(12.0, "tiny", (ANNA, GONE)))
        return bool(known and tracked and anonymous and name and sure and frames != []) and LEVELS.ENGAGED in [
            heard.level for heard in levels
        ]

    assert ears.until(arrived)
    assert (list(known[-1].ids), list(tracked[-1].ids)) == (["person_1", "leo"], ["person_1"])
    assert (anonymous[-1].data, name[-1].data, sure[-1].data) == (True, "Leo", pytest.approx(0.6))
    assert ears.node.count_publishers(f"{person}/engagement_status") == 1
    assert frames is None or [frame.child_frame_id for frame in frames[-1].transforms] == ["person_person_1"]
    say(m.People(12.1, "tiny", ()))
    assert ears.until(lambda: not known[-1].ids and not ears.node.count_publishers(f"{person}/engagement_status"))
