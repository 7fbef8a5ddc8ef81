"""People over time: who is there, of what age group, where, looking at the robot or not, speaking or not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import AgeGroup, Person, RobotPose
from robot_runtime.perceive.ages import AgeBelief, AgeSettings
from robot_runtime.perceive.engagement import engagement
from robot_runtime.perceive.motion import SPREAD_MPS
from robot_runtime.perceive.recall import RecallSettings, Trace, recalled
from robot_runtime.perceive.tracks import Track
from robot_runtime.world.view import wrap_angle

Voice = tuple[float, float]
"""When a voice was heard, in seconds, and from where: radians in base_link, positive to the left; nan while that is unknown."""

_FACING_SPEAKS = 3.0
"""So much likelier somebody speaks who faces the robot, or who spoke a moment ago."""
_SEEN_SPEAKS = 5.0
"""Likewise of who is in view, compared with who is only remembered."""
_STAYS_MPS, _STAYS_M, _WALKS_MPS = 0.1, 0.5, 0.3
"""How far somebody may have gone who stood when last seen, and spoke out of sight: most have stayed; who walked may be anywhere."""
_GLIMPSE_S = 0.5
"""Who was out of view for no longer than this has not come into view."""
_ACQUAINTED_S = 0.6
"""Who came into view is not taken for the speaker before their age group is told, or they were in view for so long."""
_MOST_VOICES = 50
_MOST_LATE = 0.6
"""Share of the voices that nobody had which must come from somebody's direction: some are reflections, or of others."""
_MOST_SIGMAS = 2.5
_CLEARER = 1.5
"""How much likelier than the next the speaker must be."""
_WISH_S = 120.0
"""Who has spoken keeps the id for so long: plans and permissions hold on to it."""


class KnownPerson(StageConfig):
    """Somebody who lives here.  Known by the age group alone, which everybody else of that group has too: see :class:`PeopleSettings`."""

    id: str = Field(min_length=1, description="such as anna")
    name: str = Field(min_length=1, description="what the robot calls them; the gate lets people with a name permit things")
    age_group: AgeGroup = Field(description="child, adult or elderly")


class PeopleSettings(StageConfig):
    memory_s: float = Field(10.0, ge=0, le=600, description="how long somebody out of sight is told of")
    most: int = Field(24, ge=1, le=64, description="so many people are remembered, those whom it has not seen for longest are forgotten")
    facing_s: float = Field(0.4, gt=0, le=10, description="time constant over which looking at the robot is averaged")
    facing_on: float = Field(0.6, gt=0, lt=1, description="probability from which on somebody faces the robot")
    facing_off: float = Field(0.4, gt=0, lt=1, description="and below which they do not any more")
    voice_s: float = Field(0.4, gt=0, le=5, description="who was heard this lately is speaking")
    voice_late_s: float = Field(3.0, ge=0, le=10, description="who comes into view within this where a voice was of nobody is its speaker")
    voice_cone_rad: float = Field(0.35, gt=0, le=3.2, description="how far beside the direction of a voice its speaker may be")
    voice_memory_s: float = Field(120.0, ge=0, le=900, description="who was seen so lately may be who speaks out of sight, from there")
    voice_std_rad: float = Field(0.1, gt=0, le=1.6, description="standard deviation of the directions of voices")
    ages: AgeSettings = Field(default_factory=AgeSettings, description="age groups over time")
    recall: RecallSettings = Field(default_factory=RecallSettings, description="who is known again")
    known_people: tuple[KnownPerson, ...] = Field(
        (),
        description="who lives here: the only one of an age group gives id and name to whoever is of that group. "
        "For homes without visitors, and simulations: an unknown adult would be taken for the adult who lives here",
    )


@dataclass(frozen=True, slots=True, eq=False)
class Impression:
    """What the classifier makes of the crop of one person."""

    ages: NDArray[np.float64]  # calibrated probabilities, in the order of ages.GROUPS
    faces_robot: float  # probability; nan while unknown


