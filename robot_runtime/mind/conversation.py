"""What was said lately, person by person: so that "it" and "the other one" have a meaning in the next turn."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from robot_runtime.mind.plan_document import PlanDocument

TURNS = 6
"""Of one person; what was said before is not meant by "it" any more."""

REMEMBERED_S = 180.0
"""As long as a conversation can pause and go on."""

PEOPLE = 16


@dataclass(frozen=True)
class Turn:
    """What one person said, and what the robot made of it."""

    stamp_s: float
    speaker_id: str
    said: str
    document: PlanDocument = field(default_factory=PlanDocument)
    meant: tuple[str, ...] = ()  # ids of the things it was about, the last named last


class Conversation:
    """The last turns of each person.  Who was not recognised has none: their "it" could be anybody's."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, deque[Turn]] = OrderedDict()

    def note(self, turn: Turn) -> None:
        if not turn.speaker_id:
            return
        self._turns.setdefault(turn.speaker_id, deque(maxlen=TURNS)).append(turn)
        self._turns.move_to_end(turn.speaker_id)
        while len(self._turns) > PEOPLE:
            self._turns.popitem(last=False)

    def with_person(self, person_id: str, now_s: float) -> tuple[Turn, ...]:
        """Oldest first; none of somebody unknown."""
        return tuple(turn for turn in self._turns.get(person_id, ()) if now_s - turn.stamp_s <= REMEMBERED_S)

    def forget(self, person_id: str) -> None:
        self._turns.pop(person_id, None)
