"""From built files to a wheel (PEP 427 binary distribution format)."""

from __future__ import annotations

import base64
import hashlib
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

from package import ROOT, Package

_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that the same sources give the same wheel


def wheel_name(package: Package) -> str:
    return f"{package.name}-{package.wheel_version}-{_tag()}.whl"


def pack(package: Package, work: Path, target: Path) -> None:
    """Write the wheel: libraries and ``share`` go below the prefix, the Python package into site-packages."""
    info = f"{package.name}-{package.wheel_version}.dist-info"
    files = dict(_contents(package, work))
    metadata = f"Metadata-Version: 2.1\nName: {package.name}\nVersion: {package.wheel_version}\nLicense: Apache-2.0\n"
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: {package.name}\nRoot-Is-Purelib: false\nTag: {_tag()}\n".encode()
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    partial.replace(target)


def _contents(package: Package, work: Path) -> Iterator[tuple[str, bytes]]:
    prefix = f"{package.name}-{package.wheel_version}.data/data"
    python = work / "py" / package.name
    for file in sorted(python.rglob("*.py")):
        yield f"{package.name}/{file.relative_to(python).as_posix()}", file.read_bytes()
    yield f"{package.name}/__init__.py", b""
    for file in sorted((work / "extension").iterdir()):
        yield f"{package.name}/{file.name}", file.read_bytes()
    for file in sorted((work / "lib").iterdir()):
        yield f"{prefix}/lib/{file.name}", file.read_bytes()
    interfaces = [
        *package.messages,
        *sorted((work / "idl" / package.name / "msg").glob("*.idl")),
        *sorted((work / "types" / package.name / "msg").glob("*.json")),
    ]
    for file in interfaces:
        yield f"{prefix}/share/{package.name}/msg/{file.name}", file.read_bytes()
    yield f"{prefix}/share/{package.name}/package.xml", (ROOT / "package.xml").read_bytes()
    index = f"{prefix}/share/ament_index/resource_index"
    yield f"{index}/packages/{package.name}", b""
    yield f"{index}/rosidl_interfaces/{package.name}", "".join(sorted(f"msg/{file.name}\n" for file in interfaces)).encode()


def _tag() -> str:
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"{python}-{python}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
