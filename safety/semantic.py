"""The semantic stage: may this action start, and within which limits?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from safety.case import Case
from safety.context import Context, case_of
from safety.match import matches
from safety.ontology import Ontology, normalise
from safety.rules import Language, Rules, SkillEntry
from safety.speaker import ENGLISH, Speaker, translated
from safety.types import ActionVerdict, ProposedAction, Verdict
from safety.verdicts import Decision, decision, merge_all

MAX_ARGUMENT_CHARS = 200
MAX_TEXT_CHARS = 2000
NOT_UNDERSTOOD = "I cannot do that."


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision, and the case that it was made on (None when the action did not get that far)."""

    decision: Decision
    case: Case | None = None


def judge(action: ProposedAction, context: Context, rules: Rules, ontology: Ontology, language: Language = "en") -> Judged:
    """The decision on one action in one context; an action that the closed list does not know is denied.

    :param language: of the sentence to say
    """
    skill = rules.skill(action.skill)
    if skill is None:
        reason = f"skill '{action.skill[:80]}' is not in the closed list"
        return Judged(decision(Verdict.DENY, "skill-unknown", reason, NOT_UNDERSTOOD))
    problem = _argument_problem(action, skill)
    if problem:
        return Judged(decision(Verdict.DENY, "arguments-invalid", problem, NOT_UNDERSTOOD))
    case = case_of(action, skill, context, ontology, rules.parameters)
    return Judged(decide(case, skill.verdict, rules, Speaker(ontology, language)), case)


def decide(case: Case, base: Verdict, rules: Rules, speaker: Speaker | None = None) -> Decision:
    """Every rule that matches the case, merged with the skill's own verdict.

    :param speaker: fills in the sentences; without one they are English
    """
    first = decision(base, f"skill-{case.skill.replace('_', '-')}", f"skill {case.skill} is in the closed list", order=len(rules.rules))
    return merge_all(first, _rule_decisions(case, rules, speaker or ENGLISH))


def verdict_message(
    action: ProposedAction, judged: Decision, rules: Rules, since_s: float, now_s: float, language: Language = "en"
) -> ActionVerdict:
    """The decision as the message that the mind gets.

    :param since_s: when there was cause to decide, on the robot's clock: the proposal's stamp, or for a verdict that changed
        later the earliest time at which it could have changed
    """
    return ActionVerdict(
        stamp_s=now_s,
        action_id=action.id,
        verdict=judged.verdict.value,
        rule_ids=judged.rule_ids,
        rules_hash=rules.hash,
        reason=judged.lead.reason,
        say=translated(judged.lead.say, language),
        max_speed_mps=judged.limits.max_speed_mps,
        latency_ms=max(0.0, now_s - since_s) * 1000.0 if math.isfinite(since_s) else math.nan,
    )


def _rule_decisions(case: Case, rules: Rules, speaker: Speaker) -> Iterable[Decision]:
    for order, rule in rules.for_skill(case.skill):
        evidence = matches(rule.when, case)
        if evidence is not None:
            say = speaker.sentence(rule.say, case)
            yield decision(rule.verdict, rule.id, f"{rule.id}: {evidence}", say, order, rule.limits)


def _argument_problem(action: ProposedAction, skill: SkillEntry) -> str:
    given = [argument.name for argument in action.arguments]
    if sorted(given) != sorted(skill.arguments):
        return f"{action.skill} takes ({', '.join(skill.arguments)}), got ({', '.join(given)[:80]})"
    for argument in action.arguments:
        limit = MAX_TEXT_CHARS if skill.arguments[argument.name] == "text" else MAX_ARGUMENT_CHARS
        if not isinstance(argument.value, str) or len(argument.value) > limit:
            return f"argument '{argument.name}' is not a text of at most {limit} characters"
        if not normalise(argument.value):
            return f"argument '{argument.name}' is empty"
    return ""
