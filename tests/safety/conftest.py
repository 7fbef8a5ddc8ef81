"""Settings of the property tests; see ``profile.py``."""

from __future__ import annotations

from typing import Any

from tests.safety import profile

profile.load()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how much a thorough run has tried."""
    if profile.THOROUGH:
        count = sum("hypothesis" in report.keywords for report in terminalreporter.stats.get("passed", ()))
        terminalreporter.write_line(f"{count} properties held, each on up to {profile.THOROUGH:,} cases: {count * profile.THOROUGH:,}")
