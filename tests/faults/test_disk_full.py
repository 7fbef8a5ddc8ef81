"""The disk of the record is full while the robot drives.

The guard gets no room in a file beyond what the record has already (``RLIMIT_FSIZE``, which can be set from outside and needs no
rights): a write then fails as on a full disk, only with another error number.
"""

from __future__ import annotations

import json
import resource
from pathlib import Path

from safety.segments import RECORD_NAME
from safety.verify import verify
from tests.faults.documented import ATTACKS_S
from tests.faults.stand import Stand
from tests.faults.truth import STILL_MPS


def allow(stand: Stand, size: int) -> None:
    _, hard = resource.prlimit(stand.guard.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(stand.guard.pid, resource.RLIMIT_FSIZE, (size, hard))


def record(stand: Stand) -> Path:
    return stand.run_dir / "audit" / RECORD_NAME


def test_a_disk_that_cannot_record_means_stop(stand: Stand) -> None:
    limit_s = ATTACKS_S["disk full"]
    assert limit_s is not None
    stand.drive()
    since_s = stand.now_s
    allow(stand, record(stand).stat().st_size)
    try:
        still_s = stand.slow_s(since_s)
        assert still_s is not None, stand.state
        print(f"disk full: still after {(still_s - since_s) * 1000:.0f} ms; {stand.state.causes}")
        assert still_s - since_s <= limit_s + 1e-6
        assert stand.until(lambda: any(cause.startswith("audit: ") for cause in stand.state.causes), 0.5), stand.state

        stand.call("safety/rearm")
        stand.run(2.0)
        assert stand.state.mode == "emergency_stop", "nobody lifts it while the disk is full"
        assert stand.fastest_mps(still_s + 0.02) < STILL_MPS
    finally:
        allow(stand, resource.RLIM_INFINITY)
    stand.rearm()
    stand.drive()

    stand.run(1.5)
    report = verify(record(stand))
    assert report.intact, report.problems
    records = [json.loads(line) for line in record(stand).read_text(encoding="utf-8").splitlines()]
    gaps = [entry["data"]["records"] for entry in records if entry["kind"] == "gap"]
    print(f"{gaps} records are missing, and the record says so")
    assert gaps
    assert gaps[-1] > 0
