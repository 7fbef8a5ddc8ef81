"""Identity over time: crossings, occlusions, a camera that turns and drives, and strange clocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from robot_runtime.perceive.box_filter import BoxFilter
from robot_runtime.perceive.boxes import Boxes, no_boxes
from robot_runtime.perceive.camera_model import View
from robot_runtime.perceive.followed import TrackSettings
from robot_runtime.perceive.looks import LENGTH, looks_of, unlike
from robot_runtime.perceive.motion import LIVING, REST_S, Motion
from robot_runtime.perceive.place import UNKNOWN_STD_M, Placer, Places
from robot_runtime.perceive.tracks import Track, Tracker
from tests.unit.eyes_world import CLASSES, Card, look_from, shoot

RATE_HZ = 8
Scene = Callable[[float], list[Card]]
Walk = Callable[[float], View]


@dataclass
class Step:
    now_s: float
    tracks: list[Track]
    ids: dict[int, str]  # card → id of the track that has its box


def play(
    scene: Scene, camera: Walk = lambda now_s: look_from(0.0, 0.0), until_s: float = 4.0, use_depth: bool = True, seed: int = 0,
    tracker: Tracker | None = None,
) -> Iterator[Step]:  # fmt: skip
    """Pictures of a scene, with a little noise, followed by a tracker."""
    rng = np.random.default_rng(seed)
    tracker, placer = tracker or Tracker(CLASSES), Placer(CLASSES)
    for k in range(int(until_s * RATE_HZ) + 1):
        now_s, view = k / RATE_HZ, camera(k / RATE_HZ)
        shot = shoot(view, scene(now_s))
        noise = rng.normal(0, 0.02, shot.boxes.ltwh_px.shape) * shot.boxes.ltwh_px[:, 2:].repeat(2, axis=1)
        boxes = replace(shot.boxes, ltwh_px=(shot.boxes.ltwh_px + noise).astype(np.float32))
        places = placer.place(boxes, view, shot.depth_m) if use_depth else None
        tracks = tracker.update(boxes, now_s, places, looks_of(shot.bgr, boxes), view)
        yield Step(now_s, tracks, {shot.shown[track.box_index]: track.id for track in tracks if track.seen})


def ids_over_time(steps: Iterator[Step]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for step in steps:
        for card, id_ in step.ids.items():
            found.setdefault(card, set()).add(id_)
    return found


# ------------------------------------------------ things side by side


RED, BLUE = Card(3.2, 0.0, 0.09, 0.1, (40, 40, 200), 1, True, 0.75), Card(3.2, 0.26, 0.09, 0.1, (190, 80, 30), 1, True, 0.75)
TWINS = ("person", "cup", "apple")


def come_near(now_s: float) -> View:
    """The robot turns and drives towards the table."""
    return look_from(0.25 * now_s, 0.2 * math.sin(now_s), -0.15 + 0.3 * math.sin(0.9 * now_s), tilt_rad=0.3)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("has_looks", [True, False], ids=["colours", "no colours"])
def test_a_cup_that_is_not_detected_for_a_moment_does_not_go_to_the_one_beside_it(seed: int, has_looks: bool) -> None:
    """Each is often missed, has often a low score, and is taken now for a cup, now for an apple."""
    rng = np.random.default_rng(seed)
    tracker, placer, names = Tracker(TWINS), Placer(TWINS), dict[int, set[str]]()
    for k in range(40):
        shot = shoot(come_near(k / 5), [RED, BLUE])
        kept = [row for row, card in enumerate(shot.shown) if k < 3 or (k // 4 + card) % 2 == 0 or rng.random() < 0.3]
        scores = rng.uniform(0.28, 0.7, len(kept)) if k >= 3 else np.full(len(kept), 0.8)
        ids = np.where(rng.random(len(kept)) < (0.0 if k < 3 else 0.4), 2, 1)
        boxes = Boxes(shot.boxes.ltwh_px[kept], scores.astype(np.float32), ids)
        view, looks = come_near(k / 5), looks_of(shot.bgr, boxes) if has_looks else None
        tracks = tracker.update(boxes, k / 5, placer.place(boxes, view, shot.depth_m), looks, view)
        for track in tracks:
            if track.seen:
                names.setdefault(shot.shown[kept[track.box_index]], set()).add(track.id)
    assert all(len(ids) == 1 for ids in names.values()), names
    assert names[0] != names[1]


def test_a_thing_out_of_sight_for_two_seconds_rests_where_it_was_and_is_the_same() -> None:
    shown = list(play(lambda now_s: [] if 1.0 < now_s < 3.0 else [RED, BLUE], come_near, until_s=4.0))
    assert ids_over_time(iter(shown)) == {0: {"cup-1"}, 1: {"cup-2"}}
    lost = next(step.tracks for step in shown if step.now_s == 2.75)
    assert [math.dist(track.position_m[:2], at) < 0.08 for track, at in zip(lost, [(3.2, 0.0), (3.2, 0.26)], strict=True)] == [True, True]
    assert all(0.05 < track.position_std_m < 0.4 for track in lost)


@pytest.mark.parametrize("away_s", [30.0, 240.0])
def test_a_thing_that_the_camera_looks_away_from_for_minutes_is_the_same(away_s: float) -> None:
    """After three seconds it was another thing: a head that turns away and back made new ids of all that lay still."""
    tracker, placer = Tracker(CLASSES), Placer(CLASSES)
    found: list[list[Track]] = []
    for now_s, yaw_rad in ((0.0, 0.0), (0.2, 0.0), (away_s / 2, 2.0), (away_s, 2.0), (away_s + 0.2, 0.0), (away_s + 0.4, 0.0)):
        view = look_from(0.0, 0.0, yaw_rad, tilt_rad=0.3)
        shot = shoot(view, [RED, BLUE])
        places = placer.place(shot.boxes, view, shot.depth_m)
        found.append(tracker.update(shot.boxes, now_s, places, looks_of(shot.bgr, shot.boxes), view))
    assert [{track.id for track in tracks if track.seen} for tracks in (found[1], found[3], found[5])] == [
        {"cup-1", "cup-2"}, set(), {"cup-1", "cup-2"}
    ]  # fmt: skip
    assert all(track.position_std_m < 0.3 for track in found[3]), "what rests is not everywhere"
    assert tracker.update(no_boxes(), away_s + 310.0) == []


def test_what_is_seen_at_the_place_of_a_thing_long_out_of_sight_takes_its_place() -> None:
    """Else one thing has two tracks for a minute, and now the one gets its box, now the other."""
    tracker, other = Tracker(TWINS), (140.0, 100.0, 20.0, 26.0, 0.8, 2)
    tracker.update(pixels(CUP), 0.0, at_places((2.0, 1.0)))
    for now_s in (3.0, 6.0):
        tracks = tracker.update(pixels(other), now_s, at_places((2.02, 1.0)))
    assert [track.id for track in tracks] == ["apple-1"]
    for now_s in (9.0, 12.0):
        tracks = tracker.update(pixels((220.0, *other[1:5], 1)), now_s, at_places((2.3, 1.0)))
    assert [track.id for track in tracks] == ["apple-1", "cup-2"], "a hand's breadth beside it is another place"


def test_of_things_out_of_sight_only_the_newest_are_kept() -> None:
    tracker = Tracker(TWINS, TrackSettings(most_lost=3))
    for k in range(8):
        tracks = tracker.update(pixels((60.0 * k, 100.0, 20.0, 26.0, 0.8, 1)), k * 1.0, at_places((2.0 + k, 1.0)))
    assert [track.id for track in tracks] == ["cup-5", "cup-6", "cup-7", "cup-8"], "and what is in sight is not counted"


def pixels(*rows: tuple[float, float, float, float, float, int]) -> Boxes:
    """Boxes from left, top, width, height, score and class."""
    table = np.array(rows)
    return Boxes(table[:, :4].astype(np.float32), table[:, 4].astype(np.float32), table[:, 5].astype(np.int64))


def at_places(*points: tuple[float, float]) -> Places:
    places = Places.unknown(len(points))
    places.position_m[:] = [(*point, 0.8) for point in points]
    places.covariance_m2[:] = 0.03**2 * np.eye(3)
    return replace(places, sources=("depth",) * len(points))


CUP, SAME_APPLE = (100.0, 100.0, 20.0, 26.0, 0.8, 1), (101.0, 101.0, 20.0, 25.0, 0.75, 2)


@pytest.mark.parametrize("places", [at_places((2.33, 5.95), (2.34, 5.95)), None], ids=["placed", "unplaced"])
def test_two_classes_for_the_same_pixels_are_one_thing(places: Places | None) -> None:
    [track] = Tracker(TWINS).update(pixels(CUP, SAME_APPLE), 0.0, places)
    assert (track.id, track.box_index) == ("cup-1", 0)


def test_a_box_around_a_part_of_a_thing_is_no_second_thing() -> None:
    part = (102.0, 104.0, 12.0, 14.0, 0.75, 1)
    assert len(Tracker(TWINS).update(pixels(CUP, part), 0.0, at_places((2.33, 5.95), (2.34, 5.95)))) == 1
    assert len(Tracker(TWINS).update(pixels(CUP, part), 0.0, at_places((2.33, 5.95), (2.33, 6.3)))) == 2, "one behind the other"


def test_somebody_and_what_covers_them_are_two() -> None:
    person = (*CUP[:4], 0.9, 0)
    assert len(Tracker(TWINS).update(pixels(person, CUP), 0.0, at_places((2.33, 5.95), (2.33, 5.95)))) == 2


BODY, TOO_WIDE = (300.0, 10.0, 180.0, 460.0, 0.85, 0), (290.0, 20.0, 280.0, 450.0, 0.75, 0)


def test_two_boxes_for_one_body_are_one_person() -> None:
    """A detector in doubt draws a second box; its track took the identity of whoever came by."""
    assert len(Tracker(TWINS).update(pixels(BODY, TOO_WIDE), 0.0, at_places((2.0, 0.0), (2.1, 0.05)))) == 1
    unsure = at_places((2.0, 0.0), (2.1, 0.05))
    unsure.covariance_m2[1] = 0.5**2 * np.eye(3)
    assert len(Tracker(TWINS).update(pixels(BODY, TOO_WIDE), 0.0, unsure)) == 1
    [track] = Tracker(TWINS).update(pixels((*TOO_WIDE[:4], 0.9, 0), BODY), 0.0, replace(unsure, covariance_m2=unsure.covariance_m2[::-1]))
    assert track.box_index == 1 and track.score == pytest.approx(0.9), "the box whose place is surer, as sure as both"


TO_THE_TABLE, OVER_THE_TABLE = (103.0, 76.0, 71.0, 180.0), (102.0, 75.0, 73.0, 255.0)
"""Around somebody whose legs a table hides, two metres before the camera or three and a half."""


@pytest.mark.parametrize("scores", [(0.85, 0.75), (0.75, 0.85)])
def test_a_box_drawn_on_downwards_over_a_table_is_of_whoever_stands_behind_it(scores: tuple[float, float]) -> None:
    """It was placed where the table is, and told as somebody else, for seconds."""
    boxes, view = pixels((*TO_THE_TABLE, scores[0], 0), (*OVER_THE_TABLE, scores[1], 0)), look_from(4.3, 2.9, math.pi)
    places = at_places((0.75, 1.41), (1.9, 1.83))
    places.covariance_m2[1] = 0.2**2 * np.eye(3)
    [track] = Tracker(TWINS).update(boxes, 0.0, places, view=view)
    assert (track.box_index, track.position_m[:2]) == (0, (0.75, 1.41))


def test_a_child_before_a_grown_up_is_not_lost_in_their_box() -> None:
    boxes, view = pixels((*TO_THE_TABLE, 0.85, 0), (*OVER_THE_TABLE, 0.75, 0)), look_from(4.3, 2.9, math.pi)
    assert len(Tracker(TWINS).update(boxes, 0.0, at_places((1.9, 1.83), (1.5, 1.7)), view=view)) == 2
    assert len(Tracker(TWINS).update(boxes, 0.0, at_places((0.75, 1.41), (1.9, 1.83)))) == 2, "nobody knows who is nearer"
    aside = pixels((TO_THE_TABLE[0] + 20, *TO_THE_TABLE[1:], 0.85, 0), (*OVER_THE_TABLE, 0.75, 0))
    assert len(Tracker(TWINS).update(aside, 0.0, at_places((0.75, 1.41), (1.9, 1.83)), view=view)) == 2, "somebody looks out beside them"


def test_somebody_before_somebody_is_two_people() -> None:
    child = (330.0, 200.0, 120.0, 270.0, 0.8, 0)
    assert len(Tracker(TWINS).update(pixels(BODY, child), 0.0, at_places((2.4, 0.0), (2.1, 0.0)))) == 2, "30 cm nearer"
    assert len(Tracker(TWINS).update(pixels(BODY, TOO_WIDE), 0.0)) == 2, "where places are not known, nobody is left out"
    beside = (420.0, 10.0, 180.0, 460.0, 0.8, 0)
    assert len(Tracker(TWINS).update(pixels(BODY, beside), 0.0, at_places((2.0, 0.0), (2.1, 0.0)))) == 2, "their boxes hardly touch"


def test_the_colours_of_a_part_at_the_edge_of_the_picture_give_way_to_those_of_the_whole() -> None:
    red, blue = np.eye(LENGTH)[[12, 20]]
    tracker, view = Tracker(TWINS), look_from(0.0, 0.0)

    def look(now_s: float, left: float, colours: NDArray[np.float64]) -> NDArray[np.float64]:
        boxes = pixels((left, 20.0, 60.0, 200.0, 0.9, 0))
        [track] = tracker.update(boxes, now_s, at_places((2.0, 0.02 * left)), colours[None], view)
        return np.array(track.look)

    assert look(0.0, 0.0, blue) == pytest.approx(blue), "for want of better"
    assert look(0.2, 8.0, red) == pytest.approx(red)
    assert look(0.4, 0.0, blue) == pytest.approx(red)


def test_which_class_a_thing_is_of_all_its_boxes_vote() -> None:
    tracker, told = Tracker(TWINS), []
    for k, class_id in enumerate([2, 1, 1, 2, 1, 1, 1, 2, 1]):
        [track] = tracker.update(pixels((*CUP[:5], class_id)), k / 5, at_places((2.33, 5.95)))
        assert track.id == "apple-1"
        told.append(track.class_id)
    assert told == [2, 2, 1, 1, 1, 1, 1, 1, 1]


def test_a_small_thing_of_another_class_at_the_same_place_is_the_same_while_the_robot_turns() -> None:
    """Its box moves by more than half its width from picture to picture; a second track began, and both took turns."""
    tracker = Tracker(TWINS)
    for k in range(3):
        tracker.update(pixels((150.0, 240.0, 15.0, 17.0, 0.6, 1)), k / 5, at_places((2.0, 1.0)))
    tracks = tracker.update(pixels((162.0, 240.0, 15.0, 17.0, 0.76, 2)), 0.6, at_places((2.01, 1.01)))
    assert [track.id for track in tracks] == ["cup-1"]


def test_an_apple_beside_a_cup_that_is_not_detected_is_no_cup() -> None:
    tracker = Tracker(TWINS)
    tracker.update(pixels(CUP), 0.0, at_places((2.33, 5.95)))
    tracks = tracker.update(pixels((122.0, 110.0, 15.0, 15.0, 0.8, 2)), 0.2, at_places((2.45, 5.95)))
    assert [(track.id, track.seen) for track in tracks] == [("cup-1", False), ("apple-1", True)]


# ------------------------------------------------ crossings


@given(
    speed=st.floats(0.4, 1.4), near_m=st.floats(2.0, 3.0), apart_m=st.floats(0.8, 2.0), alike=st.booleans(), seed=st.integers(0, 99)
)  # fmt: skip
@settings(max_examples=10, deadline=None)
def test_two_people_who_cross_at_different_distances_keep_their_ids(
    speed: float, near_m: float, apart_m: float, alike: bool, seed: int
) -> None:
    def scene(now_s: float) -> list[Card]:
        way = speed * (now_s - 2.0)
        return [Card(near_m, way), Card(near_m + apart_m, -way, bgr=(60, 60, 200) if alike else (200, 120, 30))]

    found = ids_over_time(play(scene, seed=seed))
    assert all(len(ids) == 1 for ids in found.values())
    assert len(set().union(*found.values())) == len(found)


def test_they_keep_them_while_the_robot_turns_and_drives() -> None:
    def scene(now_s: float) -> list[Card]:
        way = 0.8 * (now_s - 2.0)
        return [Card(3.0, way), Card(4.2, -way)]

    def camera(now_s: float) -> View:
        return look_from(0.3 * now_s, 0.1 * now_s, 0.25 * math.sin(now_s), 0.3 * math.sin(2 * now_s))

    assert ids_over_time(play(scene, camera)) == {0: {"person-1"}, 1: {"person-2"}}


def test_without_depth_colours_and_motion_tell_people_apart_who_pass() -> None:
    def scene(now_s: float) -> list[Card]:
        way = 0.9 * (now_s - 2.0)
        return [Card(2.5, way), Card(4.0, -way, bgr=(200, 120, 30))]

    assert ids_over_time(play(scene, use_depth=False)) == {0: {"person-2"}, 1: {"person-1"}}  # the far one is in the picture first


def test_a_camera_that_pans_fast_does_not_lose_what_stands_still_even_without_places() -> None:
    def camera(now_s: float) -> View:
        return look_from(0.0, 0.0, pan_rad=0.4 * math.sin(3 * now_s))

    found = ids_over_time(play(lambda now_s: [Card(3.0, 0.3), Card(3.2, -0.5)], camera, use_depth=False))
    assert found == {0: {"person-1"}, 1: {"person-2"}}


# ------------------------------------------------ occlusions

SOFA = Card(2.0, 0.75, 1.15, 1.9, detected=False)  # as high as a wardrobe, so that it hides everything


@pytest.mark.parametrize("turning", [False, True])
def test_somebody_who_walks_behind_the_sofa_comes_out_as_the_same(turning: bool) -> None:
    def scene(now_s: float) -> list[Card]:
        return [Card(3.5, -0.6 + 0.9 * now_s), SOFA]

    def camera(now_s: float) -> View:
        return look_from(0.0, 0.0, pan_rad=0.15 * now_s if turning else 0.2)

    steps = list(play(scene, camera, until_s=4.75))
    seen = [bool(step.ids) for step in steps]
    gap_s = (
        max((len(run) for run in "".join("x" if s else "." for s in seen[seen.index(True) : len(seen)]).split("x")), default=0) / RATE_HZ
    )
    assert 1.8 < gap_s < 2.5  # it was really hidden, and
    assert seen[-1]  # is there again
    assert ids_over_time(iter(steps)) == {0: {"person-1"}}


def test_who_comes_out_a_metre_and_a_half_from_where_they_stood_within_two_seconds_is_the_same() -> None:
    def scene(now_s: float) -> list[Card]:
        stood, hidden = now_s < 2.0, 2.0 <= now_s < 4.0
        return [] if hidden else [Card(3.0, 0.0 if stood else 1.5)]

    assert ids_over_time(play(scene, until_s=6.0)) == {0: {"person-1"}}


def test_who_comes_in_far_from_where_somebody_vanished_is_somebody_else() -> None:
    def scene(now_s: float) -> list[Card]:
        return [Card(2.5, -1.2)] if now_s < 2.0 else [] if now_s < 2.5 else [Card(5.5, 2.5)]

    assert ids_over_time(play(scene)) == {0: {"person-1", "person-2"}}


def test_a_track_out_of_sight_is_told_with_growing_doubt_and_then_given_up() -> None:
    steps = list(play(lambda now_s: [Card(3.0, 0.3 * now_s)] if now_s < 2.0 else [], until_s=6.0))
    lost = [step.tracks[0] for step in steps if step.tracks and not step.tracks[0].seen]
    doubts = [track.position_std_m for track in lost]
    assert doubts == sorted(doubts)
    assert doubts[-1] > 1.0
    assert math.hypot(*lost[-1].velocity_mps) < math.hypot(*lost[0].velocity_mps)
    assert all(track.last_seen_s == pytest.approx(1.875) for track in lost)
    assert not steps[-1].tracks


def test_somebody_half_hidden_and_badly_detected_stays_in_sight() -> None:
    def scene(now_s: float) -> list[Card]:
        return [Card(3.0, 0.0), Card(2.0, 0.05, 0.8, 1.25, detected=False)] if now_s > 1.0 else [Card(3.0, 0.0)]

    steps = list(play(scene, until_s=3.0))
    assert all(step.ids == {0: "person-1"} for step in steps)
    assert steps[-1].tracks[0].score < 0.5


def test_who_is_hidden_by_somebody_in_other_clothes_is_not_taken_for_them() -> None:
    """Half a metre beside where they stood, which is nobody's way from one picture to the next; and their id went off with the other."""
    tracker, looks = Tracker(TWINS), np.eye(LENGTH)[[[12], [20]]]
    for k in range(20):
        places = at_places((2.0, 1.0))
        places.covariance_m2[:] = 0.09**2 * np.eye(3)
        tracker.update(pixels((*BODY[:4], 0.8, 0)), k / 5, places, looks[0])
    before = replace(places, position_m=places.position_m + np.array([0.0, 0.5, 0.0]))
    told = [tracker.update(pixels((*BODY[:4], 0.4, 0)), now_s, before, looks[1]) for now_s in (4.0, 4.2)]
    assert [[(track.id, track.seen) for track in tracks] for tracks in told] == [
        [("person-1", False)], [("person-1", False), ("person-2", True)]
    ], "badly detected, but somebody must be there"  # fmt: skip


