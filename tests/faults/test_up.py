"""The end of ``robot-runtime up``, asked for or not: nothing stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from robot_runtime.arguments import processes
from robot_runtime.paths import ROOT
from tests.faults.probe import HOME
from tests.faults.rig import READY_LIMIT_S, settings
from tests.ros.conftest import LIMIT_S

pytestmark = pytest.mark.alone

MARK = "ROBOT_RUNTIME_TEST_MARK"
"""A variable that every process of a graph inherits, whoever becomes its parent."""


def marked(mark: str) -> set[int]:
    """The processes that have the mark in their environment."""
    entry = f"{MARK}={mark}".encode()
    return {int(folder.name) for folder in Path("/proc").glob("[0-9]*") if entry in environment_of(folder)}


def environment_of(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended meanwhile, or belongs to somebody else
        return []


def shared_memory() -> set[str]:
    return {
        path.name for path in Path("/dev/shm").iterdir() if path.name.startswith(("fastrtps", "fastdds", "sem.fastrtps", "sem.fastdds"))
    }


@pytest.fixture
def mark() -> Iterator[str]:
    mark = uuid.uuid4().hex
    yield mark
    for pid in marked(mark):
        os.kill(pid, signal.SIGKILL)


def start(mark: str, run_dir: Path) -> subprocess.Popen[str]:
    """``robot-runtime up --sim``, once every process is ready."""
    command = [sys.executable, "-m", "robot_runtime.cli", "up", "--sim", "--json", "--world", HOME, "--run-dir", str(run_dir)]
    with (run_dir / "stderr").open("w") as errors:
        up = subprocess.Popen(command, cwd=ROOT, env={**os.environ, MARK: mark}, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert up.stdout is not None
    waiting = set(processes(settings(run_dir)))
    end_s = time.monotonic() + READY_LIMIT_S
    for line in up.stdout:
        event = json.loads(line)
        if event["kind"] == "ready":
            waiting.discard(event["process"])
        if not waiting or time.monotonic() > end_s:
            break
    assert not waiting, f"not ready: {waiting}"
    return up


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGINT, 0, id="ctrl-c", marks=pytest.mark.long),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, id="kill -9"),
    ],
)
def test_nothing_stays_behind(number: signal.Signals, status: int, mark: str, graph_domain: int, tmp_path: Path) -> None:
    before = shared_memory()
    up = start(mark, tmp_path)
    assert len(marked(mark)) > 6
    up.send_signal(number)
    up.communicate(timeout=LIMIT_S)
    assert up.returncode == status
    end_s = time.monotonic() + (0.0 if number == signal.SIGINT else LIMIT_S)
    while (left := marked(mark)) and time.monotonic() < end_s:
        time.sleep(0.05)
    assert left == set()
    assert shared_memory() - before == set()
