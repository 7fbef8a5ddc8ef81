"""Numpy has one thread, however a program begins: waiting threads take cores from the robot's other processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_SHOW = "import {}, os, numpy; print(os.environ['OPENBLAS_NUM_THREADS'], len(os.listdir('/proc/self/task')))"


def _shown(package: str, environment: dict[str, str]) -> list[str]:
    others = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", _SHOW.format(package)]
    return subprocess.run(command, env={**others, **environment}, capture_output=True, text=True, check=True, timeout=120).stdout.split()


@pytest.mark.parametrize("package", ["robot_runtime", "sim"])
def test_whoever_begins_with_a_package_of_ours_has_one_thread(package: str) -> None:
    assert _shown(package, {}) == ["1", "1"]


def test_whoever_asks_for_more_gets_them() -> None:
    assert _shown("robot_runtime", {"OPENBLAS_NUM_THREADS": "2"})[0] == "2"


def test_the_tests_have_one_thread_as_well() -> None:
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
