"""Errors of files: one line that names the file, the field and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from safety.files import PROJECT, FileError, file_hash, load_yaml, parse, resolve, suggestion


class Deep(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reach: float = 0.0


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    depth: float = 0.0
    more: Deep | None = None


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    speed: float = 1.0
    parts: dict[str, Inner] = {}
    rows: list[Inner] = []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"speed: fast", "speed: Input should be a valid number"),
        (b"speeed: 1", "speeed: unknown key, did you mean 'speed'?"),
        (b"parts: {a: {dept: 1}}", "parts.a.dept: unknown key, did you mean 'depth'?"),
        (b"rows: [{zzz: 1}]", "rows.0.zzz: unknown key; known: depth, more"),
        (b"rows: [{more: {zzz: 1}}]", "rows.0.more.zzz: unknown key; known: reach"),
        (b"parts: {a: {more: {zzz: 1}}}", "parts.a.more.zzz: unknown key; known: reach"),
        (b"\nspeed: [", ":2: not valid YAML"),
        (b"speed: 1\nparts: {a: {}, a: {}}", ":2: not valid YAML: the key 'a' is given twice"),
        (b"speed: true\nparts: {a: {depth: .nan}}\nlist: 5", "list: unknown key"),
        (b"rows: .inf", "rows: must be a finite number (got inf)"),
        (b"speed: [", ":1: not valid YAML"),
        (b"\xff\xfe\xfa", "not UTF-8 text"),
        (b"5", "(whole file)"),
        (b"speed: " + b"x" * 100, "..."),
    ],
)
def test_a_bad_file_gives_one_clear_line(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "some.yaml"
    file.write_bytes(content)
    with pytest.raises(FileError) as error:
        load_yaml(file, Outer)
    assert str(error.value).startswith(str(file)) and message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(("count", "tail"), [(3, "c: unknown key; known: parts, rows, speed"), (4, "; and 1 more"), (5, "; and 2 more")])
def test_three_problems_of_a_file_are_told(count: int, tail: str) -> None:
    with pytest.raises(FileError) as error:
        parse(dict.fromkeys("abcde"[:count], 1), Outer, "some.yaml")
    told = str(error.value)
    assert told.endswith(tail) and told.count("some.yaml: ") == 3


def test_a_long_value_is_told_in_part() -> None:
    for value, shown in (("x" * 58, f"'{'x' * 58}'"), ("x" * 59, f"'{'x' * 56}...")):
        with pytest.raises(FileError) as error:
            parse({"speed": value}, Outer, "some.yaml")
        assert str(error.value).endswith(f"(got {shown})")


def test_a_field_from_another_file_is_told_with_that_file() -> None:
    with pytest.raises(FileError, match=r"^base\.yaml: speed: .*; mine\.yaml: rows: "):
        parse({"speed": "x", "rows": 5}, Outer, "mine.yaml", {"speed": "base.yaml"})


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    assert load_yaml(tmp_path / "empty.yaml", Outer) == Outer()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for read in (lambda p: load_yaml(p, Outer), file_hash):
        with pytest.raises(FileError, match="cannot be read: No such file"):
            read(tmp_path / "missing.yaml")


def test_no_suggestion_without_names() -> None:
    assert suggestion("x", []) == ""


def test_paths_are_looked_up_here_and_then_in_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve("safety/ontology.yaml") == PROJECT / "safety/ontology.yaml"
    (tmp_path / "safety").mkdir()
    (tmp_path / "safety/ontology.yaml").write_text("")
    assert resolve("safety/ontology.yaml") == Path("safety/ontology.yaml")
    assert resolve(tmp_path) == tmp_path
