"""Rule files that change while the gate runs: taken over whole, between two steps, or not at all."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from safety.files import FileError
from safety.policy import Policy, changes, load_policy
from safety.reload import LOOSER_S, REST_S, RETRY_BAD_S, SETTLE_S, News, Reload, _resting, _Rests
from safety.types import ReloadRequest, RulesState
from tests.safety.rig import Rig
from tests.safety.small_rules import rule, write

ONTOLOGY = "safety/ontology.yaml"
GO = {"must": [{"skill": "go_to"}], "must_not": [{"skill": "say"}]}
SLOW = rule("slow", {"skills": ["go_to"]}, "limit", limits={"max_speed_mps": 0.2}, examples=GO)
NEVER = rule("never", {"skills": ["go_to"]}, "deny", examples=GO)
TURN = rule("turn", {"skills": ["go_to"]}, "limit", limits={"max_turn_radps": 0.5}, examples=GO)


class Watched:
    """A reload of a small file, looked at every second."""

    def __init__(self, file: Path) -> None:
        self.file = file
        write(file, SLOW)
        self.loads = 0
        self.reload = Reload(load_policy(str(file), ONTOLOGY), self.load, 1.0)
        self.now_s = 0.0
        self.reload.step(0.0)

    def load(self) -> Policy:
        self.loads += 1
        return load_policy(str(self.file), ONTOLOGY)

    def look(self, after_s: float = 1.0, *, asked: bool = False) -> News | None:
        """One look at the files, and what came of it."""
        self.now_s += after_s
        self.reload.step(self.now_s, asked=asked)
        self.reload.wait()
        return self.reload.step(self.now_s + 0.02)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "rules.yaml")


# ---------------------------------------------------------------- what a look brings


def test_files_that_stay_are_left_alone(watched: Watched) -> None:
    assert [watched.look() for _ in range(3)] == [None] * 3 and watched.loads == 0


def test_a_change_counts_when_it_has_settled(watched: Watched) -> None:
    write(watched.file, NEVER)
    assert watched.look() is None and watched.loads == 1
    news = watched.look()
    assert news is not None and news.policy is not None and not news.error
    assert [rule.id for rule in news.policy.rules.rules] == ["never"]
    assert news.changes == "may be looser: rule slow is gone; tighter: new rule never"
    assert [watched.look() for _ in range(3)] == [None] * 3 and watched.loads == 1


def test_a_file_that_is_being_written_is_waited_for(watched: Watched) -> None:
    for speed in (0.1, 0.11, 0.12):
        write(watched.file, {**SLOW, "limits": {"max_speed_mps": speed}})
        assert watched.look() is None
    assert watched.look() is not None and watched.loads == 3


def test_what_only_tightens_counts_at_the_second_look(watched: Watched) -> None:
    write(watched.file, SLOW, TURN)
    assert watched.look() is None
    news = watched.look(SETTLE_S + 0.02)
    assert news is not None and news.policy is not None and news.changes == "tighter: new rule turn"


@pytest.mark.parametrize("rules", [(NEVER,), ({**SLOW, "limits": {"max_speed_mps": 0.3}},)], ids=["a rule is gone", "faster"])
def test_what_may_be_looser_has_to_stay_for_longer(watched: Watched, rules: tuple[dict[str, object], ...]) -> None:
    """A file cut off between two rules is sound, and allows more."""
    write(watched.file, *rules)
    assert watched.look() is None
    assert watched.look(LOOSER_S - 0.1) is None
    assert watched.look(0.15) is not None and watched.loads == 1


@pytest.mark.parametrize(("rules", "stays_s"), [((SLOW, TURN), 0.1), ((NEVER,), 1.0)], ids=["tighter", "perhaps looser"])
def test_how_long_files_have_to_stay(watched: Watched, rules: tuple[dict[str, object], ...], stays_s: float) -> None:
    write(watched.file, *rules)
    assert [watched.reload._looked(now_s, False) for now_s in (0.0, 0.0, stays_s - 0.01)] == [None] * 3
    news = watched.reload._looked(stays_s, False)
    assert news is not None and news.policy is not None and watched.loads == 1


def test_files_have_to_stay_anew_after_a_clock_that_went_back(watched: Watched) -> None:
    write(watched.file, NEVER)
    assert [watched.reload._looked(now_s, False) for now_s in (50.0, 10.0, 10.9)] == [None] * 3 and watched.loads == 2
    assert watched.reload._looked(11.0, False) is not None and watched.loads == 2


def test_a_bad_file_is_told_when_it_has_stayed_and_tried_again_after_ten_seconds(watched: Watched) -> None:
    watched.file.write_text("rules: [", encoding="utf-8")
    assert [watched.reload._looked(now_s, False) for now_s in (0.0, 0.09)] == [None, None] and watched.loads == 2
    for now_s, loads in ((0.1, 3), (10.1, 4)):
        with pytest.raises(FileError, match="not valid YAML"):
            watched.reload._looked(now_s, False)
        assert [watched.reload._looked(now_s + later_s, False) for later_s in (0.1, 9.9)] == [None, None]
        assert watched.loads == loads


def test_half_a_file_is_no_error(watched: Watched) -> None:
    whole = write_text(watched.file, SLOW, TURN)
    watched.file.write_text(whole[: whole.index("verdict: limit")], encoding="utf-8")
    assert watched.look() is None
    watched.file.write_text(whole, encoding="utf-8")
    assert watched.look() is None
    news = watched.look()
    assert news is not None and news.error == "" and news.policy is not None


def write_text(file: Path, *rules: dict[str, object]) -> str:
    write(file, *rules)
    return file.read_text(encoding="utf-8")


def test_the_next_look_at_a_change_comes_soon(watched: Watched) -> None:
    write(watched.file, SLOW, TURN)
    assert watched.look() is None
    for _ in range(6):
        watched.now_s += 0.02
        assert watched.reload.step(watched.now_s) is None
        watched.reload.wait()
    watched.now_s += 0.02
    assert watched.reload.step(watched.now_s) is not None


def test_who_asks_does_not_wait(watched: Watched) -> None:
    write(watched.file, NEVER)
    news = watched.look(asked=True)
    assert news is not None and news.policy is not None
    assert watched.look(asked=True) == News(None, "", "")  # nothing is new, and that is an answer


def test_a_request_during_a_look_is_not_lost(watched: Watched) -> None:
    write(watched.file, NEVER)
    thread = _Alive()
    watched.reload._thread = cast("threading.Thread", thread)
    assert watched.reload.step(0.5, asked=True) is None
    thread.alive = False
    watched.reload.step(0.6)
    watched.reload.wait()
    news = watched.reload.step(0.7)
    assert news is not None and news.policy is not None


class _Alive:
    alive = True

    def is_alive(self) -> bool:
        return self.alive


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda file: file.write_text("rules: [", encoding="utf-8"), "not valid YAML"),
        (lambda file: write(file, {**SLOW, "verdict": "perhaps"}), "rule 'slow'.verdict"),
        (lambda file: write(file, {**SLOW, "examples": {**GO, "must": [{"skill": "say"}]}}), "must match, but does not"),
        (lambda file: file.unlink(), "cannot be read"),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_once_and_changes_nothing(spoil: Callable[[Path], object], why: str, watched: Watched) -> None:
    in_force = watched.reload._policy
    sound = watched.file.read_text(encoding="utf-8")
    spoil(watched.file)
    told = [news for _ in range(5) if (news := watched.look()) is not None]
    assert len(told) == 1 and told[0].policy is None and why in told[0].error
    assert watched.reload.error == told[0].error and watched.reload._policy is in_force and watched.loads <= 2
    watched.file.write_text(sound, encoding="utf-8")
    assert watched.look() == News(None, "", "") and watched.reload.error == ""


def test_a_bad_file_is_tried_again_as_what_it_extends_may_be_mended(watched: Watched, tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    watched.file.write_text("name: more\nversion: '2'\nextends: base.yaml\n", encoding="utf-8")
    assert watched.look() is None
    news = watched.look()
    assert news is not None and "base.yaml" in news.error
    write(base, NEVER)
    watched.now_s += RETRY_BAD_S
    news = watched.look()
    assert news is not None and news.policy is not None and news.policy.rules.name == "more"
    write(base, SLOW)  # what it extends is watched too, now
    assert watched.look() is None and watched.look() is not None


def test_a_file_that_changes_while_it_is_read_is_read_again(watched: Watched) -> None:
    load = watched.reload._load

    def slow_load() -> Policy:
        policy = load()
        write(watched.file, SLOW, TURN)
        return policy

    watched.reload._load = slow_load
    write(watched.file, NEVER)
    assert [watched.look() for _ in range(2)] == [None] * 2 and watched.loads == 2
    news = watched.look()
    assert news is not None and news.policy is not None and [r.id for r in news.policy.rules.rules] == ["slow", "turn"]


def test_a_defect_of_the_loader_ends_nothing(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Policy:
        raise RecursionError("deep")

    load, watched.reload._load = watched.reload._load, broken
    write(watched.file, NEVER)
    watched.look()
    news = watched.look()
    assert news is not None and news.error == "internal error: RecursionError: deep" and "RecursionError" in caplog.text
    assert watched.reload._thread is not None and watched.reload._thread.daemon, "nor does it keep the process from ending"
    watched.reload._load = load
    news = watched.look(asked=True)
    assert news is not None and news.policy is not None


def test_a_clock_that_goes_back_does_not_end_the_watching(watched: Watched) -> None:
    watched.look()
    watched.now_s = -100.0
    write(watched.file, NEVER)
    assert any(watched.look() for _ in range(4))


def test_zero_seconds_means_only_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    write(file, SLOW)
    reload = Reload(load_policy(str(file), ONTOLOGY), lambda: load_policy(str(file), ONTOLOGY), 0.0)
    write(file, NEVER)
    for now_s in (0.0, 10.0, 20.0):
        assert reload.step(now_s) is None
        reload.wait()
    reload.step(30.0, asked=True)
    reload.wait()
    assert reload.step(30.0) is not None


def test_an_ontology_is_watched_as_well(tmp_path: Path) -> None:
    rules, ontology = tmp_path / "rules.yaml", tmp_path / "things.yaml"
    write(rules, SLOW)
    ontology.write_text(f"extends: {Path(ONTOLOGY).resolve()}\n", encoding="utf-8")
    before = load_policy(str(rules), str(ontology))
    ontology.write_text(f"extends: {Path(ONTOLOGY).resolve()}\nclasses: {{gizmo: {{properties: [hot]}}}}\n", encoding="utf-8")
    assert before.hashes_now() != before.hashes
    assert changes(before, load_policy(str(rules), str(ontology))) == "the ontology has changed"


def test_a_load_lets_others_run(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr("safety.reload.time.sleep", rests.append)
    write(watched.file, *({**TURN, "id": f"turn-{n}"} for n in range(40)))
    assert watched.look(asked=True) is not None
    assert len(rests) > 20 and set(rests) == {REST_S}


def test_a_load_rests_when_it_has_worked_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    asked, before = itertools.count(), sys.getprofile()
    monkeypatch.setattr("safety.reload.WORK_S", 1.0)
    monkeypatch.setattr("safety.reload.time.perf_counter", lambda: next(asked) / 4)
    monkeypatch.setattr("safety.reload.time.sleep", rests.append)
    with _resting():
        assert not gc.isenabled()
        for number in range(100):
            abs(number)
    monkeypatch.undo()
    assert sys.getprofile() is before
    assert len(rests) == (next(asked) - 1) // 6 > 10  # four quarters are not longer than one, five are; then the clock is read again


def test_it_rests_by_the_clock_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    clock_s = iter((0.0, 0.9, 1.1, 1.2, 2.1, 2.3, 2.4))
    monkeypatch.setattr("safety.reload.WORK_S", 1.0)
    monkeypatch.setattr("safety.reload.time.perf_counter", lambda: next(clock_s))
    monkeypatch.setattr("safety.reload.time.sleep", rests.append)
    rest = _Rests()
    counts = []
    for _ in range(4):
        rest("call")
        counts.append(len(rests))
    monkeypatch.undo()
    assert counts == [0, 1, 1, 2]


def test_what_is_written_between_reading_and_use_is_read_again(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    write(watched.file, NEVER)
    assert watched.look() is None and watched.loads == 1
    real = Policy.hashes_now
    asked: list[tuple[str, str]] = []

    def changing(self: Policy) -> tuple[str, str]:
        asked.append(real(self))
        return asked[-1] if len(asked) != 2 else ("other", "other")  # the second question is the one before it is used

    monkeypatch.setattr(Policy, "hashes_now", changing)
    assert watched.look() is None
    monkeypatch.undo()
    news = watched.look()
    news = news or watched.look()
    assert news is not None and news.policy is not None


def test_a_load_leaves_the_interpreter_as_it_was(watched: Watched) -> None:
    interval_s = sys.getswitchinterval()
    for collecting in (True, False):
        (gc.enable if collecting else gc.disable)()
        write(watched.file, TURN if collecting else NEVER)
        assert watched.look(asked=True) is not None
        assert gc.isenabled() is collecting and sys.getswitchinterval() == interval_s
        assert gc.get_freeze_count() > 0, "what is alive now is not looked through again"
        gc.unfreeze()
    gc.enable()


# ---------------------------------------------------------------- what changes


def test_changes_in_words(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"

    def loaded(*rules: dict[str, object], **more: object) -> Policy:
        write(file, *rules, **more)
        return load_policy(str(file), ONTOLOGY)

    before = loaded(SLOW, TURN)
    assert changes(before, loaded(TURN, {**SLOW, "why": "other words"})) == "nothing that matters has changed"
    assert changes(before, loaded({**SLOW, "limits": {"max_speed_mps": 0.1}}, TURN)) == "tighter: rule slow"
    assert changes(before, loaded({**SLOW, "limits": {"max_speed_mps": 0.3}}, TURN)) == "may be looser: rule slow"
    skills = {"go_to": {"arguments": {"place": "place"}}, "say": {"arguments": {"text": "text"}}, "wave": {}}
    told = changes(before, loaded(SLOW, TURN, skills=skills))
    assert told.startswith("may be looser: new skill wave, skills.go_to; tighter: skill ")
    many = [{**TURN, "id": f"turn-{n}"} for n in range(12)]
    assert changes(before, loaded(SLOW, TURN, *many)).endswith(" and 4 more")
    assert changes(before, loaded(SLOW, TURN, *many[:8])).endswith(", new rule turn-7")


# ---------------------------------------------------------------- in the gate


class _Driven:
    """A gate that drives by a rule file of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "rules.yaml"
        write(self.file, TURN)
        self.rig = Rig(folder, rules_file=str(self.file), reload_s=0.5)
        self.rig.tick()
        assert self.rig.propose("go_to", place="kitchen").verdict == "limit"
        self.rig.drive(0.5, ticks=50)

    def swap(self, *rules: dict[str, object], ticks: int = 60) -> list[float]:
        """Write other rules and drive on; the speed of every tick."""
        write(self.file, *rules)
        speeds = []
        for _ in range(ticks):
            speeds.append(self.rig.drive(0.5).linear_mps)
            self.rig.gate._reload.wait()  # as if a look took no time
        return speeds

    @property
    def said(self) -> list[RulesState]:
        return [message for _, topic, message in self.rig.seen if topic == "safety/rules"]


