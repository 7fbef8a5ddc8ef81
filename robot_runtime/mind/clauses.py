"""One clause of a sentence by the catalogue's phrases, with mentions of things in the place of their slots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.act.durations import PATTERNS as DURATIONS
from robot_runtime.hear import pattern
from robot_runtime.hear.network import Automaton, Mark, Network, minimal
from robot_runtime.language.language import Language
from robot_runtime.mind.facts import FACTS
from robot_runtime.mind.mentions import Mention, Mentions, Span
from robot_runtime.mind.recall import QUESTIONS
from safety.files import FileError, read_yaml

CONDITIONS_FOLDER = Path(__file__).parent
UNKNOWABLE = "unknowable"

SLOT_KINDS: Mapping[str, str] = {
    "object": "object", "vessel": "object", "place": "place", "person": "person", "name": "person", "surface": "surface",
    "door": "door",
}  # fmt: skip
"""Slots that are mentions.  Others stand for words that a phrase lists."""

MOST_READINGS = 32
UNHEARD = ("object", "place", "person", "surface")
_KEPT_SENTENCES = 1024  # with their marks, which are the same whatever is mentioned in them
MOST_UNHEARD = 4  # words that may stand for what was not understood


@dataclass(frozen=True)
class Clause:
    """One request, question or condition."""

    intent: str
    mentions: Mapping[str, Mention] = field(default_factory=dict)  # by slot
    words: Mapping[str, str] = field(default_factory=dict)  # slots that are no mentions
    text: str = ""


@dataclass(frozen=True)
class Part:
    """A request with a gap: the words before and after it, and what kind of mention is missing there."""

    before: str
    kind: str
    after: str


def apart(clause: Clause) -> tuple[Clause, ...]:
    """One clause for each of "the cup and the book"."""
    slot = next((slot for slot, mention in clause.mentions.items() if mention.also), "")
    if not slot:
        return (clause,)
    mention = clause.mentions[slot]
    single = (replace(mention, words=mention.first if mention.where else mention.named, also=()), *mention.also)
    return tuple(replace(clause, mentions={**clause.mentions, slot: one}) for one in single)


class ClauseReader:
    """Phrases of one language compiled once.  A mention counts as one word of its slot, so that names need not be compiled in."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self.language = language
        requests, facts = Network(), Network()
        self._values: dict[tuple[str, str], Mapping[str, str]] = {}
        spans = {text: text for text in DURATIONS} if language.is_reference else language.spans()
        for phrase in catalogue.phrases(language.language):
            if phrase.intent in catalogue.dialogue and phrase.intent not in QUESTIONS:
                continue  # "stop", "yes", "the red one" are no part of a plan
            node = pattern.parse(phrase.pattern)
            listed = {**phrase.values, "duration": spans}
            if set(pattern.slots(node)) <= {*SLOT_KINDS, *listed}:
                requests.add(phrase.intent, node, _stand_ins(listed))
                self._values.update({(phrase.intent, slot): values for slot, values in listed.items()})
        for name, phrases in conditions(language).items():
            for text in phrases:
                facts.add(name, pattern.parse(text), _stand_ins({}))
        self._requests, self._conditions = _Phrases(requests), _Phrases(facts, of_one_thing=True)

    def request(self, words: list[str], mentions: Mentions) -> Clause | None:
        """A request or question; courtesy around it is passed over."""
        words = self._to_there(words)
        bare = without_courtesy(words, self.language)
        return self._read(bare, mentions, self._requests) or (self._read(words, mentions, self._requests) if bare != words else None)

    def condition(self, words: list[str], mentions: Mentions) -> Clause | None:
        """What stands after "if"; its intent is a kind of fact, or "no" and one, or :data:`UNKNOWABLE`."""
        return self._read(without_courtesy(words, self.language), mentions, self._conditions)

    def fragment(self, words: list[str], mentions: Mentions) -> Mention | None:
        """A mere mention: "the blue one", "blue", "to Leo"."""
        bare = without_courtesy(words, self.language)
        return next(whole(bare[self.language.at(bare, 0, "whom") :], mentions), None)

    def understood_part(self, words: list[str], mentions: Mentions) -> Part | None:
        """What was understood of a request in which a thing, place or person was not."""
        bare, sentences = without_courtesy(words, self.language), self._requests.sentences
        spans = cache(lambda start: [*mentions.at(bare, start)])
        for begin in range(len(bare), 0, -1):
            before = {read.state for read in islice(_readings(bare[:begin], spans, sentences), MOST_READINGS)}
            for kind in UNHEARD:
                states = [state for one in sorted(before) if (state := sentences.walk([f"_{kind}"], one)) is not None]
                for end in range(begin, min(begin + MOST_UNHEARD, len(bare)) + 1) if states else ():
                    rest = (read for state in states for read in islice(_readings(bare, spans, sentences, end, state), MOST_READINGS))
                    if any(read.state in sentences.final for read in rest):
                        return Part(self.language.shown(bare[:begin]), kind, self.language.shown(bare[end:]))
        return None

    def _read(self, words: list[str], mentions: Mentions, phrases: _Phrases) -> Clause | None:
        """The reading with the most mentions: "tidy up {object} on {surface}" goes before "tidy up {object}"."""
        spans = cache(lambda start: [span for span in mentions.at(words, start) if not (phrases.of_one_thing and span.mention.also)])
        readings = (read for read in _readings(words, spans, phrases.sentences) if read.state in phrases.sentences.final)
        best = max(islice(readings, MOST_READINGS), key=lambda read: len(read.meant), default=None)
        return None if best is None else self._with_values(_clause(best, phrases.marks(best.sentence), " ".join(words)))

    def _with_values(self, clause: Clause) -> Clause:
        words = {slot: self._values.get((clause.intent, slot), {}).get(said, said) for slot, said in clause.words.items()}
        return replace(clause, words=words)

    def _to_there(self, words: list[str]) -> list[str]:
        """Puts "go back there" in the words in which places are named: "go back to there"."""
        language = self.language
        at = next((k for k in range(1, len(words)) if language.at(words, k, "there") and language.at(words, k - 1, "go")), 0)
        return [*words[:at], language.joining.to, *words[at:]] if at else words


