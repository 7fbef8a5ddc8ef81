"""The command line: ``robot-runtime VERB``.  Each verb lives in ``robot_runtime/verbs/VERB.py``."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from robot_runtime import __version__
from safety.files import FileError

VERBS = {
    "demo": "play a scenario in the simulated home and write a report",
    "up": "start the graph: on a robot, or simulated with --sim",
    "doctor": "say what is present, what is missing, and what each missing piece would cost",
    "hear": "recognise commands in WAV files",
    "say": "speak a text into a WAV file or the speaker",
    "converse": "let a speech-to-speech model answer a recording",
    "see": "find things and people in pictures, or live in a camera's",
    "plan": "show the plan for a sentence in a given world",
    "judge": "judge requests, plans and actions in a file, without a robot",
    "rules": "prove, explain and compare safety rules",
    "audit": "verify the gate's record",
    "world": "show what the robot remembers, forget a person, and prove it",
    "social": "replay evidence against a social policy, check a policy file",
    "models": "list, fetch and verify models",
    "base": "greet a base controller on a serial port and show what it says",
    "scenario": "play scenario files in virtual time and judge their expectations",
    "bench": "measure the budgets",
    "graph": "print the graph of nodes and topics",
}


class UsageError(ValueError):
    """Wrong use of a verb; its text is one line that says what to do."""


class JobError(RuntimeError):
    """The input was good and the job failed all the same; its text is one line that says why."""


class Parser(argparse.ArgumentParser):
    """argparse, with every mistake told in one line that offers the nearest flag."""

    def error(self, message: str) -> NoReturn:
        """Tell it and end with status 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As argparse's, but what is left over is an error here, where the flags of the verb are known."""
        parsed, left = super().parse_known_args(args, namespace)
        if left:
            self.error(self._leftover(left))
        return parsed, left

    def _leftover(self, left: list[str]) -> str:
        wrong = next((text.partition("=")[0] for text in left if text.startswith("-")), "")
        if not wrong:
            return f"unexpected argument {left[0]}"
        near = difflib.get_close_matches(wrong, list(self._option_string_actions), n=1)
        return f"unknown flag {wrong}" + (f", did you mean {near[0]}?" if near else "")


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns the exit status: 0 done, 1 the job failed, 2 bad input."""
    parser = Parser(prog="robot-runtime", description="An open runtime for robots that people can talk to.")
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
    except JobError as error:
        print(f"robot-runtime {args.verb}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(main())
