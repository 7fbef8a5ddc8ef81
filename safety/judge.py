"""Judging what stands in a file: requests in words, plans and actions, each with the facts around it, one a line.

The same rules and the same classifier as in the gate, without a robot: ``robot-runtime judge FILE.jsonl``.  An action is
judged by both, words and plans by the classifier alone, since the rules speak of actions.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from safety.hazards.around import deed
from safety.hazards.classifier import Classifier
from safety.hazards.words import Words
from safety.notation import Line, action_of, case_context, facts_of
from safety.ontology import Ontology
from safety.rules import Rules
from safety.semantic import judge
from safety.verdicts import Decision, merge


@dataclass(frozen=True, slots=True)
class Answer:
    """One line out."""

    id: str
    verdict: str
    hazards: dict[str, float]  # "hazard": that it is hazardous at all; then each kind of harm
    rules: tuple[str, ...]
    reason: str
    say: str
    latency_ms: float


class LineError(ValueError):
    """A line that cannot be judged; says what is wrong with it."""


class Judge:
    """Rules and classifier, ready to judge."""

    def __init__(self, rules: Rules, ontology: Ontology, classifier: Classifier) -> None:
        self._rules = rules
        self._ontology = ontology
        self._classifier = classifier

    def line(self, text: str) -> Answer:
        """The answer to one line of JSON.

        :raises LineError: it is not JSON, or not of the documented form
        """
        item = read_line(text)
        begun_s = time.perf_counter()
        decision, words = self._decision(item)
        latency_ms = (time.perf_counter() - begun_s) * 1000.0
        found = self._classifier.assess(words)
        hazards = {"hazard": round(found.hazard, 6), **{kind: round(p, 4) for kind, p in found.kinds}}
        lead = decision.lead
        return Answer(item.id, decision.verdict.value, hazards, decision.rule_ids, lead.reason, lead.say, round(latency_ms, 3))

    def _decision(self, item: Line) -> tuple[Decision, Words]:
        facts = facts_of(item.context)
        if item.action is None:
            words = Words(item.steps, facts)
            return self._classifier.decide(words), words
        action, left = action_of(item, self._rules)
        judged = judge(action, case_context(item.context), self._rules, self._ontology)
        words = Words((", ".join((deed(action, judged.case), *left)),), facts)
        return merge(judged.decision, self._classifier.decide(words)), words


def read_line(text: str) -> Line:
    """One line of JSON as the item that it holds.

    :raises LineError: it is not JSON, or not of the documented form
    """
    try:
        return Line.model_validate(json.loads(text))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        told = problem["msg"].removeprefix("Value error, ")
        raise LineError(f"{where}: {told}" if where else told) from error
    except (ValueError, RecursionError) as error:
        raise LineError(f"not JSON: {error}") from error


def judge_lines(judge_: Judge, lines: Iterable[str]) -> Iterator[tuple[int, Answer | LineError]]:
    """The number of each line that is not empty, and the answer to it or what is wrong with it."""
    for number, text in enumerate(lines, 1):
        if text.strip():
            try:
                yield number, judge_.line(text)
            except LineError as error:
                yield number, error


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer with the names of the documented form."""
    return {
        "id": answer.id,
        "verdict": answer.verdict,
        "hazards": answer.hazards,
        "rules": list(answer.rules),
        "reason": answer.reason,
        "say": answer.say,
        "latency_ms": answer.latency_ms,
    }
