"""The way through the map: cheapest path over free cells that keeps its distance from things, then pulled straight.

One run of Dijkstra's algorithm from the robot gives the cost of every cell, so that the best of many possible halts (see
:mod:`robot_runtime.act.halt`) costs no more than one goal.  The graph's structure is built once per map; a plan only fills
in the costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from robot_runtime.act.occupancy_map import Mask, OccupancyMap, distance_m
from robot_runtime.act.planar import Points
from robot_runtime.config import StageConfig

_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
_UNREACHED = 1e6  # dearer than any way; also what a blocked cell costs
_NONE = -9999  # scipy's "no predecessor"


class PlannerConfig(StageConfig):
    radius_m: float = Field(0.22, gt=0, le=1, description="radius of the round base")
    margin_m: float = Field(0.04, ge=0, le=0.5, description="least distance between the base and anything")
    comfort_m: float = Field(0.60, gt=0, le=2, description="from here on, more distance between centre and things brings nothing")
    clearance_weight: float = Field(4.0, ge=0, le=50, description="how many times dearer a metre is at the least distance")
    person_weight: float = Field(6.0, ge=0, le=50, description="how many times dearer a metre is at a person's position")
    person_comfort_m: float = Field(1.2, gt=0, le=3, description="from here on a person is no longer disturbed")
    unmapped_margin_m: float = Field(0.05, ge=0, le=0.5, description="more distance from things that the map does not hold")


@dataclass(frozen=True, eq=False)
class Costs:
    """What it costs to come from one cell to every other: metres, times their cell's cost."""

    cost: NDArray[np.float64]  # shape (rows, columns), inf where there is no way
    cell_cost: NDArray[np.float32]  # of one metre in each cell, inf where blocked
    predecessor: NDArray[np.int32]  # of flat cells


