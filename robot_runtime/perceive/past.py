"""Numbers that change with time, such as a pose: what they were when a picture was taken, which is not what they are now."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from robot_runtime.messages import JointPositions, RobotPose

_KEPT_S = 2.0
_RATE_S = 0.15
"""Over so long the rate is measured with which numbers go on: over less, the jitter of a localiser would pass for speed."""


@dataclass(frozen=True, slots=True)
class Then:
    """The numbers at one time, and how long before it the last of them came."""

    values: tuple[float, ...]
    beyond_s: float = 0.0


class Past:
    """Keeps two seconds of numbers.  What is not finite, or older than what is there, is not taken."""

    def __init__(self, max_age_s: float) -> None:
        """:param max_age_s: so long numbers go on as they went, and so long a gap between two of them may be"""
        self._max_age_s = max_age_s
        self._known: deque[tuple[float, tuple[float, ...]]] = deque()

    def clear(self) -> None:
        self._known.clear()

    def add(self, stamp_s: float, values: Sequence[float]) -> None:
        if not math.isfinite(stamp_s) or not all(map(math.isfinite, values)):
            return
        if self._known and stamp_s < self._known[-1][0] - _KEPT_S:  # time began anew
            self._known.clear()
        if self._known and stamp_s <= self._known[-1][0]:
            return
        self._known.append((stamp_s, tuple(values)))
        while self._known[0][0] < stamp_s - _KEPT_S:
            self._known.popleft()

    def newest(self) -> tuple[float, ...] | None:
        return self._known[-1][1] if self._known else None

    def at(self, stamp_s: float) -> Then | None:
        """Between the numbers before and after, or on from the last ones; None when nothing is known of that time."""
        if not self._known or not math.isfinite(stamp_s):
            return None
        if stamp_s >= self._known[-1][0]:
            return self._after(stamp_s)
        before = max((known for known in self._known if known[0] <= stamp_s), default=None)
        after = min(known for known in self._known if known[0] > stamp_s)
        if before is None:
            return Then(after[1]) if after[0] - stamp_s <= self._max_age_s else None
        if after[0] - before[0] > self._max_age_s:
            return None
        return Then(_between(before, after, stamp_s))

    def _after(self, stamp_s: float) -> Then | None:
        last = self._known[-1]
        beyond_s = stamp_s - last[0]
        if beyond_s > self._max_age_s:
            return None
        before = next((known for known in reversed(self._known) if last[0] - known[0] >= _RATE_S), self._known[0])
        if not 0 < last[0] - before[0] <= self._max_age_s:
            return Then(last[1], beyond_s)
        return Then(_between(before, last, stamp_s), beyond_s)


def _between(one: tuple[float, tuple[float, ...]], other: tuple[float, tuple[float, ...]], stamp_s: float) -> tuple[float, ...]:
    """On the line through both, which may be beyond them."""
    share = (stamp_s - one[0]) / (other[0] - one[0])
    return tuple(a + share * (b - a) for a, b in zip(one[1], other[1], strict=True))


class PastPoses:
    """Where the base was."""

    def __init__(self, max_age_s: float) -> None:
        self._past = Past(max_age_s)
        self._std_m = math.inf

    def clear(self) -> None:
        self._past.clear()

    def add(self, pose: RobotPose) -> None:
        last = self._past.newest()
        turned_rad = math.remainder(pose.yaw_rad - last[2], 2 * math.pi) if last and math.isfinite(pose.yaw_rad) else 0.0
        yaw_rad = last[2] + turned_rad if last else pose.yaw_rad  # without a jump at half a turn
        self._past.add(pose.stamp_s, (pose.x_m, pose.y_m, yaw_rad if math.isfinite(pose.yaw_rad) else math.nan))
        self._std_m = pose.std_m

    def at(self, stamp_s: float) -> tuple[RobotPose, float] | None:
        """The pose then, and how long before the last one came."""
        then = self._past.at(stamp_s)
        if then is None:
            return None
        x_m, y_m, yaw_rad = then.values
        return RobotPose(stamp_s, x_m, y_m, math.remainder(yaw_rad, 2 * math.pi), self._std_m), then.beyond_s


class PastJoints:
    """How the joints stood that turn the camera."""

    def __init__(self, names: Sequence[str], max_age_s: float) -> None:
        """:param names: of the joints; "" for one that does not exist, which is always 0"""
        self._names = tuple(names)
        self._past = Past(max_age_s)

    def clear(self) -> None:
        self._past.clear()

    def add(self, joints: JointPositions) -> None:
        """A message without one of the joints, as a driver of other joints sends it, tells nothing."""
        positions = dict(zip(joints.names, joints.positions, strict=False))
        if all(name in positions for name in self._names if name):
            self._past.add(joints.stamp_s, [positions[name] if name else 0.0 for name in self._names])

    def at(self, stamp_s: float) -> tuple[float, ...] | None:
        if not any(self._names):
            return (0.0,) * len(self._names)
        then = self._past.at(stamp_s)
        return None if then is None else then.values