@pytest.fixture
def driven(tmp_path: Path) -> _Driven:
    return _Driven(tmp_path)


def test_the_rules_in_force_are_announced_at_the_start(driven: _Driven) -> None:
    [state] = driven.said
    assert (state.name, state.version, state.changes, state.error) == ("small", "1", "", "")
    assert (state.hash, state.ontology_hash, state.loaded_s) == (driven.rig.gate._rules.hash, driven.rig.gate._ontology.hash, 0.0)


def test_a_swap_in_mid_motion_stops_what_is_denied_now(driven: _Driven) -> None:
    assert driven.rig.velocity.linear_mps > 0.4
    speeds = driven.swap(TURN, NEVER)
    swapped = next(i for i, speed in enumerate(speeds) if speed == 0.0)
    assert all(speed > 0.4 for speed in speeds[:swapped]) and set(speeds[swapped:]) == {0.0}
    verdict = driven.rig.verdicts[-1]
    assert (verdict.action_id, verdict.verdict, verdict.rule_ids) == ("a1", "deny", ("never", "skill-go-to", "turn"))
    state = driven.said[-1]
    assert state.changes == "tighter: new rule never" and state.hash == verdict.rules_hash == driven.rig.gate._rules.hash
    assert state.loaded_s == state.stamp_s == verdict.stamp_s  # in the step that put them in force


