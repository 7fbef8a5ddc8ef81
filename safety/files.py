"""Reading YAML into typed models, with errors that name the file, the field and the fix."""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)


class _NoDuplicates:
    """A key that is given twice would silently take away what its first one said, such as a property of a thing."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"the key '{name}' is given twice", problem_mark=key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)  # type: ignore[misc]  # of the loader beside it


class _Loader(_NoDuplicates, yaml.SafeLoader):
    pass


class _FastLoader(_NoDuplicates, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen where it runs
    """libyaml where PyYAML was built with it: five times as fast, which a reload of large rule files while driving needs."""


_MOST_PROBLEMS = 3
"""… told of one file: the first are usually the cause of the others."""

PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds ``safety``, in a checkout or where it is installed."""


def resolve(path: str | Path) -> Path:
    """An absolute path as it is; a relative one below the current folder if it exists there, else below the project."""
    path = Path(path).expanduser()
    if path.is_absolute() or path.exists():
        return path
    return PROJECT / path


def file_hash(path: Path | str) -> str:
    """SHA-256 of a file's bytes, as hex.

    :raises FileError: the file cannot be read
    """
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error


class FileError(ValueError):
    """A file that cannot be used: one line that names the file, the field and what to do."""


def load_yaml(path: Path | str, model: type[T]) -> T:
    """Read one YAML file into ``model``.

    :raises FileError: the file is missing, is not YAML, or does not fit the model
    """
    return parse(read_yaml(path), model, str(path))


def read_yaml(path: Path | str) -> Any:
    """The plain content of a YAML file, ``{}`` when it is empty.

    :raises FileError: the file is missing or is not YAML
    """
    return parse_yaml(read_text(path), str(path))


def read_text(path: Path | str) -> str:
    """The text of a file.

    :raises FileError: the file is missing or is no text
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: not UTF-8 text (byte {error.start})") from error


def parse_yaml(text: str, path: str) -> Any:
    """The plain content of a YAML text, ``{}`` when it is empty.

    :raises FileError: it is not YAML
    """
    try:
        content = _content(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise FileError(f"{path}{where}: not valid YAML: {getattr(error, 'problem', None) or error}") from error
    return {} if content is None else content


def _content(text: str) -> Any:
    """By libyaml; what it does not understand is read again by the other one, whose errors tell the place better."""
    try:
        return yaml.load(text, _FastLoader)
    except yaml.YAMLError:
        return yaml.load(text, _Loader)


def parse(content: Any, model: type[T], source: str, sources: Mapping[str, str] | None = None) -> T:
    """Fit already read content to ``model``; ``source`` names its origin in errors.

    :param sources: top-level field → its origin, where that is another
    :raises FileError: it does not fit; the first three problems are named, and how many more there are
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = list(_problems(error, model, source, sources or {}))
        more = [f"and {len(problems) - _MOST_PROBLEMS} more"] if len(problems) > _MOST_PROBLEMS else []
        raise FileError("; ".join(problems[:_MOST_PROBLEMS] + more)) from error


def _problems(error: ValidationError, model: type[BaseModel], default: str, sources: Mapping[str, str]) -> Iterator[str]:
    """Unknown keys first: a mistyped key is most often why another one is missing."""
    for problem in sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden"):
        path, value = problem["loc"], problem["input"]
        source = sources.get(str(path[0]), default) if path else default
        where = ".".join(str(part) for part in path) or "(whole file)"
        if problem["type"] == "extra_forbidden":
            yield f"{source}: {where}: unknown key{suggestion(str(path[-1]), _keys_at(model, path[:-1]))}"
        elif isinstance(value, float) and not math.isfinite(value):
            yield f"{source}: {where}: must be a finite number (got {value})"
        else:
            yield f"{source}: {where}: {problem['msg'].removeprefix('Value error, ')} (got {_short(value)})"


def suggestion(wrong: str, known: list[str]) -> str:
    """The tail of an error that offers the nearest known name, or lists the known ones when none is near.

    >>> suggestion("speeed", ["speed", "colour"])
    ", did you mean 'speed'?"
    """
    near = difflib.get_close_matches(wrong, known, n=1)
    if near:
        return f", did you mean '{near[0]}'?"
    return f"; known: {', '.join(sorted(known))}" if known else ""


def _keys_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Field names of the model that sits at ``path``; [] where the path leaves the typed part."""
    current: Any = model
    for part in path:
        if isinstance(part, int):
            continue
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            continue  # a dictionary's key, or the tag of a union
        current = _first_model(field.annotation) or current
    return list(getattr(current, "model_fields", {}))


def _first_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _first_model(argument))), None)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
