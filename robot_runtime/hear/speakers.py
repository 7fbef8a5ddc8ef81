"""Who spoke, from the people whom perception saw or heard speaking meanwhile.

Perception in turn knows it from ``audio/direction``; docs/who_speaks.md has the whole way.
"""

from __future__ import annotations

from collections import Counter, deque

from robot_runtime.messages import People

_KEPT_S = 30.0
_MOST = 5000
"""Entries; also where a clock that was set back keeps the oldest from being dropped."""
_AROUND_S = 0.1
LEAST = 0.25
"""Who has said something was seen speaking in more than this share of the pictures from then: a single reflection is nobody's turn."""
_SOME = 3  # pictures, of ten a second
_CLEAR = 0.6  # share of all sightings of a speaking person that one must have; less is a guess


class Speakers:
    """Remembers for half a minute who was speaking when."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, str]] = deque(maxlen=_MOST)
        self._told_s: deque[float] = deque(maxlen=_MOST)

    def take(self, people: People) -> None:
        self._seen.extend((people.stamp_s, person.id) for person in people.people if person.speaking)
        while self._seen and self._seen[0][0] < people.stamp_s - _KEPT_S:
            self._seen.popleft()
        self._told_s.append(people.stamp_s)
        while self._told_s[0] < people.stamp_s - _KEPT_S:
            self._told_s.popleft()

    def between(self, start_s: float, end_s: float, least: float = 0.0) -> str:
        """The id of who spoke in this time; "" when nobody did or when it is not clear.

        :param least: they were seen speaking in more than this share of what perception told meanwhile
        """
        counts = self._counts(start_s, end_s)
        if not counts:
            return ""
        person, count = counts.most_common(1)[0]
        told = sum(_within(stamp_s, start_s, end_s) for stamp_s in self._told_s)
        return person if count >= _CLEAR * counts.total() and count > least * told else ""

    def several(self, start_s: float, end_s: float) -> bool:
        """Whether at least two people were seen speaking for some time in it, each."""
        counts = self._counts(start_s, end_s)
        return sum(count >= max(_SOME, LEAST * counts.total()) for count in counts.values()) >= 2

    def anybody(self, start_s: float, end_s: float) -> bool:
        """Whether anybody was seen speaking in this time."""
        return bool(self._counts(start_s, end_s))

    def _counts(self, start_s: float, end_s: float) -> Counter[str]:
        return Counter(person for stamp_s, person in self._seen if _within(stamp_s, start_s, end_s))


def _within(stamp_s: float, start_s: float, end_s: float) -> bool:
    return start_s - _AROUND_S <= stamp_s <= end_s + _AROUND_S
