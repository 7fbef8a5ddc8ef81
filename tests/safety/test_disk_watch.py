"""A disk that cannot record: it latches at once, and is tried again once a second."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from safety.disk_watch import DiskWatch


class Stops:
    """Notes what is asked of it."""

    error = ""

    def __init__(self) -> None:
        self.retries = 0
        self.latch = SimpleNamespace(over=lambda cause: None)

    def trip(self, *_: Any, **__: Any) -> list[Any]:
        return []

    def retry(self) -> None:
        self.retries += 1


def test_a_disk_that_cannot_record_is_tried_once_a_second() -> None:
    stops, audit = Stops(), SimpleNamespace(error="no space left")
    watch = DiskWatch(audit, stops)  # type: ignore[arg-type]  # stand-ins
    for tick in range(151):
        events = list(watch.look(round(0.02 * tick, 9)))
        assert bool(events) == (tick % 50 == 0)
    assert stops.retries == 4
    watch.reset()
    assert list(watch.look(3.02)) == [("retry", {"problem": "no space left"})]
