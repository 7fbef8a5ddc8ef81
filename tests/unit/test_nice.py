"""Who leaves the processor to whom."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from robot_runtime import nice
from robot_runtime.nodes import PROCESSES

TELL = f"""
import os
from robot_runtime.nice import be_nice
be_nice(3)
print(os.nice(0))
print(open({nice.AUTOGROUP!r}).read())
"""


def told(new_session: bool) -> tuple[int, str]:
    """How nice a process is that was asked to be nicer by 3, and what the kernel says of its autogroup: nothing where it is in none."""
    ran = subprocess.run([sys.executable, "-c", TELL], start_new_session=new_session, capture_output=True, text=True, check=True)
    niceness, autogroup = ran.stdout.split("\n", 1)
    return int(niceness), autogroup.strip().rpartition(" ")[2]


def autogroup_here() -> str:
    file = Path(nice.AUTOGROUP)
    return file.read_text().strip().rpartition(" ")[2] if file.exists() else ""


needs_autogroups = pytest.mark.skipif(not autogroup_here(), reason="this process is in no autogroup")


@pytest.mark.parametrize("new_session", [False, True])
def test_a_process_is_nicer(new_session: bool) -> None:
    assert told(new_session)[0] == os.nice(0) + 3


@needs_autogroups
def test_the_session_that_is_its_own_is_nicer() -> None:
    assert told(new_session=True)[1] == "3"


@needs_autogroups
def test_a_session_of_others_is_left_alone() -> None:
    assert told(new_session=False)[1] == autogroup_here()


def test_a_kernel_that_is_asked_too_often_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def write(file: int, text: bytes) -> int:
        asked.append(text)
        if len(asked) < 3:
            raise BlockingIOError
        return len(text)

    (tmp_path / "autogroup").touch()
    monkeypatch.setattr(nice, "AUTOGROUP", str(tmp_path / "autogroup"))
    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(os, "nice", lambda by: by)
    monkeypatch.setattr(os, "getsid", lambda _: os.getpid())
    monkeypatch.setattr(time, "sleep", lambda _: None)
    nice.be_nice(5)
    assert asked == [b"5", b"5", b"5"]


def test_what_only_looks_yields_to_what_talks_moves_and_guards() -> None:
    assert min(PROCESSES[name].niceness for name in ("eyes", "watch")) > 0
    assert {PROCESSES[name].niceness for name in ("voice", "mind", "guard", "sim")} == {0}
