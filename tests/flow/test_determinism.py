"""A run is a function of its scenario and seed: the same messages to the bit, and other ones for another seed."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np

from sim.play import build
from sim.scenario import load_scenario

SCENARIO = "sim/scenarios/go_to_kitchen.yaml"


def absorb(digest: Any, value: Any) -> None:
    """Feed every bit of a message into the digest: field by field, arrays by their bytes."""
    if dataclasses.is_dataclass(value):
        digest.update(type(value).__name__.encode())
        for field in dataclasses.fields(value):
            absorb(digest, getattr(value, field.name))
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode() + value.tobytes())
    elif isinstance(value, (tuple, list)):
        digest.update(f"{len(value)}(".encode())
        for item in value:
            absorb(digest, item)
    else:
        digest.update(f"{type(value).__name__}:{value!r};".encode())


def fingerprints(seed: int, seconds: float) -> dict[str, str]:
    """A hash for every topic of the beginning of a run, its times included."""
    digests: dict[str, Any] = {}

    def listen(now_s: float, topic: str, message: Any) -> None:
        digest = digests.setdefault(topic, hashlib.sha256())
        absorb(digest, now_s)
        absorb(digest, message)

    flow = build(SCENARIO, load_scenario(SCENARIO), seed)
    flow.listeners.append(listen)
    flow.run_for(seconds)
    return {topic: digest.hexdigest() for topic, digest in digests.items()}


def test_same_seed_same_bits() -> None:
    first, again = fingerprints(1, 7.0), fingerprints(1, 7.0)
    assert first == again
    assert {"audio/in", "audio/out", "speech/heard", "plan", "cmd_vel", "action/verdict", "sim/state", "scenario"} <= set(first)


def test_another_seed_other_bits() -> None:
    one, other = fingerprints(1, 1.0), fingerprints(2, 1.0)
    assert one["scan"] != other["scan"] and one["audio/in"] != other["audio/in"]


def test_the_digest_sees_a_single_bit() -> None:
    def of(value: Any) -> str:
        digest = hashlib.sha256()
        absorb(digest, value)
        return digest.hexdigest()

    samples = np.zeros(320, np.int16)
    changed = samples.copy()
    changed[319] = 1
    assert of(samples) == of(np.zeros(320, np.int16)) != of(changed)
    assert of((0.1,)) != of((np.nextafter(0.1, 1),))
    assert of((("a",), "b")) != of(("a", ("b",)))
