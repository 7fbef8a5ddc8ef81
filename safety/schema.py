"""JSON Schemas of rule files and of the ontology, for editors; ``robot-runtime rules schema`` writes them.

An editor with a YAML language server completes and checks a file whose first line names its schema.
"""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from safety.ontology_file import OntologyFile
from safety.rule_file import RuleFile
from safety.rule_models import Parameters, Separation

_DIALECT = GenerateJsonSchema.schema_dialect


def rules_schema() -> dict[str, Any]:
    """The schema of a rule file, whether it extends another one or stands alone."""
    schema = _schema(RuleFile, "robot-runtime rule file")
    schema["if"] = {"required": ["extends"], "properties": {"extends": {"minLength": 1}}}
    schema["else"] = {
        "required": ["parameters", "separation", "skills", "rules"],
        "properties": {
            "parameters": {"required": [name for name, field in Parameters.model_fields.items() if field.is_required()]},
            "override": False,
            "remove": False,
            "separation": {"additionalProperties": {"required": list(Separation.model_fields)}},
        },
    }
    return schema


def ontology_schema() -> dict[str, Any]:
    """The schema of an ontology file."""
    schema = _schema(OntologyFile, "robot-runtime ontology")
    schema["anyOf"] = [{"required": ["extends"]}, {"required": ["properties", "fallback", "classes"]}]
    return schema


FILES = {"safety/rules/schema.json": rules_schema, "safety/ontology.schema.json": ontology_schema}
"""Where each is published, below the project."""


def text(schema: dict[str, Any]) -> str:
    """As it stands in the file."""
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    return {**_cleaned(model.model_json_schema()), "$schema": _DIALECT, "title": title}


def _cleaned(part: Any) -> Any:
    """Without titles, which only repeat the names, and without infinities, which JSON does not have."""
    if isinstance(part, dict):
        return {
            key: _cleaned(value) for key, value in part.items() if not (key == "title" and isinstance(value, str)) and value != math.inf
        }
    return [_cleaned(value) for value in part] if isinstance(part, list) else part
