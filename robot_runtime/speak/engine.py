"""What every speech engine is to the rest of the runtime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
"""Of all sound that leaves an engine."""

NEUTRAL_WPM = 165.0


class EngineError(RuntimeError):
    """An engine cannot speak; one line that says why, and what to do."""


@dataclass(frozen=True)
class Manner:
    """How to say a sentence; the part of a speech style that shapes its sound."""

    rate_wpm: float = NEUTRAL_WPM
    pitch_ratio: float = 1.0
    volume_ratio: float = 1.0
    pitch_range_ratio: float = 1.0


class Piece(NamedTuple):
    """Some of a clause's sound.  Without samples it says that more has not been made yet."""

    samples: NDArray[np.int16]
    heard: int  # characters of the clause that are spoken once this has been


NOT_YET = Piece(np.zeros(0, np.int16), 0)


class Engine(Protocol):
    """Sound at :data:`RATE_HZ`, mono, at the nominal level, without silence around it.

    Nothing here waits for longer than a frame: an engine that takes its time works in a process of its own.
    """

    def say(self, clause: str, seconds: float, language: str, manner: Manner) -> Iterator[Piece]:
        """One clause, its sound as long as ``seconds`` as far as the engine can.  Who asked may stop taking it.

        :raises EngineError: while it is taken
        """
        ...

    def pitch_range_st(self, language: str) -> float:
        """How lively the voice is by itself, in semitones; nan for one whose liveliness cannot be changed."""
        ...

    def close(self) -> None:
        """Let go of processes; a later clause starts them again."""
        ...
