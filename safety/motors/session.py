"""One conversation with the controller, from the greeting until something breaks.  Pure: bytes and times in, bytes out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NoReturn

from safety.motors.config import BaseConfig
from safety.motors.driver import Charge
from safety.motors.interlock import Interlock, Wish
from safety.motors.messages import (
    Battery,
    Disable,
    Drive,
    Fault,
    Heartbeat,
    Hello,
    Identity,
    Message,
    Reason,
    Refused,
    State,
    Telemetry,
    in_words,
)
from safety.motors.odometer import EncoderError, Odometer
from safety.motors.protocol import Frame, Reader, VersionError, encode
from safety.motors.supervision import LinkError, Supervision

WATCHDOG_MAX_MS = 200
GREET_EVERY_S = 0.2
BEAT_S = 0.02
SILENT_S = 0.3
"""A gate that has made no command for so long does not work; a shorter gap only lets the velocity run out."""

ASK_EVERY_S = 0.1
"""How often a request that changes the controller's state is repeated until telemetry shows that it was obeyed."""

_UNKNOWN = 0xFFFF


@dataclass(frozen=True, slots=True)
class Pending:
    """The newest command of the gate, on the driver's steady clock."""

    wish: Wish
    made_s: float


class Session:
    """State: who answers, the interlock, what is under way.  A session that raised is over."""

    def __init__(self, config: BaseConfig, nonce: int, odometer: Odometer, now_s: float) -> None:
        self._config, self._nonce = config, nonce
        self._number = 0  # the controller gives it
        self._odometer = odometer
        self._odometer.restart()
        self._reader = Reader()
        self._supervision = Supervision(config)
        self._interlock = Interlock()
        self._sequence = 0
        self.begun_s = now_s
        self._greeted_s = self._beat_s = self._asked_s = -math.inf
        self._last_sent: Pending | None = None
        self._strange = False  # a frame came that is no answer, while greeting
        self.identity: Identity | None = None
        self.charge: Charge | None = None
        self.refused = ""  # the last refusal, in words

    # ---------------------------------------------------------------- what is known

    @property
    def telemetry(self) -> Telemetry | None:
        return self._supervision.newest

    @property
    def telemetry_s(self) -> float:
        """When the newest telemetry came."""
        return self._supervision.newest_s

    @property
    def round_trip_s(self) -> float:
        """From sending a frame until telemetry acknowledged it, of the last one."""
        return self._supervision.round_trip_s

    @property
    def running(self) -> bool:
        return self.identity is not None and self.telemetry is not None

    @property
    def e_stops(self) -> int:
        return self._interlock.e_stops

    @property
    def problem(self) -> str:
        """Why the base would not move although the link is sound, "" when nothing is in the way."""
        if self.telemetry is None:
            return "greeting the controller"
        faults = in_words(self.telemetry.faults, Fault)
        return f"motor fault: {faults}" if faults else self._interlock.complaint

    # ---------------------------------------------------------------- what comes in

    def take(self, data: bytes, now_s: float) -> None:
        """Bytes from the controller.

        :raises LinkError: they end the session
        """
        before = self._reader.damaged
        try:
            frames = self._reader.feed(data)
        except VersionError as error:
            raise LinkError(str(error)) from error
        for frame in frames:
            self._take(frame, now_s)
        if self.identity is not None:
            self._supervision.damaged(self._reader.damaged - before, now_s)

    def _take(self, frame: Frame, now_s: float) -> None:
        if self.identity is None:
            self._take_greeted(frame, now_s)
            return
        if frame.session != self._number:
            self._leave(frame)
        self._supervision.received(frame.sequence)
        match frame.message:
            case Telemetry() as telemetry:
                self._measure(telemetry, now_s)
            case Battery() as battery:
                self.charge = _charge(battery, now_s)
            case Refused() as refused:
                self.refused = _refusal(refused)
            case Identity():
                pass  # a greeting was sent twice
            case other:
                raise LinkError(f"the controller sent {type(other).__name__}: an echo of our own frames, is the line looped back?")

    def _take_greeted(self, frame: Frame, now_s: float) -> None:
        """The answer to this greeting; whatever else comes was under way before."""
        if not isinstance(frame.message, Identity) or frame.message.nonce != self._nonce or not frame.session:
            self._strange = True
            return
        self._number = frame.session
        self._supervision.received(frame.sequence)
        self._meet(frame.message, now_s)

    def _leave(self, frame: Frame) -> NoReturn:
        if frame.session == 0:  # as only a chip says that nobody has greeted yet
            raise LinkError("the controller restarted")
        raise LinkError("replayed or reordered frames: one of another session")

    def _meet(self, identity: Identity, now_s: float) -> None:
        """:raises LinkError: a controller that must not drive"""
        if not 0 < identity.watchdog_ms <= WATCHDOG_MAX_MS:
            raise LinkError(f"the controller's watchdog is {identity.watchdog_ms} ms, at most {WATCHDOG_MAX_MS} ms is safe")
        if not identity.ticks_per_m or not identity.track_mm or not identity.max_linear_mmps:
            raise LinkError("the controller's geometry is not set")
        self.identity = identity
        self._supervision.begin(now_s)

    def _measure(self, telemetry: Telemetry, now_s: float) -> None:
        assert self.identity is not None
        if telemetry.boot != self.identity.boot:
            raise LinkError(f"the controller restarted (power-on {telemetry.boot}, was {self.identity.boot})")
        self._supervision.telemetry(telemetry, now_s)
        self._interlock.see(State(telemetry.state))
        try:
            self._odometer.take(telemetry, self.identity)
        except EncoderError as error:
            raise LinkError(str(error)) from error

    # ---------------------------------------------------------------- what goes out

    def due(self, pending: Pending | None, now_s: float) -> bytes:
        """The bytes to write now, of at most two frames: nothing ever waits to be sent.

        :raises LinkError: what should have come did not
        """
        if self.identity is None:
            return self._greeting(now_s)
        self._supervision.check(now_s)
        if self.telemetry is None:
            return b""
        data = b""
        if pending is not None and pending is not self._last_sent:
            self._interlock.hear(pending.wish)
        request = self._interlock.request(self._wish(pending, now_s), bool(self.telemetry.faults))
        if request is not None and now_s - self._asked_s >= ASK_EVERY_S:
            self._asked_s = now_s
            data += self._frame(request, now_s)
        return data + self._beat(pending, now_s)

    def farewell(self, now_s: float) -> bytes:
        """The last frame: brake and switch the motors off."""
        return self._frame(Disable(), now_s) if self.identity is not None else b""

    def _greeting(self, now_s: float) -> bytes:
        if now_s - self.begun_s > self._config.greeting_s:
            heard = self._reader.damaged or self._strange
            raise LinkError(f"no answer to the greeting{', only garbage: wrong speed or another device?' if heard else ''}")
        if now_s - self._greeted_s < GREET_EVERY_S:
            return b""
        self._greeted_s = now_s
        return self._frame(Hello(self._nonce), now_s)

    def _beat(self, pending: Pending | None, now_s: float) -> bytes:
        """A velocity once, as soon as it is there; a heartbeat when there is nothing else to say."""
        if pending is not None and pending is not self._last_sent:
            self._last_sent = pending
            drive = self._drive(pending, now_s)
            if drive is not None:
                self._beat_s = now_s
                return self._frame(drive, now_s)
        if now_s - self._beat_s < BEAT_S:
            return b""
        self._beat_s = now_s
        return self._frame(Heartbeat(), now_s)

    def _wish(self, pending: Pending | None, now_s: float) -> Wish | None:
        """What the gate wants, None when it has fallen silent."""
        return pending.wish if pending is not None and now_s - pending.made_s <= SILENT_S else None

    def _drive(self, pending: Pending, now_s: float) -> Drive | None:
        """A velocity with its end on the controller's clock; None while it may not be sent.

        The clock is read from the newest telemetry and was ahead of that by the way of a frame, so the end is never late.
        """
        telemetry, life_s = self.telemetry, self._life_s(pending, now_s)
        if telemetry is None or life_s <= 0 or not self._interlock.may_drive(pending.wish):
            return None
        until_ms = telemetry.uptime_ms + int((now_s - self.telemetry_s + life_s) * 1000)
        return Drive(int(pending.wish.linear_mps * 1000), int(pending.wish.angular_radps * 1000), until_ms % 2**32)

    def _life_s(self, pending: Pending, now_s: float) -> float:
        """How much longer the command may be in force; nothing when it is from the future."""
        age_s = now_s - pending.made_s
        return self._config.command_life_s - age_s if age_s >= -1e-3 else 0.0

    def _frame(self, message: Message, now_s: float) -> bytes:
        self._sequence += 1
        self._supervision.sent(self._sequence, now_s)
        return encode(Frame(self._number, self._sequence % 2**32, message))


def _charge(battery: Battery, now_s: float) -> Charge:
    ratio = math.nan if battery.charge_permille == _UNKNOWN else min(battery.charge_permille / 1000.0, 1.0)
    return Charge(now_s, battery.voltage_mv / 1000.0, battery.current_ma / 1000.0, ratio, bool(battery.charging))


def _refusal(refused: Refused) -> str:
    known = refused.reason in tuple(Reason)
    return f"frame {refused.sequence}: " + (Reason(refused.reason).name.lower().replace("_", " ") if known else f"reason {refused.reason}")
