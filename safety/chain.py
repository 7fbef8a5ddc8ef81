"""The form of the gate's record: lines of JSON, each sealed with the hash of the one before (SHA-256).

A line is ``{"seq", "t", "kind", "data", "prev", "hash"}``; ``hash`` covers the line without it.  Whoever edits, deletes,
inserts or reorders a line breaks every seal after it.  The head file beside the record holds the newest seal that the
disk confirmed, so that cutting the end off shows too, down to the last second.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
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
    return _dump({**content, "hash": digest}), digest


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


@dataclass(slots=True)
class Report:
    """What a check of a record found."""

    records: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what the gate itself recorded about damage

    @property
    def intact(self) -> bool:
        return not self.problems


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


def read(path: Path) -> Iterator[Record]:
    """The records of a file, as far as lines are sound.

    :raises ValueError: a line is not a sealed line
    """
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield parse_line(line)


def verify(path: Path) -> Report:
    """Check every seal, the sequence, and the end against the head file.

    :raises OSError: the record cannot be read
    """
    report, prev, hashes = Report(), FIRST_PREV, {}
    lines = path.read_bytes().split(b"\n")
    if lines[-1]:
        report.problems.append(f"line {len(lines)}: torn after {len(lines[-1])} bytes: the gate was killed while it wrote")
    for number, line in enumerate(lines[:-1], 1):
        try:
            record = parse_line(line.decode("utf-8"))
        except ValueError as error:
            report.problems.append(f"line {number}: {_short(error)}")
            continue
        if record.prev != prev or record.sequence != report.records:
            report.problems.append(f"line {number}: record {record.sequence} does not follow the one before (lines deleted or moved?)")
        if record.kind in ("recovered", "gap"):
            report.notes.append(f"record {record.sequence}: {record.kind}: {json.dumps(record.data)}")
        prev, report.records, hashes[record.sequence] = record.hash, record.sequence + 1, record.hash
    report.problems.extend(_head_problems(path, hashes))
    return report


def head_path(path: Path) -> Path:
    """Where the head of a record is kept."""
    return path.with_suffix(".head.json")


def _head_problems(path: Path, hashes: Mapping[int, str]) -> Iterator[str]:
    try:
        head = json.loads(head_path(path).read_text(encoding="utf-8"))
        sequence, digest = int(head["seq"]), str(head["hash"])
    except FileNotFoundError:
        yield f"{head_path(path).name} is missing: whether the end was cut off cannot be told"
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield f"{head_path(path).name} is damaged: {type(error).__name__}"
        return
    if sequence not in hashes:
        yield f"cut off: the head file knows record {sequence}, the file does not"
    elif hashes[sequence] != digest:
        yield f"record {sequence} is not the one that the head file knows"


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_dump(content).encode()).hexdigest()


def _dump(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _short(error: ValueError) -> str:
    return "not JSON" if isinstance(error, json.JSONDecodeError) else str(error)[:80]
