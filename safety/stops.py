"""What latches the stop and who lifts it: the latch with its file, its inputs, and the person who asks."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safety.authority import too_young, unfit, unseen
from safety.config import GateConfig
from safety.disk import BackgroundSync
from safety.latch import Latch, LatchFile
from safety.rules import Parameters
from safety.types import EStop, Heartbeat, People, Person, RearmRequest

logger = logging.getLogger(__name__)

Event = tuple[str, dict[str, Any]]
"""One entry for the record: kind and data."""


BUTTON = "button"
"""Source of a latched stop: the e_stop input."""


@dataclass(slots=True)
class _Beat:
    """The newest sign of life of one source."""

    alive_s: float  # when it was given, by its stamp
    stamp_s: float = -math.inf
    fault: str = ""  # why the message after it is no sign of life


class Stops:
    """State: the latch, and since when the e-stop input is silent."""

    def __init__(self, config: GateConfig, parameters: Parameters, folder: Path | None) -> None:
        self._config = config
        self._parameters = parameters
        self._file = LatchFile(folder / "latch.json") if folder else None
        self._disk = BackgroundSync(self._file.sync) if self._file else None
        self._unsaved = False
        self._pulse_s = math.nan  # when the e-stop input was heard last
        self._beats: dict[str, _Beat] = {}  # of every supervised source
        self._pressed_s = -math.inf  # when it said "pressed" last
        self._button_known = True  # False: supervised, and not heard yet
        self.latch = Latch()
        self.refused = ""  # why the last request to lift the stop was refused
        self.refused_s = -math.inf
        if folder is None:
            logger.warning("state_dir is 'memory': the latched stop and the audit live in memory and end with this process")

    def adopt(self, parameters: Parameters) -> None:
        """Go on under another rule file."""
        self._parameters = parameters

    @property
    def unknown(self) -> tuple[str, ...]:
        """What might ask for a stop and is not known yet, in words: nothing may move meanwhile."""
        return () if self._button_known else ("no e_stop: whether it is pressed is not known",)

    @property
    def error(self) -> str:
        """Why the latch is not safely on disk, "" when it is."""
        return "latch.json cannot be written" if self._unsaved else self._disk.error if self._disk else ""

    def begin(self, now_s: float) -> None:
        """The first step: take the latch over from the process before.  A button that was pressed is, until it says otherwise."""
        if self._file is not None:
            self.latch = self._file.load(now_s)
        self._button_known = self._config.e_stop_max_age_s == 0
        if not self._button_known or any(cause.source == BUTTON for cause in self.latch.causes):
            self.latch.doubt(BUTTON)
        self._pulse_s = now_s
        self._beats = {source: _Beat(alive_s=now_s) for source in self._config.heartbeats}

    def clock_went_back(self, by_s: float, now_s: float) -> Iterator[Event]:
        """Latch, and reckon from now on: stored times lie in the future and would switch supervision off until then."""
        self._pulse_s, self.refused_s = now_s, -math.inf
        self._beats = {source: _Beat(alive_s=now_s) for source in self._config.heartbeats}
        if BUTTON in self.latch.present:
            self._pressed_s = now_s
        yield from self.trip("clock", f"the clock went back by {by_s:.2f} s", now_s)

    def take(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> Iterator[Event]:
        """Everything that asks for a stop.  A malformed request stops too."""
        for request in (*inbox.get("service/stop", ()), *inbox.get("safety/stop_request", ())):
            source, detail = str(getattr(request, "source", "")) or "topic", str(getattr(request, "detail", "malformed request"))
            yield from self.trip(source[:40], detail[:200], now_s)
        for message in inbox.get("e_stop", ()):
            self._pulse_s, self._button_known = now_s, True
            if isinstance(message, EStop) and message.pressed is False:
                if now_s - self._pressed_s >= self._config.e_stop_release_s:  # else of another source, or a bouncing contact
                    self.latch.over(BUTTON)
            else:
                self._pressed_s = now_s
                yield from self.trip(BUTTON, "e_stop is pressed", now_s, lasting=True)
        yield from self._heartbeats(inbox, now_s)

    def trip(self, source: str, detail: str, now_s: float, *, lasting: bool = False) -> Iterator[Event]:
        """Latch the stop."""
        if self.latch.trip(source, detail, now_s, lasting=lasting):
            self._save()
            yield "stop", {"source": source, "detail": detail}

    def requests(self, inbox: Mapping[str, Sequence[Any]], people: People | None, now_s: float) -> Iterator[Event]:
        """Requests to lift the stop; ``people`` is None while the gate does not see who is there."""
        calls = [(request, self._refusal(request, now_s)) for request in inbox.get("service/rearm", ())]
        spoken = ((request, self._voice_refusal(request, people, now_s)) for request in inbox.get("safety/rearm_request", ()))
        for request, refusal in (*calls, *spoken):
            if not refusal:
                self.latch.lift()
                self._save()
            elif self.latch.latched:
                self.refused, self.refused_s = refusal, now_s
            yield "rearm", {"request": request, "accepted": not refusal, "reason": refusal}

    def retry(self) -> None:
        """Try again to write what could not be written."""
        if self._unsaved:
            self._save()
        elif self._disk is not None and self._disk.error:
            self._disk.start()

    def _refusal(self, request: Any, now_s: float) -> str:
        if not isinstance(request, RearmRequest) or not math.isfinite(request.stamp_s):
            return "malformed request"
        return self.latch.refusal(request.stamp_s, now_s, self._config.rearm_max_age_s)

    def _voice_refusal(self, request: Any, people: People | None, now_s: float) -> str:
        """Whatever comes over a topic counts as spoken: its ``source`` is only a claim."""
        refusal = self._refusal(request, now_s)
        if refusal:
            return refusal
        return unfit(request.requester_id, people, lambda person: self._unfit(person, now_s))

    def _unfit(self, person: Person, now_s: float) -> str:
        """Why this person may not lift a stop."""
        p = self._parameters
        problem = unseen(person, now_s, self._config.rearm_seen_s)
        return problem or too_young(person, p.rearm_age_groups, p.rearm_confidence, "lift a stop")

    def _heartbeats(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> Iterator[Event]:
        """Everything that must give signs of life; nothing has given one before the first step, which counts as one."""
        if self._config.e_stop_max_age_s > 0:
            yield from self._supervised("heartbeat", "e_stop input is silent", self._pulse_s, self._config.e_stop_max_age_s, now_s)
        for message in inbox.get("safety/heartbeat", ()):
            self._take_heartbeat(message, now_s)
        for source, max_age_s in self._config.heartbeats.items():
            beat = self._beats[source]
            what = f"{source} is silent{f' ({beat.fault})' if beat.fault else ''}"
            yield from self._supervised(f"heartbeat of {source}", what, beat.alive_s, max_age_s, now_s)

    def _supervised(self, key: str, what: str, alive_s: float, max_age_s: float, now_s: float) -> Iterator[Event]:
        if now_s - alive_s > max_age_s:
            yield from self.trip(key, what, now_s, lasting=True)
        else:
            self.latch.over(key)

    def _take_heartbeat(self, message: Any, now_s: float) -> None:
        """A sign of life counts from its stamp, not from when it came: one that is held up tells nothing of now.

        It is newer than the one before: a dead publisher's last message that is repeated is none.
        """
        beat = self._beats.get(message.source) if isinstance(message, Heartbeat) else None
        if beat is None:
            return
        beat.fault = _beat_fault(message.stamp_s, beat.stamp_s, now_s + self._config.future_tolerance_s)
        if not beat.fault:
            late = now_s - message.stamp_s > self._config.heartbeats[message.source]
            beat.fault = "its messages come late, or its clock is behind" if late else ""
            beat.stamp_s, beat.alive_s = message.stamp_s, max(beat.alive_s, min(message.stamp_s, now_s))

    def _save(self) -> None:
        if self._file is None or self._disk is None:
            return
        try:
            self._file.save(self.latch)
            self._unsaved = False
            self._disk.start()
        except OSError:
            self._unsaved = True


def _beat_fault(stamp_s: float, before_s: float, latest_s: float) -> str:
    """Why a stamp is that of no new sign of life."""
    if not stamp_s <= latest_s:  # nan too
        return "its messages are stamped in the future"
    return "" if stamp_s > before_s else "its messages are repeated"
