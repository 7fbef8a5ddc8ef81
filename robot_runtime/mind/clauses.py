"""One clause of a sentence by the catalogue's phrases, with mentions of things in the place of their slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.hear import pattern
from robot_runtime.hear.network import Mark, Network, minimal
from robot_runtime.mind.facts import FACTS
from robot_runtime.mind.mentions import Mention, Mentions, Span
from robot_runtime.mind.recall import QUESTIONS
from safety.files import FileError, read_yaml

CONDITIONS_FILE = Path(__file__).parent / "conditions.yaml"
UNKNOWABLE = "unknowable"

SLOT_KINDS: Mapping[str, str] = {
    "object": "object", "vessel": "object", "place": "place", "person": "person", "name": "person", "surface": "surface",
}  # fmt: skip
"""Slots that are mentions.  Others stand for words that a phrase lists."""

BEFORE = (
    "please", "hey", "robot", "okay", "ok", "so", "well", "now", "just", "uh", "um", "er", "also", "kindly", "first", "next", "finally",
    "quickly", "and", "then", "could you", "can you", "would you", "will you", "i want you to", "i would like you to", "i'd like you to",
    "you should", "you can", "maybe", "after that", "oh", "hang on", "hold on", "wait", "actually", "listen", "hello", "hi",
    "once you're there", "when you're there", "once you are there", "when you are there", "afterwards",
)  # fmt: skip
AFTER = (
    "please", "now", "thanks", "thank you", "quickly", "right now", "first", "then", "robot", "again", "for me", "if you can", "too",
    "instead", "afterwards", "after that", "as well", "will you", "would you", "could you", "can you", "if you would", "if you don't mind",
    "when you can", "when you have time", "like before", "while you're at it", "while you are at it", "at once", "immediately",
)  # fmt: skip
"""Words around a request that change nothing about it."""
FILLERS = frozenset({"um", "uh", "er", "erm", "uhm", "ehm", "hmm", "dear", "darling"})
"""Words that change nothing wherever they stand."""
UNHEARD = ("object", "place", "person", "surface")
MOST_UNHEARD = 4  # words that may stand for what was not understood

MOST_READINGS = 32


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
    """Phrases compiled once.  A mention counts as one word of its slot, so that names need not be compiled in."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._requests, self._conditions = Network(), Network()
        for phrase in catalogue.phrases("en"):
            if phrase.intent in catalogue.dialogue and phrase.intent not in QUESTIONS:
                continue  # "stop", "yes", "the red one" are no part of a plan
            node = pattern.parse(phrase.pattern)
            if set(pattern.slots(node)) <= {*SLOT_KINDS, *phrase.values}:
                self._requests.add(phrase.intent, node, _stand_ins(phrase.values))
        for name, phrases in conditions().items():
            for text in phrases:
                self._conditions.add(name, pattern.parse(text), _stand_ins({}))
        self._sentences = {id(network): minimal(network) for network in (self._requests, self._conditions)}

    def request(self, words: list[str], mentions: Mentions) -> Clause | None:
        """A request or question; courtesy around it is passed over."""
        words = _to_there(words)
        bare = without_courtesy(words)
        return self._read(bare, mentions, self._requests) or (self._read(words, mentions, self._requests) if bare != words else None)

    def condition(self, words: list[str], mentions: Mentions) -> Clause | None:
        """What stands after "if"; its intent is a kind of fact, or "no" and one, or :data:`UNKNOWABLE`."""
        return self._read(without_courtesy(words), mentions, self._conditions)

    def fragment(self, words: list[str], mentions: Mentions) -> Mention | None:
        """A mere mention: "the blue one", "blue", "to Leo"."""
        bare = without_courtesy(words)
        if bare[:1] in (["to"], ["for"]):
            bare = bare[1:]
        if len(bare) == 1 and mentions.is_colour(bare[0]):
            bare = ["the", *bare, "one"]
        return next((span.mention for span in mentions.at(bare, 0) if span.end == len(bare)), None) if bare else None

    def understood_part(self, words: list[str], mentions: Mentions) -> Part | None:
        """What was understood of a request in which a thing, place or person was not."""
        bare = without_courtesy(words)
        spans, sentences = [list(mentions.at(bare, start)) for start in range(len(bare))], self._sentences[id(self._requests)]
        for begin in range(len(bare), 0, -1):
            for kind in UNHEARD:
                for sentence, _ in islice(_readings(bare[:begin], spans, 0), MOST_READINGS):
                    state = sentences.walk([*sentence, f"_{kind}"])
                    for end in range(begin, min(begin + MOST_UNHEARD, len(bare)) + 1) if state is not None else ():
                        rest = islice(_readings(bare, spans, end), MOST_READINGS)
                        if any(sentences.walk(more, state) in sentences.final for more, _ in rest):
                            return Part(" ".join(bare[:begin]), kind, " ".join(bare[end:]))
        return None

    def _read(self, words: list[str], mentions: Mentions, network: Network) -> Clause | None:
        if not words:
            return None
        spans = [list(mentions.at(words, start)) for start in range(len(words))]
        if network is self._conditions:  # they hold of one thing
            spans = [[span for span in found if not span.mention.also] for found in spans]
        sentences = self._sentences[id(network)]
        for sentence, meant in islice(_readings(words, spans, 0), MOST_READINGS):
            if sentences.walk(sentence) in sentences.final:
                return _clause(sentence, meant, next(network.paths(sentence)), " ".join(words))
        return None


def conditions() -> Mapping[str, list[str]]:
    """The phrases of ``conditions.yaml``.

    :raises FileError: a key is no kind of fact
    """
    found: Mapping[str, list[str]] = read_yaml(CONDITIONS_FILE)
    for name in found:
        if name != UNKNOWABLE and name.removeprefix("no ") not in FACTS:
            raise FileError(f"{CONDITIONS_FILE}: {name}: is no kind of fact")
    return found


def spoken_words(text: str) -> list[str]:
    """
    The words of a sentence without those that only fill it.

    >>> spoken_words("Erm, the, uh, red cup, dear.")
    ['the', 'red', 'cup']
    """
    return [word for word in pattern.words(text) if word not in FILLERS]


def without_courtesy(words: list[str]) -> list[str]:
    """
    Words without what may stand before and after any request.

    >>> without_courtesy("okay robot could you bring me the cup please".split())
    ['bring', 'me', 'the', 'cup']
    """
    before, after = [tuple(text.split()) for text in BEFORE], [tuple(text.split()) for text in AFTER]
    while length := next((len(p) for p in before if len(words) > len(p) and tuple(words[: len(p)]) == p), 0):
        words = words[length:]
    while length := next((len(p) for p in after if len(words) > len(p) and tuple(words[-len(p) :]) == p), 0):
        words = words[:-length]
    return words


def _to_there(words: list[str]) -> list[str]:
    """Puts "go back there" in the words in which places are named: "go back to there"."""
    at = words.index("there") if "there" in words[1:] else 0
    return [*words[:at], "to", *words[at:]] if at and words[at - 1] in ("go", "back", "over", "drive", "move") else words


def _stand_ins(values: Mapping[str, tuple[str, ...]]) -> dict[str, pattern.Node]:
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