def test_a_swap_in_mid_motion_slows_down_to_a_new_limit(driven: _Driven) -> None:
    assert driven.swap(TURN, SLOW)[-1] == pytest.approx(0.2)
    assert driven.rig.mode == "running"


def test_a_swap_is_recorded_with_both_hashes(driven: _Driven) -> None:
    before = driven.rig.gate._rules.hash
    driven.swap(TURN, SLOW)
    [record] = driven.rig.records("rules")
    data = record["data"]
    assert data["before"] == [before, driven.rig.gate._ontology.hash] and data["rules"]["hash"] == driven.rig.gate._rules.hash != before
    assert (data["changes"], data["error"]) == ("tighter: new rule slow", "") and data["rules"]["copy"]


def test_a_bad_file_in_mid_motion_changes_nothing_and_says_so(driven: _Driven) -> None:
    before = driven.rig.gate._rules.hash
    driven.file.write_text("rules: [", encoding="utf-8")
    for _ in range(60):
        assert driven.rig.drive(0.5).linear_mps > 0.4
        driven.rig.gate._reload.wait()
    assert driven.said[-1].hash == before and "not valid YAML" in driven.said[-1].error
    assert "not valid YAML" in driven.rig.records("rules")[0]["data"]["error"]
    problem, figures = driven.rig.gate.diagnose()
    assert problem.startswith("changed rules are not in force: ") and figures["rules_hash"] == before
    driven.swap(TURN)
    assert driven.said[-1].error == "" and driven.rig.gate.diagnose()[0] == ""


