"""The published JSON Schemas are those of the code, and the shipped files name them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from robot_runtime.social import schema as social_schema
from robot_runtime.social.policy import POLICIES, Policy, load_policy, without_source
from safety.conditions import When
from safety.files import PROJECT
from safety.schema import FILES, rules_schema, text


@pytest.mark.parametrize("name", FILES)
def test_the_published_schema_is_current(name: str) -> None:
    assert (PROJECT / name).read_text(encoding="utf-8") == text(FILES[name]()), "run: robot-runtime rules schema"


def test_every_shipped_file_names_its_schema_on_the_first_line() -> None:
    files = [*sorted((PROJECT / "safety/rules").glob("*.yaml")), PROJECT / "safety/ontology.yaml", *POLICIES.glob("*.yaml")]
    assert len(files) >= 7
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


def test_the_schema_of_social_policies_is_current() -> None:
    published = social_schema.SCHEMA_FILE.read_text(encoding="utf-8")
    assert published == social_schema.text(social_schema.policy_schema()), "run: robot-runtime social schema --write FILE"
    schema = json.loads(published)
    assert set(schema["properties"]) == {*Policy.model_fields, "extends"}
    assert schema["additionalProperties"] is False
    assert all(part["additionalProperties"] is False for part in schema["$defs"].values() if part["type"] == "object")


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_number_of_a_shipped_policy_has_a_source(path: Path) -> None:
    policy = load_policy(path)
    assert policy.name == path.stem
    assert without_source(policy) == []
