"""The limits that docs/failures.md promises; the tests hold the graph to exactly these."""

from __future__ import annotations

from robot_runtime.paths import ROOT

PAGE = ROOT / "docs" / "failures.md"


def limits_s(text: str) -> dict[str, float | None]:
    r"""Process → seconds until the base has obeyed, None where it need not; from the page's first table.

    >>> limits_s("| process | does | limit [ms] |\n|---|---|---|\n| guard | stands | 200 |\n| voice | goes on | – |\n")
    {'guard': 0.2, 'voice': None}
    """
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("| process |"))
    column = _cells(lines[start]).index("limit [ms]")
    found: dict[str, float | None] = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = _cells(line)
        found[cells[0]] = None if cells[column] == "–" else float(cells[column]) / 1000.0
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


LIMITS_S = limits_s(PAGE.read_text(encoding="utf-8"))
