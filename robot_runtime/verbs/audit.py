"""``robot-runtime audit verify|show PATH``: check and read the gate's record."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from robot_runtime.cli import UsageError
from safety.audit import RECORD_NAME
from safety.chain import Record, parse_line, verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, about in (("verify", "check that no record was edited, deleted, moved or cut off"), ("show", "print the records")):
        action = actions.add_parser(name, help=about)
        action.add_argument("path", metavar="PATH", help=f"a run folder, its audit folder, or a {RECORD_NAME}")
        action.add_argument("--json", action="store_true", help="machine-readable lines")
        if name == "show":
            action.add_argument("--kind", default="", help="only records of this kind: verdict, stop, rearm, mode, motion …")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when the record is intact (or was shown), 1 when it is not.

    :raises UsageError: there is no record at the path
    """
    path = _record_path(args.path)
    try:
        return _verify(path, as_json=args.json) if args.action == "verify" else _show(path, args.kind, as_json=args.json)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def _record_path(given: str) -> Path:
    path = Path(given).expanduser()
    for candidate in (path, path / RECORD_NAME, path / "audit" / RECORD_NAME):
        if candidate.is_file():
            return candidate
    raise UsageError(f"{given}: no {RECORD_NAME} there; give a run folder, its audit folder or the file")


def _verify(path: Path, *, as_json: bool) -> int:
    report = verify(path)
    if as_json:
        print(json.dumps({"file": str(path), "records": report.records, "problems": report.problems, "notes": report.notes}))
    else:
        for line in (*report.notes, *report.problems):
            print(f"{path}: {line}")
        print(f"{path}: {report.records} records, {'intact' if report.intact else f'{len(report.problems)} problems'}")
    return 0 if report.intact else 1


def _show(path: Path, kind: str, *, as_json: bool) -> int:
    damaged = False
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            record = parse_line(line)
        except ValueError as error:
            damaged = True
            print(json.dumps({"line": number, "error": str(error)}) if as_json else f"line {number}: damaged: {error}")
            continue
        if kind in ("", record.kind):
            print(line if as_json else _readable(record))
    return 1 if damaged else 0


def _readable(record: Record) -> str:
    return f"{record.sequence:6d} {record.time_s:10.2f} s  {record.kind:<10} {'; '.join(_facts(record.kind, record.data))}"


def _facts(kind: str, data: dict[str, Any]) -> Iterator[str]:
    """What a reader wants to know first; the rest is in the JSON."""
    verdict = data.get("verdict")
    if isinstance(verdict, dict):
        proposal = data.get("proposal", {})
        arguments = ", ".join(argument["value"] for argument in proposal.get("arguments", ()))
        yield f"{proposal.get('skill')}({arguments}) by {proposal.get('requester_id') or 'somebody'}: {verdict.get('verdict')}"
        yield f"{verdict.get('reason')}"
        return
    if kind in ("mode", "motion", "summary"):
        yield f"{data.get('mode')}, {data.get('linear_mps')} m/s, {data.get('angular_radps')} rad/s"
        yield from data.get("causes", ())
        return
    yield json.dumps(data, ensure_ascii=False)
