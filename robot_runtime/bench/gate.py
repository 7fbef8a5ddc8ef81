"""``robot-runtime bench gate``: what the gate's decisions cost, on one core, and what they cost across processes.

Rows: a semantic verdict by rules alone, with the classifier on words it has not met, one tick of the whole gate while driving
among people, with a scan of 360 and of 24,000 points; and what the kinematic stage alone computes (``kinematic.py``).  Nav2's
collision monitor is published with 4.5–4.9 ms for a scan of 360 points on a small board (its documentation); that is another
machine, so it stands here as orientation, not as a ratio.

While rules are reloaded: a gate that drives at 50 Hz in real time and keeps its record on disk, while another thread reads, checks
and hands over rules and ontology that have changed.  Of each reload the longest time from when a step is due until its commands
are out, and the same over as many steps without a reload, which shows what the machine adds.  The reload may add 5 ms.

Then, where rclpy is installed, the way of a velocity from the process that proposes it through the guard process and back: once
with each tick given right after the proposal (transport, step, transport; the budget is 5 ms), and once in real time, where it
also waits for the gate's next step, 10 ms on average.
"""

from __future__ import annotations

import gc
import itertools
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil

from robot_runtime.config import load_class
from robot_runtime.messages import WorldFacts
from robot_runtime.observe.figures import Figure, figure
from safety.config import GateConfig
from safety.context import Context
from safety.files import resolve
from safety.gate import Gate, Outbox
from safety.hazards.advice import Advice
from safety.hazards.classifier import Classifier
from safety.ontology import Ontology
from safety.rules import Rules
from safety.semantic import judge
from safety.types import (
    Argument,
    GripperState,
    JointPositions,
    Listening,
    Odometry,
    People,
    Person,
    ProposedAction,
    ProposedVelocity,
    ReloadRequest,
    RobotPose,
    RulesState,
    Scan,
)

TICK_S = 0.02
MOST_IN_REAL_TIME = 300
MOST_RELOADS = 10
RELOAD_TICKS = 100  # two seconds
SENTENCES = (
    "bring me the red cup from the kitchen table please",
    "could you have a look whether the window in the bedroom is still open and come back to tell me",
    "give the big kitchen knife to my little brother, he wants to cut the string of his parcel",
    "put the wet towel over the electric heater so that it is dry by tomorrow morning",
)


def figures(repeats: int) -> list[Figure]:
    """The rows, from ``repeats`` measurements each."""
    config = GateConfig(state_dir="memory")
    ontology = Ontology.load(config.ontology_file)
    rules = Rules.load(config.rules_file, ontology)
    classifier = Classifier(config.classifier_folder)
    actions = (_action(count) for count in itertools.count())
    advice = Advice(classifier)

    def by_rules() -> None:
        judge(next(actions), CONTEXT, rules, ontology)

    def by_both() -> None:
        action = next(actions)
        judged = judge(action, CONTEXT, rules, ontology)
        advice.begin_step()
        advice.tightened(judged.decision, action, judged.case)

    return [
        _timed("semantic verdict, rules", by_rules, repeats),
        _timed("semantic verdict, rules and classifier", by_both, repeats),
        _timed("tick, 360 points", _ticks(config, 360), repeats),
        _timed("tick, 24000 points", _ticks(config, 24_000), repeats),
    ]


def while_reloading(repeats: int) -> list[Figure]:
    """The rows of steps in real time: with rules that change, and without."""
    times = min(repeats, MOST_RELOADS)
    with tempfile.TemporaryDirectory(prefix="robot-runtime-bench-") as folder, closing(_InRealTime(Path(folder))) as driven:
        return [
            figure("tick while rules are reloaded, longest", [driven.longest_ms(swap=True) for _ in range(times)]),
            figure("… while they are not", [driven.longest_ms(swap=False) for _ in range(times)]),
        ]


def across_processes(repeats: int) -> list[Figure]:
    """The rows that need ROS, none where it is not installed."""
    if find_spec("rclpy") is None:
        return []
    trips_ms = load_class("robot_runtime.ros.gate_trip:trips_ms")
    ranges = _ranges(360)

    def senses(now_s: float) -> dict[str, Sequence[object]]:
        return _inbox(now_s, ranges)

    in_real_time = min(repeats, MOST_IN_REAL_TIME)
    return [
        figure("proposed → emitted, across processes", trips_ms(senses, _go(0.0), repeats, in_real_time=False)),
        figure("… and the wait for the tick (50 Hz)", trips_ms(senses, _go(0.0), in_real_time, in_real_time=True)),
    ]


def memory_mib() -> float:
    """Resident memory of this process."""
    return float(psutil.Process(os.getpid()).memory_info().rss) / 2**20


def decisions_per_s(figure: Figure) -> float:
    """How many of these fit into a second."""
    return 1000.0 / figure.p50_ms if figure.p50_ms > 0 else math.inf


def _timed(name: str, work: Callable[[], None], repeats: int) -> Figure:
    for _ in range(20):
        work()
    gc.collect()
    spent_ms = []
    for _ in range(repeats):
        begun_s = time.perf_counter()
        work()
        spent_ms.append((time.perf_counter() - begun_s) * 1000.0)
    return figure(name, spent_ms)


