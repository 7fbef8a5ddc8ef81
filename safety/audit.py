"""Writing the gate's record.

Every record is handed to the operating system before the step that made it ends, so none is lost when the gate is
killed.  An fsync follows within a second on another thread, so a power failure can cost the last second.  When the
disk does not take a record, ``error`` says so, and the gate stops the robot until it does again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safety.chain import FIRST_PREV, Record, head_path, parse_line, seal
from safety.disk import BackgroundSync, sync_path

RECORD_NAME = "gate.jsonl"
SYNC_EVERY_S = 1.0
KEPT_IN_MEMORY = 2000


class Audit:
    """The record in a file, or in memory when ``folder`` is None."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / RECORD_NAME if folder else None
        self._sequence, self._prev = 0, FIRST_PREV
        self._size = 0  # bytes of whole lines in the file
        self._handle = -1
        self._missed = 0
        self._next_sync_s = -1e18
        self._disk = BackgroundSync(self._sync)
        self._written_error = ""
        self._head: tuple[int, str] | None = None  # newest record in the file; replaced as one, since two threads use it
        self.kept: deque[str] = deque(maxlen=KEPT_IN_MEMORY)  # the newest lines, for tests and for robots without a run folder

    @property
    def error(self) -> str:
        """Why the record is not complete on disk, "" when it is."""
        return self._written_error or self._disk.error

    @property
    def in_memory(self) -> bool:
        return self._path is None

    def record(self, kind: str, data: Mapping[str, Any], now_s: float) -> None:
        """Append one record; never raises for a disk that does not take it, see ``error``."""
        try:
            if self._path is not None and self._handle < 0:
                self._open(self._path, now_s)
            if self._missed:
                self._append("gap", {"records": self._missed, "cause": self._written_error}, now_s)
                self._missed = 0
            self._append(kind, data, now_s)
            self._written_error = ""
        except OSError as error:
            self._missed += 1
            self._written_error = error.strerror or str(error)

    def sync(self, now_s: float) -> None:
        """Call once a step: sees to it that the disk gets what was written."""
        if self._path is not None and now_s >= self._next_sync_s:
            self._next_sync_s = now_s + SYNC_EVERY_S
            self._disk.start()

    def clock_went_back(self) -> None:
        """Sync at the next opportunity, as the time of the next one was set by the old clock."""
        self._next_sync_s = -1e18

    def close(self) -> None:
        """Wait for the disk and let go of the file; a later record opens it again."""
        self._disk.wait()
        if self._handle >= 0:
            self._disk.start()
            self._disk.wait()
            os.close(self._handle)
            self._handle = -1

    def _append(self, kind: str, data: Mapping[str, Any], now_s: float) -> None:
        line, digest = seal(self._sequence, now_s, kind, data, self._prev)
        if self._path is not None:
            self._write(line.encode() + b"\n")
        self.kept.append(line)
        self._head = (self._sequence, digest)
        self._sequence, self._prev = self._sequence + 1, digest

    def _write(self, line: bytes) -> None:
        if os.fstat(self._handle).st_size > self._size:
            os.ftruncate(self._handle, self._size)  # half a line from a disk that was full
        written = os.write(self._handle, line)
        if written != len(line):
            raise OSError(0, f"only {written} of {len(line)} bytes fitted on the disk")
        self._size += written

    def _open(self, path: Path, now_s: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            content = b"" if not os.fstat(handle).st_size else path.read_bytes()
        except OSError:
            os.close(handle)
            raise
        self._handle = handle
        self._size = content.rfind(b"\n") + 1
        last = _last_record(content[: self._size])
        if last is not None:
            self._sequence, self._prev = last.sequence + 1, last.hash
        elif content:
            self._set_aside(path, content)
            self._append("recovered", {"set_aside": path.name, "sha256": hashlib.sha256(content).hexdigest()}, now_s)
            return
        torn = content[self._size :]
        if torn:
            self._append("recovered", {"torn_bytes": len(torn), "text": torn.decode("utf-8", "replace")}, now_s)

    def _set_aside(self, path: Path, content: bytes) -> None:
        """A record whose last whole line is not sound is kept under another name; a new one begins."""
        path.with_suffix(f".damaged-{hashlib.sha256(content).hexdigest()[:12]}.jsonl").write_bytes(content)
        os.ftruncate(self._handle, 0)
        self._size, self._sequence, self._prev = 0, 0, FIRST_PREV

    def _sync(self) -> None:
        """On the thread of ``BackgroundSync``: first the record, then the head that vouches for it."""
        assert self._path is not None
        handle, head = self._handle, self._head
        if handle < 0 or head is None:
            return
        os.fsync(handle)
        temporary = head_path(self._path).with_suffix(".tmp")
        temporary.write_text(json.dumps({"seq": head[0], "hash": head[1]}) + "\n", encoding="utf-8")
        sync_path(temporary)
        temporary.replace(head_path(self._path))


def _last_record(lines: bytes) -> Record | None:
    """The last whole line, None when there is none or when it is not a sealed record."""
    last = lines.rstrip(b"\n").rpartition(b"\n")[2]
    try:
        return parse_line(last.decode("utf-8")) if last else None
    except ValueError:
        return None
