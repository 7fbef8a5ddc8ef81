"""What `rules check` proves: every kind of finding on a file that has it, and its case tried on the gate's own judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safety.analysis import facets as facets_module
from safety.analysis import table as table_module
from safety.analysis.check import check
from safety.analysis.finding import Finding, Report
from safety.analysis.notation import AnalysisError, case_of, joined
from safety.analysis.search import find
from safety.analysis.space import Space
from safety.case import Case
from safety.conditions import When
from safety.match import matches
from safety.ontology import Ontology
from safety.rules import Rules
from tests.safety.small_rules import SKILLS, rule, write

HOME = "safety/rules/home.yaml"
CHILD_GETS_SHARP = {"skills": ["fetch"], "object": ["sharp"], "recipient": ["child"]}


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


@pytest.fixture
def checked(tmp_path: Path, ontology: Ontology) -> Callable[..., Report]:
    """Checks a file of these rules, whose examples are no matter."""

    def run(*rules: dict[str, Any], **changes: Any) -> Report:
        report = check(write(tmp_path / "rules.yaml", *rules, **changes), ontology)
        sound = tuple(finding for finding in report.findings if finding.kind != "example")
        return Report(report.file, report.rules, sound, report.proved)

    return run


def only(report: Report, kind: str) -> Finding:
    found = [finding for finding in report.findings if finding.kind == kind]
    assert len(found) == 1, [str(finding) for finding in report.findings]
    return found[0]


# ---------------------------------------------------------------- shipped files


@pytest.mark.parametrize("file", sorted(Path("safety/rules").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_rules_are_sound(file: Path, ontology: Ontology) -> None:
    report = check(str(file), ontology)
    assert [str(finding) for finding in report.errors] == []
    assert report.proved["rules"] >= 60


def test_home_is_proved_over_many_kinds_of_case(ontology: Ontology) -> None:
    assert Space((Rules.load(HOME, ontology),), ontology).size > 1e9


# ---------------------------------------------------------------- each kind of finding


def test_a_sound_file_has_no_findings(checked: Callable[..., Report]) -> None:
    assert checked(rule("sharp", CHILD_GETS_SHARP)).findings == ()


def test_an_example_that_fails_is_shown(tmp_path: Path, ontology: Ontology) -> None:
    wrong = {"must": [{"skill": "say"}], "must_not": [{"skill": "fetch", "object": "knife", "recipient": "child"}]}
    report = check(write(tmp_path / "rules.yaml", rule("sharp", CHILD_GETS_SHARP, examples=wrong)), ontology)
    texts = [str(finding) for finding in report.errors]
    assert texts[0] == "error: example: sharp: must match, but does not\n    {skill: say}"
    assert texts[1].endswith("{skill: fetch, object: knife, recipient: child}") and "must not match, but does" in texts[1]


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ({"skills": ["say"], "moves": ["base"]}, "nothing fulfils its condition on skills and moves"),
        ({"skills": ["go_to"], "object": ["sharp"]}, "no case fulfils its conditions on skills and object together"),
        ({"object": ["shiny"]}, "nothing fulfils its condition on object"),
    ],
)
def test_a_rule_that_never_holds(when: dict[str, Any], why: str, tmp_path: Path) -> None:
    extended = tmp_path / "ontology.yaml"
    extended.write_text(f"extends: {Path('safety/ontology.yaml').resolve()}\nproperties: {{shiny: nothing is}}\n", encoding="utf-8")
    report = check(write(tmp_path / "rules.yaml", rule("never", when), rule("sharp", CHILD_GETS_SHARP)), Ontology.load(extended))
    assert only(report, "unreachable").text == f"it never holds: {why}"


def test_a_rule_about_what_no_skill_has(checked: Callable[..., Report]) -> None:
    silent = {name: entry for name, entry in SKILLS.items() if name != "say"}
    report = checked(rule("secret", {"topics": ["secret"]}), rule("sharp", CHILD_GETS_SHARP), skills=silent)
    assert only(report, "unreachable").text == "it never holds: nothing fulfils its condition on topics"


def test_a_finding_as_json(checked: Callable[..., Report]) -> None:
    when = {"skills": ["fetch"], "unauthorised": ["recipient"]}
    finding = only(checked(rule("one", when), rule("two", when, say={})), "conflict")
    shown = finding.as_json()
    assert (shown["level"], shown["kind"], shown["rules"]) == ("error", "conflict", ["one", "two"])
    assert shown["cases"] == [{"skill": "fetch", "object": "cup", "recipient": "adult", "unauthorised": ["recipient"]}]


def test_a_rule_that_others_cover_together(checked: Callable[..., Report]) -> None:
    report = checked(
        rule("child", {"skills": ["fetch"], "recipient": ["child"]}),
        rule("grown-up", {"skills": ["fetch"], "recipient": ["adult", "elderly"]}),
        rule("sharp", {"skills": ["fetch"], "object": ["sharp"]}, "limit"),
    )
    finding = only(report, "shadowed")
    assert finding.rules == ("sharp",)
    assert "as much is asked for by child and grown-up (deny)" in finding.text
    assert finding.cases[0]["skill"] == "fetch"


def test_a_rule_that_only_chooses_the_words_is_noted(checked: Callable[..., Report]) -> None:
    special, general = rule("sharp", CHILD_GETS_SHARP), rule("all", {"skills": ["fetch"], "recipient": ["child"]})
    report = checked(special, general)
    assert only(report, "words only").rules == ("sharp",) and not report.errors
    assert only(checked(general, special), "shadowed").rules == ("sharp",)  # now the general one speaks first
    assert only(checked({**special, "say": {}}, general), "shadowed").rules == ("sharp",)  # it has no words


def test_a_limit_counts_field_by_field(checked: Callable[..., Report]) -> None:
    slow = rule("slow", {"moves": ["base"]}, "limit", limits={"max_speed_mps": 0.2})
    report = checked(slow, rule("turn", {"skills": ["go_to"]}, "limit", limits={"max_speed_mps": 0.5, "max_turn_radps": 0.5}))
    assert not report.errors
    report = checked(slow, rule("faster", {"skills": ["go_to"]}, "limit", limits={"max_speed_mps": 0.5}, say={}))
    assert only(report, "shadowed").rules == ("faster",)


def test_there_are_people_with_and_without_authority_attention_and_a_name(checked: Callable[..., Report]) -> None:
    report = checked(
        rule("stranger", {"skills": ["fetch"], "stranger": True}, "stop"),
        rule("anybody", {"skills": ["fetch"], "unauthorised": ["recipient"]}),
        rule("dreamer", {"skills": ["fetch"], "inattentive": ["recipient"]}),
        rule("sure", {"skills": ["fetch"]}, "confirm"),
    )
    assert [str(finding) for finding in report.findings] == []


def test_who_may_confirm_counts_too(checked: Callable[..., Report]) -> None:
    def confirm(**who: Any) -> dict[str, Any]:
        return {"question": {"en": "Shall I?"}, **who}

    wide = rule("wide", {"skills": ["fetch"]}, "confirm", confirm=confirm(by=["adult", "elderly"], authorised=False))
    narrow = rule("narrow", {"skills": ["fetch"], "object": ["sharp"]}, "confirm", confirm=confirm(by=["adult"], authorised=False))
    listed = rule("listed", {"skills": ["fetch"], "object": ["hot"]}, "confirm", confirm=confirm(by=["adult", "elderly"]))
    assert not checked(wide, narrow, listed).errors
    assert only(checked(wide, {**narrow, "confirm": wide["confirm"], "say": {}}), "shadowed").rules == ("narrow",)


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ([rule("one", CHILD_GETS_SHARP), rule("two", CHILD_GETS_SHARP, "limit")], "same cases and differ in verdict, limits and say"),
        ([rule("still", {"moves": ["base"]}, "limit", limits={"max_speed_mps": 0})], "max_speed_mps 0 lets an allowed action stand still"),
        (
            [
                rule("a", {"skills": ["fetch"]}, "confirm", confirm={"by": ["adult"], "question": {"en": "?"}}),
                rule("b", {"object": ["hot"]}, "confirm", confirm={"by": ["elderly"], "authorised": False, "question": {"en": "?"}}),
            ],
            "nobody is left who may confirm",
        ),
        (
            [rule("old", {"skills": ["fetch"]}, "confirm", confirm={"by": ["elderly"], "question": {"en": "?"}})],
            "nobody is left who may confirm",
        ),
    ],
)  # fmt: skip
def test_conflicts(rules: list[dict[str, Any]], text: str, checked: Callable[..., Report]) -> None:
    assert text in only(checked(*rules), "conflict").text


def test_what_is_denied_anyway_needs_nobody_who_may_confirm(checked: Callable[..., Report]) -> None:
    old = rule("old", {"skills": ["fetch"], "object": ["hot"]}, "confirm", confirm={"by": ["elderly"], "question": {"en": "?"}})
    for verdict in ("deny", "stop"):
        assert "conflict" not in {finding.kind for finding in checked(old, rule("all", {"skills": ["fetch"]}, verdict)).findings}


def test_twins_that_say_the_same_are_shadowed_not_conflicting(checked: Callable[..., Report]) -> None:
    one, two = rule("one", CHILD_GETS_SHARP), rule("two", CHILD_GETS_SHARP, say={"en": "No, one."})
    assert [finding.kind for finding in checked(one, two).errors] == ["shadowed"]


@pytest.mark.parametrize(
    ("when", "before", "after"),
    [
        ({"skills": ["fetch"], "recipient": ["adult"]}, {"recipient": "adult"}, {"recipient": "elderly"}),
        ({"skills": ["fetch"], "object_known": True}, {"object": "cup"}, {"object": "cup + frobnicator"}),
        ({"moves": ["base"], "near": {"age_groups": ["elderly"], "within_m": 2}}, {"near": {"elderly": 2.0}}, {"near": {"unknown": 2.0}}),
        ({"skills": ["approach"], "stranger": False}, {}, {"stranger": True}),
        ({"skills": ["go_to"], "requester": ["elderly"]}, {"requester": "elderly"}, {"requester": "unknown"}),
    ],
)
def test_more_danger_must_not_loosen(
    when: dict[str, Any], before: dict[str, Any], after: dict[str, Any], checked: Callable[..., Report]
) -> None:
    finding = only(checked(rule("odd", when), rule("other", {"skills": ["say"]})), "not monotone")
    assert finding.text == "verdict deny is lost by a step to more danger: deny → allow"
    for case, part in zip(finding.cases, (before, after), strict=True):
        assert part.items() <= dict(case).items()


def test_a_grown_up_who_comes_near_may_end_what_waits_for_one(checked: Callable[..., Report]) -> None:
    alone = rule("alone", {"skills": ["put"], "unsupervised": {"within_m": 3}})
    assert checked(alone).findings == ()
    both = rule("both", {"skills": ["put"], "unsupervised": {"within_m": 3}, "near": {"age_groups": ["adult"], "within_m": 5}})
    finding = only(checked(alone, both), "shadowed")  # whoever is not within 3 m is what both ask for
    assert finding.rules == ("both",)


def test_a_skill_that_is_always_denied_is_noted(checked: Callable[..., Report]) -> None:
    report = checked(rule("sharp", CHILD_GETS_SHARP), skills={**SKILLS, "say": {**SKILLS["say"], "verdict": "deny"}})
    assert only(report, "never allowed").rules == ("skill-say",) and not report.errors


def test_a_call_that_cannot_be_judged_is_not_total(checked: Callable[..., Report], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("no")

    monkeypatch.setattr("safety.analysis.totality.judge", broken)
    texts = [finding.text for finding in checked(rule("sharp", CHILD_GETS_SHARP)).errors]
    assert set(texts) == {"judging it fails: ZeroDivisionError: no"} and len(texts) == 3 * len(SKILLS) + 1


def test_a_call_that_is_judged_too_mildly_is_not_total(checked: Callable[..., Report], monkeypatch: pytest.MonkeyPatch) -> None:
    from safety.semantic import Judged
    from safety.types import Verdict
    from safety.verdicts import decision

    monkeypatch.setattr("safety.analysis.totality.judge", lambda *_: Judged(decision(Verdict.ALLOW, "x", "x")))
    texts = [str(finding) for finding in checked(rule("sharp", CHILD_GETS_SHARP)).errors]
    assert any("skill go_to(place, another)" in text and "milder than 'deny'" in text for text in texts)


# ---------------------------------------------------------------- what the proofs stand on


def test_every_condition_is_known_or_refused(monkeypatch: pytest.MonkeyPatch, checked: Callable[..., Report]) -> None:
    assert facets_module.LOOKS.keys() == When.model_fields.keys()
    monkeypatch.delitem(facets_module.LOOKS, "health")
    with pytest.raises(AnalysisError, match="condition 'health' of rules is unknown to the analysis"):
        checked(rule("sharp", CHILD_GETS_SHARP))


def test_an_ontology_that_knows_everything_is_refused(monkeypatch: pytest.MonkeyPatch, checked: Callable[..., Report]) -> None:
    monkeypatch.setattr(facets_module, "UNKNOWN_NAMES", ("knife",))
    with pytest.raises(AnalysisError, match="the ontology knows every one of knife"):
        checked(rule("sharp", CHILD_GETS_SHARP))


def test_a_wrong_idea_of_where_a_condition_looks_is_noticed(monkeypatch: pytest.MonkeyPatch, checked: Callable[..., Report]) -> None:
    monkeypatch.setitem(facets_module.LOOKS, "here", facets_module.Looks(always=("here",)))  # it looks at stale inputs too
    with pytest.raises(AnalysisError, match="the analysis and the matcher disagree about odd"):
        checked(rule("odd", {"here": ["stairs"]}), rule("other", {"stale": ["world/facts"]}))


def test_a_condition_that_is_neither_any_of_nor_all_of_is_refused(monkeypatch: pytest.MonkeyPatch, checked: Callable[..., Report]) -> None:
    def odd(when: When, case: Case) -> str | None:
        """A child, unless an elderly person is there too."""
        groups = {somebody.group.value for somebody in case.near}
        asked = {group.value for group in when.near.age_groups} if when.near else set()
        return "odd" if asked & groups and not ("child" in asked and "elderly" in groups) else None

    monkeypatch.setattr("safety.analysis.probe.matches", odd)
    with pytest.raises(AnalysisError, match="condition 'near' holds neither by any of both nor by both only"):
        checked(*(rule(f"near-{group}", {"near": {"age_groups": [group], "within_m": 2}}) for group in ("child", "elderly")))


def test_too_many_kinds_are_refused(monkeypatch: pytest.MonkeyPatch, checked: Callable[..., Report]) -> None:
    monkeypatch.setattr(table_module, "MOST_VALUES", 1)
    with pytest.raises(AnalysisError, match="more than 1 kinds of value"):
        checked(rule("sharp", CHILD_GETS_SHARP))


def test_examples_must_describe_what_the_gate_builds(monkeypatch: pytest.MonkeyPatch, checked: Callable[..., Report]) -> None:
    monkeypatch.setattr("safety.analysis.calls.example_case", lambda example, rules, ontology: case_of({"skill": "say"}, rules, ontology))
    with pytest.raises(AnalysisError, match=r"an example has \[\], the gate's case \['object'\]"):
        checked(rule("sharp", CHILD_GETS_SHARP))


def test_no_case_at_all_contradicts_a_proof(ontology: Ontology) -> None:
    """Random cases of the shipped rules: whenever the search says that there is no such case, this is none."""
    space = Space((Rules.load(HOME, ontology),), ontology)
    chance = np.random.default_rng(7)
    rules = [index for index, column in enumerate(space.columns) if column.rule is not None]
    for _ in range(150):
        parts = list(space.shapes)[int(chance.integers(len(space.shapes)))]
        values = [space.values(name, parts) for name in space.facets]
        case = joined(*(some[int(chance.integers(len(some)))].fragment for some in values))
        holding = [i for i in space.matching(case) if i in rules]
        others = [i for i in rules if i not in holding]
        for index in holding[:2]:
            found = find(space, (index,), others)
            assert found is not None, f"{space.columns[index].id} holds without the others in {case}"
            there = set(space.matching(found.fragment))
            assert index in there and not there & set(others)


def test_what_a_case_shows_is_what_the_matcher_says(ontology: Ontology) -> None:
    rules = Rules.load(HOME, ontology)
    space = Space((rules,), ontology)
    for index, column in enumerate(space.columns):
        if column.rule is not None:
            found = find(space, (index,))
            assert found is not None and matches(column.when, case_of(found.fragment, rules, space.ontology)), column.id


def test_examples_and_rules_are_counted(checked: Callable[..., Report]) -> None:
    near: dict[str, Any] = {"skill": "say"}
    one = rule("one", {"skills": ["say"]}, "allow", examples={"must": [near, near], "must_not": [{"skill": "go_to"}]})
    assert checked(one).proved["examples"] == 3


def test_a_rule_for_every_motion_and_rules_for_charges_that_lie_close_together_matter(checked: Callable[..., Report]) -> None:
    moving = rule("moving", {"skills": ["say"], "faster_than_mps": 0})
    low = [rule(f"below-{charge * 1000:g}", {"skills": ["say"], "health": {"battery_below": charge}}, how)
           for charge, how in ((0.2, "confirm"), (0.195, "deny"))]  # fmt: skip
    assert checked(moving, *low, rule("sharp", CHILD_GETS_SHARP)).findings == ()
