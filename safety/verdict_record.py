"""What the record holds of one decision: enough to understand it, and to make it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from safety.approvals import Ruling
from safety.context import Context
from safety.types import ActionVerdict, ProposedAction
from safety.verdicts import Decision


def verdict_data(
    ruling: Ruling, message: ActionVerdict, context: Context, ages_s: Mapping[str, float], advice: Callable[[ProposedAction], Any]
) -> dict[str, Any]:
    """One record.  ``judged`` is None when a state of the gate decided (a latched stop, an approval that expired).

    :param message: what was emitted
    :param ages_s: input → its age
    :param advice: what the hazard classifier noted of an action, None when it was not asked
    """
    basis = ruling.basis
    goal = None if basis is None else basis.goal
    return {
        "proposal": ruling.action,
        "context": context,
        "ages_s": ages_s,
        "verdict": message,
        "limits": ruling.decision.limits,
        "judged": None if basis is None else summary(basis.judged),
        "said": None if basis is None else basis.said,
        "advice": advice(ruling.action),
        "goal": None
        if basis is None or basis.goal_decision is None
        else {"proposal": goal, "advice": goal and advice(goal), **summary(basis.goal_decision)},
    }


def summary(decided: Decision) -> dict[str, Any]:
    """What two decisions are compared by."""
    return {"verdict": decided.verdict, "rule_ids": decided.rule_ids, "limits": decided.limits}
