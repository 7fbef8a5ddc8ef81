"""A small flat and a kinematic robot in it, for tests of navigation: no physics, exact collisions, seeded noise.

    y=6 +-----------------+-----------------+
        |  west           |  north east     |
        |     +---+       |                 |
        |     | T |      door at y=4.1-5.0  |
        |     +---+       |                 |
        |                 +-----door at x=6.6-7.5
        |                 |  south east     |
    y=0 +-----------------+-----------------+
       x=0               5                 10

Walls are 0.1 m thick.  The table T (1.2 x 0.8 m at (2, 3.2)) is seen by the lidar as four legs only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from robot_runtime.act.navigator import Navigator
from robot_runtime.messages import NavGoal, NavStatus
from robot_runtime.stage import Outbox
from safety.types import Odometry, People, Person, ProposedVelocity, RobotPose, SafetyState, Scan

Box = tuple[float, float, float, float]  # left, bottom, right, top

RADIUS_M = 0.22
WALLS: tuple[Box, ...] = (
    (-0.05, -0.05, 10.05, 0.05), (-0.05, 5.95, 10.05, 6.05), (-0.05, 0.0, 0.05, 6.0), (9.95, 0.0, 10.05, 6.0),
    (4.95, 0.0, 5.05, 4.1), (4.95, 5.0, 5.05, 6.0), (5.0, 2.95, 6.6, 3.05), (7.5, 2.95, 10.0, 3.05),
)  # fmt: skip
TABLE: Box = (1.4, 2.8, 2.6, 3.6)
LEGS: tuple[Box, ...] = tuple((x, y, x + 0.05, y + 0.05) for x in (1.42, 2.53) for y in (2.82, 3.53))
DOORS = ((5.0, 4.55), (7.05, 3.0))


def write_site(folder: Path) -> Path:
    """The flat as a site folder: map.yaml, map.pgm, semantic_map.yaml."""
    resolution, left, bottom = 0.05, -0.5, -0.5
    picture = np.full((140, 220), 254, dtype=np.uint8)
    rows, columns = np.indices(picture.shape)
    x, y = left + (columns + 0.5) * resolution, bottom + (rows + 0.5) * resolution
    for x0, y0, x1, y1 in (*WALLS, TABLE):
        picture[(x > x0) & (x < x1) & (y > y0) & (y < y1)] = 0
    picture[(x < -0.05) | (x > 10.05) | (y < -0.05) | (y > 6.05)] = 205  # unknown outside
    cv2.imwrite(str(folder / "map.pgm"), np.flipud(picture))
    (folder / "map.yaml").write_text(yaml.safe_dump({
        "image": "map.pgm", "resolution": resolution, "origin": [left, bottom, 0.0],
        "negate": 0, "occupied_thresh": 0.65, "free_thresh": 0.196,
    }))  # fmt: skip
    (folder / "semantic_map.yaml").write_text(yaml.safe_dump({
        "places": {
            "west": {"polygon_m": [[0, 0], [5, 0], [5, 6], [0, 6]], "waypoint_m": [3.8, 4.0, 0.0]},
            "north east": {"polygon_m": [[5, 3], [10, 3], [10, 6], [5, 6]], "waypoint_m": [8.5, 4.5, 0.0]},
            "south east": {"polygon_m": [[5, 0], [10, 0], [10, 3], [5, 3]], "waypoint_m": [8.0, 1.5, -1.57]},
        },
        "surfaces": {"table": {"place": "west", "centre_m": [2.0, 3.2], "size_m": [1.2, 0.8], "height_m": 0.75}},
    }))  # fmt: skip
    return folder


def cast(
    x_m: float, y_m: float, angles_rad: NDArray[np.float64], boxes: list[Box], discs: list[tuple[float, float, float]]
) -> NDArray[np.float64]:
    """Exact ranges of rays to boxes (slab method) and discs (x, y, radius); infinite where nothing is hit."""
    dx, dy = np.cos(angles_rad)[:, None], np.sin(angles_rad)[:, None]
    ranges = np.full(len(angles_rad), np.inf)
    if boxes:
        b = np.array(boxes)
        with np.errstate(divide="ignore", invalid="ignore"):
            tx0, tx1 = (b[:, 0] - x_m) / dx, (b[:, 2] - x_m) / dx
            ty0, ty1 = (b[:, 1] - y_m) / dy, (b[:, 3] - y_m) / dy
        near = np.maximum(np.minimum(tx0, tx1), np.minimum(ty0, ty1))
        far = np.minimum(np.maximum(tx0, tx1), np.maximum(ty0, ty1))
        ranges = np.minimum(ranges, np.where((near <= far) & (near > 0), near, np.inf).min(axis=1))
    for cx, cy, radius in discs:
        along = (cx - x_m) * dx[:, 0] + (cy - y_m) * dy[:, 0]
        across2 = (cx - x_m) ** 2 + (cy - y_m) ** 2 - along**2
        hit = (along > 0) & (across2 < radius**2)
        ranges = np.minimum(ranges, np.where(hit, along - np.sqrt(np.maximum(radius**2 - across2, 0.0)), np.inf))
    return ranges


@dataclass
class Walker:
    """A person who walks through way-points, each as (x, y), from ``start_s`` on."""

    id: str
    points: list[tuple[float, float]]
    speed_mps: float = 0.0
    start_s: float = 0.0

    def at(self, now_s: float) -> tuple[float, float, float, float]:
        """Position and velocity."""
        way = max(0.0, now_s - self.start_s) * self.speed_mps
        for (ax, ay), (bx, by) in zip(self.points[:-1], self.points[1:], strict=True):
            length = math.hypot(bx - ax, by - ay)
            if way < length:
                vx, vy = (bx - ax) / length, (by - ay) / length
                moves = self.speed_mps if now_s >= self.start_s else 0.0
                return ax + vx * way, ay + vy * way, vx * moves, vy * moves
            way -= length
        return *self.points[-1], 0.0, 0.0


@dataclass
class NavWorld:
    """Steps a navigator at 20 Hz against the flat.  ``gate`` turns a proposed velocity into the emitted one."""

    navigator: Navigator
    x_m: float
    y_m: float
    yaw_rad: float
    seed: int = 0
    boxes: list[Box] = field(default_factory=list)  # things that the map does not hold
    walkers: list[Walker] = field(default_factory=list)
    people_work: bool = True
    scan_works: bool = True
    odom_works: bool = True
    odom_scale: float = 1.0
    odom_turn_scale: float = 1.0
    cap_mps: float = 10.0
    mode: str = "running"
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.odom = np.zeros(3)
        self.v = self.w = 0.0
        self.start = (self.x_m, self.y_m, self.yaw_rad)
        self.statuses: list[NavStatus] = []
        self.proposals: list[ProposedVelocity] = []
        self.pose: RobotPose | None = None
        self.least_clearance_m = math.inf
        self.least_person_m = math.inf
        self.worst_error_m = self.worst_error_rad = 0.0
        self.trail: list[tuple[float, float, float]] = []
        self._tick = 0

    # ---- the loop

    def step(self, goals: tuple[NavGoal, ...] = ()) -> Outbox:
        """One navigator step of 50 ms."""
        self._move(0.05)
        self._tick += 1
        self.now_s = round(self._tick * 0.05, 6)
        outbox = self.navigator.step(self._inbox(goals), self.now_s)
        self.proposed = None
        for topic, message in outbox:
            if topic == "nav/status":
                self.statuses.append(message)
            elif topic == "cmd_vel/proposed":
                self.proposed = message
                self.proposals.append(message)
            elif topic == "pose":
                self.pose = message
                self._judge_pose(message)
        self._judge()
        return outbox

    def drive(self, goal: NavGoal, limit_s: float = 90.0) -> NavStatus:
        """Send a goal and step until it ends; fails the test when it does not."""
        self.step((goal,))
        ends = ("reached", "failed", "cancelled")
        deadline_s = self.now_s + limit_s
        while not (self.statuses and self.statuses[-1].goal_id == goal.id and self.statuses[-1].phase in ends):
            assert self.now_s < deadline_s, f"no end of {goal} after {limit_s} s; at {self.x_m:.2f}, {self.y_m:.2f}; {self.statuses[-3:]}"
            self.step()
        return self.statuses[-1]

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            self.step()

    def phases(self, goal_id: str) -> list[str]:
        """The phases of a goal, each once per change."""
        phases = [status.phase for status in self.statuses if status.goal_id == goal_id]
        return [phase for i, phase in enumerate(phases) if i == 0 or phases[i - 1] != phase]

    # ---- the world

    def _move(self, dt_s: float) -> None:
        wanted = getattr(self, "proposed", None)
        v, w = (wanted.linear_mps, wanted.angular_radps) if wanted is not None else (0.0, 0.0)
        if abs(v) > self.cap_mps:
            v, w = math.copysign(self.cap_mps, v), w * self.cap_mps / abs(v)
        self.v += float(np.clip(v - self.v, -1.5 * dt_s, 1.0 * dt_s))  # the base's own limits
        self.w += float(np.clip(w - self.w, -6.0 * dt_s, 6.0 * dt_s))
        middle = self.yaw_rad + 0.5 * self.w * dt_s
        self.x_m += self.v * math.cos(middle) * dt_s
        self.y_m += self.v * math.sin(middle) * dt_s
        self.yaw_rad += self.w * dt_s
        way = self.v * dt_s * self.odom_scale * (1 + 0.02 * self.rng.standard_normal())
        turn = self.w * dt_s * self.odom_turn_scale * (1 + 0.02 * self.rng.standard_normal())
        turn += 0.01 * self.v * dt_s * self.rng.standard_normal()
        middle = self.odom[2] + 0.5 * turn
        self.odom += (way * math.cos(middle), way * math.sin(middle), turn)

    def _inbox(self, goals: tuple[NavGoal, ...]) -> dict[str, list[object]]:
        inbox: dict[str, list[object]] = {"nav/goal": list(goals)} if goals else {}
        if self.odom_works:
            inbox["odom"] = [Odometry(self.now_s, float(self.odom[0]), float(self.odom[1]), float(self.odom[2]), self.v, self.w)]
        if self.scan_works and self._tick % 2 == 0:
            inbox["scan"] = [self.scan()]
        if self.people_work and self._tick % 2 == 0:
            inbox["people"] = [People(self.now_s, "test", tuple(self._person(walker) for walker in self.walkers))]
        if self._tick % 4 == 0 or self._tick == 1:
            nan = math.nan
            causes = () if self.mode == "running" else ("test",)
            inbox["safety/state"] = [SafetyState(self.now_s, self.mode, causes, self.cap_mps, nan, nan, self.v, self.w)]
        return inbox

    def scan(self) -> Scan:
        angles: NDArray[np.float64] = np.deg2rad(np.arange(360.0) - 180.0)
        discs = [(walker.at(self.now_s)[0], walker.at(self.now_s)[1], 0.12) for walker in self.walkers]
        ranges = cast(self.x_m, self.y_m, np.asarray(angles + self.yaw_rad), [*WALLS, *LEGS, *self.boxes], discs)
        ranges += 0.01 * self.rng.standard_normal(360)
        ranges[(ranges > 12.0) | (self.rng.random(360) < 0.01)] = np.inf
        return Scan(self.now_s, -math.pi, math.radians(1.0), 0.05, 12.0, ranges.astype(np.float32))

    def _person(self, walker: Walker) -> Person:
        x, y, vx, vy = walker.at(self.now_s)
        return Person(walker.id, walker.id, "adult", 0.9, (x, y, 0.0), (vx, vy, 0.0), 0.05, True, False, True, self.now_s)

    # ---- judging

    def _judge(self) -> None:
        for x0, y0, x1, y1 in (*WALLS, TABLE, *self.boxes):
            gap = math.hypot(max(x0 - self.x_m, 0.0, self.x_m - x1), max(y0 - self.y_m, 0.0, self.y_m - y1)) - RADIUS_M
            self.least_clearance_m = min(self.least_clearance_m, gap)
        for walker in self.walkers:
            x, y, _, _ = walker.at(self.now_s)
            if self.v > 0.02:
                self.least_person_m = min(self.least_person_m, math.hypot(x - self.x_m, y - self.y_m))
        self.trail.append((self.x_m, self.y_m, self.v))

    def _judge_pose(self, pose: RobotPose) -> None:
        self.worst_error_m = max(self.worst_error_m, math.hypot(pose.x_m - self.x_m, pose.y_m - self.y_m))
        turn = (pose.yaw_rad - self.yaw_rad + math.pi) % (2 * math.pi) - math.pi
        self.worst_error_rad = max(self.worst_error_rad, abs(turn))


def goal(x_m: float, y_m: float, yaw_rad: float = math.nan, stand_off_m: float = 0.0, id: str = "g1", max_speed_mps: float = 0.8,
         cancel: bool = False) -> NavGoal:  # fmt: skip
    return NavGoal(0.0, id, f"action-{id}", x_m, y_m, yaw_rad, stand_off_m, max_speed_mps, cancel)


def world_in(site: Path, x_m: float, y_m: float, yaw_rad: float = 0.0, seed: int = 0, **changes: Any) -> NavWorld:
    """A navigator that knows its start, in the flat of ``site``; ``changes`` go into its Config."""
    config = Navigator.Config(site=str(site), initial_pose=(x_m, y_m, yaw_rad), **changes)
    world = NavWorld(Navigator(config), x_m, y_m, yaw_rad, seed)
    world.wait(0.2)  # everything has been heard once
    return world
