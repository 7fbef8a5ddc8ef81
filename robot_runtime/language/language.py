"""One language as people speak it to the robot: how its words are parted, its small words, and its names of things.

Inside the robot everything has its English name; a language file holds the others.  :func:`load_language` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.hear.pattern import words as plain_words
from robot_runtime.language.names import ELIDED, Names, Noun
from safety.files import FileError, load_yaml, suggestion
from safety.ontology import Ontology

FOLDER = Path(__file__).parent
REFERENCE = "en"
"""The language of the robot's own names: of classes, places, furniture, colours and listed values."""

Phrase = tuple[str, ...]
Phrases = tuple[str, ...]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Durations(_Model):
    """Words for spans of time → those of ``act/durations.py``."""

    numbers: dict[str, str]
    units: dict[str, str]
    spans: dict[str, str]


class Mentioning(_Model):
    """Words that point to things, people and places."""

    the: Phrases
    any: Phrases
    it: Phrases
    many: Phrases = Field(description="those of them that mean several")
    all: Phrases = Field(description="before things of which every one is meant")
    everything: Phrases
    one_of: Phrases
    one: Phrases
    other: Phrases
    me: Phrases
    them: Phrases
    there: Phrases
    child: Phrases
    relations: dict[str, str] = Field(description="words that say where a thing is → on, in, near or at")
    links: Phrases = Field(description="words that may stand before them")
    bare: bool = Field(False, description='whether "the red" is said for "the red one", and a word of "one" without an article')


class Joining(_Model):
    """Words that join the parts of a sentence, and those around it that change nothing."""

    and_: Phrases = Field(alias="and")
    instead: Phrases = Field(description="after which somebody says it better")
    otherwise: Phrases
    if_: Phrases = Field(alias="if")
    then: Phrases
    not_: str = Field(alias="not")
    but: str
    before: Phrases
    after: Phrases
    before_if: Phrases
    also: Phrases = Field(description="before one thing more")
    towards: Phrases = Field(description="between a thing and where, or to whom, it goes")
    meant: Phrases = Field(description="after which somebody says what they meant")
    objections: Phrases = Field(description="with which somebody objects to what is being done")
    leads: Phrases = Field(description="before the name of a thing that is chosen")
    fillers: Phrases = Field(description="single words that change nothing wherever they stand")
    whom: Phrases = Field(description="what may stand before somebody or something in an answer")
    to: str = Field(description='the word before a place that nobody says before "there"')
    go: Phrases = Field(description="words after which it is left out so")


