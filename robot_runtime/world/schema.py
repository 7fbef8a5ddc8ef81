"""The layout of the memory's file, its versions, and how facts become rows.

To change the layout, append a migration; never edit one that was released.  ``user_version`` counts those that a file has had.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from robot_runtime.messages import Deed, Note, Person, Preference, Whereabouts, WorldEvent, WorldObject
from robot_runtime.world.recollection import Recollection

APPLICATION_ID = 0x52524D57
"""In the file's header ("RRMW"), so that somebody else's database is never taken for ours."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE objects (
            id TEXT PRIMARY KEY, class_name TEXT NOT NULL, colour TEXT NOT NULL, name TEXT NOT NULL, x_m REAL, y_m REAL, z_m REAL,
            place TEXT NOT NULL, support TEXT NOT NULL, held_by TEXT NOT NULL, last_seen_s REAL, confidence REAL,
            provenance TEXT NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE people (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, age_group TEXT NOT NULL, age_group_confidence REAL, x_m REAL, y_m REAL, z_m REAL,
            position_std_m REAL, last_seen_s REAL) WITHOUT ROWID""",
        # Run time and wall time of the newest write: what ages are counted from after a restart.
        "CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), saved_s REAL NOT NULL, wall_s REAL NOT NULL)",
    ),
    (
        "ALTER TABLE objects ADD COLUMN told_by TEXT NOT NULL DEFAULT ''",
        """CREATE TABLE events (
            number INTEGER PRIMARY KEY, stamp_s REAL, kind TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL,
            before_place TEXT NOT NULL, before_support TEXT NOT NULL, before_container TEXT NOT NULL, before_held_by TEXT NOT NULL,
            after_place TEXT NOT NULL, after_support TEXT NOT NULL, after_container TEXT NOT NULL, after_held_by TEXT NOT NULL,
            confidence REAL, provenance TEXT NOT NULL)""",
    ),
    (
        """CREATE TABLE preferences (
            person_id TEXT PRIMARY KEY, rate_steps INTEGER NOT NULL, volume_steps INTEGER NOT NULL, brief INTEGER NOT NULL,
            normal INTEGER NOT NULL, stamp_s REAL) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE notes (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, teller TEXT NOT NULL, person TEXT NOT NULL, value TEXT NOT NULL, told_s REAL,
            due_s REAL) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE deeds (
            number INTEGER PRIMARY KEY, stamp_s REAL, requester TEXT NOT NULL, words TEXT NOT NULL, skill TEXT NOT NULL,
            phase TEXT NOT NULL, detail TEXT NOT NULL, rules TEXT NOT NULL, judged TEXT NOT NULL)""",
    ),
)
VERSION = len(MIGRATIONS)

COLUMNS = {
    "objects": "id class_name colour name x_m y_m z_m place support held_by last_seen_s confidence provenance told_by",
    "people": "id name age_group age_group_confidence x_m y_m z_m position_std_m last_seen_s",
    "events": "number stamp_s kind subject name before_place before_support before_container before_held_by "
    "after_place after_support after_container after_held_by confidence provenance",
    "preferences": "person_id rate_steps volume_steps brief normal stamp_s",
    "notes": "id kind teller person value told_s due_s",
    "deeds": "number stamp_s requester words skill phase detail rules judged",
}
"""Of each table, the key first, in the order of the rows below."""

Row = tuple[Any, ...]
Rows = Mapping[str, Mapping[Any, Row]]
"""Table → key → row."""


@dataclass(frozen=True, slots=True)
class Saved:
    memory: Recollection
    saved_s: float  # run time of the newest write
    wall_s: float  # wall time of it; Unix time


def migrate(connection: sqlite3.Connection, to: int = VERSION) -> None:
    """Bring a file to a version, in one transaction: after a crash it is at the old one or at the new one.

    :raises sqlite3.Error: it cannot be; the file is as it was
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for statements in MIGRATIONS[version:to]:
            for statement in statements:
                connection.execute(statement)
        if version < to:
            connection.execute(f"PRAGMA user_version = {to}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def rows(memory: Recollection) -> Rows:
    """What a recollection looks like in the file; what is not a number is NULL."""
    tellers = dict(memory.told_by)
    found = {
        "objects": [_of_object(thing, tellers.get(thing.id, "")) for thing in memory.objects],
        "people": [_of_person(person) for person in memory.people],
        "events": [_of_event(event) for event in memory.events],
        "preferences": [_of_preference(preference) for preference in memory.preferences],
        "notes": [(n.id, n.kind, n.teller_id, n.person_id, n.value, n.told_s, n.due_s) for n in memory.notes],
        "deeds": [_of_deed(deed) for deed in memory.deeds],
    }
    return {table: {row[0]: tuple(_storable(value) for value in row) for row in of_table} for table, of_table in found.items()}


def read(connection: sqlite3.Connection) -> Saved | None:
    """What the file holds, None when nothing was ever written.

    :raises sqlite3.DatabaseError: it cannot be read, or holds what this program never wrote
    """
    clock = connection.execute("SELECT saved_s, wall_s FROM clock").fetchone()
    if clock is None:
        return None
    of = {table: connection.execute(_select(table)).fetchall() for table in COLUMNS}
    try:
        memory = Recollection(
            objects=tuple(thing for row in of["objects"] if _is_somewhere(thing := _object(row))),
            people=tuple(person for row in of["people"] if _is_somewhere(person := _person(row))),
            events=tuple(_event(row) for row in of["events"]),
            told_by=tuple((row[0], row[13]) for row in of["objects"] if row[13]),
            preferences=tuple(map(_preference, of["preferences"])),
            notes=tuple(map(_note, of["notes"])),
            deeds=tuple(map(_deed, of["deeds"])),
        )
        return Saved(memory, float(clock[0]), float(clock[1]))
    except (TypeError, ValueError) as error:
        raise sqlite3.DatabaseError(f"a value is not of its column's type: {error}") from error


def layout() -> tuple[str, ...]:
    """The words that every file holds, whatever is remembered: names of tables and columns."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        return layout_of(connection)


def layout_of(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Those of one file."""
    found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")
    return tuple(text for row in found for text in row if text)


def _select(table: str) -> str:
    columns = COLUMNS[table].split()
    return f"SELECT {', '.join(columns)} FROM {table} ORDER BY {columns[0]}"


# ---------------------------------------------------------------- facts ↔ rows


def _of_object(thing: WorldObject, teller: str) -> Row:
    return (
        thing.id, thing.class_name, thing.colour, thing.name, *thing.position_m, thing.place, thing.support, thing.held_by,
        thing.last_seen_s, thing.confidence, thing.provenance, teller,
    )  # fmt: skip


def _object(row: Row) -> WorldObject:
    return WorldObject(
        id=_text(row[0]), class_name=_text(row[1]), colour=_text(row[2]), name=_text(row[3]), position_m=_point(row[4:7]),
        place=_text(row[7]), support=_text(row[8]), held_by=_text(row[9]), last_seen_s=_number(row[10]), confidence=_sureness(row[11]),
        provenance=_text(row[12]),
    )  # fmt: skip


def _of_person(person: Person) -> Row:
    return (
        person.id, person.name, person.age_group, person.age_group_confidence, *person.position_m, person.position_std_m,
        person.last_seen_s,
    )  # fmt: skip


def _person(row: Row) -> Person:
    return Person(
        id=_text(row[0]), name=_text(row[1]), age_group=_text(row[2]), age_group_confidence=_number(row[3]), position_m=_point(row[4:7]),
        velocity_mps=(0.0, 0.0, 0.0), position_std_m=_number(row[7]), seen=False, speaking=False, facing_robot=False,
        last_seen_s=_number(row[8]),
    )  # fmt: skip


def _of_event(event: WorldEvent) -> Row:
    return (event.number, event.stamp_s, event.kind, event.subject, event.name, *_of_where(event.before), *_of_where(event.after),
            event.confidence, event.provenance)  # fmt: skip


def _event(row: Row) -> WorldEvent:
    before, after = Whereabouts(*map(_text, row[5:9])), Whereabouts(*map(_text, row[9:13]))
    sure = (_sureness(row[13]), _text(row[14]))
    return WorldEvent(int(row[0]), _number(row[1]), _text(row[2]), _text(row[3]), _text(row[4]), before, after, *sure)


def _of_preference(wish: Preference) -> Row:
    return wish.person_id, wish.rate_steps, wish.volume_steps, int(wish.brief), int(wish.normal), wish.stamp_s


def _preference(row: Row) -> Preference:
    return Preference(_number(row[5]), _text(row[0]), int(row[1]), int(row[2]), bool(row[3]), bool(row[4]))


def _note(row: Row) -> Note:
    id_, kind, teller, person, value = map(_text, row[:5])
    return Note(id_, kind, teller, person, value, _number(row[5]), _number(row[6]))


def _of_deed(deed: Deed) -> Row:
    rules = ", ".join(deed.rule_ids)
    return deed.number, deed.stamp_s, deed.requester_id, deed.words, deed.skill, deed.phase, deed.detail, rules, deed.judged


def _deed(row: Row) -> Deed:
    requester, words, skill, phase, detail, rules, judged = map(_text, row[2:])
    rule_ids = tuple(rules.split(", ")) if rules else ()
    return Deed("", _number(row[1]), requester, words, skill, phase, detail, rule_ids, judged, int(row[0]))


def _of_where(where: Whereabouts) -> tuple[str, str, str, str]:
    return where.place, where.support, where.container, where.held_by


def _storable(value: Any) -> Any:
    """NaN is NULL; text that is no Unicode (half a surrogate pair) gets question marks rather than stopping the writer."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode("utf-8")
    return None if isinstance(value, float) and math.isnan(value) else value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, found {type(value).__name__}")
    return value


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _sureness(value: Any) -> float:
    """0 … 1, whatever the file says."""
    return min(1.0, max(0.0, float(value))) if value is not None else 0.0


def _is_somewhere(fact: WorldObject | Person) -> bool:
    """The world works with finite positions only."""
    return all(map(math.isfinite, fact.position_m))


def _point(values: Row) -> tuple[float, float, float]:
    x, y, z = map(_number, values)
    return x, y, z
