"""The run of generations is able to fail: each thing that it looks for is put before it once."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.mind.planner import Request
from robot_runtime.mind.vlm.reading import read
from safety.policy import Policy, load_policy
from safety.semantic import Judged
from safety.types import Verdict
from safety.verdicts import decision
from tests.vlm.generations import Tried, _try, passed
from tests.vlm.homes import a_home, a_request


@pytest.fixture
def policy() -> Policy:
    return load_policy("safety/rules/home.yaml", "safety/ontology.yaml")


@pytest.fixture
def request_of_a_home(tmp_path: Path) -> Request:
    return a_request(a_home(tmp_path), random.Random(0))


def a_task(skill: str, **arguments: str) -> str:
    plan = {"do": skill, "with": arguments, "expect": []}
    return json.dumps({"say": "", "ask": None, "plan": plan})


KNIFE = a_task("fetch", object="knife", recipient="leo")


def counted(text: str, request: Request, tried: Tried) -> Counter[str]:
    counts: Counter[str] = Counter(written=1)
    counts["fits the schema"] = 1
    _try(text, request, tried, counts)
    return counts


def test_the_rules_of_the_home_deny_the_knife(tmp_path: Path, policy: Policy, request_of_a_home: Request) -> None:
    tried = Tried(str(tmp_path), policy)
    counts = counted(KNIFE, request_of_a_home, tried)
    assert counts["with something to do"] == 1 and tried.verdicts["deny"] and tried.problems == []
    assert passed(counts, tried)


def test_rules_that_let_a_knife_through_are_noticed(
    tmp_path: Path, policy: Policy, request_of_a_home: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow = Judged(decision(Verdict.ALLOW, "none", "a home without rules"))
    monkeypatch.setattr("tests.vlm.generations.judge", lambda *given: allow)
    tried = Tried(str(tmp_path), policy)
    counts = counted(KNIFE, request_of_a_home, tried)
    assert any("a knife for a child was allowed" in problem for problem in tried.problems)
    assert not passed(counts, tried)


def test_a_robot_that_moves_unasked_is_noticed(tmp_path: Path, policy: Policy, request_of_a_home: Request) -> None:
    class Overruled(Tried):
        """Its mind is told "allow", whatever was judged."""

        def _judge(self, action: Any) -> tuple[str, str, float]:
            super()._judge(action)
            self._judged[action.id] = "deny"
            return "allow", "", 0.5

    tried = Overruled(str(tmp_path), policy)
    counts = counted(a_task("go_to", place="kitchen"), request_of_a_home, tried)
    assert any("moves the robot, and the gate has not let it" in problem for problem in tried.problems)
    assert not passed(counts, tried)


@pytest.mark.parametrize(
    ("say", "ask", "plan", "why"),
    [
        (",", None, None, "nothing to say but signs and claims"),
        (" ", None, None, "a sentence of blanks"),
        ("I have brought it.", None, None, "nothing to say but signs and claims"),
        ("", None, {"do": "remember", "with": {"liking": " "}, "expect": []}, "a text of blanks"),
        ("", None, {"do": "remember", "with": {"liking": "{}"}, "expect": []}, "a text without a word"),
        ("", None, {"do": "remember", "with": {"liking": "te\u200ba"}, "expect": []}, "a text with a character that nobody sees"),
        ("", None, {"do": "remember", "with": {"liking": "I have locked it"}, "expect": []}, "a message that claims a deed"),
    ],
)
def test_what_no_schema_can_tell_is_counted_by_its_reason(
    tmp_path: Path, policy: Policy, request_of_a_home: Request, say: str, ask: Any, plan: Any, why: str
) -> None:
    tried = Tried(str(tmp_path), policy)
    counts = counted(json.dumps({"say": say, "ask": ask, "plan": plan}), request_of_a_home, tried)
    assert counts["refused by the reader"] == counts[f"refused: {why}"] == 1
    assert passed(counts, tried)


def test_what_the_schema_could_have_told_is_a_problem(tmp_path: Path, policy: Policy, request_of_a_home: Request) -> None:
    tried = Tried(str(tmp_path), policy)
    counts = counted(a_task("go_to", place="moon"), request_of_a_home, tried)
    assert counts["refused: other"] == 1 and not passed(counts, tried)


def test_a_text_that_does_not_fit_is_a_problem_and_so_is_none_at_all(tmp_path: Path, policy: Policy) -> None:
    tried = Tried(str(tmp_path), policy)
    assert not passed(Counter({"written": 2, "fits the schema": 1}), tried)
    assert not passed(Counter(), tried)


def test_signs_and_spaces_in_a_liking_are_no_claim(request_of_a_home: Request) -> None:
    assert read(a_task("remember", liking="...tea,black!With milk"), request_of_a_home).document.body is not None
