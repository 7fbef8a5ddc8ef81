"""One operating system process as the supervisor holds it: started, listened to, ended, buried."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from robot_runtime.child import NOTIFY_VARIABLE, PARENT_VARIABLE


class Spawned:
    """One operating system process with its log file and notification pipe."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        os.set_blocking(write_end, False)  # a supervisor that hangs must not block the gate
        try:
            with log.open("ab") as sink:
                written = sink.tell()  # by its earlier lives
                self._popen = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    env={**environment, NOTIFY_VARIABLE: str(write_end), PARENT_VARIABLE: str(os.getpid())},
                    pass_fds=(write_end,),
                    start_new_session=True,
                )
        except OSError:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        self.pid = self._popen.pid
        self.pipe: int | None = read_end  # None once the other end is closed
        self._log = log.open("rb")
        self._log.seek(written)
        self._partial = b""
        self.killed = False

    def ask_to_end(self) -> None:
        os.kill(self.pid, signal.SIGTERM)  # itself only: it ends what it has started

    def kill(self) -> None:
        """End it and whatever it has started.  It takes a moment to be gone."""
        self.killed = True
        with contextlib.suppress(ProcessLookupError):  # the whole group has ended
            os.killpg(self.pid, signal.SIGKILL)

    def ended(self) -> str:
        """How it ended, "" while it runs."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return ""
        self.kill()  # what it has left behind; before the wait, while the group's number is still its own
        status = self._popen.wait()
        return f"killed by {_signal_name(-status)}" if status < 0 else f"exit status {status}"

    def lines(self) -> list[str]:
        """New lines on the notification pipe."""
        if self.pipe is None:
            return []
        try:
            data = os.read(self.pipe, 4096)
        except BlockingIOError:
            return []
        if not data:
            self._close_pipe()
        return data.decode(errors="replace").split()

    def logged(self) -> list[str]:
        """New whole lines of its log."""
        *lines, self._partial = (self._partial + self._log.read()).split(b"\n")
        return [line.decode(errors="replace").rstrip() for line in lines]

    def close(self) -> None:
        self._close_pipe()
        self._log.close()

    def _close_pipe(self) -> None:
        if self.pipe is not None:
            os.close(self.pipe)
            self.pipe = None


def _signal_name(number: int) -> str:
    """The usual name; real-time signals have none.

    >>> _signal_name(9), _signal_name(40)
    ('SIGKILL', 'signal 40')
    """
    return next((known.name for known in signal.Signals if known == number), f"signal {number}")
