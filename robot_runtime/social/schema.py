"""The JSON Schema of policy files, for editors; ``robot-runtime social schema`` writes it."""

from __future__ import annotations

import json
from typing import Any

from robot_runtime.social.policy import POLICIES, Policy

SCHEMA_FILE = POLICIES / "schema.json"


def policy_schema() -> dict[str, Any]:
    """The schema of a policy file.  What a file does not say may stand in the one that it extends, so nothing is required alone."""
    schema = _cleaned(Policy.model_json_schema())
    required = schema.pop("required")
    for part in schema["$defs"].values():
        part.pop("required", None)
    schema["properties"]["extends"] = {"type": "string", "description": "policy file of the same folder; this one holds what differs"}
    schema["anyOf"] = [{"required": ["extends"]}, {"required": required}]
    return {**schema, "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "robot-runtime social policy"}


def text(schema: dict[str, Any]) -> str:
    """As it stands in the file."""
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _cleaned(part: Any) -> Any:
    """Without titles, which only repeat the names."""
    if isinstance(part, dict):
        return {key: _cleaned(value) for key, value in part.items() if not (key == "title" and isinstance(value, str))}
    return [_cleaned(value) for value in part] if isinstance(part, list) else part
