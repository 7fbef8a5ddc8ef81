"""Making every recorded decision again, from the record alone: with the rules of then it must come out the same.

What a judgement decided is judged again in the recorded context.  What a state of the gate decided (a latched stop, an
approval that expired) is held against the state that the record tells.  With other rules the question is another one: what
would have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from safety.chain import Record
from safety.confirmations import BY, Said, too_many_questions, with_yes
from safety.context import Context
from safety.copies import copy_path
from safety.files import FileError
from safety.hazards.advice import UNREAD, recorded
from safety.history import History
from safety.ontology import Ontology
from safety.restore import restore
from safety.rules import Rules
from safety.semantic import judge
from safety.types import ProposedAction, Verdict
from safety.verdicts import Decision, Limits, decision, merge

S = TypeVar("S", Rules, Ontology)

DECISIONS = ("verdict", "changed", "withdrawn")

Judge = Callable[[ProposedAction, Context, Rules, Ontology, Mapping[str, Any]], Decision]
"""The decision on an action in a context; the last is the record's data, for what else a judge has noted there."""


def by_rules(action: ProposedAction, context: Context, rules: Rules, ontology: Ontology, noted: Mapping[str, Any]) -> Decision:
    """The decision of the rules, with what the classifier has said then: it does not read what the rules refuse."""
    made = judge(action, context, rules, ontology).decision
    if made.verdict >= Verdict.DENY:
        return made
    for unread in UNREAD.intersection(noted.get("judged", noted)["rule_ids"]):
        return merge(made, decision(Verdict.DENY, unread, "as recorded"))
    return recorded(made, noted["advice"])


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that comes out otherwise."""

    sequence: int
    time_s: float
    action: str  # skill and arguments
    recorded: str  # verdict
    now: str  # verdict, or "" where it could not be made again
    cause: str


@dataclass(slots=True)
class Replay:
    """What came of it."""

    decisions: int = 0
    judged: int = 0  # made again by judging; the others were decided by a state of the gate
    differences: int = 0


class Replayer:
    """Reads records in order; ``take`` tells of each decision that differs.

    :param folder: where the record and its copies are
    :param rules: judge by these instead of those of then
    """

    def __init__(self, folder: Path, rules: Rules | None = None, ontology: Ontology | None = None, judged_by: Judge = by_rules) -> None:
        self._folder = folder
        self._judge = judged_by
        self._rules, self._ontology = rules, ontology
        self._other = rules is not None or ontology is not None
        self._loaded: dict[tuple[str, str], tuple[Rules, Ontology]] = {}
        self._history = History()
        self.result = Replay()

    def take(self, records: Iterable[Record]) -> Iterator[Difference]:
        """:raises ValueError: a record is not sound, or holds something else than the gate writes"""
        for record in records:
            try:
                difference = self._taken(record)
            except (KeyError, TypeError) as error:
                raise ValueError(f"record {record.sequence}: not such as the gate writes: {error!r}") from error
            if difference is not None:
                self.result.differences += 1
                yield difference

    def _taken(self, record: Record) -> Difference | None:
        self._history.take(record)
        if record.kind not in DECISIONS:
            return None
        self.result.decisions += 1
        return self._again(record)

    def _again(self, record: Record) -> Difference | None:
        data = record.data
        action = restore(ProposedAction, data["proposal"])
        try:
            rules, ontology = self._sources(data)
        except (OSError, ValueError) as error:
            return _difference(record, action, "", f"the rules of then are not there: {error}")
        skill = rules.skill(action.skill)
        problem = self._history.contradicts(data, moves=skill is None or bool(skill.moves))
        if problem:
            return _difference(record, action, "", problem)
        if data["judged"] is None:
            return None
        self.result.judged += 1
        return self._judged_again(record, action, restore(Context, data["context"]), rules, ontology)

    def _judged_again(
        self, record: Record, action: ProposedAction, context: Context, rules: Rules, ontology: Ontology
    ) -> Difference | None:
        data, other = record.data, self._other
        alone = self._judge(action, context, rules, ontology, data)
        if not other and _differs(alone, data["judged"]):
            return _difference(record, action, alone.verdict.value, _how(alone, data["judged"]))
        whole = self._whole(alone, context, data, rules, ontology)
        recorded = data["verdict"]["verdict"]
        if whole.verdict.value == recorded and (other or not _differs(whole, {**data["verdict"], "limits": data["limits"]})):
            return None
        return _difference(record, action, whole.verdict.value, _how(whole, data["verdict"]))

    def _whole(self, alone: Decision, context: Context, data: dict[str, Any], rules: Rules, ontology: Ontology) -> Decision:
        """With what a person has said, and with the goal of the plan."""
        said = None if data["said"] is None else restore(Said, data["said"])
        whole = with_yes(alone, said) if alone.verdict == Verdict.CONFIRM else alone
        goal = data["goal"]
        if goal is not None and self._other:
            made = self._judge(restore(ProposedAction, goal["proposal"]), context, rules, ontology, goal)
            whole = merge(whole, with_yes(made, _yes_to(goal)) if made.verdict == Verdict.CONFIRM else made)
        elif goal is not None:
            whole = merge(whole, _recorded(goal))
        asked_too_much = "too-many-questions" in data["verdict"]["rule_ids"] and whole.verdict == Verdict.CONFIRM
        return too_many_questions(whole) if asked_too_much else whole

    def _sources(self, data: dict[str, Any]) -> tuple[Rules, Ontology]:
        """Rules and ontology to judge by.

        :raises ValueError: the copy of then is missing or is not what it was
        """
        key = (str(data["verdict"]["rules_hash"]), str(data["ontology_hash"]))
        if key not in self._loaded:
            self._loaded[key] = self._load(*key)
        return self._loaded[key]

    def _load(self, rules_hash: str, ontology_hash: str) -> tuple[Rules, Ontology]:
        ontology = self._ontology or _unchanged(Ontology.load(self._copy(ontology_hash)), ontology_hash)
        return self._rules or _unchanged(Rules.load(self._copy(rules_hash), ontology), rules_hash), ontology

    def _copy(self, digest: str) -> Path:
        return copy_path(self._folder, self._history.sources.get(digest, ""))


def _unchanged(loaded: S, digest: str) -> S:
    """:raises FileError: it is not what the record refers to"""
    if loaded.hash != digest:
        raise FileError(f"copies/{digest[:12]}… has been changed")
    return loaded


def _yes_to(goal: dict[str, Any]) -> Said | None:
    """The yes that the goal of a plan was approved by, if it was by one."""
    by = next((rule_id.removeprefix(BY) for rule_id in goal["rule_ids"] if rule_id.startswith(BY)), None)
    return None if by is None else Said("", by)


def _recorded(goal: dict[str, Any]) -> Decision:
    """The decision on the goal of a plan, as it was noted."""
    made = decision(Verdict(goal["verdict"]), "", "", limits=_limits(goal["limits"]))
    return Decision(made.verdict, made.lead, tuple(goal["rule_ids"]), made.limits)


def _differs(made: Decision, recorded: dict[str, Any]) -> bool:
    same = made.verdict.value == recorded["verdict"] and list(made.rule_ids) == list(recorded["rule_ids"])
    return not (same and made.limits == _limits(recorded["limits"]))


def _how(made: Decision, recorded: dict[str, Any]) -> str:
    now, before = set(made.rule_ids), set(recorded["rule_ids"])
    parts = [f"now by {', '.join(sorted(now - before))}"] if now - before else []
    parts += [f"then by {', '.join(sorted(before - now))}"] if before - now else []
    return "; ".join(parts) or "by the same rules"


def _limits(content: dict[str, Any]) -> Limits:
    return Limits.model_validate(content)


def _difference(record: Record, action: ProposedAction, now: str, cause: str) -> Difference:
    arguments = ", ".join(argument.value for argument in action.arguments)
    return Difference(record.sequence, record.time_s, f"{action.skill}({arguments})", record.data["verdict"]["verdict"], now, cause)
