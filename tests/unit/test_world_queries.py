"""What changed, where things are, who is here: the watcher's events, the relations and the queries over them."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_runtime.messages import Person, Whereabouts, WorldEvent, WorldFacts, WorldObject
from robot_runtime.world import watcher
from robot_runtime.world.memory import ObjectMemory
from robot_runtime.world.queries import last_seen, what_changed, what_is_in, what_is_on, where_is, who_is_here
from robot_runtime.world.recollection import NOTHING, Recollection
from robot_runtime.world.relations import Relation, relations
from robot_runtime.world.semantic_map import SemanticMap, load_semantic_map
from robot_runtime.world.watcher import Watcher
from tests.unit.mind_rig import write_site
from tests.unit.world_rig import a_thing, an_event, somebody

ON_TABLE = Whereabouts("kitchen", "kitchen table")


@pytest.fixture
def site(tmp_path: Path) -> SemanticMap:
    return load_semantic_map(write_site(tmp_path))


def facts(*things: WorldObject, people: tuple[Person, ...] = (), now_s: float = 10.0) -> WorldFacts:
    return WorldFacts(now_s, "kitchen", things, people)


class Watch:
    """A watcher that is shown the same thing for a while."""

    def __init__(self, site: SemanticMap, memory: Recollection = NOTHING) -> None:
        self.watcher = Watcher(site, memory)
        self.now_s = 10.0

    def see(self, *things: WorldObject, people: tuple[Person, ...] = (), for_s: float = 0.2) -> list[tuple[str, str]]:
        before = self.watcher.number
        for _ in range(round(for_s / 0.2)):
            self.now_s = round(self.now_s + 0.2, 6)
            self.watcher.watch(facts(*things, people=people, now_s=self.now_s))
        return [(event.subject, event.kind) for event in self.watcher.events if event.number > before]


# ---------------------------------------------------------------- events


def test_a_new_thing_appears_once(site: SemanticMap) -> None:
    watch = Watch(site)
    assert watch.see(a_thing()) == [("red_cup", "appeared")]
    assert watch.see(a_thing(), for_s=5.0) == []
    [event] = watch.watcher.events
    assert (event.number, event.stamp_s, event.before, event.after) == (1, 10.2, Whereabouts(), ON_TABLE)


def test_what_somebody_told_of_is_no_change(site: SemanticMap) -> None:
    assert Watch(site).see(a_thing(provenance="told"), for_s=3.0) == []


def test_what_it_was_told_of_and_finds_there_is_no_change_whatever_it_stands_on(site: SemanticMap) -> None:
    watch = Watch(site)
    watch.see(a_thing(provenance="told", support=""))
    assert watch.see(a_thing(support="floor"), for_s=3.0) == []
    assert watch.see(a_thing(support=""), for_s=3.0) == [("red_cup", "moved")], "once it was seen, that is a change"


def test_who_is_not_remembered_any_more_comes_anew(site: SemanticMap) -> None:
    watch, ghost = Watch(site), replace(somebody("person-1", 10.0), seen=True)
    assert watch.see(people=(ghost,)) == [("person-1", "came")]
    watch.see()
    assert watch.see(people=(ghost,)) == [("person-1", "came")]


def test_who_is_in_view_when_the_watcher_begins_has_not_come(site: SemanticMap) -> None:
    here = replace(somebody("anna", 10.0), seen=True)
    assert Watch(site, Recollection(people=(here,))).see(people=(here,)) == []


def test_what_is_remembered_of_before_does_not_appear(site: SemanticMap) -> None:
    watch = Watch(site, Recollection((a_thing(),), (), (an_event(7),)))
    assert watch.see(a_thing(), for_s=3.0) == []
    assert watch.see(a_thing(held_by="anna"), for_s=2.0) == [("red_cup", "moved")]
    assert watch.watcher.number == 8


@pytest.mark.parametrize(
    "change",
    [
        {"place": "living room", "support": ""},
        {"support": ""},
        {"held_by": "anna"},
        {"at": (2.1, 6.1, 0.8)},
    ],
    ids=["other place", "off the table", "in a hand", "along the table"],
)
def test_a_change_that_lasts_is_told_with_the_time_of_its_beginning(site: SemanticMap, change: dict[str, Any]) -> None:
    watch = Watch(site)
    watch.see(a_thing())
    assert watch.see(a_thing(**change), for_s=1.0) == []
    assert watch.see(a_thing(**change), for_s=0.4) == [("red_cup", "moved")]
    assert watch.watcher.events[-1].stamp_s == 10.4
    assert watch.watcher.events[-1].before == ON_TABLE
    assert watch.see(a_thing(**change), for_s=3.0) == []


def test_noise_at_the_edge_of_a_table_is_no_change(site: SemanticMap) -> None:
    watch = Watch(site)
    watch.see(a_thing())
    for _ in range(20):
        assert watch.see(a_thing(support=""), for_s=0.6) == []
        assert watch.see(a_thing(at=(2.6, 6.1, 0.8)), for_s=0.2) == []


def test_what_goes_about_in_a_hand_is_no_news(site: SemanticMap) -> None:
    watch = Watch(site)
    watch.see(a_thing(held_by="anna"))
    assert watch.see(a_thing(held_by="anna", at=(1.0, 1.0, 0.8), place="living room"), for_s=3.0) == []


def test_missing_is_told_once_and_so_is_finding_it(site: SemanticMap) -> None:
    watch = Watch(site)
    watch.see(a_thing())
    for stamp_s in (12.0, 14.0):
        watch.watcher.missed(a_thing(), stamp_s)
    assert [event.kind for event in watch.watcher.events] == ["appeared", "missing"]
    assert watch.see(a_thing(), for_s=1.0) == []
    assert watch.see(a_thing(last_seen_s=15.0), for_s=1.0) == [("red_cup", "found")]
    watch.watcher.missed(a_thing(), 16.0)
    assert watch.see(a_thing(last_seen_s=17.0, support="coffee table"), for_s=2.0) == [("red_cup", "moved")]


def test_people_come_and_go_but_not_whenever_the_robot_looks_away(site: SemanticMap) -> None:
    watch = Watch(site)
    here = replace(somebody(), seen=True)
    assert watch.see(people=(here,)) == [("anna", "came")]
    assert watch.see(people=(somebody(),), for_s=59.0) == []
    assert watch.see(people=(here,)) == []
    assert watch.see(people=(somebody(),), for_s=61.0) == [("anna", "gone")]
    assert watch.see(people=(here,)) == [("anna", "came")]


def test_who_is_remembered_of_before_comes_when_seen(site: SemanticMap) -> None:
    watch = Watch(site, Recollection(people=(somebody(),)))
    assert watch.see(people=(somebody(),), for_s=70.0) == []
    assert watch.see(people=(replace(somebody(), seen=True),)) == [("anna", "came")]


def test_neither_events_nor_objects_grow_for_ever(site: SemanticMap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "MOST_EVENTS", 5)
    watch = Watch(site)
    for number in range(20):
        watch.see(a_thing(f"cup{number}"))
    assert [event.subject for event in watch.watcher.events] == [f"cup{n}" for n in range(15, 20)]
    assert len(watch.watcher._things) == 1
    memory = ObjectMemory(most=3)
    for number in (5, 1, 4, 2, 3):
        memory.put(a_thing(f"cup{number}", last_seen_s=number))
    assert [thing.id for thing in memory] == ["cup5", "cup4", "cup3"]


def test_the_newest_thing_is_kept_even_if_it_was_never_seen() -> None:
    memory = ObjectMemory((a_thing("a"), a_thing("b")), most=2)
    memory.put(a_thing("told", last_seen_s=-math.inf, provenance="told"))
    assert memory.get("told") is not None


# ---------------------------------------------------------------- relations


def test_relations_have_time_confidence_and_provenance(site: SemanticMap) -> None:
    bowl = a_thing("bowl", class_name="bowl", confidence=0.5, last_seen_s=2.0)
    apple = a_thing("apple", class_name="apple", at=(2.55, 6.1, 0.85), support="", confidence=0.8)
    held = a_thing("phone", held_by="anna", support="", place="")
    found = relations(facts(bowl, apple, held, people=(somebody(),)), site)
    assert found == (
        Relation("bowl", "at", "kitchen", 2.0, 0.5, "seen"),
        Relation("bowl", "on", "kitchen table", 2.0, 0.5, "seen"),
        Relation("bowl", "near", "apple", 2.0, 0.4, "inferred"),
        Relation("apple", "at", "kitchen", 5.0, 0.8, "seen"),
        Relation("apple", "in", "bowl", 2.0, 0.4, "inferred"),
        Relation("phone", "held_by", "anna", 5.0, 0.9, "seen"),
        Relation("anna", "at", "living room", 5.0, 0.5, "seen"),
    )


@pytest.mark.parametrize(
    ("thing", "inside"),
    [
        (a_thing("x", (2.55, 6.1, 0.85)), True),
        (a_thing("x", (2.63, 6.1, 0.85)), False),
        (a_thing("x", (2.5, 6.1, 1.10)), False),
        (a_thing("x", (2.5, 6.1, 0.70)), False),
        (a_thing("x", (2.5, 6.1, 0.85), held_by="anna"), False),
        (a_thing("x", (2.5, 6.1, 0.85), class_name="bowl"), False),
    ],
    ids=["in it", "beside it", "high above", "below", "in a hand", "another bowl"],
)
def test_what_lies_in_a_bowl(thing: WorldObject, inside: bool, site: SemanticMap) -> None:
    found = relations(facts(a_thing("bowl", class_name="bowl"), thing), site)
    assert any(relation.kind == "in" for relation in found) is inside


def test_nothing_lies_in_a_bowl_that_is_carried(site: SemanticMap) -> None:
    assert not any(r.kind == "in" for r in relations(facts(a_thing("bowl", class_name="bowl", held_by="anna"), a_thing()), site))


# ---------------------------------------------------------------- queries


def test_where_is_a_thing(site: SemanticMap) -> None:
    answer = where_is("red_cup", facts(a_thing(), a_thing("spoon", (2.7, 6.1, 0.8)), a_thing("far", (1.5, 6.1, 0.8))), site)
    assert answer is not None
    assert (answer.where, answer.near, answer.age_s, answer.confidence, answer.provenance) == (ON_TABLE, ("spoon",), 5.0, 0.9, "seen")
    assert not answer.missing
    assert where_is("unknown", facts(a_thing()), site) is None


def test_it_is_not_where_it_was_seen(site: SemanticMap) -> None:
    missing = (an_event(1), an_event(2, kind="missing", stamp_s=7.0))
    answer = where_is("red_cup", facts(a_thing()), site, missing)
    assert answer is not None and answer.missing and answer.where == ON_TABLE
    for later in (facts(a_thing(last_seen_s=8.0)), facts(a_thing("other"), a_thing())):
        events = missing if later.objects[0].last_seen_s == 8.0 else (*missing, an_event(3, kind="found"))
        again = where_is("red_cup", later, site, events)
        assert again is not None and not again.missing


def test_where_is_a_person(site: SemanticMap) -> None:
    answer = where_is("anna", facts(people=(somebody(last_seen_s=-50.0),)), site)
    assert answer is not None
    assert (answer.name, answer.where.place, answer.age_s, answer.confidence) == ("Anna", "living room", 60.0, 0.5)


def test_last_seen_goes_back_to_what_the_eyes_saw(site: SemanticMap) -> None:
    given = a_thing(held_by="anna", provenance="inferred", last_seen_s=9.0)
    seen = an_event(1, kind="appeared", stamp_s=3.0, after=ON_TABLE)
    handed = an_event(2, provenance="inferred", stamp_s=9.0, after=Whereabouts(held_by="anna"))
    missed = an_event(3, kind="missing", stamp_s=9.5)
    answer = last_seen("red_cup", facts(given), site, (seen, handed, missed))
    assert answer is not None
    assert (answer.where, answer.age_s, answer.provenance) == (ON_TABLE, 7.0, "seen")
    assert all(map(math.isnan, answer.position_m))
    assert last_seen("red_cup", facts(a_thing()), site) == where_is("red_cup", facts(a_thing()), site)
    assert last_seen("mug", facts(a_thing("mug", provenance="told", last_seen_s=-math.inf)), site) is None


def test_who_is_here(site: SemanticMap) -> None:
    people = (somebody("rose", -55.0), somebody("leo", 4.0), replace(somebody("anna", 0.0), seen=True), somebody("gone", -99.0))
    assert [answer.id for answer in who_is_here(facts(people=people), site)] == ["anna", "leo"]
    assert [answer.id for answer in who_is_here(facts(people=people), site, "living room", 100.0)] == ["anna", "leo", "rose"]
    assert who_is_here(facts(people=people), site, "kitchen") == ()


def test_what_is_on_and_in(site: SemanticMap) -> None:
    bowl = a_thing("bowl", class_name="bowl", confidence=0.5)
    apple, phone = a_thing("apple", (2.5, 6.1, 0.85), support=""), a_thing("phone", held_by="anna", support="", place="hall")
    known = facts(bowl, a_thing(at=(1.5, 6.1, 0.8)), apple, phone)
    assert [answer.id for answer in what_is_on("kitchen table", known)] == ["red_cup", "bowl"]
    missed = (an_event(1, kind="missing", stamp_s=8.0),)
    assert [answer.id for answer in what_is_on("kitchen table", known, missed)] == ["bowl", "red_cup"]
    assert [answer.id for answer in what_is_in("bowl", known)] == ["apple"]
    assert [answer.id for answer in what_is_in("anna", known)] == ["phone"]
    assert {answer.id for answer in what_is_in("kitchen", known)} == {"bowl", "red_cup", "apple"}
    assert what_is_on("bed", known) == what_is_in("cellar", known) == ()


def test_what_changed_is_a_line_a_thing() -> None:
    events = (
        an_event(1, "ball", stamp_s=1.0),
        an_event(2, "cup", stamp_s=4.0, before=ON_TABLE, after=Whereabouts("hall")),
        an_event(3, "book", kind="appeared", stamp_s=5.0),
        an_event(4, "cup", stamp_s=6.0, before=Whereabouts("hall"), after=Whereabouts(held_by="anna")),
        an_event(5, "anna", kind="came", stamp_s=7.0),
    )
    found = what_changed(2.0, 10.0, events)
    assert [(change.id, change.kind, change.age_s) for change in found] == [
        ("anna", "came", 3.0),
        ("cup", "moved", 4.0),
        ("book", "appeared", 5.0),
    ]
    assert (found[1].before, found[1].after) == (ON_TABLE, Whereabouts(held_by="anna"))


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        (["moved", "moved"], False),
        (["missing", "found"], False),
        (["missing"], True),
        (["gone", "came"], False),
        (["came", "gone"], True),
        (["gone"], True),
        (["appeared", "moved"], True),
    ],
)
def test_what_is_again_as_it_was_is_no_change(kinds: list[str], told: bool) -> None:
    there: dict[str, Any]
    back: dict[str, Any]
    there, back = {"before": ON_TABLE, "after": Whereabouts("hall")}, {"before": Whereabouts("hall"), "after": ON_TABLE}
    events: list[WorldEvent] = []
    for number, kind in enumerate(kinds):
        moves = (there if number == 0 else back) if kind == "moved" else {"before": ON_TABLE, "after": ON_TABLE}
        events.append(an_event(number, kind=kind, **moves))
    assert bool(what_changed(0.0, 10.0, events)) is told


STEPS = st.lists(st.tuples(st.sampled_from(["kitchen", "hall"]), st.sampled_from(["", "anna"]), st.integers(1, 20)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_events_of_a_thing_join_up(steps: list[tuple[str, str, int]]) -> None:
    """Each begins where the one before ended, and the last ends where the thing was seen for long."""
    watch = Watch(SemanticMap())
    for place, holder, times in steps:
        watch.see(a_thing(place=place, held_by=holder, support=""), for_s=times * 0.2)
    events = watch.watcher.events
    assert all(a.after == b.before and a.number + 1 == b.number for a, b in pairwise(events))
    if steps and steps[-1][2] > 10:
        place, holder, _ = steps[-1]
        assert events[-1].after.held_by == holder
        assert holder or events[-1].after.place == place
