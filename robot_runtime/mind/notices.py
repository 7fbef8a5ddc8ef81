"""What people here have a right to know of the robot's ears: muted or not, recorded or not.  Told aloud."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import Muted, SoundKept, SpeechRequest, SpeechState
from robot_runtime.mind.sentences.book import load_sentences
from robot_runtime.nodes import real_microphone
from robot_runtime.stage import Inbox, Outbox, news

_AGAIN_S = 10.0
"""A notice that nobody has begun to say by then is handed over once more: the voice may not have been there yet."""


class NoticesConfig(StageConfig):
    language: str = Field("en", description="of the sentences")
    run_dir: str = Field("", description="folder for records; without one nothing is recorded")
    record_audio: bool = Field(False, description="what the microphone hears is recorded as well")
    audio_in: str = Field("device", description="where that comes from; nobody in a simulation is told")


@dataclass
class _Notice:
    key: str
    id: str = ""
    handed_s: float = -math.inf


class Notices:
    """Says that the microphone has been muted, or unmuted, and that a real one is recorded.

    ``audio/kept`` becomes true when the last word of that was heard, and not before: until then the recorder keeps no sound.
    """

    Config = NoticesConfig

    def __init__(self, config: NoticesConfig) -> None:
        """:raises FileError: there are no sentences in this language"""
        self._book = load_sentences(config.language)
        self._recording = bool(config.run_dir) and config.record_audio
        self._silent = not real_microphone(config.audio_in)
        self.reset()

    def reset(self) -> None:
        self._muted = False
        self._kept: bool | None = None
        self._told = self._silent
        self._waiting: list[_Notice] = [_Notice("recording")] if self._recording and not self._silent else []

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        for muted in news(inbox, "audio/muted", Muted):
            self._take(muted.muted)
        for state in news(inbox, "speech/state", SpeechState):
            self._heard(state)
        outbox: Outbox = [("speech/say", self._request(notice, now_s)) for notice in self._waiting if now_s - notice.handed_s >= _AGAIN_S]
        kept = self._recording and self._told
        if kept != self._kept:
            self._kept = kept
            outbox.append(("audio/kept", SoundKept(now_s, kept)))
        return outbox

    def _take(self, muted: bool) -> None:
        """Only the newest state is told; one that was never different from what people know is not."""
        if muted == self._muted:
            return
        self._muted = muted
        self._waiting = [notice for notice in self._waiting if notice.key == "recording"]
        self._waiting.append(_Notice("microphone_off" if muted else "microphone_on"))

    def _heard(self, state: SpeechState) -> None:
        for notice in [notice for notice in self._waiting if notice.id == state.request_id]:
            if state.phase == "finished":
                self._waiting.remove(notice)
                self._told |= notice.key == "recording"
            elif state.phase == "cancelled":
                notice.handed_s = -math.inf
            else:
                notice.handed_s = state.stamp_s  # it is being said

    def _request(self, notice: _Notice, now_s: float) -> SpeechRequest:
        notice.id, notice.handed_s = notice.id or f"{notice.key}-{round(now_s * 1000)}", now_s
        return SpeechRequest(now_s, notice.id, self._book.sentence(notice.key), "", "notice", "", False, language=self._book.language)
