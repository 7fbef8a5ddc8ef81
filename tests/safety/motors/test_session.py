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

    def __init__(self, now_s: float = 50.0, odometer: Odometer | None = None) -> None:
        self.now_s = now_s
        self.session = Session(BaseConfig(driver="serial:x"), NONCE, odometer or Odometer(), self.now_s)
        self._sequence = 0

    def hear(self, message: m.Message, session: int = NUMBER, sequence: int | None = None) -> None:
        self._sequence += 1
        self.session.take(encode(Frame(session, self._sequence if sequence is None else sequence, message)), self.now_s)

    def say(self, pending: Pending | None = None) -> list[m.Message]:
        return [frame.message for frame in self.frames(pending)]

    def frames(self, pending: Pending | None = None) -> list[Frame]:
        return Reader().feed(self.session.due(pending, self.now_s))

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
    talk = Talk()
    talk.hear(TELEMETRY, session=3)
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


@pytest.mark.parametrize("watchdog_ms", [1, 200])
def test_a_watchdog_at_the_ends_of_its_range_is_accepted(watchdog_ms: int) -> None:
    talk = Talk()
    talk.hear(replace(IDENTITY, watchdog_ms=watchdog_ms))
    assert talk.session.identity is not None


def test_frames_are_counted_from_one_and_belong_to_no_session_before_it_is_given() -> None:
    talk = Talk()
    assert talk.frames() == [Frame(0, 1, m.Hello(NONCE))]
    talk.hear(IDENTITY)
    talk.hear(TELEMETRY)
    assert talk.frames() == [Frame(NUMBER, 2, m.Heartbeat())]
    talk.session._sequence = 2**32 - 1
    talk.now_s += 0.02
    assert talk.frames() == [Frame(NUMBER, 0, m.Heartbeat())]


def test_the_answer_to_the_greeting_counts_among_the_frames() -> None:
    talk = Talk()
    talk.hear(IDENTITY, sequence=5)
    with pytest.raises(LinkError, match="5 came after 5"):
        talk.hear(TELEMETRY, sequence=5)


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


def test_what_the_wheels_did_between_two_sessions_is_no_leap() -> None:
    odometer = Odometer()
    Talk(odometer=odometer).meet()
    Talk(odometer=odometer).meet(left_ticks=100_000, right_ticks=100_000, uptime_ms=1020)


def test_battery_and_refusals_are_read() -> None:
    talk = Talk().meet()
    talk.hear(m.Battery(25_200, -1500, 870, 1))
    charge = talk.session.charge
    assert charge is not None
    assert (charge.voltage_v, charge.current_a, charge.ratio, charge.charging) == (25.2, -1.5, 0.87, True)
    talk.hear(m.Battery(25_200, 0, 65_535, 0))
    assert talk.session.charge is not None and math.isnan(talk.session.charge.ratio)
    talk.hear(m.Battery(25_200, 0, 1500, 0))
    assert talk.session.charge.ratio == 1.0
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


def test_the_end_of_a_velocity_is_never_late() -> None:
    talk = Talk().meet(state=1)
    talk.now_s += 0.0999
    talk.session._interlock.hear(Wish(0.0, 0.0, True))
    assert m.Drive(100, 0, 1000 + 159) in talk.say(Pending(Wish(0.1, 0.0, True), talk.now_s))


@pytest.mark.parametrize(("age_s", "sent"), [(0.0599, True), (0.06, False), (-0.0005, True), (-0.001, True), (-0.0015, False)])
def test_how_old_a_velocity_may_be(age_s: float, sent: bool) -> None:
    talk = Talk(now_s=-age_s).meet(state=1)
    talk.session._interlock.hear(Wish(0.0, 0.0, True))
    talk.now_s = 0.0
    talk.session._supervision.begin(0.0)
    drives = [message for message in talk.say(Pending(Wish(0.1, 0.0, True), -age_s)) if isinstance(message, m.Drive)]
    assert bool(drives) is sent


def test_a_word_from_before_does_not_switch_the_motors_on_again() -> None:
    """They went off by themselves; the gate has said nothing new since."""
    talk = Talk().meet()
    still = Pending(Wish(0.0, 0.0, True), talk.now_s)
    assert m.Enable() in talk.say(still)
    talk.hear(replace(TELEMETRY, uptime_ms=1020, state=1))
    talk.now_s += 0.09
    talk.hear(replace(TELEMETRY, uptime_ms=1040, acknowledged=3, state=8))
    talk.now_s += 0.09
    assert talk.say(still) == [m.Heartbeat()]
    assert m.Enable() in talk.say(Pending(Wish(0.0, 0.0, True), talk.now_s))


