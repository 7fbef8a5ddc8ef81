"""People over time: age groups, attention, voices, memory, and who is known again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from robot_runtime.messages import AgeGroup, Person, RobotPose
from robot_runtime.perceive.ages import GROUPS, AgeBelief, AgeSettings
from robot_runtime.perceive.engagement import engagement
from robot_runtime.perceive.looks import LENGTH
from robot_runtime.perceive.motion import SPREAD_MPS
from robot_runtime.perceive.people import Impression, KnownPerson, PeopleSettings, PeopleTracker, Voice
from robot_runtime.perceive.tracks import Track

ROBOT = RobotPose(0.0, 0.0, 0.0, 0.0, 0.05)
CHILD, ADULT, ELDERLY = (0.9, 0.06, 0.04), (0.04, 0.9, 0.06), (0.03, 0.07, 0.9)
RED, BLUE = (tuple(float(k == n) for k in range(LENGTH)) for n in (12, 20))


def track(id_: str = "person-1", now_s: float = 0.0, at_m: tuple[float, float] = (2.0, 0.0), seen: bool = True, **changes: object) -> Track:
    known: dict[str, object] = {
        "id": id_, "class_id": 0, "box_index": 0 if seen else -1, "ltwh_px": (1.0, 1.0, 9.0, 20.0), "score": 0.9,
        "position_m": (*at_m, 0.0), "velocity_mps": (0.0, 0.0, 0.0), "position_std_m": 0.1, "first_seen_s": 0.0,
        "last_seen_s": now_s, "look": RED,
    }  # fmt: skip
    return Track(**{**known, **changes})  # type: ignore[arg-type]  # a test gives what it likes


def like(ages: Sequence[float] = ADULT, faces: float = 0.9) -> Impression:
    return Impression(np.array(ages), faces)


def watch(
    people: PeopleTracker,
    from_s: float,
    to_s: float,
    impression: Impression,
    id_: str = "person-1",
    at_m: tuple[float, float] = (2.0, 0.0),
    look: tuple[float, ...] = RED,
) -> Person:
    """Somebody stands there for a while, at ten pictures a second."""
    found: tuple[Person, ...] = ()
    for k in range(round(from_s * 10), round(to_s * 10) + 1):
        found = people.update([track(id_, k / 10, at_m, look=look)], {id_: impression}, (), k / 10, ROBOT)
    return next(person for person in found if person.seen)


# ------------------------------------------------ age groups


def test_an_age_group_is_unknown_until_it_is_sure() -> None:
    people = PeopleTracker()
    first = people.update([track()], {"person-1": like((0.2, 0.5, 0.3))}, (), 0.0, ROBOT)[0]
    assert first.age_group == "unknown"
    assert first.age_group_confidence == pytest.approx(0.5, abs=0.01)  # what the classifier said, no more
    assert watch(people, 0.1, 3.0, like((0.2, 0.5, 0.3))).age_group == "adult"


def test_somebody_of_whom_nothing_is_known_is_unknown() -> None:
    person = PeopleTracker().update([track()], {}, (), 0.0, ROBOT)[0]
    assert (person.age_group, person.facing_robot, person.speaking) == ("unknown", False, False)
    assert person.age_group_confidence == pytest.approx(1 / 3)


@pytest.mark.parametrize(("ages", "group"), [(CHILD, "child"), (ADULT, "adult"), (ELDERLY, "elderly")])
def test_a_clear_case_is_sure_within_a_second_and_never_certain(ages: tuple[float, ...], group: str) -> None:
    person = watch(PeopleTracker(), 0.0, 1.0, like(ages))
    assert person.age_group == group
    assert 0.9 < person.age_group_confidence <= 0.98


def test_one_mistake_does_not_change_the_belief_but_many_do() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 2.0, like(CHILD))
    assert watch(people, 2.1, 2.1, like(ADULT)).age_group == "child"
    assert watch(people, 2.2, 8.0, like(ADULT)).age_group == "adult"


@pytest.mark.parametrize("before", [ADULT, ELDERLY], ids=["adult", "elderly"])
def test_who_looks_like_a_child_is_no_grown_up_any_more_within_two_pictures(before: tuple[float, ...]) -> None:
    """As when a track passes to a child who stands close: it took more than two seconds to be told anything but "adult"."""
    people = PeopleTracker()
    watch(people, 0.0, 10.0, like(before))
    assert watch(people, 10.1, 10.2, like(CHILD)).age_group == "unknown"
    told = [watch(people, k / 10, k / 10, like(CHILD)).age_group for k in range(103, 160)]
    assert told == sorted(told, reverse=True) and told[-1] == "child", "unknown, then child"


def test_one_look_like_a_childs_leaves_an_adult_an_adult() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 2.0, like(ADULT))
    for k in (21, 31, 41):
        assert watch(people, k / 10, k / 10, like(CHILD)).age_group == "adult"
        assert watch(people, (k + 1) / 10, (k + 9) / 10, like(ADULT)).age_group == "adult"


def test_a_child_stays_one_for_longer_than_a_few_looks() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 10.0, like(CHILD))
    assert watch(people, 10.1, 11.0, like(ADULT)).age_group == "child"


def test_looks_that_follow_each_other_count_less_than_separate_ones() -> None:
    fast, slow = AgeBelief(AgeSettings()), AgeBelief(AgeSettings())
    for k in range(5):
        fast.look(0.1 * k, np.array([0.2, 0.5, 0.3]))
        slow.look(1.0 * k, np.array([0.2, 0.5, 0.3]))
    assert fast.group()[1] < slow.group()[1]


def test_the_belief_is_calibrated() -> None:
    """Of a classifier that is right as often as it says, and errs anew each time, beliefs of 0.8 and more are right as often."""
    rng = np.random.default_rng(2)
    settings = AgeSettings(forget_s=600, alike_s=0.5)
    claimed, right = [], []
    for _ in range(400):
        truth = rng.integers(3)
        belief = AgeBelief(settings)
        for k in range(3):
            says = truth if rng.random() < 0.6 else (truth + rng.integers(1, 3)) % 3
            belief.look(k, np.where(np.arange(3) == says, 0.6, 0.2))
        group, confidence = belief.group()
        best = GROUPS[int(belief.probabilities().argmax())]
        claimed.append(confidence)
        right.append(best is GROUPS[truth])
        assert group in (best, AgeGroup.UNKNOWN)
    assert np.mean(claimed) == pytest.approx(np.mean(right), abs=0.05)


@given(st.lists(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=0, max_size=4), max_size=6))
def test_nonsense_from_the_classifier_is_not_believed(looks: list[list[float]]) -> None:
    belief = AgeBelief(AgeSettings())
    for k, ages in enumerate(looks):
        belief.look(0.1 * k, np.array(ages))
    posterior = belief.probabilities()
    assert posterior.sum() == pytest.approx(1.0)
    assert (posterior >= 0).all()
    assert posterior.max() <= 0.98 + 1e-9


# ------------------------------------------------ attention and voices


def test_facing_has_hysteresis() -> None:
    people = PeopleTracker()
    assert watch(people, 0.0, 1.0, like(faces=0.9)).facing_robot
    assert watch(people, 1.1, 3.0, like(faces=0.5)).facing_robot
    assert not watch(people, 3.1, 4.0, like(faces=0.1)).facing_robot
    assert not watch(people, 4.1, 6.0, like(faces=0.5)).facing_robot


def test_one_picture_does_not_turn_a_head() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 1.0, like(faces=0.9))
    assert watch(people, 1.1, 1.1, like(faces=0.0)).facing_robot
    assert watch(people, 1.2, 1.2, like(faces=math.nan)).facing_robot


def speakers(voices: Sequence[Voice], faces: tuple[float, float] = (0.1, 0.1), robot: RobotPose | None = ROBOT) -> list[str]:
    """Who of two speaks: person-1 to the left, person-2 to the right."""
    people = PeopleTracker()
    tracks = [track("a", 1.0, (2.0, 1.0)), track("b", 1.0, (2.0, -1.0), look=BLUE)]
    impressions = {"a": like(faces=faces[0]), "b": like(faces=faces[1])}
    found = people.update(tracks, impressions, voices, 1.0, robot)
    return [person.id for person in found if person.speaking]


def test_a_voice_belongs_to_whoever_is_in_its_direction() -> None:
    assert speakers([(0.9, 0.5)]) == ["person-1"]
    assert speakers([(0.9, -0.4)]) == ["person-2"]
    assert speakers([(0.9, 3.0)]) == []
    assert speakers([(0.9, 2.04)], robot=RobotPose(1.0, 0.0, 0.0, -math.pi / 2, 0.0)) == ["person-1"]  # base_link turns with the robot


def test_a_voice_from_nowhere_belongs_to_who_alone_looks_here() -> None:
    assert speakers([(0.9, math.nan)]) == []
    assert speakers([(0.9, math.nan)], faces=(0.1, 0.95)) == ["person-2"]
    assert speakers([(0.9, math.nan)], faces=(0.95, 0.95)) == []
    assert speakers([(0.9, 0.5)], robot=None) == []


@pytest.mark.parametrize(
    ("voices", "robot"),
    [([(1.0, 3.0)], None), ([(1.0, 0.0)], replace(ROBOT, yaw_rad=math.nan)), ([(0.2, 3.0), (1.0, math.nan)], ROBOT)],
    ids=["no pose", "no heading", "the array tells none any more"],
)
def test_where_directions_are_found_one_that_is_not_known_is_not_that_of_whoever_is_in_view(
    voices: Sequence[Voice], robot: RobotPose | None
) -> None:
    """A child behind the robot would speak with the rights of the grown-up before it."""
    people = PeopleTracker()
    for heard_s, bearing_rad in voices:
        (person,) = people.update([track(now_s=heard_s)], {"person-1": like()}, [(heard_s, bearing_rad)], heard_s, robot)
        assert not person.speaking


def test_after_a_reset_it_is_not_known_whether_there_is_an_array() -> None:
    people = PeopleTracker()
    people.update([track()], {}, [(0.0, 3.0)], 0.0, ROBOT)
    people.reset()
    assert people.update([track(now_s=1.0)], {}, [(1.0, math.nan)], 1.0, ROBOT)[0].speaking


def test_without_directions_the_only_one_in_view_speaks_unless_somebody_else_is_about_and_they_look_elsewhere() -> None:
    for faces, speaking in ((0.0, False), (0.95, True)):
        people = PeopleTracker()
        watch(people, 0.0, 1.0, like(CHILD), "child", (-1.0, 1.0))
        watch(people, 20.0, 21.0, like(faces=faces), "adult", look=BLUE)
        found = people.update([track("adult", 21.1, look=BLUE)], {}, [(21.1, math.nan)], 21.1, ROBOT)
        assert [person.speaking for person in found if person.seen] == [speaking]
    people = PeopleTracker()
    watch(people, 0.0, 1.0, like(CHILD), "child", (-1.0, 1.0))
    assert people.update([track("adult", 122.0, look=BLUE)], {}, [(122.0, math.nan)], 122.0, ROBOT)[0].speaking


@pytest.mark.parametrize("reflection", range(4))
def test_one_reflection_from_somebody_else_does_not_make_them_speak(reflection: int) -> None:
    """A child speaks behind the robot; a grown-up stands before it."""
    people, spoke = PeopleTracker(), 0
    for tenth in range(8):
        now_s = tenth / 10
        voices = [(now_s, 0.0 if tenth == reflection else 3.0)] if tenth < 4 else []
        spoke += people.update([track(now_s=now_s)], {}, voices, now_s, ROBOT)[0].speaking
    assert spoke == (reflection == 0)  # of the very first voice nothing else is known


def test_old_voices_and_nonsense_are_no_speech() -> None:
    assert speakers([(0.1, 0.5)]) == []
    assert speakers([(math.nan, 0.5)]) == []
    assert speakers([(50.0, 0.5)]) == []


def test_the_only_one_in_view_is_the_one_who_speaks_until_the_voice_is_over() -> None:
    people = PeopleTracker()
    assert people.update([track()], {}, [(0.0, math.nan)], 0.0, ROBOT)[0].speaking
    assert not people.update([track(now_s=1.0)], {}, [], 1.0, ROBOT)[0].speaking


def test_somebody_out_of_sight_is_heard_where_they_are_remembered() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 1.0, like(), at_m=(0.0, 2.0))
    (person,) = people.update([], {}, [(4.0, math.pi / 2)], 4.0, ROBOT)
    assert (person.seen, person.speaking) == (False, True)


def turned_to(
    voices: Sequence[Voice], from_s: float = 2.0, at_m: tuple[float, float] = (0.0, 2.0), ages: Sequence[float] = CHILD
) -> list[float]:
    """Somebody stands to the right of the robot; when they come into view, and by then voices were heard; the times when they speak."""
    people, told = PeopleTracker(), []
    watch(people, 0.0, 0.1, like(), "ahead", look=BLUE)
    for tenth in range(2, 60):
        now_s = tenth / 10
        tracks = [track("ahead", now_s, look=BLUE)] if now_s < from_s else [track("aside", now_s, at_m)]
        impressions = {"aside": like(ages)} if now_s >= from_s else {"ahead": like()}
        heard = [voice for voice in voices if now_s - 0.1 < voice[0] <= now_s]
        told += [now_s for person in people.update(tracks, impressions, heard, now_s, ROBOT) if person.speaking]
    return told


LEFT = math.pi / 2


def test_who_comes_into_view_where_a_voice_was_has_spoken_once_their_age_is_told() -> None:
    told = turned_to([(1.0, LEFT), (1.1, LEFT + 0.1), (1.2, LEFT - 0.1)])
    assert told[0] == pytest.approx(2.2, abs=0.11)
    assert told[-1] - told[0] <= 0.41


def test_whose_age_stays_unknown_has_spoken_too_a_moment_later() -> None:
    assert turned_to([(1.0, LEFT), (1.1, LEFT)], ages=(1 / 3, 1 / 3, 1 / 3))[0] == pytest.approx(2.6)


def test_a_reflection_does_not_take_the_voice_away_but_many_do() -> None:
    assert turned_to([(1.0, LEFT), (1.1, LEFT), (1.2, -2.5), (1.3, LEFT)])
    assert not turned_to([(1.0, LEFT), (1.1, -LEFT), (1.2, -2.5), (1.3, LEFT)])


def test_after_a_pause_somebody_else_may_speak() -> None:
    """A grown-up talks on the left; then a child elsewhere says "yes"."""
    talk = [(0.5 + tenth / 10, LEFT) for tenth in range(5)]
    assert turned_to([*talk, (1.2, -2.5)])
    assert not turned_to([*talk, (1.4, -2.5)])


@pytest.mark.parametrize(("voices", "at_m"), [([(1.0, -LEFT)], (0.0, 2.0)), ([(1.0, LEFT)], (1.4, 1.4)), ([], (0.0, 2.0))])
def test_who_comes_into_view_elsewhere_has_not_spoken(voices: list[Voice], at_m: tuple[float, float]) -> None:
    assert turned_to(voices, at_m=at_m) == []


def test_after_a_few_seconds_a_voice_of_nobody_stays_nobodys() -> None:
    assert turned_to([(1.0, LEFT)], from_s=3.5)
    assert turned_to([(1.0, LEFT)], from_s=4.2) == []


def test_who_was_in_view_when_a_voice_was_nobodys_does_not_get_it_later() -> None:
    people = PeopleTracker()
    for tenth in range(30):
        now_s = tenth / 10
        tracks = [track("a", now_s, (2.0, 0.2)), track("b", now_s, (2.0, -0.2), look=BLUE)]
        voices = [(now_s, 0.0)] if tenth == 10 else []
        found = people.update(tracks, {"a": like(), "b": like()}, voices, now_s, ROBOT)
        assert not any(person.speaking for person in found)


def speaker(
    people: PeopleTracker, tracks: Sequence[Track], impressions: dict[str, Impression], bearing_rad: float, now_s: float
) -> list[str]:
    return [person.id for person in people.update(tracks, impressions, [(now_s, bearing_rad)], now_s, ROBOT) if person.speaking]


def test_of_two_behind_each_other_the_near_one_speaks() -> None:
    people = PeopleTracker()
    tracks = [track("far", 1.0, (3.4, 0.0)), track("near", 1.0, (1.4, 0.02), look=BLUE)]
    assert speaker(people, tracks, {"near": like(faces=0.95)}, 0.0, 1.0) == ["person-2"]


def test_of_two_who_are_as_likely_nobody_is_said_to_speak() -> None:
    people = PeopleTracker()
    tracks = [track("a", 1.0, (2.0, 0.1)), track("b", 1.0, (2.0, -0.1), look=BLUE)]
    assert speaker(people, tracks, {}, 0.0, 1.0) == []


def test_a_child_who_stood_there_half_a_minute_ago_speaks_rather_than_the_adult_beside_the_direction() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 1.0, like(CHILD), "child", (1.0, 2.0))
    adult = track("adult", 30.0, (2.0, 1.8), look=BLUE)
    assert speaker(people, [adult], {"adult": like()}, math.atan2(2.0, 1.0), 30.0) == ["person-1"]
    later = replace(adult, last_seen_s=31.0)
    assert speaker(people, [later], {}, math.atan2(1.8, 2.0), 31.0) == ["person-2"]


def test_who_walked_away_is_not_where_they_were() -> None:
    people = PeopleTracker()
    people.update([track("a", 1.0, (0.0, 2.0), velocity_mps=(0.8, 0.0, 0.0))], {}, (), 1.0, ROBOT)
    stands = track("b", 21.0, (1.0, 2.0), look=BLUE)
    assert speaker(people, [stands], {}, math.pi / 2 - 0.2, 21.0) == ["person-2"]


def test_engagement_grows_with_each_of_its_signs() -> None:
    person = watch(PeopleTracker(), 0.0, 1.0, like(faces=0.1), at_m=(3.0, 0.0))
    dull = engagement(person, ROBOT)
    assert engagement(replace(person, facing_robot=True), ROBOT) > dull
    assert engagement(replace(person, speaking=True), ROBOT) > dull
    assert engagement(replace(person, velocity_mps=(-0.5, 0.0, 0.0)), ROBOT) > dull
    assert engagement(replace(person, velocity_mps=(0.5, 0.0, 0.0)), ROBOT) == dull
    assert engagement(replace(person, position_m=(1.0, 0.0, 0.0)), ROBOT) > dull
    keen = replace(person, facing_robot=True, speaking=True, position_m=(1.0, 0.0, 0.0), velocity_mps=(-1.0, 0.0, 0.0))
    assert engagement(keen, ROBOT) == pytest.approx(1.0)
    assert engagement(replace(keen, seen=False), ROBOT) == pytest.approx(0.2)
    assert 0 <= engagement(replace(person, position_m=(math.nan,) * 3), ROBOT) <= 1


# ------------------------------------------------ memory


def test_somebody_out_of_sight_is_remembered_with_growing_doubt_and_then_not_told_of() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 1.0, like())
    (soon,) = people.update([], {}, (), 3.0, ROBOT)
    (late,) = people.update([], {}, (), 9.0, ROBOT)
    assert not soon.seen
    assert not soon.facing_robot
    assert soon.velocity_mps == (0.0, 0.0, 0.0)
    assert late.position_std_m - soon.position_std_m == pytest.approx(6.0 * SPREAD_MPS)
    assert late.last_seen_s == 1.0
    assert late.age_group == "adult"
    assert people.update([], {}, (), 11.5, ROBOT) == ()


def test_somebody_whose_place_was_never_known_is_told_only_while_followed() -> None:
    people, nowhere = PeopleTracker(), (math.nan,) * 3
    (person,) = people.update([track(position_m=nowhere)], {}, (), 0.0, ROBOT)
    assert math.isnan(person.position_m[0])
    assert people.update([], {}, (), 0.5, ROBOT) == ()


# ------------------------------------------------ who is who


def test_who_comes_back_in_the_same_clothes_is_the_same_and_in_others_is_not() -> None:
    for look, id_ in ((RED, "person-1"), (BLUE, "person-2")):
        people = PeopleTracker()
        watch(people, 0.0, 2.0, like())
        assert watch(people, 60.0, 61.0, like(), id_="person-9", at_m=(4.0, 3.0), look=look).id == id_


def test_the_way_back_is_from_where_somebody_was_last_seen() -> None:
    """Not from where a track went on to by itself, which may have been wrong about where they were going."""
    people = PeopleTracker()
    watch(people, 0.0, 1.0, like())
    people.update([track(now_s=1.0, at_m=(5.0, 0.0), seen=False)], {}, (), 1.4, ROBOT)
    again = people.update([track("person-2", 1.6, (2.3, 0.0))], {}, (), 1.6, ROBOT)
    assert [person.id for person in again] == ["person-1"]


def test_who_comes_back_at_another_age_or_faster_than_anybody_walks_is_somebody_else() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 2.0, like(CHILD))
    assert watch(people, 30.0, 31.0, like(ADULT), id_="person-9").id == "person-2"
    people = PeopleTracker()
    watch(people, 0.0, 2.0, like())
    assert watch(people, 3.0, 4.0, like(), id_="person-9", at_m=(9.0, 0.0)).id == "person-2"


def test_of_two_alike_nobody_is_known_again() -> None:
    people = PeopleTracker()
    for k in range(20):
        tracks = [track("a", k / 10, (2.0, 1.0)), track("b", k / 10, (2.0, -1.0))]
        people.update(tracks, {"a": like(), "b": like()}, (), k / 10, ROBOT)
    assert watch(people, 60.0, 61.0, like(), id_="c").id == "person-3"


def test_one_who_was_not_known_again_once_is_the_next_time() -> None:
    """Two ids for one person, who are never in view together, made every return unclear: each gave one more."""
    people = PeopleTracker()
    watch(people, 0.0, 2.0, like())
    assert watch(people, 3.0, 4.0, like(), id_="b", at_m=(9.0, 0.0)).id == "person-2", "faster than anybody walks"
    assert watch(people, 60.0, 61.0, like(), id_="c", at_m=(5.0, 0.0)).id == "person-2", "as whom they were seen last"
    assert watch(people, 90.0, 91.0, like(), id_="d", at_m=(2.0, 0.0)).id == "person-2"


def test_whoever_was_met_is_forgotten_with_them() -> None:
    settings = PeopleSettings(most=2)
    people = PeopleTracker(settings)
    for k in range(40):
        strangers = [track(f"t{k + n}", k, (2.0 + n, 3.0 * (k % 3)), look=RED if (k + n) % 2 else BLUE) for n in range(2)]
        people.update(strangers, {}, (), float(k), ROBOT)
    assert all(len(somebody.met) <= settings.most for somebody in people._people.values())


def test_somebody_in_view_is_never_also_a_newcomer() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 2.0, like())
    newcomer_first = [track("person-9", 2.1, (2.2, 0.3)), track("person-1", 2.1)]
    ids = [person.id for person in people.update(newcomer_first, {}, (), 2.1, ROBOT)]
    assert sorted(ids) == ["person-1", "person-2"]


def test_a_track_that_was_given_up_for_another_and_shows_up_again_is_somebody_else() -> None:
    people = PeopleTracker()
    watch(people, 0.0, 2.0, like())
    lost = track("person-1", 2.0, seen=False)
    (person,) = people.update([lost, track("x", 2.5, (2.3, 0.0))], {"x": like()}, (), 2.5, ROBOT)
    assert (person.id, person.seen) == ("person-1", True)
    both = people.update([track("person-1", 2.6), track("x", 2.6, (2.3, 0.0))], {}, (), 2.6, ROBOT)
    assert sorted(person.id for person in both if person.seen) == ["person-1", "person-2"]


def test_the_only_known_adult_gives_name_and_id_to_the_adult_in_view() -> None:
    home = PeopleSettings(
        known_people=(
            KnownPerson(id="anna", name="Anna", age_group=AgeGroup.ADULT),
            KnownPerson(id="leo", name="Leo", age_group=AgeGroup.CHILD),
            KnownPerson(id="mia", name="Mia", age_group=AgeGroup.CHILD),
        )
    )
    people = PeopleTracker(home)
    first = people.update([track()], {"person-1": like()}, (), 0.0, ROBOT)[0]
    assert (first.id, first.name) == ("person-1", "")
    assert watch(people, 0.1, 1.0, like()).id == "anna"
    again = watch(people, 20.0, 21.0, like(), id_="x", at_m=(4.0, 0.0), look=BLUE)  # changed, and is the only adult still
    assert (again.id, again.name) == ("anna", "Anna")
    assert len(people.people()) == 1
    assert watch(people, 21.1, 23.0, like(CHILD), id_="y", at_m=(2.0, 1.0), look=BLUE).id.startswith("person-")  # one of two


def test_a_second_adult_is_not_the_one_who_is_in_view_already() -> None:
    people = PeopleTracker(PeopleSettings(known_people=(KnownPerson(id="anna", name="Anna", age_group=AgeGroup.ADULT),)))
    watch(people, 0.0, 1.0, like())
    for k in range(11, 40):
        tracks = [track("person-1", k / 10), track("x", k / 10, (3.0, 1.0), look=BLUE)]
        found = people.update(tracks, {"person-1": like(), "x": like()}, (), k / 10, ROBOT)
    assert [(person.id, person.name) for person in found] == [("anna", "Anna"), ("person-2", "")]


def test_nobody_has_a_name_unless_it_was_configured() -> None:
    assert watch(PeopleTracker(), 0.0, 3.0, like()).name == ""


def test_time_that_goes_back_forgets_everybody_and_uses_no_id_twice() -> None:
    people = PeopleTracker()
    watch(people, 50.0, 51.0, like())
    assert watch(people, 1.0, 2.0, like()).id == "person-2"
    people.reset()
    assert people.people() == ()
    assert watch(people, 1.0, 2.0, like()).id == "person-1"


def test_memory_is_bounded() -> None:
    people = PeopleTracker(PeopleSettings(most=5))
    for k in range(50):
        look = tuple(float(n == k % LENGTH) for n in range(LENGTH))
        people.update([track(f"t{k}", 0.1 * k, (9.0 * (k % 2), 0.0), look=look)], {}, (), 0.1 * k, ROBOT)
    assert len(people.people()) == 5


numbers = st.floats(allow_nan=True, allow_infinity=True)


@example([(0.0, 0.0, 0.0, 0.0, False, 0.0)] * 2 + [(0.0, 9e307, 0.0, 9e307, True, 0.0)])
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers, st.booleans(), st.floats(0, 20)), max_size=6))
def test_nonsense_never_raises(rows: list[tuple[float, float, float, float, bool, float]]) -> None:
    people = PeopleTracker()
    for x, y, chance, bearing, seen, now_s in rows:
        impression = Impression(np.array([chance, 0.5, y]), chance)
        robot = RobotPose(0.0, x, 0.0, y, 0.0)
        people.update([track("a", now_s, (x, y), seen)], {"a": impression, "gone": impression}, [(x, bearing)], now_s, robot)
        for person in people.people():
            assert 0 <= person.age_group_confidence <= 1
            assert person.age_group in [group.value for group in AgeGroup]
        assert all(0 <= value <= 1 for value in people.engagement(robot).values())


def test_who_has_just_spoken_gets_a_name_but_keeps_the_id() -> None:
    """What they asked for is being done for that id."""
    people = PeopleTracker(PeopleSettings(known_people=(KnownPerson(id="anna", name="Anna", age_group=AgeGroup.ADULT),)))
    people.update([track()], {}, [(0.0, 0.0)], 0.0, ROBOT)
    assert [watch(people, 0.1, 1.0, like()).id, watch(people, 1.1, 1.2, like()).name] == ["person-1", "Anna"]
    assert watch(people, 60.0, 60.5, like(), "person-9").id == "person-1"


def test_a_child_never_keeps_the_name_of_a_grown_up() -> None:
    """A track that goes over from one to the other is found out by the age."""
    known = (KnownPerson(id="anna", name="Anna", age_group=AgeGroup.ADULT), KnownPerson(id="leo", name="Leo", age_group=AgeGroup.CHILD))
    people = PeopleTracker(PeopleSettings(known_people=known))
    assert watch(people, 0.0, 2.0, like(ADULT)).name == "Anna"
    child = watch(people, 2.1, 8.0, like(CHILD))
    assert (child.id, child.name, child.age_group) == ("leo", "Leo", "child")


def test_what_a_grown_up_said_is_not_said_by_the_child_whom_their_track_went_over_to() -> None:
    known = (KnownPerson(id="anna", name="Anna", age_group=AgeGroup.ADULT), KnownPerson(id="leo", name="Leo", age_group=AgeGroup.CHILD))

    def told(voices: int) -> list[Person]:
        """Somebody who looks like a child from 2.1 s on, with a voice in so many pictures."""
        people = PeopleTracker(PeopleSettings(known_people=known))
        watch(people, 0.0, 2.0, like(ADULT))
        found: list[Person] = []
        for k in range(60):
            now_s = 2.1 + k / 10
            heard = [(now_s, 0.0)] if k < voices else []
            found += people.update([track(now_s=now_s)], {"person-1": like(CHILD)}, heard, now_s, ROBOT)
        return found

    change = next(k for k, person in enumerate(told(60)) if person.name != "Anna")
    last, first = told(change)[change - 1 : change + 1]
    assert (last.name, last.speaking, first.name, first.speaking) == ("Anna", True, "Leo", False)