def test_a_bad_box_over_somebody_who_is_seen_hides_nobody() -> None:
    tracker, looks, two = Tracker(TWINS), np.eye(LENGTH)[[12, 20]], at_places((2.0, 1.0), (2.0, 0.5))
    beside, over_both = (400.0, 10.0, 180.0, 460.0, 0.8, 0), (310.0, 10.0, 260.0, 460.0, 0.4, 0)
    for k in range(20):
        tracker.update(pixels((*BODY[:4], 0.8, 0), beside), k / 5, two, looks)
    for now_s in (4.0, 4.2):
        tracks = tracker.update(pixels(beside, over_both), now_s, at_places((2.0, 0.5), (2.0, 0.72)), looks[[1, 1]])
    assert [(track.id, track.seen) for track in tracks] == [("person-1", False), ("person-2", True)]


# ------------------------------------------------ the start and end of tracks, and clocks


def one(score: float, class_id: int = 0, left: float = 100.0) -> Boxes:
    return Boxes(np.array([[left, 50, 40, 100]], np.float32), np.array([score], np.float32), np.array([class_id], np.int64))


def test_a_sure_box_counts_at_once_a_fair_one_at_its_second_and_a_bad_one_never() -> None:
    for score, told in ((0.9, [1, 1]), (0.6, [0, 1]), (0.4, [0, 0])):
        tracker = Tracker(CLASSES)
        assert [len(tracker.update(one(score), 0.1 * k)) for k in range(2)] == told


