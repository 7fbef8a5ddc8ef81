"""Who listens, how far away they are, and what noise they hear: what loudness follows."""

from __future__ import annotations

import math

from robot_runtime.messages import AudioFrame, People, Person, RobotPose
from robot_runtime.speak.loudness import Headroom, NoiseFloor
from robot_runtime.stage import Inbox, latest, news

_TAIL_S = 0.5
"""After its own last frame the robot still hears itself: the sound card's buffer and the room."""
_STALE_S = 5.0
"""Nobody stands where they stood then."""


class Listener:
    """Kept up by ``people``, ``pose`` and ``audio/in``."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._people: People | None = None
        self._pose: RobotPose | None = None
        self._noise, self._headroom = NoiseFloor(), Headroom()
        self._spoke_s = -math.inf
        self._gain_db = 0.0

    @property
    def noise_dbfs(self) -> float:
        """Of the room; nan while unknown."""
        return self._noise.level_dbfs

    def update(self, inbox: Inbox) -> None:
        self._people = latest(inbox, "people", People, self._people)
        self._pose = latest(inbox, "pose", RobotPose, self._pose)
        for frame in news(inbox, "audio/in", AudioFrame):
            if frame.stamp_s > self._spoke_s + _TAIL_S:
                self._noise.take(frame.samples)
            else:
                self._headroom.take(frame.samples, self._gain_db)

    def bearable_db(self, gain_db: float) -> float:
        """How much louder than normal the robot speaks now that it wants to be so loud: no louder than its microphone bears."""
        self._gain_db = min(gain_db, self._headroom.most_db)
        return self._gain_db

    def robot_speaks(self, now_s: float) -> None:
        """A frame of the robot's own voice leaves now."""
        self._spoke_s = now_s

    def distance_m(self, addressee_id: str, now_s: float) -> float:
        """To whom the words are for, else to who is nearest; nan when that is not known."""
        people, pose = self._people, self._pose
        if people is None or pose is None or not now_s - people.stamp_s <= _STALE_S:
            return math.nan
        addressed = [person for person in people.people if person.id == addressee_id]
        near = addressed or [person for person in people.people if person.seen]
        return min((_distance_m(person, pose) for person in near), default=math.nan)


def _distance_m(person: Person, pose: RobotPose) -> float:
    return math.hypot(person.position_m[0] - pose.x_m, person.position_m[1] - pose.y_m)
