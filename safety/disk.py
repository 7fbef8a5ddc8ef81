"""Waiting for the disk without making the motors wait."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path


def sync_path(path: Path) -> None:
    """Wait until the disk has a file's content, or a folder's entries.

    :raises OSError: it has not
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class BackgroundSync:
    """Runs ``sync`` on a thread of its own, once at a time, since an fsync can take longer than a control period."""

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._running = False
        self._again = False
        self.error = ""  # what the last sync ran into, "" when it went well

    def start(self) -> None:
        """Have everything that is written by now synced; a sync that is going on is followed by another."""
        with self._lock:
            if self._running:
                self._again = True
                return
            self._running = True
            self._thread = threading.Thread(target=self._run, name="safety-sync", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until nothing is being synced."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._sync()
                self.error = ""
            except OSError as error:
                self.error = error.strerror or str(error)
            with self._lock:
                if not self._again:
                    self._running = False
                    return
                self._again = False
