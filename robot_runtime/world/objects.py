"""Objects over time: sightings give them identity and place; time, contradiction and the gripper change what is known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from robot_runtime.messages import Detection, Detections, GripperState, Person, RobotPose, WorldObject
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.identity import Identities
from robot_runtime.world.memory import ObjectMemory
from robot_runtime.world.semantic_map import SemanticMap
from robot_runtime.world.view import Point, crosses_person, is_clearly_in_view

ROBOT = "robot"


@dataclass(frozen=True)
class View:
    """From where and past whom the robot looks now."""

    pose: RobotPose | None
    joints: Mapping[str, float]
    people: tuple[Person, ...]

    def grasp_point_m(self, reach_m: float) -> Point | None:
        """The grasp point in the map: (reach + arm, 0, lift) in base_link."""
        if self.pose is None:
            return None
        forward = reach_m + self.joints.get("arm", 0.0)
        return (
            self.pose.x_m + forward * math.cos(self.pose.yaw_rad),
            self.pose.y_m + forward * math.sin(self.pose.yaw_rad),
            self.joints.get("lift", math.nan),
        )


@dataclass
class _Attention:
    """How long a thing's place has been in clear view without it."""

    since_s: float = field(default=math.nan)


class ObjectTracker:
    def __init__(
        self, settings: WorldConfig, site: SemanticMap, told: Iterable[WorldObject] = (), restored: Iterable[WorldObject] = ()
    ) -> None:
        """``restored`` is of an earlier run, whose tracks may have had the names that other tracks have now."""
        self._settings = settings
        self._site = site
        of_before = {thing.id: thing for thing in restored}
        self._memory = ObjectMemory({**{thing.id: thing for thing in told}, **of_before}.values())
        self._identities = Identities(self._memory, frozenset(of_before), settings.association_m)
        self._missed: list[tuple[WorldObject, float]] = []
        self._attention: dict[str, _Attention] = {}
        self._shown: dict[str, tuple[WorldObject, WorldObject]] = {}  # what is remembered, and how it was published last

    def facts(self, now_s: float) -> tuple[WorldObject, ...]:
        """All remembered objects, their confidence faded by the time since they were last seen."""
        return tuple(self._as_of(thing, now_s) for thing in self._memory)

    def remembered(self) -> tuple[WorldObject, ...]:
        """All remembered objects as they were put: not faded."""
        return tuple(self._memory)

    def tell(self, thing: WorldObject) -> None:
        """Take somebody's word for where a thing is."""
        self._memory.put(thing)
        self._identities.told(thing.id)

    def take_missed(self) -> list[tuple[WorldObject, float]]:
        """What was not where it should be since the last call, and when."""
        missed, self._missed = self._missed, []
        return missed

    def see(self, detections: Detections, view: View) -> None:
        """Take in one picture's detections, and what follows from what it does not show."""
        seen: set[str] = set()
        for detection in self._identities.order(detections.detections):
            if all(map(math.isfinite, detection.position_m)) and math.isfinite(detection.score):
                seen.add(self._sighting(detection, detections.stamp_s, seen))
        self._identities.merge(seen)
        aspect = detections.width_px / detections.height_px if detections.height_px else 4 / 3
        for thing in self._memory:
            if thing.id not in seen:
                self._not_seen(thing, detections.stamp_s, view, aspect)

    def grip(self, gripper: GripperState, view: View, now_s: float) -> None:
        """The gripper knows best what it holds; what it let go is with the person beside it, or where it was opened."""
        for thing in self._memory:
            if thing.id == gripper.holding and thing.held_by != ROBOT:
                self._memory.put(replace(thing, held_by=ROBOT, support="", last_seen_s=now_s, confidence=1.0, provenance="seen"))
            elif thing.held_by == ROBOT and thing.id != gripper.holding:
                self._memory.put(self._released(thing, view))
        if gripper.holding and self._memory.get(gripper.holding) is None and (point := self._grasp_point(view)):
            name = gripper.holding_class or gripper.holding
            self._memory.put(WorldObject(
                gripper.holding, gripper.holding_class, "", name, point, "", "", ROBOT, now_s, 1.0, "inferred"))  # fmt: skip

    def carry(self, view: View) -> None:
        """A held thing is where its holder is."""
        where: dict[str, Point] = {person.id: person.position_m for person in view.people}
        if point := self._grasp_point(view):
            where[ROBOT] = point
        for thing in self._memory:
            if thing.held_by and thing.held_by in where:
                x, y, _ = where[thing.held_by]
                z = where[ROBOT][2] if thing.held_by == ROBOT else thing.position_m[2]
                self._memory.put(replace(thing, position_m=(x, y, z), place=self._site.place_at(x, y)))

    # ------------------------------------------------------------ sightings

    def _sighting(self, detection: Detection, stamp_s: float, taken: set[str]) -> str:
        object_id, known = self._identities.of(detection, stamp_s, taken)
        before = known.confidence if known else detection.score
        firm = known if known and self._identities.is_firm(object_id) else None
        class_name = firm.class_name if firm else detection.class_name
        colour = (firm and firm.colour) or detection.colour or (known.colour if known else "")
        x, y, z = detection.position_m
        support = "" if detection.held_by else detection.support or self._site.surface_at(x, y, z)
        thing = WorldObject(
            id=object_id, class_name=class_name, colour=colour, name=f"{colour} {class_name}".strip(),
            position_m=detection.position_m, place=self._site.place_at(x, y), support=support, held_by=detection.held_by,
            last_seen_s=stamp_s, confidence=before + self._settings.confidence_gain * (detection.score - before), provenance="seen",
        )  # fmt: skip
        self._memory.put(thing)
        self._identities.seen(known, thing)
        self._attention.pop(object_id, None)
        return object_id

    # ------------------------------------------------------------ contradiction, time, release

    def _not_seen(self, thing: WorldObject, stamp_s: float, view: View, aspect: float) -> None:
        if not self._would_be_seen(thing, view, aspect):
            self._attention.pop(thing.id, None)
            return
        attention = self._attention.setdefault(thing.id, _Attention(stamp_s))
        if stamp_s - attention.since_s >= self._settings.miss_after_s:
            attention.since_s = stamp_s
            self._memory.put(replace(thing, confidence=thing.confidence * self._settings.miss_factor))
            self._missed.append((thing, stamp_s))

    def _would_be_seen(self, thing: WorldObject, view: View, aspect: float) -> bool:
        if view.pose is None or thing.held_by:
            return False
        settings = self._settings
        in_view = is_clearly_in_view(
            thing.position_m, view.pose, view.joints.get("head_pan", 0.0), view.joints.get("head_tilt", 0.0),
            settings.camera_height_m, settings.camera_hfov_rad, aspect, settings.view_range_m,
        )  # fmt: skip
        pose = view.pose
        return in_view and not any(crosses_person(thing.position_m, pose, person.position_m) for person in view.people)

    def _faded(self, thing: WorldObject, now_s: float) -> float:
        if thing.provenance == "told":
            return thing.confidence  # nobody knows since when it holds
        age_s = max(0.0, now_s - thing.last_seen_s)
        return thing.confidence * math.pow(0.5, age_s / self._settings.forget_half_life_s)

    def _as_of(self, thing: WorldObject, now_s: float) -> WorldObject:
        """The thing with its confidence now, to three digits; made anew only when one of them has changed."""
        confidence = round(self._faded(thing, now_s), 3)
        kept, shown = self._shown.get(thing.id, (None, thing))
        if kept is not thing or shown.confidence != confidence:
            shown = replace(thing, confidence=confidence)
            self._shown[thing.id] = (thing, shown)
        return shown

    def _released(self, thing: WorldObject, view: View) -> WorldObject:
        point = self._grasp_point(view) or thing.position_m
        support = self._site.surface_at(*point)
        receiver = "" if support else self._nearest_person(point, view)
        place = self._site.place_at(point[0], point[1])
        return replace(thing, position_m=point, place=place, support=support, held_by=receiver, provenance="inferred")

    def _nearest_person(self, point_m: Point, view: View) -> str:
        near = [(math.dist(point_m[:2], person.position_m[:2]), person.id) for person in view.people]
        distance, who = min(near, default=(math.inf, ""))
        return who if distance <= self._settings.hand_over_m else ""

    def _grasp_point(self, view: View) -> Point | None:
        point = view.grasp_point_m(self._settings.gripper_reach_m)
        return point if point and all(map(math.isfinite, point)) else None
