"""Mutation testing: puts one small fault after the other into files, and says which of them no test notices.

    python -m tools.mutate safety/latch.py safety/door.py        # or: make mutate FILES="safety/latch.py"

First the tests run once under coverage, to learn which of them run which line.  Then, for every fault, a forked process
gets it and runs the tests of that line, the fastest first, until one fails.
mutmut, the usual tool, changes functions only, by a trampoline; half of what matters here are tables, defaults and constants.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import coverage
import pytest

from tools.faults import ROOT, Bodies, Faulty, module_name, swap
from tools.mutants import Mutant, mutants

LEARNED = ROOT / "build" / "mutate.json"
EXCUSES = ROOT / "tests" / "safety" / "mutants.yaml"
SLOWER = 10.0
LEAST_S = 60.0
"""A fault that makes its tests take this much longer has made an endless loop, which counts as noticed."""
SURVIVED, KILLED, TIMEOUT = "survived", "killed", "timeout"

QUIET = ["-q", "-n0", "-p", "no:cacheprovider", "-p", "no:doctest", "--no-header", "--tb=no", "-o", "addopts=--import-mode=importlib"]
SEED = "--hypothesis-seed=0"

Learned = tuple[dict[str, dict[str, list[str]]], dict[str, float]]
"""File → line → tests that run it (a line that ran on import has none: every test counts for it), and test → seconds."""


@dataclass(frozen=True)
class Task:
    """One fault and the tests that run its line."""

    file: str
    mutant: Mutant
    tests: tuple[str, ...]
    limit_s: float
    on_import: bool = False  # no test runs the line: what it made on import stays, whatever is swapped in afterwards

    @property
    def key(self) -> str:
        return f"{self.file}: {self.mutant.what}"


# ---------------------------------------------------------------- what the tests run


def learned(files: Sequence[str], tests: Sequence[str]) -> Learned:
    """What is known from the last time, if neither tests nor files have changed; else learned anew, in a process of its own."""
    stamp = _stamp([*files, *tests])
    if LEARNED.exists():
        known = json.loads(LEARNED.read_text(encoding="utf-8"))
        if known[0] == stamp:
            return known[1], known[2]
    LEARNED.parent.mkdir(exist_ok=True)
    _in_child(lambda: LEARNED.write_text(json.dumps([stamp, *Covering(files).run(tests)]), encoding="utf-8"))
    _, lines, seconds = json.loads(LEARNED.read_text(encoding="utf-8"))
    return lines, seconds


def _stamp(paths: Sequence[str]) -> str:
    every = {file for path in paths for file in ([Path(path)] if Path(path).is_file() else Path(path).rglob("*.py"))}
    return hashlib.sha256(b"\0".join(str(file).encode() + file.read_bytes() for file in sorted(every))).hexdigest()


class Covering:
    """A plugin of pytest that notes which test runs which line, and how long each takes."""

    def __init__(self, files: Sequence[str]) -> None:
        self._measured = coverage.Coverage(data_file=None, include=[str(ROOT / file) for file in files], config_file=False)
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self._measured.switch_context(item.nodeid)
        begun_s = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - begun_s

    def run(self, tests: Sequence[str]) -> Learned:
        """:raises SystemExit: a test fails without any fault"""
        self._measured.start()
        status = pytest.main([*tests, *QUIET, SEED], plugins=[self])
        self._measured.stop()
        if status:
            sys.exit("mutate: the tests fail without any fault; see above")
        data = self._measured.get_data()
        found = {}
        for file in data.measured_files():
            lines = data.contexts_by_lineno(file)
            found[str(Path(file).relative_to(ROOT))] = {str(line): sorted(filter(None, names)) for line, names in lines.items()}
        return found, self.seconds


def tasks_of(file: str, known: Learned, most_s: float) -> Iterator[Task]:
    """The faults of a file, each with the fastest tests that run its line and together take ``most_s``."""
    covered, seconds = known[0].get(file, {}), known[1]
    at_home, importing = {test for tests in covered.values() for test in tests}, _importing(file, seconds)
    fastest_first = sorted(seconds, key=lambda test: seconds[test])
    # for what ran on import: first those that name the file or use it; a bound of a model is tried without a line of the file being run
    nearest_first = sorted(fastest_first, key=lambda test: (test not in importing, test not in at_home))
    for mutant in mutants((ROOT / file).read_text(encoding="utf-8")):
        names = set(covered.get(str(mutant.line), ()))
        tests, total_s = [], 0.0
        for test in fastest_first if names else nearest_first:
            if (test in names or not names) and total_s <= most_s:
                tests.append(test)
                total_s += seconds[test]
        yield Task(file, mutant, tuple(tests), LEAST_S + SLOWER * total_s, on_import=not names)


def _importing(file: str, tests: Iterable[str]) -> set[str]:
    """The tests in files that import this one by its name."""
    package, _, name = module_name(file).rpartition(".")
    line = re.compile(rf"^from ({re.escape(package)}\.{name} import|{re.escape(package)} import .*\b{name}\b)", re.MULTILINE)
    places = {test: test.split("::")[0] for test in tests}
    naming = {place for place in set(places.values()) if line.search((ROOT / place).read_text(encoding="utf-8"))}
    return {test for test, place in places.items() if place in naming}


# ---------------------------------------------------------------- one fault


def forked(work: Callable[[], int], limit_s: float) -> str:
    """What becomes of a fault in a process of its own: noticed when its tests fail, or do not end."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        quiet = os.open(os.devnull, os.O_RDWR)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            os._exit(work())
        except BaseException:  # whatever a fault raises, it was noticed
            os._exit(1)
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return TIMEOUT


