"""A speech-to-speech model talks in echoing rooms where nobody else is: what of it comes back to it, and is any of it taken for a turn?

Nodes of the voice and the mind run as in the robot, in virtual time; the engine in its process.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_runtime.duplex.link import Link
from robot_runtime.flow import TICK_S, Flow
from robot_runtime.messages import AudioFrame, SoundState
from robot_runtime.nodes import Node, Settings
from sim.sound.units import FULL_SCALE, RATE_HZ
from sim.voice.echo import EchoPath, EchoRoom

HOME = "sim/homes/family_home"
ROOM_S = 120.0
_LEARNS_S = 10.0
"""From the first sound in a room on: the canceller does not know the echo yet."""
_AUDIBLE_DB = 15.0  # above the room's floor: an echo
_MIND = ("world", "social", "mind")


@dataclass
class Told:
    """One room."""

    room: EchoRoom
    at_microphone_dbfs: list[float] = field(default_factory=list)  # of frames with an audible echo
    to_engine_dbfs: list[float] = field(default_factory=list)  # of the same frames
    of_old_s: list[float] = field(default_factory=list)  # since the first sound, likewise
    sounds_s: float = 0.0
    deaf_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    heard: list[str] = field(default_factory=list)  # a line each


def talk(minutes: float, seed: int, engines: Mapping[str, Callable[[], Link]]) -> dict[str, Any]:
    """Figures by name and engine, and whether nothing was taken for a turn or a stop.

    :param minutes: with each engine
    :param engines: by name, what starts one, which is waited for
    """
    begun_s = time.monotonic()
    rooms = max(1, math.ceil(minutes * 60 / ROOM_S))
    found: dict[str, Any] = {"passed": True, "rooms": rooms}
    for name, start in engines.items():
        told = [in_room(seed, number, minutes * 60 / rooms, start) for number in range(rooms)]
        counts = sum((one.counts for one in told), Counter[str]())
        found["passed"] &= not counts["turn"] and not counts["stop"] and not counts["answer"]
        found |= {f"{name}_{what}": value for what, value in _figures(told, counts).items()}
    return {**found, "times_real_time": round(minutes * 60 * len(engines) / (time.monotonic() - begun_s), 2)}


def _figures(told: list[Told], counts: Counter[str]) -> dict[str, Any]:
    at_microphone, to_engine, of_old_s = (
        np.concatenate([np.array(getattr(one, name)) for one in told]) for name in ("at_microphone_dbfs", "to_engine_dbfs", "of_old_s")
    )
    learnt = of_old_s > _LEARNS_S
    sounds_s = sum(one.sounds_s for one in told)
    return {
        "minutes_of_sound": round(sounds_s / 60, 1),
        "echo_at_microphone_dbfs_p50": _percentile(at_microphone, 50),
        "left_in_what_the_engine_hears_dbfs_p50": _percentile(to_engine[learnt], 50),
        "left_dbfs_p95": _percentile(to_engine[learnt], 95),
        "taken_away_db_p50": _percentile((at_microphone - to_engine)[learnt], 50),
        "taken_away_db_p5": _percentile((at_microphone - to_engine)[learnt], 5),
        "taken_away_in_the_first_10_s_db_p50": _percentile((at_microphone - to_engine)[~learnt], 50),
        "share_of_it_deaf": round(sum(one.deaf_s for one in told) / max(sounds_s, 1e-9), 3),
        "false_turns": counts["turn"],
        "known_as_its_own": counts["own"],
        "self_answers": counts["answer"],
        "false_stops": counts["stop"],
        "gave_way_to_itself": counts["yield"],
        "what": [f"{line}; {one.room}" for one in told for line in one.heard],
    }


def _percentile(values: NDArray[np.float64], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 1) if len(values) else math.nan


# ---------------------------------------------------------------- one room


def in_room(seed: int, number: int, seconds: float, start: Callable[[], Link]) -> Told:
    """So many seconds in the ``number``-th room of a seed."""
    listener = _Listener(np.random.default_rng((seed, number)), start)
    try:
        for _ in range(round(seconds / TICK_S)):
            listener.tick()
    finally:
        listener.close()
    return listener.told


class _Listener:
    """The robot, its loudspeaker, the room and its microphone."""

    def __init__(self, rng: np.random.Generator, start: Callable[[], Link]) -> None:
        room = EchoRoom.drawn(rng)
        self.told = Told(room)
        self._rng, self._path = rng, EchoPath(room, rng)
        self._audible_dbfs = room.noise_dbfs + _AUDIBLE_DB
        self._flow = Flow.build(Settings(audio_in="topic", audio_out="topic", site=HOME, speech_backend="duplex"), only=_talks)
        self._flow.stage("duplex").start = start
        self._flow.listeners.append(self._listen)
        self._played: list[AudioFrame] = []
        self._frame = 0
        self._first_s = math.nan
        self._jump_s = float(rng.uniform(50, 90))
        self._at_microphone: dict[int, float] = {}

    def tick(self) -> None:
        now_s = self._flow.now_s
        if now_s > self._jump_s:  # something between the program and the card buffers more, or less
            self._path.jump(float(self._rng.uniform(-0.06, 0.08)))
            self._jump_s = now_s + float(self._rng.uniform(50, 90))
        heard = self._path.hear(self._played.pop(0).samples if self._played else None)
        samples = np.clip(np.rint(heard), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
        self._at_microphone[self._frame] = _dbfs(samples)
        self._flow.inject("audio/in", AudioFrame(now_s, "room", self._frame, RATE_HZ, samples))
        self._frame += 1
        self._flow.tick()

    def close(self) -> None:
        """End the engine's process, and the cascade's."""
        self._flow.stage("duplex").close()

    def _listen(self, now_s: float, topic: str, message: Any) -> None:
        told = self.told
        if topic == "audio/out":
            self._played.append(message)
            told.sounds_s += TICK_S
            self._first_s = now_s if math.isnan(self._first_s) else self._first_s
        elif topic == "audio/clean":
            self._level(message, now_s)
        elif topic == "audio/state":
            self._state(message)
        elif topic == "speech/heard":
            self._count("own" if message.role == "own_voice" else "turn", now_s, message.text)
        elif topic == "safety/stop_request":
            self._count("stop", now_s, message.detail)
        elif topic == "speech/say":
            self._count("answer", now_s, message.text)
        elif topic == "speech/floor" and message.decision == "yield":
            self._count("yield", now_s, "")

    def _level(self, clean: AudioFrame, now_s: float) -> None:
        at_microphone = self._at_microphone.pop(clean.sequence)
        if at_microphone > self._audible_dbfs:
            self.told.at_microphone_dbfs.append(at_microphone)
            self.told.to_engine_dbfs.append(_dbfs(clean.samples))
            self.told.of_old_s.append(now_s - self._first_s)

    def _state(self, state: SoundState) -> None:
        self.told.deaf_s += TICK_S * (state.echo == "uncancelled")

    def _count(self, kind: str, now_s: float, text: str) -> None:
        self.told.counts[kind] += 1
        self.told.heard.append(f"{kind} at {now_s:.1f} s: “{text}”")


def _talks(node: Node) -> bool:
    return node.process == "voice" or node.name in _MIND


def _dbfs(samples: NDArray[np.int16]) -> float:
    return 10 * math.log10(float(np.mean(np.square(samples.astype(np.float64)))) / FULL_SCALE**2 + 1e-12)
