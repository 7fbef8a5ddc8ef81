"""The message package has exactly the fields of the dataclasses, and nothing that nobody uses."""

from __future__ import annotations

import dataclasses
import re
import typing

import pytest

from robot_runtime import messages
from robot_runtime.paths import ROOT
from robot_runtime.topics import TOPICS, Qos, Topic

FILES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "robot_runtime_msgs" / "msg").glob("*.msg"))}
OWN = [topic for topic in TOPICS.values() if topic.ros_type.startswith("robot_runtime_msgs/")]
ROS_TYPES = {float: "float64", str: "string", bool: "bool", int: "uint32"}
UNITS = {"_s": "[s]", "_m": "[m]", "_mps": "[m/s]", "_rad": "[rad]", "_radps": "[rad/s]", "_ms": "[ms]", "_hz": "[Hz]", "_px": "[px]",
         "_wpm": "[words/min]"}  # fmt: skip


def fields(text: str) -> list[tuple[str, str, str]]:
    """(type, name, comment) of each field of a .msg file."""
    lines = [re.fullmatch(r"(\S+)\s+(\w+)\s*(?:# (.+))?", line) for line in text.splitlines() if line and not line.startswith("#")]
    return [(match[1], match[2], match[3] or "") for match in lines if match]


def ros_type(hint: object) -> str:
    """The .msg type that carries a dataclass field."""
    if isinstance(hint, type) and hint in ROS_TYPES:
        return ROS_TYPES[hint]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return hint.__name__
    if typing.get_origin(hint) is tuple:
        kinds = typing.get_args(hint)
        return ros_type(kinds[0]) + ("[]" if kinds[-1] is Ellipsis else f"[{len(kinds)}]")
    scalar = typing.get_args(typing.get_args(hint)[1])[0]
    return f"{scalar.__name__}[]"


def test_the_reader_of_fields_reads() -> None:
    assert fields("# x\n\nfloat64[3] p_m  # [m] map frame\nbool on\n") == [("float64[3]", "p_m", "[m] map frame"), ("bool", "on", "")]


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_message_has_the_fields_of_its_dataclass(name: str) -> None:
    dataclass = getattr(messages, name)
    hints = typing.get_type_hints(dataclass)
    wanted = [
        ("builtin_interfaces/Time", "stamp") if field.name == "stamp_s" else (ros_type(hints[field.name]), field.name)
        for field in dataclasses.fields(dataclass)
    ]
    assert [(kind, field) for kind, field, _ in fields(FILES[name])] == wanted


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_field_is_explained_with_its_unit(name: str) -> None:
    lines = FILES[name].splitlines()
    assert lines[0].startswith("# ")
    for kind, field, comment in fields(FILES[name]):
        assert comment, f"{name}.{field} has no comment"
        unit = next((unit for suffix, unit in UNITS.items() if field.endswith(suffix)), None)
        if unit and kind != "builtin_interfaces/Time":
            assert unit in comment, f"{name}.{field}: the comment does not give {unit}"


@pytest.mark.parametrize("topic", OWN, ids=lambda topic: topic.name)
def test_every_own_topic_has_a_message(topic: Topic) -> None:
    assert topic.ros_type == f"robot_runtime_msgs/msg/{topic.message.__name__}"
    assert topic.message.__name__ in FILES


def test_only_local_topics_have_no_ros_type() -> None:
    assert {topic.name for topic in TOPICS.values() if not topic.ros_type} == {
        topic.name for topic in TOPICS.values() if topic.qos is Qos.LOCAL
    }


def test_every_message_is_used() -> None:
    used, waiting = set(), [topic.message.__name__ for topic in OWN]
    while waiting:
        name = waiting.pop()
        used.add(name)
        waiting += [nested for kind, _, _ in fields(FILES[name]) if (nested := kind.partition("[")[0]) in FILES and nested not in used]
    assert used == set(FILES)
