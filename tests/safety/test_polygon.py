"""Polygons: what is one, what is inside, how far away, how far to stretch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from safety.polygon import Corners, Polygon, PolygonM, disc, pieces, problem_of, side_distance_m

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
        (disc(1.0, 64).corners, ""),
        (disc(1.0, 65).corners, "3 to 64 corners"),
        (((0.0, 0.0), (0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), "corners 1 and 2 are the same"),
        (((0.0, 0.0), (1.0, math.nan), (1.0, 1.0)), "not a number"),
        (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)), "corners 1 and 4 are the same"),
        (((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)), "sides 1 and 3 cross"),
        (((0.0, 0.0), (2.0, 0.0), (1.0, 0.0), (1.0, 1.0)), "sides 1 and 3 cross"),  # folds back
        (((1.0, 0.0), (2.0, 0.0), (0.0, 0.0), (0.0, 1.0)), "sides 2 and 4 cross"),  # likewise
        (((0.0, 0.0), (2.0, 0.0), (1.0, 0.0)), "encloses nothing"),
        (((1.0, 0.0), (2.0, 1.0), (0.0, 1.0), (0.0, -1.0), (2.0, 0.0), (0.0, 0.0)), "cross"),
        (((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 0.0), (0.0, 2.0)), "sides 1 and 3 cross"),  # a corner on a side
        (((0.0, 0.0), (2.0, 0.0), (2.0, 1e-6)), "encloses nothing"),
        (((0.0, 0.0), (0.0105, 0.0), (0.0105, 0.0105), (0.0, 0.0105)), ""),  # a square centimetre is something
        (((0.0, 0.0), (0.0095, 0.0), (0.0095, 0.0095), (0.0, 0.0095)), "encloses nothing"),
    ],
)
def test_what_is_a_polygon(corners: Corners, problem: str) -> None:
    assert problem in problem_of(corners)
    assert bool(problem) == bool(problem_of(corners))


PRONGS: Corners = ((0.0, 0.0), (3.0, 0.0), (3.0, 1.0), (2.0, 1.0), (2.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
"""The ends of the two prongs lie on one line."""
TOUCHING: Corners = ((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 0.0), (0.0, 2.0))
CROSSING: Corners = ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0))


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize(("corners", "sound"), [(HOOK, True), (PRONGS, True), (TOUCHING, False), (CROSSING, False)])
def test_it_does_not_matter_where_a_polygon_begins_or_how_large_it_is(corners: Corners, sound: bool, scale: float) -> None:
    scaled = tuple((scale * x, scale * y) for x, y in corners)
    for first in range(len(scaled)):
        turned = (*scaled[first:], *scaled[:first])
        for drawn in (turned, turned[::-1], tuple((y, x) for x, y in turned)):
            assert (problem_of(drawn) == "") is sound, drawn


@pytest.mark.parametrize("scale", [0.25, 1.0])
def test_as_a_field_it_is_checked_and_runs_counter_clockwise(scale: float) -> None:
    field: TypeAdapter[Corners] = TypeAdapter(PolygonM)
    square = tuple((scale * x, scale * y) for x, y in SQUARE)
    assert field.validate_python(square) == square
    assert field.validate_python(square[::-1]) == square
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


@pytest.mark.parametrize(("x_m", "y_m"), [(0.0, 0.0), (-6.0, 2.5)])
def test_pieces_make_up_the_sides_and_end_where_a_cutter_begins(x_m: float, y_m: float) -> None:
    def box(x: float, y: float, length: float, width: float) -> Polygon:
        x, y = x + x_m, y + y_m
        return Polygon(((x, y), (x + length, y), (x + length, y + width), (x, y + width)))

    bar, board = box(-1.0, 0.0, 4.0, 0.5), box(0.0, -1.0, 1.0, 3.0)
    ax, ay, bx, by = pieces([bar], [board])
    assert float(np.sum(np.hypot(bx - ax, by - ay))) == pytest.approx(9.0)
    assert sorted({round(x - x_m, 6) for x in ax.tolist()}) == [-1.0, 0.0, 1.0, 3.0]
    beside = pieces([bar], [box(5.0, 5.0, 1.0, 1.0)])
    assert np.array(beside) == pytest.approx(np.array(bar.sides)), "one that is elsewhere cuts nothing"


def test_a_piece_never_passes_a_border() -> None:
    """Two triangles that cross askew, away from the origin: along each piece all is inside, or all is outside, of the other."""
    one, other = Polygon(((2.0, 5.0), (6.0, 5.5), (3.5, 8.0))), Polygon(((1.0, 6.9), (3.0, 4.1), (5.5, 7.2)))
    for cut, cutter in ((one, other), (other, one)):
        ax, ay, bx, by = pieces([cut], [cutter])
        sx, sy, ex, ey = cut.sides
        assert float(np.sum(np.hypot(bx - ax, by - ay))) == pytest.approx(float(np.sum(np.hypot(ex - sx, ey - sy))))
        within = np.array([cutter.contains(ax + share * (bx - ax), ay + share * (by - ay)) for share in (0.01, 0.3, 0.5, 0.7, 0.99)])
        assert within.any() and not within.all() and bool(np.all(within == within[0]))


@pytest.mark.parametrize("gap_m", [0.0, 1e-5])
@pytest.mark.parametrize("turn_rad", [0.0, 0.5, 2.0])
def test_a_side_that_runs_along_another_is_cut_where_that_one_ends(turn_rad: float, gap_m: float) -> None:
    """Also where the two were drawn with less than the eye can see between them."""

    def drawn(corners: Corners) -> Polygon:
        turned = [complex(x, y) * complex(math.cos(turn_rad), math.sin(turn_rad)) + complex(3.0, -5.0) for x, y in corners]
        return Polygon(tuple((z.real, z.imag) for z in turned))

    long, short = (
        drawn(((0.0, 0.0), (4.0, 0.0), (4.0, 1.0), (0.0, 1.0))),
        drawn(((1.0, 1.0 + gap_m), (2.5, 1.0 + gap_m), (2.5, 3.0), (1.0, 3.0))),
    )
    ax, ay, _, _ = pieces([long], [short])
    for x_m, y_m in short.corners[:2]:
        assert float(np.min(np.hypot(ax - x_m, ay - y_m))) == pytest.approx(gap_m, abs=1e-9)


def test_each_side_grows_outwards_by_the_margin() -> None:
    """A triangle of 3, 4 and 5 m, whose inner circle has a radius of 1 m: with 1 m more it is twice as large."""
    triangle = Polygon(((0.0, 0.0), (4.0, 0.0), (0.0, 3.0)))
    assert np.array(triangle.grown(1.0).corners) == pytest.approx(np.array(((-1.0, -1.0), (7.0, -1.0), (-1.0, 5.0))))
    begins_x, begins_y, ends_x, ends_y = triangle.grown_sides(np.array([0.0, 1.0]))
    assert begins_x.ravel().tolist() == pytest.approx([0.0, 4.0, 0.0, -1.0, 7.0, -1.0])
    assert begins_y.ravel().tolist() == pytest.approx([0.0, 0.0, 3.0, -1.0, -1.0, 5.0])
    assert ends_x.ravel().tolist() == pytest.approx([4.0, 0.0, 0.0, 7.0, -1.0, -1.0])
    assert ends_y.ravel().tolist() == pytest.approx([0.0, 3.0, 0.0, -1.0, 5.0, -1.0])


@pytest.mark.parametrize(("x_m", "y_m"), [(0.0, 0.0), (5.0, -7.0), (-3.0, 20.0)])
@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_what_is_convex_is_so_anywhere_and_at_any_size(scale: float, x_m: float, y_m: float) -> None:
    def at(corners: Corners) -> Polygon:
        return Polygon(tuple((x_m + scale * x, y_m + scale * y) for x, y in corners))

    arrow: Corners = ((0.0, 0.0), (2.0, -1.0), (1.5, 0.0), (2.0, 1.0))
    for corners in (disc(1.0, 5).corners, disc(1.0, 6).corners, ((0.0, 0.0), (3.0, 0.0), (2.0, 1.0), (1.0, 1.0))):
        assert at(corners).convex
    for corners in (arrow, HOOK, PRONGS):
        for first in range(len(corners)):
            assert not at((*corners[first:], *corners[:first])).convex


@pytest.mark.parametrize("notch_m", [0.02, 0.3, 0.61, 1.1, 1.9])
def test_a_notch_anywhere_in_a_side_is_outside(notch_m: float) -> None:
    """A slit of 1 cm into which a long bar does not fit, wherever along the bar it is."""
    slit = ((notch_m + 0.01, 1.0), (notch_m + 0.01, 0.25), (notch_m, 0.25), (notch_m, 1.0))
    board = Polygon(((0.0, 0.0), (2.0, 0.0), (2.0, 1.0), *slit, (0.0, 1.0)))
    assert board.holds(Polygon(((0.0, 0.0), (2.0, 0.0), (2.0, 0.2), (0.0, 0.2))))
    assert board.holds(Polygon(((0.0, 0.0), (2.0, 0.0), (2.0, 0.25), (0.0, 0.25)))), "it may touch"
    assert not board.holds(Polygon(((0.0, 0.0), (2.0, 0.0), (2.0, 0.3), (0.0, 0.3))))


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_a_point_on_the_border_needs_no_stretching(direction: float) -> None:
    square = Polygon(SQUARE)
    for x_m, y_m in ((1.0, 0.0), (-1.0, 0.5)):
        assert entry_m(square, x_m, y_m, direction) == 0.0
    ridge = Polygon(((0.0, 0.0), (2.0, 0.0), (1.0, 1.0)))  # its sides rise by 1 m
    assert inside(ridge, 1.4, 0.5) and not inside(ridge, 1.6, 0.5) and not inside(ridge, 0.4, 0.5)


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
