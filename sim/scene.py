"""What the director sees of a run: the truth of the home, what the robot published, and since when things have been so."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from robot_runtime.messages import (
    ActionStatus,
    ActionVerdict,
    ProposedAction,
    SafetyState,
    SimState,
    SpeechState,
    Utterance,
)
from robot_runtime.stage import Inbox, latest, news
from sim.description import HomeDescription, Surface
from sim.truth import Truth

STILL_MPS = 0.02
STILL_RADPS = 0.05
MOVING_MPS = 0.05
_STANDS_WITHIN_M = 0.25  # the middle of a thing is no higher than this over what it stands on
_SPEED_OVER_S = 0.15  # speed is taken over so long: three states at 20 Hz


@dataclass(frozen=True)
class JudgedAction:
    """A verdict together with what it is about."""

    verdict: ActionVerdict
    action: ProposedAction


@dataclass
class Scene:
    """One run as it unfolds; :meth:`take` brings it up to date."""

    home: HomeDescription
    surfaces: Mapping[str, Surface]
    read: Callable[[SimState], Truth]
    now_s: float = 0.0
    truth: Truth | None = None
    first: Truth | None = None
    safety: SafetyState | None = None
    speed_mps: float = 0.0
    turn_radps: float = 0.0
    still_since_s: float = math.nan  # nan while the robot moves
    moving_since_s: float = math.nan  # nan while it does not drive
    begun: list[SpeechState] = field(default_factory=list)  # sentences that the robot began in this tick
    finished: list[SpeechState] = field(default_factory=list)
    heard: list[Utterance] = field(default_factory=list)
    verdicts: list[JudgedAction] = field(default_factory=list)
    statuses: list[ActionStatus] = field(default_factory=list)
    _track: deque[Truth] = field(default_factory=deque)
    _actions: dict[str, ProposedAction] = field(default_factory=dict)
    _unknown: list[ActionVerdict] = field(default_factory=list)

    def take(self, inbox: Inbox, now_s: float) -> None:
        """Take in the news of one tick."""
        self.now_s = now_s
        speech = news(inbox, "speech/state", SpeechState)
        self.begun = [state for state in speech if state.phase == "started"]
        self.finished = [state for state in speech if state.phase == "finished"]
        self.heard = list(news(inbox, "speech/heard", Utterance))
        self.statuses = list(news(inbox, "action/status", ActionStatus))
        self.safety = latest(inbox, "safety/state", SafetyState, self.safety)
        self._take_verdicts(inbox)
        for state in news(inbox, "sim/state", SimState):
            self._take_truth(self.read(state))

    def _take_verdicts(self, inbox: Inbox) -> None:
        """Join verdicts with their actions, whichever of the two comes first."""
        self._actions.update((action.id, action) for action in news(inbox, "action/proposed", ProposedAction))
        waiting = [*self._unknown, *news(inbox, "action/verdict", ActionVerdict)]
        self.verdicts = [JudgedAction(v, self._actions[v.action_id]) for v in waiting if v.action_id in self._actions]
        self._unknown = [v for v in waiting if v.action_id not in self._actions]

    def _take_truth(self, truth: Truth) -> None:
        self.truth, self.first = truth, self.first or truth
        self._track.append(truth)
        while len(self._track) > 2 and truth.stamp_s - self._track[1].stamp_s >= _SPEED_OVER_S - 1e-6:
            self._track.popleft()
        past = self._track[0]
        over_s = truth.stamp_s - past.stamp_s
        if over_s <= 0:
            return
        self.speed_mps = math.dist(truth.robot_xy, past.robot_xy) / over_s
        self.turn_radps = abs(math.remainder(truth.robot[2] - past.robot[2], math.tau)) / over_s
        self.still_since_s = _since(self.still_since_s, self.is_still, past.stamp_s)  # it did not move since then
        self.moving_since_s = _since(self.moving_since_s, self.speed_mps > MOVING_MPS, truth.stamp_s)

    @property
    def is_still(self) -> bool:
        return self.speed_mps < STILL_MPS and self.turn_radps < STILL_RADPS

    def still_for_s(self) -> float:
        """How long the robot has not moved; 0 while it moves."""
        return 0.0 if math.isnan(self.still_since_s) else self.now_s - self.still_since_s

    def moving_for_s(self) -> float:
        """How long the robot has been driving; 0 while it does not."""
        return 0.0 if math.isnan(self.moving_since_s) else self.now_s - self.moving_since_s

    def support(self, object_id: str) -> str:
        """The piece of furniture on which an object stands, "" when it stands on none or is held."""
        if self.truth is None or object_id in self.truth.holders:
            return ""
        x_m, y_m, z_m = self.truth.objects[object_id]
        over = [(s.height_m, name) for name, s in self.surfaces.items() if s.holds(x_m, y_m) and 0 <= z_m - s.height_m < _STANDS_WITHIN_M]
        return max(over)[1] if over else ""

    def room(self) -> str:
        """The room in which the robot is, "" before anything was seen."""
        return self.home.room_at(*self.truth.robot_xy) if self.truth else ""


def _since(since_s: float, holds: bool, first_s: float) -> float:
    if not holds:
        return math.nan
    return first_s if math.isnan(since_s) else since_s
