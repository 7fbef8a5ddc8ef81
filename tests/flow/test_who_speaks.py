"""A command belongs to whoever spoke it: the simulated voice, its direction, the people in view, the ear, in virtual time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from robot_runtime import messages as m
from robot_runtime.flow import TICK_S, Flow
from robot_runtime.hear.direction import Direction
from robot_runtime.nodes import Settings
from robot_runtime.perceive.people import Impression, PeopleTracker, Voice
from robot_runtime.perceive.tracks import Track

ROBOT_M = (2.9, 2.6)
PEOPLE_DEG = {"anna": 38.0, "rose": -38.0}
PICTURE_EVERY = 5  # ticks: 10 Hz
DISTANCE_M = 2.0
ADULT = np.array((0.04, 0.9, 0.06))


class Room:
    """Two people before the robot, of whom the tracks of both are known and only sound tells them apart."""

    def __init__(self, yaw_rad: float, array: bool = True, facing: tuple[str, ...] = ()) -> None:
        self.flow = Flow.build(Settings.for_simulation(), only=lambda node: node.name in ("home", "front_end", "ear"))
        self.people, self.spoke, self.heard = PeopleTracker(), set[str](), list[m.Utterance]()
        self._yaw_rad, self._facing, self._voices, self._ticks = yaw_rad, facing, list[Voice](), 0
        self._direction = None if array else Direction(Direction.Config())
        home = self.flow.stage("home")
        home.robot.reset(*ROBOT_M, yaw_rad)
        for who, bearing_deg in PEOPLE_DEG.items():
            walker, angle_rad = home.walkers[who], yaw_rad + math.radians(bearing_deg)
            walker.x_m, walker.y_m = ROBOT_M[0] + DISTANCE_M * math.cos(angle_rad), ROBOT_M[1] + DISTANCE_M * math.sin(angle_rad)
        self._places = {who: (home.walkers[who].x_m, home.walkers[who].y_m) for who in PEOPLE_DEG}
        self.flow.listeners.append(self._listen)

    def _listen(self, now_s: float, topic: str, message: Any) -> None:
        if topic == "speech/heard":
            self.heard.append(message)
        elif topic == "audio/direction" and self._direction is None:
            self._voices.append((message.stamp_s, message.bearing_rad))
        elif topic == "audio/voice" and self._direction is not None:
            located = [message for _, message in self._direction.step({topic: [message]}, now_s)]
            self._voices.extend((voice.stamp_s, voice.bearing_rad) for voice in located)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            if self._ticks % PICTURE_EVERY == 0:
                self._look(self.flow.now_s)
            self._ticks += 1
            self.flow.tick()

    def _look(self, now_s: float) -> None:
        tracks = [
            Track(who, 0, 0, (1.0, 1.0, 9.0, 20.0), 0.9, (*place, 0.0), (0.0, 0.0, 0.0), 0.05, 0.0, now_s, ())
            for who, place in self._places.items()
        ]
        impressions = {who: Impression(ADULT, 0.95 if who in self._facing else 0.05) for who in PEOPLE_DEG}
        found = self.people.update(tracks, impressions, self._voices, now_s, m.RobotPose(now_s, *ROBOT_M, self._yaw_rad, 0.05))
        self._voices.clear()
        self.flow.inject("people", m.People(now_s, "test", found))
        self.spoke |= {self.who(person) for person in found if person.speaking}

    def who(self, person: m.Person) -> str:
        return min(self._places, key=lambda who: math.dist(self._places[who], person.position_m[:2]))

    def speaker(self, utterance: m.Utterance) -> str:
        """Whom an utterance is attributed to; "" if nobody."""
        return next((self.who(person) for person in self.people.people() if person.id == utterance.speaker_id), "")

    def say(self, who: str, text: str) -> m.Utterance:
        self.run(0.6)
        self.flow.inject("sim/people", m.PersonCommand(self.flow.now_s, who, text, (), 0.0))
        self.run(3.5)
        return self.heard[-1]


@pytest.mark.parametrize("who", list(PEOPLE_DEG))
@pytest.mark.parametrize("yaw_rad", [0.0, 2.5])
def test_a_command_belongs_to_whom_it_comes_from(who: str, yaw_rad: float) -> None:
    room = Room(yaw_rad)
    utterance = room.say(who, "bring me the red cup")
    assert utterance.intent == "fetch"
    assert room.speaker(utterance) == who


def test_one_after_the_other_they_are_told_apart_whoever_looks_here() -> None:
    room = Room(0.0, facing=("anna",))
    assert [room.speaker(room.say(who, "come here")) for who in ("rose", "anna", "rose")] == ["rose", "anna", "rose"]


@pytest.mark.parametrize(
    ("facing", "speaker"), [(("rose",), "rose"), ((), ""), (("anna", "rose"), "")], ids=["one looks here", "nobody does", "both do"]
)
def test_without_an_array_it_is_who_alone_looks_here_or_nobody_knows(facing: tuple[str, ...], speaker: str) -> None:
    room = Room(0.0, array=False, facing=facing)
    assert room.speaker(room.say("rose", "come here")) == speaker
    assert room.spoke == ({speaker} if speaker else set())


def test_in_silence_nobody_speaks() -> None:
    room = Room(0.0, facing=("rose",))
    room.run(3.0)
    assert (room.spoke, room.heard) == (set(), [])
