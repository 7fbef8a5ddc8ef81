"""Sound from and to nodes of others, in the messages of ``audio_common_msgs``; see docs/sound.md.

Two packages have that name: that of ros-perception (bytes, and AudioInfo on a topic of its own) and that of mgonzs13
(AudioStamped, which says itself what it holds).  Whichever is installed is used; without one the node says so, in the log and in
/diagnostics, and everything else runs.
"""

from __future__ import annotations

import importlib
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from pydantic import Field
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from robot_runtime import messages as m
from robot_runtime.config import StageConfig
from robot_runtime.nodes import Node
from robot_runtime.ros import sound_messages
from robot_runtime.ros.host import Host
from robot_runtime.ros.shell import Shell
from robot_runtime.valid import RefusedError

OURS = "audio_common"
IN, INFO_IN, OUT, INFO_OUT = "audio/common_in", "audio/common_info_in", "audio/common_out", "audio/common_info_out"
_FROM_ANY = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Takes from reliable publishers and from others."""
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class AudioCommonConfig(StageConfig):
    """Parameters of the node."""

    audio_in: str = Field("", description=f"the launch argument; {OURS}: take sound from {IN}")
    audio_out: str = Field("", description=f"the launch argument; {OURS}: give sound to {OUT}")
    message: str = Field(
        "", pattern="^(|AudioStamped|AudioDataStamped|AudioData)$", description="type of both topics; empty: what is installed"
    )
    rate_hz: int = Field(16_000, ge=4000, le=384_000, description="of bytes that no AudioInfo describes [Hz]")
    channels: int = Field(1, ge=1, le=64, description="likewise")
    frame_id: str = Field("base_link", description="in the headers of what it publishes")


class AudioCommon(Shell):
    """The node."""

    Config = AudioCommonConfig

    def __init__(self, row: Node, host: Host) -> None:
        """:raises FileError: the parameters do not fit"""
        super().__init__(row, host)
        self._missing = ""

    def configure(self) -> None:
        """Import the package, and connect what there is."""
        self._missing, self._format = "", sound_messages.Format(self.config.rate_hz, self.config.channels, "S16LE")
        try:
            package = importlib.import_module("audio_common_msgs.msg")
            name = self.config.message or sound_messages.kind_of(package)
            kind = getattr(package, name)
        except (ImportError, AttributeError, LookupError) as error:
            self._missing = f"audio_common_msgs is not installed, or lacks {self.config.message or 'a known message'} ({error}): no sound"
            self._missing += "; install ros-$ROS_DISTRO-audio-common-msgs, or build one of the two packages of that name"
            self.get_logger().error(self._missing)
            return
        if self.config.audio_in == OURS:
            self._listen(package, name, kind)
        if self.config.audio_out == OURS:
            self._speak(package, name, kind)

    def status(self) -> Any:
        """As any node's, with what is not installed."""
        status = super().status()
        if self._missing:
            status.level, status.message = DiagnosticStatus.ERROR, self._missing
        return status

    # ---------------------------------------------------------------- in

    def _listen(self, package: Any, name: str, kind: Any) -> None:
        def on_sound(message: Any) -> None:
            if self.state != "active":
                return
            try:
                sound = sound_messages.from_ros(message, name, self._format, self.host.pace.now_s())
            except RefusedError as error:
                self._drop(IN, error)
            else:
                self.host.deliver("audio/raw_in", sound)

        self._own_subscriptions.append(self.create_subscription(kind, IN, on_sound, _FROM_ANY))
        if name != "AudioStamped":
            # Volatile hears latched publishers too, though not what they said before.
            self._own_subscriptions.append(self.create_subscription(package.AudioInfo, INFO_IN, self._on_info, _FROM_ANY))

    def _on_info(self, info: Any) -> None:
        try:
            self._format = sound_messages.format_of(info)
        except RefusedError as error:
            self._drop(INFO_IN, error)

    # ---------------------------------------------------------------- out

    def _speak(self, package: Any, name: str, kind: Any) -> None:
        publisher = self.create_lifecycle_publisher(kind, OUT, QoSProfile(depth=100))
        self._own_publishers.append(publisher)
        if name != "AudioStamped":
            self._info = self.create_lifecycle_publisher(package.AudioInfo, INFO_OUT, _LATCHED)
            self._own_publishers.append(self._info)
            self._description = sound_messages.info(package)
        else:
            self._info = None

        def on_frame(frame: m.AudioFrame) -> None:
            publisher.publish(sound_messages.to_ros(frame, name, package, self.config.frame_id))

        self.subscribe("audio/out", on_frame)

    def activate(self) -> None:
        """Say once, for all who come later too, what the bytes are."""
        if not self._missing and self.config.audio_out == OURS and self._info is not None:
            self._info.publish(self._description)