def conditions(language: Language) -> Mapping[str, list[str]]:
    """The phrases of a language's file of conditions.

    :raises FileError: it is missing, or a key is no kind of fact
    """
    path = CONDITIONS_FOLDER / f"conditions.{language.language}.yaml"
    found: Mapping[str, list[str]] = read_yaml(path)
    for name in found:
        if name != UNKNOWABLE and name.removeprefix("no ") not in FACTS:
            raise FileError(f"{path}: {name}: is no kind of fact")
    return {name: [language.spaced(text) for text in phrases] for name, phrases in found.items()}


def without_courtesy(words: list[str], language: Language) -> list[str]:
    """
    Words without what may stand before and after any request.

    >>> from robot_runtime.language.language import load_language
    >>> without_courtesy("okay robot could you bring me the cup please".split(), load_language("en"))
    ['bring', 'me', 'the', 'cup']
    """
    while 0 < (length := language.at(words, 0, "before")) < len(words):
        words = words[length:]
    after = language.small["after"]
    while length := next((len(p) for p in after if len(words) > len(p) and tuple(words[-len(p) :]) == p), 0):
        words = words[:-length]
    return words


def whole(words: list[str], mentions: Mentions) -> Iterator[Mention]:
    """What the words mention, to the last of them; a colour alone is one of that colour."""
    yield from (span.mention for span in (mentions.at(words, 0) if words else ()) if span.end == len(words))
    if len(words) == 1 and (colour := mentions.colour(words[0])):
        yield Mention("object", words[0], colour=colour, article="the", pronoun="one")


def _stand_ins(values: Mapping[str, Iterable[str]]) -> dict[str, pattern.Node]:
    """What may stand for each slot: one word that no person says for a mention, and the listed words."""
    listed = {name: pattern.Choice(tuple(pattern.parse(text) for text in texts)) for name, texts in values.items()}
    return {**{slot: pattern.Word(f"_{kind}") for slot, kind in SLOT_KINDS.items()}, **listed}


class _Phrases:
    """What may be said in which words, with one word in the place of each mention."""

    def __init__(self, network: Network, *, of_one_thing: bool = False) -> None:
        """``of_one_thing``: not of "the cup and the book"."""
        self.of_one_thing = of_one_thing
        self.sentences = minimal(network)
        self.marks = lru_cache(_KEPT_SENTENCES)(lambda sentence: next(network.paths([*sentence])))


@dataclass(frozen=True)
class _Reading:
    """Words with some of them taken as mentions, as far as a sentence of the phrases may begin so."""

    sentence: tuple[str, ...]  # with one word in the place of each mention
    meant: Mapping[int, Mention]  # by its place in the sentence
    state: int  # of the automaton, after it


def _readings(
    words: list[str], spans: Callable[[int], list[Span]], sentences: Automaton, start: int = 0, state: int = 0
) -> Iterator[_Reading]:
    """Every reading of the words from ``start`` on, by the mentions that begin at each; longer mentions first."""
    if start >= len(words):
        yield _Reading((), {}, state)
        return
    mentioned = [(f"_{span.mention.kind}", span.end, {0: span.mention}) for span in spans(start) if span.end <= len(words)]
    for word, end, meant in (*mentioned, (words[start], start + 1, {})):
        after = sentences.walk([word], state)
        for rest in _readings(words, spans, sentences, end, after) if after is not None else ():
            yield _Reading((word, *rest.sentence), {**meant, **{at + 1: mention for at, mention in rest.meant.items()}}, rest.state)


def _clause(read: _Reading, marks: Iterable[tuple[int, Mark]], text: str) -> Clause:
    intent = ""
    begins: dict[str, int] = {}
    mentions: dict[str, Mention] = {}
    spoken: dict[str, str] = {}
    for position, mark in marks:
        if mark.kind == "intent":
            intent = mark.name
        elif mark.kind == "open":
            begins[mark.name] = position
        elif begins[mark.name] in read.meant:
            mentions[mark.name] = read.meant[begins[mark.name]]
        else:
            spoken[mark.name] = " ".join(read.sentence[begins[mark.name] : position])
    return Clause(intent, mentions, spoken, text)
