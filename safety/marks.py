"""Seals of a record that are kept apart from it, so that a record whose end was cut off does not look whole.

``gate.head.json`` holds the newest seal that the disk confirmed; ``gate.tail.json``, overwritten with every record, the newest
that was handed to the operating system.  After a power failure the tail may be ahead of the record, the head never.  Whoever
can write into the folder can forge record and marks together: a mark that was noted elsewhere (``audit verify`` prints the
newest, and takes them back with ``--mark``) shows that too.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from safety.disk import sync_path

TAIL_BYTES = 128
"""The tail is padded to this, so that overwriting it needs no room on the disk."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Number and hash of one record."""

    sequence: int
    hash: str

    @property
    def line(self) -> str:
        return json.dumps({"seq": self.sequence, "hash": self.hash})

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


def head_path(record: Path) -> Path:
    """Where the mark that the disk confirmed is kept."""
    return record.with_suffix(".head.json")


def tail_path(record: Path) -> Path:
    """Where the mark of the newest record is kept."""
    return record.with_suffix(".tail.json")


def parse_mark(text: str) -> Mark:
    """A mark as ``audit verify`` prints it.

    :raises ValueError: it is none

    >>> parse_mark("7:" + "ab" * 32).sequence
    7
    """
    sequence, _, digest = text.partition(":")
    if not sequence.isdecimal() or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("a mark is NUMBER:HASH, such as audit verify prints")
    return Mark(int(sequence), digest)


def read_mark(path: Path) -> Mark | None:
    """The mark in a file, None when there is no such file.

    :raises ValueError: it is damaged
    :raises OSError: it cannot be read
    """
    try:
        content = json.loads(path.read_bytes())
        return Mark(int(content["seq"]), str(content["hash"]))
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is damaged: {type(error).__name__}") from error


def write_head(record: Path, mark: Mark) -> None:
    """Put the head in place of the one before, once the disk has it.

    :raises OSError: the disk does not take it
    """
    temporary = head_path(record).with_suffix(".tmp")
    temporary.write_text(mark.line + "\n", encoding="utf-8")
    sync_path(temporary)
    temporary.replace(head_path(record))


class Tail:
    """The mark that is overwritten with every record."""

    def __init__(self, record: Path) -> None:
        self._path = tail_path(record)
        self._handle: int | None = None

    def write(self, mark: Mark) -> None:
        """:raises OSError: the disk does not take it"""
        if self._handle is None:
            self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        os.pwrite(self._handle, mark.line.ljust(TAIL_BYTES - 1).encode() + b"\n", 0)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
