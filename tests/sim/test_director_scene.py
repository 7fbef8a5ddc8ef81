"""What the director sees of speeds, standstill, verdicts and places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from robot_runtime.messages import SimState
from sim.mjcf import load_model
from sim.truth import truth_reader

if TYPE_CHECKING:
    from tests.sim.conftest import SceneStage


def test_speed_is_measured(stage: SceneStage) -> None:
    stage.drive_mps = 0.4
    stage.run(1.0)
    assert stage.scene.speed_mps == pytest.approx(0.4)
    assert stage.scene.moving_for_s() == pytest.approx(0.9, abs=0.11)
    assert stage.scene.still_for_s() == 0.0


def test_standstill_is_dated_back_to_when_it_began(stage: SceneStage) -> None:
    stage.drive_mps = 0.4
    stage.run(1.0)
    stopped_s = stage.now_s - 0.05
    stage.drive_mps = 0.0
    stage.run(1.0)
    assert stage.scene.still_since_s == pytest.approx(stopped_s, abs=0.051)
    assert stage.scene.moving_for_s() == 0.0


def test_turning_is_not_standing_still(stage: SceneStage) -> None:
    stage.run(0.5)
    assert stage.scene.is_still
    x, y, _ = stage.robot
    for i in range(10):
        stage.robot = (x, y, 3.1 + 0.02 * i)  # across the jump from pi to -pi
        stage.tick()
    assert not stage.scene.is_still
    assert stage.scene.turn_radps == pytest.approx(0.4, rel=0.01)


def test_a_verdict_finds_its_action_whichever_comes_first(stage: SceneStage) -> None:
    stage.judges("allow", "late")
    stage.tick()
    assert stage.scene.verdicts == []
    stage.proposes("fetch", "red_cup", action_id="late")
    stage.tick()
    assert [judged.action.skill for judged in stage.scene.verdicts] == ["fetch"]
    stage.tick()
    assert stage.scene.verdicts == []


@pytest.mark.parametrize(
    ("position", "holder", "support"),
    [((2.6, 5.87, 0.8), "", "kitchen table"), ((2.6, 5.87, 0.8), "anna", ""), ((4.0, 3.0, 0.05), "", ""), ((2.6, 5.87, 1.4), "", "")],
)
def test_support(stage: SceneStage, position: tuple[float, float, float], holder: str, support: str) -> None:
    stage.objects["red_cup"] = position
    stage.holders = {"red_cup": holder} if holder else {}
    stage.tick()
    assert stage.scene.support("red_cup") == support


def test_room(stage: SceneStage) -> None:
    stage.tick()
    assert stage.scene.room() == "living room"


def test_truth_is_read_from_a_state_of_the_model() -> None:
    model, layout = load_model("sim/homes/family_home", looks=False)
    base = model.joint("base").qposadr[0]
    qpos = [0.0] * model.nq
    qpos[base : base + 7] = [1.0, 2.0, 0.0, 0.7071068, 0.0, 0.0, 0.7071068]
    mocap = [float(i) for i in range(3 * model.nmocap)]
    state = SimState(7.0, tuple(qpos), tuple(mocap), (), ("leo",), ())
    truth = truth_reader("sim/homes/family_home")(state)
    torso, cup = layout.segments["leo"][0], layout.objects["red_cup"]
    assert truth.robot == pytest.approx((1.0, 2.0, 1.5708), abs=1e-4)
    assert truth.people["leo"] == (3.0 * torso, 3.0 * torso + 1)
    assert truth.objects["red_cup"] == (3.0 * cup, 3.0 * cup + 1, 3.0 * cup + 2)
    assert truth.speaking == ("leo",) and truth.stamp_s == 7.0
