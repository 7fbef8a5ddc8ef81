"""The map of the place: free, occupied and unknown cells, and how far each cell is from the nearest obstacle.

The files are those of nav2's map_server (``map.yaml`` beside a greyscale picture), so that a map made by SLAM Toolbox or
drawn by hand serves here and there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.act.planar import Points
from robot_runtime.paths import resolve
from safety.files import FileError, load_yaml

Mask = NDArray[np.bool_]
"""Shape (rows, columns); row 0 is the lowest y."""


class MapFile(BaseModel):
    """``map.yaml``, as nav2_map_server documents it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str = Field(description="picture of the map, beside this file")
    resolution: float = Field(gt=0, le=0.5, description="metres per cell")
    origin: tuple[float, float, float] = Field(description="x, y, yaw of the picture's lower left corner; yaw must be 0")
    negate: int = Field(0, ge=0, le=1, description="1: white is occupied")
    occupied_thresh: float = Field(0.65, gt=0, lt=1, description="darker than this is occupied")
    free_thresh: float = Field(0.25, gt=0, lt=1, description="lighter than this is free")
    mode: str = Field("trinary", pattern="^trinary$", description="the only mode supported")


@dataclass(frozen=True, eq=False)
class OccupancyMap:
    """Cells of the map; what is neither occupied nor free is unknown and not driven on."""

    resolution_m: float
    origin_m: tuple[float, float]  # lower left corner of cell (0, 0)
    occupied: Mask
    free: Mask

    @classmethod
    def load(cls, site: str | Path) -> OccupancyMap:
        """The map of a site folder.

        :raises FileError: a file is missing, unreadable, or does not fit
        """
        path = resolve(site) / "map.yaml"
        file = load_yaml(path, MapFile)
        if file.origin[2] != 0.0:
            raise FileError(f"{path}: origin: yaw must be 0, turn the picture instead (got {file.origin[2]})")
        if file.free_thresh > file.occupied_thresh:
            raise FileError(f"{path}: free_thresh: must not exceed occupied_thresh (got {file.free_thresh} > {file.occupied_thresh})")
        picture = cv2.imread(str(path.parent / file.image), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise FileError(f"{path}: image: no readable picture at {path.parent / file.image}")
        darkness = np.flipud(picture if file.negate else 255 - picture) / 255.0
        return cls(file.resolution, file.origin[:2], darkness > file.occupied_thresh, darkness < file.free_thresh)

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.occupied.shape
        return rows, columns

    @cached_property
    def clearance_m(self) -> NDArray[np.float32]:
        """Distance from each cell's centre to the nearest surface of what is not free; 0 where it is not free itself."""
        return distance_m(~self.free, self.resolution_m)

    @cached_property
    def surface_m(self) -> NDArray[np.float32]:
        """Signed distance from each cell's centre to the nearest occupied surface: positive outside, negative inside."""
        return distance_m(self.occupied, self.resolution_m) - distance_m(~self.occupied, self.resolution_m)

    def cell(self, x_m: float, y_m: float) -> tuple[int, int]:
        """(row, column) of a point; outside of the map too, see :meth:`contains`."""
        return int((y_m - self.origin_m[1]) // self.resolution_m), int((x_m - self.origin_m[0]) // self.resolution_m)

    def cells(self, points: Points) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """(rows, columns) of points, held at the map's border."""
        rows, columns = self.shape
        inside = np.minimum(np.maximum((points - self.origin_m) / self.resolution_m, 0.0), (columns - 1, rows - 1))
        indices = inside.astype(np.intp)
        return indices[:, 1], indices[:, 0]

    def centres(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Points:
        """The points in the middle of cells."""
        return np.asarray((np.column_stack((columns, rows)) + 0.5) * self.resolution_m + self.origin_m, dtype=np.float64)

    def marked(self, mask: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """(rows, columns) of the cells that a mask marks; several times faster than ``np.nonzero`` where they are few."""
        rows, columns = np.divmod(np.flatnonzero(mask), self.shape[1])
        return rows, columns

    def contains(self, x_m: float, y_m: float) -> bool:
        row, column = self.cell(x_m, y_m)
        return 0 <= row < self.shape[0] and 0 <= column < self.shape[1]

    def line(self, start_m: tuple[float, float], end_m: tuple[float, float]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Cells under a straight line, sampled twice per cell, ends included."""
        length_m = float(np.hypot(end_m[0] - start_m[0], end_m[1] - start_m[1]))
        steps = np.linspace(0.0, 1.0, int(2.0 * length_m / self.resolution_m) + 2)[:, None]
        return self.cells(np.asarray(start_m) * (1.0 - steps) + np.asarray(end_m) * steps)


def distance_m(obstacles: Mask, resolution_m: float) -> NDArray[np.float32]:
    """Distance from each cell's centre to the nearest obstacle cell's edge; 0 on obstacles, infinite without any.

    Exact Euclidean transform (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012) as OpenCV has it.
    """
    if not obstacles.any():
        return np.full(obstacles.shape, np.inf, dtype=np.float32)
    cells = cv2.distanceTransform((~obstacles).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(np.maximum(cells - 0.5, 0.0) * resolution_m, dtype=np.float32)
