"""The speaker: a sound card or a file that takes the robot's voice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import AudioFrame
from robot_runtime.sense.sound_stream import Wish
from robot_runtime.speak.device_sink import DeviceSink
from robot_runtime.speak.sink import FileSink, Sink
from robot_runtime.stage import Inbox, Outbox, news


class SpeakerConfig(StageConfig):
    sink: str = Field("device", pattern=r"^(device(:.+)?|file:.+)$", description="device, device:NAME or file:PATH")
    allow_missing: bool = Field(False, description="start without the device and wait for it, instead of an error")
    rate_hz: int = Field(0, ge=0, le=384_000, description="rate to open the device with; 0: its own [Hz]")
    channels: int = Field(0, ge=0, le=64, description="channels to open it with, all of which get the same; 0: as few as it takes")
    ahead_s: float = Field(
        0.04, ge=0.01, le=0.5, description="sound that waits for the card while the robot speaks; bridges late steps [s]"
    )
    buffer_s: float = Field(
        0.2, ge=0.04, le=2, description="sound that may wait for the card; more is dropped, so that a cancel is heard [s]"
    )


class Speaker:
    """Hands each frame to the sink at once; it never waits.

    :raises FileError: the device or file cannot be used
    """

    Config = SpeakerConfig

    def __init__(self, config: SpeakerConfig, sounddevice: Any = None, sink: Sink | None = None) -> None:
        """:param sounddevice: a stand-in for the module; ``sink`` for whatever the configuration names"""
        self._config, self._sounddevice = config, sounddevice
        self._sink = sink or self._make()

    def reset(self) -> None:
        """Keeps no state."""

    def close(self) -> Outbox:
        """Let go of the device or file; the next step opens the device again, the next frame a file anew."""
        self._sink.close()
        return []

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """For /diagnostics: why nothing is heard, and figures of the device."""
        problem, figures = self._sink.diagnose()
        return problem, {"sink": self._config.sink, **figures}

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        """:raises FileError: a file was closed, and cannot be opened again"""
        for frame in news(inbox, "audio/out", AudioFrame):
            self._sink.write(frame, now_s)
        self._sink.tick(now_s)
        return []

    def _make(self) -> Sink:
        c = self._config
        kind, _, name = c.sink.partition(":")
        if kind == "file":
            return FileSink(name)
        wish = Wish("output", name, c.buffer_s, c.rate_hz, c.channels)
        return DeviceSink(wish, c.ahead_s, may_be_missing=c.allow_missing, sounddevice=self._sounddevice)
