"""``robot-runtime rules check|explain|diff|schema``: what safety rules do, before a robot obeys them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from robot_runtime.cli import UsageError
from safety.analysis.check import check
from safety.analysis.diff import Change, diff
from safety.analysis.explain import Explanation, explain, explain_example, lines
from safety.analysis.finding import Report
from safety.analysis.numbers import NumberChange
from safety.config import GateConfig
from safety.context import case_of
from safety.files import FileError, parse
from safety.notation import Line, action_of, case_context
from safety.ontology import Ontology
from safety.rules import Rules
from safety.schema import ontology_schema, rules_schema, text

DEFAULT_FILE = GateConfig.model_fields["rules_file"].default

SCHEMAS = {"rules": rules_schema, "ontology": ontology_schema}

CHECK = """\
Proves over all cases that the rules can tell apart, and fails when it finds one of these:
  example       an example on which its rule does not do what it says
  unreachable   a rule that holds in no case, with this ontology and this list of skills
  shadowed      a rule that changes neither verdict nor limits nor words, since others that hold with it ask for as much
  conflict      two rules with the same cases and different answers; a confirmation that nobody may give; a limit of zero
  not total     a call that gets no answer, or one that is not listed and is not denied
  not monotone  more danger (a child near, a further property, unknown age, a stale input …) loosens a verdict or a limit
Each comes with the case that shows it, in the notation of a rule's examples.  Notes do not fail: rules that only choose the
words, and skills that are never allowed.
"""

EXPLAIN = """\
CASE is YAML or JSON, a file with it, or - for standard input, in one of two notations:
  as in a rule's examples   {skill: fetch, object: knife, recipient: child, near: {child: 1.2}}
  as in judge's lines       {"action": {"skill": "fetch", "args": {"object": "knife", "recipient": "leo"}}, "context": {…}}
