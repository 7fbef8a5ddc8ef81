"""A whole sentence as clauses: several commands, a condition, a correction.

Nothing here knows the world but the names of people, places and furniture; what is meant is found later.  A sentence is either read to
its last word or not at all: what the robot has only half understood it does not do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from robot_runtime.mind.clauses import SLOT_KINDS, Clause, ClauseReader, Part
from robot_runtime.mind.giving_up import GivingUp
from robot_runtime.mind.mentions import Mention, Mentions

MOST_SENTENCE_WORDS = 60
MOST_UNSAID = 6  # words that a better beginning takes back


@dataclass(frozen=True)
class Command:
    """What is to be done, in order; under a condition or without one."""

    clauses: tuple[Clause, ...]
    condition: Clause | None = None
    otherwise: tuple[Clause, ...] = ()
    condition_first: bool = True  # as it was spoken, so that "it" means what was named before


@dataclass(frozen=True)
class Correction:
    """A mere mention that takes the place of one of the turn before: "no, the blue one"."""

    mention: Mention


@dataclass(frozen=True)
class Understood:
    """Commands in order, one correction or one addition; what was not understood, "" if nothing."""

    commands: tuple[Command, ...] = ()
    correction: Correction | None = None
    addition: Mention | None = None  # of "and the book, too": the same with this
    rest: str = ""


class SentenceReader:
    def __init__(self, reader: ClauseReader, giving_up: GivingUp) -> None:
        self._reader = reader
        self._giving_up = giving_up
        self._language = reader.language
        small = self._language.small
        self._and, self._instead, self._otherwise = small["and"], small["instead"], small["otherwise"]

    def read(self, text: str, mentions: Mentions) -> Understood:
        words = self._language.spoken(text)
        if not words or len(words) > MOST_SENTENCE_WORDS:
            return Understood(rest=text)
        command = self._command(words, mentions)
        if command is not None:
            return Understood((command,))
        several = self._several(words, mentions)
        if several:
            return Understood(several)
        addition = self._addition(words, mentions)
        if addition is not None:
            return Understood(addition=addition)
        correction = self._correction(words, mentions)
        if correction is not None:
            return Understood(correction=correction)
        return self._partly(words, mentions)

    def understood_part(self, text: str, mentions: Mentions) -> Part | None:
        """See :meth:`ClauseReader.understood_part`."""
        return self._reader.understood_part(self._language.spoken(text), mentions)

    # ------------------------------------------------------------ parts of a sentence

    def _several(self, words: list[str], mentions: Mentions) -> tuple[Command, ...]:
        """Commands of which one has a condition: "go to the kitchen and if the cup is there bring it to me"."""
        for before, after in _split(words, self._and):
            first = self._sequence(before, mentions, None)
            if first:
                rest = self._conditional(after, mentions)
                if rest is not None:
                    return (Command(first), rest)
        return ()

    def _command(self, words: list[str], mentions: Mentions) -> Command | None:
        plain = self._sequence(words, mentions, None) or self._said_better(words, mentions)
        if plain:
            return Command(plain)
        return self._conditional(words, mentions) or self._corrected(words, mentions)

    def _conditional(self, words: list[str], mentions: Mentions) -> Command | None:
        ifs = [(at, length) for at in range(len(words)) if (length := self._language.at(words, at, "if"))]
        found = (self._with_if(words[:at], words[at + length :], mentions) for at, length in ifs)
        return next((command for command in found if command), None)

    def _with_if(self, before: list[str], after: list[str], mentions: Mentions) -> Command | None:
        if not before or not self._sequence(before, mentions, None):
            return self._if_first(after, mentions) if self._is_courtesy(before) else None
        condition = self._reader.condition(after, mentions)
        return Command(self._sequence(before, mentions, None), condition, condition_first=False) if condition else None

    def _if_first(self, words: list[str], mentions: Mentions) -> Command | None:
        for end in range(2, len(words)):
            condition = self._reader.condition(words[:end], mentions)
            if condition is None:
                continue
            rest = words[end + self._language.at(words, end, "then") :]
            then = self._sequence(rest, mentions, None)
            if then:
                return Command(then, condition)
            for before, after in _split(rest, self._otherwise):
                then, otherwise = self._sequence(before, mentions, None), self._sequence(after, mentions, None)
                if then and (otherwise or self._giving_up.says(" ".join(after))):
                    return Command(then, condition, otherwise)
        return None

    def _corrected(self, words: list[str], mentions: Mentions) -> Command | None:
        """As in "bring me the red cup no the blue one": the last that was said counts."""
        for before, after in _split(words, self._instead):
            first = self._sequence(before, mentions, None)
            if not first:
                continue
            better = self._sequence(after, mentions, None)
            if better:
                return Command((*first[:-1], *better))
            mention = self._reader.fragment(after, mentions)
            changed = replaced(first[-1], mention) if mention else None
            if changed:
                return Command((*first[:-1], changed))
        return self._begun_anew(words, mentions)

    def _begun_anew(self, words: list[str], mentions: Mentions) -> Command | None:
        """As in "bring me the red, no, the yellow cup": it goes on from the word that is said again."""
        for before, after in _split(words, self._instead):
            at = next((len(before) - k for k in range(1, min(MOST_UNSAID, len(before)) + 1) if before[-k] == after[0]), 0)
            better = self._sequence([*before[:at], *after], mentions, None) if at else ()
            if better:
                return Command(better)
        return None

    def _said_better(self, words: list[str], mentions: Mentions) -> tuple[Clause, ...]:
        """A whole request after a word such as "no": it takes the place of what is being done, as any request does."""
        length = self._language.at(words, 0, "instead")
        return self._sequence(words[length:], mentions, None) if length else ()

    def _addition(self, words: list[str], mentions: Mentions) -> Mention | None:
        """A turn that only mentions one more thing: "and the book as well"."""
        length = self._language.at(words, 0, "also")
        return self._reader.fragment(words[length:], mentions) if length else None

    def _correction(self, words: list[str], mentions: Mentions) -> Correction | None:
        """A turn that only mentions something, mostly after a "no"."""
        for marker in (*self._instead, ()):
            if tuple(words[: len(marker)]) == marker and len(words) > len(marker):
                wanted = (self._reader.fragment(said, mentions) for said in self._without_not(words[len(marker) :]))
                mention = next(filter(None, wanted), None)
                if mention is not None:
                    return Correction(mention)
        meant = next((at + length for at in range(1, len(words)) if (length := self._language.at(words, at, "meant"))), 0)
        return self._correction(words[meant:], mentions) if meant else None

    def _sequence(self, words: list[str], mentions: Mentions, before: Clause | None) -> tuple[Clause, ...]:
        """Clauses that follow on each other; () when the words cannot be read so to the last."""
        whole = self._reader.request(words, mentions) or self._same_again(words, mentions, before)
        if whole is not None and not _may_be_two(whole):
            return (whole,)
        for left, right in _split(words, self._and):
            first = self._reader.request(left, mentions) or self._same_again(left, mentions, before)
            if first is not None and (whole is None or _is_put(first)):
                rest = self._sequence(right, mentions, first)
                if rest:
                    return (first, *rest)
        return (whole,) if whole is not None else self._one_after_another(words, mentions)

    def _one_after_another(self, words: list[str], mentions: Mentions) -> tuple[Clause, ...]:
        """Requests without an "and": whoever writes down what was said leaves out where a sentence ended."""
        for at in range(2, len(words) - 1):
            first = self._reader.request(words[:at], mentions)
            rest = self._sequence(words[at:], mentions, None) if first else ()
            if first and rest:
                return (first, *rest)
        return ()

    def _same_again(self, words: list[str], mentions: Mentions, before: Clause | None) -> Clause | None:
        """As in "… and the book", "… and the book to Leo": the same with another thing, and perhaps for somebody else."""
        if before is None:
            return None
        mention = self._reader.fragment(words, mentions)
        if mention is not None and not (mention.where and _is_put(before)):
            return replaced(before, mention)
        return self._with_destination(words, mentions, before) or (replaced(before, mention) if mention else None)

    def _with_destination(self, words: list[str], mentions: Mentions, before: Clause) -> Clause | None:
        """The same with another thing, and for somebody else or somewhere else."""
        for at in range(1, len(words) - 1):
            towards = self._language.at(words, at, "towards")
            thing = self._reader.fragment(words[:at], mentions) if towards else None
            other = self._reader.fragment(words[at + towards :], mentions) if thing else None
            changed = replaced(before, thing) if thing and other else None
            again = replaced(changed, other) if changed and thing and other and other.kind != thing.kind else None
            if again:
                return again
        verb = before.text.split()[:1]
        again = self._reader.request([*verb, *words], mentions)  # such as a room after furniture
        return again if again and again.intent == before.intent else None

    def _partly(self, words: list[str], mentions: Mentions) -> Understood:
        for before, after in _split(words, self._and):
            for part, rest in ((before, after), (after, before)):
                first = self._sequence(part, mentions, None)
                if first:
                    return Understood((Command(first),), rest=self._language.shown(rest))
        return Understood(rest=self._language.shown(words))

    def _without_not(self, words: list[str]) -> Iterator[list[str]]:
        """Of "not the red one but the blue one", with "but" or without, what is wanted, which comes last; of other words all."""
        no, but = self._language.joining.not_, self._language.joining.but
        if words[:1] != [no]:
            yield words
        elif but in words[:-1]:
            yield words[words.index(but) + 1 :]
        else:
            yield from (words[at:] for at in range(2, len(words)))

    def _is_courtesy(self, words: list[str]) -> bool:
        while length := self._language.at(words, 0, "before_if"):
            words = words[length:]
        return not words


def replaced(clause: Clause, mention: Mention) -> Clause | None:
    """The clause with its last slot of the mention's kind filled by it; None when it has none.

    A thing that only points ("the blue one") keeps the kind that was named before.
    """
    slot = next((name for name in reversed(list(clause.mentions)) if SLOT_KINDS[name] == mention.kind), None)
    if slot is None:
        return None
    if mention.pronoun == "one" and not mention.named:
        mention = _of_the_kind(mention, clause.mentions[slot])
    return replace(clause, mentions={**clause.mentions, slot: mention})


def _may_be_two(clause: Clause) -> bool:
    """Whether it is like "put the cup on the table and the book on the shelf": the table is where the cup comes to, or where it is."""
    several = [(mention, *mention.also)[:-1] for mention in clause.mentions.values()]
    return any(mention.where for some in several for mention in some)


def _is_put(clause: Clause) -> bool:
    return any(SLOT_KINDS[slot] in ("surface", "place") for slot in clause.mentions)


def _of_the_kind(one: Mention, before: Mention) -> Mention:
    kind = before.named.split()[-1] if before.named else ""
    if not kind or one.other:
        return one
    return replace(one, named=f"{one.colour} {kind}".strip(), pronoun="")


def _split(words: list[str], markers: tuple[tuple[str, ...], ...]) -> Iterator[tuple[list[str], list[str]]]:
    """Every way to part the words at a marker, from the left; at each place the longest marker."""
    for at in range(1, len(words) - 1):
        marker = next((m for m in markers if tuple(words[at : at + len(m)]) == m), None)
        if marker and at + len(marker) < len(words):
            yield words[:at], words[at + len(marker) :]
