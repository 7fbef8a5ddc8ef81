"""A graph of tiny stages for the tests of the ROS shells, and a program that runs one of its processes."""

from __future__ import annotations

import sys
from dataclasses import replace

from pydantic import Field

from robot_runtime import messages as m
from robot_runtime.config import StageConfig
from robot_runtime.nodes import NODES, Node
from robot_runtime.ros import environment
from robot_runtime.stage import Inbox, Outbox, news


class Source:
    """Publishes a plan and a proposed velocity at every step."""

    class Config(StageConfig):
        speed_mps: float = Field(0.25, ge=0, le=1, description="what it asks for")

    def __init__(self, config: Config) -> None:
        self._config = config
        self._count = 0

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._count += 1
        status = m.ActionStatus(now_s, f"a{self._count}", "p", "go_to", "running", "")
        return [("action/status", status), ("cmd_vel/proposed", m.ProposedVelocity(now_s, "a", self._config.speed_mps, 0.0))]

    def reset(self) -> None:
        self._count = 0


class Echo:
    """Answers each action status with its id, at once; stops on request; fails on the utterance "fail"; says "closed" at last."""

    class Config(StageConfig):
        prefix: str = Field("echo ", description="put before each answer")

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stopped_by = ""

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        if any(utterance.text == "fail" for utterance in news(inbox, "speech/heard", m.Utterance)):
            raise ValueError("asked to fail")
        for topic in ("safety/stop_request", "service/stop"):
            for stop in news(inbox, topic, m.StopRequest)[-1:]:
                self._stopped_by = stop.source
        speed_mps = 0.0 if self._stopped_by else 1.0
        answers: Outbox = [
            ("timeline", m.TimelineEvent(now_s, "process", self._config.prefix + status.action_id, self._stopped_by, 0.0))
            for status in news(inbox, "action/status", m.ActionStatus)
        ]
        return [*answers, ("cmd_vel", m.Velocity(now_s, speed_mps, 0.0))]

    def close(self) -> Outbox:
        return [("cmd_vel", m.Velocity(0.0, 0.0, 0.0)), ("timeline", m.TimelineEvent(0.0, "process", "closed", "", 0.0))]

    def reset(self) -> None:
        self._stopped_by = ""


class Lens:
    """Publishes a local picture."""

    class Config(StageConfig):
        pass

    def __init__(self, config: Config) -> None:
        pass

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        import numpy as np

        return [("camera/image", m.Image(now_s, "camera", np.zeros((2, 2, 3), np.uint8), None))]

    def reset(self) -> None:
        pass


class Viewer:
    """Reports each local picture."""

    class Config(StageConfig):
        pass

    def __init__(self, config: Config) -> None:
        pass

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        pictures = news(inbox, "camera/image", m.Image)
        return [("speech/state", m.SpeechState(now_s, str(picture.bgr.shape), "started", "", 0.0, 0.0)) for picture in pictures]

    def reset(self) -> None:
        pass


ROWS = {
    "source": (Node("source", "source", "tests.ros.tiny_graph:Source", (), ("action/status", "cmd_vel/proposed"), rate_hz=20),),
    "sim": (Node("source", "sim", "tests.ros.tiny_graph:Source", (), ("action/status", "cmd_vel/proposed"), rate_hz=20),),
    "echo": (
        Node("echo", "echo", "tests.ros.tiny_graph:Echo", ("action/status", "speech/heard", "safety/stop_request", "service/stop"),
             ("timeline", "cmd_vel"),
             rate_hz=50, trigger=("action/status",), services=(("safety/stop", "service/stop"),)),
    ),
    "eyes": (
        Node("lens", "eyes", "tests.ros.tiny_graph:Lens", (), ("camera/image",), rate_hz=10),
        Node("viewer", "eyes", "tests.ros.tiny_graph:Viewer", ("camera/image",), ("speech/state",), trigger=("camera/image",)),
    ),
    "pictures": (
        next(node for node in NODES if node.name == "camera"),
        Node("viewer", "pictures", "tests.ros.tiny_graph:Viewer", ("camera/image",), ("speech/state",), trigger=("camera/image",)),
    ),
    "sound": (
        next(node for node in NODES if node.name == "microphone"),
        next(node for node in NODES if node.name == "audio_common"),
    ),
    "adapters": tuple(node for node in NODES if node.name == "adapters"),
    "watch": tuple(node for node in NODES if node.name == "recorder"),
    "nav2": tuple(node for node in NODES if node.name == "nav2"),
    "guard": tuple(node for node in NODES if node.name in ("gate", "door")),
}  # fmt: skip

if __name__ == "__main__":
    environment.prepare()
    from robot_runtime.ros.process import read_settings
    from robot_runtime.ros.running import run

    name, settings = sys.argv[1], read_settings(sys.argv[2] if len(sys.argv) > 2 else "{}")
    sys.exit(run(name, ROWS[name], replace(settings), []))
