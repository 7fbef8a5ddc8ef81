"""From .msg files to C, C++ and Python sources, by the generators of the ros-rosidl wheels."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from package import ROOT, BuildError, Package

TYPESUPPORTS = ("fastrtps_c", "introspection_c")


def ros_prefix() -> Path:
    """The prefix into which the ros-* wheels put ``lib``, ``include`` and ``share``.

    :raises BuildError: there is none
    """
    generator = importlib.import_module("rosidl_generator_c")
    for parent in Path(generator.__file__ or "").resolve().parents:
        if (parent / "share" / "ament_index").is_dir():
            return parent
    raise BuildError("no ament index beside the ros-rosidl wheels: reinstall them with pip")


def generate(package: Package, work: Path) -> None:
    """Fill ``work`` with ``idl``, ``types`` (hashes), ``c``, ``py`` and one folder for each type support."""
    prefix = ros_prefix()
    os.environ["AMENT_PREFIX_PATH"] = str(prefix)
    _accept_repeated_entry_points()
    include = [str(prefix / "share" / name) for name in package.dependencies]

    translate = _load("rosidl_cli.command.translate.api", "translate")
    idl = translate(
        package_name=package.name,
        interface_files=[f"{ROOT}:msg/{file.name}" for file in package.messages],
        include_paths=include,
        output_format="idl",
        output_path=work / "idl" / package.name,
    )
    idl = [str(path) for path in idl]
    hash_types = _load("rosidl_cli.command.hash.api", "generate_type_hashes")
    types = hash_types(package_name=package.name, interface_files=idl, include_paths=include, output_path=work / "types" / package.name)

    def run(folder: str, module: str, name: str, *, types: list[str] | None = None, **options: Any) -> None:
        generator = _load(f"{module}.cli", name)(folder, **options)
        extra = {} if types is None else {"type_description_files": types}
        generator.generate(package.name, idl, include, work / folder / package.name, **extra)

    implementations = [f"rosidl_typesupport_{name}" for name in TYPESUPPORTS]
    run("c", "rosidl_generator_c", "GenerateC", types=[str(path) for path in types])
    run("fastrtps_c", "rosidl_typesupport_fastrtps_c", "GenerateFastRTPSCTypesupport")
    run("introspection_c", "rosidl_typesupport_introspection_c", "GenerateIntrospectionCTypesupport")
    run("typesupport_c", "rosidl_typesupport_c", "GenerateCTypesupport", typesupport_implementations=implementations)
    run("py", "rosidl_generator_py", "GeneratePython", typesupport_implementations=["rosidl_typesupport_c"])


def _load(module: str, name: str) -> Callable[..., Any]:
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return loaded


def _accept_repeated_entry_points() -> None:
    """The wheels register each generator under two distribution names, which rosidl_cli refuses in strict mode."""
    entry_points: Any = importlib.import_module("rosidl_cli.entry_points")
    strict = entry_points.get_entry_points
    entry_points.get_entry_points = lambda group, *, specs=None, strict=False, _get=strict: _get(group, specs=specs, strict=False)
    logging.getLogger("rosidl_cli.entry_points").setLevel(logging.ERROR)
