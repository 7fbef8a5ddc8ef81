"""Says what is present, what is missing, and what each missing piece costs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

from robot_runtime.diagnose import devices, rendering, software
from robot_runtime.diagnose.finding import Finding

Check = Callable[[], Finding | Iterable[Finding]]

NEEDED: tuple[Check, ...] = (software.python, software.packages, software.rclpy, software.node, rendering.offscreen, devices.disk)
USEFUL: tuple[Check, ...] = (
    software.launch_tools, software.compiler, devices.accelerators, devices.models, devices.sound, devices.cameras, devices.serial_ports,
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one line a finding on standard output")


def run(args: argparse.Namespace) -> int:
    found = []
    for finding in findings():
        print(json.dumps(asdict(finding)) if args.json else _lines(finding), flush=True)
        found.append(finding)
    blocking = [finding.name for finding in found if finding.needed and not finding.present]
    if not args.json:
        print(f"\nThe demo cannot run without: {', '.join(blocking)}" if blocking else "\nThe demo can run: make demo")
    return 1 if blocking else 0


def findings() -> Iterator[Finding]:
    """All findings, as they are made."""
    for check in NEEDED + USEFUL:
        yield from _results(check, needed=check in NEEDED)


def _results(check: Check, needed: bool) -> list[Finding]:
    """One check's findings.  That it fails is a finding too: the diagnosis of a broken machine must not break."""
    try:
        result = check()
        return [result] if isinstance(result, Finding) else list(result)
    except Exception as error:
        name = check.__name__.replace("_", " ").capitalize()
        return [Finding(name, False, f"{type(error).__name__}: {error}", needed, "unknown: the check itself failed", "see the detail")]


def _lines(finding: Finding) -> str:
    if finding.present:
        return f"ok       {finding.name:<20} {finding.detail}"
    word = "MISSING" if finding.needed else "without"
    return f"{word:<8} {finding.name:<20} {finding.detail}\n{'':<29} costs: {finding.cost}\n{'':<29} fix:   {finding.fix}"
