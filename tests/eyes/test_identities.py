"""A few seconds of a busy home before the eyes, and the figures that come of it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from robot_runtime.flow import Flow
from robot_runtime.messages import PersonCommand, SimState, Utterance
from robot_runtime.nodes import Settings
from robot_runtime.perceive import perceive
from robot_runtime.perceive.cnn import CnnEyes
from sim.truth import truth_reader
from tests import opengl
from tests.eyes import identities
from tests.eyes.bustle import APART_M, ASKS_S, Bustle
from tests.eyes.figures import Instant, Target, figures
from tests.eyes.identities import PERIOD_S, Watch, show, summaries
from tests.truth_eyes import TruthNetworks

HOME = "sim/homes/family_home"


@pytest.mark.long
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
    histories = Watch(3, {}).run(0.05, seconds.append)
    assert seconds == [1, 2, 3]
    found = summaries(histories)
    assert {kind: len(history) for kind, history in histories.items()} == {"people": 15, "things": 15}
    assert [len(history[0].targets) for history in histories.values()] == [3, 23]
    people = found["people"]
    assert people.wanted >= 10 and people.minutes == pytest.approx(people.wanted * PERIOD_S / 60)
    assert people.misses <= 0.2 * people.wanted and people.idf1 >= 0.8
    assert found["things"].wanted > 0


@pytest.mark.long
def test_the_bustle_is_one_and_drawn_from_its_seed() -> None:
    """People walk, apart from each other, and ask for something; the same seed gives the same."""

    def course(seed: int) -> tuple[list[tuple[float, ...]], list[str]]:
        flow = Flow.build(Settings.for_simulation(), only=lambda node: node.name == "home")
        bustle, read, found, asked = Bustle(HOME, seed), truth_reader(HOME), [], []

        def listen(now_s: float, topic: str, message: Any) -> None:
            if topic == "sim/state":
                found.append(tuple(value for at_m in read(message).people.values() for value in at_m))
                for out_topic, out in bustle.follow(message):
                    flow.inject(out_topic, out)
            elif topic == "speech/heard":
                asked.append(message.text)

        flow.listeners.append(listen)
        flow.run_for(ASKS_S[1] + 0.1)
        return found, asked

    one, other = course(1), course(2)
    assert one == course(1) != other
    for found, asked in (one, other):
        assert 1 <= len(asked) <= 1 + ASKS_S[1] / ASKS_S[0] and all(text.startswith(("go to the ", "find the ")) for text in asked)
        assert sum(math.dist(found[0][k : k + 2], found[-1][k : k + 2]) > 0.5 for k in (0, 2, 4)) >= 1
        apart_m = [math.dist(at_m[a : a + 2], at_m[b : b + 2]) for at_m in found for a, b in ((0, 2), (0, 4), (2, 4))]
        assert min(apart_m) > APART_M - 0.2


def test_the_bustle_says_nothing_to_the_motors() -> None:
    """What the robot does of it is for its planner and its gate."""
    flow, topics = Flow.build(Settings.for_simulation(), only=lambda node: node.name == "home"), dict[str, type]()
    bustle = Bustle(HOME, 1)

    def listen(now_s: float, topic: str, message: Any) -> None:
        if isinstance(message, SimState):
            topics.update({out_topic: type(out) for out_topic, out in bustle.follow(message)})

    flow.listeners.append(listen)
    flow.run_for(ASKS_S[1] + 0.1)
    assert topics == {"sim/people": PersonCommand, "speech/heard": Utterance}


@pytest.mark.parametrize("as_json", [True, False])
def test_figures_can_be_printed_even_of_nothing(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    unseen = figures([Instant(0.0, {"anna": Target((0.0, 0.0), wanted=False, hidden=True)}, {})], 0.5, PERIOD_S)
    show({"people": unseen}, {"seed": 7}, as_json)
    out = capsys.readouterr().out
    if as_json:
        row = json.loads(out)
        assert (row["kind"], row["seed"], row["IDF1"], row["which"]) == ("people", 7, None, [])
    else:
        assert "seed 7" in out


@pytest.mark.parametrize("wrong", [["--minutes", "0"], ["--minutes", "nan"], ["--seed", "-1"]])
def test_a_length_or_seed_that_makes_no_sense_is_refused(
    wrong: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["identities", *wrong])
    with pytest.raises(SystemExit) as error:
        identities.main()
    assert error.value.code == 2 and wrong[0] in capsys.readouterr().err