def test_the_service_takes_changed_files_over_at_once(driven: _Driven) -> None:
    driven.rig.gate._reload.wait()  # a look that is going on is not the one that was asked for: that one follows
    write(driven.file, NEVER)
    driven.rig.drive(0.5, service__reload=[ReloadRequest(driven.rig.now_s)])
    driven.rig.gate._reload.wait()
    assert driven.rig.drive(0.5).linear_mps == 0.0


def test_who_may_lift_a_stop_follows_the_rules(driven: _Driven) -> None:
    driven.swap(TURN, ticks=1)
    driven.rig.stop()
    parameters = {"hazards": ["sharp"], "rearm_age_groups": ["elderly"]}
    write(driven.file, TURN, parameters=parameters)
    for _ in range(60):
        driven.rig.tick()
        driven.rig.gate._reload.wait()
    driven.rig.rearm("anna")
    driven.rig.tick()
    assert driven.rig.mode == "rearm_required" and driven.rig.gate._stops._parameters.rearm_age_groups == {"elderly"}


def test_after_a_reset_the_rules_are_announced_again(driven: _Driven) -> None:
    driven.rig.gate.reset()
    driven.rig.tick()
    assert len(driven.said) == 2 and driven.said[0].hash == driven.said[1].hash


def test_a_gate_does_not_start_with_rules_whose_examples_fail(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    write(file, {**SLOW, "examples": {"must": [{"skill": "say"}], "must_not": [{"skill": "say"}]}})
    with pytest.raises(FileError, match=r"rule 'slow': example .* must match, but does not"):
        Rig(rules_file=os.fspath(file))
