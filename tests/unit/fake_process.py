"""Stands for a process of the graph in the supervisor's tests: obeys the notification protocol, or breaks it as told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time


def notify(line: str) -> None:
    os.write(int(os.environ["ROBOT_RUNTIME_NOTIFY_FD"]), f"{line}\n".encode())


def main() -> None:
    behaviour, journal = sys.argv[1], sys.argv[2]

    def on_sigterm(number: int, frame: object) -> None:
        with open(journal, "a", encoding="utf-8") as file:  # noqa: PTH123 - as short as a signal handler should be
            file.write(f"{sys.argv[3]}\n")
        os._exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour == "stubborn" else on_sigterm)
    if behaviour == "crash":
        print("ValueError: cannot live", flush=True)
        sys.exit(3)
    if behaviour == "refuse":
        print("robot-runtime: rules.yaml: missing", flush=True)
        sys.exit(2)
    if behaviour == "parent":
        print("child", subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
    notify("ready")
    while True:
        if behaviour != "silent":
            notify("alive")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
