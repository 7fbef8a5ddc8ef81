"""The microphone: a sound card, a file or another's ROS driver, as 20 ms frames of 16 kHz mono."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import AudioFrame, Muted, MuteRequest
from robot_runtime.sense.device_source import DeviceSource
from robot_runtime.sense.sound_source import FileSource, SoundSource
from robot_runtime.sense.sound_stream import Wish
from robot_runtime.sense.sound_topic import SoundTopicSource
from robot_runtime.sense.wav import RATE_HZ
from robot_runtime.stage import Inbox, Outbox, news

_SOURCES = "device, device:NAME, file:PATH or audio_common"
_MUTES = ("audio/mute", "service/mute", "service/unmute")
_log = logging.getLogger(__name__)


class MicrophoneConfig(StageConfig):
    source: str = Field("device", pattern=r"^(device(:.+)?|file:.+|audio_common)$", description=_SOURCES)
    allow_missing: bool = Field(False, description="start without the device and wait for it, instead of an error")
    rate_hz: int = Field(0, ge=0, le=384_000, description="rate to open the device with; 0: its own [Hz]")
    channels: int = Field(0, ge=0, le=64, description="channels to open it with; 0: as few as it takes")
    channel: int = Field(0, ge=0, le=63, description="channel to listen to, from 0: of an array the one that its own processor has cleaned")
    buffer_s: float = Field(1.0, ge=0.1, le=10, description="sound that may wait for a late step; more is lost and counted")
    muted: bool = Field(False, description="begin muted")


class Microphone:
    """Publishes what the source has, stamped by when it was taken and not by when the step ran.

    A device that is lost is told of and looked for; meanwhile nothing is published, so that whoever needs sound finds it gone.
    Muted it publishes nothing either, and lets go of the device: no sound is taken at all.

    :raises FileError: the device or file cannot be used
    """

    Config = MicrophoneConfig

    def __init__(self, config: MicrophoneConfig, sounddevice: Any = None, source: SoundSource | None = None) -> None:
        """:param sounddevice: a stand-in for the module; ``source`` for whatever the configuration names"""
        self._config, self._sounddevice = config, sounddevice
        self._source = source or self._make()
        self.reset()

    def reset(self) -> None:
        """Numbers start anew, and so does the configured state of mute; the device stays open unless that is muted."""
        self._sequence, self._lost, self._told = 0, self._source.lost, False
        self._muted = self._config.muted
        if self._muted:
            self._source.close()

    def close(self) -> Outbox:
        """Let go of the device or file; the next step opens it again, a file from its beginning."""
        self._source.close()
        return []

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """For /diagnostics: why there is no sound, and figures of the device."""
        problem, figures = self._source.diagnose()
        return "" if self._muted else problem, {"source": self._config.source, "muted": str(self._muted).lower(), **figures}

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        outbox = self._mute(inbox, now_s)
        if self._muted:
            return outbox
        heard = self._source.read(inbox, now_s)
        if self._source.lost != self._lost:
            _log.warning("microphone: %d frames lost", self._source.lost - self._lost)
            self._sequence += self._source.lost - self._lost  # a consumer sees the gap
            self._lost = self._source.lost
        for stamp_s, samples in heard:
            outbox.append(("audio/in", AudioFrame(stamp_s, self._config.source, self._sequence, RATE_HZ, samples)))
            self._sequence += 1
        return outbox

    def _mute(self, inbox: Inbox, now_s: float) -> Outbox:
        """Obey the newest request; the state is published when it changes, and once at the start."""
        before, requests = self._muted, [request for topic in _MUTES for request in news(inbox, topic, MuteRequest)]
        if requests:
            self._muted = max(requests, key=lambda request: (request.stamp_s, request.muted)).muted
        if self._muted and not before:
            self._source.close()
        if self._muted == before and self._told:
            return []
        if self._muted or self._told:
            _log.warning("microphone: %s", "muted" if self._muted else "not muted any more")
        self._told = True
        return [("audio/muted", Muted(now_s, self._muted))]

    def _make(self) -> SoundSource:
        c = self._config
        kind, _, name = c.source.partition(":")
        if kind == "file":
            return FileSource(name)
        if kind == "audio_common":
            return SoundTopicSource(c.channel)
        wish = Wish("input", name, c.buffer_s, c.rate_hz, c.channels, c.channel)
        return DeviceSource(wish, may_be_missing=c.allow_missing, sounddevice=self._sounddevice)
