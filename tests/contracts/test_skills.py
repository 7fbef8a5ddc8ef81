"""What follows from the skills' manifests is current, and no danger that they declare is without a rule."""

from __future__ import annotations

import pytest

from robot_runtime.act.catalogue import load_catalogue
from safety.files import PROJECT
from safety.ontology import Ontology
from safety.rules import Rules
from tools.skills import BEGIN, END, WRITTEN, renewed

CATALOGUE = load_catalogue()
RULES = Rules.load("safety/rules/home.yaml", Ontology.load())
ABOUT_THE_ROBOT = frozenset({"health", "stale", "hours", "faster_than_mps"})
"""Conditions that look at the robot or the clock; a rule with no other one weighs no particular harm."""


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_from_the_manifests_is_current(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert renewed(text, WRITTEN[name](CATALOGUE)) == text, "run: python -m tools.skills"


def test_a_change_of_a_manifest_shows() -> None:
    text = f"a\n# {BEGIN}\nold\n# {END}\nb\n"
    assert renewed(text, ["new"]) == f"a\n# {BEGIN}\nnew\n# {END}\nb\n"
    with pytest.raises(ValueError, match=BEGIN):
        renewed("no markers\n", ["new"])


@pytest.mark.parametrize("name", CATALOGUE.skills)
def test_the_gate_knows_each_skill_with_its_arguments_and_motion(name: str) -> None:
    skill, entry = CATALOGUE.skills[name], RULES.skill(name)
    assert entry is not None
    assert set(entry.arguments) == set(skill.arguments)
    assert (entry.moves, entry.approaches) == (skill.moves, skill.approaches)


@pytest.mark.parametrize("name", [name for name, skill in CATALOGUE.skills.items() if skill.hazards])
def test_a_skill_that_can_do_harm_is_looked_at_by_a_rule_that_names_it(name: str) -> None:
    looking = [rule for rule in RULES.rules if name in rule.when.skills and set(rule.when.given) - ABOUT_THE_ROBOT > {"skills"}]
    assert looking, f"declares {', '.join(sorted(CATALOGUE.skills[name].hazards))}, and no rule of home.yaml looks at it"
