"""Plays one generated conversation to every stage of the node table in virtual time."""

from __future__ import annotations

import gc
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from robot_runtime.bench.voice_compute import Compute
from robot_runtime.bench.voice_listen import Gathered
from robot_runtime.bench.voice_record import Conversed
from robot_runtime.flow import Flow
from robot_runtime.garbage import spare
from robot_runtime.nodes import Settings
from sim.conversation import Conversation
from sim.conversations import conversations
from sim.director import READY_LIMIT_S
from sim.voice.stage import Staged, staged
from sim.voice.truth import Witness

_AS_ON_A_ROBOT = {"ear": {"prepare": True}}
"""Names are made ready while nobody speaks, which virtual time leaves out by itself."""


def generated(seed: int, number: int) -> Conversation:
    """The ``number``-th conversation of a seed."""
    return list(conversations(seed, number + 1))[number]


def play(seed: int, number: int) -> Conversed:
    """Play the ``number``-th conversation of a seed; all but the computing times is the same every time."""
    return play_one(generated(seed, number))


def play_one(conversation: Conversation) -> Conversed:
    """Play a conversation to its end."""
    prepared = staged(conversation)
    with tempfile.TemporaryDirectory(prefix="robot-runtime-conversation-") as folder:
        file = Path(folder) / "scenario.yaml"
        file.write_text(yaml.safe_dump(prepared.scenario, sort_keys=False, allow_unicode=True), encoding="utf-8")
        return _play(conversation, prepared, file)


def parameters(prepared: Staged) -> dict[str, dict[str, Any]]:
    """Parameters of the nodes that a conversation asks for: where the robot begins, its noise, and truth at the rate of sound."""
    x_m, y_m = prepared.robot.at_m
    return {
        "home": {"seed": prepared.scenario["seed"], "state_period_s": 0.02},
        "navigator": {"initial_pose": [x_m, y_m, prepared.robot.yaw_rad]},
    }


def _play(conversation: Conversation, prepared: Staged, file: Path) -> Conversed:
    settings = Settings.for_simulation(world=conversation.home, scenario=str(file))
    flow = Flow.build(settings, only=lambda node: node.name != "camera", overrides={**parameters(prepared), **_AS_ON_A_ROBOT})
    compute, gathered, witness = Compute(), Gathered(), Witness(conversation, prepared)

    def listen(now_s: float, topic: str, message: Any) -> None:
        gathered.take(compute.out_s(topic), topic, message)
        witness.watch(topic, message)

    flow.watchers.append(compute.stepped)
    flow.listeners.append(listen)
    spare()  # as each process of the robot does (ros/running.py): else computing times hold the collector's
    started_s = time.perf_counter()
    flow.run_until(lambda: gathered.finished, READY_LIMIT_S + float(prepared.scenario["limit_s"]) + 2.0)
    for name in ("voice", "gate"):
        close = getattr(flow.stage(name), "close", None)
        if close is not None:
            close()
    gc.unfreeze()
    return replace(
        conversed(conversation, prepared, gathered, witness, flow.now_s),
        spent_s=dict(compute.spent_s),
        wall_s=time.perf_counter() - started_s,
        virtual_s=flow.now_s,
    )


def conversed(conversation: Conversation, prepared: Staged, gathered: Gathered, witness: Witness, end_s: float) -> Conversed:
    """What was said, beside what was heard of it."""
    spoken = witness.spoken(gathered.ready_s)
    return Conversed(
        conversation.title, conversation.family, gathered.ready_s, end_s, spoken, tuple(gathered.heard), gathered.answers, gathered.stops
    )
