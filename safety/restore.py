"""From a record back to the values that were recorded: the inverse of ``safety.chain.plain`` for typed dataclasses."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def restore(kind: type[T], content: Any) -> T:
    """A value of ``kind`` from plain content; fields that a record of an older version lacks have their defaults.

    :raises ValueError: the content does not fit

    >>> from safety.types import RobotPose
    >>> restore(RobotPose, {"stamp_s": 1, "x_m": 2.5, "y_m": "nan", "yaw_rad": 0, "std_m": 0.1}).x_m
    2.5
    """
    try:
        return typing.cast("T", _value(kind, content))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{kind.__name__}: the record does not fit: {type(error).__name__}: {error}") from error


def _value(hint: Any, content: Any) -> Any:
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass(hint, content)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return None if content is None else _value(next(a for a in arguments if a is not type(None)), content)
    if origin is tuple:
        return _tuple(arguments, content)
    if origin is frozenset:
        return frozenset(_value(arguments[0], item) for item in content)
    if hint is float:
        return float(content)  # "nan" and "inf" too
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(content)
    if not isinstance(content, hint):
        raise TypeError(f"{content!r:.40} is no {hint.__name__}")
    return content


def _dataclass(kind: type, content: Mapping[str, Any]) -> Any:
    values = {}
    for name, (hint, required) in _hints(kind).items():
        if name in content:
            values[name] = _value(hint, content[name])
        elif required:
            raise KeyError(name)
    return kind(**values)


def _tuple(arguments: tuple[Any, ...], content: Any) -> tuple[Any, ...]:
    if arguments[-1] is Ellipsis:
        return tuple(_value(arguments[0], item) for item in content)
    if len(content) != len(arguments):
        raise TypeError(f"{len(content)} values for {len(arguments)}")
    return tuple(_value(hint, item) for hint, item in zip(arguments, content, strict=True))


@cache
def _hints(kind: type) -> dict[str, tuple[Any, bool]]:
    """Field → its type, and whether it has no default."""
    hints = typing.get_type_hints(kind)
    return {f.name: (hints[f.name], f.default is MISSING and f.default_factory is MISSING) for f in fields(kind)}
