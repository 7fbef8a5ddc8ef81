"""The published JSON Schemas are those of the code, and the shipped files name them."""

from __future__ import annotations

import json

import pytest

from safety.conditions import When
from safety.files import PROJECT
from safety.schema import FILES, rules_schema, text


@pytest.mark.parametrize("name", FILES)
def test_the_published_schema_is_current(name: str) -> None:
    assert (PROJECT / name).read_text(encoding="utf-8") == text(FILES[name]()), "run: robot-runtime rules schema"


def test_every_shipped_file_names_its_schema_on_the_first_line() -> None:
    files = [*sorted((PROJECT / "safety/rules").glob("*.yaml")), PROJECT / "safety/ontology.yaml"]
    assert len(files) >= 4
    for file in files:
        key, _, name = file.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")
        assert key == "# yaml-language-server: ", file
        assert json.loads((file.parent / name).read_text(encoding="utf-8"))["type"] == "object"


def test_the_schema_describes_every_condition_and_refuses_unknown_keys() -> None:
    schema = rules_schema()
    assert set(schema["$defs"]["When"]["properties"]) == set(When.model_fields)
    assert schema["additionalProperties"] is False
    assert all(part.get("additionalProperties") is False for part in schema["$defs"].values() if part["type"] == "object")
    assert "Infinity" not in text(schema)
