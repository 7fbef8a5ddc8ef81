"""Sentences that claim that the robot has done something.

Such a sentence is only ever spoken by the executive, once the record holds the success.  A planner writes what it likes: its sentences
that claim an action are left out, since a planner cannot know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from robot_runtime.messages import ActionStatus, SpeechRequest
from robot_runtime.mind.plan_document import LISTS, If, Node, PlanDocument, Saying
from robot_runtime.mind.sentences.book import OF_OTHERS, Book

_DONE = r"(?:brought|given|gave|handed|fetched|got|gotten|put|placed|moved|taken|took|picked|carried|delivered|gone|went|driven|drove|"
_DONE += r"followed|found|looked|cleaned|tidied|finished|completed|done|opened|closed|made|helped|reached|arrived|guided|led|come|came|"
_DONE += r"dropped|released|grasped|greeted|reminded|told|turned|switched|checked|docked|waited|danced|saved|taken)"

_CLAIMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:i|we)(?:'ve| have| had)?(?: \w+)? {_DONE}\b",
        r"\b(?:i|we)(?:'ve| have| had)(?: \w+)? \w+(?:ed|en)\b",  # verbs that are not on the list
        rf"\b(?:has|have) been {_DONE}\b",
        rf"\b(?:is|are|was|were) (?:now )?{_DONE}\b",
        r"\bdone\b",  # wherever it stands: random weights put it into the middle of nonsense
        r"(?<!that )\bit worked\b",
        r"^(?:here is|here's|here are|here you (?:go|are)|here i am|there you (?:go|are))\b",
        r"\bi(?: am|'m) (?:in|at|back|there|done|finished|holding)\b",
        r"\b(?:mission|task|job) (?:complete|completed|accomplished)\b",
        r"\bj'ai \w+|\bje (?:suis|me suis) \w+[ée]e?\b|^(?:voici|voilà|me voici|c'est fait)\b",
    )
)
_TELL = ("done_", "each_")
"""Begin the keys of sentences about a success; the skill's name follows."""
_SENTENCES = re.compile(r"[^.!?…]+[.!?…]*\s*")


def is_claim(sentence: str) -> bool:
    """Whether a sentence says that something was done; in doubt yes.

    >>> [is_claim(text) for text in ("I have brought you the cup.", "I will bring you the cup.", "All done!", "Here you go.")]
    [True, False, True, True]
    """
    return any(pattern.search(sentence.strip().replace("’", "'")) for pattern in _CLAIMS)


def without_claims(text: str) -> str:
    """A planner's text without its sentences that claim an action.

    >>> without_claims("It is a red cup. I have fetched it. Shall I bring it?")
    'It is a red cup. Shall I bring it?'
    """
    kept = [part.strip() for part in _SENTENCES.findall(text) if part.strip() and not is_claim(part)]
    return " ".join(kept)


def honest(document: PlanDocument) -> PlanDocument:
    """A planner's document without sentences that claim an action, whether said at once or meanwhile."""
    return PlanDocument(None if document.body is None else _quiet(document.body), without_claims(document.say))


def skill_of(text: str, book: Book) -> str:
    """The skill whose success a text of the robot's own book tells, "" for one that tells none."""
    told = ((key.partition("_")[2].removesuffix(OF_OTHERS), pattern) for key, pattern in _patterns(book) if key.startswith(_TELL))
    return next((skill for skill, pattern in told if pattern.search(text)), "")


def unproven(record: Iterable[tuple[str, object]], book: Book) -> list[str]:
    """What was said of an action that the record does not hold: nothing, if the robot is honest.

    A sentence about a success needs the success before it; "here is …" needs a hand-over that is under way; any other claim of an
    action has no place in a report.

    :param record: topics and messages in the order in which they were published
    """
    succeeded: set[str] = set()
    under_way: set[str] = set()
    found: list[str] = []
    here_it_is = next(pattern for key, pattern in _patterns(book) if key == "here_it_is")
    for _, message in record:
        if isinstance(message, ActionStatus):
            under_way.discard(message.skill)
            (succeeded if message.phase == "succeeded" else under_way if message.phase == "running" else set()).add(message.skill)
        elif isinstance(message, SpeechRequest) and message.purpose in ("report", "notice"):
            skill = skill_of(message.text, book)
            proven = skill in succeeded if skill else "hand_over" in under_way if here_it_is.search(message.text) else None
            if proven is False or (proven is None and is_claim(message.text)):
                found.append(message.text)
    return found


def _patterns(book: Book) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Sentences of the book that claim, with anything in the place of their fields; those that are one field only claim nothing."""
    for key, template in book.sentences.items():
        if key == "here_it_is" or (key.startswith(_TELL) and re.sub(r"\{[^}]*\}|\W", "", template)):
            yield key, re.compile(".+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", template)))


def _quiet(node: Node) -> Node:
    if isinstance(node, Saying):
        text, during = without_claims(node.text), _quiet(node.during)
        return Saying(text, during) if text else during
    if isinstance(node, LISTS):
        return replace(node, parts=tuple(map(_quiet, node.parts)))
    if isinstance(node, If):
        return replace(node, then=_quiet(node.then), otherwise=None if node.otherwise is None else _quiet(node.otherwise))
    return node
