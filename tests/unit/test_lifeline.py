"""Every event in every phase of a process's life, and the delays at their limits."""

from __future__ import annotations

import pytest

from robot_runtime.lifeline import Lifeline, Phase, Policy

POLICY = Policy(
    first_delay_s=0.2, growth=2, longest_delay_s=1.0, stable_s=10, start_limit_s=20, alive_limit_s=3, crash_limit=5, crash_window_s=30
)


def in_phase(phase: Phase) -> Lifeline:
    life = Lifeline(POLICY, now_s=0.0)
    if phase in (Phase.STARTING, Phase.READY):
        life.started(0.0)
    if phase is Phase.READY:
        life.heard("ready", 0.0)
    if phase is Phase.STOPPED:
        life.stopped()
    if phase is Phase.GIVEN_UP:
        crash(life, POLICY.crash_limit, 0.0)
    assert life.phase is phase
    return life


def crash(life: Lifeline, times: int, now_s: float) -> None:
    for _ in range(times):
        life.started(now_s)
        life.died(now_s)


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        (Phase.WAITING, "ready", Phase.WAITING),  # a late line of the life before
        (Phase.WAITING, "alive", Phase.WAITING),
        (Phase.STARTING, "ready", Phase.READY),
        (Phase.STARTING, "alive", Phase.STARTING),
        (Phase.STARTING, "nonsense", Phase.STARTING),
        (Phase.READY, "ready", Phase.READY),
        (Phase.READY, "alive", Phase.READY),
        (Phase.STOPPED, "ready", Phase.STOPPED),
        (Phase.STOPPED, "alive", Phase.STOPPED),
        (Phase.GIVEN_UP, "ready", Phase.GIVEN_UP),
        (Phase.GIVEN_UP, "alive", Phase.GIVEN_UP),
    ],
)
def test_a_line_on_the_pipe(before: Phase, line: str, after: Phase) -> None:
    life = in_phase(before)
    became_ready = life.heard(line, 1.0)
    assert life.phase is after
    assert became_ready is (before is Phase.STARTING and after is Phase.READY)


@pytest.mark.parametrize(("before", "after"), [(Phase.STARTING, Phase.WAITING), (Phase.READY, Phase.WAITING)])
def test_death_while_it_is_wanted_means_another_start(before: Phase, after: Phase) -> None:
    life = in_phase(before)
    life.died(1.0)
    assert life.phase is after
    assert not life.due(1.19)
    assert life.due(1.21)


@pytest.mark.parametrize("before", list(Phase))
def test_stopping_ends_everything_but_the_verdict_of_having_given_up(before: Phase) -> None:
    life = in_phase(before)
    life.stopped()
    assert life.phase is (Phase.GIVEN_UP if before is Phase.GIVEN_UP else Phase.STOPPED)
    assert not life.due(1e6)


def test_it_starts_at_once_when_it_has_never_run() -> None:
    assert Lifeline(POLICY, now_s=5.0).due(5.0)


@pytest.mark.parametrize(("silence_s", "killed"), [(2.99, False), (3.01, True)])
def test_a_ready_process_that_falls_silent_is_killed(silence_s: float, killed: bool) -> None:
    life = in_phase(Phase.READY)
    life.heard("alive", 100.0)
    assert bool(life.complaint(100.0 + silence_s)) is killed


@pytest.mark.parametrize(("after_s", "killed"), [(19.9, False), (20.1, True)])
def test_a_start_that_never_ends_is_killed_even_if_it_shows_life(after_s: float, killed: bool) -> None:
    life = in_phase(Phase.STARTING)
    life.heard("alive", 15.0)
    assert bool(life.complaint(after_s)) is killed


def test_delays_grow_to_their_cap() -> None:
    life, delays_s = Lifeline(POLICY, 0.0), []
    for attempt in range(4):
        now_s = attempt * 100.0  # outside the crash window, so that it is not given up
        life.started(now_s)
        life.died(now_s)
        delays_s.append(next(d for d in (0.2, 0.4, 0.8, 1.0, 1.6) if life.due(now_s + d + 1e-9)))
    assert delays_s == [0.2, 0.4, 0.8, 1.0]


@pytest.mark.parametrize(("good_s", "delay_s"), [(9.9, 0.8), (10.1, 0.2)])
def test_delays_start_anew_after_a_stable_time(good_s: float, delay_s: float) -> None:
    life = Lifeline(POLICY, 0.0)
    crash(life, 2, 0.0)
    life.started(50.0)
    life.heard("ready", 50.0)
    life.died(50.0 + good_s)
    assert not life.due(50.0 + good_s + delay_s - 0.01)
    assert life.due(50.0 + good_s + delay_s + 0.01)


def test_a_long_start_is_no_stable_time() -> None:
    life = Lifeline(POLICY, 0.0)
    crash(life, 2, 0.0)
    life.started(50.0)
    life.died(69.0)
    assert not life.due(69.0 + 0.79)


@pytest.mark.parametrize(("spacing_s", "given_up"), [(7.4, True), (7.6, False)])
def test_it_is_given_up_after_five_crashes_within_thirty_seconds(spacing_s: float, given_up: bool) -> None:
    life = Lifeline(POLICY, 0.0)
    for number in range(5):
        crash(life, 1, number * spacing_s)
    assert (life.phase is Phase.GIVEN_UP) is given_up


def test_bad_input_is_given_up_at_once() -> None:
    life = in_phase(Phase.STARTING)
    life.died(1.0, bad_input=True)
    assert life.phase is Phase.GIVEN_UP
