"""How simulated people stand, turn and walk.

A person follows a polyline at the commanded speed; legs and arms swing with the distance walked, so feet do not skate.
Stride length and cadence both rise about with the square root of speed (D. W. Grieve and R. J. Gear, *Ergonomics* 9, 1966);
a comfortable adult step is 0.41 of stature at 1.3 m/s (Winter 1991).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import PersonCommand
from sim.description import PersonDescription, Point
from sim.shapes.human import Proportions, proportions

TURN_RATE_RADPS = 2.6
ACCELERATION_MPS2 = 1.6
PERSONAL_SPACE_M = 0.55
"""A person does not walk into a robot that is nearer than this, ahead of them."""
ATTENTION_S = 5.0
"""How long a person keeps facing the robot after having spoken to it."""
IDLE_PERIOD_S = 0.2
"""The body of somebody who stands is posed anew only so often, and everybody's at the same times, so that nothing moves between."""

_AT_REST = 0.01
"""Share of a full stride below which somebody stands still."""


class Walker:
    """One person: where they are, where they go, and how their body is posed."""

    def __init__(self, person: PersonDescription, phase_rad: float) -> None:
        self.person = person
        self.body: Proportions = proportions(person)
        self._idle_phase_rad = phase_rad
        self.reset()

    def reset(self) -> None:
        """Back to the start of the description."""
        self.x_m, self.y_m = self.person.start.at_m
        self.yaw_rad = self.person.start.yaw_rad
        self.speed_mps = 0.0
        self.sitting = self.person.posture == "sitting"
        self.holding = False
        self._path: list[Point] = []
        self._wanted_mps = 0.0
        self._gait_rad = 0.0
        self._stride = 0.0  # 0 stands still … 1 full stride
        self._head_rad = 0.0
        self._attend_until_s = -1.0
        self._due_s = -1.0

    @property
    def walking(self) -> bool:
        return bool(self._path)

    def command(self, command: PersonCommand) -> None:
        """Take a new path.  Words alone leave a walk as it is; neither words nor path means "stand still"."""
        if command.path_m:
            flat = command.path_m
            self._path = [(flat[k], flat[k + 1]) for k in range(0, len(flat) - 1, 2)]
            self._wanted_mps = command.speed_mps
            self.sitting = False
        elif not command.say:
            self._path = []

    def attend(self, now_s: float) -> None:
        """Face the robot for a while."""
        self._attend_until_s = now_s + ATTENTION_S

    def step(self, dt_s: float, now_s: float, robot_m: Point) -> bool:
        """Move on by ``dt_s``; True when the body should be posed anew."""
        bearing = math.atan2(robot_m[1] - self.y_m, robot_m[0] - self.x_m)
        distance_m = math.hypot(robot_m[0] - self.x_m, robot_m[1] - self.y_m)
        if self._path or self._stride > _AT_REST:
            self._walk(dt_s, bearing, distance_m)
        self._look(dt_s, now_s, bearing, distance_m)
        if now_s < self._due_s and not self.walking and self._stride <= _AT_REST:
            return False
        self._due_s = (math.floor(now_s / IDLE_PERIOD_S + 1e-6) + 1) * IDLE_PERIOD_S - 1e-6
        return True

    # ------------------------------------------------ walking

    def _walk(self, dt_s: float, robot_bearing_rad: float, robot_m: float) -> None:
        heading = self._heading()
        room_m = PERSONAL_SPACE_M + self.speed_mps**2 / (4 * ACCELERATION_MPS2)  # people slow down twice as fast as they start
        blocked = robot_m < room_m and abs(_wrap(robot_bearing_rad - (heading if heading is not None else self.yaw_rad))) < 1.0
        off = _wrap(heading - self.yaw_rad) if heading is not None else 0.0
        wanted = 0.0 if heading is None or blocked or abs(off) > 1.2 else self._wanted_mps
        change = ACCELERATION_MPS2 * dt_s
        self.speed_mps += min(max(wanted - self.speed_mps, -2 * change), change)
        turn = min(max(off, -TURN_RATE_RADPS * dt_s), TURN_RATE_RADPS * dt_s)
        self.yaw_rad = _wrap(self.yaw_rad + turn)
        moved = self._advance(self.speed_mps * dt_s)
        self._animate(dt_s, moved, abs(turn))

    def _heading(self) -> float | None:
        """Direction of the next way-point, None when there is nowhere to go."""
        while self._path:
            dx, dy = self._path[0][0] - self.x_m, self._path[0][1] - self.y_m
            if dx * dx + dy * dy > 1e-6:
                return math.atan2(dy, dx)
            self._path.pop(0)
        return None

    def _advance(self, distance_m: float) -> float:
        """Go along the path; returns the distance really walked."""
        left = distance_m
        while left > 0 and self._path:
            px, py = self._path[0]
            gap = math.hypot(px - self.x_m, py - self.y_m)
            if gap <= left:
                self.x_m, self.y_m = px, py
                self._path.pop(0)
                left -= gap
            else:
                self.x_m += (px - self.x_m) * left / gap
                self.y_m += (py - self.y_m) * left / gap
                left = 0.0
        if not self._path:
            self.speed_mps = 0.0
        return distance_m - left

    def _animate(self, dt_s: float, moved_m: float, turned_rad: float) -> None:
        speed = moved_m / dt_s
        self._gait_rad = (self._gait_rad + math.pi * (moved_m + 0.25 * turned_rad) / self._step_length_m(max(speed, 0.3))) % (2 * math.pi)
        target = min(1.0, speed / 0.25) if speed > 0.02 else min(0.25, turned_rad / dt_s / 6)
        self._stride += (target - self._stride) * min(1.0, dt_s / 0.15)

    def _step_length_m(self, speed_mps: float) -> float:
        comfortable_mps = 1.3 * math.sqrt(self.body.hip / 0.9)  # equal Froude number: small legs step shorter at a lower speed
        return 0.41 * self.body.height * math.sqrt(min(speed_mps / comfortable_mps, 1.6))

    def _look(self, dt_s: float, now_s: float, bearing_rad: float, distance_m: float) -> None:
        """Turn the head, and when standing also the body, towards a robot that is near or being spoken to."""
        attending = now_s < self._attend_until_s
        off = _wrap(bearing_rad - self.yaw_rad)
        if attending and not self.walking and not self.sitting and abs(off) > 0.15:
            self.yaw_rad = _wrap(self.yaw_rad + min(max(off, -1.5 * dt_s), 1.5 * dt_s))
        interested = attending or (distance_m < 3.0 and not self.walking)
        target = min(max(off, -1.1), 1.1) if interested and abs(off) < 2.0 else 0.0
        self._head_rad += (target - self._head_rad) * min(1.0, dt_s / 0.25)

    # ------------------------------------------------ body

    def pose(self, now_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Positions (10, 3) and orientations (10, 4) of :data:`SEGMENTS` in the map frame."""
        b, swing = self.body, self._swing_rad()
        sway = 0.012 * math.sin(1.1 * now_s + self._idle_phase_rad)
        lean = math.radians(self.person.stoop_deg) + 0.05 * self._stride + sway
        legs = [self._leg(self._gait_rad, swing), self._leg(self._gait_rad + math.pi, swing)]
        hip = b.ankle + max(b.thigh * math.cos(t) + b.shin * math.cos(t + k) for t, k in legs)
        if self.sitting:
            legs, hip = [(-1.45, 1.45)] * 2, self.person.seat_m + 0.09 * b.girth
        pitches, joints = self._upper(b, hip, lean, swing)
        for (thigh, _), side in zip(legs, (1, -1), strict=True):
            joints.append((0.0, side * b.hip_half, hip))
            pitches.append(thigh)
        for (thigh, knee), side in zip(legs, (1, -1), strict=True):
            joints.append((-b.thigh * math.sin(thigh), side * b.hip_half, hip - b.thigh * math.cos(thigh)))
            pitches.append(thigh + knee)
        return self._to_map(joints, pitches)

    def _upper(self, b: Proportions, hip: float, lean: float, swing: float) -> tuple[list[float], list[tuple[float, float, float]]]:
        """Torso, head, arms."""
        sin, cos = math.sin(lean), math.cos(lean)
        socket = b.shoulder - 0.03 * b.girth  # the middle of the joint lies below the top of the shoulder
        shoulder_x, shoulder_z = socket * sin, hip + socket * cos
        joints = [(0.0, 0.0, hip), (b.neck * sin, 0.0, hip + b.neck * cos)]
        pitches = [lean, 0.25 * lean]
        arms = [(0.75 * swing * math.cos(self._gait_rad + math.pi), 0.3), (0.75 * swing * math.cos(self._gait_rad), 0.3)]
        if self.sitting:
            arms = [(-0.35, 0.9)] * 2
        if self.holding:
            arms[1] = (-0.25, 1.35)
        reach = b.shoulder_half + 0.014 * b.girth
        for (upper, _), side in zip(arms, (1, -1), strict=True):
            joints.append((shoulder_x, side * reach, shoulder_z))
            pitches.append(upper)
        for (upper, elbow), side in zip(arms, (1, -1), strict=True):
            joints.append((shoulder_x - b.upper_arm * math.sin(upper), side * reach, shoulder_z - b.upper_arm * math.cos(upper)))
            pitches.append(upper - elbow)
        return pitches, joints

    def _swing_rad(self) -> float:
        """Half the angle between the legs at full stride."""
        half_step = 0.5 * self._step_length_m(max(self.speed_mps, 0.3))
        return self._stride * math.asin(min(half_step / self.body.hip, 0.6))

    def _leg(self, phase_rad: float, swing_rad: float) -> tuple[float, float]:
        """Pitch of the thigh (negative is forward) and flexion of the knee.

        In the first half turn the leg swings forward with a bent knee; in the second it goes back at an even pace, so that
        the foot which carries the body stays where it is.
        """
        phase_rad %= 2 * math.pi
        lifting = max(0.0, math.sin(phase_rad + 0.35))
        back = math.cos(phase_rad) if phase_rad < math.pi else 2 * phase_rad / math.pi - 3
        return swing_rad * (back - 0.25 * lifting), (0.25 + 2.0 * lifting * lifting) * swing_rad

    def _to_map(
        self, joints: Sequence[tuple[float, float, float]], pitches: Sequence[float]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        body, head = _half_turn(self.yaw_rad), _half_turn(self.yaw_rad + self._head_rad)
        positions, turns = [], []
        for k, ((x, y, z), pitch) in enumerate(zip(joints, pitches, strict=True)):
            cy, sy = head if k == 1 else body
            cp, sp = math.cos(pitch / 2), math.sin(pitch / 2)
            positions.append((self.x_m + c * x - s * y, self.y_m + s * x + c * y, z))
            turns.append((cy * cp, -sy * sp, cy * sp, sy * cp))
        return np.array(positions), np.array(turns)


def hand_m(position: NDArray[np.float64], turn: NDArray[np.float64], body: Proportions) -> NDArray[np.float64]:
    """The middle of the right hand, from a :meth:`Walker.pose`."""
    elbow, (w, x, y, z) = position[5], turn[5].tolist()
    down = -np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    return np.asarray(elbow + (body.forearm + 0.5 * body.hand) * down)


def _half_turn(angle_rad: float) -> tuple[float, float]:
    """Cosine and sine of half an angle, as quaternions need them."""
    return math.cos(0.5 * angle_rad), math.sin(0.5 * angle_rad)


def _wrap(angle_rad: float) -> float:
    return (angle_rad + math.pi) % (2 * math.pi) - math.pi
