"""The kinematic stage under caps that are given by hand: where a stop begins and ends, and every step between."""

from __future__ import annotations

import math

import pytest

from safety.caps import Cap, Caps, Permit, Surroundings
from safety.config import GateConfig
from safety.kinematic import Kinematic, Motion

CONFIG = GateConfig(state_dir="memory", release_hold_s=0.25)
FREE = Cap("machine", "top speed", 0.8, 1.5)
NOTHING = Surroundings()


class Given(Caps):
    """Caps that a test sets."""

    def __init__(self, *caps: Cap) -> None:
        super().__init__(CONFIG, {})
        self.now: list[Cap] = [FREE, *caps]

        self.asked: tuple[float, float, bool] | None = None

    def of(self, linear: float, angular: float, around: Surroundings, permit: Permit, release: bool = False) -> list[Cap]:
        self.asked = linear, angular, release
        return self.now


def wall(speed_mps: float, by_person: bool = False) -> Cap:
    return Cap("wall", "a wall", speed_mps, by_person=by_person)


def stepped(wanted: tuple[float, float] | None, caps: Given, ticks: int = 200) -> Motion:
    kinematic, motion = Kinematic(CONFIG, caps), Motion()
    for tick in range(ticks):
        motion = kinematic.step(wanted, Permit(), NOTHING, tick * 0.02)
    return motion


def step(kinematic: Kinematic, wanted: tuple[float, float] | None, now_s: float) -> Motion:
    return kinematic.step(wanted, Permit(), NOTHING, now_s)


def test_what_is_not_said_of_a_motion_is_that_the_base_stands_free() -> None:
    assert Motion() == Motion(0.0, 0.0, (), False, math.inf) == step(Kinematic(CONFIG, Given()), None, 0.0)


# ---------------------------------------------------------------- one step


def test_the_first_step_and_one_after_a_pause_are_bounded() -> None:
    kinematic = Kinematic(CONFIG, Given())
    first = step(kinematic, (0.8, 0.0), 5.0).linear_mps
    assert first == pytest.approx(CONFIG.jerk_mps3 * 0.02**2)
    assert step(kinematic, (0.8, 0.0), 105.0).linear_mps == pytest.approx(first + (first / 0.02 + CONFIG.jerk_mps3 * 0.05) * 0.05)
    again = kinematic.step((0.8, 0.0), Permit(), NOTHING, 100.0)  # a clock that runs backwards gives no time
    assert again.linear_mps == pytest.approx(first + (first / 0.02 + CONFIG.jerk_mps3 * 0.05) * 0.05)


@pytest.mark.parametrize(("wanted", "driven"), [(0.005, 0.005), (0.0049, 0.0), (-0.005, -0.005), (0.1, 0.1), (-0.5, -0.2), (3.0, 0.8)])
def test_a_speed_is_driven_as_asked_within_the_machine(wanted: float, driven: float) -> None:
    assert stepped((wanted, 0.0), Given()).linear_mps == pytest.approx(driven)


@pytest.mark.parametrize("angular", [0.5, -0.5])
def test_a_turn_in_place_is_as_fast_as_asked(angular: float) -> None:
    assert stepped((0.0, angular), Given()) == Motion(0.0, angular, (), False, 0.8)


def test_who_stands_in_the_way_does_not_keep_the_base_from_turning_away() -> None:
    assert stepped((0.0, 0.5), Given(wall(0.0, by_person=True))).angular_radps == 0.5


def test_after_a_halt_everything_begins_anew() -> None:
    kinematic = Kinematic(CONFIG, Given())
    for tick in range(200):
        step(kinematic, (0.8, 1.0), tick * 0.02)
    kinematic.halt()
    anew = step(kinematic, (0.8, 1.0), 4.0)
    assert anew == step(Kinematic(CONFIG, Given()), (0.8, 1.0), 0.0) and anew.linear_mps < 0.002
    kinematic.halt()
    assert step(kinematic, (0.0, 1.0), 5.0).angular_radps == pytest.approx(CONFIG.turn_jerk_radps3 * 0.02**2)


