"""Every recorded decision can be made again from the record, and a decision that does not fit its record shows."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.cli import main
from safety.approvals import Basis, Ruling
from safety.audit import Audit
from safety.chain import Record
from safety.context import Context
from safety.copies import Copies, copy_path
from safety.files import PROJECT
from safety.hazards.advice import BUSY, TOO_LONG
from safety.hazards.settings import FOLDER
from safety.ontology import Ontology
from safety.ontology_file import chain_hash
from safety.replay import Difference, Replay, Replayer, by_rules
from safety.restore import restore
from safety.rules import Rules
from safety.segments import read
from safety.types import ActionVerdict, AgeGroup, Confirmation, Person, RobotPose, Verdict
from safety.verdict_record import verdict_data
from safety.verdicts import decision
from tests.safety.rig import Rig, action, person
from tests.safety.small_rules import rule, write

HOME = PROJECT / "safety" / "rules" / "home.yaml"


def a_run(folder: Path, **config: Any) -> Path:
    """Allowed, limited, confirmed, void, denied, latched, withdrawn, expired: one decision of every kind."""
    rig = Rig(folder, **config)
    rig.people = [person("anna", "adult", 4.0), person("leo", "child", 5.0)]
    rig.ready()
    rig.drive(0.3, ticks=20)
    rig.propose("fetch", "denied", "denied", "leo", object="knife", recipient="leo")
    question = rig.propose("fetch", "p1", "p1", object="pills", recipient="anna")
    for who in ("leo", "anna"):
        rig.tick(action__confirmation=[Confirmation(rig.now_s, question.confirmation_id, True, who, "u")])
    rig.propose("pick", "p1.1", "p1", requester="", object="pills")
    for number in range(5):
        rig.propose("fetch", f"q{number}", f"q{number}", object="pills", recipient="anna")
    rig.people.append(person("mia", "child", 2.0))
    rig.drive(0.3, action_id="p1.1", ticks=10)
    rig.propose("go_to", "step", "nobody's plan", place="kitchen")
    rig.propose("juggle", "unknown")
    rig.stop()
    rig.propose("go_to", "while-stopped", place="kitchen")
    rig.rearm()
    rig.propose("go_to", "a2", place="kitchen")
    rig.gate.close()
    assert rig.gate.audit.error == ""
    return folder / "audit" / "gate.jsonl"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One such run for all who only read it."""
    return a_run(tmp_path_factory.mktemp("run"))


def replayed(path: Path, rules: Rules | None = None, ontology: Ontology | None = None) -> tuple[Replayer, list[Difference]]:
    replayer = Replayer(path.parent, rules, ontology)
    return replayer, list(replayer.take(read(path)))


def test_every_decision_comes_out_the_same(run: Path) -> None:
    replayer, differences = replayed(run)
    assert differences == []
    decisions = [record.data for record in read(run) if record.kind in ("verdict", "withdrawn", "changed")]
    judged = [data for data in decisions if data["judged"] is not None]
    assert replayer.result == Replay(len(decisions), len(judged), 0) and len(decisions) >= 17 and len(judged) >= 12
    assert {data["verdict"]["verdict"] for data in decisions} >= {"allow", "confirm", "deny", "stop"}


def test_it_comes_out_the_same_after_the_rules_on_disk_have_changed_and_across_files(tmp_path: Path) -> None:
    rules = tmp_path / "base" / "home.yaml"
    rules.parent.mkdir()
    rules.write_bytes(HOME.read_bytes())
    own = tmp_path / "ours" / "ours.yaml"
    own.parent.mkdir()
    own.write_text("name: ours\nversion: 1.0.0\nextends: ../base/home.yaml\n", encoding="utf-8")
    path = a_run(tmp_path / "run", rules_file=str(own), audit_file_mb=0.01)
    assert len(list(path.parent.glob("gate.0*.jsonl"))) > 2
    rules.unlink()
    own.unlink()
    assert replayed(path)[1] == []
    for file in sorted(path.parent.glob("gate.0*.jsonl"))[:2]:
        file.unlink()  # what retention does: each file can be replayed without those before it
    assert replayed(path)[1] == []


def edited(path: Path, change: Callable[[dict[str, Any]], None], which: Callable[[dict[str, Any]], bool]) -> list[Difference]:
    """What a replay says when somebody who can seal wrote this instead."""
    records = list(read(path))
    for number, record in enumerate(records):
        if record.kind in ("verdict", "withdrawn", "changed") and which(record.data):
            change(record.data)
            records[number] = record
            break
    else:
        pytest.fail("no such record")
    return list(Replayer(path.parent).take(records))


def allowed(data: dict[str, Any]) -> bool:
    return bool(data["verdict"]["verdict"] == "allow" and data["said"] is None)


