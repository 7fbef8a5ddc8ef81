"""``robot-runtime rules check FILE…``: load safety rules and run their examples."""

from __future__ import annotations

import argparse
import json
import sys

from safety.examples import run_examples
from safety.files import FileError
from safety.ontology import Ontology
from safety.rules import Rules

DEFAULT_FILE = "safety/rules/home.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="load rule files and run every example in them")
    check.add_argument("files", nargs="*", default=[DEFAULT_FILE], metavar="FILE", help=f"default: {DEFAULT_FILE}")
    check.add_argument("--ontology", default="safety/ontology.yaml", metavar="FILE", help="classes of objects and their properties")
    check.add_argument("--json", action="store_true", help="one JSON line a file")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when every example behaves, 1 when one does not, 2 when a file cannot be used; it does not stop the others.

    :raises FileError: the ontology cannot be used
    """
    ontology = Ontology.load(args.ontology)
    return max([_check_and_tell(file, ontology, as_json=args.json) for file in args.files])


def _check_and_tell(file: str, ontology: Ontology, *, as_json: bool) -> int:
    try:
        report, status = _check(file, ontology), 0
    except FileError as error:
        report, status = {"file": file, "rules": 0, "examples": 0, "hash": "", "problems": [str(error)]}, 2
        if not as_json:
            print(f"robot-runtime rules: {error}", file=sys.stderr)
            return status
    _print(report, as_json=as_json)
    return max(status, 1 if report["problems"] else 0)


def _check(file: str, ontology: Ontology) -> dict[str, object]:
    rules = Rules.load(file, ontology)
    outcomes = list(run_examples(rules, ontology))
    problems = [f"{file}: rule '{o.rule_id}': example {o}" for o in outcomes if not o.passed]
    return {"file": file, "rules": len(rules.rules), "examples": len(outcomes), "hash": rules.hash, "problems": problems}


def _print(report: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report))
        return
    problems = report["problems"]
    assert isinstance(problems, list)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{report['file']}: {report['rules']} rules, {report['examples']} examples, all as expected")
        print(f"SHA-256 {report['hash']}")
