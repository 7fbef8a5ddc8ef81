"""The supervisor with real, tiny processes: start, crash, silence, orderly end, no orphans."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from robot_runtime.lifeline import Phase, Policy
from robot_runtime.supervisor import ProcessEvent, Supervisor

FAKE = Path(__file__).with_name("fake_process.py")
LIMIT_S = 60.0  # of waiting for what takes a fraction of a second on an idle machine
PATIENT = Policy(first_delay_s=0.05, longest_delay_s=0.1, alive_limit_s=LIMIT_S, grace_s=LIMIT_S, crash_limit=3, crash_window_s=LIMIT_S)


def eventually(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.01)
    return True


def gone(pid: int) -> bool:
    """Or ended, while whoever inherited it has not looked yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Bench:
    """A supervisor over fake processes: ``Bench(tmp_path, guard="well", sim="crash")``."""

    def __init__(self, folder: Path, policy: Policy = PATIENT, **behaviours: str) -> None:
        self.folder, self.journal = folder, folder / "journal"
        bound = [sys.executable, "-m", "robot_runtime.child", "tests.unit.fake_process"]
        commands = {name: [*bound, how, str(self.journal), name] for name, how in behaviours.items()}
        self.supervisor = Supervisor(commands, folder / "logs", os.environ, policy)
        self.events: list[ProcessEvent] = []
        self.supervisor.listeners.append(self.events.append)

    def of(self, process: str, kind: str) -> list[ProcessEvent]:
        return [event for event in self.events if (event.process, event.kind) == (process, kind)]


def test_all_become_ready_and_end_in_order(tmp_path: Path) -> None:
    bench = Bench(tmp_path, sim="well", guard="well", mind="well", watch="well")
    with bench.supervisor as supervisor:
        assert supervisor.wait_ready(LIMIT_S)
        pids = [pid for name in ("sim", "guard", "mind", "watch") if (pid := supervisor.pid(name))]
        assert len(set(pids)) == 4
    assert bench.journal.read_text().split() == ["mind", "guard", "watch", "sim"]
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_who_sees_all_ready_finds_it_on_record(tmp_path: Path) -> None:
    bench = Bench(tmp_path, guard="well")
    written = threading.Event()

    def be_slow(event: ProcessEvent) -> None:
        if event.kind == "ready":
            time.sleep(0.3)
            written.set()

    bench.supervisor.listeners.append(be_slow)
    with bench.supervisor as supervisor:
        assert eventually(lambda: supervisor.all_ready)
        assert written.is_set()


def test_a_killed_process_comes_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, guard="well")
    with bench.supervisor as supervisor:
        assert supervisor.wait_ready(LIMIT_S)
        first = supervisor.pid("guard")
        assert first
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: len(bench.of("guard", "ready")) == 2)
        assert supervisor.pid("guard") not in (None, first)
    assert bench.of("guard", "died")[0].detail == "killed by SIGKILL"


def test_a_silent_process_is_killed_and_comes_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, replace(PATIENT, alive_limit_s=0.5), mind="silent")
    with bench.supervisor:
        assert eventually(lambda: len(bench.of("mind", "started")) == 2)
    assert bench.of("mind", "killed")[0].detail == "no sign of life for 0.5 s"


def test_a_process_that_always_crashes_is_given_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path, eyes="crash", guard="well")
    with bench.supervisor as supervisor:
        assert not supervisor.wait_ready(LIMIT_S)
        assert supervisor.given_up == ("eyes",)
    assert [event.detail for event in bench.of("eyes", "died")] == ["exit status 3"] * 3
    assert bench.of("eyes", "warned")[0].detail == "ValueError: cannot live"
    assert bench.supervisor.phase("eyes") is Phase.GIVEN_UP
    assert "ValueError" in (tmp_path / "logs" / "eyes.log").read_text()


def test_a_process_with_bad_input_is_not_started_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, guard="refuse")
    with bench.supervisor as supervisor:
        assert not supervisor.wait_ready(LIMIT_S)
    assert len(bench.of("guard", "started")) == 1
    assert bench.of("guard", "warned")[0].detail == "robot-runtime: rules.yaml: missing"
    assert supervisor.given_up == ("guard",)
    assert supervisor.failure() == "gave up guard: robot-runtime: rules.yaml: missing"
    assert bench.of("guard", "given_up")[0].detail.startswith("robot-runtime: rules.yaml: missing; see ")


def test_a_program_that_does_not_exist_is_given_up_too(tmp_path: Path) -> None:
    supervisor = Supervisor({"sim": ["/does/not/exist"]}, tmp_path, os.environ, PATIENT)
    with supervisor:
        assert not supervisor.wait_ready(LIMIT_S)
    assert supervisor.given_up == ("sim",)
    assert supervisor.failure().startswith("gave up sim: cannot be started: ")


def test_a_process_that_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    bench = Bench(tmp_path, replace(PATIENT, grace_s=0.5), voice="stubborn")
    bench.supervisor.start()
    assert bench.supervisor.wait_ready(LIMIT_S)
    bench.supervisor.stop()
    assert bench.of("voice", "stopped")[0].detail == "killed by SIGKILL"


def test_what_a_dead_process_has_started_dies_with_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, voice="parent")
    with bench.supervisor as supervisor:
        assert supervisor.wait_ready(LIMIT_S)
        grandchild = int((tmp_path / "logs" / "voice.log").read_text().split()[1])
        pid = supervisor.pid("voice")
        assert pid
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: gone(grandchild))


def test_no_process_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys, time; from robot_runtime.lifeline import Policy; from robot_runtime.supervisor import Supervisor\n"
        "command = [sys.executable, '-m', 'robot_runtime.child', 'tests.unit.fake_process', 'well', sys.argv[1] + '/journal', 'guard']\n"
        "s = Supervisor({'guard': command}, pathlib.Path(sys.argv[1]), os.environ, Policy(alive_limit_s=60.0))\n"
        "s.start(); s.wait_ready(60); print(s.pid('guard'), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        guard = int(owner.stdout.readline())
        owner.kill()
    assert eventually(lambda: gone(guard))
    assert (tmp_path / "journal").read_text() == "guard\n", "it was asked to end, not killed"


def test_events_are_kept_as_lines(tmp_path: Path) -> None:
    bench = Bench(tmp_path, guard="well")
    with bench.supervisor as supervisor:
        assert supervisor.wait_ready(LIMIT_S)
    lines = [json.loads(line) for line in (tmp_path / "logs" / "processes.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["started", "ready", "stopped"]
    assert lines[0]["pid"] == bench.events[0].pid


def test_a_failing_listener_ends_everything_and_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path, guard="well")

    def broken(event: ProcessEvent) -> None:
        raise BrokenPipeError("nobody reads this")

    bench.supervisor.listeners.append(broken)
    bench.supervisor.start()
    with pytest.raises(RuntimeError, match="supervision failed"):
        bench.supervisor.stop()
    assert eventually(lambda: not psutil.pid_exists(bench.events[0].pid))
    assert bench.supervisor.phase("guard") is Phase.STOPPED
