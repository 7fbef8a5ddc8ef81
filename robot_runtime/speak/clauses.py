"""Cuts text into sentences and clauses, and gives each clause its time, so that pace and pauses come out as asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+")
_CLAUSE_END = re.compile(r"(?<=[,;:])\s+|\s+(?=[–—]\s)")
_FEW_WORDS = 4
"""Words a minute say little about a shorter sentence; one of long words gets the time of its letters."""
_LETTERS_A_WORD = 4.3  # of running English text; French is near it
_DIGIT = 4.0  # letters: "7" is spoken "seven"
_MOST_PAUSE = 0.3
"""Share of a sentence's time; longer pauses would make the words between them hasty."""


@dataclass(frozen=True)
class Clause:
    """What an engine speaks in one go."""

    text: str
    seconds: float  # of its sound
    pause_s: float  # after it, if it does not end its sentence
    ends_sentence: bool


def count_words(text: str) -> int:
    """Words that are spoken; punctuation is none.

    >>> count_words("I'm here — well-kept, at 3.")
    5
    """
    return len(_WORD.findall(text))


def counted_words(sentence: str) -> float:
    """Words by which its pace counts: a short sentence of long words has more of them.

    >>> counted_words("It is on the table."), round(counted_words("Understood."), 2)
    (5, 2.33)
    """
    words = count_words(sentence)
    return words if words >= _FEW_WORDS else max(words, letters(sentence) / _LETTERS_A_WORD)


def letters(text: str) -> float:
    """How much there is to say, in letters.

    >>> letters("It is 7.")
    8.0
    """
    return sum(_DIGIT if character.isdigit() else 1.0 for character in text if character.isalnum())


def sentences(text: str) -> list[str]:
    """The text cut after every full stop, question and exclamation mark.

    >>> sentences("I will. Is it red? Yes")
    ['I will.', 'Is it red?', 'Yes']
    """
    return [part for part in _SENTENCE_END.split(text.strip()) if part]


def whole_sentences(text: str) -> tuple[list[str], str]:
    """The sentences that have ended, and the beginning of the next one.

    >>> whole_sentences("I will. Is it")
    (['I will.'], 'Is it')
    """
    parts = _SENTENCE_END.split(text)
    return [part.strip() for part in parts[:-1] if part.strip()], parts[-1]


def rest(text: str, said: str) -> str:
    """What of a text is to be said again when it was cut: from the beginning of the clause of which not all was heard.

    >>> rest("I will. As you like, I may go on.", "I will. As you like, I may")
    'I may go on.'
    """
    heard = count_words(said)
    clauses = [clause for sentence in sentences(text) for clause in _CLAUSE_END.split(sentence)]
    while clauses and heard >= count_words(clauses[0]):
        heard -= count_words(clauses.pop(0))
    return " ".join(clauses)


def timed(sentence: str, rate_wpm: float, clause_pause_s: float) -> Sequence[Clause]:
    """The clauses of a sentence, timed so that all of it has the rate; empty when there is nothing to say.

    >>> [(clause.text, round(clause.seconds, 2)) for clause in timed("I may not, as it is hot.", 120, 0.3)]
    [('I may not,', 1.4), ('as it is hot.', 1.8)]
    """
    parts = [part for part in _CLAUSE_END.split(sentence.strip()) if count_words(part)]
    weights = [letters(part) for part in parts]
    total = sum(weights)
    seconds = counted_words(sentence) * 60 / rate_wpm
    pauses_s = min(clause_pause_s * (len(parts) - 1), _MOST_PAUSE * seconds)
    pause_s = pauses_s / (len(parts) - 1) if len(parts) > 1 else 0.0
    spoken_s = seconds - pauses_s
    last = len(parts) - 1
    return [
        Clause(part, spoken_s * weight / total, pause_s if index < last else 0.0, index == last)
        for index, (part, weight) in enumerate(zip(parts, weights, strict=True))
    ]
