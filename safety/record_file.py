"""The growing end of a record on disk: files of bounded size, repair after a crash, and the marks that vouch for the end."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safety.chain import FIRST_PREV, Record, parse_line
from safety.disk import sync_path
from safety.marks import Mark, Tail, head_path, read_mark, tail_path, write_head
from safety.segments import first_record, full_path, older


@dataclass(frozen=True, slots=True)
class Found:
    """What was there when the file was opened: where the chain goes on, and what the gate must tell of its state."""

    sequence: int
    prev: str
    damage: tuple[dict[str, Any], ...] = ()


class RecordFile:
    """Written by one thread; ``sync`` may run on another one."""

    def __init__(self, path: Path, max_bytes: int, keep_files: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._keep_files = keep_files
        self._handle = -1
        self._size = 0  # bytes of whole lines in the file
        self._first = 0  # number of the first record in it
        self._tail = Tail(path)
        self._has_head = False
        self._mark: Mark | None = None  # newest record in the file; replaced as one, since two threads use it
        self._full: list[int] = []  # handles of full files that the disk has not confirmed
        self._surplus: list[Path] = []  # files to remove

    @property
    def is_open(self) -> bool:
        return self._handle >= 0

    @property
    def is_full(self) -> bool:
        return self._size >= self._max_bytes

    def open(self) -> Found | None:
        """Open the file and see where its record goes on; None when it begins.

        :raises OSError: it cannot be opened or read
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            content = b"" if not os.fstat(handle).st_size else self._path.read_bytes()
            before = [path.read_bytes() for path in older(self._path)[-1:]]
        except OSError:
            os.close(handle)
            raise
        self._handle, self._size = handle, content.rfind(b"\n") + 1
        return self._found(content, before[0] if before else b"")

    def write(self, line: bytes, mark: Mark) -> None:
        """Append one whole line.

        :raises OSError: the disk does not take it; the next call takes back what it took of it
        """
        if os.fstat(self._handle).st_size > self._size:
            os.ftruncate(self._handle, self._size)  # half a line, from a crash or a disk that was full
        written = os.write(self._handle, line)
        if written != len(line):
            raise OSError(f"only {written} of {len(line)} bytes fitted on the disk")
        if self._size == 0:
            self._first = mark.sequence
        self._size += written
        self._mark = mark

    def vouch(self, mark: Mark) -> None:
        """Overwrite the tail with the newest record; a record that begins gets a head at once.

        :raises OSError: the disk does not take it
        """
        self._tail.write(mark)
        if not self._has_head:
            head_path(self._path).write_text(mark.line + "\n", encoding="utf-8")
            self._has_head = True

    def turn(self) -> str:
        """Put the full file aside and begin a new one; returns the name of the full one.

        :raises OSError: it cannot; the full one then simply grows on
        """
        name = full_path(self._path, self._first)
        self._path.rename(name)
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError:
            name.rename(self._path)
            raise
        self._full.append(self._handle)
        self._handle, self._size = handle, 0
        return name.name

    def surplus(self) -> tuple[Mark, list[Path]] | None:
        """The oldest files, when there are too many, and the last record in them: record it, then ``drop`` them.

        :raises OSError: a file cannot be read
        :raises ValueError: its first line is not sound, so that it stays
        """
        kept = older(self._path)
        gone, kept = (kept[: -self._keep_files], kept[-self._keep_files :]) if self._keep_files else ([], kept)
        if not gone:
            return None
        first = first_record(kept[0])
        return Mark(first.sequence - 1, first.prev), gone

    def drop(self, paths: list[Path]) -> None:
        """Remove these files at the next ``sync``, after the disk has what is recorded by now."""
        self._surplus = paths

    def sync(self) -> None:
        """Wait until the disk has the record, then write the head that vouches for it, then remove what is too old.

        :raises OSError: the disk says no
        """
        handle, mark = self._handle, self._mark
        full, surplus = list(self._full), self._surplus
        if handle < 0 or mark is None:
            return
        for old in full:
            os.fsync(old)
        os.fsync(handle)
        if full:
            sync_path(self._path.parent)
        write_head(self._path, mark)
        for old in full:
            self._full.remove(old)
            os.close(old)
        for path in surplus:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the open file, after ``sync``."""
        for handle in (self._handle, *self._full):
            os.close(handle)
        self._handle = -1
        self._full.clear()
        self._tail.close()

    # ---------------------------------------------------------------- what was there

    def _found(self, content: bytes, before: bytes) -> Found | None:
        whole, torn = content[: self._size], content[self._size :]
        last, last_before = _last_record(whole), _last_record(before)
        damage = list(self._lost(last or last_before, whole + before))
        if last is not None:
            self._first = parse_first(whole, last.sequence)
        elif whole:
            damage.append(self._set_aside(content))
            torn = b""
        if torn:
            damage.append({"torn_bytes": len(torn), "text": torn.decode("utf-8", "replace")})
        goes_on = last or last_before
        if goes_on is not None:
            self._mark = Mark(goes_on.sequence, goes_on.hash)
            return Found(goes_on.sequence + 1, goes_on.hash, tuple(damage))
        return Found(0, FIRST_PREV, tuple(damage)) if damage else None

    def _lost(self, last: Record | None, lines: bytes) -> list[dict[str, Any]]:
        """Records that a mark knows of and that are not there: after a power failure only the tail can know more."""
        self._has_head = head_path(self._path).exists()
        found: list[dict[str, Any]] = []
        for path, key in ((head_path(self._path), "cut_off"), (tail_path(self._path), "lost")):
            try:
                mark = read_mark(path)
            except ValueError as error:
                found.append({"mark": str(error)})
                continue
            if mark is not None and mark.hash.encode() not in lines:
                found.append({key: mark.sequence, "hash": mark.hash, "found": last.sequence if last else -1})
            elif mark is None and last is not None:
                found.append({"mark": f"{path.name} is missing"})
        return found[:1]

    def _set_aside(self, content: bytes) -> dict[str, Any]:
        """A file whose last whole line is not sound is kept under another name."""
        digest = hashlib.sha256(content).hexdigest()
        aside = self._path.with_suffix(f".damaged-{digest[:12]}.jsonl")
        aside.write_bytes(content)
        self._size = 0  # so that the next line takes its place
        return {"set_aside": aside.name, "sha256": digest}


def parse_first(lines: bytes, default: int) -> int:
    """Number of the first record of a file, or ``default`` when that line is not sound."""
    try:
        return parse_line(lines.partition(b"\n")[0].decode("utf-8")).sequence
    except ValueError:
        return default


def _last_record(lines: bytes) -> Record | None:
    """The last whole line, None when there is none or when it is not a sealed record."""
    last = lines.rstrip(b"\n").rpartition(b"\n")[2]
    try:
        return parse_line(last.decode("utf-8")) if last else None
    except ValueError:
        return None
