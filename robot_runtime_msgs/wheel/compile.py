"""From generated sources to shared libraries, with the C and C++ compiler alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from generate import TYPESUPPORTS, ros_prefix
from package import BuildError, Package

KINDS = ("generator_c", *(f"typesupport_{name}" for name in TYPESUPPORTS), "typesupport_c", "generator_py")
"""The libraries of an interface package, each linked against those before it."""

CORE = (
    "rosidl_runtime_c", "rcutils", "rosidl_typesupport_c", "rosidl_typesupport_fastrtps_c", "rosidl_typesupport_fastrtps_cpp",
    "rosidl_typesupport_introspection_c", "fastcdr", "rmw", "rosidl_dynamic_typesupport",
)  # fmt: skip


def compile_package(package: Package, work: Path) -> None:
    """Compile what :func:`generate.generate` left in ``work``; libraries land in ``work/lib`` and ``work/extension``.

    :raises BuildError: there is no compiler, or it reports an error
    """
    compiler = {".c": _tool("gcc", "CC"), ".cpp": _tool("g++", "CXX")}
    jobs = os.cpu_count() or 1
    groups = {kind: _units(kind, sources, work, jobs) for kind, sources in _libraries(package, work).items()}
    extensions = sorted((work / "py").rglob("_*_s.ep.*.c"))
    sources = [source for group in groups.values() for source in group] + extensions
    includes = _includes(work)
    (work / "obj").mkdir()
    with ThreadPoolExecutor(jobs) as pool:
        objects = dict(zip(sources, pool.map(lambda source: _compile(compiler, source, work, includes), sources), strict=True))

    linker = _Linker(compiler[".cpp"], package, work)
    for kind, group in groups.items():
        linker.library(kind, [objects[source] for source in group])
    for source in extensions:
        linker.extension(source.name.split(".ep.")[1][:-2], objects[source])


def _tool(name: str, variable: str) -> str:
    tool = shutil.which(os.environ.get(variable) or name)
    if tool is None:
        raise BuildError(f"no {name} found: install a compiler (Debian, Ubuntu: apt-get install g++) or set {variable}")
    return tool


def _libraries(package: Package, work: Path) -> dict[str, list[Path]]:
    """Kind of library → its sources, in link order."""
    patterns = {"generator_c": ("c", "*.c"), "generator_py": ("py", "*_s.c"), "typesupport_c": ("typesupport_c", "*.cpp"),
                "typesupport_fastrtps_c": ("fastrtps_c", "*.cpp"), "typesupport_introspection_c": ("introspection_c", "*.c")}  # fmt: skip
    return {kind: sorted((work / patterns[kind][0]).rglob(patterns[kind][1])) for kind in KINDS}


def _units(kind: str, sources: list[Path], work: Path, jobs: int) -> list[Path]:
    """Few files that include many: the headers take most of the time, and are then read once for each job only."""
    alone = [source for source in sources if source.stem.endswith("__description")]  # these define the same names
    together = [source for source in sources if source not in alone]
    units = []
    for job in range(min(jobs, len(together))):
        unit = work / f"{kind}_{job}{together[0].suffix}"
        unit.write_text("".join(f'#include "{source}"\n' for source in together[job::jobs]))
        units.append(unit)
    return units + alone


def _includes(work: Path) -> list[str]:
    import numpy

    ros = ros_prefix() / "include"
    folders = [work / name for name in ("c", "fastrtps_c", "introspection_c", "typesupport_c", "py")]
    folders += [ros, *sorted(path for path in ros.iterdir() if path.is_dir())]
    return [f"-I{folder}" for folder in (*folders, sysconfig.get_path("include"), numpy.get_include())]


def _compile(compiler: dict[str, str], source: Path, work: Path, includes: list[str]) -> Path:
    target = work / "obj" / ("_".join(source.relative_to(work).parts) + ".o")
    standard = "-std=c++17" if source.suffix == ".cpp" else "-std=gnu11"
    _run([compiler[source.suffix], standard, "-O2", "-DNDEBUG", "-fPIC", "-w", *includes, "-c", str(source), "-o", str(target)])
    return target


class _Linker:
    def __init__(self, tool: str, package: Package, work: Path) -> None:
        self._tool, self._package, self._work = tool, package, work
        self._ros_lib = ros_prefix() / "lib"
        self._own: list[str] = []
        (work / "lib").mkdir()
        (work / "extension").mkdir()

    def library(self, kind: str, objects: list[Path]) -> None:
        name = f"lib{self._package.name}__rosidl_{kind}.so"
        self._link(self._work / "lib" / name, objects, "$ORIGIN")
        self._own.append(f"-l:{name}")

    def extension(self, typesupport: str, built: Path) -> None:
        target = self._work / "extension" / f"{self._package.name}_s__{typesupport}.so"
        self._link(target, [built], "$ORIGIN/../../..")  # from site-packages/NAME up to PREFIX/lib

    def _link(self, target: Path, objects: Iterable[Path], rpath: str) -> None:
        libraries = [*reversed(self._own), *self._dependencies(), *(f"-l{name}" for name in CORE)]
        paths = [f"-L{self._work / 'lib'}", f"-L{self._ros_lib}", f"-Wl,-rpath,{rpath}", f"-Wl,-rpath-link,{self._ros_lib}"]
        _run([self._tool, "-shared", "-s", "-o", str(target), *map(str, objects), f"-Wl,-soname,{target.name}", "-Wl,--as-needed",
              *paths, *libraries])  # fmt: skip

    def _dependencies(self) -> list[str]:
        names = [f"lib{name}__rosidl_{kind}.so" for name in self._package.dependencies for kind in KINDS]
        return [f"-l:{name}" for name in names if (self._ros_lib / name).exists()]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[-200:])
        raise BuildError(f"{Path(command[0]).name} failed: {first}")
