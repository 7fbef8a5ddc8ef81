"""Names of things and places in the robot's sentences: known by their English names, spoken in the form that a sentence asks for.

A field such as ``{place:le}`` asks for a form.  English needs none: its sentences write the article themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ELIDED = "l'"
_A = {"le": "un", "la": "une", "les": "des"}
_OF = {"le": "du", "la": "de la", "les": "des"}
_TO = {"le": "au", "la": "à la", "les": "aux"}


class Names:
    """French names.

    :param nouns: English name → French one with its definite article
    :param colours: English colour → its masculine and feminine form
    :param feminine: nouns whose article ("l'", "les") does not tell it
    """

    def __init__(self, nouns: Mapping[str, str], colours: Mapping[str, tuple[str, str]], feminine: frozenset[str]) -> None:
        self._nouns = nouns
        self._colours = colours
        self._feminine = feminine

    def form(self, name: str, form: str) -> str:
        """A name in the form "le" (definite), "un" (indefinite), "de" or "a" (contracted with the article), or as it is.

        What has no French name comes back as it is.

        >>> names = Names({"cup": "la tasse", "hall": "l'entrée"}, {"green": ("vert", "verte")}, frozenset({"entrée"}))
        >>> [names.form("green cup", form) for form in ("le", "un", "de", "a", "")]
        ['la tasse verte', 'une tasse verte', 'de la tasse verte', 'à la tasse verte', 'green cup']
        >>> names.form("hall", "le"), names.form("hall", "un"), names.form("hall", "a"), names.form("drone", "le")
        ("l'entrée", 'une entrée', "à l'entrée", 'drone')
        """
        found = self._found(name)
        if not form or found is None:
            return name
        article, noun = found
        if article == ELIDED:
            un = "une" if self._is_feminine(article, noun) else "un"
            return {"le": f"l'{noun}", "un": f"{un} {noun}", "de": f"de l'{noun}", "a": f"à l'{noun}"}[form]
        return {"le": article, "un": _A[article], "de": _OF[article], "a": _TO[article]}[form] + f" {noun}"

    def _found(self, name: str) -> tuple[str, str] | None:
        """Article and noun, the colour behind it."""
        if name in self._nouns:
            return _parted(self._nouns[name])
        colour, _, rest = name.partition(" ")
        if colour not in self._colours or rest not in self._nouns:
            return None
        article, noun = _parted(self._nouns[rest])
        masculine, feminine = self._colours[colour]
        return article, f"{noun} {feminine if self._is_feminine(article, noun) else masculine}"

    def _is_feminine(self, article: str, noun: str) -> bool:
        return article == "la" or (article != "le" and noun.split()[0] in self._feminine)


@dataclass(frozen=True)
class Formed:
    """A value of a field that knows its forms."""

    value: str
    names: Names

    def __format__(self, form: str) -> str:
        return self.names.form(self.value, form)


FORMS = frozenset({"", "le", "un", "de", "a"})


def _parted(name: str) -> tuple[str, str]:
    """Article and noun.

    >>> _parted("l'assiette"), _parted("la tasse à café")
    (("l'", 'assiette'), ('la', 'tasse à café'))
    """
    if name.startswith(ELIDED):
        return ELIDED, name[len(ELIDED) :]
    article, _, noun = name.partition(" ")
    return article, noun