def test_a_fair_box_that_is_not_seen_again_is_forgotten() -> None:
    tracker = Tracker(CLASSES)
    found = [tracker.update(boxes, 0.1 * k) for k, boxes in enumerate((one(0.6), no_boxes(), one(0.6), one(0.6)))]
    assert [len(tracks) for tracks in found] == [0, 0, 0, 1]
    assert found[-1][0].id == "person-1"


def test_classes_are_never_mixed() -> None:
    tracker = Tracker(CLASSES)
    tracker.update(one(0.9, 0), 0.0)
    assert [track.id for track in tracker.update(one(0.9, 1), 0.1)] == ["person-1", "cup-1"]


def test_the_same_picture_twice_changes_nothing() -> None:
    tracker = Tracker(CLASSES)
    first = tracker.update(one(0.9), 1.0)
    assert tracker.update(no_boxes(), 1.0) == first
    assert tracker.update(no_boxes(), math.nan) == first


def test_time_that_goes_back_forgets_tracks_and_uses_no_id_twice() -> None:
    tracker = Tracker(CLASSES)
    tracker.update(one(0.9), 10.0)
    assert [track.id for track in tracker.update(one(0.9), 2.0)] == ["person-2"]
    tracker.reset()
    assert [track.id for track in tracker.update(one(0.9), 2.0)] == ["person-1"]


