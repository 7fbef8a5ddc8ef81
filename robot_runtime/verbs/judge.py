"""``robot-runtime judge FILE.jsonl``: what the gate would say of requests, plans and actions, without a robot."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from robot_runtime.cli import UsageError
from safety.config import GateConfig
from safety.hazards.classifier import Classifier
from safety.hazards.settings import FOLDER
from safety.judge import Answer, Judge, LineError, as_json, judge_lines
from safety.ontology import Ontology
from safety.rules import Rules

EPILOG = """\
Each line of the file is a JSON object with an id and one of
  instruction  free text, as a person might say it
  plan         a list of steps, judged as a sequence
  action       {"skill": "hand_over", "args": {"object": "knife", "recipient": "child"}}
and, if there is any, a context
  {"people": [{"age_group": "child", "distance_m": 0.6}], "place": "kitchen", "held": "cup",
   "objects": [{"name": "bowl", "properties": ["metal"]}], "speed_mps": 0.3, "time": "22:30"}

One line out for each: id, verdict (allow, limit, confirm, deny, stop), hazards, rules, reason, say, latency_ms.
A line that cannot be read gets {"line": number, "error": what is wrong}, and the exit status is 1 at the end.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("file", help="JSON lines; - for standard input")
    parser.add_argument("--rules", default=GateConfig().rules_file, metavar="FILE", help="rule file (%(default)s)")
    parser.add_argument("--ontology", default=GateConfig().ontology_file, metavar="FILE", help="ontology (%(default)s)")
    parser.add_argument("--classifier", default=FOLDER, metavar="FOLDER", help="hazard classifier (%(default)s)")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: answers always are JSON lines")


def run(args: argparse.Namespace) -> int:
    """Judge the file."""
    ontology = Ontology.load(args.ontology)
    judge = Judge(Rules.load(args.rules, ontology), ontology, Classifier(args.classifier))
    verdicts: Counter[str] = Counter()
    with _opened(args.file) as lines:
        for number, found in judge_lines(judge, lines):
            verdicts[found.verdict if isinstance(found, Answer) else "error"] += 1
            shown = {"line": number, "error": str(found)} if isinstance(found, LineError) else as_json(found)
            print(json.dumps(shown, ensure_ascii=False), flush=True)
    counted = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common()) or "no lines"
    print(f"robot-runtime judge: {counted}", file=sys.stderr)
    return 1 if verdicts["error"] else 0


@contextmanager
def _opened(name: str) -> Iterator[TextIO]:
    """The file, or standard input.

    :raises UsageError: it cannot be read
    """
    if name == "-":
        yield sys.stdin
        return
    try:
        with Path(name).open(encoding="utf-8", errors="replace") as file:
            yield file
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from error
