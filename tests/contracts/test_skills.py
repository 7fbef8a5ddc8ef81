"""What follows from the skills' manifests is current, and no danger that they declare is without a rule."""

from __future__ import annotations

import pytest

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.hear.vocabulary import robot_grammar
from safety.files import PROJECT
from safety.hazards.classifier import shared
from safety.hazards.settings import FOLDER
from safety.hazards.words import Words
from safety.ontology import Ontology
from safety.rules import Rules
from safety.types import Verdict
from tools.skills import BEGIN, END, WRITTEN, renewed

CATALOGUE = load_catalogue()
RULES = Rules.load("safety/rules/home.yaml", Ontology.load())
ABOUT_THE_ROBOT = frozenset({"health", "stale", "hours", "faster_than_mps"})
"""Conditions that look at the robot or the clock; a rule with no other one weighs no particular harm."""


ASKED = {
    "come_here": "come here", "describe": "look around",
    "dance": "dance for us", "dock": "go to your dock", "fetch": "bring me the red cup",
    "find": "find the red cup", "follow": "follow me", "forget_told": "forget that i like the red cup", "gesture": "wave to me",
    "go_to": "go to the kitchen", "greet": "say hello to rose", "guide": "take rose to the kitchen", "look_for_person": "look for rose",
    "look_at_door": "is the kitchen door open",
    "patrol": "make your rounds", "remember": "remember that i like the red cup", "remind": "remind me in ten minutes to make a call",
    "remember_place": "the red cup belongs on the coffee table", "report_status": "how are you", "say": "say good morning",
    "take_picture": "take a picture of me",
    "tidy": "put the red cup on the coffee table", "wait": "wait ten minutes",
}  # fmt: skip
"""A harmless request for each skill that people can ask for, as the ear writes it."""


def test_there_is_a_harmless_request_for_each_skill_that_can_be_asked_for() -> None:
    assert set(ASKED) == {name for name, skill in CATALOGUE.skills.items() if skill.intent}


@pytest.mark.parametrize("name", ASKED)
def test_a_harmless_request_is_understood_and_not_doubted(name: str) -> None:
    grammar = robot_grammar(CATALOGUE, Ontology.load(), ["kitchen"], ["Rose"], surfaces=["coffee table"], doors=["kitchen door"])
    meaning = grammar.interpret(ASKED[name])
    assert meaning is not None and meaning.intent == CATALOGUE.skills[name].intent
    decided = shared(FOLDER).decide(Words((ASKED[name],)))
    assert decided.verdict == Verdict.ALLOW, decided


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
