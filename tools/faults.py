"""Two ways to put a fault into a process: swap the code of functions that are imported already, or import the faulty file instead.

The first takes no time, but reaches bodies of functions only; what runs on import (tables, defaults, constants) needs the second.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def module_name(file: str) -> str:
    """What is imported from a file.

    >>> module_name("safety/motors/link.py")
    'safety.motors.link'
    """
    return file.removesuffix(".py").replace("/", ".")


class Faulty(importlib.abc.MetaPathFinder):
    """Finds one module, that nobody has imported yet, with a fault in it."""

    def __init__(self, file: str, source: str) -> None:
        self._name = module_name(file)
        self._file, self._source = file, source

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        place = str(ROOT / self._file)
        return importlib.util.spec_from_file_location(name, place, loader=_Loader(name, place, self._source))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._source, self.path, "exec")


class Bodies:
    """The functions of a file whose module is imported."""

    def __init__(self, file: str) -> None:
        place = str(ROOT / file)
        self._file = file
        self._sound = self._codes(ast.unparse(ast.parse(Path(place).read_text(encoding="utf-8"))))
        self._functions: dict[str, list[FunctionType]] = {}
        gc.unfreeze()  # what is frozen is not listed
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType) and thing.__code__.co_filename == place:
                self._functions.setdefault(thing.__qualname__, []).append(thing)

    def swaps(self, source: str) -> list[tuple[FunctionType, CodeType]]:
        """Which functions get which code; empty when the fault is not, or not only, in bodies that can be swapped."""
        faulty = self._codes(source)
        changed = [name for name, code in faulty.items() if name not in self._sound or _own(code) != _own(self._sound[name])]
        if faulty.keys() != self._sound.keys() or not all(_is_body(faulty[name]) for name in changed):
            return []
        outermost = {name.split(".<locals>")[0] for name in changed}
        if not all(len(self._functions.get(name, ())) == 1 for name in outermost):
            return []  # nobody has it, or a getter and its setter have one name
        named = {name for name in faulty if name in outermost or any(name.startswith(f"{outer}.<locals>") for outer in outermost)}
        return [
            (function, faulty[name])
            for name in named
            for function in self._functions.get(name, ())
            if function.__code__.co_freevars == faulty[name].co_freevars
        ]

    def _codes(self, source: str) -> dict[str, CodeType]:
        found: dict[str, CodeType] = {}
        for name, code in _walk("", compile(source, str(ROOT / self._file), "exec")):
            while name in found:  # lambdas beside each other
                name += "'"
            found[name] = code
        return found


def swap(swaps: list[tuple[FunctionType, CodeType]]) -> None:
    """Put the fault in; answers that were remembered from sound code are forgotten."""
    for function, code in swaps:
        function.__code__ = code
    for thing in gc.get_objects():
        if isinstance(thing, functools._lru_cache_wrapper):
            thing.cache_clear()


def _walk(prefix: str, code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """Every code object by the qualified name that its function or class has."""
    yield prefix, code
    inside = f"{prefix}.<locals>." if _is_body(code) else f"{prefix}." if prefix else ""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _walk(f"{inside}{constant.co_name}", constant)


def _is_body(code: CodeType) -> bool:
    """Whether it is a function's, not a module's or class's, which runs only once."""
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def _own(code: CodeType) -> tuple[Any, ...]:
    """What the code does by itself, without the functions in it; types stand beside values, since 1 equals True."""
    constants = tuple((type(c), repr(c)) for c in code.co_consts if not isinstance(c, CodeType))
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars
