"""Starts the processes of the node table, watches them, starts them again, and ends them in order.

Each process is its own session and group, so that Ctrl-C in a terminal reaches only the supervisor, and it writes its own log
file, so that no slow reader can ever block it.  It gets the write end of a pipe (``ROBOT_RUNTIME_NOTIFY_FD``) and writes
``ready`` once and ``alive`` every 0.5 s; the end of that pipe tells its death without delay.
"""

from __future__ import annotations

import json
import re
import selectors
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from robot_runtime.lifeline import Lifeline, Phase, Policy
from robot_runtime.shared_memory import remove_dead_segments
from robot_runtime.spawned import Spawned

STOP_ORDER = (("mind", "voice", "eyes"), ("guard",), ("watch",), ("sim",))
"""Who is asked to end together, and in which order.  First whoever proposes actions, while the gate still judges and brakes;
then the gate, whose last act is zero velocity; then the recorder, which has seen that; last the simulation, which is the base."""

BAD_INPUT = "exit status 2"
"""By the command line's convention; such a process is not started again."""

TURN_S = 0.05
_WORTH_SHOWING = re.compile(r"\b(WARN|WARNING|ERROR|FATAL|CRITICAL)\b|^[\w.]+(Error|Exception): |^robot-runtime: ")


@dataclass(frozen=True)
class ProcessEvent:
    """Something that happened to a process, in the order of a line of ``processes.jsonl``."""

    stamp_s: float  # Unix time: processes are of the machine, not of the simulated home
    process: str
    kind: str  # "started", "ready", "warned", "killed", "died", "given_up" or "stopped"
    detail: str
    pid: int


class Supervisor:
    """Keeps processes alive.  A context manager: ``with Supervisor(…) as s: s.wait_ready(10)``.

    All work is done on one thread of its own; listeners are called there and must return soon.

    :param commands: process name → its command line
    :param log_dir: gets ``NAME.log`` of every process and ``processes.jsonl``
    :param environment: of the processes
    """

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        log_dir: Path,
        environment: Mapping[str, str],
        policy: Policy | None = None,
        stop_order: Sequence[Sequence[str]] = STOP_ORDER,
        events_file: Path | None = None,
    ) -> None:
        self.listeners: list[Callable[[ProcessEvent], None]] = []
        self._commands = dict(commands)
        self._log_dir = log_dir
        self._environment = dict(environment)
        self._policy = policy or Policy()
        self._stop_order = stop_order
        self._events_file = events_file or log_dir / "processes.jsonl"
        self._lifelines: dict[str, Lifeline] = {}
        self._processes: dict[str, Spawned] = {}
        self._complaints: dict[str, str] = {}  # process → the last line of its log that was worth showing
        self._change = threading.Condition()
        self._stopping = threading.Event()
        self._record = True
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    # ------------------------------------------------------------ for the owner

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        now_s = time.monotonic()
        self._lifelines = {name: Lifeline(self._policy, now_s) for name in self._commands}
        self._thread.start()

    def stop(self) -> None:
        """End all processes in order and wait for that; at most ``grace_s`` for each group of the order.

        :raises RuntimeError: supervision itself had failed; all processes have been killed
        """
        self._stopping.set()
        self._thread.join()
        self._raise_error()

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until all processes are ready; False after ``timeout_s`` or when one has been given up."""
        with self._change:
            self._change.wait_for(lambda: self.all_ready or bool(self.given_up) or not self._thread.is_alive(), timeout_s)
        self._raise_error()
        return self.all_ready

    @property
    def all_ready(self) -> bool:
        with self._change:
            return all(line.phase is Phase.READY for line in self._lifelines.values())

    @property
    def given_up(self) -> tuple[str, ...]:
        """The processes that could not be kept alive."""
        return tuple(name for name, line in self._lifelines.items() if line.phase is Phase.GIVEN_UP)

    def failure(self) -> str:
        """Why the graph is not whole: the processes given up, each with the last error that it logged; "" if there is none."""
        return "; ".join(f"gave up {name}: {self._complaints.get(name, 'it said nothing')}" for name in self.given_up)

    @property
    def alive(self) -> bool:
        """Supervision goes on."""
        return self._thread.is_alive()

    def phase(self, name: str) -> Phase:
        return self._lifelines[name].phase

    def pid(self, name: str) -> int | None:
        """The process id now, None between two lives."""
        process = self._processes.get(name)
        return process.pid if process else None

    def _raise_error(self) -> None:
        if self._error is not None:
            raise RuntimeError("supervision failed") from self._error

    # ------------------------------------------------------------ on the thread

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn(may_start=True)
                self._sleep()
            self._end_in_order()
        except Exception as error:  # a listener, a full disk: no process may outlive its supervisor; the owner gets the error
            self._error = error
            self._stopping.set()
            self._end_after_error()
        finally:
            remove_dead_segments()
            with self._change:
                self._change.notify_all()

    def _end_after_error(self) -> None:
        """End in order, telling nobody, since telling may be what had failed."""
        self.listeners.clear()
        self._record = False
        try:
            self._end_in_order()
        finally:
            for process in self._processes.values():
                process.kill()

    def _sleep(self) -> None:
        with selectors.DefaultSelector() as selector:
            for process in self._processes.values():
                if process.pipe is not None:
                    selector.register(process.pipe, selectors.EVENT_READ)
            selector.select(TURN_S)

    def _turn(self, may_start: bool) -> None:
        for name in self._commands:
            if name in self._processes:
                self._look_after(name)
            elif may_start and self._lifelines[name].due(time.monotonic()):
                self._start(name)

    def _start(self, name: str) -> None:
        lifeline = self._lifelines[name]
        try:
            process = Spawned(self._commands[name], self._environment, self._log_dir / f"{name}.log")
        except OSError as error:
            lifeline.died(time.monotonic())
            self._complaints[name] = f"cannot be started: {error}"
            self._tell("died", name, self._complaints[name], 0)
            self._tell_given_up(name)
            return
        self._processes[name] = process
        lifeline.started(time.monotonic())
        self._tell("started", name, "", process.pid)

    def _look_after(self, name: str) -> None:
        process, lifeline = self._processes[name], self._lifelines[name]
        ended = process.ended()  # first: what it wrote last is then in the log
        for line in process.logged():
            if _WORTH_SHOWING.search(line):
                self._complaints[name] = line
                self._tell("warned", name, line, process.pid)
        for line in process.lines():
            with self._change:  # who sees it ready finds that on record
                if lifeline.heard(line, time.monotonic()):
                    self._tell("ready", name, "", process.pid)
        complaint = lifeline.complaint(time.monotonic())
        if complaint and not (ended or process.killed or self._stopping.is_set()):
            self._tell("killed", name, complaint, process.pid)
            process.kill()
        if ended:
            self._bury(name, ended)

    def _bury(self, name: str, ended: str) -> None:
        process, lifeline = self._processes.pop(name), self._lifelines[name]
        process.close()
        if self._stopping.is_set():
            lifeline.stopped()
            self._tell("stopped", name, ended, process.pid)
            return
        lifeline.died(time.monotonic(), bad_input=ended == BAD_INPUT)
        self._tell("died", name, ended, process.pid)
        self._tell_given_up(name)

    def _tell_given_up(self, name: str) -> None:
        if self._lifelines[name].phase is Phase.GIVEN_UP:
            self._tell("given_up", name, f"{self._complaints.get(name, 'it said nothing')}; see {self._log_dir / name}.log", 0)

    def _end_in_order(self) -> None:
        named = {name for group in self._stop_order for name in group}
        for group in (*self._stop_order, tuple(set(self._commands) - named)):
            self._end(group)

    def _end(self, group: Sequence[str]) -> None:
        deadline_s = time.monotonic() + self._policy.grace_s
        for name in group:
            if name in self._processes:
                self._processes[name].ask_to_end()
        while any(name in self._processes for name in group):
            if time.monotonic() > deadline_s:
                for name in group:
                    if name in self._processes:
                        self._processes[name].kill()
            self._turn(may_start=False)
            self._sleep()
        for name in group:
            if name in self._lifelines:
                self._lifelines[name].stopped()

    def _tell(self, kind: str, name: str, detail: str, pid: int) -> None:
        event = ProcessEvent(time.time(), name, kind, detail, pid)
        if self._record:
            with self._events_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(event)) + "\n")
        for listener in self.listeners:
            listener(event)
        with self._change:
            self._change.notify_all()
