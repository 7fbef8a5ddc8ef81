"""The same help for everybody: what is planned and offered does not depend on the style, nor on the age that somebody is taken for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.messages import SpeechStyle
from robot_runtime.social.policy import POLICIES, load_policy
from tests.unit.mind_rig import Rig, write_site

STYLES = {
    f"{path.stem} {name}": SpeechStyle(0.0, "rose", name, evidence="", confidence=0.9, **style.model_dump())
    for path in sorted(POLICIES.glob("*.yaml"))
    for name, style in load_policy(path).styles.items()
}
THE_REST = "Shall I tell the rest?"
REQUESTS: tuple[dict[str, Any], ...] = (
    {"intent": "go_to", "place": "kitchen"},
    {"intent": "fetch", "object": "red cup", "person": "me"},
    {"intent": "fetch", "object": "cup", "person": "me"},
    {"intent": "find", "object": "blue book"},
    {"intent": "come_here"},
    {"intent": "where_is", "object": "red cup"},
    {"intent": "what_changed"},
    {"intent": "forget", "person": "me"},
)


@pytest.fixture
def site(tmp_path: Path) -> str:
    return write_site(tmp_path)


def help_given(site: str, request: dict[str, Any], age_group: str = "adult", style: SpeechStyle | None = None) -> tuple[object, ...]:
    """Goals, steps and proposals, and how often and to what purpose the robot spoke; not in which words, nor in how many turns."""
    rig = Rig(site, style=style)
    rig.people["rose"] = replace(rig.people["rose"], age_group=age_group)
    rig.run(1.0).hear(speaker="rose", **request).run(3.0)
    while rig.said and rig.said[-1].endswith(THE_REST):
        rig.hear("yes", "rose").run(0.5)
    plans = [(plan.goal, plan.steps) for plan in rig.sent("plan")]
    return plans, rig.proposed, [request.purpose for request in rig.sent("speech/say") if not request.text.endswith(THE_REST)]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: "-".join(request.values()))
def test_no_style_changes_what_help_is_given(site: str, request_: dict[str, Any]) -> None:
    given = help_given(site, request_)
    assert any(given)
    for name, style in STYLES.items():
        assert help_given(site, request_, style=style) == given, name


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: "-".join(request.values()))
def test_no_guess_of_age_changes_what_help_is_given(site: str, request_: dict[str, Any]) -> None:
    """As far as the mind goes; the gate's own rules for children stand beside it."""
    child, adult, elderly, unknown = (help_given(site, request_, group) for group in ("child", "adult", "elderly", "unknown"))
    assert child == adult == elderly == unknown
