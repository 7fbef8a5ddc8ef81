"""Numbers in English words, and how they are written in figures."""

from __future__ import annotations

from collections.abc import Sequence

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_IRREGULAR = {"first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine", "twelfth": "twelve"}
_ORDINALS = {**{f"{word}th": word for word in _SMALL}, **{f"{word[:-1]}ieth": word for word in _TENS}, **_IRREGULAR}
_ORDINAL_OF = {"hundred": "hundredth", **{word: ordinal for ordinal, word in _ORDINALS.items()}}
_MOST = 999
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def written(words: Sequence[str]) -> list[str]:
    """The figures that these words may be written as; nothing if they are no number below a thousand.

    >>> written(["forty", "five"]), written(["twenty", "first"]), written(["one", "hundred", "twelve"]), written(["red"])
    (['45'], ['21st'], ['112'], [])
    """
    *before, last = words
    if last in _ORDINALS:
        value = _value([*before, _ORDINALS[last]])
        return [] if value is None else [f"{value}{_ending(value)}"]
    value = _value(words)
    return [] if value is None else [str(value)]


def spoken(figures: str) -> str:
    """Figures as words; what is no number below a thousand stays as it is.

    >>> spoken("45"), spoken("21st"), spoken("112"), spoken("2026")
    ('forty five', 'twenty first', 'one hundred twelve', '2026')
    """
    digits = figures.rstrip("stndrh")
    if not digits.isdigit() or int(digits) > _MOST:
        return figures
    words = _words(int(digits))
    if digits != figures:
        words[-1] = _ORDINAL_OF[words[-1]]
    return " ".join(words)


def _words(value: int) -> list[str]:
    if value >= 100:
        return [_SMALL[value // 100], "hundred", *(_words(value % 100) if value % 100 else [])]
    if value < len(_SMALL):
        return [_SMALL[value]]
    tens, ones = divmod(value, 10)
    return [_TENS[tens - 2], *([_SMALL[ones]] if ones else [])]


def _ending(value: int) -> str:
    return "th" if value // 10 % 10 == 1 else _ENDINGS.get(value % 10, "th")


def _value(words: Sequence[str]) -> int | None:
    """0 … 999; None if they are no number.

    >>> _value(["three", "hundred"]), _value(["ninety", "nine"]), _value(["five", "six"])
    (300, 99, None)
    """
    if len(words) >= 2 and words[1] == "hundred" and words[0] in _SMALL[1:10]:
        rest = 0 if len(words) == 2 else _below_hundred(words[2:])
        return None if rest is None else 100 * _SMALL.index(words[0]) + rest
    return _below_hundred(words)


def _below_hundred(words: Sequence[str]) -> int | None:
    if len(words) == 1 and words[0] in _SMALL:
        return _SMALL.index(words[0])
    if words and words[0] in _TENS:
        tens = 10 * (_TENS.index(words[0]) + 2)
        if len(words) == 1:
            return tens
        if len(words) == 2 and words[1] in _SMALL[1:10]:
            return tens + _SMALL.index(words[1])
    return None
