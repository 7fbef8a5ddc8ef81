"""The rule file is another one while the robot drives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from robot_runtime import messages as m
from tests.faults.documented import ATTACKS_S
from tests.faults.stand import CRUISE_MPS, Stand
from tests.faults.truth import STILL_MPS

STRICTER = """
  - id: stay-where-you-are
    version: 1
    why: A test forbids what the robot does now.
    source: "test"
    when: {skills: [go_to]}
    verdict: deny
    say: {en: "I stay where I am.", fr: "Je reste ici."}
    examples:
      must:
        - {skill: go_to, place: kitchen}
      must_not:
        - {skill: describe}
"""


def swap(path: Path, text: str) -> None:
    """As editors do: the file is the old one or the new one."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


@pytest.fixture
def good(stand: Stand) -> Iterator[str]:
    """The rules; they are back in force after the test."""
    text = stand.rules_file.read_text(encoding="utf-8")
    assert stand.until(lambda: bool(stand.heard["safety/rules"]), 5.0), "the guard says nothing of its rules"
    before = newest(stand).hash
    yield text
    swap(stand.rules_file, text)
    stand.call("safety/reload")
    with stand.slowly():
        assert stand.until(lambda: (newest(stand).hash, newest(stand).error) == (before, ""), 10.0), newest(stand)


def newest(stand: Stand) -> m.RulesState:
    state: m.RulesState = stand.heard["safety/rules"][-1]
    return state


@pytest.mark.parametrize("asked", [False, True], ids=["by itself", "by the service"])
def test_stricter_rules_end_the_motion(stand: Stand, good: str, asked: bool) -> None:
    limit_s = ATTACKS_S["rules swapped for stricter ones"]
    assert limit_s is not None
    before = newest(stand)
    stand.drive()
    with stand.slowly():
        since_s = stand.now_s
        swap(stand.rules_file, good + STRICTER)
        if asked:
            stand.call("safety/reload")
        still_s = stand.slow_s(since_s, seconds=limit_s + 2.0)
    assert still_s is not None, stand.state
    print(f"stricter rules{' asked for' if asked else ''}: still after {(still_s - since_s) * 1000:.0f} ms; {newest(stand).changes}")
    assert still_s - since_s <= limit_s + 1e-6
    state, verdict = newest(stand), stand.verdict(stand.action)
    assert state.hash != before.hash
    assert (state.error, "stay-where-you-are" in state.changes) == ("", True), state
    assert verdict is not None
    assert (verdict.verdict, "stay-where-you-are" in verdict.rule_ids, verdict.rules_hash) == ("deny", True, state.hash)
    stand.run(0.5)
    assert stand.fastest_mps(still_s + 0.02) < STILL_MPS, "goes on, though the mind still asks for it"
    assert any("not approved" in cause for cause in stand.state.causes), stand.state
    assert stand.propose().verdict == "deny"


@pytest.mark.parametrize("broken", ["rules: [", "name: home\nversion: 9.9.9\n"], ids=["no YAML", "no rules"])
def test_broken_rules_change_nothing(stand: Stand, good: str, broken: str) -> None:
    before = newest(stand)
    stand.drive()
    with stand.slowly():
        since_s = stand.now_s
        swap(stand.rules_file, broken)
        stand.call("safety/reload")
        assert stand.until(lambda: bool(newest(stand).error), 3.0), newest(stand)
    stand.run(0.5)
    state = newest(stand)
    print(f"broken rules: {state.error}")
    assert (state.hash, state.loaded_s) == (before.hash, before.loaded_s)
    assert "home.yaml" in state.error
    assert {found.mode for found in stand.states_since(since_s)} == {"running"}
    assert stand.speed_mps == pytest.approx(CRUISE_MPS, abs=0.01)
