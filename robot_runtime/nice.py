"""Where there are too few cores, which process waits for which."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")


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
            _AUTOGROUP.write_text(str(niceness))
