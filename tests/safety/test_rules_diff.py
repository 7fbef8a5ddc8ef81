"""`rules diff` and `rules explain` on small files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safety.analysis.diff import Diff, diff
from safety.analysis.explain import explain_example, lines
from safety.analysis.notation import shown
from safety.files import FileError
from safety.ontology import Ontology
from safety.rules import Rules
from tests.safety.small_rules import SEPARATION, SKILLS, rule, write

SHARP = rule("sharp", {"skills": ["fetch"], "object": ["sharp"], "recipient": ["child"]})
SLOW = rule("slow", {"moves": ["base"]}, "limit", limits={"max_speed_mps": 0.3})


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


@pytest.fixture
def loaded(tmp_path: Path, ontology: Ontology) -> Callable[..., Rules]:
    def load(*rules: dict[str, Any], **changes: Any) -> Rules:
        return Rules.load(write(tmp_path / "rules.yaml", *rules, **changes), ontology)

    return load


def told(found: Diff) -> list[tuple[bool, str, str, str, str]]:
    return [(c.looser, c.rule, shown(c.case), c.before, c.after) for c in found.changes]


def test_equal_files_do_not_differ(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    found = diff(loaded(SHARP, SLOW), loaded(SHARP, SLOW), ontology)
    assert (found.changes, found.numbers, found.looser, found.summary) == ((), (), False, "no verdict changes")
    assert found.looser_cases == found.tighter_cases == 0 and found.surveyed > 1000


def test_a_rule_that_is_gone_is_looser_with_its_case(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    found = diff(loaded(SHARP, SLOW), loaded(SLOW), ontology)
    [change] = found.changes
    assert change.looser and change.rule == "sharp" and change.lost == "verdict deny"
    assert dict(change.case)["recipient"] == "child" and (change.before, change.after) == ("deny", "limit (max_speed_mps 0.3)")
    assert found.looser and 0 < change.surveyed == found.looser_cases < found.surveyed and found.tighter_cases == 0
    assert found.summary == "looser: sharp"
    assert str(change).startswith("looser: sharp (verdict deny; ") and change.as_json()["case"] == change.case


def test_the_other_way_round_it_is_tighter(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    found = diff(loaded(SLOW), loaded(SHARP, SLOW), ontology)
    assert [(change.looser, change.rule) for change in found.changes] == [(False, "sharp")]
    assert not found.looser and found.tighter_cases > 0 and found.summary == "tighter: sharp"


def test_a_rule_that_another_one_replaces_is_not_looser(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    wider = rule("sharp-things", {"skills": ["fetch"], "object": ["sharp"]})
    assert not diff(loaded(SHARP), loaded(wider), ontology).looser


def test_what_takes_several_things_together_is_found_though_not_surveyed(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    rare = rule("rare", {"skills": ["go_to"], "hours": {"from_h": 22, "until_h": 6}, "stale": ["pose"], "requester": ["child"]})
    [change] = diff(loaded(SHARP, rare), loaded(SHARP), ontology).changes
    assert change.surveyed == 0 and "(verdict deny; several things have to come together)" in str(change)
    assert dict(change.case) == {"skill": "go_to", "requester": "child", "hour": 22.0, "stale": ["pose"]}


def test_other_limits(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    faster = {**SLOW, "limits": {"max_speed_mps": 0.4, "joint_speed_ratio": 0.5}}
    found = diff(loaded(SLOW), loaded(faster), ontology)
    assert all(change.surveyed > 1000 for change in found.changes)
    same = diff(loaded(SLOW), loaded(SLOW), ontology)  # whatever differs, the same cases are surveyed
    assert found.surveyed == same.surveyed and isinstance(same.surveyed, int)
    changes = told(found)
    after = "limit (max_speed_mps 0.4, joint_speed_ratio 0.5)"
    assert [(looser, before, then) for looser, _, _, before, then in changes] == [
        (True, "limit (max_speed_mps 0.3)", after),
        (False, "limit (max_speed_mps 0.3)", after),
    ]


def test_who_may_confirm(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    def asking(**who: Any) -> dict[str, Any]:
        return rule("ask", {"skills": ["fetch"]}, "confirm", confirm={"question": {"en": "Shall I?"}, **who})

    [change] = diff(loaded(asking(by=["adult"])), loaded(asking(by=["adult", "elderly"])), ontology).changes
    assert change.looser and change.lost == "no confirmation by elderly"
    assert (change.before, change.after) == ("confirm (by adult with authority)", "confirm (by adult or elderly with authority)")
    [change] = diff(loaded(asking()), loaded(asking(authorised=False)), ontology).changes
    assert change.lost == "confirmation by somebody with authority"
    [change] = diff(loaded(asking(by_another=True)), loaded(asking()), ontology).changes
    assert change.looser and change.lost == "confirmation by somebody else than who asked"
    assert change.before == "confirm (by adult with authority who did not ask for it)"
    [change] = diff(loaded(asking()), loaded(asking(by_another=True)), ontology).changes
    assert not change.looser


def test_a_rule_that_is_wholly_another_and_people_with_new_authority_are_surveyed(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    other = rule("slow", {"moves": ["arm"]}, "confirm")
    assert all(change.surveyed > 0 for change in diff(loaded(SLOW), loaded(other), ontology).changes)
    asked = rule("ask", {"skills": ["fetch"], "unauthorised": ["recipient"]})
    wider = {"hazards": ["sharp"], "authorised_age_groups": ["adult", "elderly"]}
    [change] = diff(loaded(asked), loaded(asked, parameters=wider), ontology).changes
    assert change.looser and change.surveyed > 0 and dict(change.case)["recipient"] == "elderly"


def test_new_and_lost_skills(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    fewer = {name: entry for name, entry in SKILLS.items() if name != "put"}
    found = diff(loaded(SHARP, skills=fewer), loaded(SHARP), ontology)
    [change] = found.changes
    assert change.looser and change.rule == "skill-unknown" and change.case["skill"] == "put"
    assert (change.before, change.after) == ("deny (the skill is not listed)", "allow") and change.surveyed > 0
    [change] = diff(loaded(SHARP), loaded(SHARP, skills=fewer), ontology).changes
    assert not change.looser


@pytest.mark.parametrize(
    ("changes", "name", "looser"),
    [
        ({"parameters": {"hazards": ["sharp", "hot"]}}, "parameters.hazards", False),
        ({"parameters": {"hazards": ["hot"]}}, "parameters.hazards", True),
        ({"parameters": {"hazards": ["sharp"], "rearm_confidence": 0.5}}, "parameters.rearm_confidence", True),
        ({"separation": {**dict.fromkeys(("adult", "elderly", "unknown"), SEPARATION), "child": {**SEPARATION, "near_speed_mps": 0.2}}},
         "separation.child.near_speed_mps", False),
        ({"skills": {**SKILLS, "say": {**SKILLS["say"], "moves": ["head"]}}}, "skills.say", True),
        ({"skills": {**SKILLS, "approach": {**SKILLS["approach"], "approaches": False}}}, "skills.approach", False),
    ],
)  # fmt: skip
def test_numbers(changes: dict[str, Any], name: str, looser: bool, loaded: Callable[..., Rules], ontology: Ontology) -> None:
    found = diff(loaded(SHARP), loaded(SHARP, **changes), ontology)
    assert [(number.name, number.looser) for number in found.numbers] == [(name, looser)]
    assert found.looser is looser and not found.changes and name in found.summary
    assert str(found.numbers[0]).startswith(f"{'looser' if looser else 'tighter'}: {name}: ") and found.numbers[0].as_json()["name"] == name


def test_numbers_are_shown_short(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    shy = {**SKILLS, "approach": {**SKILLS["approach"], "approaches": False}}
    other = {"hazards": ["sharp", "hot"], "release_distance_m": 0.1 + 0.2, "authorised": ["anna"]}
    found = diff(loaded(SHARP), loaded(SHARP, skills=shy, parameters=other), ontology)
    assert [str(number) for number in found.numbers] == [
        "tighter: parameters.authorised: [] → [anna]",
        "tighter: parameters.hazards: [sharp] → [hot, sharp]",
        "looser: parameters.release_distance_m: 1 → 0.3",
        "tighter: skills.approach: arguments (target), moves [base], approaches True → arguments (target), moves [base], approaches False",
    ]
    assert found.summary.startswith("looser: parameters.release_distance_m; tighter: parameters.authorised, ")


# ---------------------------------------------------------------- explain


def test_every_rule_is_explained_nearest_first(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    near = rule("near", {"skills": ["fetch"], "near": {"age_groups": ["child"], "within_m": 1.5}, "object_known": False})
    low = rule("low", {"health": {"battery_below": 0.1}, "faster_than_mps": 0.5, "skills": ["go_to"]})
    explanation = explain_example({"skill": "fetch", "object": "knife", "recipient": "child"}, loaded(low, near, SLOW, SHARP), ontology)
    assert [one.rule.id for one in explanation.considered] == ["sharp", "slow", "near", "low"]
    text = list(lines(explanation))
    assert text[:-4] == [
        "case     {skill: fetch, object: knife, recipient: child}", "verdict  deny", "limits   max_speed_mps 0.3",
        "because  sharp: skill fetch, object knife is sharp, recipient recipient is child", "says en  No, sharp.",
        "says fr  No, sharp.", "",
    ]  # fmt: skip
    assert text[-2] == "       deny    near (v1): lacks object_known false; near {age_groups: [child], within_m: 1.5}"
    assert text[-1] == "       deny    low (v1): lacks skills [go_to]; faster_than_mps 0.5; health {battery_below: 0.1}"
    assert explanation.as_json()["considered"][0]["held"] == ["skill fetch", "object knife is sharp", "recipient recipient is child"]


def test_who_may_confirm_is_explained(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    rules = loaded(rule("ask", {"skills": ["fetch"]}, "confirm"))
    explanation = explain_example({"skill": "fetch", "object": "cup", "recipient": "adult"}, rules, ontology)
    assert explanation.confirm == "adult with authority"
    assert "verdict  confirm, to be confirmed by adult with authority" in lines(explanation)


def test_an_empty_rule_holds_always(loaded: Callable[..., Rules], ontology: Ontology) -> None:
    assert "holds  deny    all (v1): always" in lines(explain_example({"skill": "say"}, loaded(rule("all", {})), ontology))


@pytest.mark.parametrize(
    ("case", "message"),
    [({"skill": "fetsh"}, "did you mean 'fetch'"), ({"skil": "fetch"}, "unknown key, did you mean 'skill'"), (["x"], "case")],
)
def test_what_is_no_case_is_refused(case: Any, message: str, loaded: Callable[..., Rules], ontology: Ontology) -> None:
    with pytest.raises(FileError, match=message):
        explain_example(case, loaded(SHARP), ontology)