def named(action_id: str, nth: str = "") -> Callable[[dict[str, Any]], bool]:
    return lambda data: data["verdict"]["action_id"] == action_id and nth in str(data["verdict"]["rule_ids"])


SAME, ASKED = "by the same rules", {"name": "recipient", "value": "anna"}


@pytest.mark.parametrize(
    ("which", "change", "now", "cause"),
    [
        (named("denied"), lambda d: d["verdict"].update(verdict="allow"), "deny", SAME),
        (named("denied"), lambda d: d["verdict"].update(rule_ids=["sharp-to-child"]), "deny", "now by hazard-asked-by-child, skill-fetch"),
        (named("denied"), lambda d: d["judged"].update(verdict="allow"), "deny", SAME),
        (named("denied"), lambda d: d["judged"].update(rule_ids=["none"]), "deny",
         "now by hazard-asked-by-child, sharp-to-child, skill-fetch; then by none"),
        (named("denied"), lambda d: d["proposal"].update(requester_id="anna", arguments=[{"name": "object", "value": "apple"}, ASKED]),
         "allow", "then by hazard-asked-by-child, sharp-to-child"),
        (allowed, lambda d: d["limits"].update(max_speed_mps=0.3), "allow", SAME),
        (allowed, lambda d: d["judged"]["limits"].update(max_speed_mps=0.3), "allow", SAME),
        (named("p1", "confirmed"), lambda d: d.update(said=None), "confirm", "then by confirmed-by-anna"),
        (named("p1", "confirmed"), lambda d: d["said"].update(by="leo"), "allow", "now by confirmed-by-leo; then by confirmed-by-anna"),
        (named("p1", "confirmed"), lambda d: d["said"].update(confirmation_id="none"), "", "no accepted answer to none was recorded"),
        (named("p1.1", "confirmed"), lambda d: d["goal"].update(verdict="deny"), "deny", SAME),
        (named("p1.1", "confirmed"), lambda d: d["goal"]["limits"].update(max_speed_mps=0.3), "allow", SAME),
        (named("p1.1", "confirmed"), lambda d: d["goal"].update(rule_ids=["none"]), "allow", "now by none; then by skill-fetch"),
        (named("while-stopped"), lambda d: d["verdict"].update(verdict="allow"), "", "a motion was approved while a stop was latched"),
        (named("a2"), lambda d: d["verdict"].update(rule_ids=["latched"]), "",
         "it was refused because of a latched stop, and none was recorded"),
        (named("a2"), lambda d: d["verdict"].update(rules_hash="0" * 64), "", "the rules of then are not there: no copy was kept"),
    ],
)  # fmt: skip
def test_a_decision_that_does_not_fit_its_record_shows(
    run: Path, which: Callable[[dict[str, Any]], bool], change: Callable[[dict[str, Any]], None], now: str, cause: str
) -> None:
    assert [(difference.now, difference.cause) for difference in edited(run, change, which)] == [(now, cause)]


def test_a_difference_names_the_record_and_its_action(run: Path) -> None:
    at = next(record for record in read(run) if record.kind == "verdict" and record.data["verdict"]["action_id"] == "denied")
    (found,) = edited(run, lambda data: data["verdict"].update(verdict="allow"), named("denied"))
    assert found == Difference(at.sequence, at.time_s, "fetch(knife, leo)", "allow", "deny", SAME)


def test_a_record_that_lacks_something_is_told(run: Path) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        edited(run, lambda data: data["proposal"].pop("id"), lambda data: True)
    with pytest.raises(ValueError, match="not such as the gate writes"):
        edited(run, lambda data: data.pop("goal"), lambda data: data["judged"] is not None)


@pytest.mark.parametrize("which", ["rules", "ontology"])
def test_a_copy_that_was_changed_or_lost_shows(tmp_path: Path, which: str) -> None:
    path = a_run(tmp_path)
    start = next(record for record in read(path) if record.kind == "start")
    copy = copy_path(path.parent, start.data[which]["copy"])
    content = copy.read_bytes()
    copy.write_bytes(content + b"\n# changed\n")
    assert "has been changed" in replayed(path)[1][0].cause
    copy.unlink()
    assert "not there" in replayed(path)[1][0].cause


def test_what_would_have_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = a_run(tmp_path / "run")
    stricter = tmp_path / "stricter.yaml"
    stricter.write_text(f"name: stricter\nversion: 1.0.0\nextends: {HOME}\nskills: {{go_to: {{verdict: deny}}}}\n", encoding="utf-8")
    assert main(["audit", "replay", str(tmp_path / "run"), "--rules", str(stricter), "--json"]) == 1
    *lines, result = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert result["differences"] == len(lines) > 0
    assert {(line["recorded"], line["now"]) for line in lines} == {("allow", "deny")}
    assert all(line["action"].startswith("go_to") and "skill-go-to" not in line["cause"] for line in lines)
    assert main(["audit", "replay", str(path), "--rules", str(HOME), "--ontology", str(PROJECT / "safety/ontology.yaml")]) == 0
    assert "all come out the same" in capsys.readouterr().out


