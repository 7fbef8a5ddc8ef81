"""A voice gets the direction that the array tells, if it is of now."""

from __future__ import annotations

import math

import pytest

from robot_runtime.hear.direction import Direction
from robot_runtime.messages import SoundDirection, VoiceDirection, VoiceHeard


def located(direction: Direction, voice_s: float = 5.0, *told: SoundDirection) -> VoiceDirection:
    ((topic, message),) = direction.step({"audio/voice": [VoiceHeard(voice_s, -40.0)], "audio/direction_in": list(told)}, voice_s)
    assert topic == "audio/direction"
    assert isinstance(message, VoiceDirection)
    assert (message.stamp_s, message.frame_id, message.level_dbfs) == (voice_s, "base_link", -40.0)
    return message


@pytest.mark.parametrize(
    ("degrees", "settings", "bearing_deg"),
    [
        (0, {}, 0), (90, {}, 90), (-90, {}, -90), (270, {}, -90), (360, {}, 0),
        (30, {"yaw_rad": math.pi / 2}, 120), (170, {"yaw_rad": math.pi / 2}, -100),
        (30, {"clockwise": True}, -30), (30, {"clockwise": True, "yaw_rad": math.pi / 2}, 60),
    ],
)  # fmt: skip
def test_degrees_of_the_array_become_a_bearing_of_the_robot(degrees: int, settings: dict[str, float], bearing_deg: float) -> None:
    direction = Direction(Direction.Config(std_rad=0.2, **settings))
    found = located(direction, 5.0, SoundDirection(4.9, degrees))
    assert math.degrees(found.bearing_rad) == pytest.approx(bearing_deg, abs=1e-9)
    assert found.std_rad == 0.2


def test_without_an_array_there_is_a_voice_from_nowhere() -> None:
    found = located(Direction(Direction.Config()))
    assert math.isnan(found.bearing_rad) and math.isnan(found.std_rad)


def test_a_direction_holds_while_it_does_not_change_but_not_for_ever() -> None:
    direction = Direction(Direction.Config(hold_s=1.0))
    located(direction, 5.0, SoundDirection(5.0, 40))
    assert math.degrees(located(direction, 5.9).bearing_rad) == pytest.approx(40)
    assert math.isnan(located(direction, 6.1).bearing_rad)
    assert math.isnan(located(direction, 7.0, SoundDirection(math.nan, 40)).bearing_rad)


def test_the_newest_direction_counts() -> None:
    found = located(Direction(Direction.Config()), 5.0, SoundDirection(4.8, 10), SoundDirection(4.9, -20))
    assert math.degrees(found.bearing_rad) == pytest.approx(-20)


def test_sound_that_is_no_voice_is_not_told_of() -> None:
    direction = Direction(Direction.Config())
    assert direction.step({"audio/direction_in": [SoundDirection(5.0, 40)]}, 5.0) == []
    direction.reset()
    assert math.isnan(located(direction, 5.1).bearing_rad)
