"""Which text tokens the model may choose: its own, none, or those of a text that it is told to say.

The text stream of the Moshi family has one token a frame: the pieces of a word, then padding while it is spoken, then a token that ends
the padding, then the next word (Défossez et al. 2024, arXiv 2410.00037).  So of a told text the words' pieces are forced, and between two
words the model chooses between padding and its end: it speaks at its own pace, and its sound never stops.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

END_OF_PADDING, PADDING = 0, 3
"""Token ids of the whole family."""

_PAUSES = (END_OF_PADDING, PADDING)
_FRAMES_A_LETTER = 0.9  # 72 ms: no word takes much longer
_LEAST_FRAMES = 2  # of padding, at most, after the shortest word
_LAST_FRAMES = 4  # after the last word, so that it is heard whole


@dataclass
class _Word:
    number: int
    tokens: deque[int]
    rest: int  # frames of padding that may follow


class Steering:
    """Asked before each token, told after it.

    :param encode: a word → its tokens
    """

    def __init__(self, encode: Callable[[str], list[int]]) -> None:
        self._encode = encode
        self.reset()

    def reset(self) -> None:
        self._words: deque[_Word] = deque()
        self._hush_frames = 0

    def tell(self, number: int, text: str) -> None:
        """Have ``text`` said after what was told before; a text without words is over at once."""
        for word in text.split():
            tokens = deque(self._encode(word))
            padding = max(_LEAST_FRAMES, round(len(word) * _FRAMES_A_LETTER) - len(tokens))
            self._words.append(_Word(number, tokens, padding))
        if self._words:
            self._words[-1].rest += _LAST_FRAMES

    def hush(self, frames: int) -> None:
        """Forget what was told; no words of its own for so many frames."""
        self._words.clear()
        self._hush_frames = frames

    @property
    def told(self) -> int:
        """Number of the text whose words are said now; 0 for the model's own."""
        return self._words[0].number if self._words else 0

    @property
    def told_left(self) -> int:
        """Frames that it needs after the next one, at most; 0 when its last frame is due."""
        return max(0, sum(len(word.tokens) + word.rest for word in self._words if word.number == self.told) - 1)

    def allowed(self) -> tuple[int, ...] | None:
        """Tokens that may come next; None for all."""
        if self._words:
            return (self._words[0].tokens[0],) if self._words[0].tokens else _PAUSES
        return _PAUSES if self._hush_frames else None

    def took(self, token: int) -> None:
        """The token that came."""
        if not self._words:
            self._hush_frames = max(0, self._hush_frames - 1)
            return
        word = self._words[0]
        if word.tokens:
            word.tokens.popleft()
            return
        word.rest -= 1
        last = len(self._words) == 1 or self._words[1].number != word.number
        if word.rest <= 0 or (token == END_OF_PADDING and not last):
            self._words.popleft()
