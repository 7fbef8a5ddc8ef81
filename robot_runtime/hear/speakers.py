"""Who spoke, from the people whom perception saw or heard speaking meanwhile.

Perception in turn knows it from ``audio/direction``; docs/who_speaks.md has the whole way.
"""

from __future__ import annotations

from collections import Counter, deque

from robot_runtime.messages import People

_KEPT_S = 30.0
_CLEAR = 0.6  # share of all sightings of a speaking person that one must have; less is a guess


class Speakers:
    """Remembers for half a minute who was speaking when."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, str]] = deque()

    def take(self, people: People) -> None:
        self._seen.extend((people.stamp_s, person.id) for person in people.people if person.speaking)
        while self._seen and self._seen[0][0] < people.stamp_s - _KEPT_S:
            self._seen.popleft()

    def between(self, start_s: float, end_s: float) -> str:
        """The id of who spoke in this time; "" when nobody did or when it is not clear."""
        counts = self._counts(start_s, end_s)
        if not counts:
            return ""
        person, count = counts.most_common(1)[0]
        return person if count >= _CLEAR * counts.total() else ""

    def anybody(self, start_s: float, end_s: float) -> bool:
        """Whether anybody was seen speaking in this time."""
        return bool(self._counts(start_s, end_s))

    def _counts(self, start_s: float, end_s: float) -> Counter[str]:
        return Counter(person for stamp_s, person in self._seen if start_s - 0.1 <= stamp_s <= end_s + 0.1)
