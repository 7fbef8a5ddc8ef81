"""Mutation testing: puts one small fault after the other into a file, and says which of them no test notices.

    python -m tools.mutate safety/latch.py safety/door.py        # or: make mutate FILES="safety/latch.py"

First the tests run once under coverage, to learn which of them run which line.  Then, for every fault, a forked process
imports the faulty file in place of the sound one and runs the tests of that line, the fastest first, until one fails.
mutmut, the usual tool, changes functions only, by a trampoline; half of what matters here are tables, defaults and constants.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import coverage
import pytest

from tools.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "mutate.json"
EXCUSES = ROOT / "tests" / "safety" / "mutants.yaml"
SLOWER = 10.0
LEAST_S = 60.0
"""A fault that makes its tests take this much longer has made an endless loop, which counts as noticed."""

QUIET = ("-q", "-x", "-n0", "-p", "no:cacheprovider", "-p", "no:doctest", "--no-header", "--tb=no", "-o", "addopts=--import-mode=importlib")
SEED = "--hypothesis-seed=0"


@dataclass(frozen=True)
class Task:
    """One fault and the tests that run its line."""

    file: str
    mutant: Mutant
    tests: tuple[str, ...]
    limit_s: float

    @property
    def key(self) -> str:
        return f"{self.file}: {self.mutant.what}"


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

    def run(self, tests: Sequence[str]) -> dict[str, dict[str, list[str]]]:
        """File → line → tests.  A line that ran on import has none: every test counts for it."""
        self._measured.start()
        status = pytest.main([*tests, *QUIET[:1], *QUIET[2:], SEED], plugins=[self])
        self._measured.stop()
        if status:
            sys.exit("mutate: the tests fail without any fault; see above")
        data = self._measured.get_data()
        found = {}
        for file in data.measured_files():
            lines = data.contexts_by_lineno(file)
            found[str(Path(file).relative_to(ROOT))] = {str(line): sorted(filter(None, names)) for line, names in lines.items()}
        return found


class Faulty(importlib.abc.MetaPathFinder):
    """Finds one module with a fault in it."""

    def __init__(self, file: str, source: str) -> None:
        self._name = file.removesuffix(".py").replace("/", ".")
        self._file, self._source = file, source

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        place = str(ROOT / self._file)
        return importlib.util.spec_from_file_location(name, place, loader=_Loader(name, place, self._source))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._source, self.path, "exec")


def tried(task: Task) -> tuple[Task, str]:
    """What became of a fault: "killed", "timeout" or "survived"."""
    if not task.tests:
        return task, "survived"
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os._exit(_run_with(task))
    deadline_s = time.monotonic() + task.limit_s
    while time.monotonic() < deadline_s:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return task, "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return task, "timeout"


def _run_with(task: Task) -> int:
    """In a process of its own: the verdict of the tests, 0 when all pass."""
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.meta_path.insert(0, Faulty(task.file, task.mutant.source))
    try:
        return int(pytest.main([*task.tests, *QUIET, SEED]))
    except BaseException:  # whatever a fault raises, it was noticed
        return 1


def _tasks(file: str, covered: dict[str, list[str]], seconds: dict[str, float]) -> list[Task]:
    everybody = sorted(seconds, key=lambda test: seconds[test])
    tasks = []
    for mutant in mutants((ROOT / file).read_text(encoding="utf-8")):
        names = set(covered.get(str(mutant.line), ())) or set(everybody)
        tests = tuple(test for test in everybody if test in names)
        tasks.append(Task(file, mutant, tests, LEAST_S + SLOWER * sum(seconds.get(test, 0.0) for test in tests)))
    return tasks


def _excuses() -> dict[str, str]:
    import yaml

    return yaml.safe_load(EXCUSES.read_text(encoding="utf-8")) or {} if EXCUSES.exists() else {}


def _preload() -> None:
    """What every test needs and no fault is in: imported once, before the forks."""
    import hypothesis.stateful
    import numpy
    import pydantic

    assert hypothesis.stateful and numpy and pydantic


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", help="Python files to put faults into, relative to the project")
    parser.add_argument("--tests", nargs="+", default=["tests/safety"], help="for pytest")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth fault, for a first look")
    given = parser.parse_args()
    os.chdir(ROOT)
    covered, seconds = _learned(given.files, given.tests)
    tasks = [task for file in given.files for task in _tasks(file, covered.get(file, {}), seconds)][:: given.every]
    return _report(_all_tried(tasks, given.processes), partial=given.every > 1)


def _learned(files: Sequence[str], tests: Sequence[str]) -> tuple[dict[str, dict[str, list[str]]], dict[str, float]]:
    """In a forked process, so that none of the files is imported here."""
    CACHE.parent.mkdir(exist_ok=True)
    child = os.fork()
    if child == 0:
        plugin = Covering(files)
        CACHE.write_text(json.dumps([plugin.run(tests), plugin.seconds]), encoding="utf-8")
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(2)
    covered, seconds = json.loads(CACHE.read_text(encoding="utf-8"))
    return covered, seconds


def _all_tried(tasks: list[Task], processes: int) -> list[tuple[Task, str]]:
    _preload()
    results = []
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for done, result in enumerate(pool.imap_unordered(tried, tasks), 1):
            results.append(result)
            if done % 25 == 0:
                print(f"{done} of {len(tasks)} faults tried", file=sys.stderr, flush=True)
    return results


def _report(results: list[tuple[Task, str]], *, partial: bool) -> int:
    """By file; exit status 1 when a fault survives that nobody has excused, or an excuse is out of date."""
    excuses, bad = _excuses(), 0
    for file in sorted({task.file for task, _ in results}):
        here = [(task, outcome) for task, outcome in results if task.file == file]
        alive = sorted((task.mutant.line, task.key) for task, outcome in here if outcome == "survived")
        new = [(line, key) for line, key in alive if key not in excuses]
        killed = len(here) - len(alive)
        print(f"{file}: {killed} of {len(here)} faults noticed, {killed / max(len(here), 1):.1%}; {len(alive) - len(new)} excused")
        for line, key in new:
            print(f"  survived, line {line}: {key}")
        old = [] if partial else [key for key in excuses if key.startswith(f"{file}: ") and key not in {key for _, key in alive}]
        for key in old:
            print(f"  excused, but noticed: {key}")
        bad += len(new) + len(old)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
