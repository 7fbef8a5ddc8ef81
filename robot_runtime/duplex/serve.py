"""The engine's process: takes frames off the socket, has them answered, and never lets one fall."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from robot_runtime.duplex import wire
from robot_runtime.duplex.frames import Sound
from robot_runtime.duplex.wire import Step, Wire, WireError

_IDLE_S = 0.5
_log = logging.getLogger(__name__)


class Engine(Protocol):
    """A model that takes one frame after the other."""

    def facts(self) -> Mapping[str, Any]:
        """What it is, for the log and the diagnostics; values are JSON."""
        ...

    def step(self, sound: Sound) -> Step:
        """One frame of 1920 samples at 24 kHz in, one out."""
        ...

    def see(self, picture: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        """From the next frame on this is what the camera sees; RGB of shape (height, width, 3)."""
        ...

    def tell(self, number: int, text: str) -> None:
        """Have this text said as soon as what was told before is over."""
        ...

    def hush(self, frames: int) -> None:
        """Forget what was told and utter no word for so many frames."""
        ...


def serve(link: Wire, engine: Engine) -> None:
    """Until the other side is gone.  A failure of the engine is told, and raised."""
    link.send(wire.READY, 0, wire.facts(engine.facts()))
    try:
        while True:
            for packet in link.packets():
                _answer(link, engine, packet)
            link.wait(_IDLE_S)
    except WireError as error:
        _log.info("duplex engine: %s", error)
    except Exception as error:
        link.send(wire.FAILED, 0, f"{type(error).__name__}: {error}".encode()[:2000])
        raise


def _answer(link: Wire, engine: Engine, packet: wire.Packet) -> None:
    if packet.kind == wire.FRAME:
        link.send(wire.STEP, packet.number, engine.step(wire.sound_of(packet)).packed())
    elif packet.kind == wire.PICTURE:
        engine.see(wire.picture_of(packet))
        link.send(wire.SEEN, packet.number)
    elif packet.kind == wire.TELL:
        engine.tell(packet.number, packet.payload.decode())
    elif packet.kind == wire.HUSH:
        engine.hush(packet.number)
    else:
        raise WireError(f"an unknown packet {packet.kind!r}")
