"""Taking over changed rule and ontology files while the robot runs.

Once a second a thread of its own compares the files with what is in force.  What has changed is loaded when it has stayed the
same for two looks (an editor may have written half of it), checked completely, examples too, and handed over as one finished
object, which the gate puts in place between two steps.  Files that cannot be used change nothing; that is said until they can.
"""

from __future__ import annotations

import gc
import logging
import math
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from safety.files import FileError
from safety.policy import Policy, changes

logger = logging.getLogger(__name__)

SWITCH_S = 0.0005
"""Threads of this process take turns this often while a file is loaded; with Python's own 5 ms the gate's step would come late."""

RETRY_BAD_S = 10.0
"""Files that could not be used are tried again after this even if they look the same: what they extend may have been mended."""

Load = Callable[[], Policy]


@dataclass(frozen=True, slots=True)
class News:
    """What a look at the files has brought."""

    policy: Policy | None  # to be put in force now; None: what was in force stays
    error: str  # why the files cannot be used, "" when they can
    changes: str  # in words


class Reload:
    """State: what is in force, what the files looked like, and the thread that looks."""

    def __init__(self, policy: Policy, load: Load, every_s: float) -> None:
        """:param every_s: seconds between looks; 0: only when asked"""
        self._policy, self._load, self._every_s = policy, load, every_s
        self._seen: tuple[str, str] | None = None  # at the last look, where that is not what is in force
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
            self._policy, self.error = news.policy or self._policy, news.error
        if self._asked or self._due(now_s):
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
        """At the first step, and after a clock that was set back, the next look is a period away."""
        if not self._every_s:
            return False
        if not self._look_s - now_s <= self._every_s:
            self._look_s = now_s + self._every_s
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
        here = self._policy.hashes_now()
        if here == self._policy.hashes:
            self._seen = self._bad = None
            return News(None, "", "") if self.error or asked else None
        settled, self._seen = here == self._seen, here
        tried = here == self._bad and now_s - self._retry_s < RETRY_BAD_S
        if not asked and (not settled or tried):
            return None
        self._bad, self._retry_s = here, now_s
        with _taking_turns():
            policy = self._load()
            if policy.hashes_now() != policy.hashes:
                self._seen = None  # written while it was read: look again
                return None
            self._bad = None
            return News(policy, "", changes(self._policy, policy))

    def _refused(self, error: str) -> News | None:
        return None if error == self.error else News(None, error, "")


@contextmanager
def _taking_turns() -> Iterator[None]:
    """Keep the interpreter free for the gate's thread.

    A full garbage collection, which a load would bring about, stops all threads for tens of milliseconds: it is put off, and
    then spared by taking everything that is alive now for permanent.
    """
    before_s, collecting = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(SWITCH_S)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
        sys.setswitchinterval(before_s)
