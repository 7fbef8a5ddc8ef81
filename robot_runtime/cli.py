"""The command line: ``robot-runtime VERB``.  Each verb lives in ``robot_runtime/verbs/VERB.py``."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from robot_runtime import __version__
from safety.files import FileError

VERBS = {
    "demo": "play a scenario in the simulated home and write a report",
    "up": "start the graph: on a robot, or simulated with --sim",
    "doctor": "say what is present, what is missing, and what each missing piece would cost",
    "hear": "recognise commands in WAV files",
    "say": "speak a text into a WAV file or the speaker",
    "plan": "show the plan for a sentence in a given world",
    "rules": "check safety rules",
    "audit": "verify the gate's record",
    "scenario": "play scenario files in virtual time and judge their expectations",
    "bench": "measure the budgets",
    "graph": "print the graph of nodes and topics",
}


class UsageError(ValueError):
    """Wrong use of a verb; its text is one line that says what to do."""


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns the exit status: 0 done, 1 the job failed, 2 bad input."""
    parser = argparse.ArgumentParser(prog="robot-runtime", description="An open runtime for robots that people can talk to.")
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    arguments = sys.argv[1:] if argv is None else argv
    chosen = next((a for a in arguments if not a.startswith("-")), "")
    for verb, about in VERBS.items():
        sub = verbs.add_parser(verb, help=about, description=about)
        if verb == chosen:  # only the chosen verb pays for its imports
            module = importlib.import_module(f"robot_runtime.verbs.{verb}")
            module.add_arguments(sub)
    args = parser.parse_args(arguments)
    try:
        return int(module.run(args))
    except (FileError, UsageError) as error:
        print(f"robot-runtime {args.verb}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(main())
