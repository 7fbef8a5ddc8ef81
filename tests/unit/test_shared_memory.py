"""Only what nobody holds any more is removed."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path

from robot_runtime.shared_memory import MIN_AGE_S, remove_dead_segments


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"")


def later() -> float:
    return time.time() + MIN_AGE_S + 1


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_dead_segments_and_ports_go_with_all_their_files(tmp_path: Path) -> None:
    make(tmp_path, "fastrtps_1b2c", "fastrtps_1b2c_el", "fastrtps_port7411", "fastrtps_port7411_sl", "sem.fastrtps_port7411_mutex")
    assert len(remove_dead_segments(tmp_path, later())) == 5
    assert left(tmp_path) == set()


def test_what_lost_its_segment_goes_too(tmp_path: Path) -> None:
    make(tmp_path, "sem.fastrtps_port1_mutex", "fastrtps_port2_el")
    remove_dead_segments(tmp_path, later())
    assert left(tmp_path) == set()


def test_the_living_keep_theirs(tmp_path: Path) -> None:
    for suffix in ("_el", "_sl"):
        name = f"fastrtps_port{suffix}x"
        make(tmp_path, name, name + suffix, f"sem.{name}_mutex")
        with (tmp_path / (name + suffix)).open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX if suffix == "_el" else fcntl.LOCK_SH)
            assert remove_dead_segments(tmp_path, later()) == []
        assert len(remove_dead_segments(tmp_path, later())) == 3


def test_the_young_are_left_alone_since_they_may_not_have_locked_yet(tmp_path: Path) -> None:
    make(tmp_path, "fastrtps_1b2c")
    assert remove_dead_segments(tmp_path, time.time() + MIN_AGE_S - 1) == []


def test_files_of_others_are_not_touched(tmp_path: Path) -> None:
    make(tmp_path, "lttng-ust-wait-6", "sem.other", "psm_1234")
    assert remove_dead_segments(tmp_path, later()) == []
    assert len(left(tmp_path)) == 3
