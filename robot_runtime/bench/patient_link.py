"""An engine in its process that is waited for: a recording, or half an hour of virtual time, goes by as fast as the engine is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from robot_runtime.duplex.deadline import Deadlines
from robot_runtime.duplex.frames import Sound
from robot_runtime.duplex.link import EngineGoneError, Link
from robot_runtime.duplex.wire import Step

_LONGEST_WAIT_S = 300.0  # for a model that has to be loaded


class PatientLink(Link):
    """Answers are waited for where they are asked for; how long each takes is measured.

    :raises EngineGoneError: it cannot be started, or does not get ready
    """

    _waiting = False  # until it is ready there is nothing to wait for

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        super().__init__(command, environment)
        self.took = Deadlines()
        self.stages_ms: list[tuple[float, float, float, float]] = []
        self.frames_in = self.frames_out = self.soundless = self.samples_out = 0  # since the start; samples at the model's rate
        try:
            self._wait_ready()
        except EngineGoneError:
            self.close()
            raise
        self._waiting = True

    def hear(self, sound: Sound) -> int:
        number = super().hear(sound)
        self.frames_in += 1
        self.took.sent(number, time.monotonic())
        return number

    def steps(self) -> list[tuple[int, Step]]:
        answers = super().steps()
        while self._waiting and len(answers) < self.took.open_frames:
            self.wait(0.5)
            answers += super().steps()
        for number, step in answers:
            self.took.answered(number, time.monotonic())
            self.stages_ms.append((step.encode_ms, step.think_ms, step.depth_ms, step.decode_ms))
            self.samples_out += len(step.sound)
            self.soundless += not len(step.sound)
        self.frames_out += len(answers)
        return answers

    def _wait_ready(self) -> None:
        end_s = time.monotonic() + _LONGEST_WAIT_S
        while not self.ready:
            if time.monotonic() > end_s:
                raise EngineGoneError(f"the engine did not get ready within {_LONGEST_WAIT_S:.0f} s")
            self.steps()
            self.wait(0.1)
