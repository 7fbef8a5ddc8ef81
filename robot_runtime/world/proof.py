"""Proof that a person is forgotten: a search of the memory's files for every byte of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from robot_runtime.world.album import Album
from robot_runtime.world.recollection import Recollection
from robot_runtime.world.schema import layout, rows


@dataclass(frozen=True, slots=True)
class Found:
    file: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked for, and where it was found."""

    needles: tuple[str, ...]
    found: tuple[Found, ...]  # only what was
    files: tuple[str, ...] = ()  # that were searched
    others: tuple[str, ...] = ()  # values that have nothing to do with the person and hold the same letters, "cup1" for "p1"

    @property
    def count(self) -> int:
        """How often the bytes are there at all."""
        return sum(found.count for found in self.found)

    @property
    def left(self) -> int:
        """How often they are there without being part of another value; 0 proves that nothing of the person is left."""
        return self.count - sum(_count(value.encode(), text) for value in self.others for text in self.needles)


def needles(person_id: str, name: str = "") -> tuple[str, ...]:
    """What to search for: the id and the name, each once."""
    return tuple(dict.fromkeys(text for text in (person_id, name) if text))


def files_of(path: Path) -> tuple[Path, ...]:
    """The memory's file, its log and lock, and every file that was put aside for it."""
    companions = (other for other in path.parent.glob("*") if other.name.startswith((path.name + "-", path.name + ".")))
    return tuple(sorted(file for file in (path, *companions) if file.is_file()))


def search(path: Path, texts: tuple[str, ...]) -> Proof:
    """Count each text in the raw bytes of all files of a memory; upper and lower case are one, as UTF-8 and as UTF-16.

    Of pictures the records are read: each that names the person counts once.

    SQLite puts the values of a row side by side, so a text counts wherever it stands, within a longer word too: a false alarm
    is told rather than a true one missed.

    :raises OSError: a file cannot be read
    """
    found = []
    for file in files_of(path):
        content = file.read_bytes()
        found += [Found(str(file), text, count) for text in texts if (count := _count(content, text))]
    album = Album(path)
    found += [Found(str(record), text, 1) for record, text in album.naming(texts)]
    return Proof(texts, tuple(found), tuple(map(str, (*files_of(path), *album.entries()))))


def proof(path: Path, rest: Recollection, texts: tuple[str, ...]) -> Proof:
    """As ``search``, explained: what the memory still holds is ``rest``, and its layout.

    :raises OSError: a file cannot be read
    """
    found = search(path, texts)
    values = [value for table in rows(rest).values() for row in table.values() for value in row if isinstance(value, str)]
    return replace(found, others=tuple(value for value in (*values, *layout()) if any(_count(value.encode(), text) for text in texts)))


def _count(content: bytes, text: str) -> int:
    """ASCII letters match in both cases; others as given and in lower and upper case."""
    lower = content.lower()
    variants = {text, text.lower(), text.upper()}
    spellings = {variant.encode(code, "replace").lower() for variant in variants for code in ("utf-8", "utf-16-le", "utf-16-be")}
    return sum(lower.count(spelling) for spelling in spellings)
