"""Proposals of actions that are refused before they are judged: too old, from the future, or too many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from safety.config import GateConfig
from safety.types import ProposedAction, Verdict
from safety.verdicts import Decision, decision

FLOOD = "too-many-proposals"


def sorted_out(messages: Sequence[Any], config: GateConfig, now_s: float) -> Iterator[tuple[ProposedAction, Decision | None]]:
    """The proposals of one step, in order, each with why it is not even judged (None when it is to be).

    Judging costs a tenth of a millisecond, so that a flood of proposals could keep the gate from its motors.
    """
    proposals = [message for message in messages if isinstance(message, ProposedAction)]
    for count, action in enumerate(proposals):
        if count >= config.proposals_per_step:
            reason = f"{len(proposals)} proposals in one step, {config.proposals_per_step} are judged"
            yield action, decision(Verdict.DENY, FLOOD, reason)
        else:
            yield action, _untimely(action, config, now_s)


def _untimely(action: ProposedAction, config: GateConfig, now_s: float) -> Decision | None:
    """A proposal that waited somewhere was made for another situation."""
    if isinstance(action.stamp_s, (int, float)) and -config.action_future_s <= now_s - action.stamp_s <= config.action_max_age_s:
        return None
    return decision(Verdict.DENY, "proposal-untimely", "the proposal is too old, from the future, or without a time")
