"""The stop word, on a path of its own: microphone → here → gate.  No turn, grammar, planner or half-duplex rule is in between."""

from __future__ import annotations

import tempfile
from collections import deque
from pathlib import Path

import numpy as np
import pocketsphinx
from numpy.typing import NDArray
from pydantic import Field, field_validator

from robot_runtime.config import StageConfig
from robot_runtime.hear.activity import LevelGate
from robot_runtime.messages import AudioFrame, Listening, StopRequest
from robot_runtime.stage import Inbox, Outbox, news

FRAME_S = 0.02
_LISTENING_EVERY = 10
"""Frames between two signs of life: 5 Hz.  They are counted in sound that was searched, so that a dead microphone shows."""
_SEARCH = "stop words"


class StopWordConfig(StageConfig):
    words: tuple[str, ...] = Field(("stop",), min_length=1, description="each latches a stop")
    thresholds: tuple[float, ...] = Field(
        (1e-5,), description="likelihood ratio that each word must reach; smaller hears more, and more that is none"
    )
    margin_db: float = Field(9.0, ge=0, le=40, description="how much louder than the room sound must be to be looked at [dB]")
    preroll_s: float = Field(0.2, ge=0, le=1, description="sound kept from before it became loud [s]")
    hang_s: float = Field(0.5, gt=0, le=3, description="quiet for so long ends the search for a word [s]")
    repeat_s: float = Field(1.0, ge=0, le=10, description="the same shout is not reported again within this time [s]")

    @field_validator("thresholds")
    @classmethod
    def _positive(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < value <= 1e50 for value in values):
            raise ValueError("a threshold is a likelihood ratio: greater than 0")
        return values


class StopWord:
    """Spots the words in running speech.

    On the simulated voices at 1 to 4 m every "stop" was spotted, alone and in short sentences, at most 0.12 s after its end;
    no sentence of the scenarios nor of the robot itself, at 120 and 165 words a minute, was taken for one.  At a threshold
    of 1e-8 the robot's own "I will look for the red cup" was.  No other word is spotted by default: there is no threshold at which
    "halt" is heard more often than in "go to the hall", nor "freeze" more often than in "freezer".  The grammar, which
    hears whole sentences, tells those apart.

    :raises ValueError: there is not one threshold a word
    """

    Config = StopWordConfig

    def __init__(self, config: StopWordConfig) -> None:
        self._config = config
        self._decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
        with tempfile.TemporaryDirectory() as folder:  # the decoder takes its list from a file only
            path = Path(folder) / "words"
            lines = (f"{word} /{threshold:g}/\n" for word, threshold in zip(config.words, config.thresholds, strict=True))
            path.write_text("".join(lines), encoding="utf-8")
            self._decoder.add_kws(_SEARCH, str(path))
        self._decoder.activate_search(_SEARCH)
        self._searching = False
        self.reset()

    def reset(self) -> None:
        self._end_search()
        self._gate = LevelGate(self._config.margin_db)
        self._before: deque[NDArray[np.int16]] = deque(maxlen=max(1, round(self._config.preroll_s / FRAME_S)))
        self._quiet_s = 0.0
        self._reported_s = -np.inf
        self._frames = 0

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        outbox: Outbox = []
        for frame in news(inbox, "audio/in", AudioFrame):
            word = self._hear(frame.samples)
            if word and now_s - self._reported_s >= self._config.repeat_s:
                self._reported_s = now_s
                outbox.append(("safety/stop_request", StopRequest(now_s, "word", word, 1.0)))
            self._frames += 1
            if self._frames % _LISTENING_EVERY == 0:
                outbox.append(("safety/listening", Listening(now_s, self._frames)))
        return outbox

    def _hear(self, samples: NDArray[np.int16]) -> str:
        """The stop word that has just been completed, "" otherwise."""
        self._quiet_s = 0.0 if self._gate.is_loud(samples) else self._quiet_s + FRAME_S
        if self._quiet_s >= self._config.hang_s:
            self._end_search()
            self._before.append(samples)
            return ""
        if not self._searching:
            self._begin_search()
        self._decoder.process_raw(samples.tobytes(), False, False)
        hypothesis = self._decoder.hyp()
        if hypothesis is None:
            return ""
        self._end_search()
        return str(hypothesis.hypstr).split()[0]

    def _begin_search(self) -> None:
        self._decoder.start_utt()
        self._searching = True
        for samples in self._before:
            self._decoder.process_raw(samples.tobytes(), False, False)
        self._before.clear()

    def _end_search(self) -> None:
        if self._searching:
            self._decoder.end_utt()
        self._searching = False
