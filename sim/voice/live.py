"""What the graph in its processes needs to play a generated conversation, and what was said in its recording."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from robot_runtime.bench.voice_listen import Gathered
from robot_runtime.bench.voice_record import Conversed
from robot_runtime.config import read_params
from robot_runtime.nodes import Settings
from sim.conversation import Conversation
from sim.voice.play import conversed, generated, parameters
from sim.voice.stage import Staged, staged
from sim.voice.truth import Witness


@dataclass(frozen=True)
class Live:
    scenario_file: str
    params_file: str
    home: str
    limit_s: float
    conversation: Conversation
    prepared: Staged

    def conversed(self, messages: Iterable[tuple[float, str, Any]]) -> Conversed:
        """A recording, as (time of receipt, topic, message), beside what was said in it."""
        gathered, witness = Gathered(), Witness(self.conversation, self.prepared)
        end_s = 0.0
        for end_s, topic, message in sorted(messages, key=lambda entry: entry[0]):
            gathered.take(end_s, topic, message)
            witness.watch(topic, message)
        return conversed(self.conversation, self.prepared, gathered, witness, end_s)


def prepare(seed: int, number: int, folder: Path) -> Live:
    """Write the files of one conversation into a folder."""
    conversation = generated(seed, number)
    prepared = staged(conversation)
    scenario, params = folder / "scenario.yaml", folder / "params.yaml"
    scenario.write_text(yaml.safe_dump(prepared.scenario, sort_keys=False, allow_unicode=True), encoding="utf-8")
    values = read_params(Settings.for_simulation().params_file)
    for node, own in parameters(prepared).items():
        values[node] = {**values.get(node, {}), **own}
    content = {node: {"ros__parameters": own} for node, own in values.items()}
    params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return Live(str(scenario), str(params), conversation.home, float(prepared.scenario["limit_s"]), conversation, prepared)
