"""What the robot did and why, as far back as it is remembered: the mind reports it, and the memory keeps it beyond the run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from robot_runtime.messages import Deed

MOST_DEEDS = 500
"""Some days of a busy home; the oldest go first."""

ENDED = ("succeeded", "failed", "refused", "cancelled", "interrupted")


class Deeds:
    """By number, which counts up over all runs, the oldest first.  A task that goes on is one deed, however often it is reported."""

    def __init__(self, known: Iterable[Deed] = ()) -> None:
        self._deeds = {deed.number: deed for deed in known}
        self._numbers = {deed.id: deed.number for deed in self._deeds.values() if deed.id}

    def note(self, deed: Deed) -> None:
        number = self._numbers.setdefault(deed.id, next(reversed(self._deeds), 0) + 1)
        self._deeds[number] = replace(deed, number=number)
        while len(self._deeds) > MOST_DEEDS:
            gone = self._deeds.pop(next(iter(self._deeds)))
            self._numbers.pop(gone.id, None)

    def of(self, people: Collection[str]) -> tuple[Deed, ...]:
        """Those that one of these people wanted, oldest first: nobody else could have theirs forgotten."""
        return tuple(deed for deed in self._deeds.values() if deed.requester_id in people)


def of_an_earlier_run(deed: Deed) -> Deed:
    """The same after a restart, when ids begin anew; what was under way then was never finished."""
    return replace(deed, id="", phase=deed.phase if deed.phase in ENDED else "interrupted")


def concerns(deed: Deed, person_id: str, name: str) -> bool:
    """Whether somebody wanted it, or their name is among its words.

    >>> concerns(Deed("", 0.0, "leo", "bring Anna the cup", "fetch"), "p1", "Anna")
    True
    """
    said = " ".join((deed.words, deed.detail, deed.judged)).lower()
    return deed.requester_id == person_id or any(text and text.lower() in said for text in (person_id, name))
