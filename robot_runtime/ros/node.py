"""The generic node: a lifecycle node that wraps the pure stage of one row of the node table."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from std_srvs.srv import Trigger

from robot_runtime import messages as m
from robot_runtime.config import load_class
from robot_runtime.nodes import Node
from robot_runtime.ros.host import Host, NodeFailedError
from robot_runtime.ros.shell import Shell
from robot_runtime.stage import Diagnosing, Stage, close
from robot_runtime.topics import TOPICS, Qos

_MOST_WAITING = 1000
"""Messages of one topic that may wait for a step; the oldest go first.  Only a node that is hardly ever stepped comes near."""

_MOST_PICTURES = 8
"""… if they are pictures, of megabytes each: a node that is configured and not active would fill the memory with them."""

SERVICE_MESSAGES: dict[str, Callable[[float], Any]] = {
    "service/stop": lambda now_s: m.StopRequest(now_s, "service", "called", 1.0),
    "service/rearm": lambda now_s: m.RearmRequest(now_s, "service", "", ""),
    "service/reload": m.ReloadRequest,
    "service/mute": lambda now_s: m.MuteRequest(now_s, True),
    "service/unmute": lambda now_s: m.MuteRequest(now_s, False),
}
"""What a Trigger service of the table puts into its local input, which no topic feeds: nobody can pass a message off as a call."""


class StageNode(Shell):
    """Steps a stage on a timer and whenever a trigger topic brings something; publishes what the stage returns."""

    def __init__(self, row: Node, host: Host) -> None:
        """:raises FileError: the parameters do not fit"""
        super().__init__(row, host)
        self._stage: Stage | None = None
        self._inbox: dict[str, list[Any]] = {}
        self._outputs: dict[str, Callable[[Any], None]] = {}
        self._own_services: list[Any] = []
        self._end_beat: Callable[[], None] | None = None
        host.readers.append(self)

    # ---------------------------------------------------------------- lifecycle

    def configure(self) -> None:
        """Build the stage and its topics.  Messages are kept from now on, so that the latched ones are there at the first step."""
        self._stage = load_class(self.row.stage)(self.config)
        for topic in self.row.outputs:
            self._outputs[topic] = partial(self.host.deliver, topic) if TOPICS[topic].qos is Qos.LOCAL else self.publisher(topic)
        for topic in self.row.inputs:
            if TOPICS[topic].qos is not Qos.LOCAL:
                self.subscribe(topic, partial(self.take, topic))
        for service, topic in self.row.services:
            self._own_services.append(self.create_service(Trigger, service, partial(self._on_call, topic)))

    def activate(self) -> None:
        """Forget what came before, but for latched states: an old command is no command."""
        self._inbox = {topic: waiting for topic, waiting in self._inbox.items() if TOPICS[topic].qos is Qos.STATE}
        if self.row.rate_hz is not None:
            self._end_beat = self.host.pace.every(self, self.row.rate_hz, self.step)

    def deactivate(self) -> None:
        """End the timer and publish the stage's last words."""
        if self._end_beat is not None:
            self._end_beat()
            self._end_beat = None
        if not self.failed:  # a stage that raised is not asked again
            for topic, message in close(self._stage):
                self._publish(topic, message)

    def cleanup(self) -> None:
        """Reset the stage and drop it."""
        if self._stage is not None:
            self._stage.reset()
        self._stage = None
        self._outputs.clear()
        self._inbox.clear()
        for service in self._own_services:
            self.destroy_service(service)
        self._own_services.clear()

    def status(self) -> Any:
        """As any node's, with what the stage itself has to say."""
        status = super().status()
        if isinstance(self._stage, Diagnosing):
            problem, figures = self._stage.diagnose()
            status.values = [*status.values, *(KeyValue(key=key, value=value) for key, value in figures.items())]
            if problem:
                status.level, status.message = DiagnosticStatus.ERROR, problem
        return status

    # ---------------------------------------------------------------- work

    def take(self, topic: str, message: Any) -> None:
        """Put a message into the inbox, and step at once if the topic is a trigger."""
        if topic not in self.row.inputs or self._stage is None:
            return
        self.health.received(topic, message, self.host.pace.now_s())
        waiting = self._inbox.setdefault(topic, [])
        waiting.append(message)
        del waiting[: -(_MOST_PICTURES if isinstance(message, m.RawImage | m.EncodedImage) else _MOST_WAITING)]
        if topic in self.row.trigger and self.state == "active":
            self.step()

    def step(self) -> None:
        """One step of the stage.

        :raises NodeFailedError: the stage raised, or returned what cannot be published
        """
        if self._stage is None:
            return
        inbox, self._inbox = self._inbox, {}
        started_s = time.perf_counter()
        try:
            outbox = self._stage.step(inbox, self.host.pace.now_s())
            self.health.stepped(time.perf_counter() - started_s)
            for topic, message in outbox:
                self._publish(topic, message)
        except NodeFailedError:
            raise  # of a reader of a local topic
        except Exception as error:
            raise self.fail(error) from error

    def _publish(self, topic: str, message: Any) -> None:
        if topic not in self._outputs:
            raise ValueError(f"published on {topic!r}, which its row of the node table does not list as an output")
        self._outputs[topic](message)

    def _on_call(self, topic: str, request: Any, response: Any) -> Any:
        """Hand the call to the stage before answering."""
        response.success = self.state == "active"
        if not response.success:
            response.message = f"{self.row.name} is {self.state}"
            return response
        self.take(topic, SERVICE_MESSAGES[topic](self.host.pace.now_s()))
        if topic not in self.row.trigger:
            self.step()
        response.message = f"{topic} done"
        return response
