"""The limits that docs/failures.md promises; the tests hold the graph to exactly these."""

from __future__ import annotations

from robot_runtime.paths import ROOT

PAGE = ROOT / "docs" / "failures.md"


def table(text: str, first: str) -> dict[str, dict[str, str]]:
    r"""First cell of each row → all its cells by column, of the table whose first column is called ``first``.

    >>> table("| attack | limit [ms] |\n|---|---|\n| replay | 20 |\n", "attack")
    {'replay': {'attack': 'replay', 'limit [ms]': '20'}}
    """
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith(f"| {first} |"))
    columns = _cells(lines[start])
    found: dict[str, dict[str, str]] = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = _cells(line)
        found[cells[0]] = dict(zip(columns, cells, strict=True))
    return found


def limit_s(row: dict[str, str]) -> float | None:
    """Seconds until the base has obeyed, None where it need not.

    >>> limit_s({"limit [ms]": "200"}), limit_s({"limit [ms]": "–"})
    (0.2, None)
    """
    cell = row["limit [ms]"]
    return None if cell == "–" else float(cell) / 1000.0


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


_TEXT = PAGE.read_text(encoding="utf-8")

LIMITS_S = {process: limit_s(row) for process, row in table(_TEXT, "process").items()}
MESSAGES = table(_TEXT, "message that stays away")
ATTACKS_S = {attack: limit_s(row) for attack, row in table(_TEXT, "what happens to the gate").items()}
