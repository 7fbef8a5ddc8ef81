"""Makes ``.venv`` ready for the project: system packages, Python packages at pinned versions, the ROS messages.

Run by ``make`` before everything else with whatever ``python3`` there is, so it imports only the standard library and keeps to
syntax that Python 3.7 reads.  Each step leaves a stamp in ``.venv``; a step whose inputs have not changed is skipped, so a second
run takes a tenth of a second.
"""

from __future__ import annotations

import argparse
import ctypes
import functools
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "bootstrap"
LOG = ROOT / "build" / "bootstrap.log"

SUPPORTED = ((3, 13), (3, 12), (3, 11), (3, 10))
RUNTIME_EXTRAS = "ros,interfaces,sim,report"
DEVELOPER_EXTRAS = "dev"

# A sourced ROS, another environment's Python or the re-exec of the rclpy wheels must not leak into this environment's processes.
FOREIGN = (
    "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LD_PRELOAD", "_ROS_WHEELS_BOOTSTRAP_COMPLETE",
    "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "COLCON_PREFIX_PATH", "ROS_DISTRO", "ROS_VERSION", "ROS_PYTHON_VERSION",
)  # fmt: skip


class BootstrapError(Exception):
    """Set-up cannot go on; the text says what to do."""


class Step(NamedTuple):
    name: str
    inputs: tuple[str, ...]  # files and folders; a change makes it run again
    action: Callable[[], None]


def main() -> int:
    parser = argparse.ArgumentParser(description="Make .venv ready.")
    parser.add_argument("--dev", action="store_true", help="install the tools for `make test` and `make lint` too")
    parser.add_argument("--no-apt", action="store_true", help="never install system packages, only say which are missing")
    args = parser.parse_args()
    for name in FOREIGN:
        os.environ.pop(name, None)
    try:
        bootstrap(dev=args.dev, may_install=not args.no_apt)
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    return 0


def bootstrap(dev: bool, may_install: bool) -> None:
    check_platform()
    if other_python_asked():
        shutil.rmtree(STAMPS, ignore_errors=True)
    extras = f"{RUNTIME_EXTRAS},{DEVELOPER_EXTRAS}" if dev else RUNTIME_EXTRAS
    install = functools.lru_cache(maxsize=None)(lambda: install_packages(extras))  # a fresh environment needs pip once, not twice
    steps: list[Step] = [
        Step("interpreter", (), lambda: prepare_interpreter(may_install)),
        Step("packages", ("pyproject.toml", "setup.py", "constraints.txt", "tools/bootstrap.py"), install),
        Step("messages", ("robot_runtime_msgs",), build_messages),
    ]
    if dev:
        steps.append(Step("developer tools", (), install))
    # The digest is a chain: a step is done again after anything before it has changed.  A moved checkout counts as a change,
    # because a virtual environment does not survive one.
    digest = str(ROOT)
    started_s = time.monotonic()
    worked = False
    for name, inputs, action in steps:
        digest = chained(digest, name, inputs)
        stamp = STAMPS / name.replace(" ", "-")
        if stamp.is_file() and PYTHON.exists() and stamp.read_text() == digest:
            continue
        action()
        STAMPS.mkdir(parents=True, exist_ok=True)
        stamp.write_text(digest)
        worked = True
    if worked:
        say(f"ready after {time.monotonic() - started_s:.0f} s")


def check_platform() -> None:
    """The rclpy wheels exist for x86-64 Linux only; elsewhere the ROS distribution's own rclpy is used.

    :raises BootstrapError: this machine is a robot's computer or no Linux
    """
    if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        return
    raise BootstrapError(
        f"no rclpy wheels for {platform.system()} {platform.machine()}. On a robot build this as a ROS 2 package "
        "(CONTRIBUTING.md, 'On a robot'); elsewhere use x86-64 Linux."
    )


def chained(previous: str, name: str, inputs: tuple[str, ...]) -> str:
    """The digest of one step's inputs and of everything before it."""
    digest = hashlib.sha256(f"{previous} {name}".encode())
    for entry in inputs:
        path = ROOT / entry
        files = sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts) if path.is_dir() else [path]
        for file in files:
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


# ---------------------------------------------------------------- the interpreter and what the system must bring


def prepare_interpreter(may_install: bool) -> None:
    python = find_python()
    install_system_packages(missing_system_packages(python), may_install)
    if not (PYTHON.exists() and version_of(str(PYTHON)) == version_of(python) and has(str(PYTHON), "import pip")):
        say(f"making .venv with Python {dotted(version_of(python))}")
        run([python, "-m", "venv", "--clear", str(VENV)], "make the virtual environment")


def other_python_asked() -> bool:
    """Whether ``$PYTHON`` names another version than the one that ``.venv`` was made with."""
    return bool(os.environ.get("PYTHON")) and PYTHON.exists() and version_of(find_python()) != version_of(str(PYTHON))


