"""One clause of a sentence by the catalogue's phrases, with mentions of things in the place of their slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.hear import pattern
from robot_runtime.hear.network import Mark, Network, minimal
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
    single = (replace(mention, words=mention.named, also=()), *mention.also)
    return tuple(replace(clause, mentions={**clause.mentions, slot: one}) for one in single)


class ClauseReader:
    """Phrases of one language compiled once.  A mention counts as one word of its slot, so that names need not be compiled in."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self.language = language
        self._requests, self._conditions = Network(), Network()
        self._values: dict[tuple[str, str], Mapping[str, str]] = {}
        for phrase in catalogue.phrases(language.language):
            if phrase.intent in catalogue.dialogue and phrase.intent not in QUESTIONS:
                continue  # "stop", "yes", "the red one" are no part of a plan
            node = pattern.parse(phrase.pattern)
            if set(pattern.slots(node)) <= {*SLOT_KINDS, *phrase.values}:
                self._requests.add(phrase.intent, node, _stand_ins(phrase.values))
                self._values.update({(phrase.intent, slot): values for slot, values in phrase.values.items()})
        for name, phrases in conditions(language).items():
            for text in phrases:
                self._conditions.add(name, pattern.parse(text), _stand_ins({}))
        self._sentences = {id(network): minimal(network) for network in (self._requests, self._conditions)}

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
        bare = without_courtesy(words, self.language)
        spans, sentences = [list(mentions.at(bare, start)) for start in range(len(bare))], self._sentences[id(self._requests)]
        for begin in range(len(bare), 0, -1):
            before = list(islice(_readings(bare[:begin], spans, 0), MOST_READINGS))
            for kind in UNHEARD:
                for sentence, _ in before:
                    state = sentences.walk([*sentence, f"_{kind}"])
                    for end in range(begin, min(begin + MOST_UNHEARD, len(bare)) + 1) if state is not None else ():
                        rest = islice(_readings(bare, spans, end), MOST_READINGS)
                        if any(sentences.walk(more, state) in sentences.final for more, _ in rest):
                            return Part(self.language.shown(bare[:begin]), kind, self.language.shown(bare[end:]))
        return None

    def _read(self, words: list[str], mentions: Mentions, network: Network) -> Clause | None:
        sentences = self._sentences[id(network)]
        begins = [*words[:1], *(f"_{span.mention.kind}" for span in mentions.at(words, 0))] if words else []
        if not any(sentences.walk([begin]) is not None for begin in begins):
            return None  # most of what is no request
        spans = [list(mentions.at(words, start)) for start in range(len(words))]
        if network is self._conditions:  # they hold of one thing
            spans = [[span for span in found if not span.mention.also] for found in spans]
        readings = [read for read in islice(_readings(words, spans, 0), MOST_READINGS) if sentences.walk(read[0]) in sentences.final]
        if not readings:
            return None
        sentence, meant = max(readings, key=lambda read: len(read[1]))  # "tidy up {object} on {surface}" before "tidy up {object}"
        return self._with_values(_clause(sentence, meant, next(network.paths(sentence)), " ".join(words)))

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


Meant = dict[int, Mention]


def _readings(words: list[str], spans: list[list[Span]], start: int) -> Iterator[tuple[list[str], Meant]]:
    """The sentence with mentions put for their words, in every way that their spans allow; longer mentions first."""
    if start >= len(words):
        yield [], {}
        return
    for span in (span for span in spans[start] if span.end <= len(words)):
        for rest, meant in _readings(words, spans, span.end):
            yield [f"_{span.mention.kind}", *rest], {0: span.mention, **{k + 1: m for k, m in meant.items()}}
    for rest, meant in _readings(words, spans, start + 1):
        yield [words[start], *rest], {k + 1: m for k, m in meant.items()}


def _clause(sentence: list[str], meant: Meant, marks: Iterable[tuple[int, Mark]], text: str) -> Clause:
    intent = ""
    begins: dict[str, int] = {}
    mentions: dict[str, Mention] = {}
    spoken: dict[str, str] = {}
    for position, mark in marks:
        if mark.kind == "intent":
            intent = mark.name
        elif mark.kind == "open":
            begins[mark.name] = position
        elif begins[mark.name] in meant:
            mentions[mark.name] = meant[begins[mark.name]]
        else:
            spoken[mark.name] = " ".join(sentence[begins[mark.name] : position])
    return Clause(intent, mentions, spoken, text)
