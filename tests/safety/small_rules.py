"""Rule files of a few rules, to be written where a test wants them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

SEPARATION = {
    "near_m": 2.0, "near_speed_mps": 0.3, "walking_mps": 0.4, "keep_m": 0.8, "pass_m": 0.65, "approach_keep_m": 0.65,
    "approach_speed_mps": 0.12,
}  # fmt: skip

SKILLS: dict[str, Any] = {
    "go_to": {"arguments": {"place": "place"}, "moves": ["base", "head", "arm"]},
    "fetch": {"arguments": {"object": "object", "recipient": "person"}, "moves": ["base", "arm", "gripper"], "approaches": True},
    "approach": {"arguments": {"target": "target"}, "moves": ["base"], "approaches": True},
    "put": {"arguments": {"object": "object", "target": "target"}, "moves": ["arm", "gripper"]},
    "say": {"arguments": {"text": "text"}},
}


def rule(name: str, when: dict[str, Any], verdict: str = "deny", **more: Any) -> dict[str, Any]:
    """One rule whose examples are not tried unless the test gives sound ones."""
    if verdict == "limit":
        more.setdefault("limits", {"max_speed_mps": 0.3})
    if verdict == "confirm":
        more.setdefault("confirm", {"question": {"en": "Shall I?"}})
    examples = {"must": [{"skill": "go_to"}], "must_not": [{"skill": "go_to"}]}
    fixed = {"id": name, "version": 1, "why": "a test", "source": "a test", "say": {"en": f"No, {name}."}, "examples": examples}
    return {**fixed, "when": when, "verdict": verdict, **more}


def content(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The whole of a rule file."""
    groups = ("child", "adult", "elderly", "unknown")
    fixed = {"name": "small", "version": "1", "parameters": {"hazards": ["sharp"]}, "separation": dict.fromkeys(groups, SEPARATION)}
    return {**fixed, "skills": SKILLS, "rules": list(rules), **changes}


def write(path: Path, *rules: dict[str, Any], **changes: Any) -> str:
    """Write a rule file; returns its path."""
    path.write_text(yaml.safe_dump(content(*rules, **changes)), encoding="utf-8")
    return str(path)
