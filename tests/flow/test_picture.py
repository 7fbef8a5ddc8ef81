"""A picture in a whole home: asked for, agreed to by a grown-up, announced, kept, and gone when the person wants to be forgotten."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from robot_runtime.flow import Flow
from robot_runtime.messages import ActionVerdict, Argument, PictureKept, SpeechState, Utterance
from robot_runtime.nodes import Settings
from robot_runtime.paths import ROOT
from robot_runtime.world.album import Album


class Home:
    """The graph in virtual time, but for its voice; the camera shows a file, and nobody needs sound to speak."""

    def __init__(self, folder: Path) -> None:
        self.memory = folder / "world.sqlite"
        cv2.imwrite(str(folder / "view.png"), np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8))
        settings = Settings.for_simulation(
            camera=f"file:{folder / 'view.png'}", params_file=str(ROOT / "tests/faults/home.yaml"), world="sim/homes/family_home"
        )
        memory = {"memory_file": str(self.memory)}
        overrides = {"world": memory, "shutter": memory}
        self.flow = Flow.build(settings, only=lambda node: node.process not in ("voice", "watch"), overrides=overrides)
        self.log: list[tuple[str, Any]] = []
        self.flow.listeners.append(self._listen)
        self.flow.run_for(1.0)

    def _listen(self, now_s: float, topic: str, message: Any) -> None:
        self.log.append((topic, message))
        if topic == "speech/say":
            self.flow.inject("speech/state", SpeechState(now_s, message.id, "finished", message.text, 0.5, 150.0))

    def hear(self, who: str, intent: str, **slots: str) -> Home:
        now_s = self.flow.now_s
        given = tuple(Argument(name, value) for name, value in slots.items())
        self.flow.inject("speech/heard", Utterance(now_s, f"u{now_s}", intent, intent, given, 1.0, now_s, now_s, who, "en", "test"))
        return self

    def until_said(self, words: str) -> Home:
        assert self.flow.run_until(lambda: any(words in text for text in self.said), 8.0), self.said
        return self

    @property
    def said(self) -> list[str]:
        return [message.text for topic, message in self.log if topic == "speech/say"]

    @property
    def kept(self) -> list[PictureKept]:
        return [message for topic, message in self.log if topic == "camera/kept"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_picture_is_agreed_to_kept_and_forgotten(home: Home) -> None:
    album = Album(home.memory)
    home.hear("anna", "take_picture", person="me").until_said("Do you all agree?")
    home.hear("leo", "yes").until_said("Only a grown-up")
    assert not any("picture now" in text for text in home.said) and not album.entries()
    home.hear("anna", "yes").until_said("I take the picture now").until_said("I have taken the picture.")
    (kept,) = home.kept
    assert hashlib.sha256((album.folder / kept.file).read_bytes()).hexdigest() == kept.sha256
    assert (kept.asked_by, kept.consented_by) == ("anna", ("anna",)) and "anna" in kept.in_view
    asked = [message.rule_ids for topic, message in home.log if topic == "action/verdict" and isinstance(message, ActionVerdict)]
    assert any("picture-of-people" in rules for rules in asked)

    home.hear("anna", "forget", person="me").until_said("Shall I forget")
    home.hear("anna", "yes").until_said("forgotten")
    assert list(album.folder.iterdir()) == []
    home.flow.stage("world").close()
