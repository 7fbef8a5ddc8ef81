"""The memory on disk: it survives restarts, crashes, damage and disks that say no."""

from __future__ import annotations

import errno
import logging
import math
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from robot_runtime.messages import WorldObject
from robot_runtime.world import database
from robot_runtime.world.database import Database
from robot_runtime.world.recollection import NOTHING, Recollection
from robot_runtime.world.schema import MIGRATIONS, VERSION, layout, layout_of, migrate
from robot_runtime.world.store import DiskStore, RamStore, open_store
from tests.unit.world_rig import MEMORY, WALL_S, Clock, a_thing, an_event, keep, kept, quick_folder, somebody


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.sqlite"


# ---------------------------------------------------------------- restarts and clocks


def test_everything_comes_back(path: Path) -> None:
    keep(path)
    assert kept(path) == MEMORY


def test_nothing_is_found_where_nothing_was_kept(path: Path) -> None:
    assert kept(path) is None


def test_without_a_file_nothing_outlives_the_process() -> None:
    store = open_store("")
    store.save(MEMORY, 1.0)
    assert isinstance(store, RamStore)
    assert store.load(2.0) is None


@pytest.mark.parametrize(
    ("now_s", "off_s", "age_s"),
    [(0.0, 0.0, 5.0), (0.0, 3600.0, 3605.0), (100.0, 60.0, 65.0), (WALL_S + 60, 60.0, 65.0), (0.0, -500.0, 5.0)],
    ids=["new clock", "off for an hour", "simulation", "Unix time", "wall clock went back: at least"],
)
def test_ages_survive_a_clock_that_starts_anew(path: Path, now_s: float, off_s: float, age_s: float) -> None:
    keep(path, now_s=10.0)
    memory = kept(path, now_s, WALL_S + off_s)
    assert memory is not None
    assert now_s - memory.objects[0].last_seen_s == pytest.approx(age_s)
    assert now_s - memory.people[0].last_seen_s == pytest.approx(age_s)
    assert now_s - memory.events[0].stamp_s == pytest.approx(age_s)
    assert memory.objects[1].last_seen_s == -math.inf


def test_a_wall_clock_that_was_never_set_adds_no_decades(path: Path) -> None:
    keep(path, wall_s=86_400.0)
    memory = kept(path, 0.0, WALL_S)
    assert memory is not None and memory.objects[0].last_seen_s == -5.0


def test_a_sighting_from_the_future_is_not_kept_as_one(path: Path) -> None:
    keep(path, Recollection((a_thing(last_seen_s=99.0),)), now_s=10.0)
    memory = kept(path, 50.0)
    assert memory is not None and memory.objects[0].last_seen_s == 50.0


def test_people_who_come_back_from_disk_are_not_in_view(path: Path) -> None:
    keep(path, Recollection(people=(replace(somebody(), seen=True, speaking=True, facing_robot=True, velocity_mps=(1.0, 0.0, 0.0)),)))
    memory = kept(path)
    assert memory is not None and memory.people == (somebody(),)


def test_what_is_no_number_or_no_text_stops_nothing(path: Path) -> None:
    odd = a_thing("odd", name="half \ud83d", confidence=math.nan, last_seen_s=math.nan)
    keep(path, Recollection((odd, a_thing("lost", at=(math.nan, 0.0, 0.0)))))
    memory = kept(path)
    assert memory is not None
    [thing] = memory.objects
    assert (thing.name, thing.confidence, thing.last_seen_s) == ("half ?", 0.0, -math.inf)


def test_only_the_owner_may_read_it(path: Path) -> None:
    keep(path)
    assert path.stat().st_mode & 0o077 == 0


# ---------------------------------------------------------------- versions