def test_uneven_times_are_no_problem() -> None:
    rng = np.random.default_rng(5)
    tracker, now_s = Tracker(CLASSES), 0.0
    for _ in range(40):
        now_s += rng.uniform(0.03, 0.4)
        tracks = tracker.update(one(0.9, left=60 + 20 * now_s), now_s)
        assert [track.id for track in tracks] == ["person-1"]


def test_the_same_input_gives_the_same_output() -> None:
    def scene(now_s: float) -> list[Card]:
        return [Card(3.0, 0.5 * now_s), Card(4.0, -0.2 * now_s), Card(2.5, 0.9, 0.1, 0.1, class_id=1, bottom_m=0.7)]

    def run() -> str:  # as text, for nan is not equal to itself
        return repr([step.tracks for step in play(scene, until_s=2.0)])

    assert run() == run()


def test_a_track_without_a_place_says_so() -> None:
    (track,) = Tracker(CLASSES).update(one(0.9), 0.0)
    assert all(map(math.isnan, track.position_m))
    assert track.position_std_m == UNKNOWN_STD_M


anything = st.floats(width=32, allow_nan=True, allow_infinity=True)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            hnp.arrays(np.float32, st.tuples(st.integers(0, 4), st.just(4)), elements=anything), anything, st.floats(0, 9) | anything
        ),
        max_size=5,
    )
)
def test_nonsense_never_raises(pictures: list[tuple[NDArray[np.float32], float, float]]) -> None:
    tracker, placer, view = Tracker(CLASSES), Placer(CLASSES), look_from(0.0, 0.0)
    for rows, score, stamp_s in pictures:
        boxes = Boxes(rows, np.full(len(rows), score, np.float32), np.zeros(len(rows), np.int64))
        for track in tracker.update(boxes, stamp_s, placer.place(boxes, view), None, view):
            assert all(map(math.isfinite, track.ltwh_px))
            assert math.isfinite(track.position_std_m)


