"""A few seconds of a busy home before the eyes, and the figures that come of it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from robot_runtime.bench.eyes_identities import NODES, PERIOD_S, summaries, watch
from robot_runtime.flow import Flow
from robot_runtime.nodes import Settings
from robot_runtime.perceive import perceive
from robot_runtime.perceive.cnn import CnnEyes
from sim.bustle import APART_M, Bustle
from sim.truth import truth_reader
from tests import opengl
from tests.truth_eyes import TruthNetworks

HOME = "sim/homes/family_home"


def test_a_busy_home_before_the_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With networks that know the truth everybody in view is found, and each has one id over so short a time."""
    with opengl.needed():
        networks = TruthNetworks(HOME)
    monkeypatch.setitem(perceive.BACKENDS, "cnn", lambda config: CnnEyes(config, networks))
    follow = Bustle.follow

    def shown(bustle: Bustle, state: Any) -> Any:
        networks.state = state
        return follow(bustle, state)

    monkeypatch.setattr(Bustle, "follow", shown)
    seconds: list[int] = []
    histories = watch(0.05, 3, {}, seconds.append)
    assert seconds == [1, 2, 3]
    found = summaries(histories)
    assert {kind: len(history) for kind, history in histories.items()} == {"people": 15, "things": 15}
    assert [len(history[0].targets) for history in histories.values()] == [3, 23]
    people = found["people"]
    assert people.wanted >= 10 and people.minutes == pytest.approx(people.wanted * PERIOD_S / 60)
    assert people.misses <= 0.2 * people.wanted and people.idf1 >= 0.8
    assert found["things"].wanted > 0


def test_the_bustle_is_one_and_drawn_from_its_seed() -> None:
    """People walk, apart from each other; the robot drives or looks about; the same seed gives the same."""

    def places(seed: int) -> list[tuple[float, ...]]:
        settings = Settings.for_simulation()
        flow = Flow.build(settings, only=lambda node: node.name in NODES and node.name not in ("camera", "perceive"))
        bustle, read, found = Bustle(HOME, seed), truth_reader(HOME), []

        def listen(now_s: float, topic: str, message: Any) -> None:
            if topic == "sim/state":
                truth = read(message)
                found.append(tuple(value for at_m in truth.people.values() for value in at_m))
                for out_topic, out in bustle.follow(message):
                    flow.inject(out_topic, out)

        flow.listeners.append(listen)
        flow.run_for(8.0)
        return found

    one, other = places(1), places(2)
    assert one == places(1) != other
    for found in (one, other):
        assert sum(math.dist(found[0][k : k + 2], found[-1][k : k + 2]) > 0.5 for k in (0, 2, 4)) >= 1
        apart_m = [math.dist(at_m[a : a + 2], at_m[b : b + 2]) for at_m in found for a, b in ((0, 2), (0, 4), (2, 4))]
        assert min(apart_m) > APART_M - 0.2
