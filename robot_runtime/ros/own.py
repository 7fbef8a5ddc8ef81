"""Own messages: dataclass and ``.msg`` have equal fields, so the mapping follows from the ROS type alone.

Each type is compiled once to a list of field functions.  Values are checked here because the C code below rclpy does
not: a wrong type would be read as garbage, a short fixed-size array beyond its end.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np

from robot_runtime import messages
from robot_runtime.ros.errors import ConversionError
from robot_runtime.ros.stamp import to_seconds, to_time

Function = Callable[[Any], Any]
_PACKAGE = "robot_runtime_msgs/"
_INTEGER = {f"{sign}int{bits}": _range for sign, bits, _range in (
    *(("u", bits, range(2**bits)) for bits in (8, 16, 32, 64)),
    *(("", bits, range(-(2 ** (bits - 1)), 2 ** (bits - 1))) for bits in (8, 16, 32, 64)),
)}  # fmt: skip


@cache
def own_codec(dataclass: type, ros: Any) -> tuple[Function, Function]:
    """Encoder and decoder of an own message type.

    :raises ConversionError: the two types do not have the same fields
    """
    names = [field.name for field in fields(dataclass)]
    types: dict[str, str] = ros.get_fields_and_field_types()
    if ["stamp" if name == "stamp_s" else name for name in names] != list(types):
        raise ConversionError(
            f"{dataclass.__name__}: fields {names} differ from the built .msg {list(types)}; build robot_runtime_msgs again"
        )
    functions = [_field(kind) for kind in types.values()]
    rows = [(name, ros_name, encode) for name, ros_name, (encode, _) in zip(names, types, functions, strict=True)]
    decoders = [(ros_name, decode) for ros_name, (_, decode) in zip(types, functions, strict=True)]

    def to_ros(message: Any) -> Any:
        result, name = ros(), ""
        try:
            for name, ros_name, encode in rows:
                setattr(result, ros_name, encode(getattr(message, name)))
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            raise ConversionError(f"{dataclass.__name__}.{name}: {error}") from error
        return result

    def from_ros(message: Any) -> Any:
        return dataclass(*[decode(getattr(message, ros_name)) for ros_name, decode in decoders])

    return to_ros, from_ros


def _field(kind: str) -> tuple[Function, Function]:
    """Encoder and decoder of one field, by its type as rosidl writes it."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind in _INTEGER:
        return _integer(kind), int
    if fixed := re.fullmatch(r"double\[(\d+)\]", kind):
        return _fixed(int(fixed[1])), lambda value: tuple(value.tolist())
    if sequence := re.fullmatch(r"sequence<(.+)>", kind):
        return _sequence(sequence[1])
    return _nested(kind)


def _nested(kind: str) -> tuple[Function, Function]:
    if not kind.startswith(_PACKAGE):
        raise ConversionError(f"no rule for the field type {kind}")
    import robot_runtime_msgs.msg

    name = kind[len(_PACKAGE) :]
    return own_codec(getattr(messages, name), getattr(robot_runtime_msgs.msg, name))


def _sequence(item: str) -> tuple[Function, Function]:
    if item == "double":
        return lambda values: array("d", values), lambda values: tuple(values)
    if item == "int16":
        return _samples, lambda values: np.frombuffer(values, dtype=np.int16)
    encode, decode = _field(item)
    return lambda values: [encode(value) for value in values], lambda values: tuple(decode(value) for value in values)


def _samples(values: Any) -> array[int]:
    """Sound as ``array.array``, which rclpy copies at once; an ndarray it would read item by item."""
    samples = np.asarray(values)
    if samples.dtype != np.int16 or samples.ndim != 1:
        raise ValueError(f"expected a flat array of int16, got {samples.ndim} axes of {samples.dtype}")
    result = array("h")
    result.frombytes(samples.tobytes())
    return result


def _fixed(size: int) -> Function:
    def encode(values: Iterable[float]) -> Any:
        result = np.array(values, dtype=np.float64)
        if result.shape != (size,):
            raise ValueError(f"expected {size} numbers, got shape {result.shape}")
        return result

    return encode


def _integer(kind: str) -> Function:
    allowed = _INTEGER[kind]

    def encode(value: Any) -> int:
        if (number := int(value)) not in allowed:
            raise ValueError(f"{number} does not fit {kind}")
        return number

    return encode


def _string(value: Any) -> str:
    """The text, of an enumeration its value, with what C strings and UTF-8 cannot carry (NUL, lone surrogates) replaced."""
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    if "\0" in value:
        value = value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return str.__str__(value) if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


_SCALARS: dict[str, tuple[Function, Function]] = {
    "builtin_interfaces/Time": (to_time, to_seconds),
    "string": (_string, str),
    "double": (float, float),
    "boolean": (bool, bool),
}
