"""``robot-runtime audit verify|replay|show PATH``: check the gate's record, judge it again, read it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from robot_runtime.cli import UsageError
from safety.chain import Record, parse_line
from safety.files import FileError
from safety.marks import Mark, parse_mark
from safety.ontology import Ontology
from safety.replay import Difference, Replayer
from safety.rules import Rules
from safety.segments import RECORD_NAME, files, older, read
from safety.verify import verify

ABOUT = {
    "verify": "check that no record was edited, deleted, inserted, moved or cut off",
    "replay": "judge every recorded decision again; it must come out the same",
    "show": "print the records",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, about in ABOUT.items():
        action = actions.add_parser(name, help=about)
        action.add_argument("path", metavar="PATH", help=f"a run folder, its audit folder, or a {RECORD_NAME}")
        action.add_argument("--json", action="store_true", help="machine-readable lines")
        if name == "verify":
            action.add_argument("--mark", action="append", default=[], help="NUMBER:HASH of a record, noted elsewhere, that must be in it")
        elif name == "replay":
            action.add_argument("--rules", default="", metavar="FILE", help="judge by these rules instead: what would have changed")
            action.add_argument("--ontology", default="", metavar="FILE", help="likewise; alone, it goes with the rules of then")
        else:
            action.add_argument("--kind", default="", help="only records of this kind: verdict, stop, rearm, mode, motion …")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when the record is intact (or agrees, or was shown), 1 when it is not.

    :raises UsageError: there is no record at the path, or an option cannot be used
    """
    path = _record_path(args.path)
    try:
        if args.action == "verify":
            return _verify(path, _marks(args.mark), as_json=args.json)
        if args.action == "replay":
            return _replay(path, args.rules, args.ontology, as_json=args.json)
        return _show(path, args.kind, as_json=args.json)
    except OSError as error:
        raise UsageError(f"{error.filename or path}: cannot be read: {error.strerror}") from error


def _record_path(given: str) -> Path:
    path = Path(given).expanduser()
    for candidate in (path, path / RECORD_NAME, path / "audit" / RECORD_NAME):
        if candidate.is_file() or (not candidate.is_dir() and older(candidate)):
            return candidate
    raise UsageError(f"{given}: no {RECORD_NAME} there; give a run folder, its audit folder or the file")


def _marks(given: list[str]) -> list[Mark]:
    try:
        return [parse_mark(text) for text in given]
    except ValueError as error:
        raise UsageError(f"--mark: {error}") from error


# ---------------------------------------------------------------- verify


def _verify(path: Path, marks: list[Mark], *, as_json: bool) -> int:
    report = verify(path, marks)
    newest = str(report.newest) if report.newest else ""
    if as_json:
        counts = {"records": report.records, "files": report.files, "first": report.first, "newest": newest}
        print(json.dumps({"file": str(path), **counts, "problems": report.problems, "notes": report.notes}))
    else:
        for line in (*report.notes, *report.problems):
            print(f"{path}: {line}")
        found = "intact" if report.intact else f"{len(report.problems)} problems"
        print(f"{path}: {report.records} records in {report.files} files, {found}; newest {newest or 'none'}")
    return 0 if report.intact else 1


# ---------------------------------------------------------------- replay


def _replay(path: Path, rules_file: str, ontology_file: str, *, as_json: bool) -> int:
    try:
        ontology = Ontology.load(ontology_file) if ontology_file else None
        rules = Rules.load(rules_file, ontology or Ontology.load()) if rules_file else None
        replayer = Replayer(path.parent, rules, ontology)
        for difference in replayer.take(read(path)):
            print(json.dumps(asdict(difference)) if as_json else _told(difference))
    except FileError as error:
        raise UsageError(str(error)) from error
    except ValueError as error:
        raise UsageError(f"{path}: {error}; see robot-runtime audit verify") from error
    result = replayer.result
    if as_json:
        print(json.dumps({"file": str(path), **asdict(result)}))
    else:
        otherwise = f"{result.differences} come out otherwise" if result.differences else "all come out the same"
        print(f"{path}: {result.decisions} decisions, {result.judged} judged again: {otherwise}")
    return 1 if result.differences else 0


def _told(difference: Difference) -> str:
    now = difference.now or "?"
    return f"record {difference.sequence}: {difference.action}: {difference.recorded} → {now}: {difference.cause}"


# ---------------------------------------------------------------- show


def _show(path: Path, kind: str, *, as_json: bool) -> int:
    damaged = False
    for file in files(path):
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            try:
                record = parse_line(line)
            except ValueError as error:
                damaged = True
                where = {"file": file.name, "line": number, "error": str(error)}
                print(json.dumps(where) if as_json else f"{file.name}: line {number}: damaged: {error}")
                continue
            if kind in ("", record.kind):
                print(line if as_json else _readable(record))
    return 1 if damaged else 0


def _readable(record: Record) -> str:
    return f"{record.sequence:6d} {record.time_s:10.2f} s  {record.kind:<12} {'; '.join(_facts(record.kind, record.data))}"


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
