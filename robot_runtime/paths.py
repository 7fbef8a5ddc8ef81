"""Where files are found, whether the project is run from a checkout or installed."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds ``robot_runtime``, ``safety``, ``sim`` and ``launch``."""


def resolve(path: str | Path) -> Path:
    """An absolute path as it is; a relative one below the current folder if it exists there, else below the project.

    An installed ROS package has its launch files in ``<prefix>/share/robot_runtime``, so that is looked at too.
    """
    path = Path(path).expanduser()
    if path.is_absolute() or path.exists():
        return path
    places = (ROOT, *(prefix / "share" / "robot_runtime" for prefix in ROOT.parents))
    return next((place / path for place in places if (place / path).exists()), ROOT / path)
