"""A base controller on a pseudo-terminal: for the driver it is a serial port like any other."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sim.base_controller import BaseController

TURN_S = 0.002
_READ_BYTES = 4096


class PtyPort:
    """The controller's end of a pseudo-terminal; ``path`` leads to the host's end, as a name below /dev does."""

    def __init__(self, path: Path) -> None:
        """:raises OSError: there is no pseudo-terminal, or the path cannot be made"""
        self._path = path
        self._controller, self._host = os.openpty()  # the host's end stays open here too: it outlives every program that opens it
        tty.setraw(self._host)
        os.set_blocking(self._controller, False)
        waiting = path.with_name(path.name + ".new")
        waiting.unlink(missing_ok=True)
        waiting.symlink_to(os.ttyname(self._host))
        waiting.replace(path)

    def read(self) -> bytes:
        """What the host has written."""
        with suppress(BlockingIOError):
            return os.read(self._controller, _READ_BYTES)
        return b""

    def write(self, data: bytes) -> None:
        """Send; what the host does not fetch is lost, as in a UART without flow control."""
        with suppress(BlockingIOError):
            os.write(self._controller, data)

    def close(self) -> None:
        """Pull the plug: the host's reads and writes fail from now on."""
        self._path.unlink(missing_ok=True)
        os.close(self._host)
        os.close(self._controller)


class Emulator:
    """Runs a controller in real time on a thread.  A context manager; its knobs are those of ``controller.faults``.

    :param on_turn: called with the time after every turn, on the emulator's thread
    """

    def __init__(self, path: Path, controller: BaseController, on_turn: Callable[[float], None] = lambda now_s: None) -> None:
        self.controller = controller
        self._path, self._on_turn = path, on_turn
        self._port: PtyPort | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="base-controller", daemon=True)

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """The port is there when this returns.

        :raises OSError: it cannot be made
        """
        self._port = PtyPort(self._path)
        self._thread.start()

    def stop(self) -> None:
        """Power off."""
        self._ending.set()
        self._thread.join()
        if self._port is not None:
            self._port.close()

    def _run(self) -> None:
        while not self._ending.wait(TURN_S):
            self._plug()
            now_s = time.monotonic()
            out = self.controller.turn(self._port.read() if self._port else b"", now_s)
            if self._port and out:
                self._port.write(out)
            self._on_turn(now_s)

    def _plug(self) -> None:
        unplugged = self.controller.faults.unplugged
        if unplugged and self._port is not None:
            self._port.close()
            self._port = None
        elif not unplugged and self._port is None:
            self._port = PtyPort(self._path)
