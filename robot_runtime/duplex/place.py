"""How the engine's process is started: with a Python of its own, which has torch and moshi."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from robot_runtime.duplex.link import EngineGoneError
from robot_runtime.paths import ROOT

PYTHON_VARIABLE = "ROBOT_RUNTIME_DUPLEX_PYTHON"
"""Environment variable with the Python that has the extra; ``make duplex`` makes one in ``.venv-duplex``."""


def engine_command(model: str, device: str, weights: str) -> list[str]:
    """The command of the engine's process, without the socket.

    :raises EngineGoneError: there is no Python for it
    """
    return [str(engine_python()), "-m", "robot_runtime.duplex.worker", "--model", model, "--device", device, "--weights", weights]


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