@dataclass(eq=False)
class _Somebody:
    id: str
    belief: AgeBelief
    track: Track  # as of ``told_s``
    told_s: float
    name: str = ""
    heard_s: float = -math.inf
    found_s: float = -math.inf  # when a voice of before they came into view was given to them
    came_s: float = math.nan  # when they came into view last
    facing: float = 0.5
    faces_robot: bool = False
    looked_s: float = field(default=math.nan)
    seen_std_m: float = math.inf
    walks: bool = True

    def look(self, impression: Impression, stamp_s: float, settings: PeopleSettings) -> None:
        self.belief.look(stamp_s, impression.ages)
        if not 0 <= impression.faces_robot <= 1:
            return
        elapsed_s = settings.facing_s if math.isnan(self.looked_s) else stamp_s - self.looked_s
        self.facing += (1.0 - math.exp(-elapsed_s / settings.facing_s)) * (impression.faces_robot - self.facing)
        self.looked_s = stamp_s
        self.faces_robot = self.facing > (settings.facing_off if self.faces_robot else settings.facing_on)

    def is_seen(self, now_s: float) -> bool:
        return self.track.seen and self.told_s == now_s

    def follow(self, track: Track, now_s: float) -> None:
        absent_s = track.last_seen_s - self.track.last_seen_s
        self.track, self.told_s = track, now_s
        if track.seen:
            self.came_s = self.came_s if absent_s <= _GLIMPSE_S and math.isfinite(self.came_s) else now_s
            self.seen_std_m, self.walks = track.position_std_m, math.hypot(*track.velocity_mps[:2]) > _WALKS_MPS

    def gone_m(self, now_s: float) -> float:
        """Within about this they still are where they were last seen, or on their way."""
        unseen_s = now_s - self.track.last_seen_s
        return self.seen_std_m + (SPREAD_MPS * unseen_s if self.walks else min(_STAYS_MPS * unseen_s, _STAYS_M))

    def trace(self) -> Trace:
        return Trace(self.id, self.track.last_seen_s, self.track.position_m, self.track.look, self.belief.probabilities())

    def as_person(self, now_s: float, voice_s: float) -> Person:
        """As of now: while nobody follows them any more they stay where they were, and that grows unsure."""
        track, untold_s, seen = self.track, now_s - self.told_s, self.is_seen(now_s)
        group, confidence = self.belief.group()
        velocity_mps = track.velocity_mps if untold_s == 0 else (0.0, 0.0, 0.0)
        return Person(
            self.id,
            self.name,
            group.value,
            confidence,
            track.position_m,
            velocity_mps,
            track.position_std_m + SPREAD_MPS * untold_s,
            seen,
            now_s - max(self.heard_s, self.found_s) <= voice_s,
            seen and self.faces_robot,
            track.last_seen_s,
        )


@dataclass(frozen=True, slots=True)
class _Unclaimed:
    """A voice of nobody, and where the robot was when it was heard."""

    heard_s: float
    bearing_rad: float
    robot: RobotPose


