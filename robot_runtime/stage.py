"""The contract between logic and everything else.

A stage is pure: it gets what has arrived since its last step and the time, and returns what it wants published.  It owns
all its state, reads no clock, opens no device and knows no ROS.  So the same object runs inside a ROS node
(``robot_runtime/ros``), in virtual time (``robot_runtime/flow.py``) and in a unit test.

Drivers (camera, microphone, speaker, recorder) have the same shape and may hold a device; they live in modules of their own.

A stage may have a third method, ``close() -> Outbox``: see :class:`Closing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

M = TypeVar("M")

Inbox = Mapping[str, Sequence[Any]]
"""Messages that arrived since the last step, by topic name, oldest first; topics without news are absent."""

Outbox = list[tuple[str, Any]]
"""Messages to publish, in order, as (topic name, message)."""


class Stage(Protocol):
    """What a row of the node table names.  Built as ``StageClass(config)`` with its own ``Config`` (a pydantic model)."""

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        """Take in the news and return what follows from it at ``now_s``."""
        ...

    def reset(self) -> None:
        """Forget everything since construction, as a lifecycle ``cleanup`` does; may be stepped again afterwards."""
        ...


@runtime_checkable
class Closing(Protocol):
    """What a stage has besides ``step`` and ``reset`` if it has last words, or a device to let go of."""

    def close(self) -> Outbox:
        """Return what must be published last, and let go of devices and files.

        Called whenever the stage stops to be stepped: at deactivation, at shutdown, when the process is asked to end.  Its
        state stays.  It may be stepped again afterwards, and then opens what it needs again.
        """
        ...


@runtime_checkable
class Diagnosing(Protocol):
    """What a stage has besides if it knows of problems that its inputs do not show, as a driver does."""

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """What is wrong, in one line, "" if nothing; and figures by name."""
        ...


def close(stage: object) -> Outbox:
    """Close a stage that can be closed; its last messages."""
    return stage.close() if isinstance(stage, Closing) else []


def news(inbox: Inbox, topic: str, kind: type[M]) -> Sequence[M]:
    """The new messages of one topic, oldest first; ``kind`` only tells the type checker."""
    return inbox.get(topic, ())


def latest(inbox: Inbox, topic: str, kind: type[M], default: M | None = None) -> M | None:
    """The newest message of one topic, or ``default`` when there is no news.

    >>> latest({"a": [1, 2]}, "a", int), latest({}, "a", int, 7)
    (2, 7)
    """
    messages = news(inbox, topic, kind)
    return messages[-1] if messages else default
