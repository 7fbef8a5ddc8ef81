"""Runs a module as a child of the supervisor: ``python -m robot_runtime.child MODULE [argument…]``.

The kernel ends it when the supervisor dies, even by ``kill -9``, so that no orphan goes on driving a robot.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

PARENT_VARIABLE = "ROBOT_RUNTIME_PARENT"
NOTIFY_VARIABLE = "ROBOT_RUNTIME_NOTIFY_FD"

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent(parent_pid: int) -> None:
    """Ask the kernel for SIGTERM when the parent ends; end at once when it has ended already.

    SIGTERM, not SIGKILL: the base is told to halt, and files and shared memory are closed.

    :raises OSError: the kernel refuses
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent_pid:
        raise SystemExit(f"the supervisor (process {parent_pid}) has ended already")


def main() -> None:
    end_with_parent(int(os.environ[PARENT_VARIABLE]))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
