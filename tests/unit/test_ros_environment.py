"""The environment of ROS processes."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree

import pytest

from robot_runtime.ros import environment


def test_a_bare_environment_stays_on_this_machine() -> None:
    variables: dict[str, str] = {}
    environment.prepare(variables)
    assert variables["FASTRTPS_DEFAULT_PROFILES_FILE"] == str(environment.PROFILE)
    assert variables["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "SYSTEM_DEFAULT"


def test_preparing_twice_changes_nothing() -> None:
    variables: dict[str, str] = {}
    environment.prepare(variables)
    once = dict(variables)
    environment.prepare(variables)
    assert variables == once


@pytest.mark.parametrize(
    "own", [{"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}, {"FASTRTPS_DEFAULT_PROFILES_FILE": "/x.xml"}, {"ROS_STATIC_PEERS": "10.0.0.2"}]
)
def test_a_network_of_the_users_own_is_left_alone(own: dict[str, str]) -> None:
    variables = dict(own)
    environment.prepare(variables)
    assert {name: value for name, value in variables.items() if name in (*environment._LOCALHOST, *own)} == own


def test_another_middleware_gets_no_profile() -> None:
    variables = {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}
    environment.prepare(variables)
    assert variables["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert "FASTRTPS_DEFAULT_PROFILES_FILE" not in variables


def test_the_profile_uses_the_loopback_interface_only() -> None:
    tree = ElementTree.parse(environment.PROFILE)
    space = {"dds": "http://www.eprosima.com"}
    assert [element.text for element in tree.iterfind(".//dds:transport_descriptor/dds:type", space)] == ["UDPv4"]
    assert [element.text for element in tree.iterfind(".//dds:interfaceWhiteList/dds:address", space)] == ["127.0.0.1"]
    assert tree.findtext(".//dds:useBuiltinTransports", namespaces=space) == "false"


def test_a_child_does_not_inherit_what_the_wheels_set() -> None:
    assert environment.for_child({"LD_LIBRARY_PATH": "/mine"}) == {"LD_LIBRARY_PATH": "/mine"}  # the user's own
    assert environment.for_child({"LD_LIBRARY_PATH": "/x", "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1", "A": "b"}) == {"A": "b"}


def test_a_sourced_ros_beside_the_wheels_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sourced = {"AMENT_PREFIX_PATH": "/opt/ros/jazzy", "ROS_DISTRO": "jazzy"}
    monkeypatch.setattr(environment, "uses_wheels", lambda: True)
    assert "ROS jazzy is sourced" in environment.mixture(sourced)
    assert environment.mixture({"AMENT_PREFIX_PATH": sys.prefix}) == ""
    monkeypatch.setattr(environment, "uses_wheels", lambda: False)
    assert environment.mixture(sourced) == ""
