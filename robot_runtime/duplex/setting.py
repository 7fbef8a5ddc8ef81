"""What the speech rules need to know: who may be listening, and what has really been done."""

from __future__ import annotations

from collections import deque

from robot_runtime.duplex.rules import Situation
from robot_runtime.messages import ActionStatus, People
from robot_runtime.stage import Inbox, latest, news

_STALE_S = 1.0
_SURE = 0.7  # of an age group
_DONE_S = 60.0
"""A claim about what was done is true so long after it was done."""


class Setting:
    """Kept up by ``people`` and ``action/status``."""

    def __init__(self) -> None:
        self._people: People | None = None
        self._done: deque[tuple[float, str]] = deque(maxlen=20)

    def update(self, inbox: Inbox) -> None:
        self._people = latest(inbox, "people", People, self._people)
        for status in news(inbox, "action/status", ActionStatus):
            if status.phase == "succeeded":
                self._done.append((status.stamp_s, status.skill))

    def situation(self, now_s: float) -> Situation:
        """As it is now; who is not surely a grown-up counts as a child, and so does who is not seen."""
        done = frozenset(skill for stamp_s, skill in self._done if now_s - stamp_s <= _DONE_S)
        return Situation(not self._only_grown_ups(now_s), done)

    def _only_grown_ups(self, now_s: float) -> bool:
        people = self._people
        if people is None or not now_s - people.stamp_s <= _STALE_S or not people.people:
            return False
        return all(
            person.seen and person.age_group in ("adult", "elderly") and person.age_group_confidence >= _SURE for person in people.people
        )
