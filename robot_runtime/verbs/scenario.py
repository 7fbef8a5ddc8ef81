"""Scenarios in virtual time: every stage of the graph in one process, without ROS, devices or waiting."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from robot_runtime import simulation
from robot_runtime.cli import UsageError
from robot_runtime.config import load_class

_SHOWN_NODES = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    playing = actions.add_parser("run", help="play the files and judge their expectations")
    playing.add_argument("files", nargs="+", metavar="FILE", help="scenario, such as sim/scenarios/demo.yaml")
    playing.add_argument("--seed", type=int, metavar="N", help="of all noise, instead of the scenario's own")
    playing.add_argument("--perception", default="oracle", metavar="BACKEND", help="of the eyes")
    playing.add_argument("--json", action="store_true", help="events as lines of JSON on standard output")
    playing.add_argument("--speed", action="store_true", help="also print where the computing time went")
    checking = actions.add_parser("check", help="read the files and say what is wrong with them")
    checking.add_argument("files", nargs="+", metavar="FILE")
    checking.add_argument("--json", action="store_true", help="a line of JSON for every file")
    drawing = actions.add_parser("episodes", help="play the home on other mornings, drawn from a seed, and count what came true")
    drawing.add_argument("--count", type=int, default=50, metavar="N")
    drawing.add_argument("--seed", type=int, default=1, metavar="N")
    drawing.add_argument("--perception", nargs="+", default=["oracle"], metavar="BACKEND", help="of the eyes; each plays every episode")
    drawing.add_argument("--processes", type=int, default=2, metavar="N", help="that play side by side")
    drawing.add_argument("--keep", metavar="FOLDER", help="where to leave the scenario files; by default they are deleted")
    drawing.add_argument("--json", action="store_true", help="a line of JSON for every play, then one with the counts")


def run(args: argparse.Namespace) -> int:
    if args.action == "check":
        for file in args.files:
            _check(file, args.json)
        return 0
    if args.seed is not None and args.seed < 0:
        raise UsageError(f"--seed {args.seed}: expected a number from 0 up")
    if args.action == "episodes":
        return _episodes(args)
    for file in args.files:
        load_class(simulation.LOAD_SCENARIO)(file)  # all of them before the first is played
    passed = [_play(file, args) for file in args.files]
    return 0 if all(passed) else 1


def _check(file: str, as_json: bool) -> None:
    scenario = load_class(simulation.LOAD_SCENARIO)(file)
    found: dict[str, Any] = {"scenario": file, "title": scenario.title, "steps": len(scenario.steps), "expectations": len(scenario.expect)}
    print(json.dumps(found) if as_json else f"{file}: sound; {len(scenario.steps)} steps, {len(scenario.expect)} expectations")


def _play(file: str, args: argparse.Namespace) -> bool:
    if not args.json:
        print(f"{file}: {load_class(simulation.LOAD_SCENARIO)(file).title}", flush=True)

    def show(now_s: float, topic: str, message: Any) -> None:
        if topic == "scenario":
            _show(file, message, args.json)

    played = load_class(simulation.PLAY)(file, args.seed, show, args.perception)
    factor = played.virtual_s / played.wall_s
    if args.json:
        result = {"scenario": file, "summary": played.summary, "passed": played.passed, "virtual_s": round(played.virtual_s, 2)}
        print(json.dumps({**result, "wall_s": round(played.wall_s, 2), "virtual_s_per_wall_s": round(factor, 1)}), flush=True)
    else:
        print(f"  {played.summary}; {played.virtual_s:.1f} virtual seconds in {played.wall_s:.1f} s: {factor:.1f} per second", flush=True)
    if args.speed:
        _show_spent(played.spent_s, played.virtual_s)
    return bool(played.passed)


def _episodes(args: argparse.Namespace) -> int:
    """Play them; 1 when a play did not come true."""
    if args.count < 1 or args.processes < 1:
        raise UsageError("--count and --processes: expected 1 or more")
    with tempfile.TemporaryDirectory() as folder:
        files = load_class(simulation.WRITE_EPISODES)(Path(args.keep or folder), args.seed, args.count)
        outcomes = []
        for outcome in load_class(simulation.PLAY_EPISODES)(files, args.perception, args.processes):
            outcomes.append(outcome)
            _show_outcome(outcome, args.json)
    _show_counts(_counts(outcomes), args.perception, args.json)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _show_outcome(outcome: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(outcome), ensure_ascii=False), flush=True)
    else:
        print(
            f"  {outcome.name:16} {outcome.perception:8} {'passed' if outcome.passed else 'failed'}  {'; '.join(outcome.failed)}",
            flush=True,
        )


def _counts(outcomes: list[Any]) -> dict[str, dict[str, str]]:
    """Family → perception → "passed/played"; the last row is all of them."""
    counts: dict[str, dict[str, str]] = {}
    for family in [*dict.fromkeys(outcome.family for outcome in outcomes), "all"]:
        for perception in dict.fromkeys(outcome.perception for outcome in outcomes):
            played = [o.passed for o in outcomes if o.perception == perception and family in (o.family, "all")]
            counts.setdefault(family, {})[perception] = f"{sum(played)}/{len(played)}"
    return counts


def _show_counts(counts: dict[str, dict[str, str]], perceptions: list[str], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"passed": counts}))
        return
    print(f"\n{'':16}" + "".join(f"{name:>10}" for name in perceptions))
    for family, row in counts.items():
        print(f"{family:16}" + "".join(f"{row[name]:>10}" for name in perceptions))


def _show(file: str, event: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"scenario": file, **asdict(event)}, ensure_ascii=False), flush=True)
    elif event.phase != "finished":
        print(f"  {event.stamp_s:7.2f}  {event.phase:6}  {event.name}  ({event.detail})", flush=True)


def _show_spent(spent_s: dict[str, float], virtual_s: float) -> None:
    """Computing time by node, the most expensive first, on standard error."""
    dearest = sorted(spent_s.items(), key=lambda item: -item[1])[:_SHOWN_NODES]
    for name, seconds in dearest:
        print(f"  {name:12} {seconds:6.2f} s  {seconds / virtual_s * 1000:6.2f} ms per virtual second", file=sys.stderr)
