"""The clock of the guard is set while the robot drives."""

from __future__ import annotations

from tests.faults.documented import ATTACKS_S
from tests.faults.stand import Stand
from tests.faults.truth import STILL_MPS

LATCHED = ("emergency_stop", "rearm_required")


def test_an_hour_forward(stand: Stand) -> None:
    limit_s = ATTACKS_S["/clock leaps forward by an hour"]
    assert limit_s is not None
    stand.drive()
    stand.tamper["safety/heartbeat"] = lambda now_s, message: []  # so that none is on its way
    stand.run(0.1)
    stand.set_clock(stand.now_s + 3600.0)
    since_s = stand.now_s
    stand.run(0.1)
    stand.tamper.clear()
    still_s = stand.slow_s(since_s)
    assert still_s is not None, stand.state
    print(f"forward: still after {(still_s - since_s) * 1000:.0f} ms")
    assert still_s - since_s <= limit_s + 1e-6
    stand.run(1.0)
    assert stand.fastest_mps(still_s + 0.02) < STILL_MPS
    assert stand.state.mode in LATCHED
    assert any("pendant is silent" in cause for cause in stand.state.causes), stand.state

    stand.rearm()
    rearmed_s = stand.now_s
    stand.run(1.0)
    assert stand.fastest_mps(rearmed_s) < STILL_MPS, "drives by an approval of an hour ago"
    assert any("not approved" in cause for cause in stand.causes_since(rearmed_s)), stand.state
    stand.drive()


def test_ten_seconds_back(stand: Stand) -> None:
    limit_s = ATTACKS_S["/clock goes back by 10 s"]
    assert limit_s is not None
    stand.drive()
    stand.run(1.0)
    stand.set_clock(stand.now_s - 10.0)
    since_s = stand.now_s
    still_s = stand.slow_s(since_s)
    assert still_s is not None
    print(f"back: still after {(still_s - since_s) * 1000:.0f} ms")
    assert still_s - since_s <= limit_s + 1e-6
    assert stand.until(lambda: stand.ended, 5.0), stand.log[-1500:]
    assert "/clock went back from" in stand.log
    stand.restart()
    restarted_s = stand.now_s
    stand.run(2.0)
    assert stand.fastest_mps(restarted_s) < STILL_MPS, "drives by what the mind has asked for all along"
    assert stand.state.mode == "running"
    assert any("not approved" in cause for cause in stand.causes_since(restarted_s)), stand.state
    stand.drive()
