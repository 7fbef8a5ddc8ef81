"""The latency of the drive, measured: never less than configured, never more than bounded, and close to the truth."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.caps import Caps, Permit, Surroundings
from safety.config import GateConfig
from safety.kinematic import Kinematic
from safety.latency import KEPT, Latency
from safety.ontology import Ontology
from safety.rules import Rules
from safety.scan import NO_OBSTACLES, Obstacles

TICK_S = 0.02


def drive(latency: Latency, delay_s: float, seconds: float = 20.0, follows: bool = True, noise: float = 0.0) -> float:
    """A base that does what it was told ``delay_s`` ago, on a command that rises for a second and breaks off."""
    told: list[float] = []
    for tick in range(round(seconds / TICK_S)):
        now_s, phase_s = tick * TICK_S, (tick * TICK_S) % 2.0
        told.append(0.5 * phase_s if phase_s < 1.0 else 0.0)
        late = tick - round(delay_s / TICK_S)
        wobble = noise * (1 if tick % 2 else -1)
        latency.observed(max(0.0, told[late] + wobble) if late >= 0 and follows else 0.0, now_s)
        latency.commanded(told[-1], now_s)
    return latency.seconds


@given(st.floats(0.0, 0.6), st.floats(0.0, 0.3), st.floats(0.3, 0.5))
def test_it_is_bounded_on_both_sides_and_not_below_the_truth(delay_s: float, configured_s: float, most_s: float) -> None:
    found_s = drive(Latency(configured_s, most_s), delay_s, seconds=6.0)
    assert configured_s <= found_s <= most_s
    assert found_s >= min(delay_s, most_s) - 1.5 * TICK_S


@pytest.mark.parametrize("delay_s", [0.16, 0.24, 0.36])
def test_it_finds_the_delay_through_noise(delay_s: float) -> None:
    assert drive(Latency(0.1, 0.5), delay_s, noise=0.01) == pytest.approx(delay_s, abs=0.05)


def test_a_base_that_does_not_follow_has_the_longest_latency_and_recovers() -> None:
    latency = Latency(0.1, 0.5)
    assert drive(latency, 0.1, follows=False) == 0.5
    latency.halt()
    assert drive(latency, 0.16, seconds=KEPT * TICK_S * 3) < 0.3


def test_without_a_rise_nothing_is_learnt() -> None:
    latency = Latency(0.1, 0.5)
    for tick in range(500):
        latency.observed(0.3, tick * TICK_S)
        latency.commanded(0.3, tick * TICK_S)
    assert latency.seconds == 0.1


def after_rises(latency: Latency, speed_mps: float) -> float:
    """A command that rises from 0.1 to 1.1 m/s in 0.2 s and stays there, many times; 40 ms later the odometry shows ``speed_mps``."""
    for start in range(KEPT):
        begun_s = 100.0 + start
        for step in range(11):
            latency.commanded(0.1 + 0.1 * step, begun_s + TICK_S * step)
        latency.commanded(1.1, begun_s + TICK_S * 11)
        latency.observed(speed_mps, begun_s + TICK_S * 12)
        latency.commanded(0.0, begun_s + TICK_S * 13)
    return latency.seconds


@pytest.mark.parametrize(("share", "counts"), [(0.1, False), (0.2, True), (0.8, True), (0.9, False)])
def test_the_beginning_and_the_end_of_a_rise_say_nothing(share: float, counts: bool) -> None:
    """Of a base that was late once: only what is read between 15 and 85 % of a rise that is over shows that it is not any more."""
    latency = Latency(0.1, 0.5)
    assert drive(latency, 0.1, follows=False) == 0.5
    assert (after_rises(latency, 0.1 + share + 1e-6) < 0.3) is counts


def test_a_base_that_does_not_answer_is_waited_for_since_noise_could_not_hide_it() -> None:
    assert after_rises(Latency(0.1, 0.5), 0.0) == pytest.approx(TICK_S * (12 - 2)), "0.25 m/s were commanded in the third step"


@pytest.mark.parametrize("late", [0, 1])
def test_a_base_that_keeps_up_with_a_long_rise_is_prompt_again(late: int) -> None:
    latency = Latency(0.1, 0.5)
    assert drive(latency, 0.1, follows=False) == 0.5
    for tick in range(KEPT + 60):
        latency.commanded(0.004 * (tick + 1), 100.0 + TICK_S * tick)
        latency.observed(0.004 * (tick + 1 - late), 100.0 + TICK_S * tick)
    assert latency.seconds == 0.1


def test_after_a_short_rise_the_lag_shows_at_the_even_speed() -> None:
    """The command is up in 0.2 s, the base follows 0.3 s late: all that there is to see comes afterwards."""
    latency = Latency(0.1, 0.5)
    commands = ([0.04 * (tick + 1) for tick in range(10)] + [0.4] * 40 + [0.0] * 50) * 4
    for tick, command in enumerate(commands):
        latency.observed(commands[tick - 15] if tick >= 15 else 0.0, TICK_S * tick)
        latency.commanded(command, TICK_S * tick)
    assert latency.seconds == pytest.approx(0.3, abs=0.021)


def test_commands_at_one_and_the_same_time_are_no_rise() -> None:
    latency = Latency(0.1, 0.5)
    for step in range(50):
        latency.commanded(0.01 * step, 1.0)
    for tick in range(50):
        latency.observed(0.0, 1.0 + TICK_S * tick)
    assert latency.seconds == 0.1


def test_odometry_without_a_new_stamp_counts_once() -> None:
    latency = Latency(0.1, 0.5)
    for tick in range(50):
        latency.commanded(0.01 * tick, tick * TICK_S)
    for _ in range(100):
        latency.observed(0.05, 1.0)
    latency.observed(0.05, math.nan)
    assert latency.seconds == 0.1


def test_the_configured_latency_may_be_longer_than_the_bound() -> None:
    assert drive(Latency(0.3, 0.2), 0.1, follows=False) == 0.3


# ---------------------------------------------------------------- in the kinematic stage

CONFIG = GateConfig()
CAPS = Caps(CONFIG, Rules.load("safety/rules/home.yaml", Ontology.load()).separation)
WALL_Y_M = np.arange(-0.5, 0.5, 0.05)


def nearest_to_wall_m(kinematic: Kinematic, delay_s: float, starts: int) -> float:
    """Drive freely a few times, then at a wall 2 m away; the base obeys late and brakes at 1 m/s².  The gap that is left."""
    told, v, x_m, tick = deque([0.0] * round(delay_s / TICK_S)), 0.0, 0.0, 0
    for leg in range(starts + 1):
        x_m = 0.0
        for step in range(400):
            seen = Obstacles(np.full(WALL_Y_M.size, 2.0 - x_m), WALL_Y_M, 2.0 - x_m) if leg == starts else NO_OBSTACLES
            wanted = (0.8, 0.0) if leg == starts or step < 150 else None
            around = Surroundings(obstacles=seen, linear_mps=v, odom_s=tick * TICK_S)
            told.append(kinematic.step(wanted, Permit(), around, tick * TICK_S).linear_mps)
            command = told.popleft()
            v = command if command > v else max(command, v - CONFIG.braking_mps2 * TICK_S)
            x_m, tick = x_m + v * TICK_S, tick + 1
    return 2.0 - x_m - CONFIG.base_radius_m


def test_a_base_that_answers_late_is_stopped_earlier_once_that_is_known() -> None:
    """Its latency is four times the configured one: unknown, the margin is lost; measured, it is kept."""
    knows = Kinematic(CONFIG, CAPS)
    assert nearest_to_wall_m(knows, 0.4, starts=3) >= CONFIG.front_margin_m
    assert 0.35 <= knows.latency.seconds <= 0.5
    deaf = Kinematic(CONFIG.model_copy(update={"drive_latency_most_s": 0.0}), CAPS)
    assert nearest_to_wall_m(deaf, 0.4, starts=3) < CONFIG.front_margin_m / 2
    assert deaf.latency.seconds == CONFIG.drive_latency_s


@pytest.mark.parametrize("delay_s", [0.0, 0.06, 0.1])
def test_creeping_up_to_a_wall_does_not_overstep(delay_s: float) -> None:
    """What was commanded before and is not driven yet counts."""
    assert nearest_to_wall_m(Kinematic(CONFIG, CAPS), delay_s, starts=0) >= CONFIG.front_margin_m


def test_the_latency_survives_a_stop() -> None:
    kinematic = Kinematic(CONFIG, CAPS)
    nearest_to_wall_m(kinematic, 0.3, starts=3)
    known_s = kinematic.latency.seconds
    kinematic.halt()
    assert kinematic.latency.seconds == known_s > 0.2
    ahead = Surroundings(obstacles=Obstacles(np.array([0.8]), np.array([0.0]), 0.8))
    assert kinematic.allowed_ahead(Permit(), ahead)[0] < Kinematic(CONFIG, CAPS).allowed_ahead(Permit(), ahead)[0]


@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.16])
def test_an_even_speed_after_the_rise_says_nothing_of_the_lag(delay_s: float) -> None:
    latency = Latency(configured_s=0.05, most_s=0.5)
    commands = [min(0.8, 0.02 * tick) for tick in range(400)]  # 1 m/s² up to 0.8 m/s, then seven seconds of it
    late = round(delay_s / 0.02)
    for tick, command in enumerate(commands):
        latency.observed(commands[max(0, tick - late)], 0.02 * tick)
        latency.commanded(command, 0.02 * tick)
    assert max(0.05, delay_s) <= latency.seconds + 1e-9 <= max(0.05, delay_s) + 0.021
