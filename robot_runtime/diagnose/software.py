"""Python, ROS 2, our messages, and what compiles them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator

from robot_runtime.diagnose.finding import Finding, missing
from robot_runtime.ros import environment

_DEMO_PACKAGES = ("numpy", "scipy", "pydantic", "onnxruntime", "mujoco", "pocketsphinx", "py_trees", "soxr", "mcap", "av", "matplotlib")


def python() -> Finding:
    version = sys.version_info[:2]
    detail = f"{platform.python_version()} in {sys.prefix}"
    if (3, 10) <= version <= (3, 13):
        return Finding("Python", True, detail, needed=True)
    return missing("Python", detail, "untested: nothing here is known to work", "use Python 3.10 to 3.13", needed=True)


def packages() -> Finding:
    absent = [name for name in _DEMO_PACKAGES if importlib.util.find_spec(name) is None]
    if not absent:
        return Finding("Python packages", True, f"{len(_DEMO_PACKAGES)} of {len(_DEMO_PACKAGES)}", needed=True)
    return missing("Python packages", f"without {', '.join(absent)}", "the demo cannot run", "make runtime", needed=True)


def rclpy() -> Finding:
    mixture = environment.mixture()
    if mixture:
        return missing("rclpy", "wheels and a sourced ROS", "processes crash when they make a node", mixture, needed=True)
    if importlib.util.find_spec("rclpy") is None:
        fix = "make runtime (x86-64), or source a ROS 2 installation"
        return missing("rclpy", "not importable", "only single stages run, in virtual time", fix, needed=True)
    if environment.uses_wheels():
        return Finding("rclpy", True, f"{importlib.metadata.version('ros-rclpy')} from wheels", needed=True)
    return Finding("rclpy", True, f"of ROS {os.environ.get('ROS_DISTRO', '(unknown)')}", needed=True)


# In a process of its own: a mixture of ROS installations does not raise, it crashes.
_NODE = """
import time
from robot_runtime.ros import environment
environment.prepare()
import rclpy
from robot_runtime_msgs.msg import SafetyState
started = time.perf_counter()
rclpy.init()
node = rclpy.create_node("doctor")
node.create_publisher(SafetyState, "doctor", 1).publish(SafetyState())
rclpy.shutdown()
print(f"made, and sent a SafetyState, in {(time.perf_counter() - started) * 1000:.0f} ms")
"""


def node() -> Finding:
    done = subprocess.run([sys.executable, "-c", _NODE], capture_output=True, text=True, timeout=60)
    if done.returncode == 0:
        return Finding("ROS 2 node", True, done.stdout.strip(), needed=True)
    lines = done.stderr.strip().splitlines()
    detail = lines[-1] if lines else f"the process ended with {done.returncode}"
    fix = "make runtime, or on a robot: colcon build --packages-select robot_runtime_msgs"
    return missing("ROS 2 node", detail, "no process of the graph can start", fix, needed=True)


def launch_tools() -> Iterator[Finding]:
    yield _optional_ros("launch", "launch.actions", "`ros2 launch` cannot be used; `robot-runtime up` starts the same graph")
    yield _optional_ros("Nav2", "nav2_msgs", "navigation_backend:=nav2 cannot be used; the embedded navigator drives")


def _optional_ros(name: str, module: str, cost: str) -> Finding:
    try:
        found = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of the parent package
        found = False
    return Finding(name, True, "importable") if found else missing(name, "not importable", cost, "source a ROS 2 installation that has it")


def compiler() -> Finding:
    path = shutil.which("g++")
    if path:
        return Finding("C++ compiler", True, path)
    return missing("C++ compiler", "no g++", "changed messages cannot be built again", "sudo apt-get install g++")
