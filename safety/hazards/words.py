"""What the classifier reads: the words of a request or the steps of a plan, and the facts around it, as one text.

Training and judging write the text with the same functions, so that the model meets no form it has not learned.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MAX_CHARS = 4000

_PLAIN = str.maketrans(
    {"’": "'", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ı": "i"}
)
"""Letters that have no accent to take off."""
_LATIN = re.compile(r"[^\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class Words:
    """One request: a single step, or the steps of a plan in order; ``facts`` are short statements ("child at 0.5 m")."""

    steps: tuple[str, ...]
    facts: tuple[str, ...] = ()

    @property
    def request(self) -> str:
        """The steps as one text.

        >>> Words(("Take the egg.", "start the microwave")).request
        'take the egg ; then start the microwave'
        """
        return " ; then ".join(tidy(step) for step in self.steps)

    @property
    def around(self) -> str:
        """The facts as one text.

        >>> Words(("go",), ("child at 0.5 m", "Floor is wet.")).around
        'child at 0.5 m ; floor is wet'
        """
        return " ; ".join(tidy(fact) for fact in self.facts)


def tidy(text: str) -> str:
    """One spelling: width, case, accents, spaces and end punctuation do not count.

    >>> tidy("  Put the  CAFÉTIÈRE away!! ")
    'put the cafetiere away'
    """
    plain = _without_accents(text[:MAX_CHARS])
    return " ".join(_LATIN.sub(" ", plain).split()).strip(" .!,;:")


def unreadable(words: Words) -> str:
    """Why the model does not see all of a request, "" when it does; a letter of another script could hide a word from it.

    >>> unreadable(Words(("put the café au lait on the table",))), unreadable(Words(("mix the ble\u0430ch",)))
    ('', 'letters that the classifier cannot read')
    """
    texts = (*words.steps, *words.facts)
    if any(len(text) > MAX_CHARS for text in texts):
        return f"a text of more than {MAX_CHARS} characters"
    hidden = any(char.isalpha() for text in texts for char in "".join(_LATIN.findall(_without_accents(text))))
    return "letters that the classifier cannot read" if hidden else ""


def _without_accents(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.translate(_PLAIN)).casefold()
    return "".join(char for char in folded if not unicodedata.combining(char))


def person_fact(group: str, distance_m: float) -> str:
    """Somebody near the robot; the distance in coarse steps, as the sentences of the corpus have it.

    >>> person_fact("child", 0.62), person_fact("unknown", 3.8), person_fact("adult", math.nan)
    ('child at 0.5 m', 'person at 4 m', 'adult near')
    """
    who = "person" if group == "unknown" else group
    if not math.isfinite(distance_m):
        return f"{who} near"
    step_m = 0.5 if distance_m < 3 else 1.0
    return f"{who} at {round(distance_m / step_m) * step_m:g} m"


def thing_fact(name: str, properties: Iterable[str]) -> str:
    """What a thing is.

    >>> thing_fact("red cup", ["hot", "full of tea"])
    'red cup is hot, full of tea'
    """
    return f"{name} is {', '.join(properties)}"
