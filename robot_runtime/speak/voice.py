"""The robot's voice: text in, 20 ms frames of sound out, at the pace at which they are heard."""

from __future__ import annotations

import logging
import math
from collections import deque

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import (
    AudioFrame,
    FloorDecision,
    SpeechMeasured,
    SpeechRequest,
    SpeechState,
    SpeechStyle,
    StopRequest,
    Utterance,
)
from robot_runtime.speak.ducking import Ducking, Manners
from robot_runtime.speak.engine import NEUTRAL_WPM, RATE_HZ, Engine, EngineError, Manner
from robot_runtime.speak.engines import Backend, engine
from robot_runtime.speak.listener import Listener
from robot_runtime.speak.loudness import Law
from robot_runtime.speak.pacing import Pacing
from robot_runtime.speak.speaking import Speaking, Text
from robot_runtime.speak.spoken import Delivery
from robot_runtime.stage import Inbox, Outbox, latest, news

FRAME_S = 0.02
FRAME_SAMPLES = int(RATE_HZ * FRAME_S)
_MOST_BEHIND = 5  # frames that are caught up at once after a late step; more would only pile up in the speaker
_UNHURRIED = ("answer", "question", "report", "refusal")
"""Purposes of what may wait for the style's response delay; a notice may be about safety."""
_MOST_DELAY_S = 2.0
SILENCE = np.zeros(FRAME_SAMPLES, np.int16)
_log = logging.getLogger(__name__)


class VoiceConfig(StageConfig):
    backend: Backend = Field("espeak", description="speech engine")
    language: str = Field("en", description="of texts that do not say theirs")
    voices: dict[str, str] = Field({}, description="language → voice of the engine, or the path of its model; empty for the engine's own")
    rate_wpm: float = Field(NEUTRAL_WPM, ge=80, le=300, description="words a minute until a style says otherwise")
    pause_s: float = Field(0.25, ge=0, le=3, description="between sentences until a style says otherwise")
    clause_pause_s: float = Field(0.12, ge=0, le=2, description="within sentences, where a comma stands, likewise")
    queue_limit: int = Field(8, ge=1, le=100, description="requests that may wait; the oldest of more is dropped, and told")
    more_s: float = Field(3.0, gt=0, le=60, description="how long the rest of a text is waited for")
    ahead_s: float = Field(
        0.04, ge=0, le=0.04, description="sound that leaves at once as speech begins, for the speaker to keep waiting [s]"
    )
    loudness: Law = Field(Law(), description="how it follows distance and noise")
    interrupted: Manners = Field(Manners(), description="what it does when somebody speaks into its words")


