"""The memory's file: one SQLite database that no crash corrupts, and whose deleted bytes are gone.

* Write-ahead log: a transaction is in the file whole or not at all, whenever the process is killed.
* ``synchronous = NORMAL``: in WAL mode the file stays consistent through a power cut too; the last seconds may be missing from it
  then, which a memory of the home can bear, and the flash is not flushed every second (https://www.sqlite.org/pragma.html).
  A person who was forgotten must stay so, hence ``forget`` waits for the disk.
* ``secure_delete``: what is deleted is overwritten with zeros.
* One program at a time writes: it holds a lock on ``FILE.lock``, which the system lets go of when the program dies.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Any

from robot_runtime.world.recollection import Recollection
from robot_runtime.world.schema import APPLICATION_ID, COLUMNS, VERSION, Row, Rows, Saved, layout, layout_of, migrate, read, rows

BUSY_S = 2.0
"""How long to wait for a reader, such as ``robot-runtime world show``."""


class NotOursError(sqlite3.DatabaseError):
    """The file is none of ours, of a newer version, or damaged: it must be put aside, not written to."""


class InUseError(OSError):
    """Another program has this memory."""


class Database:
    """Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open or create it.

        :raises NotOursError: see there
        :raises InUseError: see there
        :raises sqlite3.OperationalError: it cannot be opened or written
        :raises OSError: likewise
        """
        self.path = path
        self._lock = _lock(path)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # what is known of people is nobody else's
            self._connection = _connect(path)
        except BaseException:
            os.close(self._lock)
            raise
        self._written: Rows | None = None  # unknown: the first write replaces everything

    def read(self) -> Saved | None:
        """What it holds, None for nothing.

        :raises sqlite3.DatabaseError: it is damaged
        """
        return read(self._connection)

    def write(self, memory: Recollection, saved_s: float, wall_s: float) -> None:
        """Make the file hold this memory, in one transaction.

        :raises sqlite3.Error: it holds what it did before
        """
        wanted = rows(memory)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for table in COLUMNS:
                self._bring(table, {} if self._written is None else self._written[table], wanted[table])
            self._connection.execute("INSERT OR REPLACE INTO clock VALUES (1, ?, ?)", (saved_s, wall_s))
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # some errors, as a full disk, have rolled it back already
                self._connection.execute("ROLLBACK")
            raise
        self._written = wanted

    def scrub(self) -> None:
        """Overwrite everything that was deleted, in the file and in its log, and wait for the disk.

        :raises sqlite3.Error: it is not done; another program may be reading
        """
        self._connection.execute("PRAGMA synchronous = EXTRA")
        self._checkpoint()  # zeros over what secure_delete has cleared, before the file gets shorter
        self._connection.execute("VACUUM")
        self._checkpoint()
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Let go of the file.

        :raises sqlite3.Error: the log could not be taken into the file; it will be at the next opening
        """
        try:
            self._connection.close()
        finally:
            os.close(self._lock)

    def _bring(self, table: str, old: Any, new: Any) -> None:
        columns = COLUMNS[table].split()
        if self._written is None:
            self._connection.execute(f"DELETE FROM {table}")
        gone = [(key,) for key in old if key not in new]
        self._connection.executemany(f"DELETE FROM {table} WHERE {columns[0]} = ?", gone)
        changed: list[Row] = [row for key, row in new.items() if old.get(key) != row]
        holders = ", ".join("?" * len(columns))
        self._connection.executemany(f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({holders})", changed)

    def _checkpoint(self) -> None:
        busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError("another program reads the file")


def read_only(path: Path) -> Saved | None:
    """What a file holds, without writing anything; None when there is nothing in it.

    :raises NotOursError: see there
    :raises sqlite3.OperationalError: it cannot be read
    """
    if not path.exists():
        return None
    # A log beside the file needs shared memory to be read; without a log, nothing but the file itself has to be there.
    log = path.with_name(path.name + "-wal")
    mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=BUSY_S)
    try:
        version = _version(connection)
        if version != VERSION:
            copy = sqlite3.connect(":memory:", isolation_level=None)
            connection.backup(copy)
            connection.close()
            connection = copy
            if version:
                migrate(connection)
        return read(connection) if version else None
    finally:
        connection.close()


def put_aside(path: Path) -> Path:
    """Rename a file that cannot be used, and its log with it; returns the new name, which was free.

    :raises OSError: it cannot be renamed
    """
    number = 1
    while (aside := path.with_name(f"{path.name}.aside-{number}")).exists():
        number += 1
    path.rename(aside)
    for end in ("-wal", "-shm"):
        companion = path.with_name(path.name + end)
        if companion.exists():
            companion.rename(aside.with_name(aside.name + end))
    return aside


def _lock(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise InUseError(error.errno, "another program has this memory open") from error
    return handle


def _connect(path: Path) -> sqlite3.Connection:
    # Explicit transactions; the writer's thread is another one than that which opens it.
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
    try:
        _version(connection)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        migrate(connection)
        if layout_of(connection) != layout():
            raise NotOursError("its tables are not those of this program")
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    """The file's version, 0 for an empty one.

    :raises NotOursError: see there
    """
    try:
        [(version,)] = connection.execute("PRAGMA user_version")
        [(application,)] = connection.execute("PRAGMA application_id")
        [(tables,)] = connection.execute("SELECT count(*) FROM sqlite_master")
        if (application, version > 0) not in ((APPLICATION_ID, True), (0, False)) or (tables and not version):
            raise NotOursError("it is a database of another program")
        if version > VERSION:
            raise NotOursError(f"it has version {version}, of a newer program; this one knows {VERSION}")
        problems = [text for (text,) in connection.execute("PRAGMA quick_check(1)") if text != "ok"]
    except sqlite3.OperationalError:
        raise
    except NotOursError:
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the latter where the name of a damaged table is told
        raise NotOursError(str(error)) from error
    if problems:
        raise NotOursError(f"it is damaged: {problems[0].splitlines()[0]}")
    return int(version)
