"""Machines without OpenGL draw no pictures; what needs them is not tested there, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sim.renderer import RenderingError


@contextmanager
def needed() -> Iterator[None]:
    """Around what begins to draw, and nothing else."""
    try:
        yield
    except RenderingError as error:
        pytest.skip(str(error))
