"""People over time: who is there, of what age group, where, looking at the robot or not, speaking or not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import AgeGroup, Person, RobotPose
from robot_runtime.perceive.ages import AgeBelief
from robot_runtime.perceive.engagement import engagement
from robot_runtime.perceive.people_settings import KnownPerson, PeopleSettings
from robot_runtime.perceive.recall import Trace, recalled
from robot_runtime.perceive.somebody import Impression, Somebody
from robot_runtime.perceive.tracks import Track
from robot_runtime.perceive.voices import Voice, Voices

__all__ = ["Impression", "KnownPerson", "PeopleSettings", "PeopleTracker", "Voice"]

_WISH_S = 120.0
"""Who has spoken keeps the id for so long: plans and permissions hold on to it."""


class PeopleTracker:
    """Makes ``Person`` messages of the tracks of people.  The same input gives the same ids: person-1, person-2, …

    Who leaves the picture and comes back later gets the same id where clothes, age group and the way in between allow it and
    nobody else was as likely.
    """

    def __init__(self, settings: PeopleSettings | None = None) -> None:
        self._settings = settings or PeopleSettings()
        self._count = 0
        self._voices = Voices(self._settings)
        self._people: dict[str, Somebody] = {}  # by id, in the order in which they came
        self._by_track: dict[str, str] = {}  # track id → person id
        self._forget()

    def reset(self) -> None:
        """Forget everybody; ids start anew."""
        self._count = 0
        self._voices.reset()
        self._forget()

    def _forget(self) -> None:
        self._people.clear()
        self._by_track.clear()
        self._voices.forget()
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
        self._meet()
        self._name_known_people()
        self._voices.hear(voices, self._people.values(), stamp_s, robot)
        self._drop_oldest()
        return self.people()

    def people(self) -> tuple[Person, ...]:
        """Those in view, and those who were lately."""
        now_s, settings = self._stamp_s, self._settings
        return tuple(
            somebody.as_person(now_s, self._voices.speaks(somebody))
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

    def _newcomer(self, track: Track, impression: Impression | None) -> Somebody:
        new = Trace("", self._stamp_s, track.position_m, track.look, None if impression is None else _normalised(impression.ages))
        absent = [somebody.trace() for somebody in self._people.values() if somebody.told_s < self._stamp_s or not somebody.track.seen]
        who = recalled(new, absent, self._settings.recall)
        if not who:
            self._count += 1
            who = f"person-{self._count}"
            self._people[who] = Somebody(who, AgeBelief(self._settings.ages), track, self._stamp_s, self._count)
        self._by_track[track.id] = who
        return self._people[who]

    def _meet(self) -> None:
        """Those who are in view together are two, and will be."""
        here = {somebody.number for somebody in self._people.values() if somebody.is_seen(self._stamp_s)}
        for somebody in self._people.values():
            if somebody.number in here:
                somebody.met |= here - {somebody.number}

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

    def _unname(self, somebody: Somebody) -> None:
        """A child under the name of a grown-up is somebody else, whom a track was given to by mistake."""
        self._count += 1
        before, somebody.id, somebody.name = somebody.id, f"person-{self._count}", ""
        somebody.heard_s = somebody.found_s = -math.inf
        self._voices.forget()
        del self._people[before]
        self._people[somebody.id] = somebody
        self._by_track = {track: somebody.id if who == before else who for track, who in self._by_track.items()}

    def _rename(self, somebody: Somebody, known: KnownPerson) -> None:
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

    def _drop_oldest(self) -> None:
        """So that memory stays flat, and nobody is kept for longer than it serves."""
        recall_s, now_s = self._settings.recall.recall_s, self._stamp_s
        kept = sorted(self._people.values(), key=lambda somebody: -somebody.track.last_seen_s)[: self._settings.most]
        ids = {somebody.id for somebody in kept if now_s - somebody.track.last_seen_s <= recall_s}
        self._people = {who: somebody for who, somebody in self._people.items() if who in ids}
        numbers = {somebody.number for somebody in self._people.values()}
        for somebody in self._people.values():
            somebody.met &= numbers
        self._by_track = {track: who for track, who in self._by_track.items() if who in ids}


def _normalised(ages: NDArray[np.float64]) -> NDArray[np.float64] | None:
    total = float(ages.sum()) if ages.shape == (3,) else math.nan
    return ages / total if math.isfinite(total) and total > 0 and (ages >= 0).all() else None
