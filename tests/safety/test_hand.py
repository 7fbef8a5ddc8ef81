"""Hand and arm: slower and weaker with people near, and by what is held; in the command that leaves the gate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.caps import Surroundings
from safety.config import GateConfig
from safety.hand import HELD_CAPS, held_cap
from safety.ontology import Ontology, Thing
from safety.reach import hand_limits
from safety.rules import Rules
from safety.separation import Neighbour
from safety.types import AgeGroup, JointPositions
from tests.safety.rig import Rig, person

CONFIG = GateConfig()
RULES = Rules.load("safety/rules/home.yaml", Ontology.load())
NEAR = Neighbour("p", AgeGroup.ADULT, 0.8, 0.0, 0.0, 0.05, 0.02, True)
things = st.frozensets(st.sampled_from(sorted({*HELD_CAPS, "metal", "food"}))).map(lambda properties: Thing("thing", "thing", properties))


@given(things, things)
def test_one_property_more_never_makes_the_hand_faster_or_stronger(one: Thing, other: Thing) -> None:
    both = Thing("both", "both", one.properties | other.properties)
    assert held_cap(both, HELD_CAPS).speed_ratio <= held_cap(one, HELD_CAPS).speed_ratio <= 1.0
    assert held_cap(both, HELD_CAPS).grip_ratio <= held_cap(one, HELD_CAPS).grip_ratio <= 1.0


@given(st.none() | things, st.floats(0.1, 1.0), st.booleans(), st.booleans())
def test_efforts_are_never_above_the_joints_own(held: Thing | None, ratio: float, near: bool, blind: bool) -> None:
    around = Surroundings(neighbours=(NEAR,) if near else (), blind="no people" if blind else "")
    limits = hand_limits(held, around, CONFIG, RULES, ratio)
    free = hand_limits(held, Surroundings(), CONFIG, RULES, ratio)
    for name, effort in limits.efforts(CONFIG.joints).items():
        assert 0.0 < effort <= free.efforts(CONFIG.joints)[name] <= CONFIG.joints[name].effort
    assert limits.hand_speed_ratio <= free.hand_speed_ratio and limits.speed_ratio == ratio


def last_command(rig: Rig) -> JointPositions:
    command = next(message for _, topic, message in reversed(rig.seen) if topic == "joints/command")
    assert isinstance(command, JointPositions)
    return command


@pytest.mark.parametrize(
    ("held", "around", "speed", "grip", "effort"),
    [
        (frozenset(), Surroundings(), 1.0, 1.0, 1.0),
        ({"liquid", "fragile"}, Surroundings(), 0.7, 0.5, 1.0),
        ({"living"}, Surroundings(), 0.5, 0.25, 1.0),
        ({"hot"}, Surroundings(neighbours=(NEAR,)), 0.4, 1.0, 0.5),
        (frozenset(), Surroundings(blind="no people"), 0.4, 1.0, 0.5),
    ],
)
def test_by_what_is_held_and_who_is_near(held: frozenset[str], around: Surroundings, speed: float, grip: float, effort: float) -> None:
    limits = hand_limits(Thing("thing", "thing", frozenset(held)), around, CONFIG, RULES, 1.0)
    assert (limits.hand_speed_ratio, limits.grip_ratio, limits.hand_effort_ratio) == (speed, grip, effort)
    assert limits.efforts(CONFIG.joints)["gripper"] == 40.0 * min(grip, effort)
    assert limits.efforts(CONFIG.joints)["head_pan"] == 2.0


def lifted(held: str, at_m: float) -> tuple[float, float]:
    """How far the lift goes in ten ticks, and the effort that it may use."""
    rig = Rig().ready()
    rig.holding = (f"a_{held}" if held else "", held)
    rig.people = [person("anna", "adult", at_m, 0.5)]
    assert rig.propose("go_to", "a2", place="kitchen").verdict in ("allow", "limit")
    for _ in range(10):
        rig.move_joints("a2", lift=1.1)
    command = next(message for _, topic, message in reversed(rig.seen) if topic == "joints/command")
    assert isinstance(command, JointPositions) and command.names == ("lift",)
    return command.positions[0] - 0.6, command.efforts[0]


def test_the_command_that_leaves_the_gate_carries_the_caps() -> None:
    assert lifted("", 20.0) == pytest.approx((0.07, 120.0))
    assert lifted("", 0.9) == pytest.approx((0.028, 60.0))
    assert lifted("cup", 20.0)[0] <= 0.7 * 0.07 + 1e-9
