"""The spine's figures, on hand-made recordings whose delays are known."""

from dataclasses import dataclass, field

import pytest

from robot_runtime.bench import spine
from robot_runtime.messages import People, SafetyState, SimState, Utterance, Velocity
from robot_runtime.observe.run import Run


@dataclass
class Truth:
    stamp_s: float
    robot: tuple[float, float, float]
    people: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def robot_xy(self) -> tuple[float, float]:
        return self.robot[0], self.robot[1]


def truth_at(stamp_s: float) -> Truth:
    """The base drives with 0.5 m/s from 1.0 s to 2.3 s."""
    return Truth(stamp_s, (0.5 * max(0.0, min(stamp_s, 2.3) - 1.0), 0.0, 0.0))


def safety(stamp_s: float, mode: str, cause: str) -> SafetyState:
    return SafetyState(stamp_s, mode, (cause,), 0.0, 0.8, 0.8, 0.0, 0.0)


@pytest.fixture
def rows() -> dict[str, float]:
    """Heard until 0.5 s; emitted from 0.9 s to 2.15 s, when the picture of 2.13 s shows somebody in the way."""
    stamps = [round(0.05 * i, 2) for i in range(80)]
    emitted = [("cmd_vel", Velocity(s, 0.5 if 0.9 <= s < 2.15 else 0.0, 0.0)) for s in stamps]
    states = [("sim/state", SimState(s, (), (), (), (), ())) for s in stamps]
    pictures = [("people", People(round(0.03 + 0.1 * i, 2), "test", ())) for i in range(40)]
    modes = [
        ("safety/state", safety(0.5, "running", "child at 1.0 m")),
        ("safety/state", safety(2.14, "protective_stop", "child at 0.8 m in the way")),
        ("safety/state", safety(3.0, "running", "")),
        ("safety/state", safety(3.5, "protective_stop", "child at 0.8 m in the way")),  # standing already: no stop to measure
    ]
    heard = Utterance(0.8, "u", "go to the kitchen", "go_to", (), 0.9, 0.0, 0.5, "anna", "en", "e")
    run = Run.of([("speech/heard", heard), *emitted, *states, *pictures, *modes])
    return {row.name: row.p50_ms for row in spine.figures(run, lambda state: truth_at(state.stamp_s))}


def test_command_to_motion(rows: dict[str, float]) -> None:
    assert rows["end of speech → first velocity emitted"] == pytest.approx(400, abs=1)
    assert rows["end of speech → the base really moves"] == pytest.approx(550, abs=1)


def test_person_to_standstill(rows: dict[str, float]) -> None:
    assert rows["person seen in the path → velocity zero"] == pytest.approx(20, abs=1)
    assert rows["person seen in the path → the base stands"] == pytest.approx(220, abs=51)


def test_turning_counts_as_motion() -> None:
    turning = [Truth(0.0, (0, 0, 3.1)), Truth(0.05, (0, 0, -3.1))]
    assert spine._moving_truth(turning) == [0.05]
    assert spine._standing_truth(turning) == [0.05]


def test_the_scenario_is_one_that_can_be_played() -> None:
    from sim.scenario import Scenario

    assert len(Scenario.model_validate(spine.scenario(3)).steps) == 9
