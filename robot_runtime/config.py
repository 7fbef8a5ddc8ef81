"""Parameters of every node: read from one ROS 2 parameter file, completed by launch arguments, checked before anything starts.

The file has the layout that ``ros2 launch`` takes (``node: {ros__parameters: {field: value}}``), so that the same file
serves ``robot-runtime up``, the launch files and the virtual-time runner.
"""

from __future__ import annotations

import importlib
from typing import Any

from pydantic import BaseModel, ConfigDict

from robot_runtime.nodes import LAUNCH_ARGUMENTS, NODES, Node, Settings
from robot_runtime.paths import resolve
from safety.files import FileError, parse, read_yaml, suggestion


class StageConfig(BaseModel):
    """Base of every stage's ``Config``: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def load_class(path: str) -> Any:
    """Import what a ``module:Class`` string names."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def read_params(path: str) -> dict[str, dict[str, Any]]:
    """Node name → its parameters, from a ROS 2 parameter file; {} for an empty path.

    :raises FileError: unreadable, an unknown node, or not in the ROS layout
    """
    if not path:
        return {}
    content = read_yaml(resolve(path))
    if not isinstance(content, dict):
        raise FileError(f"{path}: (whole file): expected node names at the top level")
    known = [node.name for node in NODES]
    params: dict[str, dict[str, Any]] = {}
    for key, value in content.items():
        if "*" in str(key):
            raise FileError(f"{path}: {key}: wildcards are not supported; give each node its own block, such as 'gate:'")
        name = str(key).rpartition("/")[2]  # "/robot1/gate" and "gate" both name the gate
        if name not in known:
            raise FileError(f"{path}: {key}: unknown node{suggestion(name, known)}")
        if not isinstance(value, dict) or set(value) != {"ros__parameters"}:
            raise FileError(f"{path}: {key}: expected exactly one key 'ros__parameters' below it")
        given = value["ros__parameters"] or {}
        if not isinstance(given, dict):
            raise FileError(f"{path}: {key}.ros__parameters: expected fields with values (got {type(given).__name__})")
        params[name] = dict(given)
    return params


def node_params(node: Node, settings: Settings, params: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """One node's raw parameters: the file's, overridden by launch arguments that are not empty."""
    given = {field: getattr(settings, argument) for field, argument in _set_by_arguments(node, settings).items()}
    return {**params.get(node.name, {}), **given}


def _set_by_arguments(node: Node, settings: Settings) -> dict[str, str]:
    """Field of the node → the launch argument that sets it; of several the last one counts."""
    return {
        parameter.partition(".")[2]: argument.name
        for argument in LAUNCH_ARGUMENTS
        for parameter in argument.parameters
        if parameter.partition(".")[0] == node.name and getattr(settings, argument.name) != ""
    }


def build_config(node: Node, settings: Settings, params: dict[str, dict[str, Any]]) -> Any:
    """The checked ``Config`` of one node.

    :raises FileError: a value does not fit; the message names the file or the launch argument, and the field
    """
    stage = load_class(node.stage)
    source = f"{settings.params_file or 'no parameter file'}: {node.name}"
    arguments = {field: f"launch argument {name}: {node.name}" for field, name in _set_by_arguments(node, settings).items()}
    return parse(node_params(node, settings, params), stage.Config, source, arguments)