# ------------------------------------------------ the filters


def test_velocity_in_the_map_is_right_while_the_camera_moves() -> None:
    def camera(now_s: float) -> View:
        return look_from(0.4 * now_s, 0.0, 0.2 * math.sin(2 * now_s))

    steps = list(play(lambda now_s: [Card(5.0 - 0.6 * now_s, -0.5 + 0.3 * now_s)], camera, until_s=3.0))
    late = np.array([step.tracks[0].velocity_mps for step in steps if step.now_s > 1.5])
    np.testing.assert_allclose(late.mean(axis=0), (-0.6, 0.3, 0.0), atol=0.1)
    assert np.abs(late - (-0.6, 0.3, 0.0)).max() < 0.35
    still = list(play(lambda now_s: [Card(4.0, 0.4)], camera, until_s=3.0))
    assert max(math.hypot(*step.tracks[0].velocity_mps) for step in still if step.now_s > 1.5) < 0.25


def test_what_the_motion_filter_claims_is_true() -> None:
    rng = np.random.default_rng(11)
    covariance = np.diag([0.06**2, 0.03**2, 0.02**2])
    inside = []
    for _ in range(60):
        velocity = rng.normal(0, 0.7, 3) * (1, 1, 0)
        motion = Motion(0.0, rng.multivariate_normal(np.zeros(3), covariance), covariance, LIVING)
        for k in range(1, 16):
            motion.see(0.1 * k, 0.1 * k * velocity + rng.multivariate_normal(np.zeros(3), covariance), covariance)
        inside.append(math.dist(motion.position_m(1.5), 1.5 * velocity) < 2 * motion.std_m(1.5))
    assert np.mean(inside) > 0.9
    assert motion.std_m(1.5) < 0.08  # surer than one sighting alone


