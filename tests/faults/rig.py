"""The whole graph, its processes, and the ways to harm them."""

from __future__ import annotations

import json
import math
import os
import signal
from pathlib import Path
from typing import Any

from robot_runtime.nodes import Settings
from robot_runtime.paths import ROOT
from robot_runtime.supervisor import Supervisor
from robot_runtime.verbs.up import supervise
from tests.faults.probe import HOME, Probe
from tests.faults.truth import STILL_MPS, fastest_mps, fell_below
from tests.ros.conftest import LIMIT_S

PLACES = {"kitchen": (4.1, 5.7), "hall": (7.4, 1.8)}
"""Way-points of the home that are far from each other."""

READY_LIMIT_S = 180.0
"""Of waiting for all processes; the supervisor starts one again that needs more than a minute."""

DRIVING_MPS = 0.5
"""Near the cruising speed of 0.6: the documented times are for that."""


def settings(run_dir: Path, **others: str) -> Settings:
    return Settings.for_simulation(run_dir=str(run_dir), params_file=str(ROOT / "tests/faults/home.yaml"), world=HOME, **others)


class Rig:
    """A running graph.  Each test leaves it as it found it: all processes ready, nothing latched."""

    def __init__(self, domain: int, run_dir: Path, **others: str) -> None:
        self.run_dir = run_dir
        self._harmed = 0
        self.supervisor: Supervisor = supervise(settings(run_dir, **others))
        self.supervisor.start()
        assert self.supervisor.wait_ready(READY_LIMIT_S), f"not ready; see {run_dir}/logs"
        self.probe = Probe(domain, run_dir)

    def close(self) -> None:
        self.probe.close()
        self.supervisor.stop()

    # ------------------------------------------------------------ the robot

    def drive(self) -> None:
        """Send the robot to the farther place and wait until it is at speed."""
        probe = self.probe
        assert probe.until(lambda: probe.mode == "running" and bool(probe.path)), f"the gate says {probe.safety[-1:]}"
        place = max(PLACES, key=lambda name: math.dist(PLACES[name], probe.at))
        probe.say("go_to", f"go to the {place}", place=place)
        assert probe.until(lambda: probe.speed_mps >= DRIVING_MPS), f"does not drive: {probe.safety[-1]}, {probe.statuses[-3:]}"

    def halt(self) -> None:
        """End what is being done, and wait for standstill."""
        probe = self.probe
        since_s = probe.now_s
        probe.say("no", "no")
        assert self.still_s(since_s, 10.0) is not None, "still drives after having been called off"

    def still_s(self, since_s: float, seconds: float, limit_mps: float = STILL_MPS) -> float | None:
        """When, in simulated time, the base came to be slower than that; waits for it so long, in simulated time.

        None when it did not, or when the simulation stood still.
        """
        path = self.probe.path
        self.probe.until(
            lambda: path[-1].stamp_s > since_s + seconds or fell_below(path, limit_mps, since_s) is not None, LIMIT_S + 10 * seconds
        )
        return fell_below(path, limit_mps, since_s)

    def stays_still(self, since_s: float, seconds: float) -> bool:
        """Whether the base does not move from ``since_s`` until ``seconds`` from now, in simulated time."""
        until_s = self.probe.now_s + seconds
        assert self.probe.until(lambda: self.probe.path[-1].stamp_s > until_s, LIMIT_S + 10 * seconds), "the simulation stands still"
        return fastest_mps(self.probe.path, since_s) < STILL_MPS

    # ------------------------------------------------------------ processes

    def harm(self, process: str, number: signal.Signals) -> float:
        """Send a signal; returns the simulated time at that moment.

        It is read just after, so that the process cannot have seen a later tick of the simulation.
        """
        pid = self.supervisor.pid(process)
        assert pid is not None, f"{process} does not run"
        self._harmed = pid
        os.kill(pid, number)
        return self.probe.now_s

    def wait_back(self, process: str) -> None:
        """Until another process has taken the place of the one that was harmed, and all are ready."""
        supervisor, harmed = self.supervisor, self._harmed
        back = self.probe.until(lambda: supervisor.pid(process) not in (None, harmed) and supervisor.all_ready, READY_LIMIT_S)
        assert back, f"{process} is {supervisor.phase(process)}; see {self.run_dir}/logs/{process}.log"

    def events(self, process: str) -> list[dict[str, Any]]:
        """What the supervisor tells of a process, oldest first."""
        lines = (self.run_dir / "processes.jsonl").read_text(encoding="utf-8").splitlines()
        return [event for event in map(json.loads, lines) if event["process"] == process]
