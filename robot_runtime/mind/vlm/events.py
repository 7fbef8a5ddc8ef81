"""What comes out of a language model while it writes, whichever engine runs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol


class EngineError(Exception):
    """No answer: its text says why, in words for the record.

    :param again: whether another attempt may help
    """

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.again = again


@dataclass(frozen=True)
class Prompt:
    """One question to a model, engine-neutral."""

    system: str
    data: str  # JSON: all that was heard, seen and remembered
    jpeg: bytes | None  # what the camera sees
    schema: dict[str, Any]  # that the answer must fit


class Engine(Protocol):
    """Runs a model.  All calls come from one thread but :meth:`cancel`."""

    def stream(self, prompt: Prompt, timeout_s: float) -> Iterator[str]:
        """The answer in pieces, as they are written.

        :raises EngineError: there is no answer, or no more of it
        """
        ...

    def cancel(self) -> None:
        """Make :meth:`stream`, which another thread is in, end soon."""
        ...

    def close(self) -> None:
        """Let go of sockets and processes."""
        ...


@dataclass(frozen=True)
class Piece:
    """More text of the answer."""

    text: str


@dataclass(frozen=True)
class Restarted:
    """The text so far was not whole and does not count; the model was asked again."""

    why: str


@dataclass(frozen=True)
class Ended:
    """Nothing more comes.  ``why`` is "" when the answer is whole, else what went wrong."""

    why: str


Event = Piece | Restarted | Ended
