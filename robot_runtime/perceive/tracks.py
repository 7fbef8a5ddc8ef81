"""Which box is which thing, from picture to picture.

The association of Y. Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box" (ECCV 2022): tracks
take sure boxes first, then those that found none take the unsure ones, since a thing that is half hidden is detected badly
but still there.  Three things are added, for a robot knows more than a video does:

- where the place in the map is known, places must fit and boxes need not: the camera turns and drives, people cross
- boxes move along with the known motion of the camera
- tracks that were just seen choose before those out of sight (the matching cascade of Wojke et al., DeepSORT, 2017): a track
  whose place has grown unsure would else be near to everything.  Things that rest choose with the first, the nearest in the
  map takes the box: else the twin beside it would take the box of what was not detected for a moment

Which class a thing is of, all its boxes vote: a detector in doubt calls one thing now this, now that, or both at once.

Written here, on scipy's assignment, since no library on PyPI does it in the map: ``supervision`` and ``trackers`` (which
builds on it) track in the picture alone and bring matplotlib, av and a second OpenCV; ``norfair`` has no second stage.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from robot_runtime.perceive.boxes import Boxes, overlap
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.followed import FORBIDDEN, Followed, Picture, Track, TrackSettings, Vector
from robot_runtime.perceive.places import Places

__all__ = ["Track", "TrackSettings", "Tracker"]

_TOUCH = 0.3
"""Boxes that overlap by less are apart."""


class Tracker:
    """Follows everything that a detector with ``class_names`` finds.  The same input gives the same ids."""

    def __init__(self, class_names: Sequence[str] = (), settings: TrackSettings | None = None) -> None:
        self._class_names = tuple(class_names)
        self._settings = settings or TrackSettings()
        self._counts: Counter[str] = Counter()
        self._tracks: list[Followed] = []
        self._told: list[Track] = []
        self._stamp_s = -math.inf

    def reset(self) -> None:
        """Forget everything; ids start anew."""
        self._counts.clear()
        self._forget()

    def update(
        self, boxes: Boxes, stamp_s: float, places: Places | None = None, looks: Vector | None = None, view: View | None = None
    ) -> list[Track]:
        """Take in the boxes of the picture of ``stamp_s``; all tracks that are known now, in and out of sight, the oldest first.

        The same time again changes nothing.  Time that goes backwards (a recording that starts anew) forgets all tracks;
        their ids are not used again.

        :param places: of the boxes, in their order
        :param looks: likewise, shape (n, looks.LENGTH)
        :param view: the camera that took the picture
        """
        if not math.isfinite(stamp_s) or stamp_s == self._stamp_s:
            return list(self._told)
        if stamp_s < self._stamp_s:
            self._forget()
        self._stamp_s = stamp_s
        self._take(Picture.of(boxes, stamp_s, places, looks, view, self._is_living(boxes)))
        self._tracks = [track for track in self._tracks if track.is_alive(stamp_s, self._settings) and not self._is_replaced(track)]
        self._drop_oldest()
        self._told = [track.told(stamp_s) for track in self._tracks if track.id]
        return list(self._told)

    def _forget(self) -> None:
        self._tracks.clear()
        self._told.clear()
        self._stamp_s = -math.inf

    def _take(self, picture: Picture) -> None:
        settings = self._settings
        for track in self._tracks:
            track.turn(picture)
        good = picture.usable
        high = np.flatnonzero(good & (picture.scores >= settings.high_score))
        low = np.flatnonzero(good & (picture.scores >= settings.low_score) & (picture.scores < settings.high_score))
        recent = [track for track in self._tracks if track.chooses_first(picture.stamp_s, settings)]
        lost = [track for track in self._tracks if track not in recent]
        recent, high = self._match(recent, high, picture)
        _, low = self._match(recent, low, picture)
        _, high = self._match(lost, high, picture)
        self._tracks += [Followed(picture, box) for box in (*high.tolist(), *low.tolist()) if self._may_begin(box, picture)]
        for track in self._tracks:
            if not track.id and track.is_confirmed(settings):
                track.id = self._new_id(track.class_id)

    def _may_begin(self, box: int, picture: Picture) -> bool:
        """Whether a box that nothing took is something new.

        Who comes before somebody else is near, seen in part and badly detected; else nobody would be told of where two are.
        """
        if picture.scores[box] >= self._settings.new_score:
            return True
        others = picture.corners_px[[track.box for track in self._tracks if track.box >= 0]]
        if (overlap(picture.corners_px[box], others) >= _TOUCH).any():
            return False  # drawn over two who stand close together it is nobody's
        return any(track.is_hidden_by(picture, box, self._settings) for track in self._tracks)

    def _match(self, tracks: list[Followed], boxes: NDArray[np.intp], picture: Picture) -> tuple[list[Followed], NDArray[np.intp]]:
        """Give tracks their boxes; those that are left of both."""
        if not tracks or not len(boxes):
            return tracks, boxes
        costs = np.stack([track.costs(picture, boxes, self._settings) for track in tracks])
        rows, columns = linear_sum_assignment(costs)
        pairs = [(row, column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True) if costs[row, column] < FORBIDDEN]
        for row, column in pairs:
            tracks[row].see(picture, int(boxes[column]))
        matched = {row for row, _ in pairs}
        return [track for row, track in enumerate(tracks) if row not in matched], np.delete(boxes, [column for _, column in pairs])

    def _drop_oldest(self) -> None:
        """Of those out of sight: what is told of must stay little, however much comes by within a minute."""
        lost = sorted((track for track in self._tracks if track.last_seen_s < self._stamp_s), key=lambda track: track.last_seen_s)
        dropped = lost[: max(len(lost) - self._settings.most_lost, 0)]
        self._tracks = [track for track in self._tracks if track not in dropped]

    def _is_replaced(self, track: Followed) -> bool:
        """Whether something else is seen where a thing was that is long out of sight: it is the same, or has taken its place."""
        if self._stamp_s - track.last_seen_s <= self._settings.keep_s:
            return False
        seen = [other for other in self._tracks if other.last_seen_s == self._stamp_s and other.rests]
        return any(track.is_at_the_place_of(other, self._stamp_s) for other in seen)

    def _name(self, class_id: int) -> str:
        return self._class_names[class_id] if 0 <= class_id < len(self._class_names) else "thing"

    def _is_living(self, boxes: Boxes) -> NDArray[np.bool_]:
        return np.array([self._name(class_id) in self._settings.living for class_id in boxes.class_ids.tolist()], np.bool_)

    def _new_id(self, class_id: int) -> str:
        name = self._name(class_id)
        self._counts[name] += 1
        return f"{name.replace(' ', '_')}-{self._counts[name]}"
