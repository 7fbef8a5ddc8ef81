"""The oracle tells what the head camera could see, and no more."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from robot_runtime.messages import Argument, Detections, People, SimState
from sim.mistaken import Guesses, Mistaken
from sim.oracle import HEIGHT_PX, WIDTH_PX, OracleEyes
from tests.sim.home_runner import FAMILY_HOME, HomeRunner


@pytest.fixture(scope="module")
def runner() -> HomeRunner:
    return HomeRunner()


@pytest.fixture
def eyes() -> OracleEyes:
    return OracleEyes(FAMILY_HOME)


People2D = dict[str, tuple[float, float, float]]


def _state(runner: HomeRunner, x_m: float, y_m: float, yaw_rad: float, people: People2D | None = None) -> SimState:
    runner.home.reset()
    runner.now_s, runner._steps = 0.0, 0
    for name, (px, py, yaw) in (people or {}).items():
        walker = runner.home.walkers[name]
        walker.x_m, walker.y_m, walker.yaw_rad = px, py, yaw
    runner.place_robot(x_m, y_m, yaw_rad)
    runner.idle(0.4)
    state: SimState = runner.last("sim/state")
    return state


def _ids(found: tuple[Detections, People]) -> set[str]:
    return {detection.track_id for detection in found[0].detections}


def _seen(found: tuple[Detections, People]) -> set[str]:
    return {person.id for person in found[1].people if person.seen}


def test_it_sees_what_is_in_front(runner: HomeRunner, eyes: OracleEyes) -> None:
    found = eyes.look(_state(runner, 3.9, 5.9, math.pi), 0.4)
    assert {"red_cup", "blue_cup", "white_plate", "red_apple"} <= _ids(found)
    cup = next(d for d in found[0].detections if d.track_id == "red_cup")
    assert (cup.class_name, cup.colour, cup.support, cup.held_by) == ("cup", "red", "kitchen table", "")
    assert cup.position_m == pytest.approx((2.6, 5.87, 0.797), abs=0.06)


def test_it_sees_nothing_behind_its_back(runner: HomeRunner, eyes: OracleEyes) -> None:
    found = eyes.look(_state(runner, 3.9, 5.9, 0.0), 0.4)
    assert not {"red_cup", "blue_cup", "white_plate"} & _ids(found)


def test_walls_hide_things(runner: HomeRunner, eyes: OracleEyes) -> None:
    found = eyes.look(_state(runner, 1.2, 3.4, math.radians(75)), 0.4)  # looks at the wall to the kitchen
    assert not {"red_cup", "blue_cup", "knife", "kettle"} & _ids(found)


def test_a_person_in_between_hides_things_and_a_step_aside_shows_them(runner: HomeRunner, eyes: OracleEyes) -> None:
    hidden = eyes.look(_state(runner, 4.2, 5.87, math.pi, {"anna": (3.3, 5.87, math.pi)}), 0.4)
    assert "red_cup" not in _ids(hidden)
    assert "anna" in _seen(hidden)
    free = eyes.look(_state(runner, 4.2, 5.87, math.pi, {"anna": (3.3, 7.0, math.pi)}), 0.4)
    assert "red_cup" in _ids(free)


def test_boxes_lie_in_the_picture_around_the_projected_thing(runner: HomeRunner, eyes: OracleEyes) -> None:
    found = eyes.look(_state(runner, 3.6, 5.87, math.pi), 0.4)
    for detection in found[0].detections:
        left, top, width, height = detection.box_px
        assert left >= 0 and left + width <= WIDTH_PX and top >= 0 and top + height <= HEIGHT_PX
    left, _, width, _ = next(d for d in found[0].detections if d.track_id == "red_cup").box_px
    assert left + width / 2 == pytest.approx(WIDTH_PX / 2, abs=12)  # straight ahead


def test_far_things_are_too_small_to_see(runner: HomeRunner, eyes: OracleEyes) -> None:
    near, far = (eyes.look(_state(runner, x, 1.75, 0.0), 0.4) for x in (7.2, 0.9))
    assert "phone" not in _ids(far)
    assert near[0].detections == () or all(d.score > 0.5 for d in near[0].detections)


def test_positions_carry_small_noise_and_runs_repeat(runner: HomeRunner) -> None:
    state = _state(runner, 3.9, 5.9, math.pi)
    first, second = OracleEyes(FAMILY_HOME), OracleEyes(FAMILY_HOME)
    assert first.look(state, 0.4) == second.look(state, 0.4)
    a, b = (first.look(state, 0.4)[0].detections[0].position_m for _ in range(2))
    assert a != b
    assert math.dist(a, b) < 0.1


def test_people_come_with_age_and_gaze(runner: HomeRunner, eyes: OracleEyes) -> None:
    found = eyes.look(_state(runner, 6.6, 1.75, 0.0, {"rose": (8.6, 1.9, math.pi), "leo": (8.2, 1.2, 0.0)}), 0.4)
    people = {person.id: person for person in found[1].people}
    assert people["rose"].age_group == "elderly" and people["rose"].age_group_confidence > 0.8
    assert people["leo"].age_group == "child"
    assert people["rose"].position_m == pytest.approx((8.6, 1.9, 0.0), abs=0.15)
    assert people["rose"].facing_robot


def test_who_turns_their_back_does_not_face_the_robot(runner: HomeRunner, eyes: OracleEyes) -> None:
    state = _state(runner, 6.2, 1.75, 0.0, {"rose": (9.0, 1.9, 0.0)})
    rose = next(person for person in eyes.look(state, 0.4)[1].people if person.id == "rose")
    assert rose.seen and not rose.facing_robot


def test_velocity_of_a_walker_is_measured(runner: HomeRunner, eyes: OracleEyes) -> None:
    _state(runner, 6.4, 1.0, 0.3, {"anna": (8.8, 1.2, math.pi / 2)})
    runner.direct("anna", path_m=(8.8, 3.2), speed_mps=0.8)
    runner.idle(1.0)
    eyes.look(runner.last("sim/state"), runner.now_s)
    runner.idle(0.1)
    anna = next(p for p in eyes.look(runner.last("sim/state"), runner.now_s)[1].people if p.id == "anna")
    assert anna.velocity_mps == pytest.approx((0.0, 0.8, 0.0), abs=0.1)


def test_a_voice_out_of_sight_is_heard_roughly_and_silence_is_not(runner: HomeRunner, eyes: OracleEyes) -> None:
    silent = _state(runner, 3.9, 5.9, 0.0, {"anna": (2.0, 3.2, 0.0)})
    assert "anna" not in {person.id for person in eyes.look(silent, 0.4)[1].people}
    anna = next(p for p in eyes.look(replace(silent, speaking=("anna",)), 0.4)[1].people if p.id == "anna")
    assert (anna.seen, anna.speaking, anna.position_std_m) == (False, True, 0.5)
    assert math.dist(anna.position_m[:2], (2.0, 3.2)) < 2.5


def test_a_voice_farther_than_8_m_is_not_heard(runner: HomeRunner, eyes: OracleEyes) -> None:
    state = replace(_state(runner, 9.2, 1.0, 0.0, {"anna": (1.0, 7.0, 0.0)}), speaking=("anna",))
    assert "anna" not in {person.id for person in eyes.look(state, 0.4)[1].people}


def test_somebody_seen_is_remembered_for_ten_seconds_with_growing_doubt(runner: HomeRunner, eyes: OracleEyes) -> None:
    seen = _state(runner, 6.6, 1.75, 0.0, {"anna": (8.4, 1.75, math.pi)})
    away = _state(runner, 6.6, 1.75, math.pi, {"anna": (8.4, 1.75, math.pi)})
    assert "anna" in _seen(eyes.look(seen, 0.4))
    doubts = []
    for k in range(1, 100):
        now_s = seen.stamp_s + 0.1 * k
        people = {p.id: p for p in eyes.look(replace(away, stamp_s=now_s), now_s)[1].people}
        assert not people["anna"].seen
        doubts.append(people["anna"].position_std_m)
    assert doubts == sorted(doubts) and doubts[-1] > doubts[0] + 2.0
    gone_s = seen.stamp_s + 10.2
    assert "anna" not in {p.id for p in eyes.look(replace(away, stamp_s=gone_s), gone_s)[1].people}


def test_doubt_grows_with_time_and_not_with_the_number_of_looks(runner: HomeRunner) -> None:
    seen = _state(runner, 6.6, 1.75, 0.0, {"anna": (8.4, 1.75, math.pi)})
    away = _state(runner, 6.6, 1.75, math.pi, {"anna": (8.4, 1.75, math.pi)})
    doubts = []
    for looks in (2, 40):
        eyes = OracleEyes(FAMILY_HOME)
        eyes.look(seen, 0.4)
        for k in range(1, looks + 1):
            stamp_s = seen.stamp_s + 4.0 * k / looks
            people = eyes.look(replace(away, stamp_s=stamp_s), stamp_s)[1].people
        doubts.append(next(p for p in people if p.id == "anna").position_std_m)
    assert doubts[0] == pytest.approx(doubts[1], rel=1e-6)


def test_who_holds_a_thing_is_told(runner: HomeRunner, eyes: OracleEyes) -> None:
    state = replace(_state(runner, 3.9, 5.9, math.pi), holders=(Argument("red_cup", "robot"),))
    cup = next(d for d in eyes.look(state, 0.4)[0].detections if d.track_id == "red_cup")
    assert (cup.held_by, cup.support) == ("robot", "")


def test_a_reset_forgets_everybody(runner: HomeRunner, eyes: OracleEyes) -> None:
    seen = _state(runner, 6.6, 1.75, 0.0, {"anna": (8.4, 1.75, math.pi)})
    away = _state(runner, 6.6, 1.75, math.pi, {"anna": (8.4, 1.75, math.pi)})
    eyes.look(seen, 0.4)
    eyes.reset()
    assert "anna" not in {p.id for p in eyes.look(away, 0.4)[1].people}


# ---------------------------------------------------------------- mistakes that a scenario asks for


def test_it_takes_an_old_woman_for_a_child_from_afar_where_the_scenario_says_so(runner: HomeRunner) -> None:
    mistaken = OracleEyes(FAMILY_HOME, scenario_file="sim/scenarios/social/wrong_first_guess.yaml")
    right = OracleEyes(FAMILY_HOME)
    for eyes, x_m, group, confidence in ((mistaken, 1.0, "child", 0.7), (mistaken, 2.7, "elderly", 0.94), (right, 1.0, "elderly", 0.9)):
        found = eyes.look(_state(runner, 4.3, 2.9, math.pi, {"rose": (x_m, 2.9, 0.0)}), 0.4)
        rose = next(person for person in found[1].people if person.id == "rose")
        assert rose.age_group == group and rose.age_group_confidence == pytest.approx(confidence, abs=0.02)


def test_guesses_hold_for_a_while_and_are_as_frequent_as_described() -> None:
    how = Mistaken(taken_for={"adult": 3, "child": 1}, confidence=0.5, hold_s=2.0)
    guesses, again = Guesses({"anna": how}, 1), Guesses({"anna": how}, 1)
    told = [guesses.of("anna", 1.0, step / 10) for step in range(4000)]
    assert told == [again.of("anna", 1.0, step / 10) for step in range(4000)]
    assert guesses.of("leo", 1.0, 0.0) is None
    assert all(told[step] == told[step - step % 20] for step in range(4000))
    assert told[::20].count(("child", 0.5)) / 200 == pytest.approx(0.25, abs=0.1)
