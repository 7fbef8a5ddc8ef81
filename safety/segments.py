"""The files that one record is kept in: the one that grows, and older ones that were full, named by their first record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from safety.chain import Record, parse_line

RECORD_NAME = "gate.jsonl"


def older(record: Path) -> list[Path]:
    """Full files beside the one that grows, oldest first."""
    return sorted(record.parent.glob(f"{record.stem}.[0-9]*{record.suffix}"))


def full_path(record: Path, first_sequence: int) -> Path:
    """The name of a full file.

    >>> full_path(Path("gate.jsonl"), 7).name
    'gate.000000000007.jsonl'
    """
    return record.with_name(f"{record.stem}.{first_sequence:012d}{record.suffix}")


def files(record: Path) -> list[Path]:
    """All that exist, oldest first."""
    return [*older(record), *([record] if record.exists() else [])]


def read(record: Path) -> Iterator[Record]:
    """The records of all files in order.

    :raises ValueError: a line is not a sealed line; file and line are named
    :raises OSError: a file cannot be read
    """
    for path in files(record):
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                yield _parsed(line, f"{path.name}: line {number}")


def _parsed(line: bytes, where: str) -> Record:
    try:
        return parse_line(line.decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"{where}: {short(error)}") from error


def short(error: ValueError) -> str:
    """What is wrong with a line, in a few words."""
    return str(error)[:80] if type(error) is ValueError else "not JSON"


def first_record(path: Path) -> Record:
    """The first record of a file.

    :raises ValueError: it is not sound
    :raises OSError: the file cannot be read
    """
    with path.open("rb") as lines:
        return parse_line(lines.readline().decode("utf-8"))
