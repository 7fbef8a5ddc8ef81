"""The stage behind the gate: takes the gate's commands, and nothing else, to the driver; tells what the base answers.

Its input never leaves the process, so nobody but the gate can put a command there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from safety.motors.config import BaseConfig
from safety.motors.driver import Measured, MotorDriver, Report
from safety.motors.serial_base import SerialBase
from safety.types import BaseCommand, BaseStatus, Battery, Odometry, Velocity

Outbox = list[tuple[str, Any]]

REPORT_MAX_AGE_S = 0.25
"""A driver whose thread has not reported for longer hangs."""

CLOCK_SLACK_S = 1e-3
"""A clock that is slewed may stand still for a moment, and its floats round."""


class Base:
    """The stage of the node ``base``.  State: the driver, and what was published last."""

    Config = BaseConfig

    def __init__(self, config: BaseConfig, driver: MotorDriver | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._now_s = 0.0
        self._clock: Callable[[], float] = self._robot_clock_s if config.robot_clock else clock
        self._driver: MotorDriver = driver or SerialBase(config, clock=self._clock)
        self._used = False
        self.reset()

    def _robot_clock_s(self) -> float:
        return self._now_s

    def reset(self) -> None:
        """Publish everything anew; the driver keeps its connection."""
        self._measured_s = self._charged_s = -math.inf

    def close(self) -> Outbox:
        """Stop the motors and let go of the port; a later step opens it again."""
        self._driver.close()
        self._used = False
        return []

    def step(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> Outbox:
        """Hand the newest command on, and publish what is new.

        :raises TypeError: something is on the wire between gate and driver that the gate did not make
        """
        self._now_s = now_s
        for command in inbox.get("motors/command", ()):
            self._check(command)
            self._used = True
            self._driver.send(command, _age_s(command, now_s))
        report = self._driver.report()
        return [("motors/state", self._status(report, now_s)), *self._odometry(report, now_s), *self._battery(report, now_s)]

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """For /diagnostics: what is wrong, "" if nothing, and the driver's figures."""
        report = self._driver.report()
        return self._problem(report), dict(report.details)

    def _check(self, command: Any) -> None:
        if type(command) is not BaseCommand or type(command.velocity) is not Velocity:
            self._driver.close()
            raise TypeError(f"motors/command carries {type(command).__name__}, which the gate does not make")

    def _problem(self, report: Report) -> str:
        if self._hangs(report) and not report.problem:
            return f"the motor driver hangs since {self._clock() - report.at_s:.1f} s"
        return report.problem

    def _hangs(self, report: Report) -> bool:
        return self._used and self._clock() - report.at_s > REPORT_MAX_AGE_S

    def _status(self, report: Report, now_s: float) -> BaseStatus:
        pressed = None if self._hangs(report) else report.e_stop_pressed
        return BaseStatus(now_s, self._problem(report), report.sessions, pressed, report.e_stops)

    def _odometry(self, report: Report, now_s: float) -> Outbox:
        measured = report.measured
        if measured is None or measured.at_s <= self._measured_s:
            return []
        self._measured_s = measured.at_s
        return [("odom", self._as_odometry(measured, now_s))]

    def _as_odometry(self, measured: Measured, now_s: float) -> Odometry:
        stamp_s = now_s - max(self._clock() - measured.at_s, 0.0)
        return Odometry(stamp_s, measured.x_m, measured.y_m, measured.yaw_rad, measured.linear_mps, measured.angular_radps)

    def _battery(self, report: Report, now_s: float) -> Outbox:
        charge = report.charge
        if charge is None or charge.at_s <= self._charged_s:
            return []
        self._charged_s = charge.at_s
        return [("battery", Battery(now_s, charge.voltage_v, charge.current_a, charge.ratio, charge.charging))]


def _age_s(command: BaseCommand, now_s: float) -> float:
    """How old it is; infinitely, when its stamp is no number or lies in the future: it then counts for nothing."""
    age_s = now_s - command.stamp_s
    return max(age_s, 0.0) if math.isfinite(age_s) and age_s >= -CLOCK_SLACK_S else math.inf
