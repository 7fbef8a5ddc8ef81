"""The virtual-time runner: order within a tick, rates, triggers, crashes, and that nothing depends on the wall clock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.flow import TICK_S, Flow
from robot_runtime.nodes import Node, Settings
from robot_runtime.stage import Inbox, Outbox


class Probe:
    """Remembers its steps and answers as told."""

    def __init__(self, says: Sequence[tuple[str, Any]] = (), echo: tuple[str, str] | None = None) -> None:
        self.says, self.echo = list(says), echo
        self.steps: list[tuple[float, dict[str, list[Any]]]] = []

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self.steps.append((round(now_s, 6), {topic: list(messages) for topic, messages in inbox.items()}))
        heard = [(self.echo[1], message) for message in inbox.get(self.echo[0], ())] if self.echo else []
        return [*self.says, *heard]

    def reset(self) -> None:
        self.steps.clear()


def row(
    name: str, inputs: Sequence[str] = (), outputs: Sequence[str] = (), rate_hz: float | None = None, trigger: Sequence[str] = ()
) -> Node:
    return Node(name, "mind", "nowhere:Nothing", tuple(inputs), tuple(outputs), rate_hz, tuple(trigger))


def test_a_message_reaches_nodes_further_down_in_the_same_tick_and_further_up_in_the_next() -> None:
    above, source, below = Probe(), Probe(says=[("x", 1)]), Probe()
    flow = Flow(
        [(row("above", ["x"], rate_hz=50), above), (row("source", [], ["x"], rate_hz=50), source), (row("below", ["x"], rate_hz=50), below)]
    )
    flow.run_for(2 * TICK_S)
    assert [inbox for _, inbox in below.steps] == [{"x": [1]}, {"x": [1]}]
    assert [inbox for _, inbox in above.steps] == [{}, {"x": [1]}]


def test_messages_wait_for_a_slow_reader_oldest_first() -> None:
    slow = Probe()
    flow = Flow([(row("slow", ["x"], rate_hz=10), slow)])
    flow.tick()
    for number in range(3):
        flow.inject("x", number)
        flow.tick()
    flow.run_for(0.1)
    assert [inbox for _, inbox in slow.steps] == [{}, {"x": [0, 1, 2]}]


@pytest.mark.parametrize(("rate_hz", "steps"), [(50, 500), (20, 200), (10, 100), (5, 50), (30, 300)])
def test_rates_hold_over_ten_seconds(rate_hz: float, steps: int) -> None:
    probe = Probe()
    Flow([(row("p", rate_hz=rate_hz), probe)]).run_for(10.0)
    assert len(probe.steps) == steps


def test_a_trigger_steps_at_once_and_only_when_it_arrives() -> None:
    probe = Probe()
    flow = Flow([(row("p", ["x", "y"], trigger=["x"]), probe)])
    flow.run_for(5 * TICK_S)
    flow.inject("y", "no trigger")
    flow.run_for(5 * TICK_S)
    assert probe.steps == []
    flow.inject("x", "trigger")
    flow.run_for(5 * TICK_S)
    assert probe.steps == [(round(10 * TICK_S, 6), {"y": ["no trigger"], "x": ["trigger"]})]


def test_a_chain_of_triggers_down_the_table_takes_one_tick() -> None:
    probes = [Probe(echo=("a", "b")), Probe(echo=("b", "c")), Probe()]
    rows = [row("1", ["a"], ["b"], trigger=["a"]), row("2", ["b"], ["c"], trigger=["b"]), row("3", ["c"], trigger=["c"])]
    flow = Flow(zip(rows, probes, strict=True))
    flow.inject("a", "stop")
    flow.tick()
    assert [probe.steps[0][0] for probe in probes] == [0.0, 0.0, 0.0]


def test_an_inbox_is_delivered_once() -> None:
    probe = Probe()
    flow = Flow([(row("p", ["x"], rate_hz=50), probe)])
    flow.inject("x", 1)
    flow.run_for(3 * TICK_S)
    assert [inbox for _, inbox in probe.steps] == [{"x": [1]}, {}, {}]


def test_time_starts_where_told_and_is_a_count_of_ticks() -> None:
    flow = Flow([], start_s=100.0)
    flow.run_for(3600.0)
    assert flow.now_s == 100.0 + 180_000 * TICK_S


def test_run_until_tells_whether_it_happened_in_time() -> None:
    probe = Probe()
    flow = Flow([(row("p", rate_hz=50), probe)])
    assert flow.run_until(lambda: len(probe.steps) >= 10, limit_s=1.0)
    assert not flow.run_until(lambda: False, limit_s=0.5)
    assert flow.now_s == pytest.approx(10 * TICK_S + 0.5)


def test_a_removed_node_neither_steps_nor_is_missed() -> None:
    source, sink = Probe(says=[("x", 1)]), Probe()
    flow = Flow([(row("source", [], ["x"], rate_hz=50), source), (row("sink", ["x"], rate_hz=50), sink)])
    flow.tick()
    flow.remove("sink")
    flow.tick()
    assert (len(source.steps), len(sink.steps)) == (2, 1)


def test_listeners_see_everything_in_order() -> None:
    seen: list[tuple[float, str, Any]] = []
    flow = Flow([(row("p", [], ["x", "y"], rate_hz=50), Probe(says=[("x", 1), ("y", 2)]))])
    flow.listeners.append(lambda now_s, topic, message: seen.append((now_s, topic, message)))
    flow.inject("z", 0)
    flow.run_for(2 * TICK_S)
    assert seen == [(0.0, "z", 0), (0.0, "x", 1), (0.0, "y", 2), (TICK_S, "x", 1), (TICK_S, "y", 2)]


def test_the_same_run_twice_is_the_same_to_the_bit() -> None:
    def trace() -> list[tuple[float, str, Any]]:
        seen: list[tuple[float, str, Any]] = []
        rows = [
            (row("a", ["y"], ["x"], rate_hz=30, trigger=["y"]), Probe(says=[("x", 1)])),
            (row("b", ["x"], ["y"], trigger=["x"]), Probe(echo=("x", "y"))),
        ]
        flow = Flow(rows)
        flow.listeners.append(lambda now_s, topic, message: seen.append((now_s, topic, message)))
        flow.run_for(2.0)
        return seen

    first = trace()
    assert len(first) > 100
    assert first == trace()


def test_the_wall_time_of_each_node_is_counted() -> None:
    flow = Flow([(row("a", rate_hz=50), Probe()), (row("b", rate_hz=50), Probe())])
    flow.run_for(1.0)
    assert set(flow.spent_s()) == {"a", "b"}
    assert all(spent_s > 0 for spent_s in flow.spent_s().values())


def test_virtual_time_leaves_no_memory_on_disk(tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(f"world: {{ros__parameters: {{memory_file: {tmp_path / 'world.sqlite'}}}}}")
    flow = Flow.build(Settings(params_file=str(params)), only=lambda node: node.name == "world")
    flow.run_for(2.5)
    assert flow.stage("world").config.memory_file == ""
    assert list(tmp_path.iterdir()) == [params]
