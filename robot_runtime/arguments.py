"""From launch arguments, which are text, to settings; and from settings to the processes that run.

``robot-runtime up`` and the launch files both use this, so that they cannot differ.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from robot_runtime.config import build_config, read_params
from robot_runtime.named_files import check_files
from robot_runtime.nodes import PROCESSES, Node, Settings, nodes
from safety.files import FileError, suggestion

CHOICES: dict[str, tuple[str, ...]] = {
    "log_level": ("debug", "info", "warn", "error", "fatal"),
    "navigation_backend": ("embedded", "nav2"),
}

BAD_INPUT_STATUS = 2
"""Exit status of a process whose input is at fault; another start would end in the same way."""

RESPAWN_DELAY_S = 0.5
"""Of ``ros2 launch``, which knows no growing delay."""


def defaults(simulated: bool) -> dict[str, str]:
    """Every launch argument with its default, as text.

    >>> defaults(simulated=True)["use_sim_time"], defaults(simulated=False)["world"]
    ('true', '')
    """
    settings = Settings.for_simulation() if simulated else Settings()
    return {name: as_text(value) for name, value in asdict(settings).items()}


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def settings_from(values: Mapping[str, str], simulated: bool) -> Settings:
    """Settings with these arguments set and all others at their defaults.

    :raises FileError: an unknown argument, or a value that it does not take
    """
    known = [field.name for field in fields(Settings)]
    parsed: dict[str, Any] = {}
    for name, text in {**defaults(simulated), **values}.items():
        if name not in known:
            raise FileError(f"{name}: unknown argument{suggestion(name, known)}")
        parsed[name] = _parsed(name, text)
    return Settings(**parsed)


def _parsed(name: str, text: str) -> Any:
    choices = ("true", "false") if isinstance(getattr(Settings(), name), bool) else CHOICES.get(name)
    if choices and text.lower() not in choices:
        raise FileError(f"{name}: expected one of {', '.join(choices)}, got {text!r}")
    return text.lower() == "true" if choices == ("true", "false") else text


def check(settings: Settings) -> None:
    """Build the configuration of every node that will run, and read the files it names, so that a mistake is told before
    anything starts.

    :raises FileError: the parameter file, an argument, or a file that they name does not fit; names the file and the field
    """
    params = read_params(settings.params_file)
    for node in nodes(settings):
        _check(node, settings, params)


def _check(node: Node, settings: Settings, params: dict[str, dict[str, Any]]) -> None:
    try:
        check_files(node.name, build_config(node, settings, params))
    except ImportError as error:
        raise FileError(f"{node.name}: {node.stage} cannot be loaded: {error}") from error


def processes(settings: Settings) -> tuple[str, ...]:
    """The processes that have a node to run, in the order of the table."""
    used = {node.process for node in nodes(settings)}
    return tuple(name for name in PROCESSES if name in used)


def command(process: str, settings: Settings) -> list[str]:
    """The command line of one process."""
    return [sys.executable, "-m", "robot_runtime.ros.process", process, "--settings", json.dumps(asdict(settings))]


def supervised_command(process: str, settings: Settings) -> list[str]:
    """The same, ended by the kernel when its parent dies."""
    python, flag, *rest = command(process, settings)
    return [python, flag, "robot_runtime.child", *rest]
