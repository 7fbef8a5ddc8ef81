"""Whoever has listened can say everything again, in any order; what was true then moves nothing now."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from robot_runtime import messages as m
from tests.faults.documented import ATTACKS_S
from tests.faults.stand import PROPOSED, Stand
from tests.faults.still_room import anna, scan
from tests.faults.truth import STILL_MPS

WALL_M = 0.24
"""So near that not even a crawl is left, whichever of the scans get lost on a busy machine."""


def recorded(stand: Stand, topic: str, since_s: float) -> list[Any]:
    sent = [message for name, message in stand.published if name == topic and not isinstance(message, bytes)]
    return [message for message in sent if message.stamp_s >= since_s]


@pytest.mark.parametrize("silence", [True, False], ids=["the mind is silent", "the mind says zero"])
def test_replayed_velocities_move_nothing(stand: Stand, silence: bool) -> None:
    begun_s = stand.now_s
    stand.drive()
    tape = [velocity for velocity in recorded(stand, PROPOSED, begun_s) if velocity.linear_mps]
    assert len(tape) > 10
    stand.wanted_mps = 0.0
    still_s = stand.slow_s(stand.now_s)
    assert still_s is not None
    stand.run(0.3)
    again_s = stand.now_s
    stand.tamper[PROPOSED] = lambda now_s, live: [] if silence else [live]
    for velocity in tape:
        stand.publish(PROPOSED, velocity)
        stand.tick()
    assert stand.fastest_mps(again_s) < STILL_MPS
    assert all(command.linear_mps == 0.0 for command in stand.emitted_since(again_s))


def test_a_stop_among_reordered_velocities_is_obeyed(stand: Stand) -> None:
    """As on a network with several ways: of three messages each, in an order by chance."""
    chance, held = random.Random(3), list[Any]()

    def reordered(now_s: float, live: Any) -> list[Any]:
        held.append(live)
        if len(held) < 3:
            return []
        out = chance.sample(held, len(held))
        held.clear()
        return out

    stand.drive()
    stand.tamper[PROPOSED] = reordered
    stand.run(0.5)
    assert stand.fastest_mps(stand.now_s - 0.5) <= 0.61
    limit_s = ATTACKS_S["proposed velocities reordered"]
    assert limit_s is not None
    stand.wanted_mps, since_s = 0.0, stand.now_s
    still_s = stand.slow_s(since_s)
    assert still_s is not None
    print(f"still {(still_s - since_s) * 1000:.0f} ms after the mind says zero")
    assert still_s - since_s <= limit_s + 1e-6
    stand.run(0.5)
    assert stand.fastest_mps(still_s + 0.02) < STILL_MPS


def test_replayed_scans_do_not_open_the_way(stand: Stand) -> None:
    stand.drive()
    free = recorded(stand, "scan", stand.now_s - 1.0)
    angles = -np.pi + np.arange(360) * np.pi / 180
    cosines = np.maximum(np.cos(angles), 1e-6)
    wall = np.where(np.abs(np.tan(angles) * WALL_M) < 0.5, WALL_M / cosines, 6.0)
    wall[cosines <= 1e-6] = 6.0
    since_s = stand.now_s
    stand.tamper["scan"] = lambda now_s, live: [scan(now_s, wall), *free]
    limit_s = ATTACKS_S["scans of a free way replayed while something stands in it"]
    still_s = stand.slow_s(since_s)
    assert limit_s is not None
    assert still_s is not None, stand.state
    print(f"still after {(still_s - since_s) * 1000:.0f} ms")
    assert still_s - since_s <= limit_s + 1e-6
    stand.run(1.0)
    assert stand.fastest_mps(still_s + 0.02) < STILL_MPS
    # What is replayed may crowd the live scan out of a slow reader's queue, which holds five; then all that is left is old, and says so.
    causes = stand.causes_since(since_s)
    assert any("obstacle" in cause or cause.startswith("scan is ") for cause in causes), causes


def test_a_replayed_action_is_not_judged_again(stand: Stand) -> None:
    begun_s = stand.now_s
    stand.drive()
    proposal = recorded(stand, "action/proposed", begun_s)[-1]
    stand.run(max(0.0, begun_s + 2.5 - stand.now_s))
    stand.call("safety/stop")
    assert stand.slow_s(stand.now_s) is not None
    stand.rearm()
    rearmed_s = stand.now_s
    stand.publish("action/proposed", proposal)  # while its velocities are still asked for
    stand.run(0.5)
    verdict = stand.verdict(proposal.id)
    assert verdict is not None
    assert (verdict.verdict, verdict.rule_ids) == ("deny", ("proposal-untimely",))
    assert stand.fastest_mps(rearmed_s) < STILL_MPS
    assert any("not approved" in cause for cause in stand.causes_since(rearmed_s))


def test_a_replayed_wish_to_lift_a_stop_lifts_none(stand: Stand) -> None:
    def stop() -> float:
        stand.publish("safety/stop_request", m.StopRequest(stand.now_s, "word", "stop", 0.9))
        assert stand.until(lambda: stand.state.mode == "rearm_required", 2.0), stand.state
        return stand.now_s

    def wish() -> m.RearmRequest:
        return m.RearmRequest(stand.now_s, "voice", anna(0.0, 0.0).id, "u1")

    stand.drive()
    stop()
    first = wish()
    stand.publish("safety/rearm_request", first)
    assert stand.until(lambda: stand.state.mode == "running", 1.0), stand.state

    stopped_s = stop()
    for delay_s, reason in ((0.0, "the request was made before the stop"), (2.0, "the request is too old")):
        stand.run(delay_s)
        stand.publish("safety/rearm_request", first)
        assert stand.until(lambda: f"not lifted: {reason}" in stand.state.causes, 1.0), stand.state  # noqa: B023
    stand.publish("safety/rearm_request", m.RearmRequest(stand.now_s + 10.0, "voice", "anna", "u1"))  # nor one of tomorrow
    stand.run(0.5)
    assert {state.mode for state in stand.states_since(stopped_s)} == {"rearm_required"}
    assert stand.fastest_mps(stopped_s) < STILL_MPS
    stand.publish("safety/rearm_request", wish())
    assert stand.until(lambda: stand.state.mode == "running", 1.0), stand.state
    stand.drive()