def test_out_of_sight_a_velocity_carries_on_and_dies_away() -> None:
    motion = Motion(0.0, np.zeros(3), 1e-4 * np.eye(3), LIVING)
    for k in range(1, 21):
        motion.see(0.1 * k, np.array([0.1 * k, 0.0, 0.0]), 1e-4 * np.eye(3))
    assert motion.position_m(4.0)[0] == pytest.approx(2.0 + 0.5 + REST_S * (1 - math.exp(-1.5 / REST_S)), abs=0.1)
    assert motion.velocity_mps(20.0)[0] == pytest.approx(0.0, abs=1e-3)
    assert motion.std_m(4.0) > 0.5 * 1.5


def test_a_box_filter_follows_the_turning_camera_and_starts_anew_behind_it() -> None:
    box = np.array([150.0, 100, 20, 40])
    ahead, aside, behind = look_from(0, 0), look_from(0, 0, pan_rad=0.2), look_from(0, 0, pan_rad=2.5)
    expected = BoxFilter(0.0, box, ahead)
    expected.turn(aside)
    assert expected.ltwh_px(0.1)[0] > 150 + 30  # the camera turned left
    expected.turn(behind)
    expected.see(0.2, box, behind)
    np.testing.assert_allclose(expected.ltwh_px(0.2), box)


