"""Words for things, people and places in a sentence: where they begin and end, and what they say of what is meant.

Nothing is looked up here but names; :mod:`robot_runtime.mind.meant` finds what a mention means in the world.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from robot_runtime.language.language import Language
from robot_runtime.mind.known import Known
from safety.ontology import normalise

MOST_WORDS = 4  # of the name of a kind
ALL = "all"


@dataclass(frozen=True)
class Mention:
    """A part of a sentence that means something or somebody."""

    kind: str  # "object", "person", "place", "surface" or "door"
    words: str  # as spoken, without the article
    named: str = ""  # class and colour, a name of a person, place or surface; "" for a mere "it"
    colour: str = ""  # of "the red one"
    article: str = ""  # "the", "any", "all" of "all cups" and "the cups", or ""
    pronoun: str = ""  # "it", "one", "me", "them", "there" or "every" of "everything"
    other: bool = False  # "the other cup"
    relation: str = ""  # "on", "in", "near" or "at", of what follows
    where: Mention | None = None
    also: tuple[Mention, ...] = ()  # of "the cup and the book" the book
    first: str = ""  # of "the cup on the table and the book" the words for the cup


EVERYTHING = Mention("object", "everything", article=ALL, pronoun="every")


@dataclass(frozen=True)
class Span:
    start: int
    end: int
    mention: Mention


class Mentions:
    """Finds mentions by the names of one world; made anew for each sentence, since names come and go.

    Whatever the language, what a mention names it names in English, as the world does.
    """

    def __init__(self, known: Known, language: Language) -> None:
        self._known = known
        self._language = language
        self._found: dict[tuple[str, ...], tuple[Span, ...]] = {}
        self._doors = self._callings(known.site.doors)
        self._places = self._callings(known.site.places)
        kinds = (normalise(name).split()[-1] for name in known.site.surfaces)
        self._surfaces = {**self._callings(kinds), **self._callings(known.site.surfaces)}
        self._ids = {self._as_said(thing.id) for thing in known.situation.facts.objects}
        people = known.situation.facts.people
        self._people = {self._as_said(words): person.id for person in people for words in (person.id, person.name) if words}

    def _callings(self, names: Iterable[str]) -> dict[str, str]:
        """What people say for names → the names."""
        if self._language.is_reference:
            return {self._as_said(name): name for name in names}
        return {said: name for name in names for said in self._language.callings(name)}

    def _as_said(self, name: str) -> str:
        """A name in the words of a sentence: "Person_2" is "person two", and "Jean-Pierre" stays what it is."""
        return " ".join(self._language.words(name.replace("_", " ")))

    def at(self, words: list[str], start: int) -> Iterator[Span]:
        """All mentions that begin here, the longest first."""
        rest = tuple(words[start:])
        if rest not in self._found:  # a sentence is read in many ways, its parts are the same
            found = [*self._objects(list(rest), 0), *self._plain(list(rest), 0)]
            self._found[rest] = tuple(sorted(found, key=lambda span: -span.end))
        for span in self._found[rest]:
            yield Span(start + span.start, start + span.end, span.mention)

    # ------------------------------------------------------------ people, places, furniture

    def _plain(self, words: list[str], start: int) -> Iterator[Span]:
        for key, kind in (("me", "person"), ("them", "person"), ("there", "place")):
            if length := self._language.at(words, start, key):
                said = " ".join(words[start : start + length])
                yield Span(start, start + length, Mention(kind, said, pronoun=key))
        begin = start + self._language.at(words, start, "the")
        if length := self._language.at(words, begin, "child"):
            child = " ".join(words[begin : begin + length])
            yield Span(start, begin + length, Mention("person", child, named=child))
        for kind, names in (("person", self._people), ("place", self._places), ("surface", self._surfaces), ("door", self._doors)):
            end, name = _longest(words, begin, names)
            if end:
                mention = Mention(kind, " ".join(words[begin:end]), named=name)
                yield Span(start, end, mention)
                if kind == "surface":
                    yield from self._further(words, Span(start, end, mention), ("place",))

    # ------------------------------------------------------------ things

    def _objects(self, words: list[str], start: int) -> Iterator[Span]:
        head = self._head(words, start)
        if head is None:
            return
        alone = [head, *(self._further(words, head, ("surface", "place", "object")) if head.mention.pronoun != "it" else ())]
        yield from alone
        for one in alone:
            yield from self._coordinated(words, one)

    def _coordinated(self, words: list[str], one: Span) -> Iterator[Span]:
        """The same with what follows after an "and": "the cup and the book"."""
        after = one.end + self._language.at(words, one.end, "also")
        if after == one.end or after >= len(words):
            return
        for more in self._objects(words, after):
            named = more.mention.named and one.mention.named
            if named and (more.mention.article or not one.mention.article):
                also = (replace(more.mention, words=more.mention.first or more.mention.words, also=()), *more.mention.also)
                both = " ".join(words[one.start : more.end])
                yield Span(one.start, more.end, replace(one.mention, words=both, also=also, first=one.mention.words))

    def _head(self, words: list[str], start: int) -> Span | None:
        """Article, "other", colour, kind: as much of it as is there, in the order of the language."""
        length = self._language.at
        if whole := length(words, start, "everything"):
            return Span(start, start + whole, EVERYTHING)
        if (one_of := length(words, start, "one_of")) and start + one_of < len(words) and (rest := self._head(words, start + one_of)):
            return replace(rest, start=start, mention=replace(rest.mention, article="any"))
        every = length(words, start, "all")
        if every and start + every < len(words) and (rest := self._head(words, start + every)):
            both = rest.end < len(words) and length(words, rest.end, "also") > 0  # of "both the cup and the book"
            return replace(rest, start=start, mention=rest.mention if both else replace(rest.mention, article=ALL))
        the, some = length(words, start, "the"), length(words, start, "any")
        article, at = "the" if the else "any" if some else "", start + (the or some)
        more = length(words, at, "other")
        other, at = bool(more or length(words, start, "other")), at + more
        bare = self._language.mentioning.bare
        one = Mention("object", "one", article=article, pronoun="one", other=other)
        if (said := length(words, at, "one")) and (article or other or bare):
            return Span(start, at + said, one)
        colour = self.colour(words[at]) if at < len(words) else ""
        if colour and (said := length(words, at + 1, "one")):
            return Span(start, at + 1 + said, replace(one, words=f"{words[at]} one", colour=colour))
        for end in range(min(at + MOST_WORDS + 1, len(words)), at, -1):
            if named := self._named(words[at:end]):
                of = ALL if not some and self._is_many(words[start:at], words[at:end]) else article
                return Span(start, end, Mention("object", " ".join(words[at:end]), named=named, article=of, other=other))
        if bare and colour and article:
            return Span(start, at + 1, replace(one, words=words[at], colour=colour))
        if bare and more:
            return Span(start, at, one)
        if said := length(words, start, "it"):
            of = ALL if length(words, start, "many") else ""
            return Span(start, start + said, Mention("object", " ".join(words[start : start + said]), article=of, pronoun="it"))
        return None

    def _is_many(self, article: list[str], noun: list[str]) -> bool:
        """Whether several are meant, by the article where the language has one for that."""
        if self._language.is_reference:
            return self._known.references.is_plural(" ".join(noun))
        return tuple(article) in {tuple(self._language.words(text)) for text in self._language.articles[1]}

    def colour(self, word: str) -> str:
        """The English name of a colour, "" of another word."""
        return self._known.references.describe(self._language.colour(word)).colour

    def _named(self, words: list[str]) -> str:
        """The English description, or the id, that words are; "" if they are none."""
        if self._is_name(" ".join(words)):
            return " ".join(words)
        named = self._language.named(words)
        return named if named and self._known.references.is_description(named) else ""

    def _is_name(self, words: str) -> bool:
        return words in self._ids

    def _further(self, words: list[str], head: Span, kinds: tuple[str, ...]) -> Iterator[Span]:
        """The same with where it is: "on the table", "that is next to the book"."""
        for link in (*self._language.small["links"], ()):
            if tuple(words[head.end : head.end + len(link)]) != link:
                continue
            after = head.end + len(link)
            for preposition, relation in self._language.relations.items():
                begin = after + len(preposition)
                if tuple(words[after:begin]) != preposition or begin >= len(words):
                    continue
                known = [*self._plain(words, begin)]
                for span in known or self._objects_plainly(words, begin):  # a table is furniture before it is a thing
                    if span.mention.kind in kinds:
                        spoken = " ".join((head.mention.words, *words[head.end : span.end]))
                        mention = replace(head.mention, words=spoken, relation=relation, where=span.mention)
                        yield Span(head.start, span.end, mention)

    def _objects_plainly(self, words: list[str], start: int) -> Iterator[Span]:
        head = self._head(words, start)
        if head is not None and head.mention.named:
            yield head


def _longest(words: list[str], start: int, names: Mapping[str, str]) -> tuple[int, str]:
    for end in range(min(start + MOST_WORDS, len(words)), start, -1):
        name = names.get(" ".join(words[start:end]))
        if name is not None:
            return end, name
    return 0, ""
