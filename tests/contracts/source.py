"""Reads the project's sources for the contract tests."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

from robot_runtime.paths import ROOT

PACKAGES = ("robot_runtime", "safety", "sim", "models")


def tracked_files() -> list[Path]:
    """What git would commit; every file that is neither hidden nor generated where there is no git."""
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode == 0:
        return [path for name in listing.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]
    skipped = {"build", "runs", "__pycache__"}
    return [p for p in ROOT.rglob("*") if p.is_file() and not any(part.startswith(".") or part in skipped for part in p.parts)]


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name_of(path: Path) -> str:
    """Dotted module name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a file."""
    return tuple(ast.walk(tree(path)))


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names of all modules that a file imports, at the top or inside functions."""
    plain = frozenset(alias.name for node in nodes(path) if isinstance(node, ast.Import) for alias in node.names)
    return plain | frozenset(node.module for node in nodes(path) if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module)


@cache
def calls(path: Path) -> frozenset[str]:
    """Names of everything that a file calls: "Velocity" for ``Velocity(…)`` and for ``types.Velocity(…)``."""
    called = [node.func for node in nodes(path) if isinstance(node, ast.Call)]
    return frozenset(f.id if isinstance(f, ast.Name) else f.attr for f in called if isinstance(f, (ast.Name, ast.Attribute)))


def bare_calls(path: Path) -> frozenset[str]:
    """Likewise, of what is called by its name alone."""
    return frozenset(node.func.id for node in nodes(path) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
