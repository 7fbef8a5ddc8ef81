"""Dancing, gestures, the way to its own place and rounds through the home: what is done, and what is not claimed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.mind_rig import SITE, Rig, write_site


def rig_at(folder: Path, **site: object) -> Rig:
    """A robot in the small home, with more written into its map."""
    write_site(folder)
    (folder / "semantic_map.yaml").write_text(yaml.safe_dump({**SITE, **site}), encoding="utf-8")
    return Rig(str(folder)).run(0.5)


# ------------------------------------------------------------ dance


def test_a_dance_turns_to_and_fro_on_the_spot(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.hear("dance").run(8)
    assert rig.said == ["Watch me.", "That was my dance."]
    assert [round(goal.yaw_rad, 1) for goal in rig.goals] == [1.2, -1.2, 1.2, 0.0]
    assert {(goal.x_m, goal.y_m) for goal in rig.goals} == {(3.0, 2.0)}


def test_a_base_that_does_not_turn_has_not_danced(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig._arrive = lambda goal: None  # type: ignore[method-assign]
    rig.hear("dance").run(12)
    assert rig.said[-1] == "I could not see that it worked."


def test_nobody_dances_with_a_cup_in_the_hand(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.holding = "red_cup"
    rig.run(0.5).hear("dance").run(2)
    assert "I am holding the red cup, so I cannot do that." in rig.said[-1]
    assert rig.goals == []


# ------------------------------------------------------------ gesture


@pytest.mark.parametrize(
    ("motion", "joint"), [("nod your head", "head_tilt"), ("shake your head", "head_pan"), ("wave to me", "lift"), ("wave goodbye", "lift")]
)
def test_a_gesture_swings_its_joint_and_ends_where_it_began(tmp_path: Path, motion: str, joint: str) -> None:
    rig = rig_at(tmp_path)
    before = rig.joints[joint]
    rig.hear("gesture", motion=motion).run(3)
    positions = [dict(zip(p.names, p.positions, strict=True)).get(joint) for p in rig.sent("joints/proposed")]
    moved = [position for position in positions if position is not None]
    assert max(moved) - min(moved) >= 0.1
    assert rig.statuses()[-1] == "gesture succeeded"
    if joint == "lift":
        assert rig.joints[joint] == pytest.approx(before)


def test_a_joint_that_stays_where_it_is_has_made_no_gesture(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.joints_move = False
    rig.hear("gesture", motion="nod your head").run(25)
    assert rig.said[-1].startswith("My arm does not move as it should.")
    assert "gesture succeeded" not in rig.statuses()


# ------------------------------------------------------------ dock


def test_it_drives_to_its_own_place(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, dock_m=[5.0, 1.0, 1.57])
    rig.hear("dock").run(3)
    assert (rig.goals[0].x_m, rig.goals[0].y_m, rig.goals[0].yaw_rad) == (5.0, 1.0, 1.57)
    assert rig.said == ["I am going to my place.", "I am at my place."]


def test_without_a_place_of_its_own_it_says_so(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.hear("dock").run(2)
    assert rig.said[-1].startswith("Nobody has told me where my place is.")
    assert rig.goals == []


def test_a_place_that_is_no_number_is_refused(tmp_path: Path) -> None:
    from robot_runtime.world.semantic_map import load_semantic_map
    from safety.files import FileError

    write_site(tmp_path)
    (tmp_path / "semantic_map.yaml").write_text("dock_m: [1.0, .nan, 0.0]\n", encoding="utf-8")
    with pytest.raises(FileError, match="dock_m"):
        load_semantic_map(str(tmp_path))


# ------------------------------------------------------------ patrol


def test_a_round_goes_through_every_room(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.hear("patrol").run(12)
    assert [(goal.x_m, goal.y_m) for goal in rig.goals] == [(3.0, 2.0), (3.0, 5.0)]
    assert rig.said == ["I will make my rounds.", "I have been everywhere that I may go."]


def test_a_round_leaves_the_bathroom_out(tmp_path: Path) -> None:
    places = {**SITE["places"], "bathroom": {"polygon_m": [[6, 0], [8, 0], [8, 4], [6, 4]], "waypoint_m": [7.0, 2.0, 0.0]}}
    rig = rig_at(tmp_path, places=places)
    rig.hear("patrol").run(12)
    assert all(goal.x_m < 6 for goal in rig.goals)
    assert rig.said[-1] == "I have been everywhere that I may go."


def test_a_room_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    rig = rig_at(tmp_path)
    rig.drive_phase = "failed"
    rig.hear("patrol").run(12)
    assert rig.said[-1].startswith("I could not get everywhere. I was not in the kitchen.")
    assert "patrol succeeded" not in rig.statuses()
