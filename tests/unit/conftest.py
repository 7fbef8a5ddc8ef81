"""Fixtures for the unit tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.nav_world import write_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The small flat of ``nav_world`` as a site folder."""
    return write_site(tmp_path)