def find_python() -> str:
    """The first usable interpreter: ``$PYTHON``, the one that runs this, then the newest on the path.

    :raises BootstrapError: none is of a supported version
    """
    asked = os.environ.get("PYTHON")
    if asked and version_of(asked) not in SUPPORTED:
        raise BootstrapError(f"PYTHON={asked} is {dotted(version_of(asked))}; this project runs on Python 3.10 to 3.13")
    candidates = ([asked] if asked else []) + [sys.executable] + [f"python{dotted(v)}" for v in SUPPORTED]
    for candidate in candidates:
        if version_of(candidate) in SUPPORTED:
            return candidate
    raise BootstrapError(
        f"no Python 3.10 to 3.13 found (python3 is {platform.python_version()}). Install one "
        "(Debian, Ubuntu: `sudo apt-get install python3 python3-venv python3-dev`) or name it: `make PYTHON=/path/to/python3.12 …`"
    )


def version_of(python: str) -> tuple[int, ...] | None:
    try:
        found = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return tuple(int(part) for part in found.stdout.split()) if found.returncode == 0 else None


def dotted(version: tuple[int, ...] | None) -> str:
    return ".".join(map(str, version)) if version else "not usable"


def missing_system_packages(python: str) -> list[str]:
    """Debian names of what the set-up needs and does not find."""
    version = dotted(version_of(python))
    needs = [
        ("g++", shutil.which("g++") is not None and shutil.which("gcc") is not None),
        (
            f"python{version}-dev",
            has(python, "import pathlib, sysconfig; (pathlib.Path(sysconfig.get_path('include')) / 'Python.h').stat()"),
        ),
        (f"python{version}-venv", has(python, "import ensurepip, venv")),
        ("libegl1", loads("libEGL.so.1")),
        ("libgl1", loads("libGL.so.1")),
        # rendering without a display: Mesa in software, or the driver of an NVIDIA card
        ("libegl-mesa0", loads("libEGL_mesa.so.0") or loads("libEGL_nvidia.so.0")),
        ("libgl1-mesa-dri", any(Path("/usr/lib").glob("*/dri/*_dri.so")) or has_gallium() or loads("libEGL_nvidia.so.0")),
    ]
    return [package for package, present in needs if not present]


def has(python: str, statement: str) -> bool:
    return subprocess.run([python, "-c", statement], capture_output=True).returncode == 0


def has_gallium() -> bool:
    """Mesa 24 and later keep all software renderers in one library."""
    return any(Path("/usr/lib").glob("*/libgallium-*.so"))


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_system_packages(packages: list[str], may_install: bool) -> None:
    if not packages:
        return
    by_hand = "sudo apt-get update && sudo apt-get install --no-install-recommends " + " ".join(packages)
    prefix = root_prefix() if may_install and shutil.which("apt-get") else None
    if prefix is None:
        raise BootstrapError(f"missing system packages. On Debian or Ubuntu run this, then start again:\n    {by_hand}")
    say(f"installing system packages: {' '.join(packages)} (up to a minute)")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    run([*apt, "update"], "read the package lists", hint=by_hand)
    run([*apt, "install", "-y", "--no-install-recommends", *packages], "install system packages", hint=by_hand)


def root_prefix() -> list[str] | None:
    """How to run a command as root without being asked for a password; None when that is not possible."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


# ---------------------------------------------------------------- what comes from the package registries


def install_packages(extras: str) -> None:
    say(f"installing Python packages [{extras}] at the versions of constraints.txt (1 to 3 minutes the first time)")
    constraints = str(ROOT / "constraints.txt")
    environment = {**os.environ, "PIP_CONSTRAINT": constraints, "PIP_BUILD_CONSTRAINT": constraints, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    pip = [str(PYTHON), "-m", "pip", "install", "--progress-bar", "off", "--no-compile"]
    run([*pip, "pip", "setuptools", "wheel"], "install pip", environment=environment)
    run([*pip, "-e", f".[{extras}]"], "install Python packages", environment=environment)
    compile_packages()


def compile_packages() -> None:
    """Pip would do it on one core.  The graph's processes start together: without it each would compile the same files."""
    # Packages bring a few files that are no Python; they stay as they are, and the exit status says nothing.
    subprocess.run([str(PYTHON), "-m", "compileall", "-qq", "-j", "0", str(VENV / "lib")], stdin=subprocess.DEVNULL, capture_output=True)


def build_messages() -> None:
    say("building robot_runtime_msgs (about 20 s)")
    run([str(PYTHON), str(ROOT / "robot_runtime_msgs" / "wheel" / "build.py"), "--install"], "build robot_runtime_msgs")


# ---------------------------------------------------------------- running things


def say(text: str) -> None:
    print(f"bootstrap: {text}", flush=True)


def run(command: list[str], what: str, environment: dict[str, str] | None = None, hint: str = "") -> None:
    """Run one command, its output into the log.

    :raises BootstrapError: it failed; carries the end of its output
    """
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a", encoding="utf-8") as sink:
        sink.write(f"$ {' '.join(map(shlex.quote, command))}\n")
        sink.flush()
        done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        return
    tail = "\n".join(LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-25:])
    advice = f"\nTry by hand: {hint}" if hint else ""
    raise BootstrapError(f"could not {what} (exit status {done.returncode}). The end of {LOG}:\n{tail}{advice}")


if __name__ == "__main__":
    sys.exit(main())
