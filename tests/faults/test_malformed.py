"""Messages that no sound publisher makes: no numbers, wrong lengths, no text, bytes of no type, far too much of everything."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.serialization import serialize_message

from robot_runtime import messages as m
from robot_runtime.ros.convert import codec
from tests.faults.documented import ATTACKS_S, MESSAGES, limit_s
from tests.faults.stand import CRUISE_MPS, DRIVING_MPS, PROPOSED, Stand
from tests.faults.still_room import anna, scan
from tests.faults.truth import STILL_MPS

NAN, INF = math.nan, math.inf
LITTLE_ENDIAN = b"\x00\x01\x00\x00"  # how a message in CDR begins


def people(*found: m.Person) -> Callable[[float, Any], list[Any]]:
    return lambda now_s, live: [m.People(now_s, "stand", found)]


INSTEAD: dict[str, tuple[str, Callable[[float, Any], list[Any]]]] = {
    "scan without rays": ("scan", lambda now_s, live: [scan(now_s, np.empty(0))]),
    "scan of nan": ("scan", lambda now_s, live: [scan(now_s, np.full(360, NAN))]),
    "scan of one ray": ("scan", lambda now_s, live: [scan(now_s, np.full(1, 6.0))]),
    "scan of 200,000 rays": ("scan", lambda now_s, live: [scan(now_s, np.full(200_000, 6.0))]),
    "scan without angles": ("scan", lambda now_s, live: [replace(live, angle_increment_rad=NAN)]),
    "scan of the day after": ("scan", lambda now_s, live: [replace(live, stamp_s=now_s + 86_400.0)]),
    "scan in bytes of no type": ("scan", lambda now_s, live: [LITTLE_ENDIAN + b"\xff" * 60]),
    "odom at nan": ("odom", lambda now_s, live: [replace(live, x_m=NAN)]),
    "odom at infinite speed": ("odom", lambda now_s, live: [replace(live, linear_mps=INF)]),
    "pose at nan": ("pose", lambda now_s, live: [replace(live, x_m=NAN)]),
    "people nowhere": ("people", people(replace(anna(1e9, 0.0), position_m=(NAN, NAN, NAN)))),
    "people of no age": ("people", people(replace(anna(1e9, 0.0), age_group="ghost"))),
    "people by the thousand": ("people", people(*[anna(1e9, 0.0)] * 1000)),
    "joints without positions": ("joint_states", lambda now_s, live: [_joints(now_s, positions=0)]),
    "joints at nan": ("joint_states", lambda now_s, live: [replace(live, positions=(NAN,) * len(live.names))]),
    "listening to no sound": ("safety/listening", lambda now_s, live: [replace(live, frames=0)]),
    "heartbeat of the day after": ("safety/heartbeat", lambda now_s, live: [replace(live, stamp_s=now_s + 86_400.0)]),
    "velocity of the day after": (PROPOSED, lambda now_s, live: [replace(live, stamp_s=now_s + 86_400.0)]),
}
"""Fault → topic, and what comes there instead of each sound message: the base then does as if nothing came."""


def _joints(now_s: float, positions: int) -> bytes:
    """As the ROS type allows it and the dataclass does not."""
    message = codec("joint_states").ros_class(name=["lift", "arm"], position=[0.5] * positions)
    return bytes(serialize_message(message))


@pytest.mark.parametrize("fault", INSTEAD)
def test_what_cannot_be_used_counts_as_nothing(stand: Stand, fault: str) -> None:
    topic, spoil = INSTEAD[fault]
    row = MESSAGES[topic]
    limit, most_mps = limit_s(row), max(float(row["at most [m/s]"]), STILL_MPS) + 0.01
    assert limit is not None
    stand.drive()
    since_s = stand.now_s
    stand.tamper[topic] = spoil
    slow_s = stand.slow_s(since_s, most_mps, limit + 0.5)
    assert slow_s is not None, f"still {stand.speed_mps:.2f} m/s; {stand.state}"
    print(f"{fault}: below {most_mps:.2f} m/s after {(slow_s - since_s) * 1000:.0f} ms; {stand.state.causes}")
    assert slow_s - since_s <= limit + 1e-6
    assert topic == PROPOSED or stand.state.causes
    stand.tamper.clear()
    if topic == "safety/heartbeat":
        stand.rearm()
        stand.drive()
    assert stand.until(lambda: stand.speed_mps > DRIVING_MPS, 4.0), f"does not go on by itself: {stand.state}"


@pytest.mark.parametrize("number", [NAN, INF, -INF, 1e308])
def test_a_velocity_that_is_no_number_is_a_stop(stand: Stand, number: float) -> None:
    """The greatest number is a number: the gate goes no faster for it than it may."""
    stand.drive()
    since_s = stand.now_s
    stand.tamper[PROPOSED] = lambda now_s, live: [replace(live, linear_mps=number)]
    stand.run(1.0)
    assert all(command.linear_mps <= 0.8 for command in stand.emitted_since(since_s))
    limit_s = ATTACKS_S["velocities that are no numbers"]
    assert limit_s is not None
    if not math.isfinite(number):
        still_s = stand.slow_s(since_s)
        assert still_s is not None
        assert still_s - since_s <= limit_s + 1e-6
    stand.tamper.clear()
    assert stand.until(lambda: DRIVING_MPS < stand.speed_mps < CRUISE_MPS + 0.01, 3.0), stand.state


def _proposal(now_s: float, **changes: Any) -> m.ProposedAction:
    return replace(m.ProposedAction(now_s, "XXXX", "", "go_to", (), "u1", "words", "anna"), **changes)


def _bytes(topic: str, message: Any) -> bytes:
    return bytes(serialize_message(codec(topic).to_ros(message)))


BESIDES: dict[str, tuple[str, Callable[[float], Any]]] = {
    "no text": ("action/proposed", lambda now_s: _bytes("action/proposed", _proposal(now_s)).replace(b"XXXX", b"\xff\xfe\xc3\x28")),
    "cut off": ("action/proposed", lambda now_s: _bytes("action/proposed", _proposal(now_s))[:20]),
    "bytes of no type": ("action/proposed", lambda now_s: LITTLE_ENDIAN + b"\xff" * 60),
    "nothing but a header": ("people", lambda now_s: LITTLE_ENDIAN),
    "5 MB of text": ("action/proposed", lambda now_s: _proposal(now_s, id="a" * 5_000_000)),
    "200,000 arguments": ("action/proposed", lambda now_s: _proposal(now_s, arguments=(m.Argument("place", "x"),) * 200_000)),
    "scan of 5,000,000 rays": ("scan", lambda now_s: scan(now_s, np.full(5_000_000, 6.0))),
    "25,000 people": ("people", lambda now_s: m.People(now_s, "", (anna(now_s, 0.0),) * 25_000)),
    "25,000 objects": ("world/facts", lambda now_s: m.WorldFacts(now_s, "hall", (_thing(),) * 25_000, ())),
}


def _thing() -> m.WorldObject:
    return m.WorldObject("cup", "cup", "red", "red cup", (0.0, 0.0, 0.0), "hall", "", "", 0.0, 1.0, "seen")


@pytest.mark.parametrize("fault", BESIDES)
def test_it_outlives_what_it_cannot_use(stand: Stand, fault: str) -> None:
    """Time goes on meanwhile: what takes the gate long to refuse is paid for by the base's own dead-man, not by driving blindly."""
    topic, spoilt = BESIDES[fault]
    stand.drive()
    since_s = stand.now_s
    message = spoilt(since_s)
    data = message if isinstance(message, bytes) else _bytes(topic, message)
    stand.in_step = False
    for _ in range(3):
        stand.publish(topic, data)
        stand.run(0.1)
    stand.in_step = True
    stand.tick()
    longest_s = max((b.stamp_s - a.stamp_s for a, b in itertools.pairwise(stand.emitted_since(since_s))), default=0.0)
    print(f"{fault}: longest pause between two commands {longest_s * 1000:.0f} ms")
    assert not stand.ended, stand.log[-2000:]
    assert all(command.linear_mps <= CRUISE_MPS + 1e-6 for command in stand.emitted_since(since_s))
    assert stand.fastest_mps(since_s) <= CRUISE_MPS + 0.01
    assert stand.until(lambda: stand.speed_mps > DRIVING_MPS, 4.0), f"does not go on by itself: {stand.state}"