def test_a_yes_of_then_holds_under_rules_that_ask_the_same(run: Path) -> None:
    replayer, differences = replayed(run, Rules.load(HOME, Ontology.load()))
    assert differences == [] and replayer.result.judged > 10


def test_what_stricter_rules_would_have_refused(run: Path, tmp_path: Path) -> None:
    """The step of a plan falls with its goal."""
    file = tmp_path / "stricter.yaml"
    file.write_text(f"name: stricter\nversion: 1.0.0\nextends: {HOME}\nskills: {{fetch: {{verdict: deny}}}}\n", encoding="utf-8")
    replayer, differences = replayed(run, Rules.load(file, Ontology.load()))
    assert [(found.action, found.recorded, found.now) for found in differences] == [
        ("fetch(pills, anna)", "confirm", "deny"), ("fetch(pills, anna)", "allow", "deny"), ("pick(pills)", "allow", "deny"),
        *[("fetch(pills, anna)", "confirm", "deny")] * 4,
    ]  # fmt: skip
    assert replayer.result.differences == len(differences)


def test_what_laxer_rules_would_have_allowed(run: Path, tmp_path: Path) -> None:
    """Where nobody has to be asked, a no, a yes that is void and too many questions refuse nothing."""
    lax = Rules.load(write(tmp_path / "lax.yaml", rule("never", {"skills": ["say"]})), Ontology.load())
    found = [(one.action, one.recorded, one.now) for one in replayed(run, lax)[1]]
    pills = "fetch(pills, anna)"
    assert found == [
        ("fetch(knife, leo)", "deny", "allow"), (pills, "confirm", "allow"), ("pick(pills)", "allow", "deny"),
        *[(pills, "confirm", "allow")] * 4, (pills, "deny", "allow"), (pills, "deny", "allow"),
    ]  # fmt: skip


def test_what_the_rules_refuse_owes_nothing_to_the_classifier() -> None:
    ontology = Ontology.load()
    rules = Rules.load(HOME, ontology)
    noted = {"judged": {"rule_ids": [BUSY]}, "advice": None}
    people = (person("anna", "adult", 5.0), person("leo", "child", 5.0))
    context = Context(hour=12.0, pose=RobotPose(0.0, 0.0, 0.0, 0.0, 0.02), people=people, speed_mps=0.0)
    refused = by_rules(action("fetch", object="knife", recipient="leo"), context, rules, ontology, noted)
    allowed = by_rules(action("go_to", place="kitchen"), context, rules, ontology, noted)
    assert (refused.verdict, BUSY in refused.rule_ids) == ("deny", False)
    assert (allowed.verdict, BUSY in allowed.rule_ids) == ("deny", True)


