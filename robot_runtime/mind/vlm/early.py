"""Finds what is to be said in a plan that is still being written, so that speech starts before the plan is whole."""

from __future__ import annotations

import json


class EarlySay:
    """Text of one JSON object in pieces; the string under the key ``say`` of its top level, once it is complete."""

    def __init__(self) -> None:
        self._string: list[str] | None = None  # the one that is being read
        self._escaped = False
        self._depth = 0
        self._key = ""
        self._is_value = False
        self._begun = False
        self._is_object = False

    def feed(self, piece: str) -> str | None:
        """What to say when this piece completes it, else None.

        >>> early = EarlySay()
        >>> [early.feed(piece) for piece in ('{"sa', 'y": "On', ' my way."', ', "do": {')]
        [None, None, 'On my way.', None]
        """
        found: str | None = None
        for char in piece:
            text = self._take(char)
            if text is not None:
                found = text
        return found

    def _take(self, char: str) -> str | None:
        if self._string is not None:
            return self._take_in_string(char)
        if not self._begun and not char.isspace():
            self._begun, self._is_object = True, char == "{"
        if char == '"':
            self._string = [char]
        elif char in "{[":
            self._depth += 1
            self._is_value = False
        elif char in "}]":
            self._depth -= 1
        elif self._depth == 1 and char in ":,":
            self._is_value = char == ":"
        return None

    def _take_in_string(self, char: str) -> str | None:
        assert self._string is not None
        self._string.append(char)
        if self._escaped or char == "\\":
            self._escaped = not self._escaped
            return None
        if char != '"':
            return None
        text, self._string = "".join(self._string), None
        return self._ended(text) if self._depth == 1 and self._is_object else None

    def _ended(self, text: str) -> str | None:
        try:
            value = str(json.loads(text, strict=False))
        except ValueError:
            return None  # a broken escape: the whole will be refused
        if self._is_value:
            return value if self._key == "say" else None
        self._key = value
        return None
