"""The world: detections, people and the gripper's state merged into facts with age, confidence and origin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace

from robot_runtime.messages import (
    Deed,
    Detections,
    ForgetRequest,
    Forgotten,
    GripperState,
    JointPositions,
    Note,
    NoteRequest,
    People,
    Preference,
    Preferences,
    RobotPose,
    Scan,
    WorldEvent,
    WorldFacts,
    WorldMemory,
    WorldObject,
)
from robot_runtime.stage import Inbox, Outbox, latest, news
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.deeds import Deeds, of_an_earlier_run
from robot_runtime.world.doors import Doors
from robot_runtime.world.keeper import Keeper
from robot_runtime.world.objects import ObjectTracker, View
from robot_runtime.world.proof import Proof
from robot_runtime.world.recollection import NOTHING, Recollection, without
from robot_runtime.world.semantic_map import load_semantic_map
from robot_runtime.world.store import Store, open_store
from robot_runtime.world.told import load_told
from robot_runtime.world.watcher import Watcher

MOST_NOTES = 500
"""More than a family tells in years; what comes then is not kept, and the robot says so."""

MOST_PEOPLE = 200
"""A tracker that gives a visitor a new id every day must not fill the memory."""

RENAMED_S = 1.0
"""A stranger who was in view so lately and is not named any more has another name now: the eyes know who they are.  Who leaves the
picture is named for a while yet, as somebody out of sight."""


class World:
    """Publishes ``world/facts`` at every step, whatever is known: the age of each fact stands in it; and what has changed.

    What it knows outlives it where ``memory_file`` names a file; it is read at the first step, when the time is known.
    """

    Config = WorldConfig

    def __init__(self, config: WorldConfig, store: Store | None = None) -> None:
        """:param store: where the memory is kept, instead of the one that the configuration names"""
        self.config = config
        self.map = load_semantic_map(config.site)
        self._told = load_told(config.site, self.map, config.told_confidence)
        self._store = store or open_store(config.memory_file)
        self._awake = False  # whether the store was asked for what it kept
        self._now_s = math.nan
        self.reset()

    def reset(self) -> None:
        """As new: what is on disk is read again at the next step."""
        self.close()
        self._pose: RobotPose | None = None
        self._joints: dict[str, float] = {}
        self._doors = Doors(self.map.doors, self.config.door_half_life_s)
        self._forgetting: list[tuple[str, Future[Proof]]] = []
        self._remember(NOTHING)

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        woken = self._wake(now_s) if not self._awake else []
        self._pose = latest(inbox, "pose", RobotPose, self._pose)
        for joints in news(inbox, "joint_states", JointPositions)[-1:]:
            self._joints = dict(zip(joints.names, joints.positions, strict=True))
        for people in news(inbox, "people", People):
            self._merge_people(people)
        self._forget_strangers(now_s)
        pose = self._fresh_pose(now_s)
        for scan in news(inbox, "scan", Scan)[-1:]:
            if pose is not None:
                self._doors.look(scan, pose)
        view = View(pose, self._joints, tuple(self._people.values()))
        for detections in news(inbox, "detections", Detections):
            self._objects.see(detections, view)
        for gripper in news(inbox, "gripper/state", GripperState)[-1:]:
            self._objects.grip(gripper, view, now_s)
        self._objects.carry(view)
        for preference in news(inbox, "social/preference", Preference):
            self._prefer(preference)
        self._forgetting += [(wish.person_id, self.forget(wish.person_id)) for wish in news(inbox, "world/forget", ForgetRequest)]
        forgotten = self._forgotten(now_s)
        for request in news(inbox, "world/note", NoteRequest):
            self._take_note(request)
        for deed in news(inbox, "world/deed", Deed):
            self._deeds.note(deed)
        place = self.map.place_at(pose.x_m, pose.y_m) if pose else ""
        facts = WorldFacts(now_s, place, self._objects.facts(now_s), tuple(self._people.values()))
        self._notice(facts)
        self._now_s = now_s
        self._keeper.keep(self.recollection(), now_s)
        memory = WorldMemory(now_s, self.events, self._notes_in_order(), self._deeds_in_order(), self._doors.facts(now_s))
        return [("world/facts", facts), ("world/memory", memory), *woken, *forgotten]

    def close(self) -> Outbox:
        """Save what is not saved yet, and let go of the file."""
        if self._awake:
            self._keeper.save(self.recollection(), self._now_s)
            self._store.close()
        self._awake = False
        return []

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """What is wrong with the memory's disk, and how much is remembered."""
        return self._store.problem, {"objects": str(len(self._objects.remembered())), "people": str(len(self._people))}

    # ------------------------------------------------------------ memory

    @property
    def events(self) -> tuple[WorldEvent, ...]:
        """What changed, oldest first: for the queries."""
        return self._watcher.events

    def recollection(self) -> Recollection:
        """All that would outlive a restart now."""
        objects = self._objects.remembered()
        known = {thing.id for thing in objects}
        tellers = tuple((thing, teller) for thing, teller in self._tellers.items() if thing in known)
        wishes = tuple(preference for who, preference in self._preferences.items() if who in self._people)
        people, named = tuple(self._people.values()), {person.id for person in self._people.values() if person.name}
        notes = tuple(note for note in self._notes_in_order() if {note.teller_id, note.person_id} <= named)  # as of preferences and deeds
        return Recollection(objects, people, self._watcher.events, tellers, wishes, notes, self._deeds_in_order())

    def tell(self, thing: WorldObject, by: str) -> None:
        """Take a person's word for a thing; its ``provenance`` should be "told"."""
        self._objects.tell(thing)
        self._tellers[thing.id] = by

    def forget(self, person_id: str) -> Future[Proof]:
        """Forget everything of a person, here at once and on disk soon: the store's proof of that, which raises OSError if it cannot be.

        Who stands before the camera afterwards is met anew.
        """
        name = self._people[person_id].name if person_id in self._people else ""
        rest = without(self.recollection(), person_id)
        self._remember(rest)
        return self._store.forget(person_id, name, rest, self._now_s)

    def _wake(self, now_s: float) -> Outbox:
        """Take over what the disk has, at the first step and after every ``close``: it may have been told to forget meanwhile."""
        kept = self._store.load(now_s)
        if kept is not None:
            self._remember(replace(kept, deeds=tuple(map(of_an_earlier_run, kept.deeds))))
        self._awake = True
        self._now_s = now_s
        kept_wishes = tuple(self._preferences.values())
        return [("world/preferences", Preferences(now_s, kept_wishes))] if kept_wishes else []

    def _notes_in_order(self) -> tuple[Note, ...]:
        return tuple(note for _, note in sorted(self._notes.items()))

    def _deeds_in_order(self) -> tuple[Deed, ...]:
        """Of who has no name nothing is kept: the id of a stranger may be another's tomorrow."""
        return self._deeds.of({person.id for person in self._people.values() if person.name})

    def _take_note(self, request: NoteRequest) -> None:
        """Of who is not known nothing is kept, since they could not have it forgotten."""
        note = request.note
        if not request.keep:
            self._notes.pop(note.id, None)
        elif {note.teller_id, note.person_id} <= set(self._people) and len(self._notes) < MOST_NOTES:
            self._notes[note.id] = note

    def _prefer(self, preference: Preference) -> None:
        """Keep how somebody wants to be spoken to, if they have a name: the id of a stranger may be another's tomorrow."""
        person = self._people.get(preference.person_id)
        if person is not None and person.name:
            self._preferences[preference.person_id] = preference

    def _remember(self, memory: Recollection) -> None:
        """Know this and nothing else."""
        told_now = {thing.id: thing for thing in self._told}
        kept = [thing for thing in memory.objects if not _corrected(thing, told_now.get(thing.id))]
        self._objects = ObjectTracker(self.config, self.map, self._told, kept)
        self._people = {person.id: person for person in memory.people}
        self._watcher = Watcher(self.map, memory)
        self._keeper = Keeper(self._store)
        self._tellers = dict(memory.told_by)
        self._notes = {note.id: note for note in memory.notes}
        self._preferences = {preference.person_id: preference for preference in memory.preferences}
        self._deeds = Deeds(memory.deeds)

    def _forgotten(self, now_s: float) -> Outbox:
        """What has come of requests to forget somebody, for which the disk was not waited."""
        done = [asked for asked in self._forgetting if asked[1].done()]
        self._forgetting = [asked for asked in self._forgetting if asked not in done]
        return [("world/forgotten", _outcome(person_id, proof, now_s)) for person_id, proof in done]

    def _notice(self, facts: WorldFacts) -> None:
        for thing, stamp_s in self._objects.take_missed():
            self._watcher.missed(thing, stamp_s)
        self._watcher.watch(facts)

    def _merge_people(self, news_of_people: People) -> None:
        """Whoever is not named any more stays known, unseen, where they were."""
        named = {person.id: person for person in news_of_people.people if all(map(math.isfinite, person.position_m))}
        for gone in set(self._people) - set(named):
            person = self._people[gone]
            if person.seen and not person.name and news_of_people.stamp_s - person.last_seen_s < RENAMED_S:
                del self._people[gone]
            elif person.seen or person.speaking or person.facing_robot:
                self._people[gone] = replace(person, seen=False, speaking=False, facing_robot=False)
        self._people.update(named)
        while len(self._people) > MOST_PEOPLE:
            del self._people[min(self._people, key=lambda who: self._people[who].last_seen_s)]

    def _forget_strangers(self, now_s: float) -> None:
        """A person whom nobody has named and nobody sees any more tells nothing, and may never have been there."""
        for person in tuple(self._people.values()):
            if not person.name and now_s - person.last_seen_s > self.config.stranger_forget_s:
                del self._people[person.id]
        known = set(self._people)  # notes of who is gone go too: the id may be another's tomorrow
        self._notes = {id_: note for id_, note in self._notes.items() if {note.teller_id, note.person_id} <= known}

    def _fresh_pose(self, now_s: float) -> RobotPose | None:
        pose = self._pose
        if pose is None or now_s - pose.stamp_s > self.config.pose_max_age_s:
            return None
        return pose if all(map(math.isfinite, (pose.x_m, pose.y_m, pose.yaw_rad))) else None


def _outcome(person_id: str, proof: Future[Proof], now_s: float) -> Forgotten:
    try:
        return Forgotten(now_s, person_id, proof.result().left, "")
    except OSError as error:
        return Forgotten(now_s, person_id, 0, f"{error.filename}: {error.strerror}")


def _corrected(kept: WorldObject, told: WorldObject | None) -> bool:
    """Whether the site's file of told things was changed since, for a thing that was never seen."""
    return told is not None and kept.provenance == "told" and kept.position_m != told.position_m