class Planner:
    def __init__(self, config: PlannerConfig, occupancy: OccupancyMap) -> None:
        self._config = config
        self._map = occupancy
        passable = occupancy.clearance_m >= self.keep_m
        self._cells = np.flatnonzero(passable)
        self._compact = np.full(passable.size, -1, dtype=np.int32)
        self._compact[self._cells] = np.arange(len(self._cells))
        self._from, self._to, self._indptr, self._length_m = _edges(passable, self._compact, occupancy.resolution_m)
        self._costs: Costs | None = None

    @property
    def keep_m(self) -> float:
        """Least distance between the base's centre and anything."""
        return self._config.radius_m + self._config.margin_m

    def explore(self, start_m: tuple[float, float], obstacles: Mask, people: Points, room_m: float = 0.0) -> Costs | None:
        """Costs from ``start_m`` to everywhere around obstacle cells and people.

        People make the way near them dear, and close it within ``room_m`` of them.  None when the start itself is walled
        in; a start too near to something is moved to the next free cell.
        """
        cell_cost = self._cell_cost(obstacles, people, room_m)
        start = self._free_start(start_m, cell_cost)
        if start is None:
            return None
        price = cell_cost.ravel()[self._cells].astype(np.float64)
        price[~np.isfinite(price)] = 2.0 * _UNREACHED / self._map.resolution_m
        weights = 0.5 * (price[self._from] + price[self._to]) * self._length_m
        graph = csr_matrix((weights, self._to, self._indptr), shape=(len(price), len(price)))
        found, previous = dijkstra(graph, indices=self._compact[[start]], return_predecessors=True, limit=_UNREACHED)
        cost = np.full(cell_cost.size, np.inf)
        cost[self._cells] = found[0]
        predecessor = np.full(cell_cost.size, _NONE, dtype=np.int32)
        reached = previous[0] >= 0
        predecessor[self._cells[reached]] = self._cells[previous[0][reached]]
        return Costs(cost.reshape(cell_cost.shape), cell_cost, predecessor)

    def path(self, costs: Costs, start_m: tuple[float, float], end_m: tuple[float, float]) -> Points:
        """The way from the start to the end in steps of about one cell; the end's cell must have a finite cost."""
        columns = self._map.shape[1]
        row, column = self._map.cell(*end_m)
        flat = [row * columns + column]
        while (previous := int(costs.predecessor[flat[-1]])) != _NONE:
            flat.append(previous)
        cells = np.array(flat[::-1])
        points = self._map.centres(cells // columns, cells % columns)
        near = self._map.cell(*start_m) == (cells[0] // columns, cells[0] % columns)
        points = np.vstack((start_m, points[1 if near else 0 : -1], end_m))
        return resample(self._pull(points, costs), self._map.resolution_m)

    def blocked(self, path: Points, obstacles: Mask) -> bool:
        """Whether an obstacle stands within the base's width of a path."""
        if not len(path) or not obstacles.any():
            return False
        points = self._map.centres(*self._map.marked(obstacles))
        gaps = np.hypot(path[:, None, 0] - points[None, :, 0], path[:, None, 1] - points[None, :, 1])
        return bool(gaps.min() < self.keep_m)

    def _cell_cost(self, obstacles: Mask, people: Points, room_m: float) -> NDArray[np.float32]:
        config, keep_m = self._config, self.keep_m
        clearance_m = self._map.clearance_m
        if obstacles.any():
            clearance_m = np.minimum(clearance_m, distance_m(obstacles, self._map.resolution_m) - config.unmapped_margin_m)
        nearness = np.clip((config.comfort_m - clearance_m) / (config.comfort_m - keep_m), 0.0, 1.0)
        cost = 1.0 + config.clearance_weight * nearness**2
        cost[clearance_m < keep_m] = np.inf
        for x_m, y_m in people:
            away_m = self._distance_from(x_m, y_m)
            cost += config.person_weight * np.clip(1.0 - away_m / config.person_comfort_m, 0.0, 1.0)
            cost[away_m < room_m] = np.inf
        return np.asarray(cost, dtype=np.float32)

    def _distance_from(self, x_m: float, y_m: float) -> NDArray[np.float64]:
        rows, columns = self._map.shape
        xs = (np.arange(columns) + 0.5) * self._map.resolution_m + self._map.origin_m[0] - x_m
        ys = (np.arange(rows) + 0.5) * self._map.resolution_m + self._map.origin_m[1] - y_m
        return np.asarray(np.hypot(xs[None, :], ys[:, None]), dtype=np.float64)

    def _free_start(self, start_m: tuple[float, float], cell_cost: NDArray[np.float32]) -> int | None:
        """Flat index of the nearest free cell within the base's width of the start."""
        row, column = self._map.cell(*start_m)
        reach = math.ceil(2 * self.keep_m / self._map.resolution_m)
        top, left = max(0, row - reach), max(0, column - reach)
        window = np.isfinite(cell_cost[top : row + reach + 1, left : column + reach + 1])
        rows, columns = np.nonzero(window)
        if not len(rows):
            return None
        nearest = int(np.argmin((rows + top - row) ** 2 + (columns + left - column) ** 2))
        return int((rows[nearest] + top) * self._map.shape[1] + columns[nearest] + left)

    def _pull(self, points: Points, costs: Costs) -> Points:
        """Leave out way-points wherever the straight line is not dearer than the way between them."""
        price = self._leg_costs(points, costs)
        kept, here = [0], 0
        while here < len(points) - 1:
            step = len(points) - 1 - here
            while step > 1 and self._straight(points[here], points[here + step], costs) > 1.01 * (price[here + step] - price[here]):
                step //= 2
            here += step
            kept.append(here)
        return points[kept]

    def _leg_costs(self, points: Points, costs: Costs) -> NDArray[np.float64]:
        """Cost from the first point to each point; a leg out of a blocked cell is dear, not infinite."""
        price = np.minimum(costs.cell_cost[self._map.cells(points)], 100.0)
        legs = 0.5 * (price[1:] + price[:-1]) * np.hypot(*np.diff(points, axis=0).T)
        return np.concatenate(((0.0,), np.cumsum(legs)))

    def _straight(self, a: NDArray[np.float64], b: NDArray[np.float64], costs: Costs) -> float:
        price = costs.cell_cost[self._map.line((a[0], a[1]), (b[0], b[1]))]
        return float(price.mean() * np.hypot(*(b - a)))


def _edges(
    passable: Mask, compact: NDArray[np.int32], resolution_m: float
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Both ends, row pointer and length of every step between passable cells, sorted as scipy's CSR wants them."""
    rows, columns = np.nonzero(passable)
    padded = np.pad(compact.reshape(passable.shape), 1, constant_values=-1)
    targets = np.column_stack([padded[rows + 1 + dr, columns + 1 + dc] for dr, dc in _NEIGHBOURS])
    lengths = np.broadcast_to([math.hypot(dr, dc) * resolution_m for dr, dc in _NEIGHBOURS], targets.shape)
    there = targets >= 0
    sources = np.broadcast_to(np.arange(len(rows), dtype=np.int32)[:, None], targets.shape)
    pointer = np.concatenate(((0,), np.cumsum(there.sum(axis=1)))).astype(np.int32)
    return sources[there], targets[there].astype(np.int32), pointer, lengths[there]


def resample(points: Points, spacing_m: float) -> Points:
    """The same line with a point every ``spacing_m`` or a little less; both ends stay.

    >>> resample(np.array([[0.0, 0.0], [0.1, 0.0]]), 0.05).tolist()
    [[0.0, 0.0], [0.05, 0.0], [0.1, 0.0]]
    """
    along_m = np.concatenate(((0.0,), np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    stations = np.linspace(0.0, along_m[-1], max(2, math.ceil(along_m[-1] / spacing_m - 1e-9) + 1))
    return np.column_stack((np.interp(stations, along_m, points[:, 0]), np.interp(stations, along_m, points[:, 1])))
