"""Says what it was asked to remind somebody of, once it is due, and then strikes it off the memory."""

from __future__ import annotations

from robot_runtime.act.conditions import in_view
from robot_runtime.act.notes import REMINDER
from robot_runtime.messages import Note, NoteRequest
from robot_runtime.mind.services import Services


class Reminders:
    """Each is said aloud once, whoever is there; to somebody out of view by their name."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._said: set[str] = set()

    def tick(self) -> None:
        situation = self._services.situation
        due = [note for note in situation.notes if note.kind == REMINDER and note.due_s <= situation.now_s]
        for note in due:
            if note.id not in self._said:
                self._remind(note)
        self._said &= {note.id for note in due}  # what the memory has let go of is over

    def _remind(self, note: Note) -> None:
        services = self._services
        self._said.add(note.id)
        services.tongues.turn_to(note.person_id)
        key = "reminder" if in_view(note.person_id, services.situation) else "reminder_for"
        text = services.wording.sentence(key, person=services.wording.person(note.person_id, ""), task=note.value)
        services.say(text, note.person_id, "notice")
        services.outbox.append(("world/note", NoteRequest(services.situation.now_s, note, False)))
