"""Where a voice comes from: the ear says that somebody speaks, a microphone array where the loudest sound comes from.

The array's ROS driver (respeaker_ros and its like: ``sound_direction``) tells of any sound, of the robot's own voice too, and
only when the direction changes; the ear knows voices and whose they are not.  Each makes good what the other lacks.
"""

from __future__ import annotations

import math

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import SoundDirection, VoiceDirection, VoiceHeard
from robot_runtime.stage import Inbox, Outbox, latest, news


class Direction:
    """Gives each voice a bearing in base_link; nan without an array, or when it has been silent for too long.

    On a robot without an array perception still tells who speaks where that is plain: see :mod:`robot_runtime.perceive.people`.
    """

    class Config(StageConfig):
        yaw_rad: float = Field(0.0, ge=-6.3, le=6.3, description="bearing in base_link of what the array calls 0 degrees")
        clockwise: bool = Field(False, description="the array counts clockwise; REP-103 and respeaker_ros do not")
        std_rad: float = Field(0.1, gt=0, le=1.6, description="standard deviation of its directions, in the room where the robot works")
        hold_s: float = Field(1.0, gt=0, le=10, description="how long a direction holds: drivers tell it only when it changes")

    def __init__(self, config: Config) -> None:
        self._config = config
        self.reset()

    def reset(self) -> None:
        self._direction: SoundDirection | None = None

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._direction = latest(inbox, "audio/direction_in", SoundDirection, self._direction)
        return [("audio/direction", self._located(voice)) for voice in news(inbox, "audio/voice", VoiceHeard)]

    def _located(self, voice: VoiceHeard) -> VoiceDirection:
        direction = self._direction
        if direction is None or not abs(voice.stamp_s - direction.stamp_s) <= self._config.hold_s:
            return VoiceDirection(voice.stamp_s, "base_link", math.nan, math.nan, voice.level_dbfs)
        angle_rad = math.radians(direction.direction_deg)
        bearing_rad = math.remainder(self._config.yaw_rad + (-angle_rad if self._config.clockwise else angle_rad), math.tau)
        return VoiceDirection(voice.stamp_s, "base_link", bearing_rad, self._config.std_rad, voice.level_dbfs)
