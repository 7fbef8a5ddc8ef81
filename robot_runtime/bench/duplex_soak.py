"""``robot-runtime bench duplex --soak MINUTES``: the duplex voice and its engine for half an hour, as fast as the machine can.

Time is virtual, the engine's process is real.  Somebody talks in bursts, pictures come five times a second, the model is told something
every 18 s and cancelled every 50 s.  Every frame that goes in must come out, no sample may be gained or lost on the way, and nothing may
grow.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import psutil

from robot_runtime.bench.patient_link import PatientLink
from robot_runtime.duplex.frames import FRAME_S, MODEL_RATE_HZ, MODEL_SAMPLES, RATE_HZ, SAMPLES, Sound
from robot_runtime.duplex.link import Link
from robot_runtime.duplex.pacing import MOST_LAG_S
from robot_runtime.duplex.rates import Ears, Mouth
from robot_runtime.duplex.voice import DuplexConfig, DuplexVoice
from robot_runtime.messages import AudioFrame, EncodedImage, FloorDecision, SpeechRequest, SpeechState
from robot_runtime.observe.figures import figure

_STEP_S = 0.02
_PICTURE_S, _TELL_S, _CANCEL_S, _MINUTE_S = 0.2, 18.0, 50.0, 60.0
_TOLD = "here is the red cup that you asked for"
_DELAYED_FRAMES = 1  # the first answer of a model has no sound yet
_MOST_GROWTH_MIB = 16.0
_SETTLES = 2  # minutes, until caches and buffers have their size
_PULSE_S = 10.0
_GAUGES = ("engine_mib", "voice_mib", "frame_ms")


@dataclass(frozen=True)
class Minute:
    """As it was when a minute of virtual time was over."""

    frames_in: int
    frames_out: int
    engine_mib: float
    voice_mib: float
    engine_files: int
    frame_ms: float  # median of the minute


def soak(minutes: int, link: PatientLink) -> dict[str, Any]:
    """Figures by name, ``failed`` with those that are not as they must be, and ``passed``.

    :param minutes: at least 1
    :param link: the engine, ready; it is ended
    """
    begun_s = time.monotonic()
    run = _Run(link)
    try:
        for number in range(minutes * round(_MINUTE_S / _STEP_S)):
            run.step(number)
        figures = run.figures()
    finally:
        run.voice.close()
    return {**figures, "times_real_time": round(minutes * _MINUTE_S / (time.monotonic() - begun_s), 2)}


class _Run:
    def __init__(self, link: PatientLink) -> None:
        engines: list[Link] = [link]
        self.voice = DuplexVoice(DuplexConfig(), engines.pop)
        self._link = link
        self._engine, self._own = psutil.Process(link.pid), psutil.Process()
        self._rng = np.random.default_rng(1)
        self._pictures = [_picture(grey) for grey in (40, 90, 140, 200)]
        self._talks = False
        self._asked_s: dict[str, float] = {}
        self._first_sound_ms: list[float] = []
        self._frames_heard = self._gaps = 0
        self._most_lag_s = 0.0
        self._minutes: list[Minute] = []

    def step(self, number: int) -> None:
        """20 ms.

        :raises IndexError: the engine has ended
        """
        now_s = number * _STEP_S
        for topic, message in self.voice.step(self._inbox(number, now_s), now_s):
            if topic == "audio/out":
                self._gaps += message.sequence != self._frames_heard
                self._frames_heard = message.sequence + 1
            elif topic == "speech/state":
                self._state(message, now_s)
        self._most_lag_s = max(self._most_lag_s, self.voice.lag_s)
        if _due(number + 1, _MINUTE_S):
            self._minutes.append(self._minute())
            print(f"  minute {len(self._minutes)}: {_line(self._minutes[-1])}", file=sys.stderr, flush=True)

    def figures(self) -> dict[str, Any]:
        minutes, sound = self._minutes, figure("", self._first_sound_ms)
        off = {samples_off(k, minute) for k, minute in enumerate(minutes, 1)}
        delays = set(rate_delays(len(minutes) * _MINUTE_S))
        grown = {name: growth_mib([getattr(minute, name) for minute in minutes]) for name in ("engine_mib", "voice_mib")}
        kept = {
            "every frame is answered": all(minute.frames_in == minute.frames_out for minute in minutes),
            "every answer but the first has 80 ms of sound": _whole(self._link),
            "no sample is gained or lost": len(off) == 1 and len(delays) == 1,
            "no gap in what is heard": self._gaps == 0,
            "lag is bounded": self._most_lag_s <= MOST_LAG_S + FRAME_S,
            "memory is flat": max(grown.values()) <= _MOST_GROWTH_MIB,
            "open files are as many": len({minute.engine_files for minute in minutes}) == 1,
        }
        return {
            "minutes": len(minutes),
            "frames_in": minutes[-1].frames_in,
            "frames_out": minutes[-1].frames_out,
            "samples_waiting_at_each_minute": sorted(off),
            "samples_between_in_and_out_of_both_rate_conversions": sorted(delays),
            "sound_heard_s": round(self._frames_heard * _STEP_S, 1),
            "most_lag_s": round(self._most_lag_s, 2),
            "asked_to_first_sound_p50_ms": round(sound.p50_ms),
            "asked_to_first_sound_max_ms": round(sound.max_ms),
            **{f"{name}_first_minute": round(getattr(minutes[0], name), 1) for name in _GAUGES},
            **{f"{name}_last_minute": round(getattr(minutes[-1], name), 1) for name in _GAUGES},
            **{f"{name}_grown": round(value, 2) for name, value in grown.items()},
            "failed": [name for name, true in kept.items() if not true],
            "passed": all(kept.values()),
        }

    # ------------------------------------------------------------ what goes in

    def _inbox(self, number: int, now_s: float) -> dict[str, Sequence[Any]]:
        inbox: dict[str, Sequence[Any]] = {"audio/clean": [AudioFrame(now_s, "soak", number, RATE_HZ, self._sound())]}
        if _due(number, _PICTURE_S):
            picture = self._pictures[int(self._rng.integers(len(self._pictures)))]
            inbox["camera/image/compressed"] = [EncodedImage(now_s, "camera", "jpeg", picture)]
        if _due(number, _TELL_S):
            request = f"soak-{number}"
            self._asked_s[request] = now_s
            inbox["speech/say"] = [SpeechRequest(now_s, request, _TOLD, "", "report", "", False)]
        if _due(number, _CANCEL_S):
            inbox["speech/floor"] = [FloorDecision(now_s, "yield", "soak", 0.0, "")]
        return inbox

    def _sound(self) -> Sound:
        """Bursts of noise and pauses, a second each on average."""
        if self._rng.random() < _STEP_S:
            self._talks = not self._talks
        level = 3000.0 if self._talks else 30.0
        return np.clip(level * self._rng.standard_normal(SAMPLES), -32768, 32767).astype(np.int16)

    # ------------------------------------------------------------ what comes of it

    def _state(self, state: SpeechState, now_s: float) -> None:
        if state.phase == "started" and state.request_id in self._asked_s:
            self._first_sound_ms.append(1e3 * (now_s - self._asked_s[state.request_id]))

    def _minute(self) -> Minute:
        link, frames = self._link, round(_MINUTE_S / FRAME_S)
        return Minute(
            link.frames_in,
            link.frames_out,
            self._engine.memory_info().rss / 2**20,
            self._own.memory_info().rss / 2**20,
            self._engine.num_fds(),
            float(np.median([sum(stages) for stages in link.stages_ms[-frames:]])),
        )


def _line(minute: Minute) -> str:
    """For who watches."""
    memory = f"engine {minute.engine_mib:.1f} MiB, voice {minute.voice_mib:.1f} MiB, {minute.engine_files} open files"
    return f"{minute.frames_in} frames in, {minute.frames_out} out, {minute.frame_ms:.1f} ms a frame; {memory}"


def _whole(link: PatientLink) -> bool:
    return link.soundless <= _DELAYED_FRAMES and link.samples_out == (link.frames_out - link.soundless) * MODEL_SAMPLES


def samples_off(minutes: int, minute: Minute) -> int:
    """Samples at the model's rate that were heard and have not gone to the engine.

    >>> samples_off(1, Minute(749, 749, 0.0, 0.0, 0, 0.0))
    1920
    """
    return round(minutes * _MINUTE_S * MODEL_RATE_HZ) - minute.frames_in * MODEL_SAMPLES


def growth_mib(by_minute: Sequence[float]) -> float:
    """Of memory, from the third minute on: the median of the last fifth of the minutes over that of the first.

    >>> growth_mib([10.0, 90.0, 100.0, 101.0, 103.0])
    3.0
    >>> growth_mib([10.0, 90.0])
    0.0
    """
    settled = by_minute[_SETTLES:]
    if not settled:
        return 0.0
    part = max(1, len(settled) // 5)
    return float(np.median(settled[-part:]) - np.median(settled[:part]))


def rate_delays(seconds: float) -> list[int]:
    """A pulse every ten seconds through both rate conversions: by how many samples at 16 kHz each comes out late."""
    ears, mouth = Ears(), Mouth()
    every = round(_PULSE_S * RATE_HZ)
    pulse = np.zeros(every, np.int16)
    pulse[every // 2 - 8 : every // 2 + 9] = 20_000 * np.hanning(17)
    pulses = round(seconds / _PULSE_S)
    pieces = [piece for _ in range(pulses) for piece in np.split(pulse, every // SAMPLES)]
    back = np.concatenate([mouth.push(frame) for piece in pieces for frame in ears.push(piece)])
    return [int(np.argmax(back[k * every : (k + 1) * every])) - every // 2 for k in range(pulses)]


def _picture(grey: int) -> bytes:
    encoded: Any = cv2.imencode(".jpg", np.full((48, 64, 3), grey, np.uint8))[1]
    return bytes(encoded)


def _due(number: int, every_s: float) -> bool:
    return number > 0 and number % round(every_s / _STEP_S) == 0
