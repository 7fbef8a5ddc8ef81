"""Reads the files that nodes' parameters name, before any process starts: each by the loader that the node itself will use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robot_runtime import simulation
from robot_runtime.config import load_class
from robot_runtime.paths import resolve
from safety.files import FileError


def check_files(node: str, config: Any) -> None:
    """Read every file that the configuration of a node names.

    :raises FileError: one of them cannot be used
    """
    _CHECKS.get(node, lambda _: None)(config)


def _read(loader: str, *arguments: Any) -> None:
    load_class(loader)(*arguments)


def _gate(config: Any) -> None:
    ontology = load_class("safety.ontology:Ontology").load(config.ontology_file)
    load_class("safety.rules:Rules").load(config.rules_file, ontology)


def _navigator(config: Any) -> None:
    if config.site:  # the navigator itself says it best when there is none
        load_class("robot_runtime.act.occupancy_map:OccupancyMap").load(config.site)
        _site(config)


def _site(config: Any) -> None:
    _read("robot_runtime.world.semantic_map:load_semantic_map", config.site)


def _microphone(config: Any) -> None:
    kind, _, path = config.source.partition(":")
    if kind == "file":
        _read("robot_runtime.sense.wav:read_wav", path)


def _perceive(config: Any) -> None:
    if config.backend != "cnn":
        return
    _site(config)
    for file in filter(None, (config.detector_file, config.people_file)):
        if not resolve(file).is_file():
            raise FileError(f"{resolve(file)}: no such file; name another model, or get one: `robot-runtime models list`")


_CHECKS: dict[str, Callable[[Any], None]] = {
    "director": lambda config: _read(simulation.LOAD_SCENARIO, config.scenario_file),
    "home": lambda config: _read(simulation.LOAD_HOME, config.home),
    "perceive": _perceive,
    "microphone": _microphone,
    "ear": _site,
    "world": _site,
    "mind": _site,
    "navigator": _navigator,
    "social": lambda config: _read("robot_runtime.social.policy:load_policy", resolve(config.policy_file)),
    "gate": _gate,
}
