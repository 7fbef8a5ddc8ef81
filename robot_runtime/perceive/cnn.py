"""The backend ``cnn``: networks and geometry make detections and people of the newest picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from robot_runtime.messages import Detection, Detections, GripperState, Image, JointPositions, People, Person, RobotPose, VoiceDirection
from robot_runtime.perceive.boxes import Bgr, Boxes, areas
from robot_runtime.perceive.by_size import by_size
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.colours import Colours
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.crops import PersonClassifier, PersonLook
from robot_runtime.perceive.detector import Detector
from robot_runtime.perceive.looks import looks_of
from robot_runtime.perceive.measures import Measures, measure
from robot_runtime.perceive.people import Impression, PeopleTracker, Voice
from robot_runtime.perceive.pictures import PictureError, as_bgr
from robot_runtime.perceive.place import Placer
from robot_runtime.perceive.rests import ROBOT, Hand, height_of_foot_m, holder_of, is_in_the_air, support_of
from robot_runtime.perceive.tracks import Track, Tracker
from robot_runtime.perceive.viewpoint import Viewpoint
from robot_runtime.stage import Inbox, news
from robot_runtime.topics import TOPICS
from robot_runtime.world.semantic_map import load_semantic_map

_AHEAD_S = 0.1
"""A picture stamped this much in the future is from another clock."""
_OUT_OF_ORDER_S = 1.0
"""A picture older than the one before by less is late; by more, time began anew."""
_HEX = 8
_MOST_VOICES = 100
_COVERED = 0.5


class Finder(Protocol):
    """What of :class:`Detector` is used."""

    @property
    def class_names(self) -> tuple[str, ...]: ...
    @property
    def provider(self) -> str: ...

    hash: str

    def detect(self, pictures: Sequence[Bgr]) -> list[Boxes]: ...


class Reader(Protocol):
    """What of :class:`PersonClassifier` is used."""

    @property
    def provider(self) -> str: ...

    hash: str

    def classify(self, picture: Bgr, boxes: Boxes, measures: Measures | None = None) -> list[PersonLook]: ...


class _Glimpse(NamedTuple):
    """One picture with what was found in it."""

    stamp_s: float
    bgr: Bgr
    boxes: Boxes
    measures: Measures  # of the boxes


def open_eyes(config: PerceiveConfig) -> CnnEyes:
    """Both networks loaded, compared with the CPU and warmed up.

    :raises FileError: a model, its settings or the semantic map cannot be used
    """
    detector = Detector(config.detector_file, config.engine, score_threshold=config.score_threshold or None)
    classifier = PersonClassifier(config.people_file, config.engine) if config.people_file else None
    return CnnEyes(config, detector, classifier)


class CnnEyes:
    """One camera's pictures, one after the other."""

    def __init__(self, config: PerceiveConfig, detector: Finder, classifier: Reader | None = None) -> None:
        """:raises FileError: the semantic map of ``config.site`` cannot be used"""
        self._config, self._detector, self._classifier = config, detector, classifier
        self._site = load_semantic_map(config.site)
        names = detector.class_names
        self._is_person = np.array([name in config.tracks.living for name in names])
        self._placer = Placer(names, tuple(self._site.surfaces.values()), config.places)
        self._tracker = Tracker(names, config.tracks)
        self._people = PeopleTracker(config.people)
        self._viewpoint = Viewpoint(config)
        self._colours = Colours()
        self._hand = Hand(config.gripper_reach_m)
        people = f" people:{classifier.hash[:_HEX]}" if classifier else ""
        self.source = f"cnn detector:{detector.hash[:_HEX]}{people}"
        self._max_age_s = TOPICS["camera/image"].max_age_s or 0.5
        self.reset()

    def reset(self) -> None:
        """Forget everything that was seen; ids start anew."""
        for part in (self._tracker, self._people, self._viewpoint, self._colours, self._hand):
            part.reset()
        self._stamp_s = -math.inf
        self._classified: dict[str, float] = {}  # track → when it was last
        self._voices: list[Voice] = []
        self._problem = ""
        self._looked_at = self._refused = 0

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """For /diagnostics: why nothing, or no place, is told; and on what the networks run."""
        figures = {"source": self.source, "pictures": str(self._looked_at), "refused": str(self._refused)}
        figures["detector runs on"] = self._detector.provider
        if self._classifier is not None:
            figures["classifier runs on"] = self._classifier.provider
        return self._problem or (self._viewpoint.problem and f"places are unknown: {self._viewpoint.problem}"), figures

    def look(self, inbox: Inbox, now_s: float) -> tuple[Detections, People] | None:
        """What the newest picture shows; None without one that is new and fresh."""
        self._viewpoint.take(inbox)
        self._hand.take(news(inbox, "gripper/state", GripperState), news(inbox, "joint_states", JointPositions))
        self._listen(inbox)
        pictures = news(inbox, "camera/image", Image)
        if not pictures:
            if now_s - self._stamp_s > self._max_age_s:
                self._problem = self._problem or "no picture"
            return None
        picture = pictures[-1]
        try:
            self._check_time(picture.stamp_s, now_s)
            bgr = as_bgr(picture.bgr)
        except PictureError as error:
            self._refused += 1
            self._problem = f"a picture was refused: {error}"
            return None
        if picture.stamp_s == self._stamp_s:
            return None
        self._problem = ""
        self._stamp_s, self._looked_at = picture.stamp_s, self._looked_at + 1
        return self._see(picture, bgr)

    def _check_time(self, stamp_s: float, now_s: float) -> None:
        """:raises PictureError: it is not of now"""
        if not math.isfinite(stamp_s):
            raise PictureError("its time is no number")
        if not -_AHEAD_S <= now_s - stamp_s <= self._max_age_s:
            raise PictureError(f"it is {now_s - stamp_s:.1f} s old")
        if 0 < self._stamp_s - stamp_s < _OUT_OF_ORDER_S:
            raise PictureError("it is older than the one before")

    def _listen(self, inbox: Inbox) -> None:
        """Directions wait for the next picture, which shows who is there."""
        self._voices += [(voice.stamp_s, voice.bearing_rad) for voice in news(inbox, "audio/direction", VoiceDirection)]
        del self._voices[:-_MOST_VOICES]

    # ------------------------------------------------ one picture

    def _see(self, picture: Image, bgr: Bgr) -> tuple[Detections, People]:
        height_px, width_px = bgr.shape[:2]
        view = self._viewpoint.view(picture, width_px, height_px)
        robot = self._viewpoint.robot_at(picture.stamp_s)
        (boxes,) = self._detector.detect([bgr])
        depth_m = picture.depth_m if isinstance(picture.depth_m, np.ndarray) else None
        people = np.flatnonzero(self._is_person[boxes.class_ids]).tolist()
        measured = self._placer.place(boxes, view, depth_m)
        places = by_size(measured, boxes, people, view)
        tracks = self._tracker.update(boxes, picture.stamp_s, places, looks_of(bgr, boxes), view)
        glimpse = _Glimpse(picture.stamp_s, bgr, boxes, measure(boxes, measured, view, (width_px, height_px)))
        known = self._update_people([track for track in tracks if self._is_person[track.class_id]], glimpse, robot)
        things = [track for track in tracks if not self._is_person[track.class_id] and track.seen]
        self._colours.keep(track.id for track in tracks)
        held = self._hand.held(((track.id, self._name(track), track.position_m) for track in things), robot)
        found = tuple(self._detection(track, bgr, view, known, held) for track in things)
        return (
            Detections(picture.stamp_s, self.source, width_px, height_px, found),
            People(picture.stamp_s, self.source, known),
        )

    def _update_people(self, tracks: list[Track], glimpse: _Glimpse, robot: RobotPose | None) -> tuple[Person, ...]:
        impressions = self._impressions(tracks, glimpse)
        voices, self._voices = self._voices, []
        return self._people.update(tracks, impressions, voices, glimpse.stamp_s, robot)

    def _impressions(self, tracks: list[Track], glimpse: _Glimpse) -> dict[str, Impression]:
        """Of those who were not classified for longest, as many as a picture's time allows."""
        if self._classifier is None:
            return {}
        clear = [track for track in tracks if track.seen and not _is_covered(track, tracks)]
        chosen = sorted(clear, key=lambda track: self._classified.get(track.id, -math.inf))[: self._config.most_crops]
        rows, boxes = [track.box_index for track in chosen], glimpse.boxes
        crops = Boxes(boxes.ltwh_px[rows], boxes.scores[rows], boxes.class_ids[rows])
        looks = self._classifier.classify(glimpse.bgr, crops, glimpse.measures[rows]) if rows else []
        self._classified = {track.id: self._classified[track.id] for track in tracks if track.id in self._classified}
        self._classified.update(dict.fromkeys((track.id for track in chosen), glimpse.stamp_s))
        return {track.id: Impression(look.age, look.facing) for track, look in zip(chosen, looks, strict=True)}

    def _detection(self, track: Track, bgr: Bgr, view: View | None, people: Sequence[Person], in_gripper: str) -> Detection:
        support, holder = ("", ROBOT) if track.id == in_gripper else self._rest(track, view, people)
        colour = self._colours.of(track.id) if holder else self._colours.look(track.id, bgr, track.ltwh_px)
        return Detection(
            track.id, self._name(track), colour, track.score, track.ltwh_px, track.position_m, track.position_std_m, support, holder
        )  # fmt: skip

    def _rest(self, track: Track, view: View | None, people: Sequence[Person]) -> tuple[str, str]:
        """On what it stands, and who holds it."""
        if view is None or not all(map(math.isfinite, track.position_m)):
            return "", ""
        foot_m = height_of_foot_m(track.position_m, track.ltwh_px, view)
        if is_in_the_air(self._site, track.position_m, foot_m, track.position_std_m):
            return "", holder_of(track.position_m, people)
        return support_of(self._site, track.position_m, foot_m, track.position_std_m), ""

    def _name(self, track: Track) -> str:
        return self._detector.class_names[track.class_id]


def _is_covered(track: Track, others: Sequence[Track]) -> bool:
    """Whether half of a person's box is that of somebody nearer: their age would be told of who is behind."""
    left, top, width, height = track.ltwh_px
    for other in others:
        if other is track or not other.seen or other.ltwh_px[1] + other.ltwh_px[3] <= top + height:
            continue
        low = np.maximum((left, top), other.ltwh_px[:2])
        high = np.minimum((left + width, top + height), np.add(other.ltwh_px[:2], other.ltwh_px[2:]))
        if areas(np.array([[*low, *high]]))[0] >= _COVERED * width * height:
            return True
    return False