class PeopleTracker:
    """Makes ``Person`` messages of the tracks of people.  The same input gives the same ids: person-1, person-2, …

    Who leaves the picture and comes back later gets the same id where clothes, age group and the way in between allow it and
    nobody else was as likely.
    """

    def __init__(self, settings: PeopleSettings | None = None) -> None:
        self._settings = settings or PeopleSettings()
        self._count = 0
        self._people: dict[str, _Somebody] = {}  # by id, in the order in which they came
        self._by_track: dict[str, str] = {}  # track id → person id
        self._forget()

    def reset(self) -> None:
        """Forget everybody; ids start anew."""
        self._count = 0
        self._forget()

    def _forget(self) -> None:
        self._people.clear()
        self._by_track.clear()
        self._nobodys: list[_Unclaimed] = []
        self._stamp_s = -math.inf

    def update(
        self,
        tracks: Sequence[Track],
        impressions: Mapping[str, Impression],
        voices: Sequence[Voice],
        stamp_s: float,
        robot: RobotPose | None,
    ) -> tuple[Person, ...]:
        """Take in the tracks of people (and of nothing else) of the picture of ``stamp_s``; everybody who is known now.

        Time that goes backwards forgets everybody; their ids are not used again.

        :param impressions: of those in view, by track id; not everybody needs one in every picture
        :param voices: heard since the last call
        """
        if not math.isfinite(stamp_s):
            return self.people()
        if stamp_s < self._stamp_s:
            self._forget()
        self._stamp_s = stamp_s
        self._follow(tracks, impressions)
        self._by_track = {track.id: self._by_track[track.id] for track in tracks if track.id in self._by_track}
        for track_id, impression in impressions.items():
            if (who := self._by_track.get(track_id)) is not None:
                self._people[who].look(impression, stamp_s, self._settings)
        self._name_known_people()
        for voice in voices:
            self._hear(*voice, robot)
        self._claim()
        self._drop_oldest()
        return self.people()

    def people(self) -> tuple[Person, ...]:
        """Those in view, and those who were lately."""
        now_s, settings = self._stamp_s, self._settings
        return tuple(
            somebody.as_person(now_s, settings.voice_s)
            for somebody in self._people.values()
            if now_s - max(somebody.track.last_seen_s, somebody.heard_s) <= settings.memory_s
            and (somebody.told_s == now_s or math.isfinite(somebody.track.position_m[0]))
        )

    def engagement(self, robot: RobotPose) -> dict[str, float]:
        """How much each of them seems to want something of the robot, 0 … 1, by id."""
        return {person.id: engagement(person, robot) for person in self.people()}

    # ------------------------------------------------ who is who

    def _follow(self, tracks: Sequence[Track], impressions: Mapping[str, Impression]) -> None:
        """Those whose track goes on first: whoever is left may be what a new track shows."""
        others = []
        for track in tracks:
            somebody = self._people.get(self._by_track.get(track.id, ""))
            if somebody is not None and somebody.track.id == track.id:
                somebody.follow(track, self._stamp_s)
            elif track.seen:
                others.append(track)
        for track in others:
            somebody = self._people.get(self._by_track.get(track.id, ""))
            if somebody is None or somebody.is_seen(self._stamp_s):  # known again in another track meanwhile
                somebody = self._newcomer(track, impressions.get(track.id))
            somebody.follow(track, self._stamp_s)

    def _newcomer(self, track: Track, impression: Impression | None) -> _Somebody:
        new = Trace("", self._stamp_s, track.position_m, track.look, None if impression is None else _normalised(impression.ages))
        absent = [somebody.trace() for somebody in self._people.values() if somebody.told_s < self._stamp_s or not somebody.track.seen]
        who = recalled(new, absent, self._settings.recall)
        if not who:
            self._count += 1
            who = f"person-{self._count}"
            self._people[who] = _Somebody(who, AgeBelief(self._settings.ages), track, self._stamp_s)
        self._by_track[track.id] = who
        return self._people[who]

    def _name_known_people(self) -> None:
        for somebody in list(self._people.values()):
            group, _ = somebody.belief.group()
            if somebody.name and group is not AgeGroup.UNKNOWN and not self._may_be(somebody.name, group):
                self._unname(somebody)
            if somebody.name or not somebody.is_seen(self._stamp_s):
                continue
            alike = [known for known in self._settings.known_people if known.age_group is group]
            if len(alike) == 1:
                self._rename(somebody, alike[0])

    def _may_be(self, name: str, group: AgeGroup) -> bool:
        return any(known.name == name and known.age_group is group for known in self._settings.known_people)

    def _unname(self, somebody: _Somebody) -> None:
        """A child under the name of a grown-up is somebody else, whom a track was given to by mistake."""
        self._count += 1
        before, somebody.id, somebody.name = somebody.id, f"person-{self._count}", ""
        somebody.heard_s = somebody.found_s = -math.inf
        del self._people[before]
        self._people[somebody.id] = somebody
        self._by_track = {track: somebody.id if who == before else who for track, who in self._by_track.items()}

    def _rename(self, somebody: _Somebody, known: KnownPerson) -> None:
        """Unless the one who bears the name is in view too; one who is not was the same person.

        Who has just said something gets the name alone: what they wanted is being done for the id that they had.
        """
        bearer = self._people.get(known.id)
        if bearer is not None and bearer.is_seen(self._stamp_s):
            return
        if self._stamp_s - somebody.heard_s <= _WISH_S:
            if not any(other.name == known.name and other.is_seen(self._stamp_s) for other in self._people.values()):
                somebody.name = known.name
            return
        del self._people[somebody.id]
        self._by_track = {track: known.id if who == somebody.id else who for track, who in self._by_track.items() if who != known.id}
        somebody.id, somebody.name = known.id, known.name
        self._people[known.id] = somebody

    # ------------------------------------------------ voices

    def _hear(self, heard_s: float, bearing_rad: float, robot: RobotPose | None) -> None:
        """Give a voice to whoever is in its direction; without one to the only one in view, or who alone faces the robot."""
        if not math.isfinite(heard_s) or heard_s > self._stamp_s + self._settings.voice_s:
            return
        if robot is not None and math.isfinite(bearing_rad) and math.isfinite(robot.yaw_rad):
            speaker = self._towards(robot, bearing_rad, self._people.values())
            if speaker is None:
                self._nobodys.append(_Unclaimed(heard_s, bearing_rad, robot))
        else:
            seen = [somebody for somebody in self._people.values() if somebody.is_seen(self._stamp_s)]
            facing = [somebody for somebody in seen if somebody.faces_robot]
            speaker = seen[0] if len(seen) == 1 else facing[0] if len(facing) == 1 else None
        if speaker is not None:
            speaker.heard_s = max(speaker.heard_s, heard_s)

    def _claim(self) -> None:
        """Give voices that were nobody's to who has come into view since, where most of them came from."""
        late_s, now_s = self._settings.voice_late_s, self._stamp_s
        recent = self._nobodys and now_s - self._nobodys[-1].heard_s <= late_s  # they are one turn, and kept or forgotten together
        self._nobodys = self._nobodys[-_MOST_VOICES:] if recent else []
        came = [somebody for somebody in self._people.values() if somebody.is_seen(now_s) and self._is_acquainted(somebody)]
        claims = [
            somebody
            for voice in self._nobodys
            if (somebody := self._towards(voice.robot, voice.bearing_rad, [who for who in came if who.came_s > voice.heard_s]))
        ]
        speaker = next((one for one in came if claims.count(one) >= _MOST_LATE * len(self._nobodys)), None) if claims else None
        if speaker is not None:
            speaker.found_s, speaker.heard_s = now_s, max(speaker.heard_s, self._nobodys[-1].heard_s)
            self._nobodys.clear()

    def _is_acquainted(self, somebody: _Somebody) -> bool:
        return somebody.belief.group()[0] is not AgeGroup.UNKNOWN or self._stamp_s - somebody.came_s >= _ACQUAINTED_S - 1e-9

    def _towards(self, robot: RobotPose, bearing_rad: float, among: Iterable[_Somebody]) -> _Somebody | None:
        """Who most likely spoke from there; nobody when two are about as likely: better no speaker than a wrong one.

        A voice that is loud enough to be heard is rather that of who is near and looks at the robot than of somebody behind
        them, and who began to speak goes on.
        """
        heard = [
            (unlikely, somebody.id)
            for somebody in among
            if self._stamp_s - somebody.track.last_seen_s <= self._settings.voice_memory_s
            and (unlikely := self._unlikely(somebody, robot, bearing_rad)) < math.inf
        ]
        heard.sort()
        if not heard or (len(heard) > 1 and heard[1][0] - heard[0][0] < math.log(_CLEARER)):
            return None
        return self._people[heard[0][1]]

    def _unlikely(self, somebody: _Somebody, robot: RobotPose, bearing_rad: float) -> float:
        """The negative logarithm of how likely a voice from there is theirs, but for a constant; inf for whom it cannot be."""
        settings, (x_m, y_m, _) = self._settings, somebody.track.position_m
        away_m = max(math.hypot(x_m - robot.x_m, y_m - robot.y_m), 0.5)
        off_rad = abs(wrap_angle(math.atan2(y_m - robot.y_m, x_m - robot.x_m) - robot.yaw_rad - bearing_rad))
        std_rad = math.hypot(settings.voice_std_rad, somebody.gone_m(self._stamp_s) / away_m)
        if not off_rad <= min(settings.voice_cone_rad, _MOST_SIGMAS * std_rad):
            return math.inf
        seen = somebody.is_seen(self._stamp_s)
        odds = math.log(_FACING_SPEAKS) * (somebody.faces_robot + (self._stamp_s - somebody.heard_s <= settings.voice_s))
        odds += math.log(_SEEN_SPEAKS) * seen
        return (off_rad / std_rad) ** 2 / 2 + math.log(std_rad * away_m) - odds

    def _drop_oldest(self) -> None:
        """So that memory stays flat, and nobody is kept for longer than it serves."""
        recall_s, now_s = self._settings.recall.recall_s, self._stamp_s
        kept = sorted(self._people.values(), key=lambda somebody: -somebody.track.last_seen_s)[: self._settings.most]
        ids = {somebody.id for somebody in kept if now_s - somebody.track.last_seen_s <= recall_s}
        self._people = {who: somebody for who, somebody in self._people.items() if who in ids}
        self._by_track = {track: who for track, who in self._by_track.items() if who in ids}


def _normalised(ages: NDArray[np.float64]) -> NDArray[np.float64] | None:
    total = float(ages.sum()) if ages.shape == (3,) else math.nan
    return ages / total if math.isfinite(total) and total > 0 and (ages >= 0).all() else None
