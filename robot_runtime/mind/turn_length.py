"""Where a text may be cut, and how long a list may be, so that one turn has no more words than the style allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from robot_runtime.speak.clauses import count_words, sentences

MOST_NAMES = 8
"""In one sentence; nobody listens to more."""

_LEAST_NAMES = 2
_T = TypeVar("_T")


def cut(text: str, most_words: int, room_words: int) -> tuple[str, str]:
    """
    What is said in one turn, and the rest; at least one sentence, and all of it if it fits.

    :param most_words: of a turn that tells everything
    :param room_words: of a turn that ends with a question whether to go on

    >>> cut("I am here. I see a cup. I see Leo.", 8, 6)
    ('I am here.', 'I see a cup. I see Leo.')
    """
    if count_words(text) <= most_words:
        return text, ""
    said: list[str] = []
    left = sentences(text)
    while left and (not said or count_words(" ".join([*said, left[0]])) <= room_words):
        said.append(left.pop(0))
    return " ".join(said), " ".join(left)


def in_sentences(items: Iterable[_T], sentence: Callable[[Sequence[_T]], str], room_words: int) -> list[str]:
    """
    A list as sentences, each with as many items as a turn has room for, and two at least.

    >>> in_sentences("abcde", lambda names: f"I see {', '.join(names)}.", 5)
    ['I see a, b, c.', 'I see d, e.']
    """
    said: list[str] = []
    left = list(items)
    while left:
        sizes = range(min(len(left), MOST_NAMES), _LEAST_NAMES, -1)
        count = next((size for size in sizes if count_words(sentence(left[:size])) <= room_words), _LEAST_NAMES)
        said.append(sentence(left[:count]))
        left = left[count:]
    return said
