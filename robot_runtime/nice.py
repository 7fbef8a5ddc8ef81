"""Where there are too few cores, which process waits for which."""

from __future__ import annotations

import contextlib
import os
import time

AUTOGROUP = "/proc/self/autogroup"
_TRIES = 10
_PAUSE_S = 0.1  # the kernel takes one change in so long from all who are not root; others start with this one


def be_nice(niceness: int) -> None:
    """Let other processes go before this one; called before it has other threads, which inherit it.

    Under autogrouping (sched(7)) niceness counts between the processes of one session only, and the supervisor gives each process its own.
    So the whole session is made nice too where it is this process's; another's, such as the terminal of ``ros2 launch``, is left alone.

    :param niceness: as of nice(2), added to what the process was started with
    """
    if niceness == 0:
        return
    os.nice(niceness)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # a kernel without autogroups
            _set_autogroup(niceness)


def _set_autogroup(niceness: int) -> None:
    file = os.open(AUTOGROUP, os.O_WRONLY)
    try:
        for _ in range(_TRIES):
            with contextlib.suppress(BlockingIOError):
                os.write(file, str(niceness).encode())
                return
            time.sleep(_PAUSE_S)
    finally:
        os.close(file)
