"""Whose a voice is: better nobody's than a wrong one's, since who speaks has rights, and a child has others than a grown-up."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from robot_runtime.messages import AgeGroup, RobotPose
from robot_runtime.perceive.people_settings import PeopleSettings
from robot_runtime.perceive.somebody import Somebody
from robot_runtime.world.view import wrap_angle

Voice = tuple[float, float]
"""When a voice was heard, in seconds, and from where: radians in base_link, positive to the left; nan while that is unknown."""

_FACING_SPEAKS = 3.0
"""So much likelier somebody speaks who faces the robot, or who spoke a moment ago."""
_SEEN_SPEAKS = 5.0
"""Likewise of who is in view, compared with who is only remembered."""
_ACQUAINTED_S = 0.6
"""Who came into view is not taken for the speaker before their age group is told, or they were in view for so long."""
_MOST_VOICES = 50
_PAUSE_S = 0.4
"""After a silence longer than this somebody else may speak: voices of nobody from before it are not put together with those after."""
_MOST = 0.6
"""Share of some voices that must come from somebody's direction for them to be theirs: some are reflections, or of others."""
_MOST_SIGMAS = 2.5
_CLEARER = 1.5
"""How much likelier than the next the speaker must be."""


@dataclass(frozen=True, slots=True)
class _Unclaimed:
    """A voice of nobody, and where the robot was when it was heard."""

    heard_s: float
    bearing_rad: float
    robot: RobotPose


