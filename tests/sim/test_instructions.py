"""The benchmark of instructions: enough of them, judged by the world, and able to fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from safety.ontology import Ontology
from safety.rules import Rules
from tests.instructions.families import FAMILIES, Instruction, instructions
from tests.instructions.homes import home
from tests.instructions.people import spoken_in, wordings
from tests.instructions.play import FIRST_OF_PEOPLE, FIRST_SEED, RULES_FILE, Bench, Outcome, table
from tests.instructions.small_home import SmallHome
from tests.instructions.truth import Claims

SEEDS = range(FIRST_SEED, FIRST_SEED + 20)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def test_there_are_enough_instructions_in_enough_homes() -> None:
    by_home = [instructions(home(seed)) for seed in SEEDS]
    found = [instruction for one in by_home for instruction in one]
    assert len(found) >= 300 and {one.family for one in found} == {family.__name__ for family in FAMILIES}
    assert len({str(home(seed).site) + str(home(seed).things) for seed in SEEDS}) == 20


def test_people_say_enough_in_as_many_other_homes() -> None:
    seeds, written = range(FIRST_OF_PEOPLE, FIRST_OF_PEOPLE + 20), [wordings(file) for file in Path("tests/instructions").glob("*.yaml")]
    said = [one for found in written for seed in seeds for one in spoken_in(home(seed), found)]
    assert len(said) >= 300 and {one.family for one in said} == {family.__name__ for family in FAMILIES}
    assert len({one.lines for found in written for one in found}) >= 150 and not set(seeds) & set(SEEDS)


def test_families_know_no_planner() -> None:
    for module in ("families", "homes", "people"):
        text = Path(f"tests/instructions/{module}.py").read_text(encoding="utf-8")
        assert "robot_runtime" not in text


def test_the_same_home_gives_the_same_instructions_and_the_same_end(bench: Bench) -> None:
    case = home(501)
    assert instructions(case) == instructions(home(501))
    one = instructions(case)[0]
    assert bench.play(case, one, 7) == bench.play(home(501), one, 7)


@pytest.mark.parametrize("family", [family.__name__ for family in FAMILIES])
def test_one_home_of_each_family(bench: Bench, family: str) -> None:
    case = home(FIRST_SEED)
    outcomes = [bench.play(case, one, k) for k, one in enumerate(instructions(case)) if one.family == family]
    assert outcomes and not any(one.wrong_action or one.false_claim for one in outcomes)
    assert sum(one.success for one in outcomes) >= len(outcomes) - 1


def test_what_was_not_asked_for_is_a_wrong_action(bench: Bench) -> None:
    case = home(502)
    who, (thing, other) = case.somebody("adult"), case.harmless()[2:4]
    text = f"bring me the {case.things[thing].name}"
    outcome = bench.play(case, Instruction("single", ((0.0, who, text),), ((other, who),)), 3)
    assert outcome.wrong_action and not outcome.success


def test_where_things_stand_and_what_was_asked_and_told_is_judged(bench: Bench) -> None:
    case = home(9001)
    who, (first, second, thing, *_) = case.somebody("adult"), case.harmless()
    here = case.things[thing].surface
    there = next(name for name in case.site["surfaces"] if name not in {one.surface for one in case.things.values()})

    def ends(*texts: str, **wanted: Any) -> Outcome:
        lines = tuple((10.0 * number, who, text) for number, text in enumerate(texts))
        return bench.play(case, Instruction("single", lines, **wanted), 3)

    told = f"remember that the {case.things[thing].name} belongs on the {there}"
    assert ends(told, f"put the {case.things[thing].name} where it belongs", stands_on=((thing, there),)).success
    put = f"put the {case.things[thing].name} on the {there}"
    assert ends(put, stands_on=((thing, here),)).wrong_action
    which = f"bring me the {case.things[first].class_name}"
    assert ends(which, asks=True, naming=(case.things[first].colour, case.things[second].colour)).success
    assert not ends(which, asks=True, naming=("purple",)).success and not ends(which, either=((first, second), who)).success
    where = f"where is the {case.things[thing].name}"
    assert ends(where, tells=(here,)).success and not ends(where, tells=(there,)).success


def test_a_drive_that_nobody_wanted_is_a_wrong_action(bench: Bench) -> None:
    case = home(502)
    instruction = Instruction("single", ((0.0, case.somebody("adult"), f"go to the {case.places[2]}"),), may_drive=False)
    assert bench.play(case, instruction, 3).wrong_action


def test_a_claim_that_is_not_so_is_noticed(tmp_path: Path) -> None:
    case = home(503)
    (tmp_path / "semantic_map.yaml").write_text(yaml.safe_dump(case.site), encoding="utf-8")
    ontology = Ontology.load()
    run = SmallHome(case, str(tmp_path), Rules.load(RULES_FILE, ontology), ontology, "grounded", 1)
    claims, (thing, who) = Claims(run), (case.harmless()[0], case.somebody("adult"))
    name, surface = case.things[thing].name, case.things[thing].surface
    lies = [f"I am in the {case.places[1]}.", f"Good. Here is the {name}.", "I have brought it.", "Done."]
    lies += [f"The {name} is on the floor.", f"I am still holding the {name}."]
    truths = [f"I am in the {case.places[0]}.", "I will look for it.", "I am coming.", f"The {name} is on the {surface}."]
    for text in [*truths, *lies]:
        run._mind._services.say(text, who, "report")
    run.tick()
    claims.listen()
    assert claims.false == lies


def test_the_table_has_a_row_for_each_family() -> None:
    outcomes = [Outcome("single", 1, "", True, False, False, True, False, ()), Outcome("past", 1, "", False, True, False, False, True, ())]
    rows = {line.split()[0]: line.split()[1:] for line in table(outcomes).splitlines()[1:]}
    assert rows["single"] == ["1", "100.0", "0.0", "0.0", "100.0", "0.0"]
    assert rows["all"] == ["2", "50.0", "50.0", "0.0", "50.0", "50.0"]
