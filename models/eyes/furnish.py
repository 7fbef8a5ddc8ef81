"""Puts furniture into rooms: along walls, tables with chairs in the middle, nothing inside anything else, doors left free."""

from __future__ import annotations

import numpy as np

from models.eyes.catalogue import CHAIR, COFFEE_TABLE, ROOMS, RUG, TABLE, Entry
from models.eyes.plan import WALL_M, Area, Plan, size_m
from models.eyes.rectangles import Block, free
from sim.description import Furniture, Point, Pose2D
from sim.shapes.building import SILL_M

Size = tuple[float, float, float]

_TRIES = 40
_GAP_M = 0.02 + WALL_M / 2
_LANE_M = 0.55
"""Left free around tables, so that a robot and people pass."""


def block_of(piece: Furniture) -> Block:
    """What a piece takes up."""
    (x, y), (lx, ly, lz) = piece.pose.at_m, piece.size_m
    return Block(x, y, piece.pose.yaw_deg, lx, ly, piece.raised_m, piece.raised_m + lz)


class Furnisher:
    """Furnishes the rooms of a plan one after the other."""

    def __init__(self, plan: Plan, rng: np.random.Generator) -> None:
        self._plan, self._rng = plan, rng
        self.pieces: dict[str, Furniture] = {}
        self._blocks: list[Block] = []

    def furnish(self, room: str, kind: str, area: Area) -> None:
        """Fill one room with what belongs into a room of its kind."""
        for entry in ROOMS[kind]:
            if self._rng.random() < entry.chance:
                self._along_wall(room, entry, area)
        if kind in ("kitchen", "living room", "study") and self._rng.random() < (0.9 if kind == "kitchen" else 0.4):
            self._table(room, area)
        sofa = self.pieces.get(f"{room} sofa")
        if sofa is not None:
            self._before_sofa(room, area, sofa)
        elif self._rng.random() < 0.5:
            self._rug(room, area, (area[0] + area[2]) / 2, (area[1] + area[3]) / 2, float(self._rng.choice([0, 90])))

    # ------------------------------------------------ kinds of places

    def _along_wall(self, room: str, entry: Entry, area: Area) -> None:
        """With its back to a wall, front (-y of its own) into the room."""
        x0, y0, x1, y1 = area
        for _ in range(_TRIES):
            size, raised = self._size(entry), float(self._rng.uniform(*entry.raised_m))
            side, share = int(self._rng.integers(4)), float(self._rng.random())
            length, depth = size[0], size[1]
            back = _GAP_M + depth / 2
            span = size_m(area)[side % 2] - length - 2 * _GAP_M
            if span < 0 or size_m(area)[1 - side % 2] < depth + 0.9:
                continue
            along = _GAP_M + length / 2 + share * span
            x, y, yaw = (
                (x0 + along, y0 + back, 180),
                (x1 - back, y0 + along, -90),
                (x0 + along, y1 - back, 0),
                (x0 + back, y0 + along, 90),
            )[side]
            if self._put(room, entry, (x, y), yaw, size, raised):
                return

    def _table(self, room: str, area: Area) -> None:
        """A table with lanes around it, and chairs at its sides."""
        x0, y0, x1, y1 = area
        for _ in range(_TRIES):
            size = self._size(TABLE)
            yaw = float(self._rng.choice([0, 90]) + self._rng.normal(0, 3))
            reach = max(size[:2]) / 2 + _LANE_M
            if min(x1 - x0, y1 - y0) < 2 * reach:
                continue
            at = float(self._rng.uniform(x0 + reach, x1 - reach)), float(self._rng.uniform(y0 + reach, y1 - reach))
            block = Block(*at, yaw, size[0] + 2 * _LANE_M, size[1] + 2 * _LANE_M, 0, 2)
            if free(block, self._blocks) and self._put(room, TABLE, at, yaw, size, 0.0):
                self._chairs(room, at, yaw, size, self._blocks[-1])
                return

    def _chairs(self, room: str, at: Point, yaw: float, table: Size, block: Block) -> None:
        table_pose = Pose2D(at_m=at, yaw_deg=yaw)
        sides = ((0.0, -1.0, 180.0), (0.0, 1.0, 0.0), (1.0, 0.0, -90.0), (-1.0, 0.0, 90.0))
        colour = str(self._rng.choice(CHAIR.colours))
        for dx, dy, turn in sides:
            if self._rng.random() < 0.7:
                out = float(self._rng.uniform(0.12, 0.4))  # how far the chair's middle stands off the table's edge
                local = dx * (table[0] / 2 + out), dy * (table[1] / 2 + out)
                wobble = float(self._rng.normal(0, 8))
                self._put(room, CHAIR, table_pose.place(local), yaw + turn + wobble, self._size(CHAIR), 0.0, colour, under=block)

    def _before_sofa(self, room: str, area: Area, sofa: Furniture) -> None:
        size = self._size(COFFEE_TABLE)
        away = sofa.size_m[1] / 2 + size[1] / 2 + float(self._rng.uniform(0.3, 0.5))
        at = sofa.pose.place((float(self._rng.normal(0, 0.15)), -away))
        if _inside(area, Block(*at, sofa.pose.yaw_deg, size[0], size[1])):
            self._put(room, COFFEE_TABLE, at, sofa.pose.yaw_deg + float(self._rng.normal(0, 3)), size, 0.0)
        self._rug(room, area, *at, sofa.pose.yaw_deg)

    def _rug(self, room: str, area: Area, x: float, y: float, yaw: float) -> None:
        size = self._size(RUG)
        if _inside(area, Block(x, y, yaw, size[0], size[1])):
            self._add(room, RUG, (x, y), yaw, size, 0.0, str(self._rng.choice(RUG.colours)))

    # ------------------------------------------------ putting down

    def _size(self, entry: Entry) -> Size:
        lx, ly, lz = (round(float(self._rng.uniform(*limits)), 3) for limits in entry.size_m)
        return lx, ly, lz

    def _put(
        self, room: str, entry: Entry, at: Point, yaw: float, size: Size, raised: float, colour: str = "", *, under: Block | None = None
    ) -> bool:
        """Put it there if nothing is in the way; it may reach under the table ``under``."""
        block = Block(*at, yaw, size[0], size[1], raised, raised + size[2])
        windows = self._plan.windows if block.high_m > SILL_M else ()
        if not free(block, [*(other for other in self._blocks if other is not under), *self._plan.doors, *windows]):
            return False
        self._add(room, entry, at, yaw, size, raised, colour or str(self._rng.choice(entry.colours)))
        self._blocks.append(block.grown(0.02))
        return True

    def _add(self, room: str, entry: Entry, at: Point, yaw: float, size: Size, raised: float, colour: str) -> None:
        name, number = f"{room} {entry.kind}", 2
        while name in self.pieces:
            name, number = f"{room} {entry.kind} {number}", number + 1
        pose = Pose2D(at_m=(round(at[0], 3), round(at[1], 3)), yaw_deg=round(float(yaw), 1))
        self.pieces[name] = Furniture(kind=entry.kind, pose=pose, size_m=size, colour=colour, raised_m=round(raised, 2))


def _inside(area: Area, block: Block) -> bool:
    x0, y0, x1, y1 = area
    return all(x0 + 0.1 < x < x1 - 0.1 and y0 + 0.1 < y < y1 - 0.1 for x, y in block.corners())
