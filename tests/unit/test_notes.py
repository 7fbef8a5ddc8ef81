"""What people tell the robot to keep in mind: kept with who told it, over restarts, told when due, and gone when they want it gone."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from robot_runtime.messages import ForgetRequest, Note, NoteRequest, People, WorldMemory
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.store import DiskStore
from robot_runtime.world.world import World
from tests.unit.mind_rig import Rig, a_person, write_site


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(0.5)


def notes(rig: Rig) -> list[tuple[str, str, str]]:
    return [(note.kind, note.person_id, note.value) for note in rig.world.recollection().notes]


# ------------------------------------------------------------ likings


def test_a_liking_is_kept_with_who_told_it(rig: Rig) -> None:
    rig.hear("remember", "anna", object="apples").run(2)
    assert rig.said == ["I will remember that."]
    assert notes(rig) == [("likes", "anna", "apple")]
    assert rig.world.recollection().notes[0].teller_id == "anna"


def test_what_somebody_likes_is_told_with_who_said_so_and_when_after_a_restart_too(tmp_path: Path) -> None:
    site, memory_file = write_site(tmp_path), str(tmp_path / "memory.sqlite")
    before = Rig(site, memory_file=memory_file).run(0.5)
    before.hear("remember", "anna", object="apples").run(2).world.close()
    after = Rig(site, memory_file=memory_file).run(0.5)
    after.hear("what_liked", "anna").run(0.3).hear("what_liked", "leo", name="anna").run(0.3).hear("what_liked", "leo").run(0.3)
    assert after.said == ["Just now you told me that you like an apple.", "Just now Anna told me: I like an apple.",
                          "Nobody has told me that yet."]  # fmt: skip
    after.world.close()


def test_a_liking_is_kept_once(rig: Rig) -> None:
    rig.hear("remember", "anna", object="apple").run(2).hear("remember", "anna", object="apples").run(2)
    assert notes(rig) == [("likes", "anna", "apple")]
    assert rig.said == ["I will remember that."] * 2


def test_only_who_told_it_can_have_it_forgotten(rig: Rig) -> None:
    rig.hear("remember", "anna", object="apple").run(2).hear("forget_told", "rose", object="apple").run(2)
    assert rig.said[-1].startswith("You have not told me that you like apple.")
    assert notes(rig) == [("likes", "anna", "apple")]
    rig.hear("forget_told", "anna", object="apple").run(2)
    assert rig.said[-1] == "I have forgotten that."
    assert notes(rig) == []


def test_words_of_nobody_are_not_kept(rig: Rig) -> None:
    rig.hear("remember", "", object="apple").run(4)
    assert "I will remember that." not in rig.said
    assert notes(rig) == []


def test_what_the_memory_did_not_take_is_not_claimed(rig: Rig) -> None:
    rig.world._take_note = lambda request: None  # type: ignore[method-assign]
    rig.hear("remember", "anna", object="apple").run(12)
    assert rig.said[-1] == "I could not see that it worked."


# ------------------------------------------------------------ reminders


def test_a_reminder_is_said_when_it_is_due_and_not_before_and_once(rig: Rig) -> None:
    rig.hear("remind", "anna", person="me", duration="one minute", task="take a break").run(59)
    assert rig.said == ["I will remind you."]
    rig.run(5)
    assert rig.said == ["I will remind you.", "Anna, you wanted to be reminded of this: take a break."]
    assert notes(rig) == []
    rig.run(30)
    assert len(rig.said) == 2


def test_a_reminder_for_somebody_out_of_view_names_them(rig: Rig) -> None:
    rig.hear("remind", "anna", person="rose", duration="one minute").run(2)
    rig.people["rose"] = replace(rig.people["rose"], seen=False, last_seen_s=rig.now_s)
    rig.run(62)
    assert rig.said == ["I will remind Rose.", "I have a reminder for Rose: the time."]


def test_a_reminder_disturbs_nothing_that_is_being_done(rig: Rig) -> None:
    rig.hear("remind", "anna", person="me", duration="one minute").run(2).hear("wait", "anna", duration="two minutes").run(100)
    assert rig.statuses("wait")[-1] == "wait running"
    rig.run(25)
    assert rig.said[-1] == "I have waited."


# ------------------------------------------------------------ over a restart, and when somebody is forgotten


def a_note(person: str, due_s: float = math.nan, value: str = "apple") -> Note:
    return Note(f"x:{person}:{value}", "likes" if math.isnan(due_s) else "reminder", "anna", person, value, 1.0, due_s)


class Wall:
    """A wall clock for a store."""

    now_s = 1.9e9

    def __call__(self) -> float:
        return self.now_s


def world_at(path: Path, wall: Wall) -> World:
    return World(WorldConfig(), DiskStore(path, wall))


def told(world: World, *noted: Note, now_s: float = 1.0) -> None:
    people = tuple(replace(a_person(who, "adult", 1.0, 1.0), last_seen_s=now_s) for who in ("anna", "rose"))
    world.step({"people": [People(now_s, "test", people)]}, now_s)
    world.step({"world/note": [NoteRequest(now_s, note, True) for note in noted]}, now_s + 0.2)


def test_notes_outlive_a_restart_and_what_is_due_stays_due(tmp_path: Path) -> None:
    wall = Wall()
    before = world_at(tmp_path / "memory.db", wall)
    told(before, a_note("anna"), a_note("rose", due_s=601.2, value="make a call"))
    before.close()
    wall.now_s += 400.0
    after = world_at(tmp_path / "memory.db", wall)
    memory = next(message for _, message in after.step({}, 50.0) if isinstance(message, WorldMemory))
    assert {(note.kind, note.person_id, note.value, note.teller_id) for note in memory.notes} == {
        ("likes", "anna", "apple", "anna"), ("reminder", "rose", "make a call", "anna")}  # fmt: skip
    due_s = next(note.due_s for note in memory.notes if note.kind == "reminder")
    assert due_s == pytest.approx(50.0 + 600.0 - 400.0)
    after.close()


@pytest.mark.parametrize("who", ["anna", "rose"])
def test_forgetting_somebody_takes_their_notes_from_the_disk_too(tmp_path: Path, who: str) -> None:
    world = world_at(tmp_path / "memory.db", Wall())
    told(world, a_note("anna"), a_note("rose", value="zucchini"))
    world.step({"world/forget": [ForgetRequest(2.0, who)]}, 2.0)
    left = [note.value for note in world.recollection().notes]
    assert left == ([] if who == "anna" else ["apple"])  # anna told both of them; rose was only spoken of
    world.close()
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert b"zucchini" not in content
    assert (b"x:anna" in content) == (who == "rose")


def test_of_strangers_nothing_is_kept(tmp_path: Path) -> None:
    world = world_at(tmp_path / "memory.db", Wall())
    told(world, a_note("nobody"))
    assert world.recollection().notes == ()
    world.close()


def test_what_a_stranger_told_is_not_taken_for_what_the_next_one_told(tmp_path: Path) -> None:
    world = world_at(tmp_path / "memory.db", Wall())
    told(world)
    stranger = replace(a_person("person-1", "adult", 1.0, 1.0), name="", last_seen_s=2.0)
    note = Note("x:person-1:pills", "reminder", "person-1", "person-1", "pills", 2.0, 5000.0)
    world.step({"people": [People(2.0, "test", (stranger,))]}, 2.0)
    world.step({"world/note": [NoteRequest(2.0, note, True)]}, 2.2)
    assert notes_of(world, 2.4) == ["pills"]
    assert world.recollection().notes == ()  # after a restart that id is another's
    assert notes_of(world, 2000.0) == []
    world.step({"people": [People(2001.0, "test", (replace(stranger, last_seen_s=2001.0),))]}, 2001.0)
    assert notes_of(world, 2001.2) == []
    world.close()


def notes_of(world: World, now_s: float) -> list[str]:
    memory = next(message for _, message in world.step({}, now_s) if isinstance(message, WorldMemory))
    return [note.value for note in memory.notes]
