"""The embedded navigator: localises the robot in the map, and drives it to goals by proposing velocities to the gate."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from pydantic import Field

from robot_runtime.act.drive import Drive, DriveConfig, Progress
from robot_runtime.act.localise import Localiser, LocaliserConfig, end_points
from robot_runtime.act.obstacle_layer import ObstacleLayer
from robot_runtime.act.occupancy_map import OccupancyMap
from robot_runtime.act.planar import Points, Pose2, to_map
from robot_runtime.act.surroundings import Surroundings
from robot_runtime.messages import NavGoal, NavStatus
from robot_runtime.stage import Inbox, Outbox, latest, news
from robot_runtime.topics import TOPICS
from robot_runtime.world.semantic_map import load_semantic_map
from safety.files import FileError
from safety.types import Odometry, People, Person, ProposedVelocity, RobotPose, SafetyMode, SafetyState, Scan

_NOWHERE: Points = np.zeros((0, 2))
_POSE_S = 0.1
_STATUS_S = 0.2
_UNSEEN_S = 2.0  # somebody out of view for longer may be anywhere; the lidar and the gate still look out
_SHAKY_STD_M = 0.15  # with a worse pose, scans are not turned into obstacles
_CREEP_MPS = 0.1  # asked even under a cap of 0, so that the gate sees where the robot wants to go
_LATCHED = (SafetyMode.EMERGENCY_STOP.value, SafetyMode.REARM_REQUIRED.value, SafetyMode.STARTING.value)


class Navigator:
    """``nav/goal`` in, ``cmd_vel/proposed`` and ``nav/status`` out, ``pose`` always.

    A goal with the id of the goal in hand moves it; another id replaces it; ``cancel`` ends it.  While a goal is in hand a
    velocity is proposed at every step, zero whenever an input is stale or the gate is latched; one zero ends the drive.
    """

    class Config(LocaliserConfig, DriveConfig):
        site: str = Field("", description="folder with map.yaml and semantic_map.yaml")
        initial_pose: tuple[float, float, float] = Field(
            (0.0, 0.0, 0.0), description="x [m], y [m], yaw [rad] in the map at which the odometry reads zero"
        )
        obstacle_memory_s: float = Field(8.0, gt=0, le=120, description="how long an unmapped thing out of view stays in the plan")
        blind_speed_mps: float = Field(0.3, gt=0, le=1, description="speed while the eyes give no news of people")
        lost_std_m: float = Field(0.5, gt=0, le=5, description="with a less certain pose the robot does not drive")
        stale_fail_s: float = Field(5.0, gt=0, le=60, description="an input stale for so long makes the drive fail")

    def __init__(self, config: Config) -> None:
        if not config.site:
            raise FileError("navigator: site: missing, expected the folder with map.yaml (launch argument 'site' or 'world')")
        self._config = config
        occupancy = OccupancyMap.load(config.site)
        self._localiser = Localiser(config, occupancy, Pose2(*config.initial_pose))
        self._layer = ObstacleLayer(occupancy, config.obstacle_memory_s)
        self._drive = Drive(config, occupancy, load_semantic_map(config.site))
        self.reset()

    def reset(self) -> None:
        self._localiser.reset()
        self._layer.reset()
        self._drive.reset()
        self._goal: NavGoal | None = None
        self._odometry: Odometry | None = None
        self._scan: Scan | None = None
        self._people: People | None = None
        self._safety: SafetyState | None = None
        self._hits = self._unexplained = _NOWHERE
        self._trouble_since_s = math.nan
        self._stepped_s = self._posed_s = self._reported_s = -math.inf
        self._reported = ("", "")

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._sense(inbox)
        outbox: Outbox = self._pose(now_s)
        for goal in news(inbox, "nav/goal", NavGoal):
            outbox += self._take(goal, now_s)
        if self._goal is not None:
            outbox += self._go_on(self._goal, now_s)
        self._stepped_s = now_s
        return outbox

    # ---- senses

    def _sense(self, inbox: Inbox) -> None:
        self._people = latest(inbox, "people", People, self._people)
        self._safety = latest(inbox, "safety/state", SafetyState, self._safety)
        for odometry in news(inbox, "odom", Odometry):
            if not _finite(odometry.x_m, odometry.y_m, odometry.yaw_rad, odometry.linear_mps, odometry.angular_radps):
                continue  # a broken message ages into a stale input
            self._localiser.on_odometry(odometry)
            self._odometry = odometry
        scan = latest(inbox, "scan", Scan)
        if scan is not None and self._odometry is not None:
            self._look(scan)

    def _look(self, scan: Scan) -> None:
        self._scan = scan
        self._localiser.on_scan(scan)
        pose = self._localiser.pose_at(scan.stamp_s)
        self._hits = to_map(pose, end_points(scan))
        if self._localiser.std_m < _SHAKY_STD_M:
            self._unexplained = self._layer.update(scan, self._hits, pose)

    def _pose(self, now_s: float) -> Outbox:
        """The pose at 10 Hz; silent without fresh odometry, so that its consumers see it go stale."""
        odometry = self._odometry
        if odometry is None or now_s - self._posed_s < _POSE_S - 1e-6 or _age(odometry, now_s) > _max_age_s("odom"):
            return []
        self._posed_s = now_s
        x_m, y_m, yaw_rad = self._localiser.pose
        return [("pose", RobotPose(odometry.stamp_s, x_m, y_m, yaw_rad, self._localiser.std_m))]

    # ---- goals

    def _take(self, goal: NavGoal, now_s: float) -> Outbox:
        if goal.cancel:
            return self._cancel(goal, now_s)
        if not _finite(goal.x_m, goal.y_m, goal.stand_off_m) or not goal.max_speed_mps > 0.0 or goal.stand_off_m < 0.0:
            bad = "goal: x_m, y_m and stand_off_m must be finite, stand_off_m not negative and max_speed_mps positive"
            return [("nav/status", NavStatus(now_s, goal.id, "failed", math.nan, bad))]
        outbox: Outbox = []
        if self._goal is not None and self._goal.id != goal.id:
            outbox = self._end(self._goal, "cancelled", f"replaced by {goal.id}", now_s)
        self._goal = goal
        self._drive.start(goal, now_s)
        return outbox

    def _cancel(self, goal: NavGoal, now_s: float) -> Outbox:
        if self._goal is not None and goal.id in ("", self._goal.id):
            return self._end(self._goal, "cancelled", "", now_s)
        return [("nav/status", NavStatus(now_s, goal.id, "cancelled", math.nan, "was not driving there"))]

    def _end(self, goal: NavGoal, phase: str, detail: str, now_s: float, remaining_m: float = math.nan) -> Outbox:
        self._goal = None
        self._drive.reset()
        self._trouble_since_s = math.nan
        self._reported = ("", "")
        return [
            ("cmd_vel/proposed", ProposedVelocity(now_s, goal.action_id, 0.0, 0.0)),
            ("nav/status", NavStatus(now_s, goal.id, phase, remaining_m, detail)),
        ]

    # ---- driving

    def _go_on(self, goal: NavGoal, now_s: float) -> Outbox:
        trouble, patient = self._trouble(now_s)
        progress = self._drive_on(now_s) if not trouble else self._stand(trouble, patient, now_s)
        if progress.phase in ("reached", "failed"):
            return self._end(goal, progress.phase, progress.detail, now_s, progress.remaining_m)
        velocity = ProposedVelocity(now_s, goal.action_id, progress.linear_mps, progress.angular_radps)
        return [("cmd_vel/proposed", velocity), *self._report(goal, progress, now_s)]

    def _trouble(self, now_s: float) -> tuple[str, bool]:
        """Why the robot must not drive at all, "" when it may; and whether waiting for that may take any time."""
        for topic, message in (("odom", self._odometry), ("scan", self._scan), ("safety/state", self._safety)):
            if message is None:
                return f"no {topic} yet", False
            if _age(message, now_s) > _max_age_s(topic):
                return f"{topic} is stale", False
        if self._localiser.std_m > self._config.lost_std_m:
            return "the position in the map is uncertain", False
        if self._safety is not None and self._safety.mode in _LATCHED:
            return f"{self._safety.mode}: {', '.join(self._safety.causes)}", True
        return "", True

    def _stand(self, trouble: str, patient: bool, now_s: float) -> Progress:
        self._drive.hold(now_s)
        if patient or math.isnan(self._trouble_since_s):
            self._trouble_since_s = now_s
        failed = now_s - self._trouble_since_s > self._config.stale_fail_s
        return Progress(0.0, 0.0, "failed" if failed else "blocked", math.nan, trouble)

    def _drive_on(self, now_s: float) -> Progress:
        self._trouble_since_s = math.nan
        progress = self._drive.step(self._surroundings(now_s))
        if progress.phase == "blocked" and not progress.detail:
            causes = self._safety.causes if self._safety is not None else ()
            return replace(progress, detail=f"held back: {', '.join(causes) or 'the base does not move'}")
        return progress

    def _surroundings(self, now_s: float) -> Surroundings:
        assert self._odometry is not None and self._safety is not None  # _trouble has seen to it
        people_known = self._people is not None and _age(self._people, now_s) <= _max_age_s("people")
        known = self._people.people if self._people is not None and _age(self._people, now_s) < _UNSEEN_S else ()
        people = [person for person in known if _counts(person, now_s)]
        return Surroundings(
            now_s=now_s,
            dt_s=min(max(now_s - self._stepped_s, 0.01), 0.1),
            pose=self._localiser.pose,
            linear_mps=self._odometry.linear_mps,
            angular_radps=self._odometry.angular_radps,
            cap_mps=min(max(self._safety.max_speed_mps, _CREEP_MPS), math.inf if people_known else self._config.blind_speed_mps),
            hits=self._hits,
            unexplained=self._unexplained,
            obstacles=self._layer.mask(now_s),
            people=np.array([person.position_m[:2] for person in people]).reshape(-1, 2),
            people_velocity_mps=np.array([person.velocity_mps[:2] for person in people]).reshape(-1, 2),
            people_known=people_known,
        )

    def _report(self, goal: NavGoal, progress: Progress, now_s: float) -> Outbox:
        """The status on every change, and at 5 Hz."""
        news_ = (progress.phase, progress.detail)
        if news_ == self._reported and now_s - self._reported_s < _STATUS_S - 1e-6:
            return []
        self._reported, self._reported_s = news_, now_s
        return [("nav/status", NavStatus(now_s, goal.id, progress.phase, progress.remaining_m, progress.detail))]


def _counts(person: Person, now_s: float) -> bool:
    """Whether somebody's position is known well enough to drive by it."""
    return _finite(*person.position_m[:2], *person.velocity_mps[:2]) and (person.seen or now_s - person.last_seen_s < _UNSEEN_S)


def _age(message: Odometry | Scan | People | SafetyState, now_s: float) -> float:
    return now_s - message.stamp_s


def _max_age_s(topic: str) -> float:
    age_s = TOPICS[topic].max_age_s
    assert age_s is not None
    return age_s


def _finite(*values: float) -> bool:
    return all(map(math.isfinite, values))