class _InRealTime:
    """A gate that drives by files of its own, stepped when it is due."""

    def __init__(self, folder: Path) -> None:
        config = GateConfig()
        self._files = [Path(shutil.copy(resolve(file), folder)) for file in (config.rules_file, config.ontology_file)]
        self._gate = Gate(GateConfig(run_dir=str(folder), rules_file=str(self._files[0]), ontology_file=str(self._files[1])))
        self._tick = _ticks_of(self._gate, 360)
        self._swaps = 0

    def close(self) -> None:
        self._gate.close()  # the record is still being written

    def longest_ms(self, swap: bool) -> float:
        """Of two seconds' steps, before which both files change; from when it was due until its commands were out."""
        if swap:
            self._change()
        begun_s = time.perf_counter()
        took_ms, told = [], []
        for count in range(RELOAD_TICKS):
            due_s = begun_s + count * TICK_S
            time.sleep(max(due_s - time.perf_counter(), 0.0))
            asked: dict[str, Sequence[object]] = {"service/reload": [ReloadRequest(0.0)]} if swap and not count else {}
            told += [message for _, message in self._tick(asked) if isinstance(message, RulesState)]
            took_ms.append((time.perf_counter() - due_s) * 1000.0)
        if swap and not any(state.changes for state in told):
            raise RuntimeError(f"the rules were not taken over within {RELOAD_TICKS * TICK_S:g} s: {told}")
        return max(took_ms)

    def _change(self) -> None:
        """A comment more: nothing that is known of the old text helps."""
        self._swaps += 1
        for file in self._files:
            with file.open("a", encoding="utf-8") as text:
                text.write(f"# {self._swaps}\n")


def _ticks(config: GateConfig, points: int) -> Callable[[], None]:
    tick = _ticks_of(Gate(config), points)

    def quiet() -> None:
        tick({})

    return quiet


def _ticks_of(gate: Gate, points: int) -> Callable[[dict[str, Sequence[object]]], Outbox]:
    """A gate that drives past two people; each call is one tick with fresh inputs of everything, and what is given besides."""
    ranges = _ranges(points)
    clock = itertools.count()
    start_s = next(clock) * TICK_S
    gate.step(_inbox(start_s, ranges), start_s)
    proposal = _go(TICK_S)

    def tick(more: dict[str, Sequence[object]]) -> Outbox:
        now_s = next(clock) * TICK_S
        inbox = _inbox(now_s, ranges) | more
        inbox["cmd_vel/proposed"] = [ProposedVelocity(now_s, proposal.id, 0.4, 0.1)]
        inbox["action/proposed"] = [replace(proposal, stamp_s=now_s)] if round(now_s / TICK_S) % 100 == 1 else []
        return gate.step(inbox, now_s)

    return tick


def _ranges(points: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    ranges: np.ndarray[tuple[int], np.dtype[np.float32]] = (3.0 + np.sin(np.arange(points) / points * 40.0)).astype(np.float32)
    return ranges


def _inbox(now_s: float, ranges: np.ndarray[tuple[int], np.dtype[np.float32]]) -> dict[str, Sequence[object]]:
    step_rad = 2 * math.pi / ranges.size
    joints = ("head_pan", "head_tilt", "lift", "arm", "gripper")
    return {
        "scan": [Scan(now_s, -math.pi, step_rad, 0.05, 12.0, ranges)],
        "odom": [Odometry(now_s, 0.0, 0.0, 0.0, 0.3, 0.0)],
        "pose": [RobotPose(now_s, 0.0, 0.0, 0.0, 0.02)],
        "people": [People(now_s, "bench", tuple(replace(person, last_seen_s=now_s) for person in PEOPLE))],
        "joint_states": [JointPositions(now_s, joints, (0.0, 0.0, 0.6, 0.0, 0.1))],
        "gripper/state": [GripperState(now_s, False, "", "")],
        "safety/listening": [Listening(now_s, round(now_s / TICK_S) % 2**31 + 1)],
        "world/facts": [WorldFacts(now_s, "hall", (), ())],
    }


def _action(count: int) -> ProposedAction:
    values = (Argument("object", "red_cup"), Argument("recipient", "anna"))
    text = f"{SENTENCES[count % len(SENTENCES)]} {count}"
    return ProposedAction(0.0, f"a{count}", "", "fetch", values, "u1", text, "anna")


def _go(now_s: float) -> ProposedAction:
    return ProposedAction(now_s, "drive", "", "go_to", (Argument("place", "kitchen"),), "u1", "go to the kitchen", "anna")


def _person(who: str, group: str, x_m: float, y_m: float) -> Person:
    return Person(who, who.title(), group, 0.95, (x_m, y_m, 0.0), (0.2, 0.0, 0.0), 0.05, True, False, True, 0.0)


PEOPLE = (_person("anna", "adult", 1.8, 1.5), _person("leo", "child", 2.6, -1.2))
CONTEXT = Context(hour=12.0, place="hall", pose=RobotPose(0.0, 0.0, 0.0, 0.0, 0.02), people=PEOPLE)