def test_after_a_halt_a_clock_that_was_set_back_is_learnt_from() -> None:
    def late(kinematic: Kinematic, begin_s: float) -> float:
        for tick in range(100):
            now_s = begin_s + tick * 0.02
            moved = Surroundings(linear_mps=0.3 if tick > 80 else 0.0, odom_s=now_s)
            kinematic.step((0.8, 0.0), Permit(), moved, now_s)
        return kinematic.latency.seconds

    kinematic = Kinematic(CONFIG, Given())
    for tick in range(20):
        kinematic.step((0.8, 0.0), Permit(), Surroundings(odom_s=1000.0 + tick * 0.02), 1000.0 + tick * 0.02)
    assert kinematic.latency.seconds == CONFIG.drive_latency_s
    kinematic.halt()
    assert late(kinematic, 0.0) == pytest.approx(0.5)


@pytest.mark.parametrize("wanted", [0.8, -0.8])
@pytest.mark.parametrize(("rolls", "late"), [(1.0, False), (-1.0, True)])
def test_a_base_that_rolls_the_other_way_does_not_follow_yet(wanted: float, rolls: float, late: bool) -> None:
    kinematic, last_mps = Kinematic(CONFIG.model_copy(update={"max_reverse_mps": 0.8}), Given()), 0.0
    for tick in range(60):
        now_s = tick * 0.02
        around = Surroundings(linear_mps=rolls * last_mps, odom_s=now_s)
        last_mps = kinematic.step((wanted, 0.0), Permit(), around, now_s).linear_mps
    assert (kinematic.latency.seconds > CONFIG.drive_latency_s) is late


def test_zeros_have_no_sign() -> None:
    for wanted in ((0.0, -1.0), (-0.2, -1.0), (-0.2, -0.0)):
        motion = stepped(wanted, Given(Cap("arm", "swept", turn_radps=0.0)))
        assert math.copysign(1.0, motion.angular_radps) == 1.0
        assert motion.linear_mps != 0.0 or math.copysign(1.0, motion.linear_mps) == 1.0


# ---------------------------------------------------------------- a protective stop begins


@pytest.mark.parametrize(("allowed_mps", "blocked"), [(0.02, False), (0.0199, True), (0.0, True)])
def test_a_stop_begins_below_a_creeping_speed(allowed_mps: float, blocked: bool) -> None:
    motion = stepped((0.3, 0.0), Given(wall(allowed_mps)))
    assert motion == Motion(0.0 if blocked else allowed_mps, 0.0, (wall(allowed_mps),), blocked, 0.0 if blocked else allowed_mps)


@pytest.mark.parametrize(
    ("angular", "caps", "turns"),
    [
        (0.1, (wall(0.0),), True),
        (0.09, (wall(0.0),), False),
        (-0.1, (wall(0.0),), True),
        (0.15, (wall(0.0),), True),
        (0.5, (wall(0.0, by_person=True),), False),
        (0.5, (wall(0.0), Cap("near", "somebody", 0.3, by_person=True)), True),  # who is near, but not in the way
        (0.5, (wall(0.0), Cap("near", "somebody", 0.02, by_person=True)), True),
        (0.5, (wall(0.0), Cap("near", "somebody", 0.019, by_person=True)), False),
    ],
)
def test_before_a_thing_a_base_may_turn_and_before_a_person_it_stands(angular: float, caps: tuple[Cap, ...], turns: bool) -> None:
    motion = stepped((0.3, angular), Given(*caps))
    assert (motion.linear_mps, motion.angular_radps) == (0.0, angular if turns else 0.0)
    assert motion.blocked is not turns and "wall" in [cap.key for cap in motion.caps]


