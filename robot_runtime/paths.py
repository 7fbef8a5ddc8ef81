"""Where files are found, whether the project is run from a checkout or installed."""

from __future__ import annotations

import importlib.util
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


def package_folder(name: str) -> Path | None:
    """Where a Python package is installed, without running it; None where it is not.

    >>> package_folder("robot_runtime") == ROOT / "robot_runtime", package_folder("no_such_package")
    (True, None)
    """
    found = importlib.util.find_spec(name)
    return Path(next(iter(found.submodule_search_locations))) if found is not None and found.submodule_search_locations else None
