"""The full text of message definitions, as recordings carry them so that any tool can read them without our packages."""

from __future__ import annotations

import re
from pathlib import Path

from ament_index_python import PackageNotFoundError, get_package_share_directory

from robot_runtime.ros.errors import ConversionError

_PRIMITIVE = re.compile(r"(bool|byte|char|float32|float64|u?int(8|16|32|64)|w?string)\b")
_FIELD = re.compile(r"^\s*([A-Za-z][\w/]*)")
_RULE = "=" * 80


def definition(ros_type: str) -> str:
    """The ``.msg`` text of a type followed by those of all types in it (the "ros2msg" schema encoding of MCAP).

    :raises ConversionError: an interface package is not installed with its ``.msg`` files
    """
    texts: dict[str, str] = {}
    waiting = [_short(ros_type)]
    while waiting:
        name = waiting.pop(0)
        if name not in texts:
            texts[name] = _read(name)
            waiting += _nested(name, texts[name])
    first, *others = texts.items()
    return first[1] + "".join(f"{_RULE}\nMSG: {name}\n{text}" for name, text in others)


def _short(ros_type: str) -> str:
    """``pkg/msg/Name`` → ``pkg/Name``, as definitions name types."""
    package, _, name = ros_type.replace("/msg/", "/").partition("/")
    return f"{package}/{name}"


def _read(name: str) -> str:
    package, _, kind = name.partition("/")
    try:
        path = Path(get_package_share_directory(package)) / "msg" / f"{kind}.msg"
        return path.read_text(encoding="utf-8").rstrip("\n") + "\n"
    except (PackageNotFoundError, OSError) as error:
        raise ConversionError(f"no definition of {name}: {error}") from error


def _nested(name: str, text: str) -> list[str]:
    """The types of the fields that are messages themselves."""
    package = name.partition("/")[0]
    lines = (line.partition("#")[0] for line in text.splitlines())
    kinds = [match[1] for line in lines if (match := _FIELD.match(line)) and not _PRIMITIVE.match(match[1])]
    return [kind.replace("/msg/", "/") if "/" in kind else f"{package}/{kind}" for kind in kinds]
