"""How many cases a property is tried on: few in ``make test``, as many as SAFETY_EXAMPLES says in ``make property``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

VARIABLE = "SAFETY_EXAMPLES"
THOROUGH = int(os.environ.get(VARIABLE) or 0)
FAST = 100
CASES_PER_RUN = 10
"""A run of a stateful test is about fifty events long; it counts as ten cases."""


def examples(fast: int) -> settings:
    """For a test that wants more, or fewer, cases than others in a fast run."""
    return settings(max_examples=max(fast, THOROUGH))


def runs(fast: int) -> settings:
    """For a stateful test, of which one case is a run of events."""
    return settings(max_examples=max(fast, THOROUGH // CASES_PER_RUN))


def load() -> None:
    """Make it the default of every property test in this process."""
    checks = [HealthCheck.too_slow, *([HealthCheck.filter_too_much] if THOROUGH else [])]  # too slow is the machine, if it is busy
    settings.register_profile("safety", max_examples=max(FAST, THOROUGH), deadline=None, suppress_health_check=checks)
    settings.load_profile("safety")
