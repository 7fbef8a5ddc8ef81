"""`make mutate` would be worth nothing if its faults were none, or if it called everything noticed."""

from __future__ import annotations

import ast
import importlib
import multiprocessing
from pathlib import Path

import pytest

from safety import latency
from tools.faults import ROOT, Bodies, module_name
from tools.mutants import Mutant, mutants
from tools.mutate import Swapping, Task, tasks_of, tried

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
    found = {mutant.what.split(" in: ")[0] for mutant in mutants(SOURCE)}
    assert {"0.5 → 1.0", "3 → 4", "True → False", "not y → y", "total += item → pass", "min → max", "x > 1 → x >= 1"} <= found
    assert "x > 1 and y → x > 1 or y" in found
    assert not any("text" in what or "float" in what for what in found)
    assert "0.5 → 1.0 in: LIMIT = 0.5" in {mutant.what for mutant in mutants(SOURCE)}
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
    constant = next(mutant for mutant in mutants(source) if mutant.what.startswith(f"{latency.KEPT} → {latency.KEPT + 1} in: "))
    assert bodies.swaps(constant.source) == []


def test_a_bound_is_tried_by_the_tests_that_name_its_file_though_they_run_none_of_its_lines() -> None:
    naming, using = "tests/safety/test_config.py::a", "tests/safety/test_audit.py::b"
    assert "safety.config import" in (ROOT / "tests/safety/test_config.py").read_text(encoding="utf-8")
    known = ({"safety/config.py": {"46": [using]}}, {using: 1.0, naming: 2.0, "tests/safety/test_polygon.py::c": 0.1})
    bound, *_ = (task for task in tasks_of("safety/config.py", known, 30.0) if task.mutant.what.startswith("10 → 11 in: "))
    body = next(task for task in tasks_of("safety/config.py", known, 30.0) if task.mutant.line == 46)
    assert bound.tests[0] == naming and body.tests == (using,)


def test_a_body_that_ran_on_import_only_is_not_swapped() -> None:
    """What it made then, such as the table of a checksum, stays as it was."""
    test, file = "tests/safety/motors/test_protocol.py::test_the_check_value_of_the_catalogue", "safety/motors/framing.py"
    fault = next(task for task in tasks_of(file, ({}, {test: 0.0}), 30.0) if task.mutant.what.startswith("4129 → 4130 in: "))
    importlib.import_module(module_name(file))
    swapping = Swapping([fault], 1)
    swapping._bodies = {file: Bodies(file)}
    assert swapping._bodies[file].swaps(fault.mutant.source) and swapping._swapped(0) == (0, None)
    assert Task(file, fault.mutant, fault.tests, 60.0).on_import is False
