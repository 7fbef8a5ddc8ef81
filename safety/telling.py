"""What one step came to, for the record and for everybody who listens."""

from __future__ import annotations

import math
from typing import Any

from safety.audit import Audit
from safety.caps import Permit, Surroundings
from safety.config import GateConfig
from safety.inputs import Inputs
from safety.kinematic import Kinematic, Motion
from safety.report import Outcome, Reporter, announced, state_message
from safety.types import ProposedVelocity


class Telling:
    """Records motion, and says the state when it is due.  State: what was said last."""

    def __init__(self, config: GateConfig, inputs: Inputs, kinematic: Kinematic, audit: Audit) -> None:
        self._config = config
        self._inputs = inputs
        self._kinematic = kinematic
        self._audit = audit
        self._reporter = Reporter()

    def reset(self) -> None:
        """Say everything again."""
        self._reporter.reset()

    def of(
        self, outcome: Outcome, motion: Motion, around: Surroundings, wanted: ProposedVelocity | None, now_s: float
    ) -> list[tuple[str, Any]]:
        """The messages about this step: none while nothing is new.

        :param wanted: what was proposed
        """
        note = self._reporter.note(outcome, wanted, self._inputs.ages_s, now_s)
        if note is not None:
            self._audit.record(*note, now_s)
        if not self._reporter.state_due(outcome, now_s):
            return []
        cap_mps = 0.0 if outcome.stops else motion.cap_mps
        if math.isinf(cap_mps):
            cap_mps, caps = self._kinematic.allowed_ahead(Permit(), around)
            outcome = Outcome(outcome.mode, outcome.stops, caps, 0.0, 0.0, outcome.idle_reason)
        person_m = min((n.distance_m for n in around.neighbours), default=math.nan)
        obstacle_m = around.obstacles.nearest_m if self._inputs.latest("scan") is not None else math.nan
        return announced(state_message(outcome, min(cap_mps, self._config.max_speed_mps), person_m, obstacle_m, now_s))
