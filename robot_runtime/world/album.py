"""Pictures that people asked for, each beside a record of who asked, who agreed and who may be seen in it.

They lie in a folder beside the memory's file, since they are a part of what the robot remembers of people, and go with them.
The record is written before its picture and removed after it, so that there is never a picture of which nobody knows whom it shows.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, slots=True)
class Somebody:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """The record of one picture."""

    file: str
    sha256: str
    stamp_s: float  # when it was taken, on the clock of that run; the file's own time is the wall clock's
    action_id: str
    asked_by: str  # ids, as the next
    consented_by: tuple[str, ...]
    in_view: tuple[Somebody, ...]

    @property
    def texts(self) -> frozenset[str]:
        """Ids and names of all whom it concerns, in lower case."""
        ids = (self.asked_by, *self.consented_by, *(text for who in self.in_view for text in (who.id, who.name)))
        return frozenset(text.lower() for text in ids)


_ENTRY = TypeAdapter(Entry)


class Album:
    """The pictures that belong to one memory."""

    def __init__(self, memory_file: Path) -> None:
        self.folder = memory_file.with_name(memory_file.name + ".pictures")

    def keep(self, jpeg: bytes, *, stamp_s: float, action_id: str, asked_by: str, consented_by: tuple[str, ...],
             in_view: tuple[Somebody, ...]) -> Entry:  # fmt: skip
        """Write a picture with its record, and read it back.

        :raises OSError: it is not on the disk as it should be; nothing of it is left there then, if the disk lets us remove it
        """
        sha256 = hashlib.sha256(jpeg).hexdigest()
        entry = Entry(f"{sha256[:16]}-{round(stamp_s * 1000)}.jpg", sha256, stamp_s, action_id, asked_by, consented_by, in_view)
        picture = self.folder / entry.file
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _write(picture.with_suffix(".json"), json.dumps(asdict(entry), ensure_ascii=False, indent=1).encode())
            _write(picture, jpeg)
            if hashlib.sha256(picture.read_bytes()).hexdigest() != sha256:
                raise OSError(f"{picture}: what was read back is not what was written")
            if not picture.with_suffix(".json").exists():  # the world, another process, removes it
                raise OSError(f"{picture}: somebody whom it concerns was forgotten meanwhile")
        except OSError:
            self._remove(picture.with_suffix(".json"))
            raise
        return entry

    def forget(self, texts: tuple[str, ...]) -> int:
        """Remove what concerns a person, by id and name, and what nobody can tell about; returns how many pictures.

        A picture goes also when the person only asked for it, or agreed to it: then nothing is left that permits keeping it.

        :raises OSError: a file cannot be removed
        """
        gone = [record for record, _ in self.naming(texts)]
        for record in gone:
            self._remove(record)
        return len(gone)

    def naming(self, texts: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
        """The records that name a person, each with what it says; one that cannot be read may name anybody.

        :raises OSError: the folder or a file cannot be read
        """
        wanted = {text.lower() for text in texts}
        for record, entry in self.entries().items():
            found = wanted & entry.texts if entry else {"(not readable)"}
            if found:
                yield record, min(found)

    def entries(self) -> dict[Path, Entry | None]:
        """All records by their files; None for one that cannot be read.

        :raises OSError: as for :meth:`naming`
        """
        return {record: _entry(record.read_bytes()) for record in sorted(self.folder.glob("*.json"))}

    def _remove(self, record: Path) -> None:
        for file in (record.with_suffix(".jpg"), record):
            if file.exists():
                _write(file, bytes(file.stat().st_size))  # as the memory does with what it deletes
                file.unlink()


def _entry(content: bytes) -> Entry | None:
    try:
        return _ENTRY.validate_json(content)
    except ValidationError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Write and wait for the disk; what is known of people is nobody else's."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
