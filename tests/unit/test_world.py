"""How the world merges what is seen, held, told and not found."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from robot_runtime.messages import (
    Detection,
    Detections,
    GripperState,
    JointPositions,
    People,
    Person,
    RobotPose,
    WorldFacts,
    WorldMemory,
    WorldObject,
)
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.view import is_clearly_in_view
from robot_runtime.world.world import World
from safety.files import FileError
from tests.unit.mind_rig import a_person, write_site

TABLE = (2.5, 6.1, 0.8)


class Home:
    """A world with a robot at (2.5, 4.6) that looks at the kitchen table."""

    def __init__(self, site: str, **config: Any) -> None:
        self.world = World(WorldConfig(site=site, **config))
        self.now_s = 0.0
        self.pose = (2.5, 4.6, math.pi / 2)
        self.joints = {"arm": 0.0, "lift": 0.8, "head_pan": 0.0, "head_tilt": 0.25}

    def step(
        self, *seen: Detection, people: tuple[Person, ...] | None = None, holding: str | None = None, blind: bool = False
    ) -> WorldFacts:
        self.now_s = round(self.now_s + 0.2, 6)
        inbox: dict[str, list[Any]] = {
            "pose": [RobotPose(self.now_s, *self.pose, 0.02)],
            "joint_states": [JointPositions(self.now_s, tuple(self.joints), tuple(self.joints.values()))],
        }
        if not blind:
            inbox["detections"] = [Detections(self.now_s, "test", 320, 240, seen)]
        if people is not None:
            inbox["people"] = [People(self.now_s, "test", people)]
        if holding is not None:
            inbox["gripper/state"] = [GripperState(self.now_s, bool(holding), holding, "cup")]
        topic, facts = self.world.step(inbox, self.now_s)[0]
        assert topic == "world/facts"
        result: WorldFacts = facts
        return result

    def look(self, times: int, *seen: Detection, **more: Any) -> WorldFacts:
        facts = self.step(*seen, **more)
        for _ in range(times - 1):
            facts = self.step(*seen, **more)
        return facts


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(write_site(tmp_path))


def cup(
    track: str = "red_cup", at: tuple[float, float, float] = TABLE, held_by: str = "", colour: str = "red", score: float = 0.9
) -> Detection:
    return Detection(track, "cup", colour, score, (0, 0, 9, 9), at, 0.02, "", held_by)


def only(facts: WorldFacts) -> WorldObject:
    [thing] = facts.objects
    return thing


def test_facts_are_published_from_the_first_step_even_if_empty(home: Home) -> None:
    assert home.world.step({}, 0.0) == [("world/facts", WorldFacts(0.0, "", (), ())), ("world/memory", WorldMemory(0.0, ()))]


def test_seen_object_gets_name_place_support_and_time(home: Home) -> None:
    thing = only(home.step(cup()))
    assert (thing.id, thing.name, thing.place, thing.support) == ("red_cup", "red cup", "kitchen", "kitchen table")
    assert (thing.last_seen_s, thing.provenance) == (0.2, "seen")
    assert thing.confidence == pytest.approx(0.9)


def test_support_that_perception_names_is_taken(home: Home) -> None:
    detection = Detection("ball", "ball", "", 0.9, (0, 0, 9, 9), (5.0, 1.0, 0.1), 0.02, "floor", "")
    assert only(home.step(detection)).support == "floor"


def test_unseen_object_is_remembered_where_it_was(home: Home) -> None:
    home.step(cup())
    home.pose = (1.0, 1.0, 0.0)
    thing = only(home.look(20))
    assert (thing.position_m, thing.last_seen_s, thing.place) == (TABLE, 0.2, "kitchen")
    assert thing.confidence > 0.85


def test_confidence_moves_towards_the_score_and_fades_with_time(home: Home) -> None:
    home.step(cup(score=0.9))
    assert only(home.step(cup(score=0.5))).confidence == pytest.approx(0.9 - 0.4 * 0.4, abs=1e-3)
    home.pose, home.now_s = (1.0, 1.0, 0.0), 3600.2
    assert only(home.step()).confidence == pytest.approx(0.37, abs=0.01)


def test_place_in_clear_view_without_the_thing_contradicts(home: Home) -> None:
    home.step(cup())
    assert only(home.look(7)).confidence > 0.85
    assert only(home.look(2)).confidence == pytest.approx(0.27, abs=0.01)
    assert only(home.look(8)).confidence < 0.1


@pytest.mark.parametrize(
    "change",
    [
        {"pose": (2.5, 4.6, -math.pi / 2)},
        {"pose": (2.5, 3.0, math.pi / 2)},
        {"pose": (2.5, 5.8, math.pi / 2)},
        {"pan": 1.2},
        {"tilt": -0.7},
    ],
    ids=["turned away", "too far", "too near", "head turned", "head raised"],
)
def test_what_is_not_in_clear_view_is_not_contradicted(home: Home, change: dict[str, Any]) -> None:
    home.step(cup())
    home.pose = change.get("pose", home.pose)
    home.joints |= {"head_pan": change.get("pan", 0.0), "head_tilt": change.get("tilt", 0.25)}
    assert only(home.look(20)).confidence > 0.85


def test_person_in_the_line_of_sight_hides_it(home: Home) -> None:
    home.step(cup())
    assert only(home.look(20, people=(a_person("anna", "adult", 2.5, 5.4),))).confidence > 0.85


def test_blind_robot_contradicts_nothing(home: Home) -> None:
    home.step(cup())
    assert only(home.look(20, blind=True)).confidence > 0.85


def test_new_track_near_a_remembered_twin_is_that_thing(home: Home) -> None:
    home.step(cup("t1"))
    thing = only(home.step(cup("t2", at=(2.6, 6.2, 0.8))))
    assert (thing.id, thing.position_m) == ("t1", (2.6, 6.2, 0.8))


@pytest.mark.parametrize(
    "other",
    [cup("t2", at=(1.6, 6.1, 0.8)), cup("t2", colour="blue"), Detection("t2", "bowl", "red", 0.9, (0, 0, 9, 9), TABLE, 0.02, "", "")],
    ids=["far", "other colour", "other class"],
)
def test_new_track_that_differs_is_a_new_thing(home: Home, other: Detection) -> None:
    home.step(cup("t1"))
    assert [thing.id for thing in home.step(other).objects] == ["t1", "t2"]


def test_two_twins_in_one_picture_stay_two(home: Home) -> None:
    home.step(cup("t1"))
    facts = home.step(cup("t1"), cup("t2", at=(2.7, 6.1, 0.8)))
    assert [thing.id for thing in facts.objects] == ["t1", "t2"]
    facts = home.step(cup("t3", at=(2.7, 6.1, 0.8)), cup("t1"))
    assert [thing.id for thing in facts.objects] == ["t1", "t2"]


@pytest.mark.parametrize("bad", [cup(at=(math.nan, 6.1, 0.8)), cup(at=(math.inf, 6.1, 0.8)), cup(score=math.nan)])
def test_broken_detection_is_ignored(home: Home, bad: Detection) -> None:
    assert home.step(bad).objects == ()


def test_gripper_takes_carries_and_gives(home: Home) -> None:
    anna = (a_person("anna", "adult", 3.4, 2.0),)
    home.step(cup(), people=anna)
    thing = only(home.step(people=anna, holding="red_cup"))
    assert (thing.held_by, thing.support) == ("robot", "")
    home.pose = (2.6, 2.0, 0.0)
    thing = only(home.step(people=anna, holding="red_cup"))
    assert thing.position_m == pytest.approx((2.92, 2.0, 0.8))
    assert thing.place == "living room"
    thing = only(home.step(people=anna, holding=""))
    assert (thing.held_by, thing.provenance, thing.position_m[:2]) == ("anna", "inferred", (3.4, 2.0))


def test_thing_let_go_of_far_from_people_is_where_the_gripper_opened(home: Home) -> None:
    home.pose = (2.5, 5.68, math.pi / 2)
    home.step(cup(), holding="red_cup")
    thing = only(home.step(holding=""))
    assert (thing.held_by, thing.support) == ("", "kitchen table")
    assert thing.position_m == pytest.approx((2.5, 6.0, 0.8))


def test_thing_put_on_a_table_beside_somebody_is_on_the_table(home: Home) -> None:
    home.pose = (2.5, 5.68, math.pi / 2)
    home.step(cup(), people=(a_person("anna", "adult", 2.5, 6.6),), holding="red_cup")
    assert only(home.step(holding="")).held_by == ""


def test_sight_corrects_what_was_inferred(home: Home) -> None:
    home.step(cup(), people=(a_person("anna", "adult", 2.7, 4.9),), holding="red_cup")
    assert only(home.step(holding="")).held_by == "anna"
    thing = only(home.step(cup(at=(2.7, 4.9, 0.05))))
    assert (thing.held_by, thing.provenance) == ("", "seen")


def test_thing_in_a_persons_hand_goes_with_them(home: Home) -> None:
    home.step(cup(held_by="anna"), people=(a_person("anna", "adult", 2.5, 6.0),))
    thing = only(home.step(people=(a_person("anna", "adult", 1.0, 1.0),)))
    assert (thing.position_m[:2], thing.place) == ((1.0, 1.0), "living room")


def test_gripper_that_holds_what_was_never_seen_makes_it_known(home: Home) -> None:
    thing = only(home.step(holding="mystery"))
    assert (thing.id, thing.class_name, thing.held_by, thing.provenance) == ("mystery", "cup", "robot", "inferred")


def test_robot_place_follows_a_fresh_pose_only(home: Home) -> None:
    assert home.step().robot_place == "kitchen"
    _, facts = home.world.step({}, home.now_s + 2)[0]
    assert facts.robot_place == ""
    _, facts = home.world.step({"pose": [RobotPose(5.0, math.nan, 1.0, 0.0, 0.1)]}, 5.0)[0]
    assert facts.robot_place == ""


def test_people_who_are_not_named_any_more_stay_known_but_unseen(home: Home) -> None:
    home.step(people=(a_person("anna", "adult", 3.0, 3.0), a_person("leo", "child", 4.0, 3.0)))
    facts = home.step(people=(a_person("leo", "child", 4.5, 3.0),))
    assert {person.id: (person.seen, person.position_m[0]) for person in facts.people} == {"anna": (False, 3.0), "leo": (True, 4.5)}


def test_person_without_a_place_is_not_moved(home: Home) -> None:
    home.step(people=(a_person("anna", "adult", 3.0, 3.0),))
    facts = home.step(people=(a_person("anna", "adult", math.nan, 3.0),))
    assert [(person.position_m[0], person.seen) for person in facts.people] == [(3.0, False)]


def test_reset_forgets(home: Home) -> None:
    home.step(cup(), people=(a_person("anna", "adult", 3.0, 3.0),))
    home.world.reset()
    _, facts = home.world.step({}, 9.0)[0]
    assert (facts.objects, facts.people) == ((), ())


# ------------------------------------------------------------ what it was told


def tell(site: Path, **things: dict[str, Any]) -> str:
    folder = write_site(site)
    (site / "things.yaml").write_text(yaml.safe_dump({"things": things}), encoding="utf-8")
    return folder


def test_told_things_are_known_before_anything_is_seen(tmp_path: Path) -> None:
    home = Home(tell(tmp_path, mug={"class_name": "cup", "colour": "red", "position_m": [2.4, 6.0, 0.8]}))
    home.pose = (1.0, 1.0, 0.0)
    thing = only(home.step())
    assert (thing.name, thing.place, thing.support, thing.provenance) == ("red cup", "kitchen", "kitchen table", "told")
    assert (thing.confidence, thing.last_seen_s) == (0.7, -math.inf)


def test_sight_confirms_or_contradicts_what_was_told(tmp_path: Path) -> None:
    site = tell(tmp_path, mug={"class_name": "cup", "colour": "red", "position_m": [2.4, 6.0, 0.8]})
    seen = only(Home(site).step(cup("t9")))
    assert (seen.id, seen.provenance, seen.position_m) == ("mug", "seen", TABLE)
    assert only(Home(site).look(10)).confidence == pytest.approx(0.21)


def test_file_of_told_things_is_checked(tmp_path: Path) -> None:
    site = tell(tmp_path, mug={"class_name": "cup", "color": "red", "position_m": [2.4, 6.0, 0.8]})
    with pytest.raises(FileError, match="colour"):
        World(WorldConfig(site=site))


# ------------------------------------------------------------ view


@pytest.mark.parametrize(
    ("point", "pan", "tilt", "visible"),
    [
        ((2.0, 0.0, 0.8), 0.0, 0.25, True),
        ((2.0, 0.0, 0.8), 0.5, 0.25, True),
        ((2.0, 0.0, 0.8), 0.6, 0.25, False),
        ((0.0, 2.0, 0.8), math.pi / 2, 0.25, True),
        ((-2.0, 0.0, 0.8), 0.0, 0.25, False),
        ((2.0, 0.0, 0.0), 0.0, 0.25, True),
        ((1.0, 0.0, 0.0), 0.0, 0.25, False),
        ((1.0, 0.0, 0.0), 0.0, 0.8, True),
        ((3.0, 0.0, 0.8), 0.0, 0.25, False),
        ((0.3, 0.0, 0.8), 0.0, 0.9, False),
    ],
)
def test_clear_view(point: tuple[float, float, float], pan: float, tilt: float, visible: bool) -> None:
    pose = RobotPose(0.0, 0.0, 0.0, 0.0, 0.02)
    assert is_clearly_in_view(point, pose, pan, tilt, 1.25, 1.31, 4 / 3, (0.5, 2.5)) is visible


def test_somebody_without_a_name_is_forgotten_after_a_while(home: Home) -> None:
    anna, ghost = a_person("anna", "adult", 3.0, 3.0), replace(a_person("person-3", "unknown", 4.0, 3.0), name="")
    home.step(people=(anna, ghost))
    home.now_s = 599.0
    assert [person.id for person in home.step().people] == ["anna", "person-3"]
    home.now_s = 600.5
    assert [person.id for person in home.step().people] == ["anna"]
    assert [person.id for person in home.step(people=(replace(ghost, last_seen_s=600.0),)).people] == ["anna", "person-3"]


def test_a_thing_whose_colour_cannot_be_told_is_still_the_one_that_lay_there(home: Home) -> None:
    home.step(cup())
    thing = only(home.step(cup("cup-7", (2.52, 6.12, 0.8), colour="")))
    assert (thing.id, thing.colour, thing.name) == ("red_cup", "red", "red cup")
    others = home.step(cup("cup-8", (2.52, 6.12, 0.8), colour="blue")).objects
    assert [other.colour for other in others] == ["red", "blue"], "another colour is another cup"


def test_a_stranger_whom_the_eyes_know_now_leaves_no_ghost(home: Home) -> None:
    stranger = replace(a_person("person-1", "adult", 2.5, 5.0), name="", seen=True, last_seen_s=0.2)
    home.step(people=(stranger,))
    facts = home.step(people=(replace(stranger, id="anna", name="Anna", last_seen_s=0.4),))
    assert [person.id for person in facts.people] == ["anna"]


def test_a_stranger_who_left_is_remembered(home: Home) -> None:
    stranger = replace(a_person("person-1", "adult", 2.5, 5.0), name="", seen=True, last_seen_s=0.2)
    home.step(people=(stranger,))
    home.step(people=(replace(stranger, seen=False),))
    assert [person.id for person in home.step(people=()).people] == ["person-1"]


# ------------------------------------------------------------ one cup is not another

RED_AT, BLUE_AT = (2.6, 5.85, 0.8), (2.33, 5.95, 0.8)


@pytest.fixture
def cups(tmp_path: Path) -> Home:
    """Somebody told of a red cup and a blue one, 0.29 m apart."""
    red, blue = ({"class_name": "cup", "colour": colour, "position_m": list(at)} for colour, at in (("red", RED_AT), ("blue", BLUE_AT)))
    return Home(tell(tmp_path, red_cup=red, blue_cup=blue))


def known(facts: WorldFacts) -> dict[str, tuple[str, tuple[float, ...]]]:
    return {thing.id: (thing.name, tuple(round(value, 2) for value in thing.position_m)) for thing in facts.objects}


BOTH = {"red_cup": ("red cup", RED_AT), "blue_cup": ("blue cup", BLUE_AT)}


@pytest.mark.parametrize("on_the_way", [(), ((2.5, 5.89, 0.8), (2.42, 5.92, 0.8))], ids=["jumps", "slides"])
@pytest.mark.parametrize("blue_is_seen", [True, False])
def test_a_track_that_comes_to_sit_on_the_blue_cup_does_not_make_the_red_one_blue(
    cups: Home, on_the_way: tuple[tuple[float, float, float], ...], blue_is_seen: bool
) -> None:
    blue = [cup("cup-1", BLUE_AT, colour="blue")] if blue_is_seen else []
    cups.look(8, cup("cup-2", RED_AT), *blue)
    for at in on_the_way:
        cups.step(cup("cup-2", at))
    cups.look(4, cup("cup-2", BLUE_AT))
    facts = cups.look(20, cup("cup-2", BLUE_AT, colour="blue"), cup("cup-4", RED_AT))
    assert known(facts) == BOTH


def test_a_track_that_jumps_does_not_carry_its_thing_along(cups: Home) -> None:
    cups.look(8, cup("cup-2", RED_AT))
    facts = known(cups.step(cup("cup-2", BLUE_AT)))
    assert facts == BOTH
    facts = known(cups.step(cup("cup-2", (2.0, 6.1, 0.8))))
    assert BOTH.items() <= facts.items()


def test_a_thing_that_is_carried_in_view_or_while_nobody_looks_is_the_same(cups: Home) -> None:
    cups.look(8, cup("cup-2", RED_AT))
    for k in range(10):
        cups.step(cup("cup-2", (2.6 - 0.12 * k, 5.85, 0.9)))
    assert known(cups.step(cup("cup-2", (1.5, 5.85, 0.8))))["red_cup"] == ("red cup", (1.5, 5.85, 0.8))
    cups.look(5)
    assert known(cups.step(cup("cup-2", (2.2, 5.85, 0.8))))["red_cup"] == ("red cup", (2.2, 5.85, 0.8))


def test_a_shade_does_not_rename_a_thing_and_another_colour_that_lasts_is_another_thing(cups: Home) -> None:
    cups.look(8, cup("cup-2", RED_AT))
    assert known(cups.look(2, cup("cup-2", RED_AT, colour="brown"))) == BOTH
    assert known(cups.look(8, cup("cup-2", RED_AT))) == BOTH
    swapped = known(cups.look(3, cup("cup-2", RED_AT, colour="green")))
    assert swapped == {**BOTH, "cup-2": ("green cup", RED_AT)}


def test_a_colour_that_was_told_of_once_was_chance(home: Home) -> None:
    home.step(cup("cup-1", colour="brown"))
    assert only(home.step(cup("cup-1"))).name == "red cup"


def test_twins_at_one_place_are_one_unless_they_were_seen_beside_each_other(home: Home) -> None:
    """The eyes lost a cup and found it twice."""
    home.look(6, cup("t1"))
    assert len(home.step(cup("t2", (3.3, 6.1, 0.8))).objects) == 2
    thing = only(home.step(cup("t2", (2.58, 6.1, 0.8))))
    assert (thing.id, thing.position_m) == ("t1", (2.58, 6.1, 0.8)), "it is where it was seen last"
    home.step(cup("t2", (2.58, 6.1, 0.8)), cup("t3", (2.68, 6.1, 0.8)))
    assert [thing.id for thing in home.look(9, cup("t3", (2.68, 6.1, 0.8))).objects] == ["t1", "t3"]


def test_a_ghost_of_a_thing_goes_when_the_thing_is_seen_at_its_place(home: Home) -> None:
    home.look(6, cup("t1"))
    home.step(cup("t2", (3.3, 6.1, 0.8)))
    assert [thing.id for thing in home.step(cup("t1", (2.6, 6.1, 0.8))).objects] == ["t1", "t2"]
    assert [thing.id for thing in home.look(9, cup("t1", (3.25, 6.1, 0.8))).objects] == ["t1"]


def test_a_thing_seen_twice_in_one_picture_is_one(home: Home) -> None:
    home.look(3, cup("t1"))
    for _ in range(6):
        assert only(home.step(cup("t1"), cup("t2", (2.51, 6.11, 0.8)))).id == "t1"


def test_what_has_no_colour_yet_is_no_twin_farther_away_but_becomes_one_with_its_colour(cups: Home) -> None:
    between = (2.85, 5.85, 0.8)
    facts = known(cups.step(cup("cup-7", between, colour="")))
    assert facts == {**BOTH, "cup-7": ("cup", between)}
    assert known(cups.step(cup("cup-7", between))) == {**BOTH, "red_cup": ("red cup", between)}


def test_a_cup_taken_for_an_apple_at_first_is_the_cup_and_the_apple_was_never_there(cups: Home) -> None:
    apple = Detection("apple-1", "apple", "red", 0.7, (0, 0, 9, 9), RED_AT, 0.03, "", "")
    assert set(known(cups.look(7, apple))) == {*BOTH, "apple-1"}
    assert known(cups.look(3, cup("apple-1", RED_AT))) == BOTH


def test_a_new_track_takes_nothing_from_one_that_is_known_whatever_their_order(home: Home) -> None:
    home.look(6, cup("t1"))
    facts = home.step(cup("t2", (2.7, 6.1, 0.8)), cup("t1"))
    assert known(facts) == {"t1": ("red cup", TABLE), "t2": ("red cup", (2.7, 6.1, 0.8))}
