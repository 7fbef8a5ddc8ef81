"""The rule file: its form, its errors, its examples, and that danger only tightens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_runtime.cli import main
from safety.case import Case, Near, Party
from safety.examples import Outcome, example_case, run_examples
from safety.files import FileError, read_yaml, resolve
from safety.ontology import Ontology, Thing
from safety.rules import Example, Hours, Rules
from safety.semantic import decide
from safety.types import AgeGroup, Verdict

ONTOLOGY = Ontology.load()
HOME = Rules.load("safety/rules/home.yaml", ONTOLOGY)
CONTENT = read_yaml("safety/rules/home.yaml")


SHIPPED = {name: Rules.load(f"safety/rules/{name}.yaml", ONTOLOGY) for name in ("home", "hospital", "shop")}

NOT_FOR_CHILDREN = {
    "sharp", "hot", "ignition", "chemical", "medicine", "small_part", "heavy", "living", "weapon", "alcohol", "nicotine", "choking", "cord",
    "suffocating", "climbable", "private",
}  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_example_behaves(name: str) -> None:
    failed = [f"{outcome.rule_id}: {outcome}" for outcome in run_examples(SHIPPED[name], ONTOLOGY) if not outcome.passed]
    assert not failed


def test_an_example_tells_what_it_saw() -> None:
    outcomes = {outcome.must: str(outcome) for outcome in run_examples(HOME, ONTOLOGY) if outcome.rule_id == "sharp-to-child"}
    assert all(text.endswith("as expected") for text in outcomes.values())
    example = HOME.by_id["sharp-to-child"].examples.must[0]
    assert str(Outcome("x", example, True, None)).endswith("must match, but does not")
    assert "must not match, but does (always)" in str(Outcome("x", example, False, "always"))


@pytest.mark.parametrize(
    ("example", "destination", "here"),
    [
        (Example(skill="go_to", place="bathroom"), {"bathroom"}, set()),
        (Example(skill="go_to", place="bathroom", here="stairs"), {"bathroom"}, {"stairs"}),
        (Example(skill="describe", place="bathroom"), set(), {"bathroom"}),
    ],
)
def test_the_place_of_an_example_is_where_it_goes_or_else_where_it_is(example: Example, destination: set[str], here: set[str]) -> None:
    case = example_case(example, HOME, ONTOLOGY)
    assert (set(case.destination), set(case.here)) == (destination, here)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_not_simply_allowed_is_explained_in_both_languages(name: str) -> None:
    for rule in SHIPPED[name].rules:
        if rule.verdict >= Verdict.CONFIRM:
            assert rule.say.en and rule.say.fr, rule.id
        assert bool(rule.say.en) == bool(rule.say.fr), rule.id
        if rule.confirm is not None:
            assert rule.confirm.question.en.endswith("?") or "?" in rule.confirm.question.en, rule.id
            assert "?" in rule.confirm.question.fr, rule.id


def test_the_home_covers_every_field_of_danger_with_at_least_sixty_rules() -> None:
    asked = {prop for rule in HOME.rules for prop in rule.when.object | rule.when.held | rule.when.target | rule.when.beside}
    fields = (
        "sharp hot heavy fragile liquid electronic metal microwave flammable heat_source chemical medicine small_part pet living high edge "
        "water escape_route entrance private"
    )
    assert asked >= set(fields.split())
    assert len(HOME.rules) >= 60
    for condition in ("hours", "health", "stale", "topics", "stranger", "near", "unsupervised", "destination", "here", "person"):
        assert any(condition in rule.when.given for rule in HOME.rules), condition


def test_every_hazard_keeps_each_dangerous_class_from_a_child() -> None:
    child = Party("leo", "Leo", AgeGroup.CHILD, known=True)
    for name, entry in ONTOLOGY.classes.items():
        case = Case("fetch", object=ONTOLOGY.of(name), recipient=child, person=child, requester=child, hour=12, speed_mps=0)
        denied = decide(case, Verdict.ALLOW, HOME).verdict == Verdict.DENY
        assert denied == bool(entry.properties & NOT_FOR_CHILDREN), name


things = st.sampled_from([None, *(ONTOLOGY.of(name) for name in (*ONTOLOGY.classes, "unknown thing"))])
parties = st.none() | st.builds(
    Party,
    st.sampled_from(["", "x"]),
    st.sampled_from(["", "X"]),
    st.sampled_from(list(AgeGroup)),
    known=st.booleans(),
    authorised=st.booleans(),
    attentive=st.booleans(),
)
known_things = st.sampled_from([ONTOLOGY.of(name) for name in ONTOLOGY.classes])
kinds_of_place = st.sets(st.sampled_from(sorted(ONTOLOGY.place_kinds)), max_size=2).map(frozenset)
cases = st.builds(
    lambda skill, **rest: Case(skill, HOME.skills[skill].moves, **rest),
    st.sampled_from(sorted(HOME.skills)),
    object=things,
    recipient=parties,
    person=parties,
    requester=parties,
    held=things,
    near=st.lists(st.builds(Near, st.sampled_from(list(AgeGroup)), st.floats(0, 5)), max_size=3).map(tuple),
    places=st.sets(st.sampled_from(["kitchen", "bathroom", "stairs"])).map(frozenset),
    hour=st.floats(0, 23.9) | st.just(float("nan")),
    stale=st.sets(st.sampled_from(["people", "pose", "world/facts", "gripper/state"])).map(frozenset),
    target=things,
    beside=st.lists(known_things, max_size=2).map(tuple),
    destination=kinds_of_place,
    here=kinds_of_place,
    speed_mps=st.floats(0, 1) | st.just(float("nan")),
    battery=st.none() | st.floats(0, 1) | st.just(float("nan")),
    degraded=st.sets(st.sampled_from(["lidar", "arm", "base"])).map(frozenset),
    topics=st.sets(st.sampled_from(sorted(ONTOLOGY.topics)), max_size=2).map(frozenset),
)


def _verdict(case: Case) -> tuple[Verdict, float]:
    decided = decide(case, HOME.skills[case.skill].verdict, HOME)
    return decided.verdict, decided.limits.max_speed_mps


def _not_looser(before: Case, after: Case) -> None:
    (verdict, speed_mps), (new_verdict, new_speed_mps) = _verdict(before), _verdict(after)
    assert new_verdict >= verdict and new_speed_mps <= speed_mps


@given(cases, st.floats(0, 5))
def test_one_more_child_never_loosens(case: Case, distance_m: float) -> None:
    _not_looser(case, replace(case, near=(*case.near, Near(AgeGroup.CHILD, distance_m))))


@given(cases, known_things, st.sampled_from(sorted(ONTOLOGY.topics)), st.sampled_from(["lidar", "camera", "arm", "base"]))
def test_one_more_thing_beside_it_topic_or_defect_never_loosens(case: Case, thing: Thing, topic: str, component: str) -> None:
    _not_looser(case, replace(case, beside=(*case.beside, thing)))
    _not_looser(case, replace(case, topics=case.topics | {topic}))
    _not_looser(case, replace(case, degraded=case.degraded | {component}))


@given(cases, st.sampled_from(sorted(ONTOLOGY.properties)))
def test_one_more_property_never_loosens(case: Case, name: str) -> None:
    if case.object is not None:
        _not_looser(case, replace(case, object=_with(case.object, name)))
    if case.held is not None:
        _not_looser(case, replace(case, held=_with(case.held, name)))
    if case.target is not None:
        _not_looser(case, replace(case, target=_with(case.target, name)))


def _with(thing: Thing, name: str) -> Thing:
    return replace(thing, properties=thing.properties | {name})


@given(cases)
def test_not_knowing_never_loosens(case: Case) -> None:
    """Stale inputs count as somebody near and something dangerous held; somebody of unknown age counts as a child."""
    _not_looser(case, replace(case, stale=case.stale | {"people", "pose", "gripper/state", "world/facts"}))
    _not_looser(case, replace(case, hour=float("nan"), speed_mps=float("nan")))
    if case.battery is not None:
        _not_looser(case, replace(case, battery=float("nan")))
    nobody_surely = [
        replace(party, authorised=False, attentive=False, known=False, name="") if party else None
        for party in (case.requester, case.person)
    ]
    _not_looser(case, replace(case, requester=nobody_surely[0], person=nobody_surely[1]))

    def doubtful(party: Party | None) -> Party | None:
        return replace(party, group=AgeGroup.UNKNOWN) if party is not None and party.group == AgeGroup.CHILD else party

    _not_looser(case, replace(case, recipient=doubtful(case.recipient)))
    _not_looser(case, replace(case, requester=doubtful(case.requester), person=doubtful(case.person)))


@pytest.mark.parametrize(
    ("hour", "inside"), [(21.99, False), (22, True), (0, True), (5.99, True), (6, False), (12, False), (float("nan"), True)]
)
def test_hours_may_cross_midnight(hour: float, inside: bool) -> None:
    assert Hours(from_h=22, until_h=6).contain(hour) is inside


@pytest.mark.parametrize(("hour", "inside"), [(8.99, False), (9, True), (17, False)])
def test_hours_within_a_day(hour: float, inside: bool) -> None:
    assert Hours(from_h=9, until_h=17).contain(hour) is inside


def _rule(content: Any) -> Any:
    return content["rules"][1]  # sharp-to-child


BROKEN: list[tuple[str, Callable[[Any], Any], str]] = [
    ("unknown skill", lambda c: _rule(c)["when"].update(skills=["fetsh"]), "when.skills: unknown skill 'fetsh', did you mean 'fetch'?"),
    ("unknown property", lambda c: _rule(c)["when"].update(object=["shrap"]), "'sharp-to-child': when.object: unknown property 'shrap'"),
    ("unknown held", lambda c: _rule(c)["when"].update(held=["hott"]), "when.held: unknown property 'hott'"),
    ("unknown hazard", lambda c: c["parameters"].update(hazards=["x"]), "parameters.hazards: unknown property 'x'"),
    ("example's skill", lambda c: _rule(c)["examples"]["must"].append({"skill": "fly"}), "'sharp-to-child': examples: unknown skill 'fly'"),
    ("same id twice", lambda c: c["rules"].append(_rule(c)), "rule 'sharp-to-child': the id is used twice"),
    ("unknown key", lambda c: _rule(c).update(verdikt="deny"), "rule 'sharp-to-child'.verdikt: unknown key, did you mean 'verdict'?"),
    ("no such verdict", lambda c: _rule(c).update(verdict="forbid"), "rule 'sharp-to-child'.verdict"),
    ("limit without limits", lambda c: _rule(c).update(verdict="limit"), "verdict 'limit' needs limits"),
    ("deny with limits", lambda c: _rule(c).update(limits={"max_speed_mps": 0.1}), "verdict 'limit' needs limits"),
    ("no example", lambda c: _rule(c)["examples"].update(must=[]), "rule 'sharp-to-child'.examples.must"),
    ("sentence field", lambda c: _rule(c)["say"].update(en="No {objekt}."), "unknown field '{objekt}' in 'No {objekt}.', did you mean"),
    ("unknown target", lambda c: _rule(c)["when"].update(target=["hott"]), "'sharp-to-child': when.target: unknown property 'hott'"),
    ("unknown beside", lambda c: _rule(c)["when"].update(beside=["hott"]), "'sharp-to-child': when.beside: unknown property 'hott'"),
    ("unknown kind of place", lambda c: _rule(c)["when"].update(here=["bath"]), "when.here: unknown kind of place 'bath'"),
    ("unknown destination", lambda c: _rule(c)["when"].update(destination=["stair"]), "when.destination: unknown kind of place 'stair'"),
    ("unknown topic", lambda c: _rule(c)["when"].update(topics=["violins"]), "when.topics: unknown topic 'violins'"),
    ("empty health", lambda c: _rule(c)["when"].update(health={}), "give battery_below, degraded or both"),
    ("no rules", lambda c: c["rules"].clear(), "rules: Tuple should have at least 1 item"),
    ("no skills", lambda c: c["skills"].clear(), "skills: Dictionary should have at least 1 item"),
    ("two groups missing", lambda c: [c["separation"].pop(g) for g in ("unknown", "adult")], "separation: missing adult, unknown"),
    ("no version", lambda c: _rule(c).pop("version"), "rule 'sharp-to-child'.version: Field required"),
    ("confirm without section", lambda c: _rule(c).update(verdict="confirm"), "verdict 'confirm' needs a confirm section"),
    ("deny with confirm", lambda c: _rule(c).update(confirm={"question": {"en": "?"}}), "verdict 'confirm' needs a confirm section"),
    ("confirm without question", lambda c: _rule(c).update(verdict="confirm", confirm={}), "confirm.question.en: missing"),
    ("child confirms", lambda c: _rule(c).update(verdict="confirm", confirm={"by": ["child"]}), "only adult and elderly people may"),
    ("two of a role", lambda c: c["skills"].update(swap={"arguments": {"a": "object", "b": "object"}}), "two arguments have the role"),
    ("override of nothing", lambda c: c.update(override={}), "override: unknown key"),
    ("missing group", lambda c: c["separation"].pop("child"), "separation: missing child"),
    ("too near", lambda c: c["separation"]["adult"].update(approach_keep_m=0.3), "separation.adult.approach_keep_m"),
    ("nothing", lambda c: c.clear(), "name: Field required"),
    ("rules are no list", lambda c: c.update(rules=5), "rules: Input should be a valid tuple"),
    ("rule without id", lambda c: c["rules"][0].pop("id"), "rules.0.id"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "message"), [pytest.param(e, m, id=i) for i, e, m in BROKEN])
def test_a_bad_file_is_refused_with_the_rule_and_the_fix(tmp_path: Path, edit: Callable[[Any], Any], message: str) -> None:
    content = deepcopy(CONTENT)
    edit(content)
    file = tmp_path / "bad.yaml"
    file.write_text(json.dumps(content))  # which is YAML, and soon written
    with pytest.raises(FileError, match=re.escape(message)) as error:
        Rules.load(file, ONTOLOGY)
    assert "bad.yaml" in str(error.value) and "\n" not in str(error.value)


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    text = resolve("safety/rules/home.yaml").read_text(encoding="utf-8")
    (tmp_path / "copy.yaml").write_text(text, encoding="utf-8")
    assert Rules.load(tmp_path / "copy.yaml", ONTOLOGY).hash == HOME.hash
    (tmp_path / "copy.yaml").write_text(text + "\n", encoding="utf-8")
    assert Rules.load(tmp_path / "copy.yaml", ONTOLOGY).hash != HOME.hash


def test_the_verb_checks_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check"]) == 0
    assert f"{len(HOME.rules)} rules" in capsys.readouterr().out
    content = deepcopy(CONTENT)
    _rule(content)["examples"]["must"].append({"skill": "fetch", "object": "apple", "recipient": "child"})
    file = tmp_path / "home.yaml"
    file.write_text(json.dumps(content))  # which is YAML, and soon written
    assert main(["rules", "check", str(file)]) == 1
    assert "example: sharp-to-child: must match" in capsys.readouterr().out
    assert main(["rules", "check", "--json", str(tmp_path / "missing.yaml")]) == 2
    assert "cannot be read" in capsys.readouterr().out
