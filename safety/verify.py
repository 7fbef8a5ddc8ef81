"""Whether a record is whole: every seal, the order of all records across all files, its beginning and its end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from safety.chain import FIRST_PREV, Record, parse_line
from safety.marks import Mark, head_path, read_mark, tail_path
from safety.segments import files, short

DAMAGE = frozenset({"set_aside", "cut_off", "mark"})
"""What a crash does not do to a record.  It does tear the last line, and a power failure can lose what the disk had not confirmed."""


@dataclass(slots=True)
class Report:
    """What a check of a record found."""

    records: int = 0
    files: int = 0
    first: int = 0  # number of the first record that is still kept
    newest: Mark | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what the gate itself recorded, such as a crash or a full disk

    @property
    def intact(self) -> bool:
        return not self.problems


def verify(record: Path, marks: Iterable[Mark] = ()) -> Report:
    """Check a record from its first kept file to its end.

    :param record: the file that grows; its older files and marks are looked for beside it
    :param marks: seals that were noted elsewhere, which must be in it
    :raises OSError: a file cannot be read
    """
    return _Check(record, marks).run()


class _Check:
    def __init__(self, record: Path, marks: Iterable[Mark]) -> None:
        self._record = record
        self._report = Report()
        self._wanted = [("the mark given", mark) for mark in marks]
        self._seen: dict[int, str] = {}  # hashes of the records that marks name
        self._last: Record | None = None
        self._begins: Mark | None = None  # the record before the first one that is kept
        self._removed: list[Mark] = []  # ends of what the gate itself has removed

    def run(self) -> Report:
        self._read_marks()
        paths = files(self._record)
        self._report.files = len(paths)
        for path in paths:
            self._file(path)
        self._report.problems += [*self._beginning(), *self._end()]
        if self._last is not None:
            self._report.newest = Mark(self._last.sequence, self._last.hash)
        return self._report

    def _read_marks(self) -> None:
        for path in (head_path(self._record), tail_path(self._record)):
            try:
                mark = read_mark(path)
            except ValueError as error:
                self._report.problems.append(str(error))
                continue
            if mark is None:
                self._report.problems.append(f"{path.name} is missing: whether the end was cut off cannot be told")
            else:
                self._wanted.append((path.name, mark))
        self._numbers = {mark.sequence for _, mark in self._wanted}

    def _file(self, path: Path) -> None:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                self._line(f"{path.name}: line {number}", line)

    def _line(self, where: str, line: bytes) -> None:
        if not line.endswith(b"\n"):
            self._problem(f"{where}: torn after {len(line)} bytes: the gate was killed while it wrote, or somebody cut it")
            return
        try:
            record = parse_line(line.decode("utf-8"))
        except ValueError as error:
            self._problem(f"{where}: {short(error)}")
            return
        self._follows(where, record)
        self._says(record)
        self._report.records += 1
        self._last = record
        if record.sequence in self._numbers:
            self._seen[record.sequence] = record.hash

    def _follows(self, where: str, record: Record) -> None:
        if self._last is None:
            self._report.first = record.sequence
            self._begins = Mark(record.sequence - 1, record.prev)
        elif (record.sequence, record.prev) != (self._last.sequence + 1, self._last.hash):
            text = f"record {record.sequence} does not follow record {self._last.sequence} (deleted, moved, or inserted?)"
            self._problem(f"{where}: {text}")

    def _says(self, record: Record) -> None:
        """What the gate wrote about the record itself."""
        if record.kind == "pruned":
            self._removed.append(Mark(int(record.data["seq"]), str(record.data["hash"])))
        elif record.kind == "recovered" and not DAMAGE.isdisjoint(record.data):
            self._problem(f"record {record.sequence}: the gate found the record damaged: {json.dumps(record.data)}")
        elif record.kind in ("recovered", "gap"):
            self._report.notes.append(f"record {record.sequence}: {record.kind}: {json.dumps(record.data)}")

    def _beginning(self) -> Iterator[str]:
        begins = self._begins
        if begins is None:
            return
        if begins == Mark(-1, FIRST_PREV):
            return
        if begins in self._removed:
            self._report.notes.append(f"the gate itself has removed what came before record {self._report.first}")
        else:
            yield f"it begins with record {self._report.first}, and no record tells that what came before was removed"

    def _end(self) -> Iterator[str]:
        for name, mark in self._wanted:
            if mark.sequence not in self._seen:
                yield f"cut off: {name} knows record {mark.sequence}, the record does not"
            elif self._seen[mark.sequence] != mark.hash:
                yield f"record {mark.sequence} is not the one that {name} knows"

    def _problem(self, text: str) -> None:
        self._report.problems.append(text)