def test_a_cap_that_takes_nothing_away_is_no_cause() -> None:
    assert stepped((0.3, 0.5), Given(Cap("slow", "slow", 0.3, 0.5))).caps == ()
    assert [cap.key for cap in stepped((0.3, 0.5), Given(Cap("slow", "slow", 0.3, 0.4))).caps] == ["slow"]
    assert [cap.key for cap in stepped((0.3, 0.5), Given(Cap("slow", "slow", 0.2, 0.5))).caps] == ["slow"]
    assert [cap.key for cap in stepped((-0.2, -0.5), Given(Cap("slow", "slow", 0.1, 0.4))).caps] == ["slow"]


def test_causes_are_named_once_the_tightest_first() -> None:
    caps = Given(
        Cap("person", "at 1 m", 0.3), Cap("thing", "there", 0.2), Cap("person", "at 0.5 m", 0.1), Cap("turn", "slowly", turn_radps=0.1)
    )
    assert [cap.text for cap in stepped((0.5, 0.5), caps).caps] == ["at 0.5 m", "there", "slowly"]


def test_a_base_that_stands_is_told_what_holds_ahead() -> None:
    kinematic = Kinematic(CONFIG, Given(wall(0.1), Cap("turn", "slowly", 0.8, 0.5)))
    assert kinematic.allowed_ahead(Permit(), NOTHING) == (0.1, (wall(0.1),))
    ahead = Given()
    Kinematic(CONFIG, ahead).allowed_ahead(Permit(), NOTHING)
    assert ahead.asked == (CONFIG.max_speed_mps, 0.0, False), "straight on"


# ---------------------------------------------------------------- … and ends


def held(at_s: float = 0.0) -> tuple[Kinematic, Given]:
    caps = Given(wall(0.0))
    kinematic = Kinematic(CONFIG, caps)
    assert step(kinematic, (0.3, 0.0), at_s).blocked
    return kinematic, caps


@pytest.mark.parametrize(("free_mps", "goes_on"), [(0.039, False), (0.04, True), (0.05, True)])
def test_a_stop_ends_after_the_way_was_free_for_a_while(free_mps: float, goes_on: bool) -> None:
    kinematic, caps = held()
    caps.now = [FREE, wall(free_mps)]
    waiting = [step(kinematic, (0.3, 0.0), 1.0 + tick * 0.0625) for tick in range(4)]
    assert waiting == [Motion(0.0, 0.0, (wall(0.0 if goes_on else free_mps),), True, 0.0)] * 4
    assert step(kinematic, (0.3, 0.0), 1.25).blocked is not goes_on


def test_going_on_is_asked_for_as_such_in_the_direction_that_is_wanted_now() -> None:
    kinematic, caps = held()
    assert caps.asked is not None and caps.asked[2] is False
    step(kinematic, (0.2, 0.4), 0.125)
    assert caps.asked == (0.2, 0.4, True)


def test_a_way_that_is_blocked_again_begins_to_count_anew() -> None:
    kinematic, caps = held()
    for now_s, free in ((0.125, True), (0.25, False), (0.375, True), (0.5, True)):
        caps.now = [FREE] if free else [FREE, wall(0.0)]
        assert step(kinematic, (0.3, 0.0), now_s).blocked
    assert not step(kinematic, (0.3, 0.0), 0.625).blocked


def test_a_stop_is_kept_for_a_second_after_it_was_last_asked_for() -> None:
    kinematic, _ = held(3.0)
    assert step(kinematic, (0.2, 0.0), 3.5).blocked
    assert step(kinematic, None, 4.5).blocked
    assert step(kinematic, None, 4.5625) == Motion()


@pytest.mark.parametrize(
    ("wanted", "blocked"), [((0.0, 0.5), False), ((-0.1, 0.0), False), ((0.5, 0.5), True), ((0.01, 0.0), True), ((0.0, 0.0), True)]
)
def test_turning_or_backing_out_of_a_stop_is_judged_by_itself(wanted: tuple[float, float], blocked: bool) -> None:
    kinematic, caps = held()
    caps.now = [FREE] if not blocked else caps.now
    motion = step(kinematic, wanted, 0.125)
    assert motion.blocked is blocked
    assert ((motion.linear_mps, motion.angular_radps) == (0.0, 0.0)) is blocked
