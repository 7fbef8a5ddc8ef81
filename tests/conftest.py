"""For all tests."""

from __future__ import annotations

from robot_runtime.garbage import spare


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage: to look through them again and again takes a tenth of all the time."""
    spare()
