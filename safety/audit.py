"""Writing the gate's record.

Every record is handed to the operating system before the step that made it ends, so none is lost when the gate is
killed.  An fsync follows within a second on another thread, so a power failure can cost the last second.  When the
disk does not take a record, ``error`` says so, and the gate stops the robot until it does again.

A file that is full is put aside and the next one goes on with the chain.  It begins with a record ``file`` of what the records
after it refer to, so that it can be read, and replayed, without the files before it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from safety.chain import FIRST_PREV, seal
from safety.copies import Copies
from safety.disk import BackgroundSync
from safety.marks import Mark
from safety.record_file import RecordFile
from safety.segments import RECORD_NAME

SYNC_EVERY_S = 1.0
KEPT_IN_MEMORY = 2000
MEGABYTE = 1_000_000


def _nothing() -> Mapping[str, Any]:
    return {}


class Audit:
    """The record in files, or in memory when ``folder`` is None.

    :param opening: what the record ``file`` at the beginning of every further file holds
    :param file_bytes: a file that is longer is full
    :param keep_files: so many full files are kept, 0 for all
    """

    def __init__(
        self,
        folder: Path | None,
        opening: Callable[[], Mapping[str, Any]] = _nothing,
        file_bytes: int = 32 * MEGABYTE,
        keep_files: int = 0,
    ) -> None:
        self._file = RecordFile(folder / RECORD_NAME, file_bytes, keep_files) if folder else None
        self._copies = Copies(folder)
        self._opening = opening
        self._sequence, self._prev = 0, FIRST_PREV
        self._missed = 0
        self._next_sync_s = -math.inf
        self._disk = BackgroundSync(self._sync)
        self._written_error = ""
        self.kept: deque[str] = deque(maxlen=KEPT_IN_MEMORY)  # the newest lines, for tests and for robots without a run folder

    @property
    def error(self) -> str:
        """Why the record is not complete on disk, "" when it is."""
        return self._written_error or self._copies.error or self._disk.error

    @property
    def in_memory(self) -> bool:
        return self._file is None

    def keep(self, files: Sequence[Path], digest: str) -> str:
        """Keep a copy of files that records refer to by ``digest``; returns its name, "" when nothing is kept.

        Never raises for a disk that does not take it, see ``error``; it is tried again with every record.
        """
        return self._copies.keep(files, digest)

    def record(self, kind: str, data: Mapping[str, Any], now_s: float) -> None:
        """Append one record; never raises for a disk that does not take it, see ``error``."""
        self._copies.retry()
        try:
            self._make_ready(now_s)
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
        if self._file is not None and now_s >= self._next_sync_s:
            self._next_sync_s = now_s + SYNC_EVERY_S
            self._disk.start()

    def clock_went_back(self) -> None:
        """Sync at the next opportunity, as the time of the next one was set by the old clock."""
        self._next_sync_s = -math.inf

    def close(self) -> None:
        """Wait for the disk and let go of the file; a later record opens it again."""
        self._disk.wait()
        if self._file is not None and self._file.is_open:
            self._disk.start()
            self._disk.wait()
            self._file.close()

    def _append(self, kind: str, data: Mapping[str, Any], now_s: float) -> None:
        line, digest = seal(self._sequence, now_s, kind, data, self._prev)
        mark = Mark(self._sequence, digest)
        if self._file is not None:
            self._file.write(line.encode() + b"\n", mark)
        self.kept.append(line)
        self._sequence, self._prev = self._sequence + 1, digest
        if self._file is not None:
            self._file.vouch(mark)

    def _make_ready(self, now_s: float) -> None:
        """Have a file open that is not full."""
        if self._file is None:
            return
        if not self._file.is_open:
            self._open(self._file, now_s)
        if self._file.is_full:
            self._turn(self._file, now_s)

    def _open(self, file: RecordFile, now_s: float) -> None:
        found = file.open()
        if found is None:
            return
        self._sequence, self._prev = found.sequence, found.prev
        for damage in found.damage:
            self._append("recovered", damage, now_s)

    def _turn(self, file: RecordFile, now_s: float) -> None:
        before = file.turn()
        self._append("file", {"follows": before, **self._opening()}, now_s)
        try:
            surplus = file.surplus()
        except ValueError as error:
            self._append("not-pruned", {"cause": str(error)}, now_s)
            return
        if surplus is not None:
            last, paths = surplus
            data = {"seq": last.sequence, "hash": last.hash, "files": [path.name for path in paths]}
            self._append("pruned", data, now_s)
            file.drop(paths)

    def _sync(self) -> None:
        """On the thread of ``BackgroundSync``."""
        assert self._file is not None
        self._file.sync()
