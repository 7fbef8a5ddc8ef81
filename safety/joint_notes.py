"""What the record holds of the joints: every new proposal, and of motion its beginning, its end, and once a second in between."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from safety.types import JointPositions

NOTE_EVERY_S = 1.0

Note = tuple[str, dict[str, Any]]
"""Kind and content of a record."""


class JointNotes:
    """State: what was proposed last, and what was commanded last."""

    def __init__(self) -> None:
        self._proposed: tuple[Any, ...] = ()
        self._moving: JointPositions | None = None
        self._noted_s = -math.inf

    def proposal(self, proposed: Any, refused: str) -> Note | None:
        """A record of a proposal and why it was refused, "" when it was taken; None when the one before was the same.

        Skills repeat a target until it is reached.
        """
        before = self._proposed
        self._proposed = getattr(proposed, "action_id", ""), getattr(proposed, "positions", ()), refused
        return None if self._proposed == before else ("joints", {"proposal": proposed, "refused": refused})

    def motion(self, command: JointPositions | None, actions: Iterable[str], now_s: float) -> Note | None:
        """A record of the command of this step (None: the joints rest), or None when there is none to make."""
        before, self._moving = self._moving, command
        if command is None:
            return None if before is None else ("joint-motion", {"phase": "over", "names": before.names, "positions": before.positions})
        if before is not None and now_s - self._noted_s < NOTE_EVERY_S:
            return None
        self._noted_s = now_s
        phase = "begins" if before is None else "goes on"
        return "joint-motion", {"phase": phase, "actions": sorted(actions), "names": command.names, "positions": command.positions}
