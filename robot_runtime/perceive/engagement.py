"""How much somebody seems to want something of the robot: a number 0 … 1 for whom to attend to."""

from __future__ import annotations

import math

from robot_runtime.messages import Person, RobotPose

NEAR_M, FAR_M = 1.2, 3.6
"""Hall's social distance (*The Hidden Dimension*, 1966): nearer is talk, farther is public."""
BRISK_MPS = 0.8
WEIGHTS = {"facing": 0.4, "near": 0.25, "approaching": 0.15, "speaking": 0.2}
"""Looking at the robot says most, as in the models of Michalowski, Sabanovic and Simmons (AMC 2006) by distance and attention."""


def engagement(person: Person, robot: RobotPose) -> float:
    """The weighted sum of facing the robot, being near, coming nearer and speaking; 0 for somebody out of sight and silent.

    >>> nobody = Person("a", "", "adult", 0.9, (9.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.1, True, False, False, 0.0)
    >>> engagement(nobody, RobotPose(0.0, 0.0, 0.0, 0.0, 0.0))
    0.0
    """
    if not person.seen:
        return WEIGHTS["speaking"] * person.speaking
    dx, dy = person.position_m[0] - robot.x_m, person.position_m[1] - robot.y_m
    distance_m = math.hypot(dx, dy)
    closing_mps = -(person.velocity_mps[0] * dx + person.velocity_mps[1] * dy) / max(distance_m, 1e-6)
    return (
        WEIGHTS["facing"] * person.facing_robot
        + WEIGHTS["near"] * _share((FAR_M - distance_m) / (FAR_M - NEAR_M))
        + WEIGHTS["approaching"] * _share(closing_mps / BRISK_MPS)
        + WEIGHTS["speaking"] * person.speaking
    )


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0
