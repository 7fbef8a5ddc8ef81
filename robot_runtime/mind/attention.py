"""Looking to who speaks out of the camera's view; their words wait until it is known whose they are, or for a bounded time.

The head turns like anything that moves: as an action of the skill ``attend``, through the gate.  It is the ear that says whose
the words are, by publishing the same utterance once more with its speaker; see docs/who_speaks.md.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from py_trees.common import Status

from robot_runtime.act.catalogue import plan_step
from robot_runtime.messages import ActionVerdict, Plan, SafetyMode, Utterance, VoiceDirection
from robot_runtime.mind.permission import Answer
from robot_runtime.mind.plan_document import PlanDocument, Task
from robot_runtime.mind.run import Run
from robot_runtime.mind.services import Services
from robot_runtime.stage import Inbox, news

SKILL = "attend"
PAN_JOINT = "head_pan"

_AT_ONCE = ("", "stop", "no")
"""What was not understood, and what ends something: it counts from anybody, and at once."""
_AROUND_S = 0.1
_ALIKE_RAD = 0.35
_ASTRAY_RAD = 0.1
_MOST_VOICES = 200
_MOST_HEARD = 16


class Attention:
    """Looks at one voice at a time, and only while nothing else is being done: who drives looks ahead."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._voices: deque[tuple[float, float]] = deque(maxlen=_MOST_VOICES)  # when, bearing in base_link
        self._look: Run | None = None
        self._astray = False  # the gate took a look back, and the head is still turned
        self._held: Utterance | None = None
        self._until_s = 0.0
        self._heard: deque[tuple[str, float]] = deque(maxlen=_MOST_HEARD)  # utterances that were acted on

    # ------------------------------------------------------------ what comes in

    def hear(self, verdict: ActionVerdict) -> None:
        if self._look is not None:
            self._look.hear(verdict)

    def listen(self, inbox: Inbox) -> None:
        """Where voices come from."""
        voices = news(inbox, "audio/direction", VoiceDirection)
        self._voices.extend((voice.stamp_s, voice.bearing_rad) for voice in voices if math.isfinite(voice.bearing_rad))

    def take(self, utterance: Utterance, *, free: bool) -> Sequence[Utterance]:
        """What is to be heard now: mostly this utterance.

        :param free: nothing is being done or asked, so that the head may turn; a yes that permits something is no guess
        """
        if self._held is not None and _same(self._held, utterance):
            self._held = utterance
            return self._due()
        if (utterance.id, utterance.end_s) in self._heard:
            return ()  # again: nothing is done twice, whoever turns out to have said it
        before = self._give_up()
        if free and not before and self._is_worth_it(utterance) and self._begin(utterance):
            self._held, self._until_s = utterance, self._services.situation.now_s + self._services.config.attend_hold_s
            return ()
        return *before, self._noted(utterance)

    # ------------------------------------------------------------ the step

    def tick(self) -> Sequence[Utterance]:
        """Go on looking; what is to be heard now, as its speaker is known or its time is up."""
        if self._look is not None:
            self._go_on(self._look)
        elif self._astray and self._services.situation.mode == SafetyMode.RUNNING.value:
            self._astray = False
            self._start(0.0, "")
        return self._due()

    @property
    def looks(self) -> bool:
        """Whether it moves the head, or will."""
        return self._look is not None or self._astray

    def leave(self) -> None:
        """Look ahead again."""
        self._end("cancelled")

    # ------------------------------------------------------------ words that wait

    def _is_worth_it(self, utterance: Utterance) -> bool:
        understood = utterance.confidence >= self._services.config.minimum_confidence
        return not utterance.speaker_id and understood and utterance.intent not in _AT_ONCE and not self._services.situation.latched

    def _due(self) -> Sequence[Utterance]:
        """A speaker counts once the world knows them, since plans are made of what it knows."""
        held, situation = self._held, self._services.situation
        if held is None:
            return ()
        known = held.speaker_id != "" and situation.person(held.speaker_id) is not None
        if not known and self._look is not None and situation.now_s < self._until_s:
            return ()
        return self._give_up()

    def _give_up(self) -> Sequence[Utterance]:
        """Wait no longer."""
        held, self._held = self._held, None
        return () if held is None else (self._noted(held),)

    def _noted(self, utterance: Utterance) -> Utterance:
        self._heard.append((utterance.id, utterance.end_s))
        return utterance

    # ------------------------------------------------------------ the look

    def _begin(self, utterance: Utterance) -> bool:
        """Ask the gate to look to where this came from; False when that is not known, or is in view already."""
        services, bearing_rad = self._services, self._bearing_rad(utterance)
        pan_rad = services.situation.joints.get(PAN_JOINT, math.nan)
        if not abs(math.remainder(bearing_rad - pan_rad, math.tau)) > services.config.view_half_rad:  # also while one is nan
            return False
        self._start(bearing_rad, utterance.id)
        return True

    def _start(self, bearing_rad: float, utterance_id: str) -> None:
        self._end("cancelled")
        now_s, goal = self._services.situation.now_s, plan_step(SKILL, {"bearing_deg": f"{math.degrees(bearing_rad):.0f}"})
        plan = Plan(now_s, f"{SKILL}-{round(now_s * 1000)}", utterance_id, "", "attention", goal, (goal,), "")
        self._look = Run(self._services, plan, PlanDocument(Task(goal)), "")  # what was said is judged when it is to be done

    def _bearing_rad(self, utterance: Utterance) -> float:
        """The mean of most voices that were heard meanwhile, nan when most do not agree: some are reflections."""
        start_s, end_s = utterance.start_s - _AROUND_S, utterance.end_s + _AROUND_S
        heard = [bearing_rad for stamp_s, bearing_rad in self._voices if start_s <= stamp_s <= end_s]
        beside = [[math.remainder(other - one, math.tau) for other in heard] for one in heard]
        alike = [[off for off in row if abs(off) <= _ALIKE_RAD] for row in beside]
        best = max(range(len(heard)), key=lambda k: len(alike[k]), default=-1)
        if best < 0 or len(alike[best]) * 2 <= len(heard):
            return math.nan
        return math.remainder(heard[best] + sum(alike[best]) / len(alike[best]), math.tau)

    def _go_on(self, look: Run) -> None:
        if look.goal:
            look.goal.check_time()
        if look.answer is Answer.WAITING:
            return
        if look.answer is not Answer.GRANTED or look.asking:
            self._end("refused")
            self._astray = abs(self._services.situation.joints.get(PAN_JOINT, 0.0)) > _ASTRAY_RAD
            return
        look.begin()
        status = look.tick()
        if status is not Status.RUNNING:
            self._end("succeeded" if status is Status.SUCCESS else "failed")

    def _end(self, phase: str) -> None:
        look, self._look = self._look, None
        if look is not None:
            look.close(phase)


def _same(one: Utterance, other: Utterance) -> bool:
    return (one.id, one.end_s) == (other.id, other.end_s)
