"""One thing that is followed from picture to picture: its filters, and what it would cost to take a box for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.perceive import looks as looks_module
from robot_runtime.perceive.box_filter import BoxFilter
from robot_runtime.perceive.boxes import Boxes, overlap
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.motion import LIVING, THING, Motion
from robot_runtime.perceive.one_each import Votes, one_each
from robot_runtime.perceive.places import UNKNOWN_STD_M, Places

Vector = NDArray[np.float64]
Point = tuple[float, float, float]

FORBIDDEN = 1e6
"""The cost of a box that cannot be the thing."""
_OTHER_CLASS = 0.2
"""What it costs more that a box has another class: a detector in doubt calls a thing now this, now that."""
_OTHER_SIGMAS, _OTHER_OVERLAP = 1.5, 0.4
"""A box of another class, or with other colours, must be so near to be the thing; and the first overlap so much, or just its place."""
_FAR_SIGMAS = 10.0
"""A box this far away costs most."""
_VOTES_FADE, _VOTED_BY = 0.9, 1.3
"""How much of the votes for a class is left at the next, and how much more another class must have to take its place."""
_EDGE_PX = 2.0
_SAME_PLACE_M = 0.06
_NOWHERE: Point = (math.nan, math.nan, math.nan)


class TrackSettings(StageConfig):
    high_score: float = Field(0.5, gt=0, le=1, description="boxes with at least this score are sure ones")
    low_score: float = Field(0.1, ge=0, le=1, description="boxes with a lower score are not looked at")
    new_score: float = Field(0.55, gt=0, le=1, description="that the first box of a track needs")
    instant_score: float = Field(0.7, gt=0, le=2, description="with which a track is told of at once, not at its second box")
    recent_s: float = Field(0.5, gt=0, le=5, description="tracks seen within this time choose first")
    keep_s: float = Field(3.0, gt=0, le=30, description="how long a track of the living waits until it is seen again")
    keep_things_s: float = Field(300.0, gt=0, le=900, description="the same of things with a place in the map: there they stay")
    most_lost: int = Field(60, ge=1, le=1000, description="tracks out of sight that are kept, the newest")
    least_overlap: float = Field(0.2, gt=0, lt=1, description="of the expected and the found box, where a place is not known")
    gate_sigmas: float = Field(3.5, gt=0, le=10, description="how far a place may be from the expected one")
    slack_m: float = Field(0.1, ge=0, le=1, description="standard deviation of a place of the living, beyond what is measured")
    thing_slack_m: float = Field(0.02, ge=0, le=1, description="the same of things: those of a kind often stand side by side")
    overlap_weight: float = Field(0.3, ge=0, le=1, description="of the overlap, where places are known")
    look_weight: float = Field(0.2, ge=0, le=1, description="of the colours")
    sure_m: float = Field(0.3, ge=0, le=2, description="a track whose place is less sure than this, or out of sight, …")
    most_unlike: float = Field(0.6, gt=0, le=1, description="… only takes boxes whose colours differ by at most this, Hellinger distance")
    living: tuple[str, ...] = Field(("person",), description="classes that move by themselves")


@dataclass(frozen=True, slots=True)
class Track:
    """One thing as of one picture.  While out of sight it is where it is expected to be."""

    id: str
    class_id: int
    box_index: int  # among the boxes of this picture; -1 while out of sight
    ltwh_px: tuple[float, float, float, float]
    score: float  # of its last box
    position_m: Point  # map; nan while it was never known
    velocity_mps: Point
    position_std_m: float  # along the floor
    first_seen_s: float
    last_seen_s: float
    look: tuple[float, ...] = ()  # its colours, see looks.py; () while unknown

    @property
    def seen(self) -> bool:
        return self.box_index >= 0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What is known about one picture."""

    stamp_s: float
    ltwh_px: Vector
    scores: Vector
    class_ids: NDArray[np.int64]
    places: Places
    looks: Vector
    view: View | None
    is_living: NDArray[np.bool_]
    votes: Votes  # of each box by class; empty of those that are another box's thing, or have numbers that mean nothing

    @classmethod
    def of(
        cls, boxes: Boxes, stamp_s: float, places: Places | None, looks: Vector | None, view: View | None, living: NDArray[np.bool_]
    ) -> Picture:
        """:param living: of each box, whether its class moves by itself"""
        count = len(boxes.scores)
        ltwh_px, scores = boxes.ltwh_px.astype(np.float64), boxes.scores.astype(np.float64)
        places = Places.unknown(count) if places is None else places
        usable = np.isfinite(ltwh_px).all(axis=1) & np.isfinite(scores) & (ltwh_px[:, 2:] > 0).all(axis=1)
        eye_m = None if view is None else view.pose.position_m
        votes = one_each(ltwh_px, scores, boxes.class_ids, places, usable, living, eye_m)
        scores = np.array([max(told.values()) if told else score for told, score in zip(votes, scores.tolist(), strict=True)], np.float64)
        looks = np.full((count, looks_module.LENGTH), np.nan) if looks is None else looks
        return cls(stamp_s, ltwh_px, scores, boxes.class_ids, places, looks, view, living, votes)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which of its boxes are each of a thing."""
        return np.array([bool(votes) for votes in self.votes], np.bool_)

    @property
    def corners_px(self) -> Vector:
        """Left, top, right and bottom of its boxes."""
        return _ltrb(self.ltwh_px, 0.0)

    def is_cut(self, box: int) -> bool:
        """Whether the left or right edge of the picture goes through it."""
        left, _, width, _ = self.ltwh_px[box]
        return self.view is not None and bool(left <= _EDGE_PX or left + width >= self.view.lens.width_px - _EDGE_PX)


class Followed:
    """One track and its filters.  ``id`` is "" until it is confirmed."""

    def __init__(self, picture: Picture, box: int) -> None:
        self.id = ""
        self.class_id = int(picture.class_ids[box])
        self.first_seen_s = picture.stamp_s
        self._agility = LIVING if picture.is_living[box] else THING
        self._votes: dict[int, float] = {}
        self._boxes = BoxFilter(picture.stamp_s, picture.ltwh_px[box], picture.view)
        self._motion: Motion | None = None
        self._look: Vector | None = None
        self._look_is_of_part = False
        self._hits = 0
        self.see(picture, box)

    def turn(self, picture: Picture) -> None:
        self._boxes.turn(picture.view, None if self._motion is None else self._motion.position_m(picture.stamp_s))
        self._box = -1

    def see(self, picture: Picture, box: int) -> None:
        self._box, self.last_seen_s, self._score = box, picture.stamp_s, float(picture.scores[box])
        self._hits += 1
        hidden_m = self._agility.width_m / 2 * self._boxes.hidden(picture.ltwh_px[box])
        self._boxes.see(picture.stamp_s, picture.ltwh_px[box], picture.view)
        self._seen_px = picture.ltwh_px[box]
        self._see_place(picture, box, hidden_m)
        self._vote(picture.votes[box])
        self._see_look(picture.looks[box], cut=picture.is_cut(box))

    def _vote(self, votes: dict[int, float]) -> None:
        """Take in which classes a box may be of; the one that most pictures tell is the thing's."""
        for class_id in {*self._votes, *votes}:
            self._votes[class_id] = _VOTES_FADE * self._votes.get(class_id, 0.0) + votes.get(class_id, 0.0)
        best = max(self._votes, key=lambda class_id: (self._votes[class_id], -class_id))
        if self._votes[best] > _VOTED_BY * self._votes.get(self.class_id, 0.0):
            self.class_id = best

    def _see_place(self, picture: Picture, box: int, hidden_m: float) -> None:
        position_m = picture.places.position_m[box]
        covariance_m2 = picture.places.covariance_m2[box] + hidden_m**2 * np.eye(3)
        if not np.isfinite(position_m).all():
            return
        self._shared_std_m = float(picture.places.shared_std_m[box])
        if self._motion is None:
            self._motion = Motion(picture.stamp_s, position_m, covariance_m2, self._agility)
        else:
            self._motion.see(picture.stamp_s, position_m, covariance_m2)

    def _see_look(self, look: Vector, cut: bool) -> None:
        """Take in its colours.  Those of a part at the picture's edge only count until more of it is seen."""
        if not np.isfinite(look).all() or (cut and self._look is not None and not self._look_is_of_part):
            return
        fresh = self._look is None or (self._look_is_of_part and not cut)
        self._look = look if fresh or self._look is None else 0.8 * self._look + 0.2 * look
        self._look_is_of_part = cut

    @property
    def box(self) -> int:
        """Its box in this picture, -1 while out of sight."""
        return self._box

    def is_confirmed(self, settings: TrackSettings) -> bool:
        return self._hits >= 2 or self._score >= settings.instant_score

    def is_alive(self, now_s: float, settings: TrackSettings) -> bool:
        stays = self._agility.rests and self._motion is not None
        keep_s = settings.keep_things_s if stays else settings.keep_s
        return now_s - self.last_seen_s <= (keep_s if self.id else 0.0)

    @property
    def rests(self) -> bool:
        return self._agility.rests

    def is_at_the_place_of(self, other: Followed, now_s: float) -> bool:
        """So near that two things would stand in each other; False where a place is not known."""
        if self._motion is None or other._motion is None:
            return False
        return math.dist(self._motion.position_m(now_s), other._motion.position_m(now_s)) <= _SAME_PLACE_M

    def chooses_first(self, now_s: float, settings: TrackSettings) -> bool:
        """Whether it was just seen, or rests where it was seen."""
        if now_s - self.last_seen_s <= settings.recent_s:
            return True
        return self._agility.rests and self._motion is not None and self._motion.std_m(now_s) <= settings.sure_m

    def is_hidden_by(self, picture: Picture, box: int, settings: TrackSettings) -> bool:
        """Whether it was in view and is not, and in its place is somebody whom it did not take the box of: in other clothes."""
        if self._agility.rests or self._box >= 0 or picture.stamp_s - self.last_seen_s > settings.recent_s or not picture.is_living[box]:
            return False
        return bool(self._apart(picture, np.array([box]), settings)[0] <= settings.gate_sigmas)

    def costs(self, picture: Picture, boxes: NDArray[np.intp], settings: TrackSettings) -> Vector:
        """What it costs to take each of the boxes: 0 … 1, a little more for another class, or ``FORBIDDEN``."""
        shared = self._overlaps(picture, boxes)
        unlike = self._unlike(picture, boxes)
        sigmas = self._apart(picture, boxes, settings)
        far = self._far(picture, boxes, settings, sigmas)
        in_map = (1.0 - settings.overlap_weight) * far + settings.overlap_weight * (1.0 - shared)
        placed = np.isfinite(sigmas)
        costs = np.where(placed, in_map, 1.0 - shared)
        costs = (1.0 - settings.look_weight) * costs + settings.look_weight * unlike
        allowed = np.where(placed, sigmas <= settings.gate_sigmas, shared >= settings.least_overlap)
        near = np.where(placed, sigmas <= _OTHER_SIGMAS, shared >= _OTHER_OVERLAP)
        if self._is_doubtful(picture.stamp_s, settings):
            allowed &= unlike <= settings.most_unlike
        alike = (unlike <= settings.most_unlike) | near
        if not self._agility.rests:  # at the picture's edge another part of somebody may be seen
            alike |= np.array([self._look_is_of_part or picture.is_cut(box) for box in boxes.tolist()])
        allowed &= alike
        other = np.array([self.class_id not in picture.votes[box] for box in boxes.tolist()])
        same = shared >= _OTHER_OVERLAP
        if picture.stamp_s - self.last_seen_s <= settings.recent_s:  # later something else may stand there
            same |= self._away_m(picture, boxes) <= _SAME_PLACE_M
        allowed &= ~other | (near & same & self._agility.rests)
        allowed &= picture.is_living[boxes] != self._agility.rests
        return np.asarray(np.where(allowed, costs + _OTHER_CLASS * other, FORBIDDEN))

    def _far(self, picture: Picture, boxes: NDArray[np.intp], settings: TrackSettings, sigmas: Vector) -> Vector:
        """How far away in the map boxes are, 0 … 1.  Of things that rest the nearest is the one, however long it was not seen."""
        if not self._agility.rests or self._motion is None:
            return sigmas / settings.gate_sigmas
        places = picture.places
        fair = self._motion.distances(
            picture.stamp_s, places.position_m[boxes], places.covariance_m2[boxes], settings.thing_slack_m, own=False
        )
        return np.asarray(np.minimum(fair / _FAR_SIGMAS, 1.0))

    def _is_doubtful(self, now_s: float, settings: TrackSettings) -> bool:
        """Whether it may be nearly anywhere: then other colours are another thing, else somebody who comes by would be taken for it."""
        unsure = self._motion is not None and self._motion.std_m(now_s) > settings.sure_m
        return unsure or now_s - self.last_seen_s > settings.recent_s

    def _overlaps(self, picture: Picture, boxes: NDArray[np.intp]) -> Vector:
        """Of boxes enlarged by a share that grows while the thing is out of sight (Yang et al., C-BIoU, WACV 2023)."""
        share = min(0.1 + 0.3 * (picture.stamp_s - self.last_seen_s), 1.0)
        expected = _ltrb(self._boxes.ltwh_px(picture.stamp_s)[None], share)[0]
        return overlap(expected, _ltrb(picture.ltwh_px[boxes], share))

    def _away_m(self, picture: Picture, boxes: NDArray[np.intp]) -> Vector:
        """Nan where one of the places is not known."""
        if self._motion is None:
            return np.full(len(boxes), np.nan)
        return np.asarray(np.linalg.norm(picture.places.position_m[boxes] - self._motion.position_m(picture.stamp_s), axis=1))

    def _apart(self, picture: Picture, boxes: NDArray[np.intp], settings: TrackSettings) -> Vector:
        """In standard deviations; nan where one of the places is not known."""
        if self._motion is None:
            return np.full(len(boxes), np.nan)
        places, slack_m = picture.places, settings.thing_slack_m if self._agility.rests else settings.slack_m
        return self._motion.distances(picture.stamp_s, places.position_m[boxes], places.covariance_m2[boxes], slack_m)

    def _unlike(self, picture: Picture, boxes: NDArray[np.intp]) -> Vector:
        if self._look is None:
            return np.full(len(boxes), 0.5)
        unlike = looks_module.unlike(self._look[None], picture.looks[boxes])[0]
        return np.where(np.isfinite(unlike), unlike, 0.5)

    def told(self, now_s: float) -> Track:
        box = self._seen_px if self._box >= 0 else self._boxes.ltwh_px(now_s)
        left, top, width, height = box.tolist()
        look = () if self._look is None else tuple(self._look.tolist())
        if self._motion is None:
            position_m, velocity_mps, std_m = _NOWHERE, _NOWHERE, UNKNOWN_STD_M
        else:
            position_m, velocity_mps = _point(self._motion.position_m(now_s)), _point(self._motion.velocity_mps(now_s))
            std_m = min(math.hypot(self._motion.std_m(now_s), self._shared_std_m), UNKNOWN_STD_M)
        return Track(
            self.id, self.class_id, self._box, (left, top, width, height), self._score, position_m, velocity_mps, std_m,
            self.first_seen_s, self.last_seen_s, look,
        )  # fmt: skip


def _ltrb(ltwh_px: Vector, share: float) -> Vector:
    """Corners of boxes that are made larger by a share of their size on each side."""
    margin = share * ltwh_px[:, 2:]
    return np.concatenate((ltwh_px[:, :2] - margin, ltwh_px[:, :2] + ltwh_px[:, 2:] + margin), axis=1)


def _point(vector: Vector) -> Point:
    x, y, z = vector.tolist()
    return x, y, z