class Voices:
    """Gives voices to people, at once or when they come into view."""

    def __init__(self, settings: PeopleSettings) -> None:
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        self._finds_directions = False  # some microphone array does
        self._people: Collection[Somebody] = ()
        self._now_s = -math.inf
        self.forget()

    def forget(self) -> None:
        """What was heard so far was of nobody who is known now."""
        self._nobodys: list[_Unclaimed] = []
        self._lately: list[tuple[float, Somebody | None]] = []  # the last voices, and whose they are taken for

    def hear(self, voices: Sequence[Voice], people: Collection[Somebody], now_s: float, robot: RobotPose | None) -> None:
        """Take in what was heard up to the picture of ``now_s``, with everybody as that shows them."""
        self._people, self._now_s = people, now_s
        for voice in voices:
            self._hear(*voice, robot)
        self._claim()

    def speaks(self, somebody: Somebody) -> bool:
        return somebody is self._speaker() or self._now_s - somebody.found_s <= self._settings.voice_s

    def _hear(self, heard_s: float, bearing_rad: float, robot: RobotPose | None) -> None:
        """Give a voice to whoever is in its direction; on a robot that never finds one, to whose it plainly is."""
        if not math.isfinite(heard_s) or heard_s > self._now_s + self._settings.voice_s:
            return
        self._finds_directions |= math.isfinite(bearing_rad)
        speaker = self._in_direction(heard_s, bearing_rad, robot) if self._finds_directions else self._plainly()
        voices = [*self._lately, (heard_s, speaker)][-_MOST_VOICES:]
        self._lately = [(at_s, who) for at_s, who in voices if heard_s - at_s <= self._settings.voice_s]
        if speaker is not None:
            speaker.heard_s = max(speaker.heard_s, heard_s)

    def _speaker(self) -> Somebody | None:
        """Whose most of the last voices are: a single one may be a reflection that comes from where somebody else is."""
        if not self._lately or self._now_s - self._lately[-1][0] > self._settings.voice_s:
            return None
        owners = [who for _, who in self._lately]
        return next((who for who in owners if owners.count(who) >= _MOST * len(owners)), None)

    def _in_direction(self, heard_s: float, bearing_rad: float, robot: RobotPose | None) -> Somebody | None:
        """Nobody while the direction is not known this time: who is in view need not be who spoke, and speaks with their rights."""
        if robot is None or not (math.isfinite(bearing_rad) and math.isfinite(robot.yaw_rad)):
            return None
        speaker = self._towards(robot, bearing_rad, self._people)
        if speaker is None:
            if self._nobodys and heard_s - self._nobodys[-1].heard_s > _PAUSE_S:
                self._nobodys.clear()
            self._nobodys.append(_Unclaimed(heard_s, bearing_rad, robot))
        return speaker

    def _plainly(self) -> Somebody | None:
        """The only one in view, where nobody else was about lately; else the only one who faces the robot."""
        seen = [somebody for somebody in self._people if somebody.is_seen(self._now_s)]
        facing = [somebody for somebody in seen if somebody.faces_robot]
        about_s = self._settings.voice_memory_s
        about = [somebody for somebody in self._people if self._now_s - somebody.track.last_seen_s <= about_s]
        return seen[0] if len(seen) == len(about) == 1 else facing[0] if len(facing) == 1 else None

    def _claim(self) -> None:
        """Give voices that were nobody's to who has come into view since, where most of them came from."""
        late_s, now_s = self._settings.voice_late_s, self._now_s
        recent = self._nobodys and now_s - self._nobodys[-1].heard_s <= late_s  # they are one turn, and kept or forgotten together
        self._nobodys = self._nobodys[-_MOST_VOICES:] if recent else []
        came = [somebody for somebody in self._people if somebody.is_seen(now_s) and self._is_acquainted(somebody)]
        claims = [
            somebody
            for voice in self._nobodys
            if (somebody := self._towards(voice.robot, voice.bearing_rad, [who for who in came if who.came_s > voice.heard_s]))
        ]
        speaker = next((one for one in came if claims.count(one) >= _MOST * len(self._nobodys)), None) if claims else None
        if speaker is not None:
            speaker.found_s, speaker.heard_s = now_s, max(speaker.heard_s, self._nobodys[-1].heard_s)
            self._nobodys.clear()

    def _is_acquainted(self, somebody: Somebody) -> bool:
        return somebody.belief.group()[0] is not AgeGroup.UNKNOWN or self._now_s - somebody.came_s >= _ACQUAINTED_S - 1e-9

    def _towards(self, robot: RobotPose, bearing_rad: float, among: Iterable[Somebody]) -> Somebody | None:
        """Who most likely spoke from there; nobody when two are about as likely: better no speaker than a wrong one.

        A voice that is loud enough to be heard is rather that of who is near and looks at the robot than of somebody behind
        them, and who began to speak goes on.
        """
        heard = [
            (unlikely, somebody.id, somebody)
            for somebody in among
            if self._now_s - somebody.track.last_seen_s <= self._settings.voice_memory_s
            and (unlikely := self._unlikely(somebody, robot, bearing_rad)) < math.inf
        ]
        heard.sort(key=lambda found: found[:2])
        if not heard or (len(heard) > 1 and heard[1][0] - heard[0][0] < math.log(_CLEARER)):
            return None
        return heard[0][2]

    def _unlikely(self, somebody: Somebody, robot: RobotPose, bearing_rad: float) -> float:
        """The negative logarithm of how likely a voice from there is theirs, but for a constant; inf for whom it cannot be."""
        settings, (x_m, y_m, _) = self._settings, somebody.track.position_m
        away_m = max(math.hypot(x_m - robot.x_m, y_m - robot.y_m), 0.5)
        from_rad = wrap_angle(robot.yaw_rad) + wrap_angle(bearing_rad)  # one by one: two huge angles have no sum
        off_rad = abs(wrap_angle(math.atan2(y_m - robot.y_m, x_m - robot.x_m) - from_rad))
        std_rad = math.hypot(settings.voice_std_rad, somebody.gone_m(self._now_s) / away_m)
        if not off_rad <= min(settings.voice_cone_rad, _MOST_SIGMAS * std_rad):
            return math.inf
        seen = somebody.is_seen(self._now_s)
        odds = math.log(_FACING_SPEAKS) * (somebody.faces_robot + (self._now_s - somebody.heard_s <= settings.voice_s))
        odds += math.log(_SEEN_SPEAKS) * seen
        return (off_rad / std_rad) ** 2 / 2 + math.log(std_rad * away_m) - odds
