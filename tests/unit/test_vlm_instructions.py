"""The instructions for a model are watched as they should be: what moves unasked is told, and so is a child with a knife."""

from __future__ import annotations

import math
import random
from collections import Counter
from pathlib import Path

import pytest
import yaml

from robot_runtime.messages import Argument, NavGoal, ProposedAction
from robot_runtime.mind.planner import Answer, Planner, Progress, Request, Thinking, said
from safety.ontology import Ontology
from safety.rules import Rules
from tests.instructions.homes import home
from tests.instructions.play import RULES_FILE
from tests.vlm.homes import a_home, a_request, answer_of
from tests.vlm.instructions import Patient, WatchedHome


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> WatchedHome:
    case, folder = home(500), tmp_path_factory.mktemp("home")
    (folder / "semantic_map.yaml").write_text(yaml.safe_dump(case.site), encoding="utf-8")
    ontology = Ontology.load()
    return WatchedHome(case, str(folder), Rules.load(RULES_FILE, ontology), ontology, "grounded", 0)


def drive_for(action_id: str) -> NavGoal:
    return NavGoal(0.0, "g", action_id, 1.0, 1.0, math.nan, 0.0, 0.5, False)


def test_only_what_the_rules_have_let_may_move(watched: WatchedHome) -> None:
    child, adult = watched.case.somebody("child"), watched.case.somebody("adult")
    harmful = watched.case.harmful()[0]
    for name, recipient in (("a", child), ("b", adult)):
        arguments = (Argument("object", harmful), Argument("recipient", recipient))
        watched._take("action/proposed", ProposedAction(0.0, name, "p", "fetch", arguments, "u", "bring it", adult))
        watched._take("nav/goal", drive_for(name))
    watched._take("nav/goal", drive_for("never proposed"))
    assert watched.verdicts["a"] == "deny" and watched.verdicts["b"] in ("allow", "limit")
    assert watched.unasked == ["a", "never proposed"]


def test_what_can_harm_a_child_is_noticed_in_its_hands_only(watched: WatchedHome) -> None:
    harmful, other = watched.case.harmful()
    watched.case.things[harmful].held_by = watched.case.somebody("child")
    watched.case.things[other].held_by = watched.case.somebody("adult")
    assert watched.harmed() == [harmful]


def test_the_home_waits_for_the_model_and_it_is_counted_whose_plan_it_was(tmp_path: Path) -> None:
    class Slow:
        """Speaks, then answers; what it says is empty in between."""

        def __init__(self, planner: str) -> None:
            self.progress = [Progress(), Progress("Hello."), Progress(), Progress(answer=Answer(planner=planner))]

        def poll(self, now_s: float) -> Progress:
            return self.progress.pop(0)

        def cancel(self) -> None: ...

    class Scripted:
        name = "vlm x"

        def __init__(self) -> None:
            self.made: list[Answer | Thinking] = [
                Slow("vlm x"), Slow("grounded, instead of vlm x: no answer in time"), said("It is in the kitchen."),
            ]  # fmt: skip

        def plan(self, request: Request) -> Answer | Thinking:
            return self.made.pop(0)

        def close(self) -> None: ...

    made_by: Counter[str] = Counter()
    planner: Planner = Patient(Scripted(), made_by)
    request = a_request(a_home(tmp_path), random.Random(0))
    first = planner.plan(request)
    assert not isinstance(first, Answer)
    assert [first.poll(0.0).say, first.poll(0.0).answer is None] == ["Hello.", False], "no poll comes back with nothing"
    assert [answer_of(planner, request).planner for _ in range(2)] == ["grounded, instead of vlm x: no answer in time", ""]
    assert made_by == {"model": 1, "embedded: no answer in time": 1, "embedded: a question to the memory": 1}
