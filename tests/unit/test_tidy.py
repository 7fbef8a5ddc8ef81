"""Putting things on furniture, where they belong or where somebody says: what is done, what is seen, and what is not claimed."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from robot_runtime.act.putting import APART_M, free_spot
from robot_runtime.messages import Utterance, WorldObject
from robot_runtime.world.semantic_map import Surface, load_semantic_map
from safety.files import FileError
from tests.unit.mind_rig import SITE, Rig, Thing, write_site

TABLE = Surface(place="kitchen", centre_m=(2.0, 6.0), yaw_rad=math.pi / 2, size_m=(1.4, 0.9), height_m=0.75)


def rig_at(folder: Path, **belongs: str) -> Rig:
    """A robot in the small home whose map says where things belong; nobody is near enough to take what it lets go."""
    write_site(folder)
    (folder / "semantic_map.yaml").write_text(yaml.safe_dump({**SITE, "belongs": belongs}), encoding="utf-8")
    rig = Rig(str(folder))
    rig.things["red_cup"] = Thing("cup", "red", (0.9, 1.2, 0.47))
    return rig.run(0.5)


def a_thing(x_m: float, y_m: float, held_by: str = "") -> WorldObject:
    return WorldObject("t", "cup", "", "cup", (x_m, y_m, 0.8), "kitchen", "", held_by, 0.0, 1.0, "seen")


# ------------------------------------------------------------ where


def test_a_spot_is_on_the_side_from_which_the_robot_comes_and_off_the_edge() -> None:
    assert free_spot(TABLE, [], (5.0, 6.0)) == pytest.approx((2.31, 6.0), abs=0.03)
    assert free_spot(TABLE, [], (2.0, 9.0)) == pytest.approx((2.0, 6.56), abs=0.03)


def test_a_spot_is_apart_from_what_stands_there_but_not_from_what_is_carried() -> None:
    taken = a_thing(2.31, 6.0)
    spot = free_spot(TABLE, [taken], (5.0, 6.0))
    assert spot is not None and math.dist(spot, taken.position_m[:2]) >= APART_M
    assert free_spot(TABLE, [a_thing(2.31, 6.0, "robot")], (5.0, 6.0)) == pytest.approx((2.31, 6.0), abs=0.03)


def test_what_is_narrow_is_used_along_its_middle() -> None:
    ledge = Surface(place="kitchen", centre_m=(0.0, 0.0), size_m=(1.0, 0.2), height_m=0.5)
    spot = free_spot(ledge, [], (0.0, 3.0))
    assert spot is not None and spot[1] == 0.0


def test_there_may_be_no_room() -> None:
    stool = Surface(place="kitchen", centre_m=(0.0, 0.0), size_m=(0.3, 0.3), height_m=0.5)
    assert free_spot(stool, [WorldObject("t", "cup", "", "cup", (0.0, 0.0, 0.55), "", "", "", 0.0, 1.0, "seen")], (1.0, 0.0)) is None


# ------------------------------------------------------------ done and seen


def test_a_thing_comes_to_where_its_kind_belongs_and_is_seen_there(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, cup="kitchen table")
    rig.hear("tidy", object="red cup").run(30)
    assert rig.said == ["I will take the red cup to the kitchen table.", "The red cup is on the kitchen table."]
    assert rig.statuses("tidy")[-1] == "tidy succeeded"
    assert [name.split("(")[0] for name in dict.fromkeys(rig.proposed)] == ["tidy", "approach", "pick", "put"]
    assert "put(red_cup, kitchen table)" in rig.proposed
    assert rig.holding == ""
    x_m, y_m, z_m = rig.things["red_cup"].position_m
    assert TABLE.model_copy(update={"yaw_rad": 0.0}).is_under(x_m, y_m, z_m)
    assert z_m == pytest.approx(0.75 + (0.47 - 0.42) + 0.02, abs=0.01)  # as high above this table as it was grasped above the other


def test_what_somebody_says_counts_more_than_where_it_belongs(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, book="coffee table")
    rig.hear("tidy", object="blue book", surface="kitchen table").run(30)
    assert rig.said[-1] == "The blue book is on the kitchen table."


def test_so_does_the_room_that_somebody_says(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, book="coffee table")
    rig.hear("tidy", object="blue book", place="kitchen").run(1)
    assert "tidy(blue_book, kitchen table)" in rig.proposed


def test_a_colour_counts_more_than_a_kind(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, **{"cup": "coffee table", "red cup": "kitchen table"})
    rig.hear("tidy", object="red cup").run(1)
    assert "tidy(red_cup, kitchen table)" in rig.proposed


def test_free_text_names_the_thing_and_the_table(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    words = "could you put the red cup on the kitchen table please"
    rig.send("speech/heard", Utterance(rig.now_s, "u", "", "", (), 0.5, rig.now_s, rig.now_s, "anna", "en", "test", free_text=words)).run(1)
    assert "tidy(red_cup, kitchen table)" in rig.proposed


# ------------------------------------------------------------ told


def test_what_is_told_of_a_thing_counts_more_than_the_map_and_the_newest_most(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, cup="coffee table")
    rig.hear("remember_place", object="cup", surface="coffee table").run(3).hear(
        "remember_place", "rose", object="mug", surface="kitchen table"
    ).run(3)
    assert rig.said == ["I will remember that.", "I will remember that."]
    assert [(note.person_id, note.value) for note in rig.mind._services.situation.notes] == [
        ("anna", "cup on coffee table"),
        ("rose", "cup on kitchen table"),
    ]
    rig.hear("tidy", object="red cup").run(1)
    assert "tidy(red_cup, kitchen table)" in rig.proposed


def test_who_says_otherwise_takes_back_what_they_said(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.hear("remember_place", object="cup", surface="coffee table").run(3).hear(
        "remember_place", object="cup", surface="kitchen table"
    ).run(3)
    assert [note.value for note in rig.mind._services.situation.notes] == ["cup on kitchen table"]


def test_what_nobody_present_told_is_not_kept(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.hear("remember_place", "", object="cup", surface="kitchen table").run(3)
    assert rig.said == ["I cannot tell who is asking."]
    assert rig.sent("world/note") == []


# ------------------------------------------------------------ honest


def test_where_nothing_is_known_of_its_place_nothing_moves(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.hear("tidy", object="red cup").run(2)
    assert rig.said == ["I do not know where the red cup belongs. Tell me where to put it, please."]
    assert rig.proposed == []


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, book="coffee table")
    rig.hear("tidy", object="blue book").run(2)
    assert rig.said == ["The blue book is on the coffee table already."]
    assert rig.proposed == []


def test_several_tables_lead_to_a_question(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.pose = (9.0, 9.0, 0.0)
    rig.run(0.5).hear("tidy", object="red cup", surface="table").run(2)
    assert "kitchen table" in rig.said[0] and "coffee table" in rig.said[0] and rig.said[0].endswith("?")
    assert rig.proposed == []


def test_what_somebody_holds_is_theirs(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, cup="kitchen table")
    rig.things["red_cup"].held_by = "anna"
    rig.run(0.5).hear("tidy", object="red cup").run(2)
    assert rig.said == ["You have the red cup now."]


def test_nothing_is_claimed_that_was_not_seen(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, cup="kitchen table")
    rig.hear("tidy", object="red cup")
    assert rig.run_until(lambda: "put running" in rig.statuses())
    rig.things["red_cup"].visible = False
    rig.run(30)
    assert rig.holding == ""
    assert rig.said[-1] == "I could not see that it worked."
    assert rig.statuses("tidy")[-1] == "tidy failed"


def test_a_gripper_that_does_not_open_has_put_nothing(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, cup="kitchen table")
    rig._let_go = lambda: None  # type: ignore[method-assign]
    rig.hear("tidy", object="red cup").run(60)
    assert any("I could not let go of the red cup." in text for text in rig.said)
    assert "tidy succeeded" not in rig.statuses()


def test_a_map_with_an_unknown_surface_says_so(tmp_path: Path) -> None:
    (tmp_path / "semantic_map.yaml").write_text(yaml.safe_dump({**SITE, "belongs": {"cup": "moon"}}), encoding="utf-8")
    with pytest.raises(FileError, match=r"belongs\.cup: 'moon' is none of the surfaces; known: "):
        load_semantic_map(str(tmp_path))
