"""Build the wheel of robot_runtime_msgs for the Python that runs this, and install it with ``--install``.

It needs the ros-rosidl wheels and a C++ compiler, but neither cmake nor ament.  On a robot with a sourced ROS, use colcon.
Nothing is done when the package is installed already and nothing has changed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from package import ROOT, BuildError, Package, read_package

BUILD = ROOT.parent / "build" / "robot_runtime_msgs"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--install", action="store_true", help="pip-install the wheel into this Python's environment")
    parser.add_argument("--force", action="store_true", help="build even if nothing has changed")
    args = parser.parse_args()
    try:
        package = read_package()
        if args.install and package.is_installed and not args.force:
            return 0
        wheel = _wheel(package, force=args.force)
        if args.install:
            _install(wheel)
    except BuildError as error:
        print(f"robot_runtime_msgs: {error}", file=sys.stderr)
        return 1
    print(wheel)
    return 0


def _wheel(package: Package, force: bool) -> Path:
    from pack import pack, wheel_name

    target = BUILD / wheel_name(package)
    if target.exists() and not force:
        return target
    from compile import compile_package
    from generate import generate

    print(f"robot_runtime_msgs: building {len(package.messages)} messages", file=sys.stderr)
    BUILD.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="work-", dir=BUILD))
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # the generators name every file they touch
            generate(package, work)
        compile_package(package, work)
        pack(package, work, target)
        for other in set(BUILD.glob(target.name.replace(package.build_id, "*"))) - {target}:
            other.unlink()  # of sources that are gone
    finally:
        shutil.rmtree(work)
    return target


def _install(wheel: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--force-reinstall"]
    if subprocess.run([*pip, str(wheel)], check=False).returncode:
        raise BuildError(f"pip could not install {wheel}")


if __name__ == "__main__":
    sys.exit(main())