@pytest.mark.parametrize("version", range(VERSION))
def test_every_older_version_becomes_the_newest(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        migrate(old, version)
    with closing(Database(path)):
        pass
    with closing(sqlite3.connect(path)) as now:
        assert now.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert layout_of(now) == layout()


def test_what_the_first_version_knew_is_kept(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        migrate(old, 1)
        thing = ("red_cup", "cup", "red", "red cup", 2.5, 6.1, 0.8, "kitchen", "kitchen table", "", 5.0, 0.9, "seen")
        old.execute(f"INSERT INTO objects VALUES ({', '.join('?' * 13)})", thing)
        old.execute("INSERT INTO people VALUES ('anna', 'Anna', 'adult', 0.95, 3.5, 2, 0, 0.05, 5)")
        old.execute("INSERT INTO clock VALUES (1, 10, ?)", (WALL_S,))
    assert database.read_only(path) is not None  # without changing it
    with closing(sqlite3.connect(path)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (1,)
    assert kept(path) == Recollection((a_thing(),), (somebody(),))


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(path)
    broken = (*MIGRATIONS, ("CREATE TABLE more (id)", "CREATE TABLE objects (id)"))
    monkeypatch.setattr("robot_runtime.world.schema.MIGRATIONS", broken)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, pytest.raises(sqlite3.OperationalError):
        migrate(connection, VERSION + 1)
    monkeypatch.undo()
    assert kept(path) == MEMORY


# ---------------------------------------------------------------- damaged and foreign files


def _text(path: Path) -> None:
    path.write_text("these are my notes, not a database; they are long enough to have a header of a hundred bytes and some more\n")


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name)")
        other.commit()


def _newer(path: Path) -> None:
    keep(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")


def _torn(path: Path) -> None:
    keep(path)
    path.write_bytes(path.read_bytes()[:5000])


def _without_table(path: Path) -> None:
    keep(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE people")


def _wrong_type(path: Path) -> None:
    keep(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE objects SET confidence = 'very'")
        connection.commit()


@pytest.mark.parametrize("spoil", [_text, _foreign, _newer, _torn, _without_table, _wrong_type])
def test_a_bad_file_is_put_aside_and_the_robot_begins_anew(path: Path, spoil: Any, caplog: pytest.LogCaptureFixture) -> None:
    spoil(path)
    content = path.read_bytes()
    assert kept(path) is None
    [warning] = caplog.messages
    assert str(path) in warning and "memory.sqlite.aside-1" in warning
    assert len(path.with_name("memory.sqlite.aside-1").read_bytes()) == len(content)
    keep(path)
    assert kept(path) == MEMORY


def test_nothing_that_was_put_aside_is_overwritten(path: Path) -> None:
    for _ in range(2):
        _text(path)
        assert kept(path) is None
    assert sorted(file.name for file in path.parent.glob("*.aside-*")) == ["memory.sqlite.aside-1", "memory.sqlite.aside-2"]


def test_damage_that_shows_while_it_runs_costs_nothing_of_what_is_in_ram(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(path)
    store = DiskStore(path, Clock())
    assert store.load(10.0) == MEMORY
    real, calls = Database.write, []

    def write(self: Database, *values: Any) -> None:
        calls.append(self.path)
        if len(calls) == 1:
            raise sqlite3.DatabaseError("database disk image is malformed")
        real(self, *values)

    monkeypatch.setattr(Database, "write", write)
    store.save(MEMORY, 11.0)
    store.close()
    assert store.problem == ""
    assert path.with_name("memory.sqlite.aside-1").exists()
    assert kept(path, 11.0) == MEMORY


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 255)), min_size=1, max_size=8), st.integers(0, 40_000))
@example([(2927, 128)], 16_385)  # in the name of a table, which is no text any more
def test_no_damage_of_any_byte_stops_the_robot(flips: list[tuple[int, int]], cut: int) -> None:
    with quick_folder() as folder:
        path = Path(folder) / "memory.sqlite"
        keep(path)
        content = bytearray(path.read_bytes())
        for place, value in flips:
            content[place % len(content)] = value
        path.write_bytes(content[: max(1, cut % (2 * len(content)))])
        store = DiskStore(path, Clock())
        found = store.load(10.0)
        assert found is None or isinstance(found, Recollection)
        store.save(MEMORY, 11.0)
        store.close()


# ---------------------------------------------------------------- disks that say no


def test_a_full_disk_is_told_once_and_the_memory_is_written_when_there_is_room(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    store = DiskStore(path, Clock())
    store.save(MEMORY, 1.0)
    assert store.flush()
    assert store._database is not None
    pages = store._database._connection.execute("PRAGMA max_page_count = 1").fetchone()[0]
    many = replace(MEMORY, objects=tuple(a_thing(f"cup{n}") for n in range(500)))
    for now_s in (2.0, 3.0):
        store.save(many, now_s)
        assert store.flush()
        assert "full" in store.problem
    store._database._connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    store.save(many, 4.0)
    store.close()
    assert store.problem == ""
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    memory = kept(path)
    assert memory is not None and len(memory.objects) == 500


def test_a_disk_that_cannot_be_written_is_read_all_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(path)

    def refuse(path: Path) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(database, "_lock", refuse)
    store = DiskStore(path, Clock())
    assert store.load(10.0) == MEMORY
    assert "Read-only" in store.problem
    store.save(NOTHING, 11.0)
    store.close()
    monkeypatch.undo()
    assert kept(path) == MEMORY


def test_a_folder_that_cannot_be_is_a_problem_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = DiskStore(tmp_path / "file" / "memory.sqlite", Clock())
    assert store.load(0.0) is None
    store.save(MEMORY, 1.0)
    store.close()
    assert "memory.sqlite: " in store.problem


def test_a_file_that_shows_up_late_is_not_overwritten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(path)
    store = DiskStore(path, Clock())
    with monkeypatch.context() as patch:
        patch.setattr(database, "_lock", lambda path: os.open(path / "not there", os.O_RDONLY))
        patch.setattr("robot_runtime.world.store.read_only", lambda path: database._connect(path / "not there"))
        assert store.load(10.0) is None
    store.save(NOTHING, 11.0)
    store.close()
    assert kept(path.with_name("memory.sqlite.aside-1")) == MEMORY


def test_two_robots_do_not_share_a_memory(path: Path) -> None:
    first, second = DiskStore(path, Clock()), DiskStore(path, Clock())
    first.save(MEMORY, 10.0)
    assert first.flush()
    assert second.load(10.0) == MEMORY
    assert "another program" in second.problem
    second.save(NOTHING, 11.0)
    second.close()
    first.close()
    assert kept(path, 10.0) == MEMORY


# ---------------------------------------------------------------- any history

THINGS = st.builds(
    a_thing, st.sampled_from(["a", "b", "c"]), last_seen_s=st.floats(0, 9), held_by=st.sampled_from(["", "anna"]), name=st.text(max_size=5)
)

SEVERAL = st.lists(THINGS, unique_by=lambda thing: thing.id)


class Lives(RuleBasedStateMachine):
    """Saves, restarts and deaths in any order; after each restart the memory is one that was saved, the newest that was written."""

    memories = Bundle("memories")

    def __init__(self) -> None:
        super().__init__()
        self.folder = quick_folder()
        self.path = Path(self.folder.name) / "memory.sqlite"
        self.store = DiskStore(self.path, Clock())
        self.written: Recollection | None = None

    @rule(target=memories, things=SEVERAL, numbers=st.sets(st.integers(1, 9)), told=st.booleans())
    def think(self, things: list[WorldObject], numbers: set[int], told: bool) -> Recollection:
        things.sort(key=lambda thing: thing.id)
        tellers = tuple((thing.id, "anna") for thing in things) if told else ()
        return Recollection(tuple(things), (), tuple(an_event(number) for number in sorted(numbers)), tellers)

    @rule(memory=memories)
    def save(self, memory: Recollection) -> None:
        self.store.save(memory, 10.0)
        assert self.store.flush()
        self.written = memory

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = DiskStore(self.path, Clock())
        assert self.store.load(10.0) == self.written

    @rule()
    def die(self) -> None:
        """What a kill leaves: the file and the log as they are, without the closing of either."""
        other = Path(self.folder.name) / "after" / "memory.sqlite"
        other.parent.mkdir(exist_ok=True)
        for end in ("", "-wal"):
            source = self.path.with_name(self.path.name + end)
            copy = other.with_name(other.name + end)
            copy.unlink(missing_ok=True)
            if source.exists():
                copy.write_bytes(source.read_bytes())
        assert kept(other) == self.written

    @invariant()
    def no_problem(self) -> None:
        assert self.store.problem == ""

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


Lives.TestCase.settings = settings(max_examples=15, stateful_step_count=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TestLives = Lives.TestCase


WRITER = """
    import sys
    from dataclasses import replace
    from pathlib import Path
    from robot_runtime.world.database import Database
    from tests.unit.world_rig import MEMORY, WALL_S, a_thing

    database = Database(Path(sys.argv[1]))
    for number in range(1_000_000):
        things = tuple(a_thing(f"cup{n}", confidence=(number % 1000) / 1000) for n in range(40))
        database.write(replace(MEMORY, objects=things), number, WALL_S)
        print(number, flush=True)
"""


def test_a_process_that_is_killed_while_it_writes_leaves_a_whole_memory(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(WRITER), str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    for _ in range(60):
        child.stdout.readline()
    time.sleep(0.0013)  # somewhere within a transaction, not just after one
    child.send_signal(signal.SIGKILL)
    told = [int(line) for line in child.stdout.read().split()]
    child.wait()
    child.stdout.close()
    shown = database.read_only(path)
    with closing(Database(path)) as after:
        saved = after.read()
    assert saved is not None and shown == saved
    assert saved.saved_s >= max(told, default=60)  # what was reported as written is there
    assert len(saved.memory.objects) == 40
    assert {thing.confidence for thing in saved.memory.objects} == {(saved.saved_s % 1000) / 1000}  # and whole