class Language(_Model):
    """One language's file."""

    language: str
    parted: bool = Field(False, description="whether hyphens and apostrophes part words, as in dis-moi and l'eau")
    written: dict[str, str] = Field({}, description="what is written as one word → the words that it is")
    mentioning: Mentioning
    joining: Joining
    durations: Durations | None = Field(None, description="none of the reference language, whose words are in act/durations.py")
    days: dict[str, tuple[float, float]] = Field({}, description="words for parts of days → hours after the midnight that was last")
    names: dict[str, str] = Field({}, description="English name → name with its article")
    also: dict[str, str] = Field({}, description="further names, with their article → English name")
    colours: dict[str, tuple[str, str]] = Field({}, description="English colour → its masculine and feminine form")
    invariable: frozenset[str] = Field(frozenset(), description="colours without a plural")
    feminine: frozenset[str] = Field(frozenset(), description="nouns whose article does not tell it")
    articles: tuple[Phrases, Phrases] = Field(((), ()), description="all that may stand before a noun: in the singular, in the plural")

    # ------------------------------------------------------------ words

    def spaced(self, text: str) -> str:
        """A text, or a pattern, with a space between all words.

        >>> load_language("fr").spaced("va-t'en au salon"), load_language("en").spaced("o'clock")
        ("va t' en à le salon", "o'clock")
        """
        if self.parted:
            text = re.sub(r"(\w)['’]\s*(?=[\w{(\[])", r"\1' ", text.replace("-", " "))
        return self._as_one.sub(lambda found: self.written[found.group().lower()], text) if self.written else text

    def words(self, text: str) -> list[str]:
        """The words of a sentence, as the patterns have them."""
        return plain_words(self.spaced(text))

    def spoken(self, text: str) -> list[str]:
        """The same without those that only fill a sentence.

        >>> load_language("en").spoken("Erm, the, uh, red cup, dear.")
        ['the', 'red', 'cup']
        """
        return [word for word in self.words(text) if (word,) not in self.small["fillers"]]

    def shown(self, words: Sequence[str]) -> str:
        """Words as a person writes them; hyphens do not come back.

        >>> load_language("fr").shown(["va", "à", "le", "salon", "prendre", "l'", "eau"])
        "va au salon prendre l'eau"
        """
        text = " ".join(words)
        if self.parted:
            text = text.replace("' ", "'")
        for together, apart in self.written.items():
            if together.isalpha() and " " in apart:
                text = re.sub(rf"\b{apart}\b", together, text)
        return text

    @cached_property
    def small(self) -> Mapping[str, tuple[Phrase, ...]]:
        """The lists of small words by their keys in the file, each phrase as its words, the longest first."""
        listed = {**self.mentioning.model_dump(by_alias=True), **self.joining.model_dump(by_alias=True)}
        return {
            key: tuple(sorted((tuple(self.words(phrase)) for phrase in phrases), key=len, reverse=True))
            for key, phrases in listed.items()
            if isinstance(phrases, tuple)
        }

    @cached_property
    def _by_first_word(self) -> Mapping[str, Mapping[str, list[Phrase]]]:
        """The same, in each list by the word with which phrases begin."""
        found: dict[str, dict[str, list[Phrase]]] = {key: {} for key in self.small}
        for key, phrases in self.small.items():
            for phrase in phrases:
                found[key].setdefault(phrase[0], []).append(phrase)
        return found

    @cached_property
    def relations(self) -> Mapping[Phrase, str]:
        """Words that say where a thing is → on, in, near or at."""
        return {tuple(self.words(said)): relation for said, relation in self.mentioning.relations.items()}

    def at(self, words: Sequence[str], start: int, key: str) -> int:
        """How many words from ``start`` on are one of the phrases of a list of small words; the longest counts, 0 if none.

        >>> load_language("en").at(["on", "another", "one"], 1, "any"), load_language("fr").at(["de", "la", "tasse"], 0, "any")
        (1, 2)
        """
        phrases = self._by_first_word[key].get(words[start], []) if start < len(words) else ()
        return next((len(phrase) for phrase in phrases if tuple(words[start : start + len(phrase)]) == phrase), 0)

    @cached_property
    def _as_one(self) -> re.Pattern[str]:
        return re.compile(rf"\b({'|'.join(map(re.escape, sorted(self.written, key=len, reverse=True)))})\b", re.IGNORECASE)

    # ------------------------------------------------------------ names

    @property
    def is_reference(self) -> bool:
        return self.language == REFERENCE

    @cached_property
    def nouns(self) -> Names:
        """What the robot's own names are called."""
        things = {} if self.is_reference else _things()
        return Names({**things, **self.names}, self.colours, self.feminine, self.invariable)

    def called(self, name: str) -> str:
        """An English name in this language, without its article; "" where there is none."""
        if self.is_reference:
            return name
        noun = self.nouns.noun(name)
        return noun.text if noun else ""

    def english(self, words: str) -> str:
        """The English name of what words say, an article apart; the words themselves if they are no name.

        >>> load_language("fr").english("la tasse rouge"), load_language("fr").english("mon téléphone"), load_language("fr").english("Rose")
        ('red cup', 'phone', 'Rose')
        """
        bare = self.without_article(tuple(words.split()))
        return self.named(bare) or " ".join(bare) or words

    def named(self, words: Iterable[str]) -> str:
        """The same without an article; "" if they are no name."""
        said = " ".join(words)
        return said if self.is_reference else self._english.get(said, "")

    def without_article(self, words: Phrase) -> Phrase:
        """Words without the article at their beginning."""
        found = [article for article in self._articles if words[: len(article)] == article]
        return words[len(max(found, key=len)) :] if found else words

    def colour(self, word: str) -> str:
        """A colour's English name, the word itself if it is none."""
        return self._colours.get(word, word)

    def callings(self, name: str) -> list[str]:
        """All that something with an English name is called, without articles."""
        return [name] if self.is_reference else [" ".join(self.words(noun.text)) for noun in self._nouns_of((name,))]

    def colour_words(self) -> list[str]:
        """All forms of all colours."""
        return sorted(self._colours)

    def sayings(self, values: Iterable[str]) -> dict[str, str]:
        """What is said for values → the values."""
        if self.is_reference:
            return {value: value for value in values}
        said: dict[str, str] = {}
        for value in values:
            for noun in self._nouns_of((value,)):
                said.setdefault(" ".join(self.words(noun.text)), value)
        return said

    def things(self, names: Iterable[str], *, coloured: bool = False) -> list[str]:
        """Patterns of what things with these English names are called: with an article or without, the colours agreeing.

        What has no name in this language keeps the English one.
        """
        by_form: dict[tuple[bool, bool], list[str]] = {}
        for noun in self._nouns_of(names):
            by_form.setdefault((noun.is_plural, noun.is_feminine), []).append(" ".join(self.words(noun.text)))
        patterns = []
        for (plural, feminine), nouns in sorted(by_form.items()):
            colours = sorted({self.nouns.agreeing(colour, feminine, plural) for colour in self.colours})
            after = f" [{' | '.join(colours)}]" if coloured else ""
            patterns.append(f"[{' | '.join(self.articles[plural])}] ({' | '.join(sorted(set(nouns)))}){after}")
        return [self.spaced(pattern) for pattern in patterns]

    def _nouns_of(self, names: Iterable[str]) -> list[Noun]:
        wanted = set(names)
        found = [self.nouns.noun(name) or Noun(ELIDED, name) for name in sorted(wanted)]
        return found + [self.nouns.parsed(text) for text, name in self.also.items() if name in wanted]

    @cached_property
    def _articles(self) -> frozenset[Phrase]:
        singular, plural = self.articles
        return frozenset(tuple(self.words(text)) for text in (*singular, *plural))

    @cached_property
    def _colours(self) -> dict[str, str]:
        forms = ((False, False), (True, False), (False, True), (True, True))
        return {self.nouns.agreeing(colour, *form): colour for colour in self.colours for form in forms}

    @cached_property
    def _english(self) -> dict[str, str]:
        """Every name, alone, in the plural and with every colour → English."""
        nouns = [(name, noun) for name in self.nouns.known if (noun := self.nouns.noun(name))]
        nouns += [(name, self.nouns.parsed(text)) for text, name in self.also.items()]
        found: dict[str, str] = {}
        for name, noun in nouns:
            many = noun if noun.is_plural else noun.plural
            for one in (noun, many):
                text = " ".join(self.words(one.text))
                found.setdefault(text, name)
                for colour in self.colours:
                    agreeing = self.nouns.agreeing(colour, one.is_feminine, one.is_plural)
                    found.setdefault(f"{text} {agreeing}", f"{colour} {name}")
        return found

    # ------------------------------------------------------------ spans of time

    def spans(self) -> dict[str, str]:
        """What is said for spans of time → the words of ``act/durations.py``."""
        if self.durations is None:
            return {}
        counted = {
            f"{number} {unit}": f"{english} {of}"
            for number, english in self.durations.numbers.items()
            for unit, of in self.durations.units.items()
        }
        return {" ".join(self.words(said)): english for said, english in {**counted, **self.durations.spans}.items()}


def load_language(language: str, folder: Path = FOLDER) -> Language:
    """What the robot knows of a language.

    :raises FileError: there is no such file, or something in it is wrong
    """
    if not (folder / f"{language}.yaml").is_file():
        raise FileError(f"{folder}: nothing is known of the language '{language}'{suggestion(language, languages(folder))}")
    return _read(folder / f"{language}.yaml")


def language_of(name: str) -> Language:
    """The language of an utterance; the reference where nothing is known of it."""
    return load_language(name if name in languages() else REFERENCE)


def languages(folder: Path = FOLDER) -> list[str]:
    """The languages in which the robot can be spoken to."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


@cache
def _read(path: Path) -> Language:
    return load_yaml(path, Language)


@cache
def _things() -> dict[str, str]:
    """The French names of all things of the ontology, by all their English ones."""
    classes = Ontology.load().classes
    return {word: kind.fr for name, kind in classes.items() if kind.fr for word in (name, *kind.synonyms)}
