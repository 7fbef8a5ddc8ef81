"""Reads a timeline file while another process writes it."""

from __future__ import annotations

import json
from pathlib import Path

from robot_runtime.messages import TimelineEvent


class TimelineFile:
    """The lines of ``timeline.jsonl`` as they arrive; a line that is only half written waits for its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new_events(self) -> list[TimelineEvent]:
        """Events since the last call; [] while the file does not exist yet."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            block = file.read()
        complete = block[: block.rfind(b"\n") + 1]
        self._offset += len(complete)
        return [_event(line) for line in complete.splitlines()]


def _event(line: bytes) -> TimelineEvent:
    fields = json.loads(line)
    if fields["latency_ms"] is None:  # JSON has no NaN
        fields["latency_ms"] = float("nan")
    return TimelineEvent(**fields)
