"""Driver and controller on one table, in virtual time: every test run is the same to the bit."""

from __future__ import annotations

from safety.motors.config import BaseConfig
from safety.motors.driver import Report
from safety.motors.interlock import Wish
from safety.motors.link import Link, SlowPortError
from safety.motors.session import Pending
from sim.base_controller import BaseController
from sim.microcontroller import Settings

TURN_S = 0.004
GATE_TURNS = 5  # the gate speaks every 20 ms


class Cable:
    """A port whose other end is the controller of the bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._written = b""
        self.open = True
        self.discarded: bool | None = None  # what was asked for when it was closed

    def read(self) -> bytes:
        if self._bench.controller.faults.unplugged:
            raise OSError(5, "Input/output error")
        written, self._written = self._written, b""
        return self._bench.controller.turn(written, self._bench.now_s)

    def write(self, data: bytes) -> None:
        if self._bench.controller.faults.unplugged:
            raise OSError(5, "Input/output error")
        if self._bench.jammed:
            raise SlowPortError("a frame did not leave within 20 ms")
        self._bench.sent.append(data)
        self._written += data

    def close(self, discard: bool) -> None:
        self._written = b""
        self.open, self.discarded = False, discard


class Bench:
    def __init__(self, settings: Settings | None = None, seed: int = 1) -> None:
        self.now_s = 1000.0
        self.controller = BaseController(settings=settings, seed=seed)
        self.config = BaseConfig(driver="serial:bench")
        self.jammed = False
        self.gate_speaks = True
        self.sent: list[bytes] = []
        self.cables: list[Cable] = []
        self.link = Link(self.config, "bench", self._plug_in, lambda: round(self.now_s * 1000))
        self.wish = Wish(0.0, 0.0, True)
        self.pending: Pending | None = None
        self._turns = 0

    def _plug_in(self) -> Cable:
        if self.controller.faults.unplugged:
            raise FileNotFoundError(2, "No such file or directory")
        self.cables.append(Cable(self))
        return self.cables[-1]

    def turn(self) -> Report:
        """4 ms: what the driver's thread does in one turn, and the gate's command every fifth time."""
        if self.gate_speaks and self._turns % GATE_TURNS == 0:
            self.pending = Pending(self.wish, self.now_s)
        self._turns += 1
        self.link.turn(self.pending, lambda: self.now_s)
        if self.link.voids_commands:
            self.pending = None
        if not self.cables or not self.cables[-1].open:  # nobody reads: the controller's own time goes on
            self.controller.turn(b"", self.now_s)
        self.now_s = round(self.now_s + TURN_S, 6)
        return self.report

    @property
    def report(self) -> Report:
        return self.link.report(self.now_s)

    @property
    def speed_mps(self) -> float:
        """Of the real wheels."""
        assert self.controller.wheels is not None
        return self.controller.wheels.linear_mps

    def run(self, seconds: float) -> Report:
        for _ in range(round(seconds / TURN_S)):
            self.turn()
        return self.report

    def until_still_s(self, limit_s: float = 3.0) -> float:
        """How long the wheels go on turning."""
        since_s = self.now_s
        while abs(self.speed_mps) > 1e-6:
            assert self.now_s < since_s + limit_s, "the wheels do not stop"
            self.turn()
        return self.now_s - since_s

    def drive(self, linear_mps: float = 0.6, angular_radps: float = 0.0) -> Bench:
        """Connected, enabled, and at speed."""
        self.wish = Wish(0.0, 0.0, True)
        self.run(1.0)
        self.wish = Wish(linear_mps, angular_radps, True)
        self.run(0.6)
        assert abs(self.speed_mps - linear_mps) < 2e-3, self.report
        return self
