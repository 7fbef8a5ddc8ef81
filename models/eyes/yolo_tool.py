"""The ``yolo`` command of ultralytics as a process of its own: no file here imports it but ``yolo_peer``, another process.

ultralytics is AGPL-3.0, and only who trains the detector needs it (``models/eyes/requirements.txt``).  It is told to stay
offline: to fetch no weights, install no packages and report nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from robot_runtime.cli import UsageError


def run_yolo(folder: Path, config_folder: Path, *words: str, **settings: object) -> None:
    """``yolo WORDS key=value …`` in a folder; what it prints goes to standard error.

    :param config_folder: where it keeps its own settings, instead of in the home folder
    :raises UsageError: it is not installed, or failed
    """
    command = [_command(), *words, *(f"{key}={value}" for key, value in settings.items())]
    own = config_folder / "Ultralytics"
    own.mkdir(parents=True, exist_ok=True)
    (own / "Arial.ttf").touch()  # for charts, which are off; it would be fetched if it were missing
    environment = {**os.environ, "YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "false", "YOLO_CONFIG_DIR": str(config_folder.resolve())}
    if subprocess.run(command, cwd=folder, env=environment, stdout=2, check=False).returncode:
        raise UsageError(f"`yolo {' '.join(words)}` failed; what it said is above")


def _command() -> str:
    beside = Path(sys.executable).with_name("yolo")
    found = str(beside) if beside.exists() else shutil.which("yolo")
    if found is None:
        raise UsageError("the command `yolo` is not here; install models/eyes/requirements.txt into an environment of its own")
    return found
