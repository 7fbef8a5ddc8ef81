"""The recorder: every recorded topic of the table into ``record.mcap``, and the story of the run into ``timeline.jsonl``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from pydantic import Field
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message

from robot_runtime.config import StageConfig
from robot_runtime.nodes import Node, real_microphone
from robot_runtime.ros.convert import codec
from robot_runtime.ros.definitions import definition
from robot_runtime.ros.host import Host
from robot_runtime.ros.qos import profile
from robot_runtime.ros.recording import Recording, next_path
from robot_runtime.ros.shell import Shell
from robot_runtime.topics import TOPICS, Qos
from safety.files import FileError

_STORY, _KEPT = "timeline", "audio/kept"
_PRIVATE = ("audio/in",)
"""What people said, as sound: kept only if that is wanted, and of a real microphone only once they have been told."""
_DEPTH = 500
"""Messages of a topic that wait while the disk is slow: ten seconds at 50 Hz."""


class RecorderConfig(StageConfig):
    """Parameters of the recorder."""

    run_dir: str = Field("", description="folder for record.mcap and timeline.jsonl; made if it is not there")
    record_audio: bool = Field(False, description="keep what the microphone hears")
    audio_in: str = Field("device", description="where that comes from; people in a simulation need not be told")
    flush_s: float = Field(1.0, gt=0, le=60, description="at most so much of the end is lost when the process is killed")


class Recorder(Shell):
    """Writes raw messages as they come, without converting them.

    A disk that is full or gone ends the recording, not the process: it is said once in the log and in /diagnostics from
    then on, and the robot goes on.
    """

    Config = RecorderConfig

    def __init__(self, row: Node, host: Host) -> None:
        """:raises FileError: the parameters do not fit"""
        super().__init__(row, host)
        self._recording: Recording | None = None
        self._story: Any = None
        self._problem = ""
        self._told = False

    def configure(self) -> None:
        """Open the files and subscribe.

        :raises FileError: the folder cannot be written
        """
        self._problem, self._told = "", not real_microphone(self.config.audio_in)
        folder = Path(self.config.run_dir)
        if not self.config.run_dir:
            raise FileError("recorder: run_dir: names no folder")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._recording = Recording(next_path(folder))
            self._story = (folder / "timeline.jsonl").open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise FileError(f"recorder: run_dir: {error.filename}: {error.strerror}") from error
        for topic in self.row.inputs:
            if TOPICS[topic].qos is not Qos.LOCAL and (self.config.record_audio or topic not in _PRIVATE):
                self._subscribe_raw(topic, self._recording)

    def activate(self) -> None:
        """Begin to flush."""
        steady = Clock(clock_type=ClockType.STEADY_TIME)  # simulated time may stand still
        self._flushing = self.create_timer(self.config.flush_s, lambda: self._guarded(self._flush), clock=steady)

    def deactivate(self) -> None:
        """Bring what is there to the disk."""
        self.destroy_timer(self._flushing)
        self._guarded(self._flush)

    def cleanup(self) -> None:
        """Close the files."""
        self._guarded(self._close)
        self._recording = self._story = None

    def status(self) -> Any:
        """As any node's, with the problem of the disk."""
        status = super().status()
        if self._problem:
            status.level, status.message = DiagnosticStatus.ERROR, self._problem
        return status

    def _subscribe_raw(self, topic: str, recording: Recording) -> None:
        row, convert = TOPICS[topic], codec(topic)
        channel = recording.channel(self.resolve_topic_name(topic), row.ros_type, definition(row.ros_type), {"topic": topic})
        like = profile(row.qos)
        depth = like.depth if row.qos is Qos.STATE else _DEPTH
        qos = QoSProfile(history=like.history, depth=depth, reliability=like.reliability, durability=like.durability)
        callback = partial(self._on_message, topic, channel)
        self._own_subscriptions.append(self.create_subscription(convert.ros_class, topic, callback, qos, raw=True))

    def _on_message(self, topic: str, channel: int, data: bytes) -> None:
        if topic == _KEPT and real_microphone(self.config.audio_in):
            self._told = bool(deserialize_message(data, codec(topic).ros_class).data)
        if self._told or topic not in _PRIVATE:
            self._guarded(lambda: self._write(topic, channel, data))

    def _write(self, topic: str, channel: int, data: bytes) -> None:
        if self._recording is not None:
            self._recording.write(channel, data, round(self.host.pace.now_s() * 1e9))
        if topic == _STORY and self._story is not None:
            convert = codec(topic)
            event = convert.from_ros(deserialize_message(data, convert.ros_class), 0.0)
            self._story.write(json_line(event))

    def _flush(self) -> None:
        if self._recording is not None:
            self._recording.flush()

    def _close(self) -> None:
        if self._recording is not None:
            self._recording.close()
        if self._story is not None:
            self._story.close()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something with the disk; after the first failure nothing is written any more."""
        if self._problem:
            return
        try:
            work()
        except OSError as error:
            self._problem = f"recording ended: {self.config.run_dir}: {error.strerror}"
            self.get_logger().error(self._problem)


def json_line(event: Any) -> str:
    r"""A dataclass as one line of JSON; JSON has no nan, so that becomes null.

    >>> from robot_runtime.messages import TimelineEvent
    >>> json_line(TimelineEvent(1.0, "heard", "stop", "", math.nan))
    '{"stamp_s": 1.0, "kind": "heard", "text": "stop", "detail": "", "latency_ms": null}\n'
    """
    values = {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in asdict(event).items()}
    return json.dumps(values, ensure_ascii=False) + "\n"
