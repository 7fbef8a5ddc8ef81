"""Carries the skills' manifests to where others read them: ``python -m tools.skills`` writes, ``--check`` only compares.

The gate imports nothing of the robot's, so its list of skills is a part of ``safety/rules/home.yaml`` that is written here; so is
the table of ``docs/skills.md``.  A test holds both equal to the manifests.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from robot_runtime.act.catalogue import ArgumentType, Catalogue, Skill, load_catalogue

ROOT = Path(__file__).parents[1]

BEGIN, END = "skills:begin", "skills:end"
"""Lines that hold these words stand around what is written."""

_ROLES: dict[ArgumentType, str] = {"duration": "amount", "surface": "target", "door": "text"}
"""What the gate calls a type of argument, where it has another name for it."""


def gate_lines(catalogue: Catalogue) -> list[str]:
    """The gate's list of the robot's own skills."""
    return [f"  {skill.name}: {{{', '.join(_entry(skill))}}}" for skill in catalogue.skills.values()]


def table_lines(catalogue: Catalogue) -> list[str]:
    """A table of all skills for people."""
    heads = ("skill", "what it does", "to say, for example", "needs first", "can harm by", "seen to have succeeded by")
    return [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *(_row(skill) for skill in catalogue.skills.values())]


WRITTEN = {"safety/rules/home.yaml": gate_lines, "docs/skills.md": table_lines}


def renewed(text: str, lines: Iterable[str]) -> str:
    """A document with the lines between its two markers replaced.

    :raises ValueError: it has not exactly one marker of each kind
    """
    old = text.splitlines()
    begin, end = ([number for number, line in enumerate(old) if mark in line] for mark in (BEGIN, END))
    if len(begin) != 1 or len(end) != 1 or begin > end:
        raise ValueError(f"needs one line with '{BEGIN}' and one with '{END}' after it")
    return "\n".join([*old[: begin[0] + 1], *lines, *old[end[0] :]]) + "\n"


def _entry(skill: Skill) -> list[str]:
    arguments = ", ".join(f"{name}: {_ROLES.get(spec.type, spec.type)}" for name, spec in skill.arguments.items())
    parts = [part for part in ("base", "head", "arm", "gripper") if part in skill.moves]
    moves = [f"moves: [{', '.join(parts)}]"] if parts else []
    return [f"arguments: {{{arguments}}}", *moves, *(["approaches: true"] if skill.approaches else [])]


def _row(skill: Skill) -> str:
    said = next(iter((*skill.phrases.get("en", ()), *skill.questions.get("en", ()))), "")
    cells = (
        f"`{skill.name}({', '.join(skill.arguments)})`", skill.about, said.replace("|", "\\|"), ", ".join(skill.preconditions),
        ", ".join(sorted(skill.hazards)), skill.success,
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    """Write the files, or say which are not current."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="exit 1 unless everything is current")
    check, stale = parser.parse_args().check, False
    catalogue = load_catalogue()
    for name, lines in WRITTEN.items():
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        new = renewed(text, lines(catalogue))
        if new != text and check:
            print(f"{name}: not current; run `python -m tools.skills`", file=sys.stderr)
            stale = True
        elif new != text:
            path.write_text(new, encoding="utf-8")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
