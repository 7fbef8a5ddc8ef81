"""What the sensors besides the main lidar say now, each with its own maximum age.

``required``   until it has spoken, and whenever its news is older than ``max_age_s``, the base stands
``optional``   one that never spoke counts as not fitted; one that falls silent slows the base to the blind speed, and what
               it saw last stays where it was over ground
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from safety.scan import BrokenScanError, Obstacles
from safety.sensors import NOTHING, TOPIC_OF, PointSource, Reading, ScanSource, Source, read
from safety.types import Odometry

SECTOR_STEP_RAD = math.radians(1)


class _Sensor:
    """One row at work.  State: its newest sound message."""

    def __init__(self, name: str, source: Source) -> None:
        self.name, self.source = name, source
        self.stamp_s = -math.inf
        self.fault = ""
        self.says = NOTHING
        self.anchor: Odometry | None = None  # where the base was then

    def age_s(self, now_s: float) -> float:
        return max(0.0, now_s - self.stamp_s)

    def fresh(self, now_s: float) -> bool:
        return self.age_s(now_s) <= self.source.max_age_s

    def take(self, message: Any, odom: Odometry | None, horizon_m: float) -> None:
        """Keep what a message says that is not older than the last one; of a broken one, only what is wrong with it."""
        if message.stamp_s < self.stamp_s:
            return
        try:
            says = read(message, self.source, horizon_m)
        except BrokenScanError as error:
            self.fault = str(error)
            return
        self.says, self.stamp_s, self.anchor, self.fault = says, message.stamp_s, odom, ""

    def silence(self, now_s: float) -> str:
        fault = f" ({self.fault})" if self.fault else ""
        return f"{self.name} is {self.age_s(now_s):.1f} s old{fault}" if math.isfinite(self.stamp_s) else f"no {self.name}{fault}"


class Sources:
    """State: every row of the table."""

    def __init__(self, table: Mapping[str, Source], horizon_m: float) -> None:
        self._table, self._horizon_m = table, horizon_m
        self.reset()

    def reset(self) -> None:
        """Forget what they saw."""
        self._sensors = [_Sensor(name, source) for name, source in self._table.items()]
        self._by_key = {(TOPIC_OF[s.source.kind], s.source.frame_id or s.name): s for s in self._sensors}

    def take(self, topic: str, message: Any, fault: str, odom: Odometry | None) -> None:
        """Keep a message, or that it is faulty; one whose frame is in no row is none of ours."""
        sensor = self._by_key.get((topic, getattr(message, "frame_id", "")))
        if sensor is not None and fault:
            sensor.fault = fault
        elif sensor is not None:
            sensor.take(message, odom, self._horizon_m)

    def missing(self, now_s: float) -> list[str]:
        """Why the base must stand: required sensors that are silent."""
        return [sensor.silence(now_s) for sensor in self._sensors if sensor.source.required and not sensor.fresh(now_s)]

    def lost(self, now_s: float) -> str:
        """Why the base must creep: optional sensors that spoke once and are silent now; "" when there are none."""
        spoke = (s for s in self._sensors if not s.source.required and math.isfinite(s.stamp_s))
        return "; ".join(sensor.silence(now_s) for sensor in spoke if not sensor.fresh(now_s))

    def ages_s(self, now_s: float) -> dict[str, float]:
        """For the record."""
        return {sensor.name: sensor.age_s(now_s) for sensor in self._sensors}

    def added_to(self, seen: Obstacles, odom: Odometry | None, now_s: float) -> Obstacles:
        """The obstacles of the main lidar together with all others, in base_link."""
        others = [self._reading_now(s, odom, now_s) for s in self._sensors if s.says.x_m.size]
        if not others:
            return seen
        x_m = np.concatenate((seen.x_m, *(other.x_m for other in others)))
        y_m = np.concatenate((seen.y_m, *(other.y_m for other in others)))
        nearest_m = math.sqrt(float(np.min(x_m * x_m + y_m * y_m)))
        return Obstacles(x_m, y_m, min(seen.nearest_m, nearest_m), max(seen.coarse_m, *(other.coarse_m for other in others)))

    def age_s(self, now_s: float) -> float:
        """Age of the oldest news that still counts as fresh."""
        return max((sensor.age_s(now_s) for sensor in self._sensors if sensor.fresh(now_s)), default=0.0)

    def touches(self) -> tuple[tuple[str, float, float], ...]:
        """Bumpers that are pressed, and cliffs: which one, and where on the base [m].  Silence does not end them."""
        return tuple((f"{s.source.kind} {s.name}", s.source.mount.x_m, s.source.mount.y_m) for s in self._sensors if s.says.touches)

    def all_around(self, ahead_rad: float, now_s: float) -> bool:
        """Whether fresh lidars and depth cameras, with the main lidar's ``ahead_rad`` around ahead, look in every direction."""
        sectors = [(s.source.mount.yaw_rad, s.source.field_of_view_rad) for s in self._sensors
                   if isinstance(s.source, ScanSource | PointSource) and s.fresh(now_s)]  # fmt: skip
        directions = np.arange(0.0, 2 * math.pi, SECTOR_STEP_RAD)
        seen = np.zeros(directions.shape, bool)
        for middle_rad, width_rad in ((0.0, ahead_rad), *sectors):
            off_rad = np.abs((directions - middle_rad + math.pi) % (2 * math.pi) - math.pi)
            seen |= off_rad <= width_rad / 2.0
        return bool(seen.all())

    def _reading_now(self, sensor: _Sensor, odom: Odometry | None, now_s: float) -> Reading:
        """Points of a sensor that fell silent stay where they were, while the base drives on."""
        then, says = sensor.anchor, sensor.says
        if sensor.fresh(now_s) or then is None or odom is None:
            return says
        turned = then.yaw_rad - odom.yaw_rad
        dx, dy = then.x_m - odom.x_m, then.y_m - odom.y_m
        cosine, sine = math.cos(odom.yaw_rad), math.sin(odom.yaw_rad)
        return says._replace(
            x_m=math.cos(turned) * says.x_m - math.sin(turned) * says.y_m + cosine * dx + sine * dy,
            y_m=math.sin(turned) * says.x_m + math.cos(turned) * says.y_m + cosine * dy - sine * dx,
        )
