"""The tie between a process of the graph and the supervisor that started it."""

from __future__ import annotations

import os

from robot_runtime.child import NOTIFY_VARIABLE


class ParentGoneError(RuntimeError):
    """The supervisor has ended: nobody would stop or restart this process any more."""


class Link:
    """Tells the supervisor over an inherited pipe how this process is; silent when there is no supervisor."""

    def __init__(self) -> None:
        """:raises ValueError: the variable does not hold the number of an open file"""
        text = os.environ.pop(NOTIFY_VARIABLE, "")  # not for children of this process
        self._fd = int(text) if text else None
        if self._fd is not None:
            os.set_inheritable(self._fd, False)

    def ready(self) -> None:
        """Every node is active, or was not asked to be.

        :raises ParentGoneError: the supervisor has ended
        """
        self._send(b"ready\n")

    def alive(self) -> None:
        """The thread that does the work still turns.

        :raises ParentGoneError: the supervisor has ended
        """
        self._send(b"alive\n")

    def _send(self, line: bytes) -> None:
        if self._fd is None:
            return
        try:
            os.write(self._fd, line)
        except BrokenPipeError as error:
            raise ParentGoneError("the supervisor has ended") from error
