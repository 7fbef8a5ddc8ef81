"""The voice's end of the engine: starts the process, sends frames, takes answers, and never waits."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from robot_runtime.duplex import wire
from robot_runtime.duplex.frames import Sound
from robot_runtime.duplex.wire import Packet, Step, Wire, WireError

_GOES_S = 0.1


class EngineGoneError(RuntimeError):
    """The engine's process has ended or speaks nonsense; one line that says why."""


class Link:
    """One life of the engine's process.

    :param command: starts it; the socket's file descriptor is appended as the last argument
    :param environment: of the process; None takes this one's
    :raises EngineGoneError: it cannot be started
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment
            )
        except OSError as error:
            ours.close()
            raise EngineGoneError(f"{command[0]} cannot be started: {error.strerror}") from error
        finally:
            theirs.close()
        self._wire = Wire(ours)
        self.facts: dict[str, Any] = {}  # what the engine says it is; empty until it is ready
        self.seen = 0  # number of the picture that counts now
        self._sent = 0
        self._expected = 0
        self._why = ""

    @property
    def ready(self) -> bool:
        return bool(self.facts)

    def hear(self, sound: Sound) -> int:
        """Send a frame; its number.

        :raises EngineGoneError: the engine is gone
        """
        number, self._sent = self._sent, self._sent + 1
        self._send(wire.FRAME, number, sound.astype("<i2").tobytes())
        return number

    def see(self, number: int, picture: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        """:raises EngineGoneError: the engine is gone"""
        self._send(wire.PICTURE, number, wire.packed_picture(picture))

    def tell(self, number: int, text: str) -> None:
        """:raises EngineGoneError: the engine is gone"""
        self._send(wire.TELL, number, text.encode())

    def hush(self, frames: int) -> None:
        """:raises EngineGoneError: the engine is gone"""
        self._send(wire.HUSH, frames)

    def steps(self) -> list[tuple[int, Step]]:
        """Answers that have arrived, with the numbers of their frames; none is ever left out.

        :raises EngineGoneError: the engine is gone, said why it fails, or skipped a frame
        """
        steps: list[tuple[int, Step]] = []
        try:
            self._wire.flush()
            steps.extend((packet.number, step) for packet in self._wire.packets() if (step := self._take(packet)) is not None)
        except WireError as error:
            self._why = self._why or str(error)
        if self._why and not steps:  # its last words first
            raise EngineGoneError(self._why)
        return steps

    def wait(self, seconds: float) -> None:
        """Until something arrives, or so long; for programs that have nothing else to do."""
        try:
            self._wire.wait(seconds)
        except WireError:
            return  # the next call of steps tells

    def close(self) -> None:
        """End the process; at once, since nothing of it is worth keeping.

        One that holds gigabytes of a GPU takes seconds to be gone; it is not waited for, since the voice must speak meanwhile.
        """
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GOES_S)
        self._wire.close()

    @property
    def why(self) -> str:
        """Why it has ended; "" while it has not."""
        return self._why

    @property
    def pid(self) -> int:
        return self._process.pid

    def _send(self, kind: bytes, number: int = 0, payload: bytes = b"") -> None:
        try:
            self._wire.send(kind, number, payload)
        except WireError as error:
            raise EngineGoneError(self._why or str(error)) from error

    def _take(self, packet: Packet) -> Step | None:
        if packet.kind == wire.READY:
            self.facts = json.loads(packet.payload) or {"model": "unnamed"}
        elif packet.kind == wire.SEEN:
            self.seen = packet.number
        elif packet.kind == wire.FAILED:
            self._why = packet.payload.decode(errors="replace")
        elif packet.kind == wire.STEP:
            if packet.number != self._expected:
                raise WireError(f"frame {packet.number} was answered, expected {self._expected}")
            self._expected += 1
            return Step.unpacked(packet.payload)
        return None