"""

DIFF = """\
Exit status 0 when nothing became looser, 1 when something did, 2 when a file cannot be used.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    wide = argparse.RawDescriptionHelpFormatter
    checking = actions.add_parser("check", help="prove that a rule file is sound, and run its examples", epilog=CHECK, formatter_class=wide)
    checking.add_argument("files", nargs="*", default=[DEFAULT_FILE], metavar="FILE", help=f"default: {DEFAULT_FILE}")
    explaining = actions.add_parser("explain", help="say why a case gets its verdict", epilog=EXPLAIN, formatter_class=wide)
    explaining.add_argument("case", metavar="CASE", help="what to judge; see below")
    explaining.add_argument("--rules", default=DEFAULT_FILE, metavar="FILE", help="rule file (%(default)s)")
    comparing = actions.add_parser("diff", help="say which cases change verdict between two rule files", epilog=DIFF, formatter_class=wide)
    comparing.add_argument("before", metavar="A", help="rule file")
    comparing.add_argument("after", metavar="B", help="rule file")
    writing = actions.add_parser("schema", help="print a JSON Schema, with which editors complete and check")
    writing.add_argument("of", nargs="?", default="rules", choices=list(SCHEMAS), help="which files it is for (%(default)s)")
    writing.add_argument("--write", default="", metavar="FILE", help="into this file instead")
    for action in (checking, explaining, comparing):
        action.add_argument("--ontology", default="safety/ontology.yaml", metavar="FILE", help="things, places and topics (%(default)s)")
    for action in (checking, explaining, comparing, writing):
        action.add_argument("--json", action="store_true", help="machine-readable lines")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when all is well, 1 when a check failed or something became looser, 2 when a file cannot be used.

    :raises FileError: a file cannot be used
    :raises UsageError: a case cannot be read
    """
    return {"check": _check, "explain": _explain, "diff": _diff, "schema": _schema}[args.action](args)


# ---------------------------------------------------------------- check


def _check(args: argparse.Namespace) -> int:
    """One file that cannot be used does not stop the others."""
    ontology = Ontology.load(args.ontology)
    return max([_check_one(file, ontology, as_json=args.json) for file in args.files])


def _check_one(file: str, ontology: Ontology, *, as_json: bool) -> int:
    begun_s = time.perf_counter()
    try:
        report = check(file, ontology)
    except FileError as error:
        if as_json:
            print(json.dumps({"file": file, "error": str(error)}))
        else:
            print(f"robot-runtime rules: {error}", file=sys.stderr)
        return 2
    took_s = time.perf_counter() - begun_s
    print(json.dumps(_report_json(report, took_s), ensure_ascii=False) if as_json else _report_text(report, took_s))
    return 1 if report.errors else 0


def _report_json(report: Report, took_s: float) -> dict[str, Any]:
    findings = [finding.as_json() for finding in report.findings]
    return {"file": report.file, "hash": report.rules.hash, **report.proved, "took_s": round(took_s, 2), "findings": findings}


def _report_text(report: Report, took_s: float) -> str:
    told = [f"{report.file}: {finding}" for finding in report.findings]
    counted = ", ".join(f"{count} {name}" for name, count in report.proved.items())
    verdict = f"{len(report.errors)} errors" if report.errors else "sound"
    loosened = [f"{report.file}: note: {one.what} may be looser than in the extended file: {one.because}" for one in report.rules.loosened]
    return "\n".join([*told, *loosened, f"{report.file}: {counted}: {verdict} ({took_s:.1f} s)", f"SHA-256 {report.rules.hash}"])


# ---------------------------------------------------------------- explain


def _explain(args: argparse.Namespace) -> int:
    ontology = Ontology.load(args.ontology)
    rules = Rules.load(args.rules, ontology)
    explanation = _explained(_read_case(args.case), rules, ontology)
    print(json.dumps(explanation.as_json(), ensure_ascii=False) if args.json else "\n".join(lines(explanation)))
    return 0


def _read_case(given: str) -> Any:
    """The plain content of a case.

    :raises UsageError: it is not YAML or JSON
    """
    text = sys.stdin.read() if given == "-" else given
    if not text.lstrip().startswith("{") and given != "-":
        try:
            text = Path(given).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{given}: neither a case in braces nor a file that can be read") from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"case: not valid YAML: {getattr(error, 'problem', None) or error}") from error


def _explained(content: Any, rules: Rules, ontology: Ontology) -> Explanation:
    if not isinstance(content, dict) or "action" not in content:
        return explain_example(content, rules, ontology)
    line = parse({"id": "case", **content}, Line, "case")
    (action, _), context = action_of(line, rules), case_context(line.context)
    entry = rules.skill(action.skill)
    if entry is None or sorted(entry.arguments) != sorted(argument.name for argument in action.arguments):
        raise FileError(f"case: action: {_call(action)} is not in the closed list, so it is denied")
    return explain(_call(action), case_of(action, entry, context, ontology, rules.parameters), rules, ontology)


def _call(action: Any) -> str:
    return f"{action.skill}({', '.join(f'{a.name}: {a.value}' for a in action.arguments)})"


# ---------------------------------------------------------------- diff, schema


def _diff(args: argparse.Namespace) -> int:
    ontology = Ontology.load(args.ontology)
    found = diff(Rules.load(args.before, ontology), Rules.load(args.after, ontology), ontology)
    counts = {"surveyed": found.surveyed, "looser_cases": found.looser_cases, "tighter_cases": found.tighter_cases}
    changes: list[Change | NumberChange] = [*found.changes, *found.numbers]
    if args.json:
        print(json.dumps({**counts, "looser": found.looser, "changes": [change.as_json() for change in changes]}, ensure_ascii=False))
        return 1 if found.looser else 0
    for change in changes:
        print(change)
    print(f"{found.surveyed} surveyed cases: {found.looser_cases} looser, {found.tighter_cases} tighter; {found.summary}")
    return 1 if found.looser else 0


def _schema(args: argparse.Namespace) -> int:
    schema = SCHEMAS[args.of]()
    if not args.write:
        print(json.dumps(schema, ensure_ascii=False) if args.json else text(schema), end="\n" if args.json else "")
        return 0
    try:
        Path(args.write).expanduser().write_text(text(schema), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{args.write}: cannot be written: {error.strerror}") from error
    return 0
