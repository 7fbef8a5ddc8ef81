"""Cheapest paths: right costs, real clearance, and honest silence where there is no way."""

from __future__ import annotations

import heapq
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from robot_runtime.act.global_path import Planner, PlannerConfig, resample
from robot_runtime.act.occupancy_map import Mask, OccupancyMap

NOBODY = np.zeros((0, 2))


def plain_dijkstra(cell_cost: NDArray[np.float32], start: tuple[int, int], resolution_m: float) -> NDArray[np.float64]:
    """The textbook's algorithm on the same costs, cell by cell."""
    rows, columns = cell_cost.shape
    cost = np.full((rows, columns), np.inf)
    cost[start] = 0.0
    queue = [(0.0, start)]
    while queue:
        here_cost, (row, column) = heapq.heappop(queue)
        if here_cost > cost[row, column]:
            continue
        for dr in (-1, 0, 1):
            for dc in (-1, 0, 1):
                r, c = row + dr, column + dc
                if (dr or dc) and 0 <= r < rows and 0 <= c < columns and np.isfinite(cell_cost[r, c]):
                    new = here_cost + 0.5 * (float(cell_cost[row, column]) + float(cell_cost[r, c])) * math.hypot(dr, dc) * resolution_m
                    if new < cost[r, c] - 1e-12:
                        cost[r, c] = new
                        heapq.heappush(queue, (new, (r, c)))
    return cost


def some_map(seed: int, share: float) -> OccupancyMap:
    occupied = np.random.default_rng(seed).random((30, 36)) < share
    occupied[15, 18] = False
    return OccupancyMap(0.1, (-1.0, 2.0), occupied, ~occupied)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 0.12), st.booleans())
def test_costs_equal_the_textbook_on_random_maps(seed: int, share: float, person: bool) -> None:
    grid = some_map(seed, share)
    planner = Planner(PlannerConfig(radius_m=0.08, margin_m=0.0), grid)
    obstacles = np.random.default_rng(seed + 1).random(grid.shape) < 0.01
    people = np.array([[0.3, 4.0]]) if person else NOBODY
    start_m = (-1.0 + 18.5 * 0.1, 2.0 + 15.5 * 0.1)
    costs = planner.explore(start_m, obstacles, people, 0.3)
    if costs is None:
        return
    starts = np.argwhere(costs.cost == 0.0)
    assert len(starts) == 1
    expected = plain_dijkstra(costs.cell_cost, (int(starts[0][0]), int(starts[0][1])), 0.1)
    assert np.array_equal(np.isfinite(costs.cost), np.isfinite(expected))
    both = np.isfinite(expected)
    assert np.allclose(costs.cost[both], expected[both], rtol=1e-6, atol=1e-9)


def nothing(flat: OccupancyMap) -> Mask:
    return np.zeros(flat.shape, dtype=bool)


@pytest.mark.parametrize(("start", "end"), [((1.0, 1.0), (8.5, 1.0)), ((0.6, 5.4), (9.4, 3.6)), ((2.0, 4.4), (2.0, 2.2))])
def test_paths_keep_their_distance_and_pass_doors_in_the_middle(site: Path, start: tuple[float, float], end: tuple[float, float]) -> None:
    flat = OccupancyMap.load(site)
    planner = Planner(PlannerConfig(), flat)
    costs = planner.explore(start, nothing(flat), NOBODY)
    assert costs is not None
    path = planner.path(costs, start, end)
    assert path[0] == pytest.approx(start) and path[-1] == pytest.approx(end)
    assert np.hypot(*np.diff(path, axis=0).T).max() <= flat.resolution_m + 1e-9
    assert flat.clearance_m[flat.cells(path)].min() >= planner.keep_m - 0.05
    at_door = path[np.abs(path[:, 0] - 5.0) < 0.05]
    assert all(abs(y - 4.55) < 0.15 for _, y in at_door)


def test_a_pulled_path_is_hardly_dearer_and_not_longer_than_the_cells(site: Path) -> None:
    flat = OccupancyMap.load(site)
    planner = Planner(PlannerConfig(clearance_weight=0.0), flat)
    costs = planner.explore((0.5, 0.5), nothing(flat), NOBODY)
    assert costs is not None
    path = planner.path(costs, (0.5, 0.5), (4.5, 2.0))
    length_m = float(np.hypot(*np.diff(path, axis=0).T).sum())
    assert length_m == pytest.approx(math.hypot(4.0, 1.5), rel=0.01)  # straight, where 8 directions would take 4 % more


def test_what_is_walled_in_costs_infinitely_much(site: Path) -> None:
    flat = OccupancyMap.load(site)
    costs = Planner(PlannerConfig(), flat).explore((1.0, 1.0), nothing(flat), NOBODY)
    assert costs is not None
    assert np.isinf(costs.cost[flat.cell(2.0, 3.2)])  # in the table
    closed = nothing(flat)
    closed[flat.cell(5.0, 4.1)[0] : flat.cell(5.0, 5.05)[0], flat.cell(5.3, 4.5)[1]] = True
    shut = Planner(PlannerConfig(), flat).explore((1.0, 1.0), closed, NOBODY)
    assert shut is not None and np.isinf(shut.cost[flat.cell(8.0, 1.5)]) and np.isfinite(shut.cost[flat.cell(4.0, 4.5)])


def test_a_person_closes_the_way_only_within_their_room(site: Path) -> None:
    flat = OccupancyMap.load(site)
    planner, in_door = Planner(PlannerConfig(), flat), np.array([[5.0, 4.55]])
    soft = planner.explore((1.0, 1.0), nothing(flat), in_door)
    hard = planner.explore((1.0, 1.0), nothing(flat), in_door, 0.65)
    free = planner.explore((1.0, 1.0), nothing(flat), NOBODY)
    assert soft is not None and hard is not None and free is not None
    beyond = flat.cell(8.0, 4.5)
    assert np.isinf(hard.cost[beyond])
    assert free.cost[beyond] + 2.0 < soft.cost[beyond] < np.inf


def test_a_start_too_near_to_something_is_moved(site: Path) -> None:
    flat = OccupancyMap.load(site)
    planner = Planner(PlannerConfig(), flat)
    costs = planner.explore((2.75, 3.2), nothing(flat), NOBODY)  # 0.15 m beside the table
    assert costs is not None
    path = planner.path(costs, (2.75, 3.2), (4.0, 3.2))
    assert path[0] == pytest.approx((2.75, 3.2)) and path[-1] == pytest.approx((4.0, 3.2))


def test_a_start_inside_of_everything_has_no_way(site: Path) -> None:
    flat = OccupancyMap.load(site)
    assert Planner(PlannerConfig(radius_m=0.1, margin_m=0.0), flat).explore((2.0, 3.2), nothing(flat), NOBODY) is None


def test_blocked_sees_obstacles_within_the_base(site: Path) -> None:
    flat = OccupancyMap.load(site)
    planner = Planner(PlannerConfig(), flat)
    path = resample(np.array([[1.0, 1.0], [4.0, 1.0]]), 0.05)
    for y_m, blocked in ((1.0, True), (1.2, True), (1.35, False)):
        things = nothing(flat)
        things[flat.cell(2.5, y_m)] = True
        assert planner.blocked(path, things) is blocked, y_m
    assert not planner.blocked(path, nothing(flat))
