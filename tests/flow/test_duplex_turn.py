"""The engine dies while somebody speaks: the turn is heard whole, the cascade answers within a second, and the engine comes back."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from robot_runtime.bench.patient_link import PatientLink
from robot_runtime.duplex.frames import RATE_HZ, SAMPLES
from robot_runtime.duplex.link import Link
from robot_runtime.flow import TICK_S, Flow
from robot_runtime.messages import AudioFrame, SpeechRequest
from robot_runtime.nodes import Settings
from robot_runtime.paths import ROOT
from sim.description import load_home
from sim.voices import render

HOME = "sim/homes/family_home"
ENGINE = str(ROOT / "tests" / "unit" / "duplex_engine.py")
BEGINS_S, DIES_FRAME = 2.5, 41  # the frame that begins at 3.28 s


class Room:
    """Anna says one sentence to a robot that hears and speaks."""

    def __init__(self) -> None:
        settings = Settings(audio_in="topic", audio_out="topic", site=HOME, speech_backend="duplex")
        self.flow = Flow.build(settings, only=lambda node: node.name in ("front_end", "ear", "duplex"))
        self.links: list[PatientLink] = []
        self.flow.stage("duplex").start = self._start
        self.flow.listeners.append(self._listen)
        said = render("go to the kitchen", load_home(HOME).people["anna"]).astype(np.float64)
        noise = np.random.default_rng(1).normal(0.0, 18.0, 8 * RATE_HZ)
        begin = round(BEGINS_S * RATE_HZ)
        noise[begin : begin + len(said)] += said
        self._sound = np.rint(noise).astype(np.int16)
        self.over_s = 0.0
        self.heard: list[str] = []
        self.sounds: list[tuple[float, str]] = []
        self.speaks: list[tuple[float, str]] = []

    def _start(self) -> Link:
        script = {} if self.links else {DIES_FRAME: "!die"}
        self.links.append(PatientLink([sys.executable, ENGINE, json.dumps(script)]))
        return self.links[-1]

    def play(self, seconds: float) -> None:
        for number in range(round(seconds / TICK_S)):
            frame = self._sound[number * SAMPLES : (number + 1) * SAMPLES]
            self.flow.inject("audio/in", AudioFrame(self.flow.now_s, "room", number, RATE_HZ, frame))
            self.flow.tick()
            if number % 5 == 0:
                self.speaks.append((self.flow.now_s, self.flow.stage("duplex").diagnose()[1]["speaks"]))

    def _listen(self, now_s: float, topic: str, message: Any) -> None:
        if topic == "speech/heard":
            self.heard.append(message.text)
            self.over_s = now_s
            self.flow.inject("speech/say", SpeechRequest(now_s, "answer", "I am on my way.", "", "answer", "", False))
        elif topic == "audio/out" and np.abs(message.samples).max() > 500:
            self.sounds.append((now_s, message.source))


def test_an_engine_that_dies_while_somebody_speaks_costs_neither_their_turn_nor_the_answer() -> None:
    room = Room()
    try:
        room.play(7.0)
    finally:
        room.flow.stage("duplex").close()
    fell_s = next(at_s for at_s, who in room.speaks if at_s > BEGINS_S and who == "cascade")
    assert BEGINS_S + 0.3 < fell_s < BEGINS_S + 1.0, "in the middle of the sentence"
    assert room.heard == ["go to the kitchen"]
    first_s, source = room.sounds[0]
    assert source == "voice" and first_s - room.over_s < 1.0
    assert room.speaks[-1][1] == "duplex" and len(room.links) == 2
