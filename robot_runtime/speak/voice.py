"""The robot's voice: sentences in, 20 ms frames of sound out, at the pace at which they are heard."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import AudioFrame, SpeechRequest, SpeechState, SpeechStyle
from robot_runtime.speak.synthesis import NEUTRAL_WPM, RATE_HZ, EspeakSynthesiser, Manner, Synthesiser, count_words, sentences
from robot_runtime.stage import Inbox, Outbox, latest, news

FRAME_S = 0.02
FRAME_SAMPLES = int(RATE_HZ * FRAME_S)
_MOST_BEHIND = 5  # frames that are caught up at once after a late step; more would only pile up in the speaker


class VoiceConfig(StageConfig):
    backend: Literal["espeak"] = Field("espeak", description="speech engine")
    voice: str = Field("en-us", description="voice of the engine, with its variant")
    rate_wpm: float = Field(NEUTRAL_WPM, ge=80, le=300, description="words a minute until a style says otherwise")
    pause_s: float = Field(0.25, ge=0, le=3, description="between sentences until a style says otherwise")
    queue_limit: int = Field(8, ge=1, le=100, description="requests that may wait; the oldest of more is dropped, and told")


@dataclass
class _Speaking:
    """One request on its way out."""

    request: SpeechRequest
    waiting: deque[str]  # sentences not yet synthesised
    sound: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    spoken_samples: int = 0  # of sound, pauses left out
    spoken_words: int = 0
    frames: int = 0


class Voice:
    """Speaks one request after the other.

    While it speaks it emits exactly one frame every 20 ms, so that a cancel is heard within one frame.  A request with
    ``interrupt`` silences what is being said and all that waits.

    :param synthesiser: another engine than the configured one; for tests
    """

    Config = VoiceConfig

    def __init__(self, config: VoiceConfig, synthesiser: Synthesiser | None = None) -> None:
        self._config = config
        self._synthesiser = synthesiser or EspeakSynthesiser(config.voice)
        self._synthesiser.speak("ready", Manner())  # the first synthesis loads the voice; nobody should wait for that
        self.reset()

    def reset(self) -> None:
        self._manner = Manner(rate_wpm=self._config.rate_wpm)
        self._pause_s = self._config.pause_s
        self._queue: deque[SpeechRequest] = deque()
        self._speaking: _Speaking | None = None
        self._next_frame_s = -math.inf
        self._sequence = 0

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        style = latest(inbox, "speech/style", SpeechStyle)
        if style is not None:
            self._manner = Manner(style.rate_wpm, style.pitch_ratio, style.volume_ratio)
            self._pause_s = style.pause_s
        outbox: Outbox = []
        for request in news(inbox, "speech/say", SpeechRequest):
            outbox += self._take(request, now_s)
        return outbox + self._speak(now_s)

    def _take(self, request: SpeechRequest, now_s: float) -> Outbox:
        outbox: Outbox = []
        if request.interrupt:
            outbox = [self._state("cancelled", dropped, now_s) for dropped in self._queue]
            self._queue.clear()
            outbox += self._cut(now_s)
        if request.text.strip():
            self._queue.append(request)
        while len(self._queue) > self._config.queue_limit:
            outbox.append(self._state("cancelled", self._queue.popleft(), now_s))
        return outbox

    def _cut(self, now_s: float) -> Outbox:
        cut, self._speaking = self._speaking, None
        return [self._state("cancelled", cut.request, now_s, cut)] if cut else []

    def _speak(self, now_s: float) -> Outbox:
        outbox: Outbox = []
        if now_s - self._next_frame_s > _MOST_BEHIND * FRAME_S:
            self._next_frame_s = now_s  # it was silent, or hopelessly late
        while now_s >= self._next_frame_s - 1e-6:
            frame = self._frame(outbox, now_s)
            if frame is None:
                break
            outbox.append(("audio/out", AudioFrame(self._next_frame_s, "voice", self._sequence, RATE_HZ, frame)))
            self._sequence += 1
            self._next_frame_s += FRAME_S
        return outbox

    def _frame(self, outbox: Outbox, now_s: float) -> NDArray[np.int16] | None:
        """The next 20 ms, None when there is nothing to say; changes of state go to ``outbox``."""
        while self._speaking is None or not len(self._speaking.sound):
            if self._speaking is None and not self._queue:
                return None
            if self._speaking is None:
                request = self._queue.popleft()
                self._speaking = _Speaking(request, deque(sentences(request.text)))
            if not self._next_sentence(self._speaking):
                outbox.append(self._state("finished", self._speaking.request, now_s, self._speaking))
                self._speaking = None
            elif self._speaking.frames == 0:
                outbox.append(self._state("started", self._speaking.request, now_s))
        return self._cut_frame(self._speaking)

    def _next_sentence(self, speaking: _Speaking) -> bool:
        """Synthesise the next sentence, after a pause when it is not the first; False when there is none left."""
        if not speaking.waiting:
            return False
        sentence = speaking.waiting.popleft()
        sound = self._synthesiser.speak(sentence, self._manner)
        pause = np.zeros(int(self._pause_s * RATE_HZ) if speaking.frames else 0, np.int16)
        speaking.sound = np.concatenate([pause, sound])
        speaking.spoken_samples += len(sound)
        speaking.spoken_words += count_words(sentence)
        return True

    def _cut_frame(self, speaking: _Speaking) -> NDArray[np.int16]:
        piece, speaking.sound = speaking.sound[:FRAME_SAMPLES], speaking.sound[FRAME_SAMPLES:]
        speaking.frames += 1
        frame = np.zeros(FRAME_SAMPLES, np.int16)
        frame[: len(piece)] = piece
        return frame

    def _state(self, phase: str, request: SpeechRequest, now_s: float, speaking: _Speaking | None = None) -> tuple[str, SpeechState]:
        """``rate_wpm`` is that of the sound that left, sentence pauses not counted."""
        duration_s = speaking.frames * FRAME_S if speaking else 0.0
        spoken = speaking if speaking and phase == "finished" and speaking.spoken_samples else None
        rate_wpm = spoken.spoken_words * 60 * RATE_HZ / spoken.spoken_samples if spoken else math.nan
        return "speech/state", SpeechState(now_s, request.id, phase, request.text, duration_s, rate_wpm)