def test_every_wait_is_over_at_its_end() -> None:
    """A clock that begins at zero meets each of them exactly."""
    talk = Talk(now_s=0.0)
    said = []
    for talk.now_s in (0.0, 0.1999, 0.2, 1.0):
        said.append(bool(talk.say()))
    assert said == [True, False, True, True]

    talk = Talk(now_s=0.0).meet()
    asked, beats = [], []
    for number, talk.now_s in enumerate((0.0, 0.0199, 0.02, 0.0999, 0.1), start=1):
        talk.hear(replace(TELEMETRY, uptime_ms=1000 + number, acknowledged=talk.session._sequence))
        said_now = talk.say(Pending(Wish(0.0, 0.0, True), talk.now_s))
        asked.append(m.Enable() in said_now)
        beats.append(m.Heartbeat() in said_now)
    assert asked == [True, False, False, False, True]
    assert beats == [True, False, True, True, False]


@pytest.mark.parametrize(("silent_s", "asks"), [(0.3, []), (0.301, [m.Disable()])])
def test_a_gate_is_silent_after_its_time(silent_s: float, asks: list[m.Message]) -> None:
    talk = Talk(now_s=silent_s).meet(state=1)
    talk.session._last_sent = word = Pending(Wish(0.1, 0.0, True), 0.0)
    assert [message for message in talk.say(word) if message != m.Heartbeat()] == asks


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


def test_noise_of_before_the_greeting_is_not_held_against_the_controller() -> None:
    talk = Talk()
    talk.session.take(b"xyz\0" * 20, talk.now_s)
    talk.meet()
    talk.session.take(b"xyz\0", talk.now_s)
    assert talk.session.running


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


@pytest.mark.parametrize("wheel", ["left_ticks", "right_ticks"])
@pytest.mark.parametrize("sign", [1, -1])
def test_how_far_a_wheel_may_have_rolled(wheel: str, sign: int) -> None:
    """At the most that the firmware allows, 1.2 m/s and 4 rad/s on 0.34 m, half as much again, and 2 cm: 1.5 * 1.88 m/s * 20 ms + 2 cm."""
    odometer = Odometer()
    odometer.take(TELEMETRY, IDENTITY)
    odometer.take(replace(TELEMETRY, uptime_ms=1020, **{wheel: sign * 622}), IDENTITY)
    with pytest.raises(EncoderError, match=r"leapt by 0\.15 m in 20 ms"):
        odometer.take(replace(TELEMETRY, uptime_ms=1040, **{wheel: sign * (622 - 1245)}), IDENTITY)
    odometer.restart()
    odometer.take(TELEMETRY, IDENTITY)
    with pytest.raises(EncoderError, match=r"leapt by 0\.08 m in 20 ms"):
        odometer.take(replace(TELEMETRY, uptime_ms=1020, **{wheel: sign * 623}), IDENTITY)
    odometer.restart()
    odometer.take(TELEMETRY, IDENTITY)
    with pytest.raises(EncoderError, match=r"in 1000 ms"):
        odometer.take(replace(TELEMETRY, uptime_ms=2000, **{wheel: sign * 30_000}), IDENTITY)


def test_each_restart_of_the_controller_leaves_the_pose_where_it_was() -> None:
    odometer = Odometer()

    def at(boot: int, x_m: float, y_m: float, yaw_rad: float) -> tuple[float, ...]:
        place = {"x_mm": round(x_m * 1000), "y_mm": round(y_m * 1000), "yaw_urad": round(yaw_rad * 1e6)}
        odometer.restart()
        odometer.take(replace(TELEMETRY, boot=boot, **place), IDENTITY)
        return tuple(round(value, 4) for value in odometer.pose)

    assert at(4, 1.0, 2.0, 1.570796) == (1.0, 2.0, 1.5708)
    assert at(5, 0.0, 0.0, 0.0) == (1.0, 2.0, 1.5708), "a new count from zero"
    assert at(5, 0.5, 0.25, 3.0) == (0.75, 2.5, round(1.570796 + 3.0 - 2 * math.pi, 4)), "half a metre ahead, a quarter to the left"
    assert at(6, 0.3, -0.1, 2.5) == (0.75, 2.5, round(1.570796 + 3.0 - 2 * math.pi, 4)), "the first news of a count may come late"
    assert at(6, 0.3, -0.1, -3.0) == (0.75, 2.5, round(1.570796 + 3.0 - 5.5, 4))


def test_a_restart_across_the_seam_of_the_circle() -> None:
    odometer = Odometer()
    odometer.take(replace(TELEMETRY, yaw_urad=-3_000_000), IDENTITY)
    for x_mm, place in ((0, (0.0, 0.0)), (1000, (math.cos(-6.0), math.sin(-6.0)))):
        odometer.restart()
        odometer.take(replace(TELEMETRY, boot=5, x_mm=x_mm, yaw_urad=3_000_000), IDENTITY)
        assert odometer.pose == pytest.approx((*place, -3.0))


def test_a_limit_of_the_firmware_holds_whatever_is_sent() -> None:
    bench = Bench(Settings(max_linear_mmps=300))
    bench.run(1.0)
    bench.wish = Wish(0.8, 0.0, True)
    bench.run(1.0)
    assert bench.speed_mps == pytest.approx(0.3)
