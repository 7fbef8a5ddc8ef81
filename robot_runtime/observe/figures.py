"""Figures of a run: latencies with percentiles, as the report and ``bench spine`` print them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robot_runtime.messages import TimelineEvent


@dataclass(frozen=True)
class Figure:
    name: str
    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


def figure(name: str, values_ms: Sequence[float]) -> Figure:
    """Percentiles of some latencies; all ``nan`` when there are none.

    >>> figure("x", [1.0, 2.0, 3.0]).p50_ms
    2.0
    """
    if not values_ms:
        return Figure(name, 0, math.nan, math.nan, math.nan, math.nan)
    p50, p95, p99 = (float(v) for v in np.percentile(values_ms, (50, 95, 99)))
    return Figure(name, len(values_ms), p50, p95, p99, float(max(values_ms)))


_LATENCIES = (
    ("end of speech → words", "heard", ""),
    ("words → plan", "planned", ""),
    ("gate: verdict on an action", "verdict", ""),
    ("end of speech → first sound of the answer", "said", ""),
    ("end of speech → first motion", "moving", "starts to move"),
    ("stop request → velocity zero", "safety", "velocity zero"),
)


def latencies(events: Sequence[TimelineEvent]) -> list[Figure]:
    """The latencies that the timeline carries, one row a kind."""
    return [
        figure(name, [e.latency_ms for e in events if e.kind == kind and text in e.text and not math.isnan(e.latency_ms)])
        for name, kind, text in _LATENCIES
    ]
