"""The story of a run as lines that a person can read, written while it happens."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import (
    ActionStatus,
    ActionVerdict,
    FloorDecision,
    People,
    Plan,
    PlanStep,
    ProposedAction,
    RulesState,
    SafetyState,
    ScenarioEvent,
    SpeechMeasured,
    SpeechRequest,
    SpeechState,
    SpeechStyle,
    StopRequest,
    TimelineEvent,
    Utterance,
    Velocity,
)
from robot_runtime.observe.spoken import misses
from robot_runtime.stage import Inbox, Outbox

_STANDING_MPS = 0.01
_STANDING_RADPS = 0.03

_ASIDES = {
    "backchannel": "says that they listen",
    "several": "several spoke at once",
    "cut": "was cut off",
    "own_voice": "the robot's own voice",
    "overheard": "not meant for the robot",
}


class TimelineConfig(StageConfig):
    """How calm the story is."""

    still_s: float = Field(0.4, ge=0, le=5, description="standing this long counts as a halt worth a line [s]")


class Timeline:
    """Turns messages into :class:`TimelineEvent` lines with the latencies that a person feels.

    Latencies are in milliseconds from the cause that a person perceives: *heard*, *said* and *moving* count from the end
    of the utterance's sound, *planned* from the utterance, *safety* halts from the stop request.
    """

    Config = TimelineConfig

    def __init__(self, config: TimelineConfig) -> None:
        self._config = config
        self._handlers: dict[str, Callable[[Any], list[TimelineEvent]]] = {
            "people": self._people,
            "speech/heard": self._heard,
            "plan": self._planned,
            "action/proposed": self._proposed,
            "action/verdict": self._verdict,
            "action/status": self._status,
            "speech/floor": self._floor,
            "speech/say": self._say,
            "speech/state": self._speech,
            "speech/style": self._style,
            "speech/measured": self._measured,
            "safety/stop_request": self._stop_request,
            "safety/state": self._safety,
            "safety/rules": self._rules,
            "cmd_vel": self._velocity,
            "scenario": self._scenario,
        }
        self.reset()

    def reset(self) -> None:
        self._names: dict[str, str] = {}
        self._utterances: dict[str, Utterance] = {}
        self._actions: dict[str, ProposedAction] = {}
        self._addressees: dict[str, str] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._unanswered: Utterance | None = None
        self._unmoved: Utterance | None = None
        self._stop: StopRequest | None = None
        self._safety_key: tuple[str, str] | None = None
        self._manner: tuple[object, ...] = ()
        self._moving = False
        self._halted_s = math.nan

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        lines = [line for topic, handle in self._handlers.items() for message in inbox.get(topic, ()) for line in handle(message)]
        lines += self._halt(now_s)
        lines.sort(key=lambda line: line.stamp_s)
        return [("timeline", line) for line in lines]

    # ------------------------------------------------------------ hearing and planning

    def _people(self, people: People) -> list[TimelineEvent]:
        self._names.update({person.id: person.name for person in people.people if person.name})
        return []

    def _heard(self, heard: Utterance) -> list[TimelineEvent]:
        if heard.role != "turn":
            return [self._aside(heard)]
        before = self._utterances.get(heard.id)
        self._utterances[heard.id] = heard
        if before is not None and (before.end_s, before.speaker_id) == (heard.end_s, "") != (heard.end_s, heard.speaker_id):
            return [_line(heard.stamp_s, "heard", f"it was {self._name(heard.speaker_id)} who said “{heard.text}”", "seen there since")]
        self._unanswered = self._unmoved = heard
        late_s = heard.stamp_s - heard.end_s
        latency_ms = late_s * 1e3 if late_s > 0 else math.nan  # in simulation the sound may be ahead of the clock
        text = f"“{heard.text}”" if heard.text else _unclear(heard)
        lines = [_line(heard.stamp_s, "heard", f"{self._name(heard.speaker_id)}: {text}", f"confidence {heard.confidence:.2f}", latency_ms)]
        if heard.intent:
            slots = ", ".join(f"{slot.name}={slot.value}" for slot in heard.slots)
            lines.append(_line(heard.stamp_s, "understood", f"{heard.intent}({slots})", heard.engine))
        return lines

    def _aside(self, heard: Utterance) -> TimelineEvent:
        """What was heard, and is not acted on."""
        why = _ASIDES[heard.role] + (f": {heard.why}" if heard.why else "")
        return _line(heard.stamp_s, "heard", f"{self._name(heard.speaker_id)}: “{heard.text or '…'}”", why)

    def _floor(self, floor: FloorDecision) -> list[TimelineEvent]:
        """Softer for a moment is no story."""
        if floor.decision == "duck":
            return []
        text = {"dip": "hesitated", "hold": "paused", "yield": "interrupted"}.get(floor.decision, "went on speaking")
        why = f"{floor.why}: “{floor.text}”" if floor.text else floor.why
        return [_line(floor.stamp_s, "said", text, f"{why}, {floor.stamp_s - floor.onset_s:.2f} s after they began")]

    def _planned(self, plan: Plan) -> list[TimelineEvent]:
        cause = self._utterances.get(plan.utterance_id)
        latency_ms = (plan.stamp_s - cause.stamp_s) * 1e3 if cause else math.nan
        steps = " → ".join(_call(step) for step in plan.steps) or f"say “{plan.say}”"
        return [_line(plan.stamp_s, "planned", steps, plan.planner, latency_ms)]

    # ------------------------------------------------------------ the gate

    def _proposed(self, action: ProposedAction) -> list[TimelineEvent]:
        self._actions[action.id] = action
        return []

    def _verdict(self, verdict: ActionVerdict) -> list[TimelineEvent]:
        action = self._actions.get(verdict.action_id)
        what = _call(PlanStep(action.skill, action.arguments)) if action else verdict.action_id
        rules = ", ".join(verdict.rule_ids) or "no rule"
        told = (action.plan_id if action else "", verdict.verdict, what)
        if told in self._told:  # a plan of one step is judged twice, and approvals are renewed
            return []
        self._told.add(told)
        return [_line(verdict.stamp_s, "verdict", f"{verdict.verdict}: {what}", f"{rules}: {verdict.reason}", verdict.latency_ms)]

    def _status(self, status: ActionStatus) -> list[TimelineEvent]:
        if status.action_id == status.plan_id and status.phase != "cancelled":  # the whole plan; its steps tell the same
            return []
        if status.phase not in ("running", "succeeded", "failed", "cancelled", "paused"):
            return []
        return [_line(status.stamp_s, "action", f"{status.skill} {status.phase}", status.detail)]

    def _stop_request(self, stop: StopRequest) -> list[TimelineEvent]:
        self._stop = stop
        return [_line(stop.stamp_s, "safety", f"stop requested by {stop.source}", stop.detail)]

    def _rules(self, rules: RulesState) -> list[TimelineEvent]:
        """Rules that changed while the robot ran, or changed files that are not in force."""
        if rules.error:
            return [_line(rules.stamp_s, "safety", "changed rules are not in force", rules.error)]
        return [_line(rules.stamp_s, "safety", f"new rules in force: {rules.name} {rules.version}", rules.changes)] if rules.changes else []

    def _safety(self, state: SafetyState) -> list[TimelineEvent]:
        kind_of_cause = re.sub(r"[\d.]+", "", state.causes[0]) if state.causes and state.mode != "running" else ""
        key = (state.mode, kind_of_cause)  # a distance that changes is no news
        if key == self._safety_key:
            return []
        self._safety_key = key
        return [_line(state.stamp_s, "safety", state.mode.replace("_", " "), "; ".join(state.causes))]

    # ------------------------------------------------------------ moving and speaking

    def _velocity(self, velocity: Velocity) -> list[TimelineEvent]:
        moves = abs(velocity.linear_mps) > _STANDING_MPS or abs(velocity.angular_radps) > _STANDING_RADPS
        if not moves:
            self._halted_s = velocity.stamp_s if self._moving and math.isnan(self._halted_s) else self._halted_s
            return self._stopped(velocity) if self._stop else []
        self._halted_s = math.nan
        if self._moving:
            return []
        self._moving = True
        cause, self._unmoved = self._unmoved, None
        latency_ms = (velocity.stamp_s - cause.end_s) * 1e3 if cause else math.nan
        return [_line(velocity.stamp_s, "moving", "starts to move", "", latency_ms)]

    def _stopped(self, velocity: Velocity) -> list[TimelineEvent]:
        stop, self._stop = self._stop, None
        assert stop is not None
        return [_line(velocity.stamp_s, "safety", "velocity zero", f"after {stop.source}", (velocity.stamp_s - stop.stamp_s) * 1e3)]

    def _halt(self, now_s: float) -> list[TimelineEvent]:
        if not self._moving or math.isnan(self._halted_s) or now_s - self._halted_s < self._config.still_s:
            return []
        halted_s, self._halted_s, self._moving = self._halted_s, math.nan, False
        return [_line(halted_s, "moving", "stands still", "")]

    def _say(self, request: SpeechRequest) -> list[TimelineEvent]:
        self._addressees[request.id] = request.addressee_id
        return []

    def _speech(self, state: SpeechState) -> list[TimelineEvent]:
        if state.phase == "cancelled":
            return [_line(state.stamp_s, "said", "(cut short)", state.text)]
        if state.phase != "started":
            return []
        cause, self._unanswered = self._unanswered, None
        latency_ms = (state.stamp_s - cause.end_s) * 1e3 if cause else math.nan
        addressee = self._addressees.get(state.request_id, "")
        return [_line(state.stamp_s, "said", f"“{state.text}”", f"to {self._name(addressee)}" if addressee else "", latency_ms)]

    def _style(self, style: SpeechStyle) -> list[TimelineEvent]:
        """A line when person, style or its reasons change; the steps on the way are in the recording."""
        manner = (style.person_id, style.name, style.reasons)
        if manner == self._manner:
            return []
        self._manner = manner
        text = f"{style.name} for {self._name(style.person_id)}" if style.person_id else style.name
        why = f"{style.rate_wpm:.0f} words a minute, {style.distance_m:.1f} m, {style.approach_speed_mps:.2f} m/s; {style.evidence}"
        return [_line(style.stamp_s, "manner", text, f"{why}; confidence {style.confidence:.1f}")]

    def _measured(self, sentence: SpeechMeasured) -> list[TimelineEvent]:
        """Only what did not sound as it should is part of the story."""
        missed = misses(sentence)
        style = f"{sentence.style}: " if sentence.style else ""
        return [_line(sentence.stamp_s, "said", f"not quite as wanted: “{sentence.text}”", style + "; ".join(missed))] if missed else []

    def _scenario(self, event: ScenarioEvent) -> list[TimelineEvent]:
        return [_line(event.stamp_s, "scenario", f"{event.phase}: {event.name}" if event.name else event.phase, event.detail)]

    def _name(self, person_id: str) -> str:
        return self._names.get(person_id, person_id) or "somebody"


def _unclear(heard: Utterance) -> str:
    """What was not surely understood, and what it may have been."""
    guesses = " or ".join(f"“{guess.text}”" for guess in heard.guesses[:2])
    return f"(speech outside the grammar; perhaps {guesses})" if guesses else "(speech outside the grammar)"


def _call(step: PlanStep) -> str:
    return f"{step.skill}({', '.join(a.value for a in step.arguments)})"


def _line(stamp_s: float, kind: str, text: str, detail: str, latency_ms: float = math.nan) -> TimelineEvent:
    return TimelineEvent(stamp_s, kind, text, detail, latency_ms)
