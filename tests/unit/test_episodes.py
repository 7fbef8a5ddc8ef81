"""Episodes drawn from a seed are sound scenarios, each another morning, and the same every time."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.cli import main
from sim.episodes import APART_M, FAMILIES, GAP_M, episode, write
from sim.scenario import load_scenario

COUNT = 4 * len(FAMILIES)


@pytest.fixture(scope="module")
def contents() -> list[dict[str, Any]]:
    return [episode(7, number)[1] for number in range(COUNT)]


def test_every_episode_is_a_sound_scenario(tmp_path: Path) -> None:
    written = write(tmp_path, 7, COUNT)
    assert [family for family, _ in written] == [*FAMILIES] * 4
    for _, file in written:
        load_scenario(file)  # raises what is wrong with it
    assert len(list(tmp_path.iterdir())) == COUNT


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    assert episode(7, 3) == episode(7, 3)
    assert episode(7, 3)[1]["start"] != episode(8, 3)[1]["start"]
    assert episode(7, 3)[1]["moved"] != episode(7, 9)[1]["moved"]


def test_people_stand_apart(contents: list[dict[str, Any]]) -> None:
    for content in contents:
        places = [pose["at_m"] for pose in content["start"].values()]
        assert min(math.dist(a, b) for k, a in enumerate(places) for b in places[:k]) >= APART_M - 0.01


def test_things_do_not_stand_in_each_other(contents: list[dict[str, Any]]) -> None:
    for content in contents:
        for surface in {put["stands_on"] for put in content["moved"].values()}:
            there = [put["pose"]["at_m"] for put in content["moved"].values() if put["stands_on"] == surface]
            assert all(math.dist(a, b) >= GAP_M - 0.01 for k, a in enumerate(there) for b in there[:k])


@pytest.mark.long
def test_counts_and_files_of_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["scenario", "episodes", "--count", "1", "--seed", "4", "--processes", "1", "--keep", str(tmp_path), "--json"]
    status = main(arguments)
    *plays, counts = map(json.loads, capsys.readouterr().out.splitlines())
    passed = sum(play["passed"] for play in plays)
    assert counts == {"passed": {"fetch": {"oracle": f"{passed}/1"}, "all": {"oracle": f"{passed}/1"}}}
    assert status == (0 if passed == 1 else 1)
    assert [file.name for file in tmp_path.iterdir()] == ["000_fetch.yaml"]
