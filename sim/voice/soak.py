"""Half an hour of the voice's nodes on simulated sound cards that drift, are unplugged, and are called by a starved processor.

Somebody says a command every 18 s, the robot answers each in its own voice, which the microphone hears too.  Nothing may grow, get out
of step or be lost, but what was said while there was no microphone.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil
import soxr
from numpy.typing import NDArray

from robot_runtime.config import build_config, load_class
from robot_runtime.messages import AudioFrame, SpeechRequest
from robot_runtime.nodes import Node, Settings, nodes
from robot_runtime.sense import sound_device
from robot_runtime.sense.device_source import DeviceSource
from robot_runtime.sense.microphone import Microphone, MicrophoneConfig
from robot_runtime.sense.sound_stream import Wish
from robot_runtime.speak.device_sink import DeviceSink
from robot_runtime.speak.speaker import Speaker, SpeakerConfig
from robot_runtime.stage import Stage
from sim.description import load_home
from sim.sound.cards import Device, Sounds, at_once
from sim.spoken import audible
from sim.voices import RATE_HZ, render

HOME = "sim/homes/family_home"
PPM = 200.0
_STEP_S = 0.02
_OFFSET_S = 1000.0  # between the robot's clock and the processor's
_CARD_HZ = 48_000
_EVERY_S = 18.0
_CYCLE_S = 300.0  # in which everything bad happens once
_MICROPHONE_GONE, _SPEAKER_GONE, _STARVED, _STALL = (60.0, 66.0), (132.0, 138.0), (180.0, 200.0), (240.0, 240.6)
_RECOVERS_S = 12.0  # a lost card is looked for after 1, 2, 4 and 8 s
_ECHO_S, _ECHO_GAIN = 0.08, 2.0
_BLOCKS_KEPT = 30
_COMMANDS = ("go to the kitchen", "bring me the red cup", "come here", "what can you see", "find the newspaper", "follow me")
_MOST_GROWTH_MIB, _MOST_OFF_S = 16.0, 0.1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Said:
    text: str
    start_s: float  # by the processor's clock
    end_s: float


def soak(minutes: float, seed: int, jobs: int) -> dict[str, Any]:
    """Figures by name; ``jobs`` does not matter, time cannot be shared."""
    started_s = time.monotonic()
    robot = _Robot(minutes * 60.0, seed)
    with robot.cards():
        rss_mib = robot.run()
        figures = {**robot.figures(), **_growth(rss_mib), **robot.verdict(rss_mib)}
    return {**figures, "times_real_time": round(minutes * 60 / (time.monotonic() - started_s), 2)}


def _growth(rss_mib: list[float]) -> dict[str, Any]:
    """Between the end of the first quarter and the end."""
    return {"memory_mib": round(rss_mib[-1], 1), "grown_mib": round(_grown(rss_mib), 1)}


def _grown(rss_mib: list[float]) -> float:
    return rss_mib[-1] - rss_mib[len(rss_mib) // 4]


class _Robot:
    """Microphone, stop word, front end, ear, voice and speaker, and the world around them."""

    def __init__(self, seconds: float, seed: int) -> None:
        self._seconds = seconds
        self._chance = np.random.default_rng(seed)
        anna = load_home(HOME).people["anna"]
        self._sounds = {text: render(text, anna) for text in _COMMANDS}
        self._wide = {text: soxr.resample(sound.astype(np.float64) / 32768, RATE_HZ, _CARD_HZ) for text, sound in self._sounds.items()}
        self.inside = Device("In", _CARD_HZ, outputs=0, ppm=PPM, sound=self._heard_at)
        self.outside = Device("Out", _CARD_HZ, inputs=0, ppm=-PPM)
        self.module = Sounds(self.inside, self.outside, jitter_s=0.002, seed=seed)
        self.start_s = self.module.now_s
        self.said = list(self._commands())
        self.heard: list[Any] = []
        self.stops = 0
        self.latency_s: list[float] = []
        self._answers = 0

    # ------------------------------------------------ the world

    def _commands(self) -> Iterator[Said]:
        for k in range(int((self._seconds - 8.0) / _EVERY_S)):
            text = _COMMANDS[k % len(_COMMANDS)]
            start_s = self.start_s + 6.0 + k * _EVERY_S
            first, after = audible(self._sounds[text])
            yield Said(text, start_s + first / RATE_HZ, start_s + after / RATE_HZ)

    def _heard_at(self, times_s: Floats) -> Floats:
        """The room at these times: noise, whoever speaks, and the robot's own voice."""
        total = self._chance.normal(0.0, 10 ** (-65 / 20), len(times_s))
        number = int((times_s[0] - self.start_s - 6.0) // _EVERY_S)
        for k in {max(0, number), max(0, number + 1)}:
            if k < len(self.said):
                start_s = self.start_s + 6.0 + k * _EVERY_S
                wide = self._wide[_COMMANDS[k % len(_COMMANDS)]]
                total += np.interp((times_s - start_s) * _CARD_HZ, np.arange(len(wide)), wide, left=0.0, right=0.0)
        return np.asarray(np.clip(total + _ECHO_GAIN * self._echo_at(times_s - _ECHO_S), -1.0, 1.0))

    def _echo_at(self, times_s: Floats) -> Floats:
        played = self.outside.played = self.outside.played[-_BLOCKS_KEPT:]
        if not any(block.any() for _, block in played):
            return np.zeros(len(times_s))
        rate_hz = _CARD_HZ * (1 - 1e-6 * PPM)
        axis = np.concatenate([first_s + np.arange(len(block)) / rate_hz for first_s, block in played])
        return np.asarray(np.interp(times_s, axis, np.concatenate([block for _, block in played]), left=0.0, right=0.0))

    @contextmanager
    def cards(self) -> Iterator[None]:
        """Let the runtime believe in these cards; build the nodes on them."""
        system, sound_device.plugged = sound_device.plugged, lambda: f"{self.inside.plugged} {self.outside.plugged}"
        try:
            self._rows = self._build()
            yield
        finally:
            for row in self._rows:
                close = getattr(row.stage, "close", None)
                if close is not None:
                    close()
            sound_device.plugged = system

    def _build(self) -> list[_Row]:
        shared: dict[str, Any] = {"sounddevice": self.module, "clock": self.module, "start": at_once}
        self._microphone = DeviceSource(Wish("input", "", MicrophoneConfig().buffer_s), **shared)
        self._speaker = DeviceSink(Wish("output", "", SpeakerConfig().buffer_s), SpeakerConfig().ahead_s, **shared)
        made: dict[str, Callable[[], Stage]] = {
            "microphone": lambda: Microphone(MicrophoneConfig(), source=self._microphone),
            "speaker": lambda: Speaker(SpeakerConfig(), sink=self._speaker),
        }
        settings = Settings(site=HOME)
        table = [node for node in nodes(settings) if node.process == "voice" and not node.own_shell]
        return [
            _Row(node, made.get(node.name, lambda node=node: load_class(node.stage)(build_config(node, settings, {})))()) for node in table
        ]

    # ------------------------------------------------ time

    def run(self) -> list[float]:
        """Everything; the memory of the process [MiB], once a minute."""
        process, rss_mib = psutil.Process(), []
        for step in range(round(self._seconds / _STEP_S)):
            due_s = self.start_s + step * _STEP_S
            self._misfortune((due_s - self.start_s) % _CYCLE_S)
            late_s = self._late_s((due_s - self.start_s) % _CYCLE_S)
            if self.module.now_s > due_s + _STEP_S:
                continue  # the step before was so late that this one's time has gone by
            self.module.run(max(0.0, due_s + late_s - self.module.now_s))
            self._step(self.module.now_s + _OFFSET_S)
            if step % round(15.0 / _STEP_S) == 0:
                gc.collect()
                rss_mib.append(process.memory_info().rss / 2**20)
        return rss_mib

    def _misfortune(self, at_s: float) -> None:
        self.inside.plugged = not _MICROPHONE_GONE[0] <= at_s < _MICROPHONE_GONE[1]
        self.outside.plugged = not _SPEAKER_GONE[0] <= at_s < _SPEAKER_GONE[1]

    def _late_s(self, at_s: float) -> float:
        """A busy processor holds a step up for a moment, a starved one for longer; once nothing runs for 0.6 s."""
        if _STALL[0] <= at_s < _STALL[0] + _STEP_S:
            return _STALL[1] - _STALL[0]
        if _STARVED[0] <= at_s < _STARVED[1]:
            return float(self._chance.uniform(0.0, 0.18))
        return min(0.015, float(self._chance.exponential(0.002)))

    def _step(self, now_s: float) -> None:
        for row in self._rows:
            if row.node.rate_hz is None and not row.triggered:
                continue
            inbox, row.inbox, row.triggered = row.inbox, {}, False
            self._deliver(row.stage.step(inbox, now_s), now_s)

    def _deliver(self, outbox: list[tuple[str, Any]], now_s: float) -> None:
        for topic, message in outbox:
            for row in self._rows:
                if topic in row.node.inputs:
                    row.inbox.setdefault(topic, []).append(message)
                    row.triggered |= topic in row.node.trigger
            self._note(topic, message, now_s)

    def _note(self, topic: str, message: Any, now_s: float) -> None:
        if isinstance(message, AudioFrame) and topic == "audio/in":
            self.latency_s.append(now_s - message.stamp_s - _STEP_S)
        elif topic == "speech/heard" and message.role != "own_voice":
            self.heard.append(message)
            self._answers += 1
            request = SpeechRequest(now_s, f"answer-{self._answers}", "All right, I will do that now.", "", "answer", "", False)
            self._deliver([("speech/say", request)], now_s)
        elif topic == "safety/stop_request":
            self.stops += 1

    # ------------------------------------------------ what came of it

    def figures(self) -> dict[str, Any]:
        """Counts, and what the cards tell."""
        found = {said: self._heard_of(said) for said in self.said}
        ends_s = [heard.end_s - _OFFSET_S - said.end_s for said, heard in found.items() if heard is not None]
        self.lost = [said for said, heard in found.items() if heard is None and not self._deaf(said)]
        half = len(ends_s) // 2
        self.off_s = float(np.median(ends_s[half:]) - np.median(ends_s[:half])) if half else math.nan
        words = sum(heard is not None and heard.text == said.text for said, heard in found.items())
        matched = {id(heard) for heard in found.values()}
        latency = [float(value) for value in np.quantile(self.latency_s, (0.5, 0.99))]
        return {
            "commands": len(self.said),
            "heard": len(ends_s),
            "right_words": words,
            "while_no_microphone": sum(self._deaf(said) for said in self.said),
            "lost_besides": [f"“{said.text}” at {said.start_s - self.start_s:.0f} s" for said in self.lost] or 0,
            "false_turns": sum(id(heard) not in matched for heard in self.heard),
            "false_stops": self.stops,
            "end_of_turn_against_truth_ms": f"median {1e3 * float(np.median(ends_s)):.0f}, first to second half {1e3 * self.off_s:+.0f}",
            "microphone_latency_ms": f"median {1e3 * latency[0]:.0f}, 99 % {1e3 * latency[1]:.0f}",
            "microphone": ", ".join(f"{name} {value}" for name, value in self._microphone.diagnose()[1].items()),
            "speaker": ", ".join(f"{name} {value}" for name, value in self._speaker.diagnose()[1].items()),
        }

    def verdict(self, rss_mib: list[float]) -> dict[str, Any]:
        """After :meth:`figures`."""
        level = _grown(rss_mib) < _MOST_GROWTH_MIB and not abs(self.off_s) >= _MOST_OFF_S  # too few to tell is not out of step
        return {"passed": not self.lost and not self.stops and level}

    def _heard_of(self, said: Said) -> Any:
        for heard in self.heard:
            if heard.start_s - _OFFSET_S < said.end_s and said.start_s < heard.end_s - _OFFSET_S:
                return heard
        return None

    def _deaf(self, said: Said) -> bool:
        """Whether the microphone may have been away for any of it."""
        begin_s, end_s = ((at_s - self.start_s) % _CYCLE_S for at_s in (said.start_s - 0.5, said.end_s + 0.5))
        return begin_s < _MICROPHONE_GONE[1] + _RECOVERS_S and end_s > _MICROPHONE_GONE[0]


class _Row:
    """A node and what it has still to take in."""

    def __init__(self, node: Node, stage: Stage) -> None:
        self.node, self.stage = node, stage
        self.inbox: dict[str, list[Any]] = {}
        self.triggered = False
