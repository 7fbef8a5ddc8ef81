"""The shipped parameters of the simulation fit every node, and the home that is simulated."""

from __future__ import annotations

from typing import Any

import pytest

from robot_runtime.config import build_config, read_params
from robot_runtime.nodes import Node, Settings, nodes
from sim.description import load_home

SETTINGS = Settings.for_simulation()
STAGES = [node for node in nodes(SETTINGS) if not node.own_shell]


def config(node: Node) -> Any:
    return build_config(node, SETTINGS, read_params(SETTINGS.params_file))


@pytest.mark.parametrize("node", STAGES, ids=lambda node: node.name)
def test_a_node_takes_its_parameters(node: Node) -> None:
    given = read_params(SETTINGS.params_file).get(node.name, {})
    assert config(node).model_dump(mode="json", include=set(given), exclude_unset=True) == given


def test_the_eyes_know_who_lives_in_the_home() -> None:
    people = load_home(SETTINGS.world).people
    perceive = next(node for node in STAGES if node.name == "perceive")
    known = {one.id: (one.name, one.age_group) for one in config(perceive).people.known_people}
    assert known == {id_: (person.name, person.age_group) for id_, person in people.items()}


def test_the_parameters_of_a_robot_fit_and_keep_its_memory() -> None:
    settings = Settings(params_file="launch/params/robot.yaml")
    params = read_params(settings.params_file)
    for node in nodes(settings):
        if node.name in params:
            built = build_config(node, settings, params).model_dump(mode="json", include=set(params[node.name]), exclude_unset=True)
            assert built == params[node.name]
    assert params["world"]["memory_file"] and "world" not in read_params(SETTINGS.params_file)


def test_the_navigator_begins_where_the_home_puts_the_robot() -> None:
    start = load_home(SETTINGS.world).robot.start
    navigator = next(node for node in STAGES if node.name == "navigator")
    x_m, y_m, yaw_rad = config(navigator).initial_pose
    assert (x_m, y_m) == start.at_m
    assert yaw_rad == pytest.approx(start.yaw_rad, abs=1e-4)