class Voice:
    """Speaks one request after the other, each from its first sentence on, also while the rest of its text is still being made.

    While it speaks it emits exactly one frame every 20 ms, so that a cancel is heard within one frame.  As it begins to, what the speaker
    keeps waiting leaves at once, with the stamps of a voice that began so much earlier: nothing waits before it.  A request with
    ``interrupt`` silences what is being said and all that waits; so does somebody who takes the floor, with one frame that fades out.
    While it is not clear whether somebody does, its frames are silent, and what it has to say waits; where perhaps nobody speaks it
    only hesitates, and goes on from the very sample.

    :param speech: another engine than the configured one; for tests
    :raises EngineError: the configured engine cannot be had
    """

    Config = VoiceConfig

    def __init__(self, config: VoiceConfig, speech: Engine | None = None) -> None:
        self._config = config
        self._engine = speech or engine(config.backend, config.language, config.voices)
        self.reset()

    def reset(self) -> None:
        config = self._config
        self._delivery = Delivery(Manner(rate_wpm=config.rate_wpm), config.clause_pause_s, config.pause_s)
        self._listener = Listener()
        self._pacing = Pacing()
        self._queue: deque[Text] = deque()
        self._speaking: Speaking | None = None
        self._ducking = Ducking(self._config.interrupted)
        self._turn_ended_s = -math.inf  # of the person who was heard last
        self._response_delay_s = 0.0
        self._next_frame_s = -math.inf
        self._silent = True
        self._sequence = 0

    def close(self) -> Outbox:
        """Let go of the engine's process; the next sentence starts it again."""
        self._engine.close()
        return []

    @property
    def busy(self) -> bool:
        """It says something, or has something to say."""
        return self._speaking is not None or bool(self._queue)

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        style = latest(inbox, "speech/style", SpeechStyle)
        if style is not None:
            manner = Manner(style.rate_wpm, style.pitch_ratio, style.volume_ratio, style.pitch_range_ratio)
            self._delivery = Delivery(manner, style.clause_pause_s, style.pause_s, style.person_id, style.name)
            self._response_delay_s = min(style.response_delay_s, _MOST_DELAY_S)
        for utterance in news(inbox, "speech/heard", Utterance):
            if utterance.role == "turn":
                self._turn_ended_s = max(self._turn_ended_s, min(utterance.end_s, now_s))
        self._listener.update(inbox)
        outbox: Outbox = []
        if any(stop.source == "word" for stop in news(inbox, "safety/stop_request", StopRequest)):
            outbox += self._silence(now_s)
        for floor in news(inbox, "speech/floor", FloorDecision):
            if self.busy:
                self._ducking.take(floor)
        for request in news(inbox, "speech/say", SpeechRequest):
            outbox += self._take(request, now_s)
        return outbox + self._speak(now_s)

    # ------------------------------------------------------------ requests

    def _take(self, request: SpeechRequest, now_s: float) -> Outbox:
        outbox = self._silence(now_s) if request.interrupt else []
        begun = next((text for text in self._texts() if text.request.id == request.id and not text.complete), None)
        if begun is not None:
            begun.add(request, now_s)
        elif request.text.strip():
            self._queue.append(Text(request, now_s))
        while len(self._queue) > self._config.queue_limit:
            outbox.append(self._state("cancelled", self._queue.popleft(), now_s))
        return outbox

    def _texts(self) -> list[Text]:
        return [*([self._speaking.text] if self._speaking else []), *self._queue]

    def _silence(self, now_s: float) -> Outbox:
        """Say neither the rest nor anything that waits."""
        dropped = [self._state("cancelled", text, now_s) for text in self._queue]
        self._queue.clear()
        return dropped + self._cut(now_s)

    def _cut(self, now_s: float) -> Outbox:
        self._ducking.reset()
        cut, self._speaking = self._speaking, None
        return [*_measured(cut.over(now_s, "cut")), self._state("cancelled", cut.text, now_s, cut)] if cut else []

    # ------------------------------------------------------------ sound

    def _speak(self, now_s: float) -> Outbox:
        outbox: Outbox = []
        if self._silent or now_s - self._next_frame_s > _MOST_BEHIND * FRAME_S:
            self._next_frame_s = now_s  # nothing is owed, or hopelessly much
        while now_s >= self._next_frame_s - 1e-6:
            self._silent = not self._next_frame(outbox, now_s)
            if self._silent:
                self._ducking.reset()  # nobody speaks into silence
                break
            self._next_frame_s += FRAME_S
        return outbox

    def _next_frame(self, outbox: Outbox, now_s: float) -> bool:
        """Put the next 20 ms and changes of state into ``outbox``; False when there is nothing to say now."""
        while self._speaking is not None or (self._queue and self._is_time(self._queue[0], now_s)):
            speaking = self._speaking = self._speaking or self._begin(self._queue.popleft())
            self._wait_for_more(speaking.text, now_s)
            held = self._ducking.held
            try:
                ahead_s = self._config.ahead_s if self._silent else 0.0
                if ahead_s and speaking.has(FRAME_SAMPLES + round(ahead_s * RATE_HZ)):
                    self._next_frame_s = now_s - ahead_s
                sound = SILENCE if held else _filled(speaking.frame(self._ducking.takes(FRAME_SAMPLES)))
            except EngineError as error:
                _log.error("voice: %s", error)
                outbox += self._cut(now_s)
                continue
            if sound is not None:
                if speaking.frames == 1 and not held:
                    outbox.append(self._state("started", speaking.text, now_s))
                made = sound
                sound, over = self._ducking.apply(made, pauses=speaking.pauses)
                outbox.append(("audio/out", AudioFrame(self._next_frame_s, "voice", self._sequence, RATE_HZ, sound)))
                self._sequence += 1
                if not held:
                    outbox += _measured(speaking.left(sound, now_s, whole=sound is made))
                if self._ducking.begins_again:
                    speaking.go_back()
                self._listener.robot_speaks(now_s)
                if over:
                    outbox += self._silence(now_s)
                return True
            if not speaking.done:
                return False
            if speaking.starved:
                _log.warning("voice: %d frames of silence while more of %s was waited for", speaking.starved, speaking.text.request.id)
            outbox += _measured(speaking.over(now_s, "finished"))
            outbox.append(self._state("finished", speaking.text, now_s, speaking))
            self._speaking = None
        return False

    def _is_time(self, text: Text, now_s: float) -> bool:
        """Whether the person has had the pause after their turn that suits them."""
        waits = text.request.purpose in _UNHURRIED and not text.request.interrupt
        return not waits or now_s >= self._turn_ended_s + self._response_delay_s - 1e-6

    def _begin(self, text: Text) -> Speaking:
        config = self._config
        return Speaking(text, self._engine, config.backend, config.language, self._pacing, lambda: self._delivery, self._loudness_db)

    def _loudness_db(self, text: Text) -> float:
        now_s = self._next_frame_s
        distance_m = self._listener.distance_m(text.request.addressee_id, now_s)
        wanted_db = self._config.loudness.gain_db(self._delivery.manner.volume_ratio, distance_m, self._listener.noise_dbfs)
        return self._listener.bearable_db(wanted_db)

    def _wait_for_more(self, text: Text, now_s: float) -> None:
        """A text whose rest does not come is complete as it is."""
        if not text.complete and now_s - text.changed_s > self._config.more_s:
            text.end()

    def _state(self, phase: str, text: Text, now_s: float, speaking: Speaking | None = None) -> tuple[str, SpeechState]:
        request_id = text.request.id
        if speaking is None:
            return "speech/state", SpeechState(now_s, request_id, phase, text.all, 0.0, math.nan)
        duration_s = speaking.frames * FRAME_S
        if phase != "finished":
            return "speech/state", SpeechState(now_s, request_id, phase, text.all, duration_s, math.nan, speaking.said)
        figures, rate_wpm = speaking.figures()
        return "speech/state", SpeechState(
            now_s, request_id, phase, text.all, duration_s, rate_wpm, speaking.said, figures.sentence_pause_s, figures.clause_pause_s,
            figures.level_dbfs, figures.pitch_hz, figures.pitch_range_st,
        )  # fmt: skip


def _filled(sound: NDArray[np.int16] | None) -> NDArray[np.int16] | None:
    """Up to a frame, with silence."""
    return sound if sound is None or len(sound) == FRAME_SAMPLES else np.pad(sound, (0, FRAME_SAMPLES - len(sound)))


def _measured(sentences: list[SpeechMeasured]) -> Outbox:
    return [("speech/measured", sentence) for sentence in sentences]
