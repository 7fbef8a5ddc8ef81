"""The form of the gate's record: lines of JSON, each sealed with the hash of the one before (SHA-256).

A line is ``{"seq", "t", "kind", "data", "prev", "hash"}``; ``hash`` covers the line without it.  Whoever edits, deletes,
inserts or reorders a line breaks every seal after it; that the end was cut off shows by the marks (``safety/marks.py``).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from pydantic import BaseModel

FIRST_PREV = "0" * 64
MAX_CHARS = 4000
MAX_ITEMS = 10_000


def seal(sequence: int, time_s: float, kind: str, data: Mapping[str, Any], prev: str) -> tuple[str, str]:
    """One line of the record (without its newline) and its hash."""
    content = {"seq": sequence, "t": plain(time_s), "kind": kind, "data": plain(data), "prev": prev}
    digest = _digest(content)
    return dump({**content, "hash": digest}), digest


def plain(value: Any) -> Any:
    """A value as JSON can hold it: dataclasses as objects, numbers that are not finite as text, long texts cut.

    >>> plain({"a": float("nan"), "b": (1, True)})
    {'a': 'nan', 'b': [1, True]}
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, str):
        return value if len(value) <= MAX_CHARS else f"{value[:MAX_CHARS]}… ({len(value)} characters)"
    return _plain_container(value)


def _plain_container(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return plain(value.model_dump(exclude_defaults=True))
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, map(plain, value)))
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value[:MAX_ITEMS]]
    return f"<{type(value).__name__}>"


@dataclass(frozen=True, slots=True)
class Record:
    sequence: int
    time_s: float
    kind: str
    data: dict[str, Any]
    prev: str
    hash: str


def parse_line(line: str) -> Record:
    """One line, with its own seal checked.

    :raises ValueError: it is not a sealed line
    """
    content = json.loads(line)
    if not isinstance(content, dict) or sorted(content) != ["data", "hash", "kind", "prev", "seq", "t"]:
        raise ValueError("not a record")
    digest = content.pop("hash")
    if digest != _digest(content):
        raise ValueError("content does not fit its seal")
    return Record(content["seq"], float(content["t"]), content["kind"], content["data"], content["prev"], digest)


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(dump(content).encode()).hexdigest()


def dump(content: Any) -> str:
    """The one way to write plain values down, so that equal values have equal hashes."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
