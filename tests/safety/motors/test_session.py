"""What the driver refuses of a controller that lies, and what it makes of one that is well."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from safety.motors import messages as m
from safety.motors.config import BaseConfig
from safety.motors.interlock import Wish
from safety.motors.odometer import EncoderError, Odometer
from safety.motors.protocol import Frame, Reader, encode
from safety.motors.session import Pending, Session
from safety.motors.supervision import LinkError
from sim.microcontroller import Settings
from tests.safety.motors.bench import Bench

NUMBER, NONCE = 7, 99
IDENTITY = m.Identity(NONCE, 4, 1, 2, 3, 150, 1200, 4000, 8149, 340)
TELEMETRY = m.Telemetry(1000, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


class Talk:
    """A session whose other end is written by the test."""

    def __init__(self) -> None:
        self.now_s = 50.0
        self.session = Session(BaseConfig(driver="serial:x"), NONCE, Odometer(), self.now_s)
        self._sequence = 0

    def hear(self, message: m.Message, session: int = NUMBER, sequence: int | None = None) -> None:
        self._sequence += 1
        self.session.take(encode(Frame(session, self._sequence if sequence is None else sequence, message)), self.now_s)

    def say(self, pending: Pending | None = None) -> list[m.Message]:
        return [frame.message for frame in Reader().feed(self.session.due(pending, self.now_s))]

    def meet(self, **changes: int) -> Talk:
        assert self.say() == [m.Hello(NONCE)]
        self.hear(IDENTITY)
        self.hear(replace(TELEMETRY, **changes))
        return self


def test_it_greets_and_goes_on_greeting_until_it_is_answered() -> None:
    talk = Talk()
    assert talk.say() == [m.Hello(NONCE)]
    talk.now_s += 0.1
    assert talk.say() == []
    talk.now_s += 0.1
    assert talk.say() == [m.Hello(NONCE)]
    assert not talk.session.running
    assert talk.session.problem == "greeting the controller"
    assert talk.session.farewell(talk.now_s) == b""


def test_silence_ends_the_greeting() -> None:
    talk = Talk()
    talk.now_s += 1.1
    with pytest.raises(LinkError, match=r"^no answer to the greeting$"):
        talk.say()


def test_another_device_or_speed_is_guessed_at() -> None:
    talk = Talk()
    talk.session.take(b"\x80\xff\x13\0" * 50, talk.now_s)
    talk.now_s += 1.1
    with pytest.raises(LinkError, match="only garbage: wrong speed or another device"):
        talk.say()


def test_what_an_old_session_left_in_the_line_does_not_count() -> None:
    talk = Talk()
    talk.say()
    talk.hear(TELEMETRY, session=3)
    talk.hear(replace(IDENTITY, nonce=1))
    talk.hear(IDENTITY, session=0)
    assert talk.session.identity is None
    talk.hear(IDENTITY)
    assert talk.session.identity == IDENTITY


def test_another_version_is_named() -> None:
    from safety.motors.framing import cobs, crc16

    body = bytes([2, 0x81, 0, 0, 1, 0, 0, 0])
    with pytest.raises(LinkError, match="speaks version 2"):
        Talk().session.take(cobs(body + crc16(body).to_bytes(2, "little")) + b"\0", 0.0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"watchdog_ms": 201}, "watchdog is 201 ms, at most 200 ms"),
        ({"watchdog_ms": 0}, "watchdog is 0 ms"),
        ({"ticks_per_m": 0}, "geometry is not set"),
        ({"track_mm": 0}, "geometry is not set"),
        ({"max_linear_mmps": 0}, "geometry is not set"),
    ],
)
def test_a_controller_that_must_not_drive_is_refused(changes: dict[str, int], says: str) -> None:
    talk = Talk()
    talk.say()
    with pytest.raises(LinkError, match=says):
        talk.hear(replace(IDENTITY, **changes))


def test_a_controller_that_never_sends_telemetry_is_silent() -> None:
    talk = Talk()
    talk.say()
    talk.hear(IDENTITY)
    assert talk.say() == []
    talk.now_s += 0.11
    with pytest.raises(LinkError, match="silent"):
        talk.say()


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (replace(TELEMETRY, uptime_ms=1000), "the controller's clock stands still"),
        (replace(TELEMETRY, uptime_ms=900), "the controller's clock stands still"),
        (replace(TELEMETRY, uptime_ms=1020, boot=5), r"restarted \(power-on 5, was 4\)"),
        (replace(TELEMETRY, uptime_ms=1020, acknowledged=77), "acknowledges frame 77, which was never sent"),
        (replace(TELEMETRY, uptime_ms=1020, left_ticks=8149), "a wheel encoder leapt by 1.00 m in 20 ms"),
        (m.Heartbeat(), "sent Heartbeat: an echo of our own frames"),
    ],
)
def test_a_controller_that_cannot_be_right_is_left(message: m.Message, says: str) -> None:
    talk = Talk().meet()
    talk.say()
    with pytest.raises(LinkError, match=says):
        talk.hear(message)


def test_frames_of_nobodys_session_end_it() -> None:
    with pytest.raises(LinkError, match="the controller restarted"):
        Talk().meet().hear(replace(IDENTITY, nonce=0, boot=5), session=0)
    with pytest.raises(LinkError, match="one of another session"):
        Talk().meet().hear(replace(TELEMETRY, uptime_ms=1020), session=6)


def test_a_greeting_answered_twice_does_no_harm() -> None:
    talk = Talk().meet()
    talk.hear(IDENTITY)
    assert talk.session.running


def test_battery_and_refusals_are_read() -> None:
    talk = Talk().meet()
    talk.hear(m.Battery(25_200, -1500, 870, 1))
    charge = talk.session.charge
    assert charge is not None
    assert (charge.voltage_v, charge.current_a, charge.ratio, charge.charging) == (25.2, -1.5, 0.87, True)
    talk.hear(m.Battery(25_200, 0, 65_535, 0))
    assert talk.session.charge is not None and math.isnan(talk.session.charge.ratio)
    talk.hear(m.Refused(3, m.Reason.E_STOP))
    assert talk.session.refused == "frame 3: e stop"
    talk.hear(m.Refused(3, 200))
    assert talk.session.refused == "frame 3: reason 200"


def test_a_velocity_goes_out_once_with_its_end_on_the_controllers_clock() -> None:
    talk = Talk().meet()
    talk.say(Pending(Wish(0.0, 0.0, True), talk.now_s))
    talk.now_s += 0.02
    talk.hear(replace(TELEMETRY, uptime_ms=2000, acknowledged=2, state=1))
    talk.now_s += 0.0101
    pending = Pending(Wish(0.2999, -0.1999, True), talk.now_s - 0.02)
    assert talk.say(pending) == [m.Drive(299, -199, 2050)]  # towards zero; 60 ms of life, 20 of them gone, 10 after telemetry
    talk.now_s += 0.005
    assert talk.say(pending) == []


def test_the_end_of_a_velocity_wraps_with_the_controllers_clock() -> None:
    talk = Talk().meet(uptime_ms=2**32 - 10, state=1)
    talk.say(Pending(Wish(0.0, 0.0, True), talk.now_s))
    talk.now_s += 0.02
    (drive,) = talk.say(Pending(Wish(0.1, 0.0, True), talk.now_s))
    assert isinstance(drive, m.Drive)
    assert drive.until_ms == 70


@pytest.mark.parametrize("age_s", [0.06, 0.2, -0.5, math.inf])
def test_a_velocity_that_is_too_old_or_from_the_future_is_not_sent(age_s: float) -> None:
    talk = Talk().meet(state=1)
    talk.say(Pending(Wish(0.0, 0.0, True), talk.now_s))
    talk.now_s += 0.02
    sent = talk.say(Pending(Wish(0.1, 0.0, True), talk.now_s - age_s))
    assert not [message for message in sent if isinstance(message, m.Drive)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_sent(value: float) -> None:
    talk = Talk().meet(state=1)
    talk.say(Pending(Wish(0.0, 0.0, True), talk.now_s))
    talk.now_s += 0.02
    assert talk.say(Pending(Wish(value, 0.0, True), talk.now_s)) == [m.Heartbeat()]
    talk.now_s += 0.02
    assert talk.say(Pending(Wish(0.0, value, True), talk.now_s)) == [m.Heartbeat()]


def test_one_damaged_frame_is_noise_and_no_fault() -> None:
    talk = Talk().meet()
    for _ in range(3):
        talk.session.take(b"xyz\0", talk.now_s)
    talk.now_s += 1.01
    talk.hear(replace(TELEMETRY, uptime_ms=2000))
    talk.session.take(b"xyz\0", talk.now_s)
    with pytest.raises(LinkError, match="garbage: 4"):
        talk.session.take(b"x\0y\0z\0", talk.now_s)


# ---------------------------------------------------------------- odometry


def test_odometry_follows_the_wheels() -> None:
    bench = Bench().drive(0.4, 0.8)
    bench.run(2.0)
    measured = bench.report.measured
    assert measured is not None
    assert measured.linear_mps == pytest.approx(0.4, abs=2e-3)
    assert measured.angular_radps == pytest.approx(0.8, abs=2e-3)
    # a circle of 0.5 m radius, to the left: the chord and the direction belong together
    assert measured.x_m**2 + (measured.y_m - 0.5) ** 2 == pytest.approx(0.25, abs=0.02)


def test_the_pose_goes_on_over_a_restart_of_the_controller() -> None:
    bench = Bench().drive(0.4, 0.8)
    bench.run(1.0)
    bench.controller.restart()
    bench.wish = Wish(0.0, 0.0, True)
    bench.run(1.5)
    before = bench.report.measured
    bench.drive(0.4, 0.8)
    bench.controller.restart()  # in the middle of an arc
    bench.wish = Wish(0.0, 0.0, True)
    bench.run(1.5)
    after = bench.report.measured
    assert before is not None and after is not None
    # still the same circle, but for what it rolled while the chip started
    assert math.hypot(after.x_m, after.y_m - 0.5) == pytest.approx(0.5, abs=0.08)
    assert (after.x_m, after.y_m) != (before.x_m, before.y_m)
    assert bench.report.problem == ""


def test_a_new_driver_finds_the_pose_where_it_was() -> None:
    """As after the guard's death: the controller has kept it."""
    bench = Bench().drive(0.6)
    bench.wish = Wish(0.0, 0.0, True)
    bench.run(0.5)
    before = bench.report.measured
    bench.link.close(bench.now_s)
    fresh = Bench()
    fresh.now_s, fresh.controller = bench.now_s, bench.controller
    after = fresh.run(0.5).measured
    assert before is not None and after is not None
    assert before.x_m > 0.3
    assert (after.x_m, after.y_m, after.yaw_rad) == pytest.approx((before.x_m, before.y_m, before.yaw_rad), abs=2e-3)


def test_encoders_wrap() -> None:
    odometer = Odometer()
    odometer.take(replace(TELEMETRY, left_ticks=2**31 - 10, right_ticks=2**31 - 10), IDENTITY)
    odometer.take(replace(TELEMETRY, uptime_ms=1020, left_ticks=-(2**31) + 71, right_ticks=-(2**31) + 71, x_mm=10), IDENTITY)
    assert odometer.pose == (0.01, 0.0, 0.0)
    with pytest.raises(EncoderError):
        odometer.take(replace(TELEMETRY, uptime_ms=1040), IDENTITY)


def test_a_limit_of_the_firmware_holds_whatever_is_sent() -> None:
    bench = Bench(Settings(max_linear_mmps=300))
    bench.run(1.0)
    bench.wish = Wish(0.8, 0.0, True)
    bench.run(1.0)
    assert bench.speed_mps == pytest.approx(0.3)
