"""A stage for directors: scenes whose truth is written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from robot_runtime.messages import ActionStatus, ActionVerdict, Argument, ProposedAction, SafetyState, SimState, SpeechState, Utterance
from robot_runtime.stage import Outbox
from sim.description import load_home
from sim.mjcf import surfaces
from sim.scene import Scene
from sim.truth import Truth

HOME = "sim/homes/family_home"
TICK_S = 0.05


@dataclass
class Stagehand:
    """Moves the robot, people and things between ticks, and writes the messages that a robot would publish."""

    consumer: Callable[[dict[str, list[Any]], float], Any]
    now_s: float = 0.0
    robot: tuple[float, float, float] = (4.0, 3.0, 0.0)
    people: dict[str, tuple[float, float]] = field(default_factory=lambda: {"anna": (1.0, 1.0), "leo": (4.0, 1.0), "rose": (2.0, 3.0)})
    objects: dict[str, tuple[float, float, float]] = field(default_factory=lambda: {"red_cup": (2.6, 5.87, 0.8), "knife": (1.8, 7.5, 0.91)})
    holders: dict[str, str] = field(default_factory=dict)
    speaking: tuple[str, ...] = ()
    mode: str = "running"
    drive_mps: float = 0.0  # along x
    inbox: dict[str, list[Any]] = field(default_factory=dict)
    published: Outbox = field(default_factory=list)

    def truth(self, state: SimState) -> Truth:
        return Truth(state.stamp_s, self.robot, dict(self.people), dict(self.objects), dict(self.holders), self.speaking)

    def send(self, topic: str, *messages: Any) -> None:
        self.inbox.setdefault(topic, []).extend(messages)

    def tick(self, count: int = 1) -> Outbox:
        """Let time pass; returns what was published meanwhile."""
        news: Outbox = []
        for _ in range(count):
            x, y, yaw = self.robot
            self.robot = (x + self.drive_mps * TICK_S, y, yaw)
            self.send("sim/state", SimState(self.now_s, (), (), (), self.speaking, ()))
            self.send("safety/state", SafetyState(self.now_s, self.mode, (), 0.8, 1.0, 1.0, 0.0, 0.0))
            inbox, self.inbox = self.inbox, {}
            news += self.consumer(inbox, self.now_s) or []
            self.now_s = round(self.now_s + TICK_S, 6)
        self.published += news
        return news

    def run(self, seconds: float) -> Outbox:
        return self.tick(round(seconds / TICK_S))

    # ------------------------------------------------------------ what a robot publishes

    def robot_says(self, text: str, phases: Iterable[str] = ("started", "finished")) -> None:
        self.send("speech/state", *(SpeechState(self.now_s, "r", phase, text, 1.0, 150.0) for phase in phases))

    def hears(self, text: str, intent: str, speaker: str) -> None:
        self.send("speech/heard", Utterance(self.now_s, "u", text, intent, (), 0.9, self.now_s - 1, self.now_s, speaker, "en", "test"))

    def proposes(self, skill: str, *values: str, action_id: str = "a1") -> None:
        arguments = tuple(Argument(f"argument{i}", value) for i, value in enumerate(values))
        self.send("action/proposed", ProposedAction(self.now_s, action_id, action_id, skill, arguments, "u", "words", "anna"))

    def judges(self, verdict: str, action_id: str = "a1", reason: str = "because") -> None:
        self.send("action/verdict", ActionVerdict(self.now_s, action_id, verdict, ("rule",), "hash", reason, "", 0.5, 1.0))

    def reports(self, skill: str, phase: str, detail: str = "") -> None:
        self.send("action/status", ActionStatus(self.now_s, "a1", "p1", skill, phase, detail))


@dataclass
class SceneStage(Stagehand):
    """A stagehand with a scene of its own."""

    scene: Scene = field(init=False)

    def __post_init__(self) -> None:
        home = load_home(HOME)
        self.scene = Scene(home, surfaces(home), self.truth)


@pytest.fixture
def stage() -> SceneStage:
    made = SceneStage(consumer=lambda inbox, now_s: made.scene.take(inbox, now_s))
    return made
