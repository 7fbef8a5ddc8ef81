"""Polygons: what is one, what is inside, how far away, how far to stretch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from safety.polygon import Corners, Polygon, PolygonM, disc, problem_of, side_distance_m

SQUARE: Corners = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
HOOK: Corners = ((0.0, 0.0), (3.0, 0.0), (3.0, 1.0), (1.0, 1.0), (1.0, 3.0), (0.0, 3.0))
coordinate = st.floats(-4, 4)


@st.composite
def stars(draw: st.DrawFn) -> Polygon:
    """A simple polygon around a point."""
    count = draw(st.integers(3, 9))
    x_m, y_m = draw(coordinate), draw(coordinate)
    radii = draw(st.lists(st.floats(0.2, 3), min_size=count, max_size=count))
    turns = [2 * math.pi * index / count for index in range(count)]
    return Polygon(tuple((x_m + r * math.cos(turn), y_m + r * math.sin(turn)) for r, turn in zip(radii, turns, strict=True)))


def inside(polygon: Polygon, x_m: float, y_m: float) -> bool:
    return bool(polygon.contains(np.array([x_m]), np.array([y_m]))[0])


def away_m(polygon: Polygon, x_m: float, y_m: float) -> float:
    return float(side_distance_m(np.array([x_m]), np.array([y_m]), polygon.sides)[0])


def entry_m(polygon: Polygon, x_m: float, y_m: float, direction: float = 1.0) -> float:
    return float(polygon.entry_m(np.array([x_m]), np.array([y_m]), direction)[0])


@pytest.mark.parametrize(
    ("corners", "problem"),
    [
        (SQUARE, ""),
        (HOOK, ""),
        (SQUARE[:2], "3 to 64 corners"),
        (tuple((math.cos(i), float(i)) for i in range(65)), "3 to 64 corners"),
        (((0.0, 0.0), (1.0, math.nan), (1.0, 1.0)), "not a number"),
        (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)), "corners 1 and 4 are the same"),
        (((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)), "sides 1 and 3 cross"),
        (((0.0, 0.0), (2.0, 0.0), (1.0, 0.0), (1.0, 1.0)), "sides 1 and 2 cross"),  # folds back
        (((1.0, 0.0), (2.0, 1.0), (0.0, 1.0), (0.0, -1.0), (2.0, 0.0), (0.0, 0.0)), "cross"),
        (((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 0.0), (0.0, 2.0)), "sides 1 and 3 cross"),  # a corner on a side
        (((0.0, 0.0), (2.0, 0.0), (2.0, 1e-6)), "encloses nothing"),
    ],
)
def test_what_is_a_polygon(corners: Corners, problem: str) -> None:
    assert problem in problem_of(corners)
    assert bool(problem) == bool(problem_of(corners))


def test_as_a_field_it_is_checked_and_runs_counter_clockwise() -> None:
    field: TypeAdapter[Corners] = TypeAdapter(PolygonM)
    assert field.validate_python(SQUARE) == SQUARE
    assert field.validate_python(SQUARE[::-1]) == SQUARE
    with pytest.raises(ValidationError, match="sides 1 and 3 cross"):
        field.validate_python([[0, 0], [1, 1], [1, 0], [0, 1]])


def test_inside_outside_and_how_far() -> None:
    hook = Polygon(HOOK)
    assert inside(hook, 0.5, 2.5) and inside(hook, 2.5, 0.5) and not inside(hook, 2.0, 2.0) and not inside(hook, -0.1, 1.0)
    assert away_m(hook, 2.0, 2.0) == 1.0 and away_m(hook, -3.0, -4.0) == 5.0
    assert not hook.convex and Polygon(SQUARE).convex
    assert (Polygon(SQUARE).inner_m, Polygon(SQUARE).reach_m) == (1.0, math.sqrt(2.0))
    assert Polygon(tuple((x + 5.0, y) for x, y in SQUARE)).inner_m == 0.0


@given(stars(), coordinate, coordinate, st.sampled_from([1.0, -1.0]), st.floats(0, 8))
def test_stretching_is_sweeping(polygon: Polygon, x_m: float, y_m: float, direction: float, by_m: float) -> None:
    """Against trying many copies of it along the way; and what is taken in stays in."""
    needed_m = entry_m(polygon, x_m, y_m, direction)
    assume(abs(needed_m - by_m) > 1e-6)
    copies = any(inside(polygon, x_m - direction * shift, y_m) for shift in np.linspace(0.0, by_m, 80))
    if copies:
        assert needed_m <= by_m
    if needed_m < by_m:
        just_in = inside(polygon, x_m - direction * (needed_m + 1e-7), y_m)
        assert just_in or away_m(polygon, x_m - direction * needed_m, y_m) < 1e-6


@given(stars(), coordinate, coordinate)
def test_a_point_inside_needs_no_stretching(polygon: Polygon, x_m: float, y_m: float) -> None:
    assert inside(polygon, x_m, y_m) == (entry_m(polygon, x_m, y_m) == 0.0) or away_m(polygon, x_m, y_m) < 1e-9


@given(st.integers(3, 12), st.floats(0.2, 2), st.floats(0, 1), st.floats(0, 2 * math.pi), st.floats(0, 3))
def test_a_grown_polygon_holds_all_within_the_margin(corners: int, radius_m: float, margin_m: float, turn: float, far_m: float) -> None:
    small = disc(radius_m, corners)
    grown = small.grown(margin_m)
    x_m, y_m = far_m * math.cos(turn), far_m * math.sin(turn)
    near = inside(small, x_m, y_m) or away_m(small, x_m, y_m) < margin_m - 1e-6
    assert not near or inside(grown, x_m, y_m) or away_m(grown, x_m, y_m) < 1e-9
    assert grown.holds(small)


def test_what_holds_what() -> None:
    square, small = Polygon(SQUARE), disc(0.5)
    assert square.holds(small) and not small.holds(square)
    assert square.holds(square)
    around = Polygon(((-2.0, -2.0), (2.0, -2.0), (2.0, 2.0), (1.5, 2.0), (1.5, -1.5), (-1.5, -1.5), (-1.5, 2.0), (-2.0, 2.0)))
    bar = Polygon(((-1.8, 1.0), (1.8, 1.0), (1.8, 1.2), (-1.8, 1.2)))
    assert not around.holds(bar)  # all corners are inside, its middle is not


def test_a_disc_is_held_by_its_polygon() -> None:
    assert disc(0.22).inner_m == pytest.approx(0.22)


def test_a_corner_on_a_side_does_not_make_it_hollow() -> None:
    assert Polygon((*SQUARE[:1], (0.0, -1.0), *SQUARE[1:])).convex
    assert not Polygon(HOOK).convex


def test_a_point_between_the_teeth_of_a_comb_is_outside() -> None:
    teeth = [corner for x in (1.0, 3.0, 5.0) for corner in ((x, 0.0), (x, 2.0), (x + 1.0, 2.0), (x + 1.0, 0.0))]
    comb = Polygon((*teeth, (7.0, 0.0), (7.0, -1.0), (0.0, -1.0), (0.0, 0.0)))
    for x_m, ahead_m in ((0.5, 0.5), (2.5, 0.5), (4.5, 0.5), (6.5, math.inf)):
        assert not inside(comb, x_m, 1.0)
        assert entry_m(comb, x_m, 1.0, direction=-1.0) == pytest.approx(ahead_m)  # stretched to smaller x, from what lies ahead of it
    assert entry_m(comb, 3.5, 1.0) == 0.0


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_a_side_that_folds_back_is_refused_however_small(scale: float) -> None:
    corners = tuple((scale * x, scale * y) for x, y in ((0.0, 0.0), (2.0, 0.0), (1.0, 0.0), (1.0, 2.0), (0.0, 2.0)))
    assert problem_of(corners)
