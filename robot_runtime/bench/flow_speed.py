"""``robot-runtime bench flow``: how fast the pure loop runs in virtual time, and which node takes how much of it."""

from __future__ import annotations

import json
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from robot_runtime.bench.machine import describe
from robot_runtime.flow import Flow
from robot_runtime.messages import ScenarioEvent
from robot_runtime.nodes import Settings

SCENARIO = "sim/scenarios/demo.yaml"
LIMIT_S = 600.0


def run(as_json: bool) -> int:
    """Play the demo's scenario in virtual time; 0 when it came to its end."""
    flow = Flow.build(Settings.for_simulation(scenario=SCENARIO), only=lambda node: node.name != "camera")
    finished: list[ScenarioEvent] = []

    def listen(now_s: float, topic: str, message: object) -> None:
        if isinstance(message, ScenarioEvent) and message.phase == "finished":
            finished.append(message)

    flow.listeners.append(listen)
    started_s = time.perf_counter()
    flow.run_until(lambda: bool(finished), LIMIT_S)
    wall_s = time.perf_counter() - started_s
    _print(flow, wall_s, as_json)
    return 0 if finished else 1


def _print(flow: Flow, wall_s: float, as_json: bool) -> None:
    spent_s = sorted(flow.spent_s().items(), key=lambda item: -item[1])
    if as_json:
        figures = {"virtual_s": flow.now_s, "wall_s": wall_s, "ratio": flow.now_s / wall_s, "nodes_s": dict(spent_s)}
        print(json.dumps({**figures, "scenario": Path(SCENARIO).name, "machine": dict(describe())}))
        return
    table = Table(title="bench flow   " + " · ".join(value for _, value in describe()), title_justify="left")
    table.add_column("node")
    table.add_column("ms per virtual second", justify="right")
    for name, seconds in spent_s:
        table.add_row(name, f"{seconds / flow.now_s * 1e3:.2f}")
    table.add_row("whole loop", f"{wall_s / flow.now_s * 1e3:.2f}")
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{flow.now_s:.0f} s of virtual time in {wall_s:.1f} s: {flow.now_s / wall_s:.1f} times real time")
