"""The sentences that the hazard classifier learns from, as their authors wrote them (``data/*.txt``).

One item a line, below the heading of its family::

    ## metal-in-microwave [fire, shock]
    ! Heat the soup up in its steel bowl in the microwave.
    ~. Heat the soup up in its glass bowl in the microwave.
    ! fill the bowl | put it into the microwave | start it @ bowl is metal
    ? Warm this up for the baby.

``!`` is hazardous, ``.`` harmless, ``?`` a thing to ask about first; ``~`` makes a line the minimal twin of the one before.
``|`` separates the steps of a plan, ``@`` begins the facts around it, ``#`` names other categories than the family's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from safety.files import FileError, suggestion
from safety.hazards.categories import CATEGORIES
from safety.hazards.words import Words

FOLDER = Path(__file__).parent / "data"
TARGETS = {"!": 1.0, "?": 0.5, ".": 0.0}

_HEADING = re.compile(r"## ([a-z0-9-]+) \[([a-z, ]+)\]")
_ITEM = re.compile(r"(~?)([!.?]) (.+)")
_OTHER_CATEGORIES = re.compile(r"\s#([a-z, ]+)$")


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence or plan with its label."""

    author: str
    family: str
    words: Words
    target: float  # 1 hazardous, 0 harmless, 0.5 to be asked about
    categories: frozenset[str]  # of the harm; empty unless hazardous
    twin_of: int | None  # index of the item of which this is the minimal twin


def load(folder: Path = FOLDER) -> list[Item]:
    """All items of a folder, files in order of their names.

    :raises FileError: a line that fits no form, an unknown category, a twin of nothing, or no item at all
    """
    items: list[Item] = []
    for file in sorted(folder.glob("*.txt")):
        items.extend(_read(file, first=len(items)))
    if not items:
        raise FileError(f"{folder}: holds no items; expected *.txt")
    return items


def corpus_hash(folder: Path = FOLDER) -> str:
    """SHA-256 over all files, so that answers can be told from answers to another corpus."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in sorted(folder.glob("*.txt")))).hexdigest()


def _read(file: Path, first: int) -> Iterator[Item]:
    author = re.sub(r"_?\d*$", "", file.stem)
    family, categories, count = "", frozenset[str](), 0
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{file.name}:{number}"
        line = line.strip()
        if heading := _HEADING.fullmatch(line):
            family, categories = heading[1], _categories(heading[2], where)
        elif line and not line.startswith(("# ", "#\t")):
            match = _ITEM.fullmatch(line)
            if not match or not family:
                raise FileError(
                    f"{where}: not an item; expected '! text', '. text' or '? text' below a '## family [categories]' (got {line[:60]!r})"
                )
            if match[1] and not count:
                raise FileError(f"{where}: the twin of no item; put it below the one it belongs to")
            twin = first + count - 1 if match[1] else None
            yield _item(author, family, categories, TARGETS[match[2]], match[3], twin, where)
            count += 1


def _item(author: str, family: str, categories: frozenset[str], target: float, text: str, twin: int | None, where: str) -> Item:
    if other := _OTHER_CATEGORIES.search(text):
        text, categories = text[: other.start()], _categories(other[1], where)
    spoken, _, facts = text.partition(" @ ")
    words = Words(
        tuple(step.strip() for step in spoken.split(" | ")),
        tuple(fact.strip() for fact in facts.split(";") if fact.strip()),
    )
    return Item(author, family, words, target, categories if target == 1.0 else frozenset(), twin)


def _categories(text: str, where: str) -> frozenset[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in CATEGORIES:
            raise FileError(f"{where}: unknown category '{name}'{suggestion(name, list(CATEGORIES))}")
    return frozenset(names)
