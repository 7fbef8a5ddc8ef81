"""How a person said it: pitch, pace, level and the size of their voice, from the sound of a turn that is over.

It runs beside the ear and after it.  A turn is looked at a few frames a step, so that nothing else waits for it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.hear.echo_watch import Echo
from robot_runtime.hear.voice_sound import FRAME, Sound, VoiceSound
from robot_runtime.messages import AudioFrame, HeardProsody, SoundState, Utterance
from robot_runtime.speak.meter import RATE_HZ
from robot_runtime.stage import Inbox, Outbox, news

_FRAME_S = FRAME / RATE_HZ
_BEFORE_S = 0.3
"""Heard before a turn, for the level of the room."""
_TOLD_AGAIN = 8  # turns whose speaker may still turn out
_WAITING = 8  # turns that wait to be looked at
_HEARD_ROLES = ("turn", "backchannel")


class ProsodyConfig(StageConfig):
    longest_s: float = Field(15.0, ge=1, le=60, description="of a longer turn only the last so many seconds are looked at [s]")
    frames_a_step: int = Field(8, ge=1, le=1000, description="frames of 20 ms that are looked at in one step")


@dataclass(frozen=True)
class _Frame:
    stamp_s: float
    samples: NDArray[np.float32]  # before the gain of the front end
    own: bool  # the robot's own voice may be in it


@dataclass
class _Look:
    """One turn, as far as it has been looked at."""

    utterance: Utterance
    frames: list[_Frame]
    voice: VoiceSound
    noise_dbfs: float
    done: int = 0


class Prosody:
    """Publishes ``speech/prosody`` for each turn, and again when its speaker turns out.

    Sound in which the robot's own voice may be heard is left out.
    """

    Config = ProsodyConfig

    def __init__(self, config: ProsodyConfig) -> None:
        self._config = config
        self.reset()

    def reset(self) -> None:
        self._kept: deque[_Frame] = deque(maxlen=round((self._config.longest_s + 3.0) / _FRAME_S))
        self._looks: deque[_Look] = deque(maxlen=_WAITING)
        self._told: deque[HeardProsody] = deque(maxlen=_TOLD_AGAIN)

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        states = {state.sequence: state for state in news(inbox, "audio/state", SoundState)}
        for frame in news(inbox, "audio/clean", AudioFrame):
            self._kept.append(_kept(frame, states.get(frame.sequence)))
        outbox: Outbox = []
        for utterance in news(inbox, "speech/heard", Utterance):
            outbox += self._hear(utterance, now_s)
        return outbox + self._go_on(now_s)

    def _hear(self, utterance: Utterance, now_s: float) -> Outbox:
        """A new turn, or whose an earlier one was."""
        if utterance.role not in _HEARD_ROLES:
            return []
        for look in self._looks:
            if _same(look.utterance, utterance):
                look.utterance = utterance
                return []
        for told in self._told:
            if (told.utterance_id, told.end_s) == (utterance.id, utterance.end_s):
                return [("speech/prosody", replace(told, stamp_s=now_s, speaker_id=utterance.speaker_id))]
        begin_s = max(utterance.start_s, utterance.end_s - self._config.longest_s)
        frames = [frame for frame in self._kept if begin_s <= frame.stamp_s + _FRAME_S / 2 <= utterance.end_s]
        before = [frame for frame in self._kept if begin_s - _BEFORE_S <= frame.stamp_s < begin_s - _FRAME_S]
        self._looks.append(_Look(utterance, frames, VoiceSound(), _level_dbfs(before)))
        return []

    def _go_on(self, now_s: float) -> Outbox:
        """Look at some more of the oldest turn."""
        if not self._looks:
            return []
        look = self._looks[0]
        ahead = look.frames[look.done : look.done + self._config.frames_a_step]
        for frame in ahead:
            look.voice.feed(frame.samples, usable=not frame.own)
        look.done += len(ahead)
        if look.done < len(look.frames):
            return []
        self._looks.popleft()
        prosody = _message(look.utterance, look.voice.sound(), look.noise_dbfs, now_s)
        self._told.append(prosody)
        return [("speech/prosody", prosody)]


def _kept(frame: AudioFrame, state: SoundState | None) -> _Frame:
    gain = 10 ** (state.gain_db / 20) if state is not None else 1.0
    own = state is not None and state.echo == Echo.UNCANCELLED.value
    return _Frame(frame.stamp_s, frame.samples.astype(np.float32) / np.float32(gain), own)


def _level_dbfs(frames: list[_Frame]) -> float:
    """The median, so that a knock does not count; nan for none."""
    powers = [float(np.mean(np.square(frame.samples, dtype=np.float64))) for frame in frames if not frame.own]
    return 10 * math.log10(max(float(np.median(powers)), 1e-2) / 32768.0**2) if powers else math.nan


def _message(utterance: Utterance, sound: Sound, noise_dbfs: float, now_s: float) -> HeardProsody:
    return HeardProsody(
        now_s, utterance.id, utterance.speaker_id, utterance.end_s, sound.pitch_hz, sound.pitch_range_st, sound.level_dbfs, noise_dbfs,
        sound.rate_syllables_ps, sound.vocal_tract_m, sound.vocal_tract_std_m, sound.voiced_s, sound.confidence,
    )  # fmt: skip


def _same(one: Utterance, other: Utterance) -> bool:
    return (one.id, one.end_s) == (other.id, other.end_s)