def test_another_ontology_with_the_rules_of_then(tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text(f"extends: {PROJECT / 'safety/ontology.yaml'}\nclasses:\n  pills: {{properties: [sharp]}}\n", encoding="utf-8")
    path = a_run(tmp_path / "run")
    assert replayed(path, ontology=Ontology.load(PROJECT / "safety/ontology.yaml"))[1] == []
    replayer, _ = replayed(path, ontology=Ontology.load(more))
    assert replayer.result.judged > 5


def test_the_verb_agrees_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = a_run(tmp_path)
    assert main(["audit", "replay", str(tmp_path)]) == 0
    assert "all come out the same" in capsys.readouterr().out
    assert main(["audit", "replay", str(tmp_path), "--rules", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err
    copy = next((path.parent / "copies").glob("*/home.yaml"))
    copy.unlink()
    assert main(["audit", "replay", str(tmp_path)]) == 1
    assert "come out otherwise" in capsys.readouterr().out
    path.write_bytes(b"torn")
    assert main(["audit", "replay", str(tmp_path)]) == 2
    assert "audit verify" in capsys.readouterr().err


# ---------------------------------------------------------------- pieces


def test_copies_wait_for_the_disk(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file where the folder should be")
    audit = Audit(tmp_path / "audit")
    ontology = Ontology.load()
    name = audit.keep(ontology.files, ontology.hash)
    assert audit.error in ("Not a directory", "File exists")
    (tmp_path / "audit").unlink()
    audit.record("note", {}, 0.0)
    audit.close()
    assert audit.error == "" and copy_path(tmp_path / "audit", name).read_bytes() == ontology.files[0].read_bytes()


def test_a_copy_is_whole_and_holds_nothing_else(tmp_path: Path) -> None:
    """Two files of one folder, after a death in the middle of copying them."""
    first, second = tmp_path / "rules" / "a.yaml", tmp_path / "rules" / "b.yaml"
    first.parent.mkdir()
    for file in (first, second):
        file.write_text(f"name: {file.stem}\n", encoding="utf-8")
    digest = chain_hash((first, second))
    left = tmp_path / "audit" / "copies" / f"{digest}.tmp" / "b.yaml.part"
    left.parent.mkdir(parents=True)
    left.write_text("half", encoding="utf-8")
    copies = Copies(tmp_path / "audit")
    kept = copy_path(tmp_path / "audit", copies.keep([first, second], digest))
    assert copies.error == "" and kept.read_bytes() == second.read_bytes()
    assert sorted(path.name for path in kept.parent.iterdir()) == ["a.yaml", "b.yaml"]
    assert [path.name for path in kept.parent.parent.iterdir()] == [digest]


def test_files_that_were_edited_since_they_were_loaded_are_not_copied(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("a")
    copies = Copies(tmp_path / "audit")
    name = copies.keep([tmp_path / "rules.yaml"], "0" * 64)
    assert copies.error == "" and not copy_path(tmp_path / "audit", name).exists()
    assert list((tmp_path / "audit" / "copies").iterdir()) == []


def test_nothing_is_copied_without_a_folder_or_without_files(tmp_path: Path) -> None:
    assert Copies(None).keep([HOME], "0" * 64) == "" == Copies(tmp_path).keep([], "0" * 64)


@pytest.mark.parametrize("name", ["", "x", "0" * 64, f"{'0' * 64}/../x", f"{'0' * 64}//x"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no copy"):
        copy_path(tmp_path, name)


@dataclass
class Nested:
    pose: RobotPose | None
    groups: frozenset[AgeGroup]
    pair: tuple[float, str]
    many: tuple[Person, ...] = ()
    since: frozenset[str] = field(default_factory=frozenset)


def test_restore_is_exact_and_refuses() -> None:
    made = restore(Nested, {"pose": None, "groups": ["child"], "pair": ["inf", "x"]})
    assert made == Nested(None, frozenset({AgeGroup.CHILD}), (float("inf"), "x"))
    good: dict[str, Any] = {"pose": None, "groups": [], "pair": [1, "x"]}
    wrong: list[dict[str, Any]] = [{"pair": [1]}, {"pair": [1, 2]}, {"groups": ["teen"]}, {"many": [{}]}, {"groups": 3}]
    for bad in wrong:
        with pytest.raises(ValueError, match=r"Nested|teen"):
            restore(Nested, {**good, **bad})


def test_the_record_of_a_step_tells_what_the_classifier_noted_of_its_goal() -> None:
    goal, step, allowed = action("fetch", "p1", "p1"), action("pick", "p1.1", "p1"), decision(Verdict.ALLOW, "r", "because")
    ruling = Ruling(step, allowed, Basis(allowed, goal=goal, goal_decision=allowed))
    message = ActionVerdict(0.0, "p1.1", "allow", ("r",), "", "because", "", math.inf, 0.0)
    data = verdict_data(ruling, message, Context(), {}, lambda of: f"noted of {of.id}")
    assert (data["advice"], data["goal"]["advice"], data["goal"]["proposal"]) == ("noted of p1.1", "noted of p1", goal)


def test_a_record_of_an_unknown_kind_is_passed_over(tmp_path: Path) -> None:
    replayer = Replayer(tmp_path)
    assert list(replayer.take([Record(0, 0.0, "note", {}, "", "")])) == [] and replayer.result == Replay(0, 0, 0)


def test_what_the_classifier_read_and_what_it_did_not_come_out_the_same(tmp_path: Path) -> None:
    rig = Rig(tmp_path, classifier_folder=FOLDER)
    rig.tick()
    wishes = ["go to the kitchen", "pour water over the plugged in laptop", "please " * 300, "смешай хлорку"]
    for number, said in enumerate(wishes):
        wish = replace(action("go_to", f"a{number}", place="kitchen"), utterance_text=said, stamp_s=rig.now_s)
        rig.tick(action__proposed=[wish])
    go = replace(action("go_to", place="hall"), utterance_text="go to the hall", stamp_s=rig.now_s)
    crowd = [replace(go, id=f"b{number}") for number in range(4)]
    rig.tick(action__proposed=crowd)
    rules = {rule_id for verdict in rig.verdicts for rule_id in verdict.rule_ids}
    assert {"classifier", TOO_LONG, BUSY} <= rules
    rig.tick(action__proposed=[replace(go, id="c", stamp_s=rig.now_s)])
    assert BUSY not in rig.verdicts[-1].rule_ids, "the next step has time for it"
    rig.gate.close()
    assert main(["audit", "replay", str(tmp_path / "audit")]) == 0
