"""Hand and arm: slower and weaker with people near, and by what is held; in the command that leaves the gate."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from safety.caps import Surroundings
from safety.config import GateConfig
from safety.hand import HELD_CAPS, HeldCap, held_cap
from safety.ontology import Ontology, Thing
from safety.reach import hand_limits
from safety.rules import Rules
from safety.separation import Neighbour
from safety.types import AgeGroup, JointPositions
from tests.safety.rig import Rig, person

CONFIG = GateConfig()
NO_ARM = GateConfig(joints={name: limit for name, limit in CONFIG.joints.items() if name != "arm"})
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
        ({"sharp"}, Surroundings(), 0.5, 1.0, 1.0),
        ({"hot"}, Surroundings(), 0.5, 1.0, 1.0),
        ({"heavy"}, Surroundings(), 0.7, 1.0, 1.0),
        ({"fragile"}, Surroundings(), 0.8, 0.5, 1.0),
        ({"hot"}, Surroundings(neighbours=(NEAR,)), 0.4, 1.0, 0.5),
        (frozenset(), Surroundings(blind="no people"), 0.4, 1.0, 0.5),
    ],
)
def test_by_what_is_held_and_who_is_near(held: frozenset[str], around: Surroundings, speed: float, grip: float, effort: float) -> None:
    limits = hand_limits(Thing("thing", "thing", frozenset(held)), around, CONFIG, RULES, 1.0)
    assert (limits.hand_speed_ratio, limits.grip_ratio, limits.hand_effort_ratio) == (speed, grip, effort)
    assert limits.efforts(CONFIG.joints)["gripper"] == 40.0 * min(grip, effort)
    assert limits.efforts(CONFIG.joints)["head_pan"] == 2.0


@pytest.mark.parametrize("wrong", [0.0, 1.01])
@pytest.mark.parametrize("name", ["speed_ratio", "grip_ratio"])
def test_a_cap_is_a_share(name: str, wrong: float) -> None:
    assert HeldCap() == HeldCap(speed_ratio=1.0, grip_ratio=1.0) == held_cap(None, HELD_CAPS)
    with pytest.raises(ValidationError, match=name):
        HeldCap.model_validate({name: wrong})
    with pytest.raises(ValidationError, match="frozen"):
        setattr(HeldCap(), name, 0.5)


def somebody(x_m: float, y_m: float = 0.0, group: AgeGroup = AgeGroup.ADULT) -> Neighbour:
    return Neighbour("p", group, x_m, y_m, 0.0, 0.05, 0.02, True)


REACH_M = 0.32 + 0.5 + 0.5  # base to hand, the arm, and as near as "near" is


@pytest.mark.parametrize(
    ("who", "config", "near"),
    [
        (somebody(REACH_M), CONFIG, True),
        (somebody(0.0, REACH_M + 0.01), CONFIG, False),
        (somebody(2.2, group=AgeGroup.CHILD), CONFIG, True),
        (somebody(2.21, group=AgeGroup.CHILD), CONFIG, False),
        (somebody(2.2, group=AgeGroup.UNKNOWN), CONFIG, True),
        (somebody(1.5, group=AgeGroup.ELDERLY), CONFIG, False),
        (somebody(0.82), NO_ARM, True),
        (somebody(0.83), NO_ARM, False),
        (somebody(2.5, group=AgeGroup.CHILD), GateConfig(near_hand_m=2.0), True),
    ],
)
def test_who_is_near_the_hand(who: Neighbour, config: GateConfig, near: bool) -> None:
    """A child need only be near the robot; one of several is enough."""
    around = Surroundings(neighbours=(somebody(9.0), who, somebody(-9.0)))
    assert hand_limits(None, around, config, RULES, 1.0).hand_effort_ratio == (0.5 if near else 1.0)


@pytest.mark.parametrize(
    ("around", "most_m"),
    [
        (Surroundings(blind="no people"), 0.0),
        (Surroundings(), math.inf),
        (Surroundings(neighbours=(somebody(0.9, 0.44), somebody(2.0))), 0.9 - 0.3 - 0.32),
        (Surroundings(neighbours=(somebody(2.0), somebody(1.5, -0.44))), 1.5 - 0.3 - 0.32),
        (Surroundings(neighbours=(somebody(0.9, CONFIG.reach_margin_m + 0.15), somebody(0.9, -0.5))), math.inf),
        (Surroundings(neighbours=(somebody(0.0), somebody(-0.9))), math.inf),
    ],
)
def test_how_far_the_arm_may_go_out(around: Surroundings, most_m: float) -> None:
    assert hand_limits(None, around, CONFIG, RULES, 1.0).max_arm_m == pytest.approx(most_m)


KNIFE = Thing("knife", "knife", frozenset({"sharp", "metal"}))


@pytest.mark.parametrize(
    ("held", "around", "may"),
    [
        (None, Surroundings(neighbours=(somebody(0.5, group=AgeGroup.CHILD),)), True),
        (Thing("ball", "ball", frozenset()), Surroundings(blind="no people"), True),
        (KNIFE, Surroundings(neighbours=(somebody(0.5),)), True),
        (KNIFE, Surroundings(blind="no people"), False),
        (KNIFE, Surroundings(neighbours=(somebody(1.01, group=AgeGroup.CHILD),)), True),
        (KNIFE, Surroundings(neighbours=(somebody(1.0, group=AgeGroup.CHILD),)), False),
        (KNIFE, Surroundings(neighbours=(somebody(5.0, group=AgeGroup.CHILD), somebody(0.5, group=AgeGroup.UNKNOWN))), False),
    ],
)
def test_beside_whom_the_hand_lets_go_of_what(held: Thing | None, around: Surroundings, may: bool) -> None:
    assert hand_limits(held, around, CONFIG, RULES, 1.0).may_release is may


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
