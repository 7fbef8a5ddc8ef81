"""Makes ``build/vlm``: an environment with torch and llama.cpp beside ``.venv``, which stays free of both.

It sees the packages of ``.venv`` through a path file.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / "build" / "vlm"
REQUIREMENTS = ROOT / "tests" / "vlm" / "requirements.txt"
PACKAGES = ("torch", "transformers", "llguidance", "pillow")


def main() -> None:
    """Make it, unless it was made of the same files."""
    stamp = ENVIRONMENT / "made_of.txt"
    wanted = REQUIREMENTS.read_text(encoding="utf-8") + (ROOT / "constraints.txt").read_text(encoding="utf-8")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"making {ENVIRONMENT.relative_to(ROOT)} with torch and llama.cpp: some minutes", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    python = ENVIRONMENT / "bin" / "python"
    (_site_packages(python) / "robot_runtime_developer.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]
    subprocess.run([*install, *PACKAGES, "-r", str(REQUIREMENTS)], check=True)
    stamp.write_text(wanted, encoding="utf-8")


def _site_packages(python: Path) -> Path:
    told = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"], check=True, capture_output=True, text=True
    )
    return Path(told.stdout.strip())


if __name__ == "__main__":
    main()
