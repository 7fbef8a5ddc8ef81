"""How the engine's process is started: with a Python of its own, which has torch and moshi."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from robot_runtime.duplex.link import EngineGoneError
from robot_runtime.paths import ROOT, resolve

PYTHON_VARIABLE = "ROBOT_RUNTIME_DUPLEX_PYTHON"
"""Environment variable with the Python that has the extra; ``make duplex`` makes one in ``.venv-duplex``."""

TINY = "tiny"
"""The model that is made on the spot, with random weights."""

_RUN = (
    "import runpy, sys; sys.path[:] = [*filter(None, sys.path), {root!r}]; del sys.argv[0];"
    " runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)
"""As ``-m`` does it, from any folder.  Ours comes last: where it is installed, numpy and others of this Python lie beside it."""


def engine_command(model: str, device: str, weights: str) -> list[str]:
    """The command of the engine's process, without the socket.

    :param model: :data:`TINY`, or a folder
    :raises EngineGoneError: there is no Python for it
    """
    folder = resolve(model)
    named = str(folder) if model != TINY and folder.exists() else model  # the engine tells what is wrong with a name
    return module_command("robot_runtime.duplex.worker", "--model", named, "--device", device, "--weights", weights)


def module_command(module: str, *arguments: str) -> list[str]:
    """A command that runs one of our modules with the engine's Python.

    :raises EngineGoneError: there is no Python for it
    """
    return [str(engine_python()), "-c", _RUN.format(root=str(ROOT)), module, *arguments]


def engine_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Without what leads another Python to this one's packages: a sourced ROS's path, and what the wheels of rclpy add for themselves.

    >>> engine_environment({"PYTHONPATH": "/opt/ros", "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1", "LD_LIBRARY_PATH": "/x", "HOME": "/h"})
    {'HOME': '/h'}
    >>> engine_environment({"LD_LIBRARY_PATH": "/usr/local/cuda/lib64"})
    {'LD_LIBRARY_PATH': '/usr/local/cuda/lib64'}
    """
    environment = os.environ if environment is None else environment
    unwanted = {"PYTHONPATH", "PYTHONHOME"}
    if environment.get("_ROS_WHEELS_BOOTSTRAP_COMPLETE"):
        unwanted |= {"LD_LIBRARY_PATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE"}
    return {name: value for name, value in environment.items() if name not in unwanted}


def engine_python() -> Path:
    """The Python that has torch and moshi.

    :raises EngineGoneError: there is none
    """
    named = os.environ.get(PYTHON_VARIABLE)
    if named:
        return _existing(Path(named), f"{PYTHON_VARIABLE} names it")
    if importlib.util.find_spec("moshi") and importlib.util.find_spec("torch"):
        return Path(sys.executable)
    return _existing(ROOT / ".venv-duplex" / "bin" / "python", "`make duplex` makes it")


def _existing(python: Path, who: str) -> Path:
    if not python.is_file():
        raise EngineGoneError(f"no Python with the extra [duplex]: {python} is not there ({who})")
    return python
