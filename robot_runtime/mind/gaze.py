"""Where the head turns while people talk: to who speaks, aside while the robot thinks; and nods.

All of it is manner, so it is the first to leave off: it moves only while nothing is being done or asked and nobody else moves the head, and
every look and nod is an action of the skill ``attend`` or ``nod``, through the gate.  How much of it there is says the style.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from py_trees.common import Status

from robot_runtime.act.catalogue import plan_step
from robot_runtime.messages import ActionVerdict, Plan, SafetyMode, SpeechState, SpeechStyle, Utterance, VoiceDirection
from robot_runtime.mind.permission import Answer
from robot_runtime.mind.plan_document import PlanDocument, Task
from robot_runtime.mind.run import Run
from robot_runtime.mind.services import Services
from robot_runtime.stage import Inbox, news

PAN_JOINT = "head_pan"

_LOOKS_THERE_RAD = 0.15  # so near the head need not turn
_ASIDE_RAD = 0.3  # when thinking: the person stays in view
_TALKS_S = 0.4  # after the last sound of a voice, in which it still counts as speaking
_PAUSE_S = 0.2  # in somebody's speech, at which a nod fits
_WORTH_A_NOD_S = 1.5  # of their speech
_THINKS_AFTER_S = 0.4  # without an answer; sooner there is nothing to look aside for
_THINKS_UNTIL_S = 4.0
_SEEN_S = 5.0  # nobody stands where they stood before that
_REST_S = 0.5  # between two movements
_PATIENCE_S = 10.0  # between two looks at most, and after one that the gate refused


class _Movement:
    """One plan of one skill, on its way through the gate or in motion."""

    def __init__(self, services: Services, what: str, skill: str, bearing_rad: float) -> None:
        now_s = services.situation.now_s
        goal = plan_step(skill, {"bearing_deg": f"{math.degrees(bearing_rad):.0f}"})
        plan = Plan(now_s, f"{what}-{round(now_s * 1000)}", "", "", f"gaze: {what}", goal, (goal,), "")
        self.what = what
        self.began_s = now_s
        self.run = Run(services, plan, PlanDocument(Task(goal)), "")

    def tick(self) -> str:
        """How it ended, "" while it goes on."""
        if self.run.goal:
            self.run.goal.check_time()
        if self.run.answer is Answer.WAITING:
            return ""
        if self.run.answer is not Answer.GRANTED or self.run.asking:
            return "refused"
        self.run.begin()
        status = self.run.tick()
        if status is Status.RUNNING:
            return ""
        return "succeeded" if status is Status.SUCCESS else "failed"


class Gaze:
    """One look at a time, and a nod within it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._look: _Movement | None = None  # at who speaks, or aside
        self._nod: _Movement | None = None
        self._ended_s = -math.inf
        self._look_again_s = -math.inf
        self._nodded_s = -math.inf
        self._voice_s = -math.inf  # when a voice was heard last
        self._talk_s = math.inf  # since when it speaks
        self._robot_speaks = False
        self._asked_s = -math.inf  # when the turn ended that is not answered yet
        self._side = 1.0

    # ------------------------------------------------------------ what comes in

    def hear(self, verdict: ActionVerdict) -> None:
        for movement in (self._look, self._nod):
            if movement is not None:
                movement.run.hear(verdict)

    def listen(self, inbox: Inbox) -> None:
        """Who speaks, as far as timing goes."""
        for voice in news(inbox, "audio/direction", VoiceDirection):
            goes_on = voice.stamp_s - self._voice_s <= _TALKS_S
            self._talk_s = self._talk_s if goes_on else voice.stamp_s
            self._voice_s = voice.stamp_s
        for utterance in news(inbox, "speech/heard", Utterance):
            if utterance.role == "turn":
                self._asked_s = self._services.situation.now_s
        for state in news(inbox, "speech/state", SpeechState):
            self._robot_speaks = state.phase == "started"
            self._asked_s = -math.inf

    # ------------------------------------------------------------ the step

    def tick(self, *, free: bool) -> None:
        """
        Go on, or begin something.

        :param free: nothing is being done or asked, and nobody else moves the head
        """
        situation = self._services.situation
        if not free or situation.mode != SafetyMode.RUNNING.value or situation.waits or math.isnan(self._pan_rad):
            self.leave()
            return
        bearing_rad = self._bearing_rad(situation.style)
        if self._nod is not None:
            self._go_on_nodding(self._nod)
        elif situation.style is not None and self._nod_fits(situation.style, bearing_rad):
            self._nodded_s = situation.now_s
            self._nod = _Movement(self._services, "nod", "nod", bearing_rad)
        elif self._look is not None:
            self._go_on_looking(self._look)
        elif situation.now_s - self._ended_s >= _REST_S and not math.isnan(bearing_rad):
            self._begin(bearing_rad)

    def leave(self) -> None:
        """Look ahead again; something else is to move."""
        self._end_nod("cancelled")
        self._end_look("cancelled")

    # ------------------------------------------------------------ looks

    def _begin(self, bearing_rad: float) -> None:
        talks = self._robot_speaks or self._somebody_talks
        if self._thinks():
            self._asked_s, self._side = -math.inf, -self._side
            self._look = _Movement(self._services, "aside", "attend", bearing_rad + self._side * _ASIDE_RAD)
        elif talks and self._services.situation.now_s >= self._look_again_s and self._is_aside(bearing_rad):
            self._look = _Movement(self._services, "look", "attend", bearing_rad)

    def _thinks(self) -> bool:
        return _THINKS_AFTER_S <= self._services.situation.now_s - self._asked_s <= _THINKS_UNTIL_S and not self._robot_speaks

    @property
    def _somebody_talks(self) -> bool:
        return self._services.situation.now_s - self._voice_s <= _TALKS_S

    def _go_on_looking(self, look: _Movement) -> None:
        ended = look.tick()
        if ended or self._is_long_enough(look):
            self._end_look(ended or "succeeded")

    def _is_long_enough(self, look: _Movement) -> bool:
        """An answer ends a look aside."""
        situation = self._services.situation
        held = situation.style is not None and situation.now_s - look.began_s >= situation.style.gaze_hold_s
        return held or (look.what == "aside" and self._robot_speaks)

    def _end_look(self, phase: str) -> None:
        look, self._look = self._look, None
        if look is None:
            return
        look.run.close(phase)
        self._ended_s = now_s = self._services.situation.now_s
        if phase in ("refused", "failed"):
            self._look_again_s = now_s + _PATIENCE_S
        elif look.what == "look":
            self._look_again_s = now_s + self._away_s(now_s - look.began_s)

    def _away_s(self, looked_s: float) -> float:
        """So that looks have their share of the time."""
        style = self._services.situation.style
        share = 0.0 if style is None else style.gaze_speaking_ratio if self._robot_speaks else style.gaze_listening_ratio
        return min(looked_s * (1 / share - 1), _PATIENCE_S) if 0 < share <= 1 else 0.0 if share > 1 else _PATIENCE_S

    # ------------------------------------------------------------ nods

    def _nod_fits(self, style: SpeechStyle, bearing_rad: float) -> bool:
        """In a pause of somebody who has spoken for a while, and to whom the head is turned already."""
        now_s = self._services.situation.now_s
        pauses = _PAUSE_S <= now_s - self._voice_s <= _TALKS_S and self._voice_s - self._talk_s >= _WORTH_A_NOD_S
        due = style.backchannel == "nod" and now_s - self._nodded_s >= style.nod_interval_s
        return due and pauses and not self._robot_speaks and not self._is_aside(bearing_rad)  # nor while the bearing is nan

    def _go_on_nodding(self, nod: _Movement) -> None:
        ended = nod.tick()
        if ended:
            self._end_nod(ended)

    def _end_nod(self, phase: str) -> None:
        nod, self._nod = self._nod, None
        if nod is not None:
            nod.run.close(phase)

    # ------------------------------------------------------------ what is known

    @property
    def _joints(self) -> Mapping[str, float]:
        situation = self._services.situation
        fresh = situation.now_s - situation.joints_stamp_s <= self._services.config.joint_states_max_age_s
        return situation.joints if fresh else {}

    @property
    def _pan_rad(self) -> float:
        return self._joints.get(PAN_JOINT, math.nan)

    def _bearing_rad(self, style: SpeechStyle | None) -> float:
        """Of the person who is attended, in base_link; nan when it is not known where they are."""
        situation = self._services.situation
        person = situation.person(style.person_id) if style else None
        if person is None or not situation.now_s - person.last_seen_s <= _SEEN_S:
            return math.nan
        point = situation.in_base(*person.position_m[:2])
        return math.nan if point is None else math.atan2(point[1], point[0])

    def _is_aside(self, bearing_rad: float) -> bool:
        """Whether the head would turn, as far as the neck goes; also when it is not known where to."""
        limit_rad = self._services.config.pan_max_rad
        off_rad = abs(min(max(bearing_rad, -limit_rad), limit_rad) - self._pan_rad)
        return not off_rad <= _LOOKS_THERE_RAD
