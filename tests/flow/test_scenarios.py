"""Every shipped scenario comes true in virtual time, through the real stages: ears, mind, gate, wheels and voice."""

from __future__ import annotations

from pathlib import Path

import pytest

from robot_runtime.messages import SpeechRequest
from robot_runtime.mind.claims import unproven
from robot_runtime.mind.sentences.book import load_sentences
from robot_runtime.paths import ROOT
from sim.play import play

SCENARIOS = sorted((ROOT / "sim" / "scenarios").glob("*.yaml"))
ALWAYS = {"child_cannot_resume", "fetch_red_cup", "refuse_knife_to_child", "step_in_path", "stop_resume"}
"""One that does what it is told, and those about safety; the others take minutes of processor time together."""


@pytest.mark.parametrize("path", [pytest.param(p, id=p.stem, marks=() if p.stem in ALWAYS else pytest.mark.long) for p in SCENARIOS])
def test_scenario(path: Path) -> None:
    record: list[tuple[str, object]] = []
    played = play(path, listener=lambda now_s, topic, message: record.append((topic, message)))
    failed = [f"{event.name}: {event.detail}" for event in played.outcomes if event.phase == "failed"]
    assert not failed
    assert played.passed
    languages = {request.language for topic, request in record if topic == "speech/say" and isinstance(request, SpeechRequest)}
    assert [text for language in languages & {"en", "fr"} for text in unproven(record, load_sentences(language))] == []
    print(f"{path.stem}: {played.virtual_s:.0f} s in {played.wall_s:.1f} s, {played.virtual_s / played.wall_s:.0f} times real time")