def tried(task: Task) -> str:
    """With the faulty file imported instead of the sound one, which nobody here may have imported yet."""

    def work() -> int:
        sys.meta_path.insert(0, Faulty(task.file, task.mutant.source))
        return int(pytest.main([*task.tests, "-x", *QUIET, SEED]))

    return forked(work, task.limit_s) if task.tests else SURVIVED


class Swapping:
    """A plugin of pytest that runs no test by itself: once all are collected, it tries all faults that can be swapped in."""

    def __init__(self, tasks: Sequence[Task], processes: int) -> None:
        self._tasks, self._processes = tasks, processes
        self.outcomes: list[str | None] = [None] * len(tasks)  # None: its file has to be imported with the fault

    def run(self, tests: Sequence[str]) -> list[str | None]:
        """An outcome for each task, in their order."""
        pytest.main([*tests, *QUIET, "-s", SEED], plugins=[self])
        return self.outcomes

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {item.nodeid: item for item in session.items}
        self._bodies = {file: Bodies(file) for file in {task.file for task in self._tasks}}
        with ThreadPool(self._processes) as pool:
            for done, (index, outcome) in enumerate(pool.imap_unordered(self._swapped, range(len(self._tasks))), 1):
                self.outcomes[index] = outcome
                _tell(done, len(self._tasks))
        return True

    def _swapped(self, index: int) -> tuple[int, str | None]:
        task = self._tasks[index]
        swaps = self._bodies[task.file].swaps(task.mutant.source) if task.tests and not task.on_import else []
        if not swaps:
            return index, None

        def work() -> int:
            swap(swaps)
            return self._failed(task.tests)

        return index, forked(work, task.limit_s)

    def _failed(self, tests: Sequence[str]) -> int:
        from _pytest.runner import runtestprotocol

        items = [self._items[name] for name in tests]
        following = [*items[1:], None]
        return int(any(r.failed for item, after in zip(items, following, strict=True) for r in runtestprotocol(item, False, after)))


# ---------------------------------------------------------------- all of them


def _in_child(work: Callable[[], object]) -> None:
    """So that none of the files is imported here."""
    child = os.fork()
    if child == 0:
        status = 2
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        sys.exit(2)


def _all_tried(tasks: list[Task], tests: Sequence[str], processes: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder  # what fails by a fault is no example to remember
        swapped = Path(folder) / "outcomes.json"
        _in_child(lambda: swapped.write_text(json.dumps(Swapping(tasks, processes).run(tests))))
        outcomes: list[str | None] = json.loads(swapped.read_text())
        rest = [index for index, outcome in enumerate(outcomes) if outcome is None]
        _preload()
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            for done, (index, outcome) in enumerate(zip(rest, pool.imap(tried, [tasks[i] for i in rest]), strict=True), 1):
                outcomes[index] = outcome
                _tell(done, len(rest), " with their files imported anew")
    return [outcome or SURVIVED for outcome in outcomes]


def _preload() -> None:
    """What every test needs and no fault is in: imported once, before the forks."""
    import hypothesis.stateful
    import numpy
    import pydantic

    assert hypothesis.stateful and numpy and pydantic


def _tell(done: int, all_: int, how: str = "") -> None:
    if done % 50 == 0:
        print(f"{done} of {all_} faults tried{how}", file=sys.stderr, flush=True)


def _excuses() -> dict[str, str]:
    import yaml

    return yaml.safe_load(EXCUSES.read_text(encoding="utf-8")) or {} if EXCUSES.exists() else {}


def _report(results: list[tuple[Task, str]], *, partial: bool) -> int:
    """By file; exit status 1 when a fault survives that nobody has excused, or an excuse is out of date."""
    excuses, bad, alive_in_all, excused_in_all = _excuses(), 0, 0, 0
    for file in sorted({task.file for task, _ in results}):
        here = [(task, outcome) for task, outcome in results if task.file == file]
        alive = sorted((task.mutant.line, task.key) for task, outcome in here if outcome == SURVIVED)
        new = [(line, key) for line, key in alive if key not in excuses]
        killed = len(here) - len(alive)
        print(f"{file}: {killed} of {len(here)} faults noticed, {killed / max(len(here), 1):.1%}; {len(alive) - len(new)} excused")
        for line, key in new:
            print(f"  survived, line {line}: {key}")
        old = [] if partial else [key for key in excuses if key.startswith(f"{file}: ") and key not in {key for _, key in alive}]
        for key in old:
            print(f"  excused, but noticed: {key}")
        bad += len(new) + len(old)
        alive_in_all, excused_in_all = alive_in_all + len(alive), excused_in_all + len(alive) - len(new)
    noticed = len(results) - alive_in_all
    print(f"in all: {noticed} of {len(results)} faults noticed, {noticed / max(len(results), 1):.1%}; {excused_in_all} more excused")
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", help="Python files to put faults into, relative to the project")
    parser.add_argument("--tests", nargs="+", default=["tests/safety", "tests/contracts/test_schemas.py"], help="for pytest")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth fault, for a first look")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="K", help="… from the Kth on")
    parser.add_argument(
        "--seconds", type=float, default=30.0, metavar="S", help="of the tests of a fault the fastest, as many as run in this time (30)"
    )
    given = parser.parse_args()
    os.chdir(ROOT)
    known = learned(given.files, given.tests)
    tasks = [task for file in given.files for task in tasks_of(file, known, given.seconds)][given.first :: given.every]
    outcomes = _all_tried(tasks, given.tests, given.processes)
    return _report(list(zip(tasks, outcomes, strict=True)), partial=given.every > 1)


if __name__ == "__main__":
    sys.exit(main())
