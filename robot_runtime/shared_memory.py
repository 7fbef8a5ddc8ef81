"""Removes the shared memory that ended DDS participants leave behind.

Fast DDS keeps its segments and ports as ``/dev/shm/fastrtps_…`` and holds a file lock on ``…_el`` or ``…_sl`` while their owner
lives; a lock that can be taken, or is not there, marks the dead (its own ``fastdds shm clean`` decides in the same way).
A participant that ends in order leaves its port, one that is killed leaves about 0.6 MB.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

FOLDER = Path("/dev/shm")
MIN_AGE_S = 2.0
"""A participant makes its files before it locks them; younger files are left alone."""


def remove_dead_segments(folder: Path = FOLDER, now_s: float | None = None) -> list[str]:
    """Delete the files of this user's dead participants and return their names; ``now_s`` is Unix time."""
    now_s = time.time() if now_s is None else now_s
    segments = {_segment(path.name) for path in (*folder.glob("fastrtps_*"), *folder.glob("sem.fastrtps_*"))}
    return sorted(name for segment in segments if _dead(folder, segment, now_s) for name in _remove(folder, segment))


def _segment(name: str) -> str:
    """The name that all files of one segment share.

    >>> _segment("fastrtps_port7411_el"), _segment("sem.fastrtps_port7411_mutex"), _segment("fastrtps_1b2c")
    ('fastrtps_port7411', 'fastrtps_port7411', 'fastrtps_1b2c')
    """
    name = name.removeprefix("sem.").removesuffix("_mutex")
    return name[:-3] if name.endswith(("_el", "_sl")) else name


def _files(folder: Path, segment: str) -> list[Path]:
    names = (segment, f"{segment}_el", f"{segment}_sl", f"sem.{segment}_mutex")
    return [path for name in names if (path := folder / name).exists()]


def _dead(folder: Path, segment: str, now_s: float) -> bool:
    try:
        stats = [path.stat() for path in _files(folder, segment)]
        if any(stat.st_uid != os.getuid() or now_s - stat.st_ctime < MIN_AGE_S for stat in stats):
            return False
        return not any(_locked(folder / f"{segment}{suffix}") for suffix in ("_el", "_sl"))
    except FileNotFoundError:  # its owner is cleaning up at this moment
        return False


def _locked(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _remove(folder: Path, segment: str) -> list[str]:
    files = _files(folder, segment)
    for path in files:
        path.unlink(missing_ok=True)
    return [path.name for path in files]
