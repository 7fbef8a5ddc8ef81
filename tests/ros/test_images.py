"""Pictures of another's ROS driver, over real ROS, to the camera node and on within its process."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo as RosCameraInfo
from sensor_msgs.msg import Image as RosImage

from robot_runtime import messages as m
from robot_runtime.nodes import NODES
from robot_runtime.ros.convert import ConversionError, codec
from robot_runtime.ros.health import Health
from robot_runtime.ros.node import StageNode

K = (500.0, 0.0, 319.5, 0.0, 500.0, 239.5, 0.0, 0.0, 1.0)


def raw(encoding: str = "rgb8", width: int = 640, height: int = 480) -> m.RawImage:
    return m.RawImage(time.time(), "lens", height, width, encoding, 0, 3 * width, np.full(3 * width * height, 90, np.uint8))


def packed(end: int | None = None) -> m.EncodedImage:
    data = cv2.imencode(".jpg", np.full((600, 800, 3), 90, np.uint8))[1].tobytes()
    return m.EncodedImage(time.time(), "lens", "jpeg", data[:end])


@pytest.mark.parametrize(("topic", "make"), [("camera/raw_in", partial(raw, width=800, height=600)), ("camera/compressed_in", packed)])
def test_a_picture_reaches_the_eyes_and_crosses_dds_once(start: Any, ears: Any, topic: str, make: Any) -> None:
    seen = ears.hear("speech/state")
    start("pictures", camera="topic")
    speak = ears.speaker(topic)

    def sent() -> bool:
        speak(make())
        return len(seen) >= 3

    assert ears.until(sent)
    assert seen[0].request_id == "(480, 640, 3)", "in the size that camera.width_px and height_px say"
    assert ears.node.count_publishers("camera/image") == 0
    kinds = dict(ears.node.get_topic_names_and_types())
    raw_topics = {name for name, types in kinds.items() if "sensor_msgs/msg/Image" in types and ears.node.count_publishers(name)}
    assert raw_topics == ({"/camera/raw_in"} if topic == "camera/raw_in" else set())


@pytest.mark.parametrize("offered", [ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT], ids=["reliable", "best effort"])
def test_it_takes_what_the_driver_offers(start: Any, ears: Any, offered: ReliabilityPolicy) -> None:
    seen = ears.hear("speech/state")
    start("pictures", camera="topic")
    publisher = ears.node.create_publisher(RosImage, "camera/raw_in", QoSProfile(depth=2, reliability=offered))

    def sent() -> bool:
        publisher.publish(codec("camera/raw_in").to_ros(raw()))
        return len(seen) >= 3

    assert ears.until(sent)
    readers = ears.node.get_subscriptions_info_by_topic("/camera/raw_in")
    assert [reader.qos_profile.reliability for reader in readers] == [offered]


def test_malformed_pictures_are_counted_and_told_of_and_a_sound_one_follows(start: Any, ears: Any) -> None:
    seen, arrays = ears.hear("speech/state"), ears.hear_raw(DiagnosticArray, "/diagnostics")
    began_s = time.monotonic()
    child = start("pictures", camera="topic")
    bad, bad_packed = ears.speaker("camera/raw_in"), ears.speaker("camera/compressed_in")

    def report() -> tuple[Any, dict[str, str]]:
        statuses = [status for array in arrays for status in array.status if status.name == "camera"]
        return statuses[-1] if statuses else None, {pair.key: pair.value for status in statuses for pair in status.values}

    def spoilt() -> bool:
        sound = raw(width=32, height=24)
        for wrong in (
            replace(sound, encoding="rgb9"),
            replace(sound, width_px=0),
            replace(sound, height_px=2**32 - 1),
            replace(sound, step_bytes=1),
            replace(sound, stamp_s=0.0),
            replace(sound, data=sound.data[:-1]),
        ):
            bad(wrong)
        bad_packed(packed(end=500))
        return int(report()[1].get("refused", "0")) >= 10

    assert ears.until(spoilt)
    assert seen == []
    assert ears.until(lambda: report()[0].level == DiagnosticStatus.ERROR)
    assert report()[0].message.startswith("no pictures from topic: ")

    def sound() -> bool:
        bad(raw())
        return len(seen) > 0

    assert ears.until(sound)
    child.process.terminate()
    status, output = child.wait()
    assert status == 0
    assert 1 <= output.count("refused: camera/") <= 1 + (time.monotonic() - began_s) / 5.0


@pytest.mark.parametrize(("topic", "message"), [("camera/raw_in", raw(width=2, height=2)), ("camera/compressed_in", packed())])
def test_an_inactive_camera_keeps_the_newest_few_pictures(topic: str, message: Any) -> None:
    """They are megabytes; a thousand of them, as of other messages, would fill the memory."""
    host = SimpleNamespace(pace=SimpleNamespace(now_s=lambda: 0.0))
    row = next(row for row in NODES if row.name == "camera")
    node: Any = SimpleNamespace(row=row, host=host, health=Health(row), _stage=object(), _inbox={}, state="inactive")
    for number in range(100):
        StageNode.take(node, topic, replace(message, stamp_s=float(number)))
    assert [kept.stamp_s for kept in node._inbox[topic]] == [float(number) for number in range(92, 100)]


def test_a_region_of_interest_is_no_calibration_of_the_picture() -> None:
    convert = codec("camera/info_in")
    whole = RosCameraInfo(width=640, height=480, k=np.array(K), distortion_model="plumb_bob")
    assert convert.from_ros(whole, 0.0).k == K
    whole.roi.width, whole.roi.height = 640, 480
    assert convert.from_ros(whole, 0.0).width_px == 640
    for field, value in (("width", 320), ("x_offset", 8)):
        part = RosCameraInfo(width=640, height=480)
        setattr(part.roi, field, value)
        with pytest.raises(ConversionError, match="region of interest"):
            convert.from_ros(part, 0.0)
    with pytest.raises(ConversionError, match="binning"):
        convert.from_ros(RosCameraInfo(width=640, height=480, binning_x=2), 0.0)


def test_pixels_are_not_copied_on_their_way_in() -> None:
    message = codec("camera/raw_in").to_ros(raw())
    assert isinstance(message, RosImage)
    assert np.shares_memory(codec("camera/raw_in").from_ros(message, 0.0).data, np.frombuffer(message.data, np.uint8))
