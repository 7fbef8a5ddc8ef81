"""What the record holds of the joints' motion: its beginning, its end, and once a second in between."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from safety.types import JointPositions

NOTE_EVERY_S = 1.0


class JointNotes:
    """State: what was commanded last."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As if nothing had moved."""
        self._moving: JointPositions | None = None
        self._noted_s = -math.inf

    def note(self, command: JointPositions | None, actions: Iterable[str], now_s: float) -> tuple[str, dict[str, Any]] | None:
        """A record of the command of this step (None: the joints rest), or None when there is none to make."""
        before, self._moving = self._moving, command
        if command is None:
            return None if before is None else ("joint-motion", {"phase": "over", "names": before.names, "positions": before.positions})
        if before is not None and now_s - self._noted_s < NOTE_EVERY_S:
            return None
        self._noted_s = now_s
        phase = "begins" if before is None else "goes on"
        return "joint-motion", {"phase": phase, "actions": sorted(actions), "names": command.names, "positions": command.positions}
