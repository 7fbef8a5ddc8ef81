"""Prints the graph of nodes and topics, or keeps the picture in a document up to date."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from robot_runtime import graph
from robot_runtime.arguments import settings_from
from robot_runtime.cli import UsageError
from robot_runtime.nodes import Settings, nodes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("mermaid", "text"), default="text", help="what to print")
    parser.add_argument("--robot", action="store_true", help="the graph on a robot instead of the simulated one")
    parser.add_argument("--scenario", default="", metavar="FILE", help="as it runs while a scenario is played")
    parser.add_argument("--run-dir", default="", metavar="DIR", help="as it runs while a recording is made")
    parser.add_argument("--json", action="store_true", help="one line a node on standard output")
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--check", metavar="FILE", type=Path, help="exit 1 unless the picture in this document is up to date")
    change.add_argument("--write", metavar="FILE", type=Path, help="renew the picture in this document")


def run(args: argparse.Namespace) -> int:
    settings = settings_from({"scenario": args.scenario, "run_dir": args.run_dir}, simulated=not args.robot)
    if args.check or args.write:
        return _keep(args.check or args.write, settings, write=bool(args.write))
    if args.json:
        for node in nodes(settings):
            print(json.dumps({"node": node.name, "process": node.process, "inputs": node.inputs, "outputs": node.outputs}))
        return 0
    print(graph.mermaid(settings) if args.format == "mermaid" else graph.text(settings), end="")
    return 0


def _keep(document: Path, settings: Settings, write: bool) -> int:
    try:
        old = document.read_text(encoding="utf-8")
        new = graph.with_graph(old, settings)
    except (OSError, ValueError) as error:
        raise UsageError(f"{document}: {error}") from error
    if write:
        document.write_text(new, encoding="utf-8")
    elif new != old:
        print(f"{document}: the graph differs from the tables; run: robot-runtime graph --write {document}", file=sys.stderr)
        return 1
    return 0
