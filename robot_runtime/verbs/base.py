"""``robot-runtime base --port PORT``: greet a base controller and show what it says.  It never switches the motors on.

For whoever writes a firmware, or wonders why the robot stands.  The port is opened for one program alone, so this works only
while the robot does not run.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from typing import Any

from robot_runtime.cli import JobError
from safety.files import parse
from safety.motors.config import SERIAL, BaseConfig
from safety.motors.driver import Report
from safety.motors.serial_base import SerialBase

_LOOK_S = 0.02
_CONNECT_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--port", required=True, metavar="PORT", help="such as /dev/ttyACM0")
    parser.add_argument("--baud", type=int, default=BaseConfig().baud, metavar="N", help="of the serial line (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="S", help="how long to listen (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one machine-readable line")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when the link was sound until the end.

    :raises JobError: there is no controller, or the link broke
    :raises FileError: a speed out of range
    """
    base = SerialBase(parse({"driver": SERIAL + args.port, "baud": args.baud}, BaseConfig, "command line"))
    base.connect()
    try:
        if not _ready(base):
            raise JobError(base.report().problem)
        report = _listen(base, args.seconds)
    finally:
        base.close()
    print(json.dumps(_values(report)) if args.json else _text(report))
    return 0


def _ready(base: SerialBase) -> bool:
    end_s = time.monotonic() + _CONNECT_S
    while not base.report().sessions:
        if time.monotonic() > end_s:
            return False
        time.sleep(_LOOK_S)
    return True


def _listen(base: SerialBase, seconds: float) -> Report:
    """The last report of a link that held.

    :raises JobError: it did not
    """
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        report = base.report()
        if report.sessions > 1 or not report.measured:
            raise JobError(dict(report.details)["last_problem"])
        time.sleep(_LOOK_S)
    return base.report()


def _values(report: Report) -> dict[str, Any]:
    """Everything known, by name; what is not a number is null."""
    measured, charge = report.measured, report.charge
    return {
        **dict(report.details),
        "problem": report.problem,
        "e_stop_pressed": report.e_stop_pressed,
        "linear_mps": measured.linear_mps if measured else None,
        "angular_radps": measured.angular_radps if measured else None,
        "voltage_v": charge.voltage_v if charge else None,
        "current_a": charge.current_a if charge else None,
        "charge_ratio": charge.ratio if charge and math.isfinite(charge.ratio) else None,
    }


def _text(report: Report) -> str:
    return "\n".join(f"{name:<30}{value}" for name, value in _values(report).items())
