"""Where the world's memory is kept: in nothing but this process, or in a file that outlives it."""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol, TypeVar

from robot_runtime.world.album import Album
from robot_runtime.world.database import Database, NotOursError, put_aside, read_only
from robot_runtime.world.proof import Proof, needles, proof
from robot_runtime.world.recollection import Recollection, shifted
from robot_runtime.world.schema import Saved

T = TypeVar("T")

_log = logging.getLogger(__name__)

CLOSE_S = 5.0
"""How long to wait at the end for a disk that hangs."""

EARLIEST_WALL_S = 1577836800.0
"""2020-01-01: an earlier wall time is that of a computer whose clock was never set."""


class Store(Protocol):
    """Never raises for a disk: what is wrong with it is its ``problem``, and the robot goes on with what it has in RAM."""

    @property
    def problem(self) -> str:
        """Why the newest memory is not on disk, in one line; "" when nothing is wrong."""
        ...

    def load(self, now_s: float) -> Recollection | None:
        """What was kept, on the clock of this run, which may have started anew; None when there is nothing."""
        ...

    def save(self, memory: Recollection, now_s: float) -> None:
        """Keep this from now on.  Returns at once."""
        ...

    def forget(self, person_id: str, name: str, rest: Recollection, now_s: float) -> Future[Proof]:
        """Keep ``rest``, which is without this person, and let no byte and no picture of them be left.  Returns at once.

        The future raises OSError when that cannot be said.
        """
        ...

    def close(self) -> None:
        """Wait until what was saved is kept, and let go of the file; a later ``load`` or ``save`` opens it again."""
        ...


class RamStore:
    """Keeps nothing beyond the process: for tests, virtual time, and who wants no memory on disk."""

    problem = ""

    def load(self, now_s: float) -> Recollection | None:
        return None

    def save(self, memory: Recollection, now_s: float) -> None:
        pass

    def forget(self, person_id: str, name: str, rest: Recollection, now_s: float) -> Future[Proof]:
        done: Future[Proof] = Future()
        done.set_result(Proof(needles(person_id, name), ()))
        return done

    def close(self) -> None:
        pass


def open_store(memory_file: str) -> Store:
    """The store that ``WorldConfig.memory_file`` names."""
    return DiskStore(Path(memory_file).expanduser()) if memory_file else RamStore()


def on_clock(saved: Saved, now_s: float, wall_s: float) -> Recollection:
    """What was saved, on a clock that reads ``now_s`` at the wall time ``wall_s``.

    A fact's age is the age that it had at the newest write, on the clock of that run, plus the wall time since.  The wall clock
    is asked for nothing else, so that its jumps within a run do no harm.  Where it was plainly wrong or went back meanwhile (a
    computer without a battery for its clock) nothing is added, and ages are "at least".
    """
    away_s = max(0.0, wall_s - saved.wall_s) if saved.wall_s >= EARLIEST_WALL_S else 0.0
    return shifted(saved.memory, now_s - away_s - saved.saved_s, now_s)


