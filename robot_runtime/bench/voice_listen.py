"""Gathers what the scorer needs from the messages of a run, whether they come from virtual time or from a recording."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from robot_runtime.bench.voice_record import SPEAKER_S, Answer, Heard, Stop
from robot_runtime.messages import (
    AudioFrame,
    SafetyMode,
    SafetyState,
    ScenarioEvent,
    SpeechRequest,
    SpeechState,
    StopRequest,
    Utterance,
    Velocity,
)

_ANSWERED = ("turn", "several")
"""Roles of what the robot does or says something about; of the others it only keeps a record."""
_SOUNDS = 33  # a thousandth of full scale, -60 dBFS
_APART_S = 0.1  # messages of different topics may be recorded in another order than they were sent in
_STANDS_S = 3.0
_LATCHED = (SafetyMode.EMERGENCY_STOP.value, SafetyMode.REARM_REQUIRED.value)


class Gathered:
    """One run, message by message."""

    def __init__(self) -> None:
        self.ready_s = math.nan
        self.finished = False
        self.heard: list[Heard] = []
        self._answers: dict[str, Answer] = {}
        self._sounds_s: dict[str, list[float]] = {}
        self._waits_s: dict[float, float] = {}  # when sound went out → how long it waits for the speaker
        self._speaks = ""
        self._early_s: list[float] = []  # sound of a request whose beginning has not been told yet
        self._stops: list[Stop] = []
        self._mode = ""
        self._moving = False

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Everything that the robot was to say, by when it was asked to."""
        return tuple(self._with_sounds(answer) for answer in self._answers.values())

    def _with_sounds(self, answer: Answer) -> Answer:
        sounds_s = tuple(self._sounds_s.get(answer.id, ()))
        return replace(answer, sounds_s=sounds_s, waits_s=self._waits_s[sounds_s[0]] if sounds_s else SPEAKER_S)

    @property
    def stops(self) -> tuple[Stop, ...]:
        return tuple(self._stops)

    def take(self, out_s: float, topic: str, message: Any) -> None:
        """Any message; ``out_s`` is when it was out, computing time included."""
        take = _TAKES.get(topic)
        if take is not None:
            take(self, out_s, message)

    # ------------------------------------------------------------ topics

    def _utterance(self, out_s: float, message: Utterance) -> None:
        if message.role not in _ANSWERED:
            return
        slots = {slot.name: slot.value for slot in message.slots}
        self.heard.append(
            Heard(
                message.id, message.text, message.intent, slots, message.start_s, message.end_s, message.stamp_s, out_s, message.speaker_id
            )
        )

    def _say(self, out_s: float, message: SpeechRequest) -> None:
        self._answers.setdefault(message.id, Answer(message.id, message.text, out_s))

    def _state(self, out_s: float, message: SpeechState) -> None:
        if message.phase == "started":
            self._speaks = message.request_id
            self._sounds_s.setdefault(self._speaks, []).extend(at_s for at_s in self._early_s if at_s > out_s - _APART_S)
            return
        if message.request_id == self._speaks:
            self._speaks = ""
        answer = self._answers.get(message.request_id)
        if answer is not None and message.phase == "cancelled":
            self._answers[message.request_id] = replace(answer, cancelled=True)

    def _sound(self, out_s: float, message: AudioFrame) -> None:
        if int(np.max(np.abs(message.samples.astype(np.int32)))) > _SOUNDS:
            self._waits_s.setdefault(out_s, max(0.0, SPEAKER_S - max(0.0, out_s - message.stamp_s)))
            (self._sounds_s.setdefault(self._speaks, []) if self._speaks else self._early_s).append(out_s)

    def _stop(self, out_s: float, message: StopRequest) -> None:
        if message.source == "word":
            self._stops.append(Stop(out_s, latched_s=out_s if self._mode in _LATCHED else None))

    def _safety(self, out_s: float, message: SafetyState) -> None:
        self._mode = message.mode
        if message.mode in _LATCHED:
            self._stops = [replace(stop, latched_s=out_s) if stop.latched_s is None else stop for stop in self._stops]

    def _velocity(self, out_s: float, message: Velocity) -> None:
        moves = bool(message.linear_mps or message.angular_radps)
        if self._moving and not moves and self._stops and self._stops[-1].still_s is None and out_s < self._stops[-1].asked_s + _STANDS_S:
            self._stops[-1] = replace(self._stops[-1], still_s=out_s)
        self._moving = moves

    def _event(self, out_s: float, message: ScenarioEvent) -> None:
        if message.phase == "ready":
            self.ready_s = message.stamp_s
        self.finished |= message.phase == "finished"


_TAKES: dict[str, Callable[[Gathered, float, Any], None]] = {
    "speech/heard": Gathered._utterance, "speech/say": Gathered._say, "speech/state": Gathered._state, "audio/out": Gathered._sound,
    "safety/stop_request": Gathered._stop, "safety/state": Gathered._safety, "cmd_vel": Gathered._velocity, "scenario": Gathered._event,
}  # fmt: skip
