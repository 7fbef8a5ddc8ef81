"""The body of a ``/chat/completions`` request, as OpenAI-compatible servers take it."""

from __future__ import annotations

import base64
from typing import Any

from robot_runtime.mind.plan_schema import in_one_object
from robot_runtime.mind.vlm.events import Prompt
from robot_runtime.mind.vlm.picture import shrunk
from robot_runtime.mind.vlm.settings import Structured, VlmConfig

SCHEMA_NAME = "plan"


def body(prompt: Prompt, config: VlmConfig) -> dict[str, Any]:
    """System text first; then, as the user's words, the data and the picture: no text of theirs ever stands in the system's place."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": prompt.data}]
    jpeg = shrunk(prompt.jpeg, config.picture_px) if prompt.jpeg else None
    if jpeg is not None:
        address = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
        parts.append({"type": "image_url", "image_url": {"url": address}})
    return {
        "model": config.model,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": parts if jpeg is not None else prompt.data},
        ],
        "stream": True,
        "temperature": config.temperature,
        "max_tokens": config.most_tokens,
        **structured(prompt.schema, config.structured),
    }


def structured(schema: dict[str, Any], how: Structured) -> dict[str, Any]:
    """The fields that bind an answer to a schema.

    ``json_schema`` is OpenAI's own, which llama-server, vLLM, SGLang, Ollama and LM Studio take; ``one_object`` is the same for a service
    that takes no choice at the top of a schema, as OpenAI's; ``json_object`` with the schema in it is llama-cpp-python's;
    ``structured_outputs`` and ``guided_json`` are vLLM's from and before 0.12; ``format`` is that of Ollama's own interface, which some
    proxies hand on.

    >>> structured({"type": "object"}, "guided_json")
    {'guided_json': {'type': 'object'}}
    """
    fields: dict[Structured, dict[str, Any]] = {
        "json_schema": _response_format(schema),
        "one_object": _response_format(in_one_object(schema)),
        "json_object": {"response_format": {"type": "json_object", "schema": schema}},
        "structured_outputs": {"structured_outputs": {"json": schema}},
        "guided_json": {"guided_json": schema},
        "format": {"format": schema},
        "none": {},
    }
    return fields[how]


def _response_format(schema: dict[str, Any]) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": SCHEMA_NAME, "strict": True, "schema": schema}}}
