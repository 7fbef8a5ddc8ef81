"""The spine's figures, on hand-made recordings whose delays are known."""

from dataclasses import dataclass, field

import pytest

from robot_runtime.bench import spine
from robot_runtime.messages import SimState, Utterance, Velocity
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
    """The base starts at 1.0 s with 0.5 m/s; leo steps in front of it at 2.0 s; it stands from 2.3 s on."""
    x_m = 0.5 * max(0.0, min(stamp_s, 2.3) - 1.0)
    return Truth(stamp_s, (x_m, 0.0, 0.0), {"leo": (x_m + 1.0, 0.0 if stamp_s >= 2.0 else 2.0)})


@pytest.fixture
def rows() -> dict[str, float]:
    stamps = [round(0.05 * i, 2) for i in range(80)]
    emitted = [("cmd_vel", Velocity(s, 0.5 if 0.9 <= s < 2.15 else 0.0, 0.0)) for s in stamps]
    states = [("sim/state", SimState(s, (), (), (), (), ())) for s in stamps]
    heard = Utterance(0.8, "u", "go to the kitchen", "go_to", (), 0.9, 0.0, 0.5, "anna", "en", "e")
    run = Run.of([("speech/heard", heard), *emitted, *states])
    return {row.name: row.p50_ms for row in spine.figures(run, lambda state: truth_at(state.stamp_s))}


def test_command_to_motion(rows: dict[str, float]) -> None:
    assert rows["end of speech → first velocity emitted"] == pytest.approx(400, abs=1)
    assert rows["end of speech → the base really moves"] == pytest.approx(550, abs=1)


def test_person_to_standstill(rows: dict[str, float]) -> None:
    assert rows["person steps in path → velocity zero"] == pytest.approx(150, abs=1)
    assert rows["person steps in path → the base stands"] == pytest.approx(350, abs=51)


def test_somebody_beside_the_path_is_not_in_it() -> None:
    assert spine._in_path((0, 0, 0), (1.0, 0.3))
    assert not spine._in_path((0, 0, 0), (1.0, 0.6))
    assert not spine._in_path((0, 0, 0), (-1.0, 0.0))
    assert not spine._in_path((0, 0, 3.14159), (1.0, 0.0))


def test_the_scenario_is_one_that_can_be_played() -> None:
    from sim.scenario import Scenario

    assert len(Scenario.model_validate(spine.scenario(3)).steps) == 9
