"""Time to contact with people who walk: at the speed that is allowed, base and person do not meet within the time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from safety.caps import Caps, Permit, Surroundings
from safety.config import GateConfig
from safety.contact import STEP_S, comes, contact_speeds_mps
from safety.ontology import Ontology
from safety.rules import Rules
from safety.separation import Neighbour
from safety.types import AgeGroup

RADIUS_M = 0.47
RULES = Rules.load("safety/rules/home.yaml", Ontology.load())
CAPS = Caps(GateConfig(), RULES.separation)


def walker(x_m: float, y_m: float, vx: float, vy: float, group: AgeGroup = AgeGroup.ADULT) -> Neighbour:
    return Neighbour("p", group, x_m, y_m, 0.0, 0.05, 0.0, True, vx, vy)


def speed(who: Neighbour, linear: float = 0.5, angular: float = 0.0, horizon_s: float = 1.5, age_s: float = 0.0) -> float:
    return contact_speeds_mps([who], linear, angular, RADIUS_M, horizon_s, age_s)[0]


def test_who_crosses_the_way_is_met_no_sooner() -> None:
    assert 0.6 < speed(walker(1.5, 1.2, 0.0, -1.0)) < 0.8
    assert speed(walker(1.5, 1.2, 0.0, 1.0)) == math.inf
    assert speed(walker(1.5, 2.9, 0.0, -1.0)) == math.inf  # later than that
    assert speed(walker(-1.5, 0.0, 0.8, 0.0), linear=-0.2) == 0.0


walkers = st.builds(walker, st.floats(-2.5, 2.5), st.floats(-2.5, 2.5), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))


@given(walkers, st.floats(-1.5, 1.5), st.floats(0, 0.5), st.floats(0.0, 1.0))
def test_no_contact_within_the_time_at_any_speed_up_to_it(who: Neighbour, bend: float, age_s: float, share: float) -> None:
    """Base on its arc, person straight on; at the instants that are looked at."""
    reach_m = RADIUS_M + who.uncertainty_m
    assume(math.hypot(who.x_m, who.y_m) > reach_m)
    v = min(speed(who, 0.5, 0.5 * bend, age_s=age_s), 2.0) * share
    for t in STEP_S * np.arange(1, 16):
        s = v * t
        x, y = (s, 0.0) if abs(bend) < 0.01 else (math.sin(bend * s) / bend, (1 - math.cos(bend * s)) / bend)
        px, py = who.x_m + who.vx_mps * t, who.y_m + who.vy_mps * t
        walked_in = math.hypot(px, py) <= reach_m  # into a base that stands: no speed helps
        assert walked_in or math.hypot(px - x, py - y) >= reach_m - 0.01


@given(walkers, st.floats(-1, 1), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0, 0.5))
def test_older_or_vaguer_news_never_helps(who: Neighbour, bend: float, age_s: float, older_s: float, vaguer_m: float) -> None:
    before = speed(who, 0.5, bend, age_s=age_s)
    assert speed(who, 0.5, bend, age_s=age_s + older_s) <= before
    vague = replace(who, person_uncertainty_m=who.person_uncertainty_m + vaguer_m)
    if math.hypot(who.x_m, who.y_m) > 3.0:  # who is already touched counts only ahead
        assert speed(vague, 0.5, bend, age_s=age_s) <= before + 1e-9


def test_only_who_really_walks_comes() -> None:
    assert comes(walker(1, 0, 0.1, 0)) and not comes(walker(1, 0, 0.01, 0.01))
    assert not comes(replace(walker(1, 0, 1.0, 0), tracked=False))


def cap_of(who: Neighbour, permit: Permit | None = None, caps: Caps = CAPS) -> float:
    found = caps.of(0.6, 0.0, Surroundings(neighbours=(who,), people_age_s=0.1), permit or Permit())
    return min((cap.speed_mps for cap in found if cap.key.startswith("meeting")), default=math.inf)


def test_the_gate_slows_for_who_comes_into_the_way() -> None:
    crossing = walker(1.0, 0.9, 0.0, -0.9, AgeGroup.CHILD)
    assert cap_of(crossing) < 0.5
    assert cap_of(replace(crossing, vy_mps=0.9)) == math.inf
    assert cap_of(crossing, caps=Caps(GateConfig(contact_horizon_s=0.0), RULES.separation)) == math.inf


def test_who_is_approached_may_walk_up_to_the_base() -> None:
    meets = walker(1.0, 0.0, -0.8, 0.0)
    assert cap_of(meets) == 0.0
    assert cap_of(meets, Permit(approaches=frozenset({"p"}))) == pytest.approx(0.2)
