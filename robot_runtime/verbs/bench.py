"""Measures the budgets and prints them with machine and commit."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from robot_runtime import simulation
from robot_runtime.arguments import check
from robot_runtime.bench import duplex, eyes_table, flow_speed, gate, hearing, kinematic, mind, say, social, spine, stop, voice
from robot_runtime.bench.machine import describe
from robot_runtime.cli import UsageError
from robot_runtime.config import load_class
from robot_runtime.nodes import Settings
from robot_runtime.observe.figures import Figure
from robot_runtime.observe.run import Run
from robot_runtime.verbs.demo import Story, play

WHAT = (
    "spine: spoken command → motion, over ROS; flow: speed of virtual time; gate: cost of the gate's decisions on one core,"
    " and across processes; eyes: from a picture to published facts, and against ultralytics; say: from a request to its first sound;"
    " social: what the social policy costs; mind: from an utterance to a plan or first words, questions to a memory of 10,000 things;"
    " hear: how many commands are understood in noise; stop: who is heard asking for a stop, and what is taken for it;"
    " voice: whole conversations, from the end of speech to the answer; duplex: a frame of the speech-to-speech engine"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    choices = ("spine", "flow", "gate", "eyes", "say", "social", "mind", "hear", "stop", "voice", "duplex")
    parser.add_argument("what", choices=choices, help=WHAT)
    repeats = (
        "commands given in `spine`, hundreds of measurements in `gate`, rounds in `eyes`, tens of sentences in `say`, minutes in `social`,"
        " tens of rounds in `mind`, commands a domain in `hear`, voices a word in `stop` (%(default)s)"
    )
    parser.add_argument("--repeats", type=int, default=10, help=repeats)
    parser.add_argument("--run-dir", metavar="DIR", help="keep the recording of `spine` here")
    parser.add_argument("--json", action="store_true", help="one line of JSON a row on standard output")
    eyes_table.add_arguments(parser)
    voice.add_arguments(parser)
    stop.add_arguments(parser)
    duplex.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if args.repeats < 1:
        raise UsageError(f"--repeats {args.repeats}: at least 1")
    if args.what == "flow":
        return flow_speed.run(as_json=args.json)
    if args.what == "voice":
        return voice.run(args)
    if args.what == "duplex":
        return duplex.run(args)
    if args.what == "stop":
        return stop.run(args)
    if args.what == "eyes":
        return eyes_table.run(args)
    if args.what == "gate":
        return _gate(args.repeats * 100, as_json=args.json)
    if args.what == "say":
        return _say(args.repeats * 10, as_json=args.json)
    if args.what == "social":
        return _social(args.repeats * 60, as_json=args.json)
    if args.what == "mind":
        _print("bench mind", mind.figures(args.repeats * 10), as_json=args.json)
        return 0
    if args.what == "hear":
        return _hear(args.repeats, as_json=args.json)
    with tempfile.TemporaryDirectory(prefix="robot-runtime-bench-") as folder:
        rows = _spine(Path(args.run_dir or folder).resolve(), args.repeats)
    _print("bench spine", rows, as_json=args.json)
    return 0 if all(row.count for row in rows) else 1


def _say(repeats: int, as_json: bool) -> int:
    rows, rate = say.figures(repeats)
    _print("bench say", rows, as_json)
    print(rate, file=sys.stderr if as_json else sys.stdout)
    return 0


def _social(seconds: float, as_json: bool) -> int:
    rows, share = social.figures(seconds)
    _print("bench social", rows, as_json)
    print(share, file=sys.stderr if as_json else sys.stdout)
    return 0


def _hear(repeats: int, as_json: bool) -> int:
    table = Table(title="bench hear   " + " · ".join(value for _, value in describe()), title_justify="left")
    for name in ("", "commands", "right", "other talk", "accepted", "p50 ms", "p95 ms"):
        table.add_column(name, justify="right" if name else "left")
    for row in hearing.figures(repeats):
        if as_json:
            print(json.dumps({**asdict(row), "machine": dict(describe())}, ensure_ascii=False), flush=True)
        shares = (f"{row.right:.1%}", str(row.others), f"{row.accepted:.1%}")
        table.add_row(row.name, str(row.commands), *shares, _shown(row.p50_ms), _shown(row.p95_ms))
    if not as_json:
        Console(highlight=False).print(table)
    return 0


def _gate(repeats: int, as_json: bool) -> int:
    before_mib = gate.memory_mib()
    rows = gate.figures(repeats)
    grown_mib = gate.memory_mib() - before_mib
    rows += kinematic.figures(repeats)
    rows += gate.while_reloading(repeats)
    rows += gate.across_processes(repeats)
    _print("bench gate", rows, as_json=as_json)
    note = f"{gate.decisions_per_s(rows[1]):.0f} decisions a second with the classifier; {grown_mib:.0f} MiB for gate, rules and model"
    print(note, file=sys.stderr if as_json else sys.stdout)
    return 0


def _spine(run_dir: Path, repeats: int) -> list[Figure]:
    run_dir.mkdir(parents=True, exist_ok=True)
    scenario = spine.scenario(repeats)
    path = run_dir / "scenario.yaml"
    path.write_text(yaml.safe_dump(scenario, sort_keys=False), encoding="utf-8")
    settings = Settings.for_simulation(run_dir=str(run_dir), scenario=str(path))
    check(settings)
    if not play(settings, Story(as_json=False, to_stderr=True), scenario["limit_s"]):
        print(f"robot-runtime bench: the scenario did not finish; see {run_dir}/logs", file=sys.stderr)
    recording = Run.of(load_class("robot_runtime.ros.read_record:read")(run_dir / "record.mcap"))
    return spine.figures(recording, load_class(simulation.TRUTH_READER)(settings.world))


def _print(title: str, rows: Sequence[Figure], as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(json.dumps({**asdict(row), "machine": dict(describe())}, ensure_ascii=False))
        return
    table = Table(title=f"{title}   " + " · ".join(value for _, value in describe()), title_justify="left")
    table.add_column("")
    for name in ("times", "p50 ms", "p95 ms", "p99 ms", "max ms"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row.name, str(row.count), *map(_shown, (row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms)))
    Console(highlight=False).print(table)


def _shown(ms: float) -> str:
    """Budgets below a millisecond need a digit more.

    >>> _shown(0.234), _shown(12.34)
    ('0.23', '12.3')
    """
    return f"{ms:.2f}" if ms < 1.0 else f"{ms:.1f}"
