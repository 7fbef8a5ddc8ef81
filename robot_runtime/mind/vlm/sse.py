"""Reads server-sent events (WHATWG HTML, section 9.2) as OpenAI-compatible servers stream them: one JSON object an event."""

from __future__ import annotations

import codecs
from typing import Any


class StreamError(ValueError):
    """What arrives is no such stream."""


class EventStream:
    """Bytes in, the ``data`` of whole events out.  No event may be longer than ``most_chars``."""

    def __init__(self, most_chars: int) -> None:
        self._most_chars = most_chars
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._line = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> list[str]:
        r"""The events that are complete now.

        :raises StreamError: not UTF-8, or an event without end

        >>> EventStream(100).feed(b"data: 1\n\n: a remark\ndata: 2\r\n\r\ndata: 3")
        ['1', '2']
        """
        try:
            text = self._line + self._decoder.decode(piece)
        except UnicodeDecodeError as error:
            raise StreamError("the stream is not UTF-8") from error
        *lines, self._line = text.split("\n")
        found = [event for line in lines if (event := self._take(line.removesuffix("\r"))) is not None]
        if len(self._line) + sum(map(len, self._data)) > self._most_chars:
            raise StreamError(f"an event of more than {self._most_chars} characters")
        return found

    def _take(self, line: str) -> str | None:
        if line.startswith("data:"):
            self._data.append(line[5:].removeprefix(" "))
        elif not line and self._data:
            event, self._data = "\n".join(self._data), []
            return event
        return None


def delta(chunk: Any) -> tuple[str, str]:
    """Text and finish reason ("" while there is none) of one ``chat.completion.chunk``.

    :raises StreamError: it has another shape, or tells an error

    >>> delta({"choices": [{"delta": {"content": "Yes"}, "finish_reason": None}]})
    ('Yes', '')
    """
    if isinstance(chunk, dict) and chunk.get("error"):
        raise StreamError(f"the server says: {str(chunk['error'])[:200]}")
    return _text_and_reason(chunk, "delta")


def message(answer: Any) -> tuple[str, str]:
    """The same of a whole ``chat.completion``, from a server that does not stream.

    :raises StreamError: it has another shape, or tells an error
    """
    if isinstance(answer, dict) and answer.get("error"):
        raise StreamError(f"the server says: {str(answer['error'])[:200]}")
    return _text_and_reason(answer, "message")


def _text_and_reason(chunk: Any, key: str) -> tuple[str, str]:
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    if not isinstance(choices, list):
        raise StreamError("no list of choices in what the server sent")
    if not choices:
        return "", ""  # a chunk that only counts tokens
    choice = choices[0]
    part = choice.get(key) if isinstance(choice, dict) else None
    if not isinstance(part, dict):
        raise StreamError(f"no {key} in what the server sent")
    text, reason = part.get("content"), choice.get("finish_reason")
    if not isinstance(text, str | None) or not isinstance(reason, str | None):
        raise StreamError("content and finish_reason must be text")
    return text or "", reason or ""
