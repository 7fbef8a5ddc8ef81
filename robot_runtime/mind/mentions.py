"""Words for things, people and places in a sentence: where they begin and end, and what they say of what is meant.

Nothing is looked up here but names; :mod:`robot_runtime.mind.meant` finds what a mention means in the world.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from robot_runtime.mind.known import Known
from safety.ontology import normalise

THE = frozenset({"the", "that", "this", "these", "those", "my", "your", "our", "his", "her", "their"})
ANY = frozenset({"a", "an", "any", "some", "another"})
IT = frozenset({"it", "that", "this", "them", "those", "these"})
ITS_MANY = frozenset({"them", "those", "these"})
ALL = "all"
ALL_OF = (("all", "of"), ("all",), ("both", "of"), ("both",), ("every",), ("each", "of"), ("each",))
ONE = frozenset({"one", "ones"})
OTHER = frozenset({"other", "another"})
THEM = frozenset({"him", "her", "them"})
ME = frozenset({"me", "us", "myself"})
THERE = frozenset({"there"})
CHILD = frozenset({"child", "kid", "boy", "girl"})
RELATIONS: Mapping[tuple[str, ...], str] = {
    ("on",): "on", ("on", "top", "of"): "on", ("from",): "at", ("off",): "on", ("in",): "in", ("inside",): "in", ("at",): "at",
    ("next", "to"): "near", ("beside",): "near", ("near",): "near", ("by",): "near", ("close", "to"): "near",
}  # fmt: skip
"""Prepositions that tell one thing from another by where it is."""
LINKS = (("that", "is"), ("which", "is"), ("that's",), ("the", "one"), ())
MOST_WORDS = 4  # of the name of a kind


@dataclass(frozen=True)
class Mention:
    """A part of a sentence that means something or somebody."""

    kind: str  # "object", "person", "place" or "surface"
    words: str  # as spoken, without the article
    named: str = ""  # class and colour, a name of a person, place or surface; "" for a mere "it"
    colour: str = ""  # of "the red one"
    article: str = ""  # "the", "any", "all" of "all cups" and "the cups", or ""
    pronoun: str = ""  # "it", "one", "me", "them", "there" or "every" of "everything"
    other: bool = False  # "the other cup"
    relation: str = ""  # "on", "in", "near" or "at", of what follows
    where: Mention | None = None
    also: tuple[Mention, ...] = ()  # of "the cup and the book" the book


EVERYTHING = Mention("object", "everything", article=ALL, pronoun="every")


@dataclass(frozen=True)
class Span:
    start: int
    end: int
    mention: Mention


class Mentions:
    """Finds mentions by the names of one world; made anew for each sentence, since names come and go."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._found: dict[tuple[str, ...], tuple[Span, ...]] = {}
        self._places = {normalise(name): name for name in known.site.places}
        self._surfaces: dict[str, str] = {}
        for name in known.site.surfaces:
            self._surfaces.setdefault(normalise(name).split()[-1], normalise(name).split()[-1])
        self._surfaces |= {normalise(name): name for name in known.site.surfaces}
        people = known.situation.facts.people
        self._people = {normalise(words): person.id for person in people for words in (person.id, person.name) if words}

    def is_colour(self, word: str) -> bool:
        return self._known.references.describe(word).colour != ""

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
        word = words[start]
        if word in ME:
            yield Span(start, start + 1, Mention("person", word, pronoun="me"))
        if word in THEM:
            yield Span(start, start + 1, Mention("person", word, pronoun="them"))
        if word in THERE:
            yield Span(start, start + 1, Mention("place", word, pronoun="there"))
        begin = start + 1 if word in THE else start
        if begin < len(words) and words[begin] in CHILD:
            yield Span(start, begin + 1, Mention("person", words[begin], named=words[begin]))
        for kind, names in (("person", self._people), ("place", self._places), ("surface", self._surfaces)):
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
        if words[one.end : one.end + 1] != ["and"] or one.end + 1 >= len(words):
            return
        for more in self._objects(words, one.end + 1):
            named = more.mention.named and one.mention.named
            if named and (more.mention.article or not one.mention.article):
                also = (replace(more.mention, also=()), *more.mention.also)
                yield Span(one.start, more.end, replace(one.mention, words=" ".join(words[one.start : more.end]), also=also))

    def _head(self, words: list[str], start: int) -> Span | None:
        """Article, "other", colour, kind: as much of it as is there."""
        if words[start] == "both" and "and" in words[start + 1 : -1]:
            rest = self._head(words, start + 1)  # of "both the cup and the book"
            return replace(rest, start=start) if rest else None
        many = next((len(of) for of in ALL_OF if tuple(words[start : start + len(of)]) == of and len(words) > start + len(of)), 0)
        at = start + many
        if tuple(words[start : start + 2]) == ("one", "of") and len(words) > start + 2:
            rest = self._head(words, start + 2)
            return replace(rest, start=start, mention=replace(rest.mention, article="any")) if rest else None
        if words[at] == "everything" or (many and words[at : at + 2] in (["the", "things"], ["my", "things"])):
            return Span(start, at + (1 if words[at] == "everything" else 2), EVERYTHING)
        article = "the" if words[at] in THE else "any" if words[at] in ANY else ""
        other = words[at] in OTHER
        at += bool(article)
        if at < len(words) and words[at] in OTHER:
            other, at = True, at + 1
        if at < len(words) and words[at] in ONE and (article or other):
            return Span(start, at + 1, Mention("object", "one", article=article, pronoun="one", other=other))
        colour = self._known.references.describe(words[at]).colour if at < len(words) else ""
        if colour and at + 1 < len(words) and words[at + 1] in ONE:
            one = Mention("object", f"{words[at]} one", colour=colour, article=article, pronoun="one", other=other)
            return Span(start, at + 2, one)
        for end in range(min(at + MOST_WORDS + 1, len(words)), at, -1):
            named = " ".join(words[at:end])
            if self._known.references.is_description(named) or self._is_name(named):
                plural = article != "any" and self._known.references.is_plural(named)
                return Span(start, end, Mention("object", named, named=named, article=ALL if many or plural else article, other=other))
        if words[start] in IT:
            return Span(start, start + 1, Mention("object", words[start], article=ALL if words[start] in ITS_MANY else "", pronoun="it"))
        return None

    def _is_name(self, words: str) -> bool:
        return any(normalise(thing.id) == words for thing in self._known.situation.facts.objects)

    def _further(self, words: list[str], head: Span, kinds: tuple[str, ...]) -> Iterator[Span]:
        """The same with where it is: "on the table", "that is next to the book"."""
        for link in LINKS:
            if tuple(words[head.end : head.end + len(link)]) != link:
                continue
            after = head.end + len(link)
            for preposition, relation in RELATIONS.items():
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
