"""The kinematic rows of ``bench gate``: what one step of the gate's kinematic stage computes, for a base among people.

Two rows for scans of 360 and of 24,000 points each, from one drive (``drive.py``) in which every step has news of everything:

``kinematic stage``     from a velocity proposal and what is around the base to the velocity that is emitted: the caps of people,
                        obstacles, zones and fences, and the limits of acceleration and jerk.
``… from messages``     the same, and before it what makes messages the surroundings: a new scan, people, pose, odometry and the
                        rest are checked, the scan becomes points, people are placed around the base.  This is the worst step: a
                        lidar that turns 10 times a second has a scan for one step in five.

The budget of 0.5 ms is one of computing, so this is processor time of the thread, without what else the machine does meanwhile.
Each scan is made just before its step, so that the step finds the caches as cold as after other work.
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass

from robot_runtime.bench.drive import ROOM_M, Drive
from robot_runtime.observe.figures import Figure, figure
from safety.caps import Caps, Permit
from safety.config import GateConfig
from safety.fence import load_fences
from safety.inputs import Inputs
from safety.kinematic import Kinematic, Motion
from safety.ontology import Ontology
from safety.rules import Rules
from safety.sight import Sight

WARM_UP = 50
AREAS = {
    "zones": {
        "bubble": {"kind": "slow", "speed_ratio": 0.7, "stretch_s": 0.5, "polygon_m": [[-0.4, -0.4], [0.5, -0.4], [0.5, 0.4], [-0.4, 0.4]]},
        "bumper": {"kind": "stop", "stretch_s": 0.2, "polygon_m": [[-0.25, -0.25], [0.3, -0.25], [0.3, 0.25], [-0.25, 0.25]]},
        "collision": {"kind": "approach", "contact_s": 1.0, "min_points": 2},
    },
    "fences": {
        "room": {"kind": "keep_in", "polygon_m": [[0.0, 0.0], [ROOM_M[0], 0.0], ROOM_M, [0.0, ROOM_M[1]]]},
        "stairs": {"kind": "keep_out", "polygon_m": [[0.0, 2.0], [0.4, 2.0], [0.4, 2.6], [0.0, 2.6]]},
    },
}


@dataclass(frozen=True)
class Steps:
    """What each step cost, and what came of it."""

    stage_ms: list[float]
    messages_ms: list[float]  # the stage included
    motions: list[Motion]


def figures(repeats: int) -> list[Figure]:
    """The rows, from ``repeats`` steps each."""
    rows = []
    for points in (360, 24_000):
        measured = steps(points, repeats)
        rows += [
            figure(f"kinematic stage, {points} points (processor time)", measured.stage_ms),
            figure("… from messages, a new scan included", measured.messages_ms),
        ]
    return rows


def steps(points: int, repeats: int) -> Steps:
    """So many steps of a drive, after some that are not counted."""
    drive, stage = Drive(points), _Stage()
    for _ in range(WARM_UP):
        stage.step(drive)
    gc.collect()
    spent = [stage.step(drive) for _ in range(repeats)]
    return Steps([one[0] for one in spent], [one[1] for one in spent], [one[2] for one in spent])


class _Stage:
    """The gate's way from messages to a velocity, without judgement, joints and record."""

    def __init__(self) -> None:
        config = GateConfig.model_validate({"state_dir": "memory", **AREAS})
        rules = Rules.load(config.rules_file, Ontology.load(config.ontology_file))
        caps = Caps(config, rules.separation, load_fences(config.fences, config.site))
        self._inputs = Inputs(config, caps.horizon_m)
        self._sight = Sight(config, rules.parameters, caps.horizon_m)
        self._kinematic = Kinematic(config, caps)
        self._permit = Permit()

    def step(self, drive: Drive) -> tuple[float, float, Motion]:
        """Milliseconds of the stage, milliseconds from messages, and the motion, which the base follows."""
        inbox, proposal, now_s = drive.inbox(), drive.proposal(), drive.now_s
        begun_ns = time.thread_time_ns()
        self._inputs.take(inbox, now_s)
        problems = self._sight.stops(self._inputs, now_s)
        around = self._sight.surroundings(self._inputs, now_s, self._kinematic.flight)
        known_ns = time.thread_time_ns()
        motion = self._kinematic.step(proposal, self._permit, around, now_s)
        done_ns = time.thread_time_ns()
        if problems or around.blind or around.unheard:
            raise RuntimeError(f"the base does not sense all: {problems}, {around.blind}, {around.unheard}")
        drive.follow(motion.linear_mps, motion.angular_radps)
        return (done_ns - known_ns) / 1e6, (done_ns - begun_ns) / 1e6, motion
