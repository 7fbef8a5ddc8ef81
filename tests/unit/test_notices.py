"""Who is heard and recorded here is told so, aloud, and before any of it is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robot_runtime.hear.stop_word import StopWord, StopWordConfig
from robot_runtime.messages import AudioFrame, Muted, MuteRequest, SoundKept, SpeechRequest, SpeechState
from robot_runtime.mind.notices import Notices, NoticesConfig
from robot_runtime.nodes import NODES, Settings
from robot_runtime.sense.microphone import Microphone, MicrophoneConfig
from robot_runtime.sense.sound_source import FRAME_SAMPLES
from safety.types import Listening

RECORDED = NoticesConfig(run_dir="runs/x", record_audio=True, audio_in="device")


def said(outbox: list[tuple[str, Any]]) -> list[SpeechRequest]:
    return [message for topic, message in outbox if topic == "speech/say"]


def kept(outbox: list[tuple[str, Any]]) -> list[bool]:
    return [message.kept for topic, message in outbox if isinstance(message, SoundKept)]


def state(request: SpeechRequest, phase: str, now_s: float) -> dict[str, list[SpeechState]]:
    return {"speech/state": [SpeechState(now_s, request.id, phase, request.text, 0.0, 0.0)]}


def test_a_recorded_microphone_is_announced_before_its_sound_may_be_kept() -> None:
    notices = Notices(RECORDED)
    outbox = notices.step({}, 1.0)
    (request,) = said(outbox)
    assert (request.text, request.purpose, request.interrupt) == ("I am recording what I hear.", "notice", False)
    assert kept(outbox) == [False]
    assert kept(notices.step(state(request, "started", 2.0), 2.0)) == []
    assert kept(notices.step(state(request, "finished", 4.0), 4.0)) == [True]
    assert notices.step({}, 60.0) == []


def test_a_voice_that_was_not_there_yet_or_was_cut_is_asked_again() -> None:
    notices = Notices(RECORDED)
    (request,) = said(notices.step({}, 1.0))
    assert not said(notices.step({}, 10.0))
    (again,) = said(notices.step({}, 11.0))
    assert again.id == request.id
    (third,) = said(notices.step(state(again, "cancelled", 12.0), 12.0))
    assert kept(notices.step(state(third, "finished", 15.0), 15.0)) == [True]


@pytest.mark.parametrize(
    ("config", "may_be_kept"),
    [
        (NoticesConfig(), False),
        (NoticesConfig(run_dir="runs/x"), False),
        (NoticesConfig(record_audio=True), False),
        (NoticesConfig(run_dir="runs/x", record_audio=True, audio_in="sim"), True),
        (NoticesConfig(run_dir="runs/x", record_audio=True, audio_in="file:a.wav"), True),
    ],
)
def test_where_nobody_real_is_recorded_nothing_is_said(config: NoticesConfig, may_be_kept: bool) -> None:
    outbox = Notices(config).step({}, 1.0)
    assert said(outbox) == []
    assert kept(outbox) == [may_be_kept]


def test_mute_is_told_when_it_begins_and_when_it_ends() -> None:
    notices = Notices(NoticesConfig())
    assert not said(notices.step({"audio/muted": [Muted(1.0, False)]}, 1.0)), "nobody took it for muted"
    (off,) = said(notices.step({"audio/muted": [Muted(2.0, True)]}, 2.0))
    assert off.text == "My microphone is off. I cannot hear you."
    notices.step(state(off, "finished", 4.0), 4.0)
    assert not said(notices.step({"audio/muted": [Muted(5.0, True)]}, 5.0)), "a latched state that comes twice"
    (on,) = said(notices.step({"audio/muted": [Muted(30.0, False)]}, 30.0))
    assert on.text == "My microphone is on again."
    assert on.id != off.id


def test_only_the_newest_state_is_told() -> None:
    notices = Notices(NoticesConfig())
    notices.step({"audio/muted": [Muted(2.0, True)]}, 2.0)
    (request,) = said(notices.step({"audio/muted": [Muted(2.5, False)]}, 2.5))
    assert request.text == "My microphone is on again."
    assert not [later for later in said(notices.step({}, 13.0)) if later.text != request.text]


def test_a_robot_keeps_no_sound_unless_it_is_asked_to() -> None:
    assert Settings().record_audio is False
    assert Settings.for_simulation().record_audio is True


class Quiet:
    """A source that always has something."""

    lost = 0

    def __init__(self) -> None:
        self.closed = 0

    def read(self, inbox: Any, now_s: float) -> list[Any]:
        return [(now_s - 0.02, np.zeros(FRAME_SAMPLES, np.int16))]

    def close(self) -> None:
        self.closed += 1

    def diagnose(self) -> tuple[str, dict[str, str]]:
        return "", {}


def test_who_listens_for_the_stop_word_falls_silent_with_the_microphone() -> None:
    """… and the gate slows the base after half a second of that, and holds it after two: a shout would not be heard."""
    microphone, stop_word, signs = Microphone(MicrophoneConfig(), source=Quiet()), StopWord(StopWordConfig(background=False)), []
    for step in range(150):
        now_s = step * 0.02
        inbox = {"audio/mute": [MuteRequest(now_s, True)]} if step == 50 else {}
        heard = [message for topic, message in microphone.step(inbox, now_s) if isinstance(message, AudioFrame)]
        signs += [message for _, message in stop_word.step({"audio/in": heard} if heard else {}, now_s) if isinstance(message, Listening)]
    assert len(signs) == 5
    assert max(sign.stamp_s for sign in signs) < 1.0


def test_the_services_and_the_topic_reach_the_microphone() -> None:
    row = next(node for node in NODES if node.name == "microphone")
    assert dict(row.services) == {"audio/mute": "service/mute", "audio/unmute": "service/unmute"}
    assert {"audio/mute", "service/mute", "service/unmute"} <= set(row.inputs)
    assert "audio/muted" in row.outputs
