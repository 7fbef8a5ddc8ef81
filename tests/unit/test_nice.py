"""Who leaves the processor to whom."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from robot_runtime.nodes import PROCESSES

AUTOGROUP = Path("/proc/self/autogroup")
TELL = f"import os; from robot_runtime.nice import be_nice; be_nice(3); print(os.nice(0)); print(open('{AUTOGROUP}').read())"


def told(new_session: bool) -> tuple[int, int]:
    """How nice a process is that was asked to be nicer by 3, and how nice its session is."""
    ran = subprocess.run([sys.executable, "-c", TELL], start_new_session=new_session, capture_output=True, text=True, check=True)
    niceness, autogroup = ran.stdout.split("\n", 1)
    return int(niceness), int(autogroup.split()[-1])


needs_autogroups = pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel has no autogroups")


@needs_autogroups
def test_a_process_and_the_session_that_is_its_own_are_nicer() -> None:
    assert told(new_session=True) == (os.nice(0) + 3, 3)


@needs_autogroups
def test_a_session_of_others_is_left_alone() -> None:
    before = int(AUTOGROUP.read_text().split()[-1])
    assert told(new_session=False) == (os.nice(0) + 3, before)


def test_what_only_looks_yields_to_what_talks_moves_and_guards() -> None:
    assert min(PROCESSES[name].niceness for name in ("eyes", "watch")) > 0
    assert {PROCESSES[name].niceness for name in ("voice", "mind", "guard", "sim")} == {0}
