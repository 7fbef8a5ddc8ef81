"""`make mutate` would be worth nothing if its faults were none, or if it called everything noticed."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from tools.mutants import Mutant, mutants
from tools.mutate import ROOT, Task, tried

SOURCE = '''
LIMIT = 0.5
def f(x: int = 3, *, y: bool = True) -> "float | None":
    """A text that is left alone."""
    if not y:
        return None
    total = 0
    for item in range(x):
        total += item
    return min(total, LIMIT) if x > 1 and y else -1.0
'''


def test_every_kind_of_fault_is_made() -> None:
    found = {mutant.what for mutant in mutants(SOURCE)}
    assert {"0.5 → 1.0", "3 → 4", "True → False", "not y → y", "total += item → pass", "min → max", "x > 1 → x >= 1"} <= found
    assert "x > 1 and y → x > 1 or y" in found
    assert not any("text" in what or "float" in what for what in found)
    for mutant in mutants(SOURCE):
        compile(mutant.source, "faulty", "exec")
        assert mutant.source != SOURCE


@pytest.mark.parametrize(("find", "put", "outcome"), [("config.max_speed_mps)", "9.0)", "killed"), ("the only", "THE ONLY", "survived")])
def test_a_fault_is_noticed_and_a_comment_is_not(find: str, put: str, outcome: str) -> None:
    source = Path(ROOT / "safety/door.py").read_text(encoding="utf-8")
    fault = Mutant(1, "a fault", source.replace(find, put, 1).replace("The only", "THE ONLY"))
    tests = ("tests/safety/test_door.py::test_what_leaves_is_finite_and_within_the_machine",)
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # where the sound module is not imported yet
        assert pool.apply(tried, [Task("safety/door.py", fault, tests, 60.0)])[1] == outcome
