"""What people say with pauses in it, louder or softer than usual: ``go to *1.2 s* the kitchen``, ``*+3 dB* stop``."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim import voices
from sim.description import PersonDescription

Samples = NDArray[np.int16]
Pauses = list[tuple[int, int]]
_MARK = re.compile(r"\*([+-]?\d+(?:\.\d+)?) (s|dB)\*")
_SILENT = 0.01  # parts of a sound below this share of its peak count as silence


def marked(parts: Sequence[str | float], louder_db: float = 0.0) -> str:
    """Words, and pauses in seconds between them, as the text that :func:`render` understands.

    >>> marked(["go to", 1.2, "the kitchen"], 3.0)
    '*+3 dB* go to *1.2 s* the kitchen'
    """
    texts = [part if isinstance(part, str) else f"*{part:g} s*" for part in parts]
    return " ".join([f"*{louder_db:+g} dB*", *texts] if louder_db else texts)


def unmarked(text: str) -> tuple[list[str | float], float]:
    """The other way round: parts, and how much louder they are [dB].

    >>> unmarked("*+3 dB* go to *1.2 s* the kitchen")
    (['go to', 1.2, 'the kitchen'], 3.0)
    """
    parts: list[str | float] = []
    louder_db, position = 0.0, 0
    for mark in [*_MARK.finditer(text), None]:
        words = text[position : mark.start() if mark else len(text)].strip()
        parts += [words] if words else []
        if mark is None:
            break
        position = mark.end()
        if mark[2] == "s":
            parts.append(float(mark[1]))
        else:
            louder_db = float(mark[1])
    return parts, louder_db


def render(text_or_wav: str, person: PersonDescription) -> Samples:
    """What a person says, as :func:`sim.voices.render` has it, and with pauses and loudness as above."""
    if not _MARK.search(text_or_wav):
        return voices.render(text_or_wav, person)
    parts, louder_db = unmarked(text_or_wav)
    return spoken(parts, person, louder_db)[0]


def spoken(parts: Sequence[str | float], person: PersonDescription, louder_db: float = 0.0) -> tuple[Samples, Pauses]:
    """The sound of all parts, and from which to which sample its pauses last."""
    pieces: list[Samples] = []
    pauses: Pauses = []
    length = 0
    last_words = max((k for k, part in enumerate(parts) if isinstance(part, str)), default=0)
    for k, part in enumerate(parts):
        if isinstance(part, str):
            on = "" if k == last_words or part.startswith("*") else ","  # the voice stays up: there is more to come
            piece = voices.render(part + on, person)
        else:
            piece = np.zeros(round(part * voices.RATE_HZ), np.int16)
            pauses.append((length, length + len(piece)))
        pieces.append(piece)
        length += len(piece)
    sound = np.concatenate(pieces).astype(np.float64) * 10 ** (louder_db / 20)
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16), pauses


def audible(sound: Samples) -> tuple[int, int]:
    """First sample that is not silence, and the one after the last."""
    level = np.abs(sound.astype(np.int32))
    loud = np.flatnonzero(level > _SILENT * level.max())
    return int(loud[0]), int(loud[-1]) + 1
