"""``robot-runtime bench duplex --contention``: does the rest of the robot keep its budgets while the speech-to-speech engine runs?

The whole graph in its processes in the simulated home, eyes with their networks on rendered pictures, people who give commands and step
into the robot's way: once with the cascade's voice, once with the engine.  The wall's clock counts.  What a node's step takes is what the
node tells on /diagnostics, against its budget in the table of nodes.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from robot_runtime.arguments import check
from robot_runtime.bench import spine
from robot_runtime.bench.machine import describe
from robot_runtime.bench.voice_live import Shares
from robot_runtime.cli import JobError
from robot_runtime.config import load_class, read_params
from robot_runtime.nodes import NODES, Settings
from robot_runtime.observe.figures import Figure, figure
from robot_runtime.verbs.demo import Story, play

_CASES = {"cascade": "", "engine": "duplex"}
"""Column → ``speech_backend``."""
_NODES = ("camera", "perceive", "front_end", "ear", "voice", "duplex", "world", "mind", "navigator", "gate")


@dataclass(frozen=True)
class Steps:
    """Of one node, from its reports of each second."""

    p50_ms: float  # median of the seconds' medians
    max_ms: float
    over_budget: float  # share of steps


@dataclass(frozen=True)
class Case:
    """One run of the graph."""

    ways: Mapping[str, Figure]
    steps: Mapping[str, Steps]
    cores: Mapping[str, float]  # process → cores kept busy
    engine: Mapping[str, str]  # what the node duplex tells last; empty without it


def run(engine: Mapping[str, str], repeats: int, settle_s: float, *, as_json: bool) -> int:
    """Measure both and print them; 1 if the engine did not speak to the end.

    :param engine: parameters of the node ``duplex``
    :raises JobError: there is no ROS here, or the graph does not come up
    """
    if find_spec("rclpy") is None:
        raise JobError("--contention runs the graph, and there is no rclpy here")
    os.environ["ROS_DOMAIN_ID"] = str(60 + os.getpid() % 40)  # no robot hears it
    cases = {name: _played(backend, engine, repeats, settle_s) for name, backend in _CASES.items()}
    _print_json(cases) if as_json else _print(cases)
    return 0 if cases["engine"].engine.get("speaks") == "duplex" else 1


def _played(backend: str, engine: Mapping[str, str], repeats: int, settle_s: float) -> Case:
    with tempfile.TemporaryDirectory(prefix="robot-runtime-bench-") as folder:
        settings = prepared(Path(folder), backend, engine, repeats, settle_s)
        check(settings)
        watch, shares = load_class("robot_runtime.ros.contention:Watch")(settle_s), Shares()
        try:
            with shares:
                play(settings, Story(as_json=False, to_stderr=True), scenario(repeats, settle_s)["limit_s"])
        finally:
            watch.close()
    ways = {name: figure(name, pairs.took_ms) for name, pairs in watch.ways.items()}
    steps = {name: steps_of(watch.reports[name]) for name in _NODES if watch.reports.get(name)}
    return Case(ways, steps, shares.cores(), (watch.reports.get("duplex") or [{}])[-1])


def prepared(folder: Path, backend: str, engine: Mapping[str, str], repeats: int, settle_s: float) -> Settings:
    """The settings of one run, whose files are written into a folder."""
    story, params = folder / "scenario.yaml", folder / "params.yaml"
    story.write_text(yaml.safe_dump(scenario(repeats, settle_s), sort_keys=False), encoding="utf-8")
    values = {**read_params(Settings.for_simulation().params_file), "duplex": dict(engine)}
    params.write_text(yaml.safe_dump({node: {"ros__parameters": own} for node, own in values.items()}), encoding="utf-8")
    return Settings.for_simulation(
        run_dir=str(folder), scenario=str(story), params_file=str(params), speech_backend=backend, perception_backend="cnn"
    )


def scenario(repeats: int, settle_s: float) -> dict[str, Any]:
    """That of ``bench spine``, which begins once a model has been loaded.  A command that is lost keeps no other waiting."""
    story = spine.scenario(repeats)
    commands = (step for step in story["steps"] if "say" in step["do"])
    for index, command in enumerate(commands):
        command["when"] = {"at_s": settle_s + index * spine.EVERY_S}
    return {**story, "title": "bench duplex --contention", "limit_s": story["limit_s"] + settle_s}


def steps_of(reports: Sequence[Mapping[str, str]]) -> Steps:
    """From what a node told once a second; the count of steps over budget grows from its start on.

    >>> told = {"steps": "50", "step_p50_ms": "1.00", "step_max_ms": "4.00", "over_budget": "7"}
    >>> steps_of([told, {**told, "step_max_ms": "9.00", "over_budget": "12"}])
    Steps(p50_ms=1.0, max_ms=9.0, over_budget=0.1)
    """
    worked = [report for report in reports if int(report["steps"])]
    after = sum(int(report["steps"]) for report in reports[1:])
    over = int(reports[-1]["over_budget"]) - int(reports[0]["over_budget"])
    p50s, longest = ([float(report[name]) for report in worked] or [float("nan")] for name in ("step_p50_ms", "step_max_ms"))
    return Steps(median(p50s), max(longest), over / after if after else 0.0)


# ---------------------------------------------------------------- what is printed


def _print(cases: Mapping[str, Case]) -> None:
    console = Console(highlight=False)
    ways = _table("bench duplex --contention   " + " · ".join(value for _, value in describe()), "ms: p50 / p99 (times)", cases)
    for name in next(iter(cases.values())).ways:
        ways.add_row(name, *(_way(case.ways[name]) for case in cases.values()))
    steps = _table("", "steps, ms: p50 / max, over budget", cases)
    for node in NODES:
        if any(node.name in case.steps for case in cases.values()):
            steps.add_row(f"{node.name} ({node.budget_ms:g} ms)", *(_steps(case.steps.get(node.name)) for case in cases.values()))
    cores = _table("", "cores kept busy", cases)
    for name in sorted({name for case in cases.values() for name in case.cores}):
        cores.add_row(name, *(f"{case.cores[name]:.2f}" if name in case.cores else "-" for case in cases.values()))
    for table in (ways, steps, cores):
        console.print(table)
    told = cases["engine"].engine
    shown = ("model", "speaks", "frames", "frames late", "p50", "p99", "takeovers", "message")
    console.print("engine: " + ", ".join(f"{name} {told[name]}" for name in shown if name in told))


def _table(title: str, first: str, cases: Mapping[str, Case]) -> Table:
    table = Table(title=title or None, title_justify="left")
    table.add_column(first)
    for name in cases:
        table.add_column(name, justify="right")
    return table


def _way(way: Figure) -> str:
    return f"{way.p50_ms:.1f} / {way.p99_ms:.1f} ({way.count})" if way.count else "-"


def _steps(steps: Steps | None) -> str:
    return f"{steps.p50_ms:.1f} / {steps.max_ms:.1f}, {steps.over_budget:.1%}" if steps else "-"


def _print_json(cases: Mapping[str, Case]) -> None:
    for name, case in cases.items():
        ways = {way: vars(found) for way, found in case.ways.items()}
        steps = {node: vars(found) for node, found in case.steps.items()}
        row = {"case": name, "ways": ways, "steps": steps, "cores": case.cores, "engine": case.engine, "machine": dict(describe())}
        print(json.dumps(row, ensure_ascii=False), flush=True)
