"""Bytes that are no message, or far too many of them, stop before rclpy makes objects of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rclpy.serialization import serialize_message

from robot_runtime import messages as m
from robot_runtime.ros.convert import codec
from robot_runtime.ros.unpack import MOST_BYTES, unpack
from robot_runtime.topics import TOPICS
from robot_runtime.valid import RefusedError


def packed(topic: str, message: Any) -> bytes:
    return bytes(serialize_message(codec(topic).to_ros(message)))


def unpacked(topic: str, data: bytes) -> Any:
    return codec(topic).from_ros(unpack(data, TOPICS[topic].ros_type, codec(topic).ros_class), 0.0)


def test_a_message_comes_back_as_it_was() -> None:
    stop = m.StopRequest(1.5, "word", "stop", 0.5)
    assert unpacked("safety/stop_request", packed("safety/stop_request", stop)) == stop


def test_nested_messages_are_counted_by_their_bytes() -> None:
    arguments = (m.Argument("place", "x"),) * (MOST_BYTES // 12)
    data = packed("action/proposed", m.ProposedAction(0.0, "a", "", "go_to", arguments, "", "", ""))
    with pytest.raises(RefusedError, match=f"ProposedAction: {len(data)} bytes, at most {MOST_BYTES}"):
        unpacked("action/proposed", data)


def test_a_large_array_of_numbers_passes() -> None:
    scan = m.Scan(0.0, 0.0, 0.1, 0.0, 10.0, np.ones(100_000, np.float32))
    assert unpacked("scan", packed("scan", scan)).ranges_m.size == 100_000


def test_no_stop_is_too_long() -> None:
    stop = m.StopRequest(1.5, "word", "stop" * MOST_BYTES, 0.5)
    assert unpacked("safety/stop_request", packed("safety/stop_request", stop)) == stop


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x00\x00", b"\x00\x01\x00\x00" + b"\xff" * 60])
def test_bytes_of_no_type(data: bytes) -> None:
    with pytest.raises(RefusedError, match="bytes that are no such message"):
        unpacked("scan", data)
