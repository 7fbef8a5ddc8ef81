"""Names of things and places: known by their English names, spoken in the form that a sentence asks for.

A field such as ``{place:le}`` asks for a form.  English needs none: its sentences write the article themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

ELIDED = "l'"
_A = {"le": "un", "la": "une", "les": "des"}
_OF = {"le": "du", "la": "de la", "les": "des"}
_TO = {"le": "au", "la": "à la", "les": "aux"}


@dataclass(frozen=True)
class Noun:
    """A French name."""

    article: str  # "le", "la", "les", "l'", or "" of words that have none
    text: str
    is_feminine: bool = False

    @property
    def is_plural(self) -> bool:
        return self.article == "les"

    @property
    def plural(self) -> Noun:
        """Of several: "tasse à café" becomes "tasses à café"."""
        first, space, rest = self.text.partition(" ")
        ending = "" if first[-1:] in "sxz" else "x" if first.endswith(("eau", "eu")) else "s"
        return replace(self, article="les", text=f"{first}{ending}{space}{rest}")

    def form(self, form: str) -> str:
        """See :meth:`Names.form`."""
        if not self.article:
            return self.text
        if self.article == ELIDED:
            un = "une" if self.is_feminine else "un"
            return {"le": f"l'{self.text}", "un": f"{un} {self.text}", "de": f"de l'{self.text}", "a": f"à l'{self.text}"}[form]
        return {"le": self.article, "un": _A[self.article], "de": _OF[self.article], "a": _TO[self.article]}[form] + f" {self.text}"


class Names:
    """French names.

    :param nouns: English name → French one with its definite article
    :param colours: English colour → its masculine and feminine form
    :param feminine: nouns whose article ("l'", "les") does not tell it
    :param invariable: colours that have no plural
    """

    def __init__(
        self,
        nouns: Mapping[str, str],
        colours: Mapping[str, tuple[str, str]],
        feminine: frozenset[str],
        invariable: frozenset[str] = frozenset(),
    ) -> None:
        self.known = nouns
        self._colours = colours
        self._feminine = feminine
        self._invariable = invariable

    def form(self, name: str, form: str) -> str:
        """A name in the form "le" (definite), "un" (indefinite), "de" or "a" (contracted with the article), or as it is.

        What has no French name comes back as it is.

        >>> nouns = {"cup": "la tasse", "hall": "l'entrée", "keys": "les clés"}
        >>> names = Names(nouns, {"green": ("vert", "verte")}, frozenset({"entrée", "clés"}))
        >>> [names.form("green cup", form) for form in ("le", "un", "de", "a", "")]
        ['la tasse verte', 'une tasse verte', 'de la tasse verte', 'à la tasse verte', 'green cup']
        >>> names.form("hall", "le"), names.form("hall", "un"), names.form("green keys", "le"), names.form("drone", "le")
        ("l'entrée", 'une entrée', 'les clés vertes', 'drone')
        """
        noun = self.noun(name) if form else None
        return noun.form(form) if noun else name

    def noun(self, name: str) -> Noun | None:
        """A name with the colour behind it; None if there is no French one."""
        if name in self.known:
            return self.parsed(self.known[name])
        colour, _, rest = name.partition(" ")
        if colour not in self._colours or rest not in self.known:
            return None
        noun = self.parsed(self.known[rest])
        return replace(noun, text=f"{noun.text} {self.agreeing(colour, noun.is_feminine, noun.is_plural)}")

    def agreeing(self, colour: str, feminine: bool, plural: bool) -> str:
        """
        A colour as its noun has it.

        >>> Names({}, {"green": ("vert", "verte"), "grey": ("gris", "grise")}, frozenset()).agreeing("grey", False, True)
        'gris'
        """
        word = self._colours[colour][feminine]
        return word if not plural or word.endswith("s") or colour in self._invariable else f"{word}s"

    def parsed(self, text: str) -> Noun:
        """A French name with its article.

        >>> Names({}, {}, frozenset({"assiette"})).parsed("l'assiette"), Names({}, {}, frozenset()).parsed("boire de l'eau")
        (Noun(article="l'", text='assiette', is_feminine=True), Noun(article='', text="boire de l'eau", is_feminine=False))
        """
        if text.startswith(ELIDED):
            article, noun = ELIDED, text[len(ELIDED) :]
        else:
            article, _, noun = text.partition(" ")
            if article not in _A:
                return Noun("", text)
        return Noun(article, noun, article == "la" or (article != "le" and noun.split()[0] in self._feminine))


@dataclass(frozen=True)
class Formed:
    """A value of a field that knows its forms."""

    value: str
    names: Names

    def __format__(self, form: str) -> str:
        return self.names.form(self.value, form)


FORMS = frozenset({"", "le", "un", "de", "a"})
