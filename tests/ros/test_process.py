"""One process of the graph: how it starts, ends, fails and ties itself to its supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from robot_runtime import messages as m
from robot_runtime.paths import ROOT
from robot_runtime.ros import environment
from tests.ros.conftest import LIMIT_S


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_when_asked(start: Any, number: signal.Signals) -> None:
    child = start("echo")
    child.process.send_signal(number)
    status, output = child.wait()
    assert (status, "Traceback" in output) == (0, False), output


def test_tells_that_it_is_ready_then_alive(start: Any) -> None:
    began_s = time.monotonic()
    child = start("echo")
    lines = child.listen(until="alive\n" * 4).split()
    assert lines[0] == "ready"
    assert lines[1:] == ["alive"] * len(lines[1:])
    assert 4 <= len(lines[1:]) <= 1 + (time.monotonic() - began_s) / 0.5  # at once, and every 0.5 s


def test_is_ready_when_nobody_asked_for_activation(start: Any) -> None:
    """Else its supervisor would kill it for not being ready, while somebody takes time to bring it up."""
    child = start("echo", ready=False, autostart=False)
    assert child.listen(until="ready").split()[0] == "ready"


def test_a_stage_that_raises_ends_the_process(start: Any, ears: Any) -> None:
    child = start("echo")
    speak = ears.speaker("speech/heard")
    speak(m.Utterance(0.0, "u1", "fail", "", (), 1.0, 0.0, 0.0, "", "en", "test"))
    status, output = child.wait()
    assert status == 1
    assert "ValueError: asked to fail" in output
    assert "Traceback" in output


def test_ends_with_its_supervisor(domain: int, tmp_path: Path) -> None:
    """A supervisor that is killed leaves no orphan."""
    script = (
        "import os, subprocess, sys, time\n"
        "read, write = os.pipe()\n"
        "child = subprocess.Popen([sys.executable, sys.argv[1], 'echo'], pass_fds=[write],\n"
        "                         env={**os.environ, 'ROBOT_RUNTIME_NOTIFY_FD': str(write)})\n"
        "os.close(write)\n"
        "os.read(read, 10)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    env = {**environment.for_child(), "ROS_DOMAIN_ID": str(domain), "PYTHONPATH": str(ROOT)}
    supervisor = subprocess.Popen(
        [sys.executable, "-c", script, str(Path(__file__).with_name("tiny_graph.py"))], env=env, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    supervisor.kill()
    supervisor.communicate()
    end_s = time.monotonic() + LIMIT_S
    while (outlives := _runs(pid)) and time.monotonic() < end_s:
        time.sleep(0.02)
    if outlives:
        os.kill(pid, signal.SIGKILL)
    assert not outlives, "the child outlived its supervisor"


def _runs(pid: int) -> bool:
    """Not so for one that has ended, while whoever inherited it has not looked yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["mnd"], "mnd: unknown process, did you mean 'mind'?"),
        (["sim"], "sim: no node runs in this process under these settings"),
        (["mind", "--settings", "{"], "--settings: not valid JSON"),
        (["mind", "--settings", "[]"], "--settings: expected a JSON object"),
        (["mind", "--settings", '{"wrld": "x"}'], "--settings: wrld: unknown key, did you mean 'world'?"),
        (["mind", "--settings", '{"headless": "yes"}'], "--settings: headless: expected bool (got 'yes')"),
        (["guard", "--settings", '{"params_file": "/nowhere.yaml"}'], "/nowhere.yaml: cannot be read"),
        (["guard", "--real-time-factor", "0"], "--real-time-factor: must be above 0"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "robot_runtime.ros.process", *arguments], env=environment.for_child(), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
