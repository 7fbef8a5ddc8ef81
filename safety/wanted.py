"""The velocity that somebody wants the base to have: the newest proposal, and whether an approved action stands behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from safety.approvals import Approval, Approvals
from safety.config import GateConfig
from safety.types import ProposedVelocity


class Wanted:
    """State: the newest proposal."""

    def __init__(self, config: GateConfig, approvals: Approvals) -> None:
        self._config = config
        self._approvals = approvals
        self.newest: ProposedVelocity | None = None

    def forget(self) -> None:
        """Nobody wants anything."""
        self.newest = None

    def take(self, proposals: Iterable[Any], now_s: float) -> None:
        """Keep the newest proposal.  An older stamp than the last one's is a replay and counts for nothing."""
        for proposed in proposals:
            if not _is_velocity(proposed):
                self.newest = None
                continue
            if proposed.stamp_s > now_s + self._config.future_tolerance_s:
                continue
            if proposed.stamp_s > now_s:
                proposed = replace(proposed, stamp_s=now_s)  # a fast clock must not make it last longer
            if self.newest is None or proposed.stamp_s >= self.newest.stamp_s:
                self.newest = proposed
                self._approvals.use(proposed.action_id, now_s)

    def approved(self, now_s: float) -> tuple[Approval | None, str]:
        """The approval that the newest proposal belongs to; else why nothing is wanted although somebody wants to move."""
        newest = self.newest
        if newest is None or (newest.linear_mps == 0.0 and newest.angular_radps == 0.0):
            return None, ""
        approval = self._approvals.get(newest.action_id)
        if now_s - newest.stamp_s > self._config.command_max_age_s:
            return None, _ceased(newest, approval)
        if approval is None:
            return None, f"velocity for action '{newest.action_id[:40]}', which is not approved"
        if "base" not in approval.parts:
            return None, f"skill '{approval.action.skill}' may not move the base"
        return approval, ""


def _ceased(last: ProposedVelocity, approval: Approval | None) -> str:
    """Who drove fell silent amid a motion of an action that goes on: whoever is done says zero."""
    if approval is None or "base" not in approval.parts:
        return ""
    return f"cmd_vel/proposed for action '{last.action_id[:40]}' has ceased"


def _is_velocity(proposed: Any) -> bool:
    whole = isinstance(proposed, ProposedVelocity) and isinstance(proposed.action_id, str)
    return whole and _finite(proposed.stamp_s, proposed.linear_mps, proposed.angular_radps)


def _finite(*numbers: Any) -> bool:
    return all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers)
