"""A person who is forgotten is gone from the bytes of every file, and it can be shown."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.cli import main
from robot_runtime.messages import ForgetRequest, Forgotten, People, WorldFacts
from robot_runtime.world.album import Album, Somebody
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.database import Database
from robot_runtime.world.proof import needles, proof, search
from robot_runtime.world.recollection import Recollection, without
from robot_runtime.world.store import DiskStore, RamStore
from robot_runtime.world.world import World
from tests.unit.world_rig import MEMORY, Clock, a_thing, an_event, keep, kept, somebody

NAME = "Annabel Featherstone"
HER = replace(somebody("person_7f3a"), name=NAME)
HELD = replace(an_event(1, "red_cup"), after=replace(an_event().after, held_by=HER.id))
WITH_HER = Recollection(
    (a_thing(held_by=HER.id), a_thing("glasses", provenance="told")),
    (HER, somebody("leo")),
    (HELD, an_event(2, HER.id, "came", name=NAME), an_event(3, "ball")),
    (("glasses", HER.id),),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.sqlite"


def raw(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())


def test_without_a_person_the_rest_stays() -> None:
    rest = without(WITH_HER, HER.id)
    assert [(thing.id, thing.held_by) for thing in rest.objects] == [("red_cup", "")]
    assert [person.id for person in rest.people] == ["leo"]
    assert [event.subject for event in rest.events] == ["ball"]
    assert rest.told_by == ()


def test_a_thing_that_was_seen_since_is_known_without_who_told_of_it() -> None:
    rest = without(replace(WITH_HER, objects=(a_thing("glasses"),)), HER.id)
    assert [thing.id for thing in rest.objects] == ["glasses"]


def test_the_bytes_are_gone_from_file_and_log(path: Path) -> None:
    store = DiskStore(path, Clock())
    many = replace(WITH_HER, events=tuple(an_event(n, HER.id, "came", name=NAME) for n in range(1, 400)))
    store.save(many, 10.0)
    assert store.flush()
    assert HER.id.encode() in raw(path) and NAME.encode() in raw(path)
    result = store.forget(HER.id, NAME, without(many, HER.id), 11.0).result()
    assert (result.count, result.left) == (0, 0)
    assert str(path) in result.files and result.needles == (HER.id, NAME)
    assert HER.id.encode() not in raw(path) and b"Featherstone" not in raw(path)
    store.close()
    assert HER.id.encode() not in raw(path) and b"Featherstone" not in raw(path)
    assert search(path, needles(HER.id, NAME)).count == 0


def test_the_search_finds_what_deleting_alone_leaves(path: Path) -> None:
    """Without it the proof would prove nothing."""
    keep(path, WITH_HER)
    with closing(sqlite3.connect(path, isolation_level=None)) as careless:
        careless.execute("PRAGMA secure_delete = OFF")
        for table in ("objects", "people", "events"):
            careless.execute(f"DELETE FROM {table}")
    assert search(path, (NAME,)).count >= 1


@pytest.mark.parametrize("code", ["utf-8", "utf-16-le", "utf-16-be"])
def test_the_search_knows_other_spellings(path: Path, code: str) -> None:
    path.write_bytes(b"\1\2" + NAME.upper().encode(code) + b"\3")
    assert search(path, (NAME,)).count >= 1
    path.write_bytes(b"\1\2" + "ÉMILIE".encode(code))
    assert search(path, ("Émilie",)).count >= 1


def test_what_was_put_aside_is_searched_too(path: Path) -> None:
    keep(path, without(WITH_HER, HER.id))
    path.with_name(path.name + ".aside-1").write_bytes(NAME.encode())
    result = proof(path, without(WITH_HER, HER.id), needles(HER.id, NAME))
    assert (result.left, result.found[0].file) == (1, str(path) + ".aside-1")


def test_letters_within_another_value_are_told_apart(path: Path) -> None:
    rest = Recollection((a_thing("cup_p1"), a_thing("p1000")))
    keep(path, rest)
    with closing(Database(path)) as database:
        database.scrub()
    result = proof(path, rest, needles("p1", "Al"))
    assert result.count > 0
    assert result.left == 0
    assert {"cup_p1", "p1000"} <= set(result.others)


def test_a_save_that_was_under_way_brings_nobody_back(path: Path) -> None:
    store = DiskStore(path, Clock())
    for _ in range(5):
        store.save(WITH_HER, 10.0)
        assert store.forget(HER.id, NAME, without(WITH_HER, HER.id), 11.0).result().left == 0
    store.close()
    memory = kept(path)
    assert memory is not None and HER not in memory.people
    assert search(path, (NAME,)).count == 0


def test_what_cannot_be_removed_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(path, WITH_HER)
    store = DiskStore(path, Clock())
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM people").fetchall()
    monkeypatch.setattr("robot_runtime.world.database.BUSY_S", 0.05)
    with pytest.raises(OSError, match=r"reads the file|locked"):
        store.forget(HER.id, NAME, without(WITH_HER, HER.id), 11.0).result()
    reader.close()
    assert store.forget(HER.id, NAME, without(WITH_HER, HER.id), 12.0).result().left == 0
    store.close()


def test_without_a_file_nothing_is_left_either() -> None:
    assert RamStore().forget("anna", "Anna", MEMORY, 1.0).result().left == 0


def test_a_request_is_obeyed_and_its_outcome_told(path: Path) -> None:
    store = DiskStore(path, Clock())
    world = World(WorldConfig(), store)
    world.step({"people": [People(1.0, "test", (replace(HER, seen=True), somebody("leo")))]}, 1.0)
    world.step({"world/forget": [ForgetRequest(2.0, HER.id)]}, 2.0)
    assert store.flush()
    outbox = dict(world.step({}, 2.2))
    assert outbox["world/forgotten"] == Forgotten(2.2, HER.id, 0, "")
    assert "world/forgotten" not in dict(world.step({}, 2.4))
    assert [person.id for person in outbox["world/facts"].people] == ["leo"]
    assert NAME.encode() not in raw(path)
    world.close()


def test_a_disk_that_does_not_forget_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    store = DiskStore(folder / "world.sqlite", Clock())
    world = World(WorldConfig(), store)
    world.step({"people": [People(1.0, "test", (replace(HER, seen=True),))]}, 1.0)
    world.close()
    shutil.rmtree(folder)
    folder.write_text("no folder")
    world.step({"world/forget": [ForgetRequest(2.0, HER.id)]}, 2.0)
    assert store.flush()
    outbox = dict(world.step({}, 2.2))
    assert outbox["world/forgotten"].problem and outbox["world/facts"].people == ()
    world.close()


def test_the_world_forgets(path: Path) -> None:
    world = World(WorldConfig(memory_file=str(path)))
    world.tell(a_thing("glasses", provenance="told"), HER.id)
    for now_s in (1.0, 1.5, 3.0, 4.5):
        world.step({"people": [People(now_s, "test", (replace(HER, seen=True), somebody("leo")))]}, now_s)
    assert [event.subject for event in world.events] == [HER.id]
    world.close()
    assert NAME.encode() in raw(path)
    world.step({}, 5.0)
    assert world.forget(HER.id).result().left == 0
    _, facts = world.step({}, 5.2)[0]
    assert isinstance(facts, WorldFacts)
    assert ([person.id for person in facts.people], facts.objects, world.events) == (["leo"], (), ())
    world.close()
    assert b"Featherstone" not in raw(path)


# ---------------------------------------------------------------- the verb


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, list[dict[str, Any]]]:
    status = main(["world", *argv, "--json"])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_show_forget_verify(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(path, WITH_HER)
    status, facts = run(capsys, "show", str(path))
    assert status == 0
    assert [(fact["fact"], fact["id"]) for fact in facts[:4]] == [
        ("object", "glasses"), ("object", "red_cup"), ("person", "leo"), ("person", HER.id)]  # fmt: skip
    assert facts[1]["where"]["held_by"] == HER.id
    assert {fact["id"] for fact in facts[4:]} == {"red_cup", HER.id, "ball"}
    status, [found] = run(capsys, "verify", str(path), HER.id)
    assert status == 1 and found["needles"] == [HER.id, NAME] and found["left"] > 0
    status, [found] = run(capsys, "forget", str(path), HER.id)
    assert (status, found["count"], found["left"]) == (0, 0, 0)
    status, [found] = run(capsys, "verify", str(path), HER.id, "--name", NAME)
    assert (status, found["count"], found["needles"]) == (0, 0, [HER.id, NAME])
    memory = kept(path)
    assert memory is not None
    assert (memory.people, memory.objects[0].last_seen_s) == ((somebody("leo"),), 5.0)


def test_pictures_are_shown_and_forgotten_with_who_is_in_them(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(path, WITH_HER)
    album, shown = Album(path), (Somebody(HER.id, NAME),)
    album.keep(b"of her", stamp_s=1.0, action_id="a", asked_by="leo", consented_by=("leo",), in_view=shown)
    album.keep(b"of a table", stamp_s=2.0, action_id="a", asked_by="leo", consented_by=(), in_view=())
    assert main(["world", "show", str(path)]) == 0
    assert f"shows {NAME}, asked for by leo" in capsys.readouterr().out
    record = min(file for file, entry in album.entries().items() if entry and entry.in_view)
    status, [found] = run(capsys, "verify", str(path), HER.id)
    assert status == 1 and str(record) in {where["file"] for where in found["found"]}
    assert run(capsys, "forget", str(path), HER.id)[0] == 0
    assert [picture.read_bytes() for picture in album.folder.glob("*.jpg")] == [b"of a table"]


def test_in_words(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(path, replace(WITH_HER, objects=(*WITH_HER.objects, a_thing("mug", last_seen_s=-math.inf))))
    assert main(["world", "show", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("object  red_cup") and f"held by {HER.id}, on kitchen table, at kitchen" in line for line in lines)
    assert any("mug" in line and "never seen" in line for line in lines)
    assert main(["world", "forget", str(path), HER.id]) == 0
    shown = capsys.readouterr().out
    assert f'searched for "{HER.id}" and "{NAME}": 0 found' in shown
    assert "recordings of runs and the gate's audit" in shown


def test_what_is_left_in_a_file_put_aside_is_named(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(path, WITH_HER)
    aside = path.with_name(path.name + ".aside-1")
    aside.write_bytes(NAME.encode())
    assert main(["world", "forget", str(path), HER.id]) == 1
    shown = capsys.readouterr().out
    assert f'{aside}: "{NAME}" 1 times' in shown and "delete that file" in shown


def test_a_running_robot_must_be_stopped_first(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = DiskStore(path, Clock())
    store.save(WITH_HER, 10.0)
    assert store.flush()
    assert main(["world", "show", str(path)]) == 0
    assert main(["world", "forget", str(path), HER.id]) == 1
    assert "the robot is running" in capsys.readouterr().err
    store.close()
    assert main(["world", "forget", str(path), HER.id]) == 0


@pytest.mark.parametrize("action", [["show"], ["forget", "anna"], ["verify", "anna"]])
def test_no_memory_is_bad_input(path: Path, action: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for content, told in ((None, "no such file"), ("just some notes\n" * 20, "not a database")):
        if content is not None:
            path.write_text(content)
        assert main(["world", action[0], str(path), *action[1:]]) == 2
        assert told in capsys.readouterr().err
    assert path.read_text().startswith("just some notes")
