"""For colcon, which builds Python packages by this file; everything else about the package is in pyproject.toml.

It adds what ROS 2 tools look for below the install prefix: the marker of the ament index, the package description, the launch
files with their parameters, and the programs that ``ros2 run`` starts.  An editable install leaves these out.
"""

from __future__ import annotations

from pathlib import Path

import setuptools

NAME = "robot_runtime"

if int(setuptools.__version__.split(".")[0]) < 68:
    raise SystemExit(f"{NAME}: setuptools {setuptools.__version__} cannot read pyproject.toml; run: pip install 'setuptools>=68,<80'")


def shared(folder: str, pattern: str) -> tuple[str, list[str]]:
    return f"share/{NAME}/{folder}", sorted(str(path) for path in Path(folder).glob(pattern))


setuptools.setup(
    python_requires=">=3.10,<3.14",  # not in pyproject.toml: colcon cannot read back what setuptools makes of it there
    data_files=[
        ("share/ament_index/resource_index/packages", [f"packaging/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        shared("launch", "*.launch.py"),
        shared("launch/params", "*.yaml"),
        (f"lib/{NAME}", ["packaging/robot-runtime"]),
    ],
)
