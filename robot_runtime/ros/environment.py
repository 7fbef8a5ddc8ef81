"""The environment of ROS processes.  Imports no rclpy, since part of it must be set before that is loaded."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path

PROFILE = Path(__file__).with_name("localhost.xml")

_LOCALHOST = {
    "ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT",  # "as the profile says"; LOCALHOST would bring shared memory back
    "FASTRTPS_DEFAULT_PROFILES_FILE": str(PROFILE),  # Fast DDS 2: Humble, Jazzy
    "FASTDDS_DEFAULT_PROFILES_FILE": str(PROFILE),  # Fast DDS 3: Kilted
}
_OWN_NETWORK = (
    *_LOCALHOST,
    "ROS_LOCALHOST_ONLY",
    "ROS_STATIC_PEERS",
    "ROS_DISCOVERY_SERVER",
    "FASTDDS_BUILTIN_TRANSPORTS",
    "CYCLONEDDS_URI",
)
"""Whoever sets one of these has a network of their own in mind, which is left alone."""

_FAST_DDS = ("", "rmw_fastrtps_cpp")
_OF_WHEELS = ("LD_LIBRARY_PATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE")


def prepare(environment: MutableMapping[str, str] | None = None) -> None:
    """Set what the user has not set: stay on this machine, and leave nothing in shared memory.  Call before rclpy is imported."""
    environment = os.environ if environment is None else environment
    if not any(name in environment for name in _OWN_NETWORK):
        fast_dds = environment.get("RMW_IMPLEMENTATION", "") in _FAST_DDS
        environment.update(_LOCALHOST if fast_dds else {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"})
    environment.setdefault("RCUTILS_COLORIZED_OUTPUT", "0")  # logs go to files
    if uses_wheels():  # a sourced ROS sets it itself
        environment.setdefault("AMENT_PREFIX_PATH", sys.prefix)


def for_child(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment for a child that may run another Python: without what the rclpy wheels put there when they re-ran ours.

    >>> for_child({"_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1", "LD_LIBRARY_PATH": "/x", "HOME": "/h"})
    {'HOME': '/h'}
    """
    child = dict(os.environ if environment is None else environment)
    if child.get("_ROS_WHEELS_BOOTSTRAP_COMPLETE"):
        for name in _OF_WHEELS:
            child.pop(name, None)
    return child


def uses_wheels() -> bool:
    """Whether rclpy comes from PyPI wheels in this environment."""
    try:
        importlib.metadata.version("ros-rclpy")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def mixture(environment: Mapping[str, str] | None = None) -> str:
    """What is wrong if rclpy's wheels and a sourced ROS would be mixed, which crashes when a node is made; "" if all is well."""
    environment = os.environ if environment is None else environment
    distro = environment.get("ROS_DISTRO", "")
    sourced = [path for path in environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if path and path != sys.prefix]
    if not sourced or not uses_wheels():
        return ""
    return (
        f"ROS {distro or 'from ' + sourced[0]} is sourced, and this environment has rclpy from PyPI: the two crash together."
        " Use a shell without 'source setup.bash', or an environment without the extra [ros]."
    )
