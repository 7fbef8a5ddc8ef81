"""Rule files that extend others: what they change, and that nothing becomes looser unnoticed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from safety.conditions import Health, Hours, Nearby, Unsupervised, When
from safety.files import FileError, resolve
from safety.ontology import Ontology
from safety.rule_file import as_safe, covers, rule_as_safe, skill_as_safe
from safety.rules import Confirm, Rules, Sentence
from safety.types import AgeGroup, Verdict
from safety.verdicts import Limits
from tests.safety.small_rules import rule, write

ONTOLOGY = Ontology.load()
HOME = Rules.load("safety/rules/home.yaml", ONTOLOGY)
NEW_RULE = {
    "id": "no-balls", "version": 1, "why": "They roll.", "source": "incident class: trip", "verdict": "deny",
    "when": {"skills": ["pick"], "object": ["toy"]}, "say": {"en": "No.", "fr": "Non."},
    "examples": {"must": [{"skill": "pick", "object": "ball"}], "must_not": [{"skill": "pick", "object": "book"}]},
}  # fmt: skip


def extended(folder: Path, name: str = "mine.yaml", base: str = "", **changes: Any) -> Rules:
    home = str(resolve("safety/rules/home.yaml").resolve())
    content = {"name": "mine", "version": "1.0.0", "extends": base or home, **changes}
    (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return Rules.load(folder / name, ONTOLOGY)


def test_an_extending_file_that_changes_nothing_is_its_base_with_another_hash(tmp_path: Path) -> None:
    rules = extended(tmp_path)
    assert (rules.rules, rules.skills, rules.parameters, rules.separation) == (HOME.rules, HOME.skills, HOME.parameters, HOME.separation)
    assert (rules.name, rules.about, rules.loosened) == ("mine", "", ())
    assert [file.name for file in rules.files] == ["home.yaml", "mine.yaml"]
    assert rules.hash != HOME.hash


def test_the_hash_covers_every_file_of_the_chain(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_bytes(resolve("safety/rules/home.yaml").read_bytes())
    before = extended(tmp_path, base="base.yaml").hash
    with (tmp_path / "base.yaml").open("a") as file:
        file.write("# one more line\n")
    assert Rules.load(tmp_path / "mine.yaml", ONTOLOGY).hash != before


def test_a_third_file_extends_the_second(tmp_path: Path) -> None:
    extended(tmp_path, rules=[NEW_RULE])
    third = extended(tmp_path, "third.yaml", base="mine.yaml", override={"no-balls": {"version": 2, "why": "They bounce."}})
    assert third.by_id["no-balls"].why == "They bounce."
    assert [file.name for file in third.files] == ["home.yaml", "mine.yaml", "third.yaml"]


def test_new_rules_and_tighter_ones_need_no_reason(tmp_path: Path) -> None:
    rules = extended(
        tmp_path,
        rules=[NEW_RULE],
        override={
            "medicine-handover": {"version": 3, "verdict": "deny"},
            "night-slow": {
                "version": 2,
                "limits": {"max_speed_mps": 0.2},
                "when": {"moves": ["base"], "hours": {"from_h": 21, "until_h": 7}},
            },
            "allergen-to-child": {"version": 2, "confirm": {"by": ["adult"], "question": {"en": "Safe?", "fr": "Sûr ?"}}},
        },
        parameters={"min_age_confidence": 0.8, "rearm_age_groups": ["adult"], "authorised": ["anna"]},
        separation={"child": {"keep_m": 1.0, "near_speed_mps": 0.2}},
        skills={"fetch": {"verdict": "deny"}},
    )
    assert rules.loosened == ()
    assert rules.by_id["medicine-handover"].verdict == Verdict.DENY
    assert rules.by_id["medicine-handover"].confirm is None
    assert rules.by_id["medicine-handover"].when == HOME.by_id["medicine-handover"].when
    assert rules.rules[-1].id == "no-balls"
    assert (rules.separation[AgeGroup.CHILD].keep_m, rules.separation[AgeGroup.CHILD].near_m) == (1.0, 2.2)
    assert rules.parameters.authorised == {"anna"}
    assert rules.skills["fetch"].arguments == HOME.skills["fetch"].arguments


LOOSER: list[tuple[str, dict[str, Any], str]] = [
    ("milder verdict", {"override": {"sharp-to-child": {"version": 2, "verdict": "limit", "limits": {"max_speed_mps": 0.1}}}},
     "override.sharp-to-child"),
    ("fewer properties", {"override": {"living-not-carried": {"version": 4, "when": {"skills": ["pick"], "object": ["living"]}}}},
     "override.living-not-carried"),
    ("one more condition",
     {"override": {"insulting-speech": {"version": 2, "when": {"skills": ["say"], "topics": ["insult"], "requester": ["adult"]}}}},
     "override.insulting-speech"),
    ("higher limit", {"override": {"night-slow": {"version": 2, "limits": {"max_speed_mps": 0.5}}}}, "override.night-slow"),
    ("who asked may confirm",
     {"override": {"medicine-asked-without-authority": {
         "version": 2, "confirm": {"by": ["adult", "elderly"], "authorised": False, "question": {"en": "?"}}}}},
     "override.medicine-asked-without-authority"),
    ("more people may confirm",
     {"override": {"medicine-handover": {"version": 3, "confirm": {"by": ["adult", "elderly"], "question": {"en": "?"}}}}},
     "override.medicine-handover"),
    ("no authority needed",
     {"override": {"medicine-handover": {"version": 3, "confirm": {"authorised": False, "question": {"en": "?"}}}}},
     "override.medicine-handover"),
    ("shorter hours", {"override": {"night-slow": {"version": 2, "when": {"moves": ["base"], "hours": {"from_h": 23, "until_h": 6}}}}},
     "override.night-slow"),
    ("less confidence", {"parameters": {"rearm_confidence": 0.5}}, "parameters.rearm_confidence"),
    ("fewer hazards", {"parameters": {"hazards": ["sharp"]}}, "parameters.hazards"),
    ("children lift stops", {"parameters": {"rearm_age_groups": ["child", "adult"]}}, "parameters.rearm_age_groups"),
    ("nearer", {"separation": {"child": {"keep_m": 0.5}}}, "separation.child.keep_m"),
    ("faster", {"separation": {"adult": {"approach_speed_mps": 0.25}}}, "separation.adult.approach_speed_mps"),
    ("new skill", {"skills": {"juggle": {"arguments": {"object": "object"}, "moves": ["arm"]}}}, "skills.juggle"),
    ("skill moves more", {"skills": {"find": {"moves": ["base", "head", "arm"]}}}, "skills.find"),
    ("skill approaches", {"skills": {"find": {"approaches": True}}}, "skills.find"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "what"), [pytest.param(c, w, id=i) for i, c, w in LOOSER])
def test_what_may_be_looser_has_to_say_why_and_is_listed(tmp_path: Path, changes: dict[str, Any], what: str) -> None:
    with pytest.raises(FileError, match=re.escape(f"mine.yaml: {what}: may allow more than before; say why in 'because'")):
        extended(tmp_path, **changes)
    (section, entry), *_ = changes.items()
    reasoned = {**entry, "because": "We know."} if section == "parameters" else {k: {**v, "because": "We know."} for k, v in entry.items()}
    changed: dict[str, Any] = {section: reasoned}
    (loosening,) = extended(tmp_path, **changed).loosened
    assert (loosening.what, loosening.because) == (what, "We know.")
    assert loosening.file.endswith("mine.yaml")


def test_a_rule_goes_only_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"remove\.night-slow: may allow more"):
        extended(tmp_path, remove={"night-slow": " "})
    rules = extended(tmp_path, remove={"night-slow": "This home is lit all night."})
    assert "night-slow" not in rules.by_id
    assert [(entry.what, entry.because) for entry in rules.loosened] == [("remove.night-slow", "This home is lit all night.")]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("reason for nothing", {"parameters": {"min_age_confidence": 0.9, "because": "x"}},
     "parameters: allows no more than before; take 'because' out"),
    ("old version", {"override": {"night-slow": {"version": 1, "why": "x"}}}, "override.night-slow.version"),
    ("same version", {"override": {"medicine-handover": {"version": 2, "why": "x"}}}, "version: must be higher than 2"),
    ("unknown rule", {"override": {"nite-slow": {"version": 2}}},
     "override.nite-slow: the extended file has no such rule, did you mean 'night-slow'?"),
    ("unknown rule removed", {"remove": {"nite-slow": "x"}}, "remove.nite-slow: the extended file has no such rule"),
    ("id of the base", {"rules": [{**NEW_RULE, "id": "night-slow"}]}, "rule 'night-slow': the id is used twice"),
    ("unknown key", {"overide": {}}, "overide: unknown key, did you mean 'override'?"),
    ("unknown number", {"separation": {"child": {"keep": 2}}}, "separation.child.keep: unknown key"),
    ("beyond the range", {"separation": {"child": {"keep_m": 50}}}, "keep_m: Input should be less than or equal to 5"),
    ("verdict without limits", {"override": {"sharp-to-child": {"version": 2, "verdict": "limit"}}}, "verdict 'limit' needs limits"),
    ("unknown property", {"override": {"night-slow": {"version": 2, "when": {"held": ["hott"]}, "because": "x"}}},
     "unknown property 'hott'"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), [pytest.param(c, m, id=i) for i, c, m in WRONG])
def test_a_wrong_change_is_refused_with_its_place(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FileError, match=re.escape(message)) as error:
        extended(tmp_path, **changes)
    assert "mine.yaml" in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_extends_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"mine\.yaml → mine\.yaml has no end"):
        extended(tmp_path, base="mine.yaml")
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
    with pytest.raises(FileError, match=r"a\.yaml → b\.yaml → a\.yaml has no end"):
        Rules.load(tmp_path / "a.yaml", ONTOLOGY)


def test_a_file_that_extends_none_has_nothing_to_override(tmp_path: Path) -> None:
    content = {**yaml.safe_load(resolve("safety/rules/home.yaml").read_text(encoding="utf-8")), "extends": ""}
    (tmp_path / "home.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    assert len(Rules.load(tmp_path / "home.yaml", ONTOLOGY).rules) == len(HOME.rules)
    (tmp_path / "home.yaml").write_text(yaml.safe_dump({**content, "remove": {"night-slow": "x"}}), encoding="utf-8")
    with pytest.raises(FileError, match="remove: unknown key"):
        Rules.load(tmp_path / "home.yaml", ONTOLOGY)


def test_the_least_that_a_file_may_hold_and_for_which_skills_its_rule_holds(tmp_path: Path) -> None:
    file, one = tmp_path / "least.yaml", [{"skill": "say"}]
    cases: list[tuple[dict[str, Any], list[str]]] = [({"moves": ["base"]}, ["say", ""]), ({"skills": ["say"]}, ["say"])]
    for when, skills in cases:
        write(file, rule("one", when, examples={"must": one, "must_not": one}), skills={"say": {"arguments": {"text": "text"}}})
        rules = Rules.load(file, ONTOLOGY)
        assert [name for name in ("say", "") if rules.for_skill(name)] == skills


CHILD, ADULT = frozenset({AgeGroup.CHILD}), frozenset({AgeGroup.ADULT})


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        (When(), When(skills=frozenset({"a"})), True),
        (When(skills=frozenset({"a"})), When(), False),
        (When(skills=frozenset({"a", "b"})), When(skills=frozenset({"a"})), True),
        (When(near=Nearby(age_groups=CHILD | ADULT, within_m=2)), When(near=Nearby(age_groups=CHILD, within_m=1)), True),
        (When(near=Nearby(age_groups=CHILD, within_m=2)), When(near=Nearby(age_groups=CHILD | ADULT, within_m=1)), False),
        (When(near=Nearby(age_groups=CHILD, within_m=1)), When(near=Nearby(age_groups=CHILD, within_m=2)), False),
        (When(unsupervised=Unsupervised(within_m=1)), When(unsupervised=Unsupervised(within_m=2)), True),
        (When(unsupervised=Unsupervised(within_m=2)), When(unsupervised=Unsupervised(within_m=1)), False),
        (When(hours=Hours(from_h=21, until_h=7)), When(hours=Hours(from_h=22, until_h=6)), True),
        (When(hours=Hours(from_h=22, until_h=6)), When(hours=Hours(from_h=21, until_h=6)), False),
        (When(hours=Hours(from_h=8, until_h=20)), When(hours=Hours(from_h=22, until_h=6)), False),
        (When(hours=Hours(from_h=22, until_h=6)), When(hours=Hours(from_h=1, until_h=5)), True),
        (When(hours=Hours(from_h=22, until_h=6)), When(hours=Hours(from_h=1, until_h=6)), True),
        (When(health=Health(battery_below=0.3)), When(health=Health(battery_below=0.2)), True),
        (When(health=Health(battery_below=0.2)), When(health=Health(battery_below=0.3)), False),
        (When(health=Health(degraded=frozenset({"arm"}))), When(health=Health(battery_below=0.3)), False),
        (When(faster_than_mps=0.2), When(faster_than_mps=0.3), True),
        (When(faster_than_mps=0.3), When(faster_than_mps=0.2), False),
        (When(stranger=True), When(stranger=False), False),
        (When(hours=Hours(from_h=22, until_h=6)), When(hours=Hours(from_h=22, until_h=7)), False),
        (When(hours=Hours(from_h=1, until_h=5)), When(hours=Hours(from_h=22, until_h=6)), False),
        (When(health=Health(battery_below=0.2)), When(health=Health(degraded=frozenset({"arm"}))), False),
        (When(health=Health(battery_below=0.2, degraded=frozenset({"arm"}))), When(health=Health(degraded=frozenset({"arm"}))), True),
        (When(health=Health(battery_below=0.2)), When(health=Health(battery_below=0.2, degraded=frozenset({"arm"}))), False),
        (When(health=Health(degraded=frozenset({"arm"}))), When(health=Health(degraded=frozenset({"arm"}))), True),
    ],
)  # fmt: skip
def test_a_condition_covers_another_one(wide: When, narrow: When, expected: bool) -> None:
    assert covers(wide, narrow) is expected
    assert covers(narrow, narrow)


ANNA, BOTH = frozenset({"anna"}), frozenset({"anna", "bob"})


@pytest.mark.parametrize(
    ("safe", "tight", "loose"),
    [("more", 2.0, 1.0), ("less", 1.0, 2.0), ("subset", ANNA, BOTH), ("superset", BOTH, ANNA), ("people", ANNA, BOTH),
     ("people", BOTH, frozenset())],
)  # fmt: skip
def test_a_number_or_a_list_may_stay_or_get_tighter(safe: str, tight: Any, loose: Any) -> None:
    assert as_safe(loose, tight, safe) and as_safe(tight, tight, safe) and as_safe(loose, loose, safe)
    assert not as_safe(tight, loose, safe)


def test_other_people_with_authority_are_not_fewer() -> None:
    assert not as_safe(ANNA, frozenset({"bob"}), "people")


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, True), ({"verdict": "confirm"}, True), ({"verdict": "allow"}, False), ({"approaches": False}, True), ({"moves": ["arm"]}, False),
     ({"moves": ["arm", "base", "head"]}, False), ({"arguments": {"thing": "object"}}, False)],
)  # fmt: skip
def test_a_known_skill_is_only_judged_harder(change: dict[str, Any], expected: bool) -> None:
    skill: dict[str, Any] = {"arguments": {"who": "person"}, "moves": ["arm", "base"], "approaches": True, "verdict": "limit"}
    assert skill_as_safe(skill, {**skill, **change}) is expected


@pytest.mark.parametrize(("verdict", "expected"), [("allow", False), ("limit", False), ("confirm", False), ("deny", True), ("stop", True)])
def test_a_new_skill_that_is_denied_allows_nothing_new(verdict: str, expected: bool) -> None:
    assert skill_as_safe(None, {"verdict": verdict}) is expected


def _confirm(**who: Any) -> dict[str, Any]:
    return {"verdict": Verdict.CONFIRM, "confirm": Confirm(question=Sentence(en="?"), **who)}


def _limit(**limits: float) -> dict[str, Any]:
    return {"verdict": Verdict.LIMIT, "limits": Limits(**limits)}


GROWN_UPS = frozenset({AgeGroup.ADULT, AgeGroup.ELDERLY})


@pytest.mark.parametrize(
    ("loose", "tight"),
    [
        (_limit(max_speed_mps=0.3), _limit(max_speed_mps=0.2)),
        (_limit(max_speed_mps=0.3), _limit(max_speed_mps=0.3, keep_distance_m=1.0)),
        (_limit(max_speed_mps=0.3), _confirm()),
        (_confirm(by=GROWN_UPS), _confirm(by=ADULT)),
        (_confirm(authorised=False), _confirm()),
        (_confirm(), _confirm(by_another=True)),
        (_confirm(), {"verdict": Verdict.DENY}),
        ({"verdict": Verdict.DENY}, {"verdict": Verdict.STOP}),
    ],
)
def test_a_rule_may_stay_or_ask_for_more(loose: dict[str, Any], tight: dict[str, Any]) -> None:
    before, after = (HOME.by_id["sharp-to-child"].model_copy(update=change) for change in (loose, tight))
    assert rule_as_safe(before, after) and rule_as_safe(before, before) and rule_as_safe(after, after)
    assert not rule_as_safe(after, before)
    assert not rule_as_safe(before, after.model_copy(update={"when": When(skills=frozenset({"say"}))}))


def test_a_reason_is_kept_without_the_space_around_it(tmp_path: Path) -> None:
    (loosening,) = extended(tmp_path, remove={"night-slow": " It is lit. \n"}).loosened
    assert loosening.because == "It is lit."


def test_who_may_confirm_satisfies_every_rule_that_asks(tmp_path: Path) -> None:
    by = HOME.confirmation(["things-on-the-floor", "heavy-put-high", "night-slow"])
    assert by is not None and by.by == {AgeGroup.ADULT} and not by.authorised
    assert by.question.en == HOME.by_id["heavy-put-high"].confirm.question.en  # type: ignore[union-attr]  # it asks, or this fails
    another = HOME.confirmation(["things-on-the-floor", "medicine-asked-without-authority"])
    assert another is not None and another.by_another and not by.by_another
    strict = HOME.confirmation(["things-on-the-floor", "medicine-handover"])
    assert strict is not None and strict.by == {AgeGroup.ADULT} and strict.authorised
    assert HOME.confirmation(["night-slow", "no-such-rule"]) is None
