"""What a record says of the gate's own state, followed from record to record: latched or not, and which yeses were accepted."""

from __future__ import annotations

from typing import Any

from safety.chain import Record


class History:
    """State: what holds after the records so far."""

    def __init__(self) -> None:
        self._latched: bool | None = None  # None: not known yet
        self._accepted: set[str] = set()
        self.sources: dict[str, str] = {}  # hash of rules or ontology → name of the copy

    def take(self, record: Record) -> None:
        """Follow one record."""
        data = record.data
        if record.kind in ("start", "file", "rules"):
            self._open(data)
        if record.kind == "stop":
            self._latched = True
        elif record.kind == "rearm" and data["accepted"]:
            self._latched = False
        elif record.kind == "confirmation" and data["accepted"]:
            self._accepted.add(str(data["answer"]["confirmation_id"]))

    def _open(self, data: dict[str, Any]) -> None:
        self._latched = bool(data["latched"])
        for name in ("rules", "ontology"):
            self.sources[str(data[name]["hash"])] = str(data[name]["copy"])

    def contradicts(self, data: dict[str, Any], moves: bool) -> str:
        """Why a decision cannot have been made in the state that was recorded, "" when it can."""
        verdict = data["verdict"]
        approved = verdict["verdict"] in ("allow", "limit")
        if self._latched and moves and approved:
            return "a motion was approved while a stop was latched"
        if self._latched is False and "latched" in verdict["rule_ids"]:
            return "it was refused because of a latched stop, and none was recorded"
        said = data.get("said")
        if said and approved and said["confirmation_id"] not in self._accepted:
            return f"no accepted answer to {said['confirmation_id']} was recorded"
        return ""