def test_a_flood_of_actions_is_mostly_unread(stand: Stand) -> None:
    stand.drive()
    since_s = stand.now_s
    for number in range(500):
        stand.publish("action/proposed", _proposal(since_s, id=f"flood-{number}"))
    begun_s = time.monotonic()
    stand.run(1.0)
    print(f"a second takes {time.monotonic() - begun_s:.1f} s of real time")
    assert stand.fastest_mps(since_s) <= CRUISE_MPS + 0.01
    assert stand.until(lambda: stand.speed_mps > DRIVING_MPS, 2.0), stand.state
    assert all(v.verdict in ("deny", "stop", "confirm") for v in stand.heard["action/verdict"] if v.action_id.startswith("flood"))


STOPS: dict[str, Callable[[float], Any]] = {
    "5 MB of text": lambda now_s: m.StopRequest(now_s, "word", "stop" * 1_250_000, 0.9),
    "no text": lambda now_s: _bytes("safety/stop_request", m.StopRequest(now_s, "word", "XXXX", 0.9)).replace(b"XXXX", b"\xff\xfe\xc3\x28"),
    "of nan": lambda now_s: m.StopRequest(now_s, "word", "stop", NAN),
    "of last year": lambda now_s: m.StopRequest(0.0, "word", "stop", 0.9),
}


@pytest.mark.parametrize("fault", STOPS)
def test_a_malformed_stop_stops(stand: Stand, fault: str) -> None:
    limit_s = ATTACKS_S["stop request that is far too long, or no text"]
    assert limit_s is not None
    stand.drive()
    message, since_s = STOPS[fault](stand.now_s), stand.now_s
    stand.publish("safety/stop_request", message)
    stand.let_arrive("safety/stop_request")
    still_s = stand.slow_s(since_s)
    assert still_s is not None, stand.state
    assert still_s - since_s <= limit_s + 1e-6
    assert any(cause.startswith("word: ") for cause in stand.state.causes), stand.state
    stand.rearm()
    stand.drive()


def test_what_was_refused_is_counted(stand: Stand) -> None:
    told: list[Any] = stand.ears.hear_raw(DiagnosticArray, "/diagnostics")
    topic = "action/proposed"

    def refused() -> int:
        values = [{pair.key: pair.value for pair in status.values} for array in told for status in array.status if status.name == "gate"]
        return int(values[-1].get(f"refused {topic}", "0")) if values else -1

    assert stand.ears.until(lambda: refused() >= 0), "no diagnostics"
    before = refused()
    for _ in range(3):
        stand.publish(topic, _proposal(stand.now_s, id="a" * 70_000))
        stand.tick()
    assert stand.ears.until(lambda: refused() == before + 3), refused()
