"""A value for every field of every message, for tests that carry messages over ROS."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import numpy as np

from robot_runtime.topics import TOPICS, Qos

OWN = [topic for topic in TOPICS.values() if topic.ros_type.startswith("robot_runtime_msgs/")]
CARRIED = [topic for topic in TOPICS.values() if topic.qos is not Qos.LOCAL]

_COUNTED = {"frames": 250, "sequence": 7, "sentence": 2, "sample_rate_hz": 16000, "width_px": 320, "height_px": 240, "step_bytes": 960,
            "is_bigendian": 1, "direction_deg": -135, "words_per_turn": 24}  # fmt: skip


def sample(kind: type) -> Any:
    """A message with a different value in every field."""
    hints = typing.get_type_hints(kind)
    return kind(*[_value(field.name, hints[field.name], index) for index, field in enumerate(dataclasses.fields(kind))])


def _value(name: str, hint: Any, index: int) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return sample(hint)
    if typing.get_origin(hint) is tuple:
        kinds = typing.get_args(hint)
        kinds = (kinds[0],) * 3 if kinds[-1] is Ellipsis else kinds
        return tuple(_value(name, kind, index + place) for place, kind in enumerate(kinds))
    if hint is float:
        return 12.25 + index
    if hint is str:
        return f"{name} {index} äß 茶"
    if hint is bool:
        return True
    if hint is int:
        return _COUNTED[name]
    if hint is bytes:
        return bytes(range(256)) * 4
    dtype = typing.get_args(typing.get_args(hint)[1])[0]
    return np.arange(-5, 25).astype(dtype)


def same(one: Any, other: Any) -> bool:
    """Equality that takes nan for equal to nan and looks into arrays; a stamp may differ by the nanosecond ROS carries."""
    if dataclasses.is_dataclass(one):
        names = [field.name for field in dataclasses.fields(one)]
        return type(one) is type(other) and all(_same_field(name, getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    return type(one) is type(other) and (one == other or (one != one and other != other))


def _same_field(name: str, one: Any, other: Any) -> bool:
    return abs(one - other) < 1e-6 if name == "stamp_s" and one == one else same(one, other)
