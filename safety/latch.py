"""The latched stop.  Many things set it; only a person lifts it, and time never does.

ISO 13850 (emergency stop): the command stays until it is reset by hand, the reset alone starts nothing, and it is not
possible while the cause is there.  The latch is written to disk, so that a gate that was killed comes back latched.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safety.disk import sync_path


@dataclass(frozen=True, slots=True)
class Cause:
    source: str  # "word", "topic", "service", "button", "heartbeat", "audit", "internal"
    detail: str

    def __str__(self) -> str:
        return f"{self.source}: {self.detail}" if self.detail else self.source


@dataclass(slots=True)
class Latch:
    """State machine: free → latched with a cause present → latched with all causes gone → free.

    A word, a topic message or a service call is over as soon as it came; a button, a silent heartbeat and an audit
    file that cannot be written last until they end.
    """

    causes: tuple[Cause, ...] = ()  # everything that set it since it was last free, oldest first
    present: frozenset[str] = field(default_factory=frozenset)  # sources that still ask for a stop
    since_s: float = math.nan  # when it was set last: an older request cannot lift it

    @property
    def latched(self) -> bool:
        return bool(self.causes)

    def trip(self, source: str, detail: str, now_s: float, *, lasting: bool = False) -> bool:
        """Latch the stop; True when this is news."""
        cause = Cause(source, detail)
        news = cause not in self.causes
        if news:
            self.causes = (*self.causes[-15:], cause)  # a flood of causes must not fill the memory
        self.since_s = now_s
        if lasting:
            self.present |= {source}
        return news

    def doubt(self, source: str) -> None:
        """Whether this asks for a stop is not known.  It sets none, but a stop that is set cannot be lifted meanwhile."""
        self.present |= {source}

    def over(self, source: str) -> None:
        """A lasting cause has ended.  The stop stays."""
        if source in self.present:
            self.present -= {source}

    def refusal(self, stamp_s: float, now_s: float, max_age_s: float) -> str:
        """Why a request made at ``stamp_s`` cannot lift the stop, "" when it can."""
        if not self.latched:
            return "nothing is stopped"
        if self.present:
            return f"its cause is still there: {', '.join(sorted(self.present))}"
        if not -max_age_s <= now_s - stamp_s <= max_age_s:
            return "the request is too old"
        if stamp_s < self.since_s:
            return "the request was made before the stop"
        return ""

    def lift(self) -> None:
        """Free again.  Only for a caller that has checked ``refusal`` and who asks."""
        self.causes, self.present, self.since_s = (), frozenset(), math.nan


class LatchFile:
    """Keeps a latch on disk: written at every change, by rename, so that a reader sees the old or the new one.

    ``save`` outlives the death of the process at once; ``sync`` makes it outlive a power failure, and may take long.
    A file that a power failure left empty reads as latched.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, latch: Latch) -> None:
        """Write it.

        :raises OSError: it cannot be written
        """
        text = json.dumps({"latched": latch.latched, "causes": [[cause.source, cause.detail] for cause in latch.causes]})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(self.path)

    def sync(self) -> None:
        """Wait until the disk has what was saved.

        :raises OSError: the disk says no
        """
        for path in (self.path, self.path.parent):
            if path.exists():
                sync_path(path)

    def load(self, now_s: float) -> Latch:
        """The latch as it was; latched as well when the file is damaged.

        Lasting causes have to show again, or be doubted until they do: whether a button is pressed now is not for the file to say.
        """
        latch = Latch()
        try:
            for source, detail in _causes(json.loads(self.path.read_text(encoding="utf-8"))):
                latch.trip(source, detail, now_s)
        except FileNotFoundError:
            return latch
        except (OSError, ValueError, KeyError, TypeError) as error:
            latch.trip("internal", f"latch file damaged: {type(error).__name__}", now_s)
        return latch


def _causes(content: Any) -> list[tuple[str, str]]:
    """:raises ValueError: the content contradicts itself"""
    causes = [(str(source), str(detail)) for source, detail in content["causes"]]
    if content["latched"] is not bool(causes):
        raise ValueError("latched or not?")
    return causes
