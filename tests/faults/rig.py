"""The whole graph, its processes, and the ways to harm them."""

from __future__ import annotations

import json
import math
import os
import signal
from pathlib import Path
from typing import Any

from robot_runtime.lifeline import Phase
from robot_runtime.nodes import Settings
from robot_runtime.paths import ROOT
from robot_runtime.supervisor import Supervisor
from robot_runtime.verbs.up import supervise
from tests.faults.probe import HOME, Probe
from tests.faults.truth import STILL_MPS, fell_below

PLACES = {"kitchen": (4.1, 5.7), "hall": (7.4, 1.8)}
"""Way-points of the home that are far from each other."""

READY_LIMIT_S = 60.0
"""The supervisor's own limit for a start; a noisy machine may need much of it."""

DRIVING_MPS = 0.3


def settings(run_dir: Path) -> Settings:
    return Settings.for_simulation(run_dir=str(run_dir), params_file=str(ROOT / "tests/faults/home.yaml"), world=HOME)


class Rig:
    """A running graph.  Each test leaves it as it found it: all processes ready, nothing latched."""

    def __init__(self, domain: int, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.supervisor: Supervisor = supervise(settings(run_dir))
        self.supervisor.start()
        assert self.supervisor.wait_ready(READY_LIMIT_S), f"not ready; see {run_dir}/logs"
        self.probe = Probe(domain, run_dir)

    def close(self) -> None:
        self.probe.close()
        self.supervisor.stop()

    # ------------------------------------------------------------ the robot

    def drive(self) -> float:
        """Send the robot to the farther place and wait until it is at speed; returns that speed."""
        probe = self.probe
        assert probe.until(lambda: probe.mode == "running" and bool(probe.path), 20.0), f"the gate says {probe.safety[-1:]}"
        place = max(PLACES, key=lambda name: math.dist(PLACES[name], probe.at))
        probe.say("go_to", f"go to the {place}", place=place)
        assert probe.until(lambda: probe.speed_mps >= DRIVING_MPS, 20.0), f"does not drive: {probe.safety[-1]}, {probe.statuses[-3:]}"
        return probe.speed_mps

    def halt(self) -> None:
        """End what is being done, and wait for standstill."""
        probe = self.probe
        probe.say("no", "no")
        since_s = probe.now_s
        assert self.still_s(since_s, 10.0) is not None, "still drives after having been called off"

    def still_s(self, since_s: float, seconds: float) -> float | None:
        """When, in simulated time, the base stood still; waits so long for it, in real time."""
        return self.below_s(STILL_MPS, since_s, seconds)

    def below_s(self, limit_mps: float, since_s: float, seconds: float) -> float | None:
        probe, found = self.probe, [None] * 0

        def look() -> bool:
            found[:] = [fell_below(probe.path[-500:], limit_mps, since_s)]
            return found[0] is not None

        return found[0] if probe.until(look, seconds) else None

    # ------------------------------------------------------------ processes

    def harm(self, process: str, number: signal.Signals) -> float:
        """Send a signal; returns the simulated time just before it."""
        pid = self.supervisor.pid(process)
        assert pid is not None, f"{process} does not run"
        now_s = self.probe.now_s
        os.kill(pid, number)
        return now_s

    def kill(self, process: str) -> float:
        return self.harm(process, signal.SIGKILL)

    def wait_back(self, process: str, dead_pid: int | None) -> None:
        """Until another process has taken its place and all are ready."""
        supervisor = self.supervisor
        back = self.probe.until(
            lambda: supervisor.pid(process) not in (None, dead_pid) and supervisor.phase(process) is Phase.READY and supervisor.all_ready,
            READY_LIMIT_S,
        )
        assert back, f"{process} is {supervisor.phase(process)}; see {self.run_dir}/logs/{process}.log"

    def events(self, process: str) -> list[dict[str, Any]]:
        """What the supervisor tells of a process, oldest first."""
        lines = (self.run_dir / "processes.jsonl").read_text(encoding="utf-8").splitlines()
        return [event for event in map(json.loads, lines) if event["process"] == process]
