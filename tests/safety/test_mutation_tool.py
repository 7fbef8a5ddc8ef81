"""`make mutate` would be worth nothing if its faults were none, or if it called everything noticed."""

from __future__ import annotations

import ast
import multiprocessing
from pathlib import Path

import pytest

from safety import latency
from tools.faults import ROOT, Bodies
from tools.mutants import Mutant, mutants
from tools.mutate import Swapping, Task, tried

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


FAULTS = [("config.max_speed_mps)", "9.0)", "killed"), ("The only", "THE ONLY", "survived")]


def task_of(find: str, put: str) -> Task:
    """A fault in the door, and the test that should notice it."""
    source = Path(ROOT / "safety/door.py").read_text(encoding="utf-8")
    fault = Mutant(1, "a fault", source.replace(find, put, 1))
    return Task("safety/door.py", fault, ("tests/safety/test_door.py::test_what_leaves_is_finite_and_within_the_machine",), 60.0)


@pytest.mark.parametrize(("find", "put", "outcome"), FAULTS)
def test_a_fault_is_noticed_and_a_comment_is_not(find: str, put: str, outcome: str) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # where the sound module is not imported yet
        assert pool.apply(tried, [task_of(find, put)]) == outcome


def test_a_fault_in_a_body_is_noticed_in_a_module_that_is_imported() -> None:
    (find, put, outcome), *_ = FAULTS
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(swapped, [task_of(find, put)]) == [outcome]


def swapped(task: Task) -> list[str | None]:
    return Swapping([task], 1).run(["tests/safety/test_door.py"])


def test_what_runs_on_import_cannot_be_swapped() -> None:
    bodies = Bodies("safety/latency.py")
    source = ast.unparse(ast.parse((ROOT / "safety/latency.py").read_text(encoding="utf-8")))
    assert bodies.swaps(source) == []
    kinds = {bool(bodies.swaps(mutant.source)) for mutant in mutants(source)}
    assert kinds == {True, False}
    constant = next(mutant for mutant in mutants(source) if mutant.what == f"{latency.KEPT} → {latency.KEPT + 1}")
    assert bodies.swaps(constant.source) == []
