"""From the controller's dead reckoning to a pose that goes on over restarts, and a check of the encoders behind it."""

from __future__ import annotations

import math

from safety.motors.messages import Identity, Telemetry
from safety.motors.protocol import ahead

Pose = tuple[float, float, float]  # x [m], y [m], yaw [rad]

LEAP_RATIO = 1.5
LEAP_SLACK_M = 0.02


class EncoderError(ValueError):
    """Encoders that cannot have counted right; the text says why."""


class Odometer:
    """The controller integrates, so that its pose outlives this process.  A controller that restarted begins at zero: the pose
    here goes on from where it was, since the base stood meanwhile.

    State: where the controller's zero lies in the odom frame, the pose, and the last reading.
    """

    def __init__(self) -> None:
        self._origin: Pose = (0.0, 0.0, 0.0)
        self._boot: int | None = None
        self._last: Telemetry | None = None
        self.pose: Pose = self._origin

    def restart(self) -> None:
        """A new session: the next reading is compared with none before."""
        self._last = None

    def take(self, telemetry: Telemetry, identity: Identity) -> None:
        """Go on to the controller's new pose.

        :raises EncoderError: a wheel rolled further than the base can drive in that time
        """
        last, self._last = self._last, telemetry
        if last is not None:
            _check(last, telemetry, identity)
        own = (telemetry.x_mm / 1000.0, telemetry.y_mm / 1000.0, telemetry.yaw_urad / 1e6)
        if self._boot is not None and telemetry.boot != self._boot:
            self._origin = _origin(self.pose, own)
        self._boot, self.pose = telemetry.boot, _compose(self._origin, own)


def _check(last: Telemetry, now: Telemetry, identity: Identity) -> None:
    rolled_m = max(abs(ahead(now.left_ticks, last.left_ticks)), abs(ahead(now.right_ticks, last.right_ticks))) / identity.ticks_per_m
    took_s = ahead(now.uptime_ms, last.uptime_ms) / 1000.0
    top_mps = (identity.max_linear_mmps + identity.max_angular_mradps * identity.track_mm / 2000.0) / 1000.0
    if rolled_m > LEAP_RATIO * top_mps * took_s + LEAP_SLACK_M:
        raise EncoderError(f"a wheel encoder leapt by {rolled_m:.2f} m in {took_s * 1000:.0f} ms")


def _compose(origin: Pose, own: Pose) -> Pose:
    """``own``, given in the frame that stands at ``origin``."""
    c, s = math.cos(origin[2]), math.sin(origin[2])
    yaw_rad = math.remainder(origin[2] + own[2], 2 * math.pi)
    return origin[0] + c * own[0] - s * own[1], origin[1] + s * own[0] + c * own[1], yaw_rad


def _origin(pose: Pose, own: Pose) -> Pose:
    """Where a frame has to stand for ``own`` in it to be ``pose``."""
    yaw_rad = math.remainder(pose[2] - own[2], 2 * math.pi)
    turned = _compose((0.0, 0.0, yaw_rad), own)
    return pose[0] - turned[0], pose[1] - turned[1], yaw_rad
