"""Where the head turns while people talk: to who speaks, aside while thinking, a nod; never past the gate, never in the way."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest

from robot_runtime.messages import ProposedAction, SafetyMode, SpeechState, SpeechStyle, Utterance, VoiceDirection
from tests.unit.mind_rig import Rig, allow, write_site

STYLE = SpeechStyle(
    0.0, "leo", "child", 160.0, 1.0, 1.0, 0.3, 1.0, 0.3, "", 0.9, backchannel="nod", nod_interval_s=4.0, gaze_listening_ratio=0.75,
    gaze_speaking_ratio=0.4, gaze_hold_s=3.0,
)  # fmt: skip
LEO_DEG = 34  # seen from the base


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path), style=STYLE).run(0.5)


def talk(rig: Rig, seconds: float, bearing_rad: float = math.nan) -> None:
    for _ in range(round(seconds / 0.1)):
        rig.send("audio/direction", VoiceDirection(rig.now_s, "base_link", bearing_rad, 0.1, -30.0)).run(0.1)


def speak(rig: Rig, phase: str) -> None:
    rig.send("speech/state", SpeechState(rig.now_s, "s1", phase, "Hello.", 0.0, math.nan))


def pans(rig: Rig) -> list[float]:
    proposed = [dict(zip(p.names, p.positions, strict=True)) for p in rig.sent("joints/proposed")]
    return [round(math.degrees(targets["head_pan"])) for targets in proposed if "head_pan" in targets]


def tilts(rig: Rig) -> list[float]:
    return [p.positions[p.names.index("head_tilt")] for p in rig.sent("joints/proposed") if "head_tilt" in p.names]


def test_the_head_turns_to_who_speaks_as_an_action_and_back_for_their_share_of_the_time(rig: Rig) -> None:
    talk(rig, 8.0)
    assert rig.proposed[:2] == [f"attend({LEO_DEG})"] * 2, "the goal and its step pass the gate"
    looks = [k for k, text in enumerate(rig.statuses("attend")) if text == "attend running"]
    assert len(looks) >= 2
    headed = pans(rig)
    assert headed[0] == LEO_DEG and 0 in headed, "after a look it looks ahead"


def test_looks_take_the_share_of_the_time_that_the_style_says(rig: Rig) -> None:
    at_person = 0.0
    for _ in range(600):
        talk(rig, 0.1)
        at_person += 0.1 * (abs(rig.joints["head_pan"] - math.radians(LEO_DEG)) < 0.1)
    assert at_person / 60 == pytest.approx(0.75, abs=0.1)


def test_while_the_robot_speaks_it_looks_at_them_less(rig: Rig) -> None:
    speak(rig, "started")
    at_person = 0.0
    for _ in range(600):
        rig.run(0.1)
        at_person += 0.1 * (abs(rig.joints["head_pan"] - math.radians(LEO_DEG)) < 0.1)
    assert at_person / 60 == pytest.approx(0.4, abs=0.1)


def test_it_nods_in_a_pause_of_who_has_spoken_for_a_while_and_not_too_often(rig: Rig) -> None:
    talk(rig, 2.0)
    assert "nod" not in " ".join(rig.proposed)
    rig.run(0.35)
    assert f"nod({LEO_DEG})" in rig.proposed
    for _ in range(12):
        talk(rig, 2.0)
        rig.run(0.35)
    nods_s = sorted(
        {
            message.stamp_s
            for message in rig.sent("action/status")
            if (message.skill, message.phase) == ("nod", "running") and "." in message.action_id
        }
    )
    assert len(nods_s) >= 3
    assert min(later - earlier for earlier, later in itertools.pairwise(nods_s)) >= 4.0 - 0.2
    assert max(tilts(rig)) == pytest.approx(rig.mind._config.rest_tilt_rad + rig.mind._config.nod_rad)


def test_who_is_not_to_be_nodded_to_is_not(tmp_path: Path) -> None:
    rig = Rig(write_site(tmp_path), style=replace(STYLE, backchannel="none")).run(0.5)
    for _ in range(5):
        talk(rig, 2.0)
        rig.run(0.35)
    assert not any(text.startswith("nod") for text in rig.proposed)


def test_it_looks_aside_when_an_answer_takes_long_and_once_only(rig: Rig) -> None:
    rig.send("speech/heard", Utterance(rig.now_s, "u1", "", "", (), 0.1, 0.0, rig.now_s, "leo", "en", "test", "turn"))
    rig.voice_speaks = False
    rig.run(3.0)
    asides = [text for text in rig.proposed if text.startswith("attend")]
    assert len(set(asides)) == 1 and asides[0] in ("attend(17)", "attend(51)")


def test_an_answer_at_once_needs_no_look_aside(rig: Rig) -> None:
    rig.hear("describe", speaker="leo")
    rig.run(0.2)
    speak(rig, "started")
    rig.run(0.3)
    assert not any(text in ("attend(17)", "attend(51)") for text in rig.proposed)


def test_what_is_to_be_done_goes_first(rig: Rig) -> None:
    talk(rig, 0.5)
    assert rig.statuses("attend")[-1] == "attend running"
    rig.drive_s = 5.0
    rig.hear("go_to", speaker="anna", place="kitchen")
    rig.run(0.5)
    assert "attend cancelled" in rig.statuses("attend")
    before = len(rig.proposed)
    talk(rig, 2.0)
    assert not any(text.startswith(("attend", "nod")) for text in rig.proposed[before:]), "who drives looks where it goes"


@pytest.mark.parametrize("mode", [SafetyMode.REARM_REQUIRED.value, SafetyMode.PROTECTIVE_STOP.value, SafetyMode.STARTING.value])
def test_while_the_gate_holds_the_robot_still_the_head_is_still(rig: Rig, mode: str) -> None:
    rig.mode = mode
    rig.run(0.2)
    before = len(rig.proposed)
    talk(rig, 5.0)
    assert rig.proposed[before:] == []


def test_a_refusal_is_respected_for_a_while(tmp_path: Path) -> None:
    def deny(action: ProposedAction) -> tuple[str, str, float] | None:
        return ("deny", "", math.nan) if action.skill in ("attend", "nod") else allow(action)

    rig = Rig(write_site(tmp_path), judge=deny, style=STYLE).run(0.5)
    talk(rig, 8.0)
    assert rig.proposed == [f"attend({LEO_DEG})"]
    assert pans(rig) == [] and rig.said == []


@pytest.mark.parametrize("person", ["", "nobody"])
def test_nobody_in_particular_is_not_looked_at(tmp_path: Path, person: str) -> None:
    rig = Rig(write_site(tmp_path), style=replace(STYLE, person_id=person)).run(0.5)
    talk(rig, 5.0)
    assert rig.proposed == []


def test_without_the_position_of_the_head_nothing_moves(rig: Rig) -> None:
    del rig.joints["head_pan"]
    rig.run(0.2)
    talk(rig, 3.0)
    assert rig.proposed == []


def test_a_nod_leaves_the_head_where_it_looks_and_the_look_then_ends_ahead(rig: Rig) -> None:
    talk(rig, 2.0)
    rig.run(0.4)
    assert any(text.startswith("nod") for text in rig.proposed)
    assert set(pans(rig)) == {LEO_DEG}
    rig.run(8.0)
    assert rig.statuses("nod")[-1] == "nod succeeded"
    assert abs(rig.joints["head_pan"]) < 0.05
