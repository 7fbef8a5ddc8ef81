"""A stage's ``Config`` as declared ROS parameters, and back."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor


class Parameters:
    """The parameters of one node.  They follow the stage's ``Config`` while the node is unconfigured and are fixed after."""

    def __init__(self, node: Any, config: BaseModel, raw: dict[str, Any]) -> None:
        """Declare every field of ``config`` on ``node``.  ``raw`` holds what the files and arguments said before validation."""
        self._node, self._raw = node, raw
        fields = {name: getattr(config, name) for name in type(config).model_fields}
        self._declared = {name: ros_value(value) for name, value in fields.items()}
        self._as_json = {name for name, value in fields.items() if isinstance(self._declared[name], str) and not isinstance(value, str)}
        for name, value in self._declared.items():
            node.declare_parameter(name, value, descriptor(type(config).model_fields[name], value))

    def owns(self, name: str) -> bool:
        """Whether a parameter is a field of the stage's ``Config``."""
        return name in self._declared

    def values(self, changed: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the ``Config`` is to be built from: the raw values, those set over ROS since, and ``changed`` on top."""
        values = dict(self._raw)
        now = {name: self._node.get_parameter(name).value for name in self._declared}
        now.update({name: value for name, value in (changed or {}).items() if name in now})
        for name, value in now.items():
            if value != self._declared[name]:
                values[name] = json.loads(value) if name in self._as_json and isinstance(value, str) else value
        return values


def ros_value(value: Any) -> Any:
    """A field's value as a ROS parameter; what ROS has no type for becomes JSON text.

    >>> ros_value((1.0, 2.0)), ros_value({"a": 1}), ros_value("x")
    ([1.0, 2.0], '{"a": 1}', 'x')
    """
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple) and {type(item) for item in value} in ({bool}, {int}, {float}, {str}):
        return list(value)
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def descriptor(field: FieldInfo, value: Any) -> Any:
    """Description and range of a field for ``ros2 param describe``."""
    result = ParameterDescriptor(description=field.description or "", dynamic_typing=True)
    low, high = _bound(field, "ge", "gt"), _bound(field, "le", "lt")
    if (low is None and high is None) or isinstance(value, bool):
        return result
    if isinstance(value, int):
        result.integer_range = [_range(IntegerRange, int, low, high, 2**63 - 1)]
    elif isinstance(value, float):
        result.floating_point_range = [_range(FloatingPointRange, float, low, high, sys.float_info.max)]
    return result


def _bound(field: FieldInfo, *names: str) -> Any:
    """A limit that pydantic keeps in a field's metadata; None if there is none."""
    limits = [getattr(item, name, None) for item in field.metadata for name in names]
    return next((limit for limit in limits if limit is not None), None)


def _range(kind: Any, number: type, low: Any, high: Any, most: float) -> Any:
    return kind(from_value=number(-most if low is None else low), to_value=number(most if high is None else high))
