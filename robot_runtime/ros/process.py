"""One process of the graph: ``python -m robot_runtime.ros.process PROCESS --settings JSON``.

Under the supervisor an inherited pipe (``ROBOT_RUNTIME_NOTIFY_FD``) gets the line ``ready`` once every node is active (or,
without ``autostart``, waits to be brought up) and ``alive`` twice a second from the thread that does the work.  Exit status:
0 asked to end, 1 a node failed, 2 bad input.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from typing import Any

from robot_runtime.nice import be_nice
from robot_runtime.nodes import PROCESSES, Node, Settings, nodes
from robot_runtime.ros import environment
from safety.files import FileError, suggestion


def main(argv: list[str] | None = None) -> int:
    """Run one process until it is asked to end."""
    try:
        args, ros_args = _arguments(sys.argv[1:] if argv is None else argv)
        settings = read_settings(args.settings)
        rows = rows_of(args.process, settings)
        if problem := environment.mixture():
            raise FileError(problem)
        be_nice(PROCESSES[args.process].niceness)
        environment.prepare()
        from robot_runtime.ros.running import run  # loads rclpy, which reads the environment

        return run(args.process, rows, settings, ros_args, args.real_time_factor)
    except FileError as error:
        print(f"robot-runtime: {error}", file=sys.stderr)
        return 2


def _arguments(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Our arguments, and those from ``--ros-args`` on."""
    split = argv.index("--ros-args") if "--ros-args" in argv else len(argv)
    parser = argparse.ArgumentParser(prog="robot_runtime.ros.process", description="Run the nodes of one process of the graph.")
    parser.add_argument("process", help=f"one of {', '.join(PROCESSES)}")
    parser.add_argument("--settings", default="{}", help="launch arguments as a JSON object")
    parser.add_argument("--real-time-factor", type=float, default=1.0, help="simulated seconds in a real one (process sim)")
    args = parser.parse_args(argv[:split])
    if not args.real_time_factor > 0:
        raise FileError(f"--real-time-factor: must be above 0 (got {args.real_time_factor:g})")
    return args, argv[split:]


def read_settings(text: str) -> Settings:
    """Settings from a JSON object; what it leaves out keeps its default.

    :raises FileError: not JSON, an unknown key, or a value of the wrong type

    >>> read_settings('{"world": "home"}').simulated
    True
    """
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise FileError(f"--settings: not valid JSON: {error.msg} at character {error.pos + 1}") from error
    if not isinstance(values, dict):
        raise FileError("--settings: expected a JSON object")
    defaults: dict[str, Any] = dataclasses.asdict(Settings())
    for name, value in values.items():
        if name not in defaults:
            raise FileError(f"--settings: {name}: unknown key{suggestion(name, list(defaults))}")
        if type(value) is not type(defaults[name]):
            raise FileError(f"--settings: {name}: expected {type(defaults[name]).__name__} (got {value!r})")
    return Settings(**values)


def rows_of(process: str, settings: Settings) -> tuple[Node, ...]:
    """The rows of the node table that run in a process.

    :raises FileError: there is no such process, or nothing runs in it under these settings
    """
    if process not in PROCESSES:
        raise FileError(f"{process}: unknown process{suggestion(process, list(PROCESSES))}")
    rows = tuple(row for row in nodes(settings) if row.process == process)
    if not rows:
        raise FileError(f"{process}: no node runs in this process under these settings")
    return rows


if __name__ == "__main__":
    sys.exit(main())
