"""Taking over changed rule and ontology files while the robot runs.

Ten times a second a thread of its own compares the files with what is in force.  What has changed is loaded, checked
completely, examples too, and, when a later look finds the same files still there, handed over as one finished object, which the
gate puts in place between two steps.  What is seen to be only tighter counts after ``SETTLE_S``; anything else has to stay for
``LOOSER_S``, since a file of which only a part has been written lacks rules.  Files that cannot be used change nothing; that is
said until they can.

Why a thread that rests and no process: a process would have to hand the rules over by pickle, which the gate's process then
unpacks in one piece, and to start one takes 0.3 s, most of the time that there is for stricter rules.
"""

from __future__ import annotations

import gc
import logging
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from safety.files import FileError
from safety.policy import Policy, changes, only_tightens

logger = logging.getLogger(__name__)

WORK_S, REST_S = 0.0005, 0.0003
"""A load works and rests in turn, so that the gate's step waits for it for about so long."""

SETTLE_S = 0.1
"""Files that have stayed the same for so long are whole."""

LOOSER_S = 1.0
"""… and for so long, where they may allow more than what is in force: half a file does, and its writer may pause."""

RETRY_BAD_S = 10.0
"""Files that could not be used are tried again after this even if they look the same: what they extend may have been mended."""

Load = Callable[[], Policy]


@dataclass(frozen=True, slots=True)
class News:
    """What a look at the files has brought."""

    policy: Policy | None  # to be put in force now; None: what was in force stays
    error: str  # why the files cannot be used, "" when they can
    changes: str  # in words


@dataclass(frozen=True, slots=True)
class _Ready:
    """Loaded and sound; waits until its files have settled."""

    policy: Policy
    changes: str
    settle_s: float


class Reload:
    """State: what is in force, what the files looked like, and the thread that looks."""

    def __init__(self, policy: Policy, load: Load, every_s: float) -> None:
        """:param every_s: seconds between looks; 0: only when asked"""
        self._policy, self._load, self._every_s = policy, load, every_s
        self._seen: tuple[str, str] | None = None  # at the last look, where that is not what is in force
        self._seen_s = math.nan  # when it was seen first
        self._ready: _Ready | None = None  # made of what was seen
        self._before: Policy | None = None  # to take it apart takes a millisecond, which the next look has
        self._bad: tuple[str, str] | None = None  # could not be used
        self._look_s = math.nan  # when the next one is due
        self._retry_s = -math.inf
        self._asked = False  # while a look was going on
        self._thread: threading.Thread | None = None
        self._found: News | None = None
        self.error = ""  # why the files on disk are not those in force

    def step(self, now_s: float, *, asked: bool = False) -> News | None:
        """Hand over what was found, and start the next look when it is due.  Never waits.

        :param asked: somebody wants the files to be taken over now
        """
        self._asked = self._asked or asked
        if self._thread is not None and self._thread.is_alive():
            return None
        news, self._found = self._found, None
        if news is not None:
            self.error = news.error
            if news.policy is not None:
                self._before, self._policy = self._policy, news.policy
        if news is None and (self._asked or self._due(now_s)):  # after news the gate first lets go of what was in force
            self._look_s = now_s + self._every_s
            self._thread = threading.Thread(target=self._look, args=(now_s, self._asked), name="safety-reload", daemon=True)
            self._asked = False
            self._thread.start()
        return news

    def wait(self) -> None:
        """Until the look that is going on is over."""
        if self._thread is not None:
            self._thread.join()

    def _due(self, now_s: float) -> bool:
        """At the first step, and after a clock that was set back, the next look is a period away; sooner after a change."""
        if not self._every_s:
            return False
        every_s = self._every_s if self._seen is None else min(self._every_s, SETTLE_S)
        if not self._look_s - now_s <= every_s:
            self._look_s = now_s + every_s
        return now_s >= self._look_s

    # ---------------------------------------------------------------- on the thread

    def _look(self, now_s: float, asked: bool) -> None:
        try:
            self._found = self._looked(now_s, asked)
        except FileError as error:
            self._found = self._refused(str(error))
        except Exception as error:  # a defect of the loader must not end the watching, nor what is in force
            logger.exception("rules could not be loaded")
            self._found = self._refused(f"internal error: {type(error).__name__}: {error}")

    def _looked(self, now_s: float, asked: bool) -> News | None:
        self._before = None
        here = self._policy.hashes_now()
        if here == self._policy.hashes:
            self._seen = self._bad = self._ready = None
            return News(None, "", "") if self.error or asked else None
        if here != self._seen or now_s < self._seen_s:
            self._seen, self._seen_s, self._ready = here, now_s, None
        stayed_s = math.inf if asked else now_s - self._seen_s
        tried = here == self._bad and now_s - self._retry_s < RETRY_BAD_S
        if self._ready is None and (asked or not tried):
            self._ready = self._made(here, stayed_s, now_s)
        ready = self._ready
        if ready is None or stayed_s < ready.settle_s:
            return None
        self._seen = self._ready = None
        if ready.policy.hashes_now() != ready.policy.hashes:
            return None  # written while or since it was read: look again
        return News(ready.policy, "", ready.changes)

    def _made(self, here: tuple[str, str], stayed_s: float, now_s: float) -> _Ready | None:
        """What the files say, None when they are still being written.

        :raises FileError: they cannot be used
        """
        try:
            with _resting():
                policy = self._load()
                ready = _Ready(policy, changes(self._policy, policy), SETTLE_S if only_tightens(self._policy, policy) else LOOSER_S)
        except Exception:
            if stayed_s < SETTLE_S:
                return None  # half of a file: the next look tells
            self._bad, self._retry_s = here, now_s
            raise
        self._bad = None
        return ready

    def _refused(self, error: str) -> News | None:
        return None if error == self.error else News(None, error, "")


class _Rests:
    """The profile function.  State: when it slept last."""

    def __init__(self) -> None:
        self._rested_s = time.perf_counter()

    def __call__(self, *_: object) -> None:
        """Sleep, if there was work for long enough."""
        if time.perf_counter() - self._rested_s > WORK_S:
            time.sleep(REST_S)
            self._rested_s = time.perf_counter()


@contextmanager
def _resting() -> Iterator[None]:
    """Keep the interpreter free for the gate's thread.

    One thread at a time runs Python, and one that wants to waits up to 5 ms (``sys.setswitchinterval``, which holds for the whole
    process and stays as it is).  So this thread lets go by itself: a profile function, which Python calls at every call and return
    of this thread alone, sleeps now and then.  A full garbage collection, which a load would bring about, stops all threads for
    tens of milliseconds: it is put off, and then spared by taking everything that is alive now for permanent.
    """
    before, collecting = sys.getprofile(), gc.isenabled()
    gc.disable()
    sys.setprofile(_Rests())
    try:
        yield
    finally:
        sys.setprofile(before)
        gc.freeze()
        if collecting:
            gc.enable()