def test_a_box_filter_of_a_known_place_moves_and_grows_as_the_camera_drives() -> None:
    """Nothing is left for a velocity in the picture to explain."""
    start, near = look_from(0.0, 0.0), look_from(1.0, 0.3, yaw_rad=-0.1)
    thing_m = np.array([[3.0, 0.2, 0.8]])
    box = np.concatenate((start.project(thing_m)[0] - 10, (20.0, 20.0)))
    boxes = BoxFilter(0.0, box, start)
    boxes.turn(near, thing_m[0])
    found = boxes.ltwh_px(0.1)
    np.testing.assert_allclose(found[:2] + found[2:] / 2, near.project(thing_m)[0], atol=0.01)
    ahead_m = [view.pose.to_camera(thing_m)[0, 2] for view in (start, near)]
    assert found[2] == pytest.approx(20.0 * ahead_m[0] / ahead_m[1])


def test_looks_tell_colours_apart_and_are_nan_without_pixels() -> None:
    bgr = np.zeros((40, 80, 3), np.uint8)
    bgr[:, :40], bgr[:, 40:] = (200, 30, 30), (30, 30, 200)
    rows = np.array([[0, 0, 40, 40], [40, 0, 40, 40], [5, 5, 30, 30], [200, 0, 9, 9], [np.nan, 0, 9, 9], [-50, -50, 9, 9]], np.float32)
    looks = looks_of(bgr, Boxes(rows, np.ones(6, np.float32), np.zeros(6, np.int64)))
    assert looks.shape == (6, LENGTH)
    assert np.isnan(looks[3:]).all()
    differ = unlike(looks[:3], looks[:3])
    assert differ[0, 1] > 0.9
    assert differ[0, 2] < 0.1
