"""The world across restarts: what it knows again, what it saves and when, and whose ids it trusts."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from robot_runtime.messages import WorldFacts
from robot_runtime.stage import Closing, Diagnosing
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.keeper import Keeper
from robot_runtime.world.queries import where_is
from robot_runtime.world.recollection import Recollection
from robot_runtime.world.store import DiskStore, RamStore
from robot_runtime.world.world import World
from tests.unit.mind_rig import a_person, write_site
from tests.unit.test_world import TABLE, Home, cup, only, tell
from tests.unit.world_rig import Clock, a_thing, an_event, somebody


class CountingStore(RamStore):
    def __init__(self) -> None:
        self.saved: list[tuple[float, Recollection]] = []

    def save(self, memory: Recollection, now_s: float) -> None:
        self.saved.append((now_s, memory))

    @property
    def times_s(self) -> list[float]:
        return [now_s for now_s, _ in self.saved]


def a_home(site: str, path: Path, off_s: float = 0.0) -> Home:
    home = Home(site)
    home.world = World(home.world.config, DiskStore(path, Clock(Clock().wall_s + off_s)))
    return home


@pytest.fixture
def site(tmp_path: Path) -> str:
    return write_site(tmp_path)


def test_a_restart_knows_what_was_known(site: str, tmp_path: Path) -> None:
    home = a_home(site, tmp_path / "m", 0.0)
    home.look(10, cup(score=0.8), people=(a_person("anna", "adult", 3.0, 3.0),))
    home.world.close()
    home = a_home(site, tmp_path / "m", 7200.0)
    home.pose = (1.0, 1.0, 0.0)
    facts = home.step()
    thing = only(facts)
    assert (thing.id, thing.position_m, thing.support, thing.provenance) == ("red_cup", TABLE, "kitchen table", "seen")
    assert thing.last_seen_s == pytest.approx(0.2 - 7200.0)
    assert thing.confidence == pytest.approx(0.2, abs=0.001)  # two half-lives later
    assert [(person.id, person.seen) for person in facts.people] == [("anna", False)]
    assert [(event.subject, event.kind) for event in home.world.events] == [("red_cup", "appeared"), ("anna", "came")]
    home.world.close()


def test_memory_file_is_a_parameter(site: str, tmp_path: Path) -> None:
    config = WorldConfig(site=site, memory_file=str(tmp_path / "deep" / "memory.sqlite"))
    for _ in range(2):
        home = Home(site)
        home.world = World(config)
        home.step(cup())
        home.world.close()
    assert (tmp_path / "deep" / "memory.sqlite").exists()


def test_it_says_what_is_wrong_with_its_disk(site: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = a_home(site, tmp_path / "file" / "m")
    assert isinstance(home.world, Closing) and isinstance(home.world, Diagnosing)
    assert only(home.step(cup())).id == "red_cup"
    problem, figures = home.world.diagnose()
    assert "file/m: " in problem and figures == {"objects": "1", "people": "0"}
    home.world.close()
    assert only(home.step()).id == "red_cup"  # what is in RAM stays
    home.world.close()


def test_after_a_close_it_goes_on_and_sees_what_was_forgotten_meanwhile(site: str, tmp_path: Path) -> None:
    home = a_home(site, tmp_path / "m")
    home.step(cup(), people=(a_person("anna", "adult", 3.0, 3.0), a_person("leo", "child", 4.0, 3.0)))
    home.world.close()
    other = World(WorldConfig(site=site, memory_file=str(tmp_path / "m")))
    other.step({}, 1.0)
    other.forget("anna").result()
    other.close()
    facts = home.step()
    assert ([thing.id for thing in facts.objects], [person.id for person in facts.people]) == (["red_cup"], ["leo"])
    home.world.close()


def test_reset_is_as_new(site: str, tmp_path: Path) -> None:
    home = a_home(site, tmp_path / "m")
    home.step(cup())
    home.world.reset()
    assert only(home.step(blind=True)).id == "red_cup"
    home.world.close()


def test_a_contradiction_is_an_event_and_an_answer(site: str) -> None:
    home = Home(site)
    home.step(cup())
    facts = home.look(20)
    assert [event.kind for event in home.world.events] == ["appeared", "missing"]
    answer = where_is("red_cup", facts, home.world.map, home.world.events)
    assert answer is not None and answer.missing and answer.where.support == "kitchen table"
    facts = home.step(cup())
    assert home.world.events[-1].kind == "found"
    answer = where_is("red_cup", facts, home.world.map, home.world.events)
    assert answer is not None and not answer.missing


def test_handing_over_is_an_inferred_event(site: str) -> None:
    anna = (a_person("anna", "adult", 3.4, 2.0),)
    home = Home(site)
    home.step(cup(), people=anna)
    home.pose = (2.6, 2.0, 0.0)
    home.look(8, people=anna, holding="red_cup")
    home.look(8, people=anna, holding="")
    moves = [(event.before.held_by, event.after.held_by, event.provenance) for event in home.world.events if event.kind == "moved"]
    assert moves == [("", "robot", "seen"), ("robot", "anna", "inferred")]


# ---------------------------------------------------------------- ids of other runs


def restored(site: str, *things: str, **attributes: str) -> Home:
    home = Home(site)
    places = {name: (2.5 - index, 6.1, 0.8) for index, name in enumerate(things)}
    home.world._remember(Recollection(tuple(replace(a_thing(name, at), **attributes) for name, at in places.items())))  # type: ignore[arg-type]
    return home


def test_a_track_with_the_name_of_another_thing_of_before_is_not_that_thing(site: str) -> None:
    home = restored(site, "t1", class_name="ball")
    facts = home.step(cup("t1", at=(2.0, 6.1, 0.8)))
    assert [(thing.id, thing.class_name) for thing in facts.objects] == [("t1", "ball"), ("t1.2", "cup")]
    assert [thing.id for thing in home.step(cup("t1", at=(2.1, 6.1, 0.8))).objects] == ["t1", "t1.2"]


def test_a_twin_at_the_place_goes_before_the_name(site: str) -> None:
    home = restored(site, "t1", "t2")
    facts = home.step(cup("t1", at=(1.5, 6.1, 0.8)), cup("t2", at=(2.5, 6.1, 0.8)))
    assert {thing.id: thing.position_m[0] for thing in facts.objects} == {"t2": 1.5, "t1": 2.5}


def test_a_name_that_perception_gives_to_the_same_kind_of_thing_is_kept(site: str) -> None:
    assert [thing.id for thing in restored(site, "red_cup").step(cup(at=(1.0, 1.0, 0.5))).objects] == ["red_cup"]


# ---------------------------------------------------------------- what it was told


def test_memory_goes_before_the_file_of_told_things_unless_that_was_corrected(tmp_path: Path) -> None:
    told = tell(tmp_path, mug={"class_name": "cup", "colour": "red", "position_m": [2.4, 6.0, 0.8]})
    home = a_home(told, tmp_path / "m")
    home.look(10)
    home.world.close()
    again = a_home(told, tmp_path / "m")
    assert only(again.step(blind=True)).confidence == pytest.approx(0.21)
    again.world.close()
    tell(tmp_path, mug={"class_name": "cup", "colour": "red", "position_m": [1.0, 1.0, 0.5]})
    corrected = a_home(told, tmp_path / "m")
    assert only(corrected.step(blind=True)).confidence == 0.7
    corrected.world.close()


def test_what_a_person_tells_is_known_with_who_told(site: str) -> None:
    home = Home(site)
    home.world.tell(a_thing("glasses", provenance="told", last_seen_s=-math.inf), "anna")
    assert only(home.step(blind=True)).provenance == "told"
    assert home.world.recollection().told_by == (("glasses", "anna"),)


# ---------------------------------------------------------------- when it is saved


def test_a_thing_in_view_is_not_written_at_every_picture(site: str) -> None:
    store = CountingStore()
    home = Home(site)
    home.world = World(home.world.config, store)
    home.look(150, cup())
    assert store.times_s == [0.2, 10.2, 20.2]
    assert store.saved[-1][1].objects[0].last_seen_s == 20.2


def test_nothing_new_is_not_written_at_all(site: str) -> None:
    store = CountingStore()
    home = Home(site)
    home.world = World(home.world.config, store)
    home.step(cup())
    home.look(150, blind=True)
    assert store.times_s == [0.2]


def test_what_matters_is_written_soon_and_once_a_second_at_most(site: str) -> None:
    store = CountingStore()
    home = Home(site)
    home.world = World(home.world.config, store)
    for step in range(20):
        home.step(cup(at=(1.0 + 0.15 * step, 6.1, 0.8)))
    assert store.times_s == [0.2, 1.2, 2.2, 3.2]
    home.world.close()
    assert store.times_s[-1] == 4.0


@pytest.mark.parametrize(
    "new",
    [
        Recollection((a_thing(held_by="anna"),), (somebody(),)),
        Recollection((a_thing(), a_thing("mug")), (somebody(),)),
        Recollection((), (somebody(),)),
        Recollection((a_thing(),), ()),
        Recollection((a_thing(),), (somebody(), somebody("leo"))),
        Recollection((a_thing(),), (somebody(),), (an_event(),)),
        Recollection((a_thing(),), (somebody(),), (), (("red_cup", "anna"),)),
        Recollection((a_thing(at=(2.3, 6.1, 0.8)),), (somebody(),)),
        Recollection((a_thing(provenance="inferred"),), (somebody(),)),
    ],
)
def test_what_matters(new: Recollection) -> None:
    store = CountingStore()
    keeper = Keeper(store)
    keeper.save(Recollection((a_thing(),), (somebody(),)), 0.0)
    keeper.keep(new, 0.9)
    assert store.times_s == [0.0]
    keeper.keep(new, 1.0)
    assert store.times_s == [0.0, 1.0]


def test_a_clock_that_was_set_back_does_not_stop_the_saving() -> None:
    store = CountingStore()
    keeper = Keeper(store)
    keeper.save(Recollection((a_thing(),)), 1000.0)
    keeper.keep(Recollection((a_thing(last_seen_s=6.0),)), 5.0)
    assert store.times_s == [1000.0, 5.0]


def test_people_do_not_pile_up(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robot_runtime.world.world.MOST_PEOPLE", 3)
    home = Home(site)
    facts: WorldFacts = home.step()
    for number in range(6):
        facts = home.step(people=(replace(a_person(f"p{number}", "adult", 3.0, 3.0), last_seen_s=float(number)),))
    assert [person.id for person in facts.people] == ["p3", "p4", "p5"]
