"""The two tables agree with each other, and with the stages that they name."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest
from pydantic import BaseModel

from robot_runtime.config import load_class
from robot_runtime.nodes import LAUNCH_ARGUMENTS, NODES, PROCESSES, Node, Settings, nodes
from robot_runtime.topics import TOPICS, Qos

SITUATIONS = {
    "robot": Settings(),
    "robot with Nav2": Settings(navigation_backend="nav2"),
    "robot, recorded": Settings(run_dir="runs/x"),
    "sound over ROS": Settings(audio_in="topic", audio_out="topic"),
    "sound in others' messages": Settings(audio_in="audio_common", audio_out="audio_common"),
    "camera over ROS": Settings(camera="topic"),
    "duplex speech": Settings(speech_backend="duplex"),
    "robot with others' messages": Settings(also_publish="vision_msgs,hri_msgs"),
    "robot with a serial base": Settings(base_driver="serial:/dev/ttyACM0"),
    "simulated": Settings.for_simulation(),
    "simulated, and somebody with a microphone": Settings.for_simulation(audio_in="device", audio_out="device"),
    "simulated serial base": Settings.for_simulation(base_driver="serial:build/base"),
    "demo": Settings.for_simulation(scenario="sim/scenarios/demo.yaml", run_dir="runs/x"),
}

FROM_OUTSIDE = {"e_stop", "safety/heartbeat", "odom", "battery", "scan", "joint_states", "gripper/state", "audio/in"} | {
    "scan/others",
    "points",
    "range",
    "audio/direction_in",
    "audio/mute",
    "audio/muted",
    "camera/raw_in",
    "camera/compressed_in",
    "camera/depth_in",
    "camera/info_in",
}
"""Topics that other drivers on a robot publish: an emergency-stop button, the base, the lidar, the arm, a microphone node,
whatever else it has to see obstacles with, and a microphone array or camera that has a ROS driver of its own."""

SERIAL_BASE_ONLY = {"motors/state"}
AUDIO_COMMON_ONLY = {"audio/raw_in"}

ANYBODY_MAY = {"safety/stop_request", "speech/say"}
"""Of these any number of producers is welcome: a second one that asks for a stop makes nothing worse, and sentences wait for each other."""

SIMULATION_ONLY = {"sim/state", "sim/people", "sim/sound", "scenario"}

GATED = {"cmd_vel", "motors/command", "joints/command", "action/verdict", "safety/state", "safety/stopped"}
"""What only the gate may publish."""


@pytest.fixture(params=list(SITUATIONS.values()), ids=list(SITUATIONS))
def rows(request: pytest.FixtureRequest) -> tuple[Node, ...]:
    return nodes(request.param)


def called_by_services(node: Node) -> tuple[str, ...]:
    return tuple(topic for _, topic in node.services)


def readers_of(rows: tuple[Node, ...]) -> dict[str, list[str]]:
    readers = defaultdict(list)
    for node in rows:
        for topic in node.inputs:
            readers[topic].append(node.name)
    return readers


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_a_node_names_only_what_exists(node: Node) -> None:
    named = {*node.inputs, *node.outputs, *node.trigger, *(topic for _, topic in node.services)}
    assert named <= set(TOPICS)
    assert node.process in PROCESSES


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_a_node_is_triggered_by_its_own_inputs_and_steps_at_all(node: Node) -> None:
    assert set(node.trigger) <= set(node.inputs)
    assert node.rate_hz or node.trigger or node.own_shell
    assert {topic for _, topic in node.services} <= set(node.inputs), "a service puts its message where the node reads"


def test_node_names_are_unique() -> None:
    assert [name for name, count in Counter(node.name for node in NODES).items() if count > 1] == []


def produced_by(rows: tuple[Node, ...]) -> set[str]:
    return {topic for node in rows for topic in (*node.outputs, *(called for _, called in node.services))}


def test_every_topic_has_at_most_one_producer(rows: tuple[Node, ...]) -> None:
    producers = Counter(topic for node in rows for topic in node.outputs)
    assert {topic for topic, count in producers.items() if count > 1} <= ANYBODY_MAY


def test_what_is_read_is_produced(rows: tuple[Node, ...]) -> None:
    read = set(readers_of(tuple(node for node in rows if node.name != "recorder")))
    assert read - produced_by(rows) <= FROM_OUTSIDE | SIMULATION_ONLY | SERIAL_BASE_ONLY | AUDIO_COMMON_ONLY


def test_every_topic_is_produced_somewhere() -> None:
    assert set(TOPICS) - produced_by(NODES) <= FROM_OUTSIDE


@pytest.mark.parametrize("node", [node for node in NODES if node.services], ids=lambda node: node.name)
def test_what_a_service_puts_in_comes_from_nowhere_else(node: Node) -> None:
    """Else a message on a topic would pass for a call."""
    readers = readers_of(NODES)
    for _, topic in node.services:
        assert TOPICS[topic].qos is Qos.LOCAL
        assert readers[topic] == [node.name]
        assert [other.name for other in NODES if topic in other.outputs] == []


def test_every_topic_is_read_or_recorded() -> None:
    readers = readers_of(NODES)
    assert [name for name, topic in TOPICS.items() if not readers[name] and not topic.recorded] == []


def test_only_the_gate_publishes_what_moves_the_robot() -> None:
    assert {node.name for node in NODES if GATED & set(node.outputs)} == {"gate"}
    guard = [node.name for node in NODES if node.process == "guard"]
    assert guard == ["gate", "base", "door"], "what is behind the gate and what watches its door, in the order of the last words"


def test_the_way_from_the_gate_to_the_motors_never_leaves_the_process() -> None:
    """No publisher anywhere can put a command there: a local topic has no name in ROS."""
    assert TOPICS["motors/command"].qos is Qos.LOCAL
    assert [node.name for node in NODES if "motors/command" in node.outputs] == ["gate"]
    assert readers_of(NODES)["motors/command"] == ["base", "door"]
    base, door = (next(node for node in NODES if node.name == name) for name in ("base", "door"))
    assert base.trigger == base.inputs == ("motors/command",), "nothing but the gate drives, and at once"
    assert not GATED & set(door.outputs)


def test_nothing_proposed_is_carried_past_the_gate() -> None:
    readers = readers_of(NODES)
    for proposal in ("cmd_vel/proposed", "joints/proposed"):
        assert set(readers[proposal]) - {"recorder"} == {"gate"}


def test_the_stop_word_reaches_the_gate_without_a_planner() -> None:
    stop_word = next(node for node in NODES if node.name == "stop_word")
    gate = next(node for node in NODES if node.name == "gate")
    assert stop_word.trigger == ("audio/in",)  # it needs nobody else; what the front end leaves of the sound is searched as well
    assert set(stop_word.inputs) == {"audio/in", "audio/clean", "audio/state", "audio/played"}
    assert "safety/stop_request" in stop_word.outputs
    assert "safety/stop_request" in gate.trigger
    assert stop_word.process != "mind"
    ear = next(node for node in NODES if node.name == "ear")
    assert "safety/stop_request" in ear.outputs and ear.process == "voice"


def test_raw_pictures_stay_within_their_process() -> None:
    local = {name for name, topic in TOPICS.items() if topic.qos is Qos.LOCAL}
    for topic in local:
        assert len({node.process for node in NODES if topic in (*node.inputs, *node.outputs)}) == 1
        assert not TOPICS[topic].recorded


def test_truth_of_the_simulation_reaches_only_devices_oracle_and_reports() -> None:
    readers = set(readers_of(NODES)["sim/state"])
    assert readers == {"director", "camera", "perceive", "recorder"}


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS.keys())
def test_a_periodic_topic_goes_stale_only_after_more_than_one_period(topic: Any) -> None:
    if topic.rate_hz and topic.max_age_s:
        assert topic.max_age_s >= 1.5 / topic.rate_hz, "one late message would count as a fault"


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_a_row_names_a_stage_with_a_config(node: Node) -> None:
    stage = load_class(node.stage)
    assert issubclass(stage.Config, BaseModel)
    assert stage.Config.model_config.get("extra") == "forbid", "an unknown parameter must be an error"
    assert stage.Config.model_config.get("frozen") is True
    if not node.own_shell:
        assert callable(stage.step)
        assert callable(stage.reset)


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_every_parameter_has_a_default_and_a_description(node: Node) -> None:
    config = load_class(node.stage).Config
    assert [name for name, field in config.model_fields.items() if field.is_required()] == []
    assert [name for name, field in config.model_fields.items() if not field.description] == []


PARAMETERS = [(argument.name, parameter) for argument in LAUNCH_ARGUMENTS for parameter in argument.parameters]


@pytest.mark.parametrize(("argument", "parameter"), PARAMETERS, ids=[f"{a}-{p}" for a, p in PARAMETERS])
def test_a_launch_argument_sets_a_field_that_exists(argument: str, parameter: str) -> None:
    owner, _, field = parameter.partition(".")
    node = next(node for node in NODES if node.name == owner)
    assert field in load_class(node.stage).Config.model_fields


def test_a_robot_waits_for_no_topic_of_the_simulation() -> None:
    assert not [(row.name, topic) for row in nodes(Settings()) for topic in row.inputs if topic.startswith("sim/")]
    assert "sim/state" in next(row for row in nodes(Settings.for_simulation()) if row.name == "camera").inputs
