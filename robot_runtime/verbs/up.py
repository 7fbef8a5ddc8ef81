"""Starts the graph of the node table and keeps it alive until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, fields
from pathlib import Path
from types import FrameType

from robot_runtime.arguments import check, processes, settings_from, supervised_command
from robot_runtime.cli import UsageError
from robot_runtime.nodes import LAUNCH_ARGUMENTS, Settings
from robot_runtime.ros import environment
from robot_runtime.supervisor import ProcessEvent, Supervisor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sim", action="store_true", help="simulated: defaults as launch/sim.launch.py has them")
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", help="stop by itself after this time")
    parser.add_argument("--json", action="store_true", help="process events as lines of JSON on standard output")
    group = parser.add_argument_group("launch arguments")
    for argument in LAUNCH_ARGUMENTS:
        flags = dict.fromkeys((f"--{argument.name}", f"--{argument.name.replace('_', '-')}"))
        group.add_argument(*flags, dest=argument.name, default=None, metavar="VALUE", help=argument.about)


def run(args: argparse.Namespace) -> int:
    given = {field.name: value for field in fields(Settings) if (value := getattr(args, field.name)) is not None}
    settings = settings_from(given, simulated=args.sim)
    check(settings)
    if problem := environment.mixture():
        raise UsageError(problem)
    stop = _stop_on_signals()
    supervisor = supervise(settings)
    supervisor.listeners.append(_Printer(as_json=args.json))
    with supervisor:
        _wait(supervisor, stop, args.seconds)
        given_up = supervisor.given_up
    return 1 if given_up else 0


def supervise(settings: Settings) -> Supervisor:
    """The supervisor of all processes that run under these settings; not yet started."""
    commands = {name: supervised_command(name, settings) for name in processes(settings)}
    folder = log_folder(settings)
    events = Path(settings.run_dir) / "processes.jsonl" if settings.run_dir else folder / "processes.jsonl"
    return Supervisor(commands, folder, os.environ, events_file=events)


def log_folder(settings: Settings) -> Path:
    """``<run_dir>/logs``, or without a run folder a new one where ROS 2 keeps its logs.

    :raises UsageError: it cannot be made
    """
    ros_logs = os.environ.get("ROS_LOG_DIR") or str(Path(os.environ.get("ROS_HOME", "~/.ros")).expanduser() / "log")
    stamp = time.strftime("%Y-%m-%d-%H-%M-%S")
    folder = Path(settings.run_dir) / "logs" if settings.run_dir else Path(ros_logs) / f"robot_runtime-{stamp}-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"run_dir: cannot make {folder}: {error.strerror}") from error
    return folder


def _stop_on_signals() -> threading.Event:
    """An event that the first SIGINT or SIGTERM sets; the second one acts as usual."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    return stop


def _wait(supervisor: Supervisor, stop: threading.Event, seconds: float | None) -> None:
    end_s = None if seconds is None else time.monotonic() + seconds
    while supervisor.alive and not supervisor.given_up and (end_s is None or time.monotonic() < end_s):
        if stop.wait(0.1):
            return


class _Printer:
    """Tells process events to the terminal, or to a program as JSON."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._start_s = time.time()

    def __call__(self, event: ProcessEvent) -> None:
        if self._as_json:
            print(json.dumps(asdict(event)), flush=True)
            return
        stream = sys.stdout if event.kind in ("started", "ready", "stopped") else sys.stderr
        after_s = event.stamp_s - self._start_s
        print(f"{after_s:7.1f} s  {event.process:<6} {event.kind.replace('_', ' '):<9} {event.detail}".rstrip(), file=stream, flush=True)