class DiskStore:
    """Writes on a thread of its own, the newest memory only, so that a slow disk makes nobody wait and nothing piles up."""

    def __init__(self, path: Path, wall_s: Callable[[], float] = time.time) -> None:
        """Opens nothing yet.

        :param wall_s: the wall clock, Unix time
        """
        self.path = path
        self._wall_s = wall_s
        self._news = threading.Condition()
        self._pending: Callable[[], None] | None = None  # writes the newest memory
        self._to_forget: deque[Callable[[], None]] = deque()  # comes before what is pending
        self._writing = False
        self._thread: threading.Thread | None = None
        self._disk = threading.Lock()  # held while the database is used
        self._database: Database | None = None
        self._problem = ""
        self._unseen = False  # the file could not be read when the memory was asked for, so nothing may be written over it

    @property
    def problem(self) -> str:
        return self._problem

    def load(self, now_s: float) -> Recollection | None:
        with self._disk:
            saved = self._guarded(lambda: self._opened().read())
            if saved is None and self._problem:
                saved = self._without_writing()
                self._unseen = saved is None
        if saved is None or not all(map(math.isfinite, (saved.saved_s, saved.wall_s))):
            return None
        return on_clock(saved, now_s, self._wall_s())

    def save(self, memory: Recollection, now_s: float) -> None:
        wall_s = self._wall_s()
        with self._news:
            self._pending = lambda: self._keep(memory, now_s, wall_s)
            self._wake()

    def flush(self, limit_s: float = CLOSE_S) -> bool:
        """Wait until everything is written or was refused; False after ``limit_s``."""
        with self._news:
            return self._news.wait_for(lambda: not self._has_work and not self._writing, limit_s)

    def forget(self, person_id: str, name: str, rest: Recollection, now_s: float) -> Future[Proof]:
        outcome: Future[Proof] = Future()

        def erase() -> None:
            try:
                outcome.set_result(self._erase(rest, needles(person_id, name), now_s))
            except OSError as error:
                outcome.set_exception(error)

        with self._news:
            self._pending = None  # it may still hold them
            self._to_forget.append(erase)
            self._wake()
        return outcome

    def close(self) -> None:
        if not self.flush():
            _log.error("%s: the disk does not answer; the newest memory may be lost", self.path)
            return
        with self._news:
            thread, self._thread = self._thread, None
            self._news.notify_all()
        if thread is not None:
            thread.join()
        with self._disk:
            self._guarded(self._let_go)

    # ------------------------------------------------------------ the thread

    @property
    def _has_work(self) -> bool:
        return self._pending is not None or bool(self._to_forget)

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="world-memory", daemon=True)
            self._thread.start()
        self._news.notify_all()

    def _work(self) -> None:
        """Erase whom it is to forget and write what is pending, until another thread has this one's place."""
        me = threading.current_thread()
        while True:
            with self._news:
                self._news.wait_for(lambda: self._has_work or self._thread is not me)
                if self._thread is not me:
                    return
                self._writing = True
                if self._to_forget:
                    work: Callable[[], None] | None = self._to_forget.popleft()
                else:
                    work, self._pending = self._pending, None
            try:
                if work is not None:
                    work()
            finally:
                with self._news:
                    self._writing = False
                    self._news.notify_all()

    def _erase(self, rest: Recollection, texts: tuple[str, ...], now_s: float) -> Proof:
        try:
            Album(self.path).forget(texts)
            with self._disk:
                database = self._opened()
                database.write(rest, now_s, self._wall_s())
                database.scrub()
                return proof(self.path, rest, texts)
        except sqlite3.Error as error:
            raise OSError(errno.EIO, str(error), str(self.path)) from error

    def _keep(self, memory: Recollection, now_s: float, wall_s: float) -> None:
        with self._disk:
            self._guarded(lambda: self._write(memory, now_s, wall_s))

    def _write(self, memory: Recollection, now_s: float, wall_s: float) -> None:
        self._opened().write(memory, now_s, wall_s)
        if self._problem:
            _log.info("%s: the memory is written again", self.path)
        self._problem = ""

    def _opened(self) -> Database:
        if self._database is None:
            self._database = Database(self.path)
            if self._unseen and self._database.read() is not None:
                raise NotOursError("it became readable only after the robot had begun without it")
            self._unseen = False
        return self._database

    def _let_go(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()

    # ------------------------------------------------------------ what can go wrong

    def _guarded(self, action: Callable[[], T]) -> T | None:
        """Do it, if need be with a new file in the place of a bad one; None when the disk does not let us."""
        try:
            try:
                return action()
            except sqlite3.DatabaseError as error:
                if type(error) not in (sqlite3.DatabaseError, NotOursError):
                    raise  # the file is sound, the disk is not
                self._begin_anew(error)
                return action()
        except (sqlite3.Error, OSError) as error:
            self._ill(error)
            return None

    def _begin_anew(self, why: sqlite3.DatabaseError) -> None:
        self._let_go()
        aside = put_aside(self.path)
        _log.warning("%s: %s; it was renamed to %s, and the robot begins with an empty memory", self.path, why, aside.name)

    def _without_writing(self) -> Saved | None:
        """From a disk that cannot be written, or from under another program; why, is told already."""
        try:
            return read_only(self.path)
        except (sqlite3.Error, OSError) as error:
            _log.warning("%s: nor can it be read: %s", self.path, error)
            return None

    def _ill(self, error: Exception) -> None:
        text = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        if not self._problem:
            _log.warning("%s: %s; what the robot learns is lost at its end until this is mended", self.path, text)
        self._problem = f"{self.path}: {text}"
        if not _is_full(error):  # a file on a disk that came back has to be opened again
            with contextlib.suppress(sqlite3.Error, OSError):  # it is the error of which was just told
                self._let_go()


def _is_full(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "full" in str(error)
