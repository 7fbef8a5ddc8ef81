"""``robot-runtime bench spine``: from a spoken command to motion, and from a person in the way to standstill.

The whole graph runs in its own processes over real rclpy, in real time.  People in the simulated home give commands and
step into the robot's path; the figures are taken from the recording, against the simulator's truth.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from robot_runtime.messages import Plan, ProposedVelocity, SimState, TimelineEvent, Utterance, Velocity
from robot_runtime.observe.figures import Figure, figure, latencies
from robot_runtime.observe.run import Run

MOVING_MPS = 0.02
BASE_RADIUS_M = 0.22
PERSON_RADIUS_M = 0.25
IN_THE_WAY_M = 1.0  # a person nearer than this ahead of the base's edge is "in the path"
LONGEST_S = 10.0  # a cause and an effect further apart have nothing to do with each other

PLACES = ("kitchen", "living room")
_LEO = {"aside": [5.1, 3.75], "in the way": [3.5, 3.9]}


def scenario(repeats: int) -> dict[str, Any]:
    """Anna sends the robot to and fro, and on each way Leo crosses its path in the passage."""
    steps: list[dict[str, Any]] = []
    for index in range(repeats):
        command, crossing, leaving = f"command {index}", f"crossing {index}", f"leaving {index}"
        when: dict[str, Any] = {"at_s": 2.0}
        if index:
            when = {"after": f"command {index - 1}", "action": {"skill": "go_to", "phase": "succeeded"}, "delay_s": 2.0}
        text = f"go to the {PLACES[index % 2]}"
        steps.append({"name": command, "when": when, "do": {"say": {"who": "anna", "text": text}}})
        way = {"who": "leo", "path_m": [_LEO["in the way"]], "speed_mps": 1.4}
        back = {"who": "leo", "path_m": [_LEO["aside"]], "speed_mps": 1.4}
        steps.append({"name": crossing, "when": {"after": command, "robot_moving": {"for_s": 1.0}}, "do": {"walk": way}})
        steps.append({"name": leaving, "when": {"after": crossing, "delay_s": 4.0}, "do": {"walk": back}})
    last = {"skill": "go_to", "phase": "succeeded", "after": f"command {repeats - 1}", "within_s": 60}
    return {
        "title": "bench spine",
        "limit_s": 40.0 * repeats + 20.0,
        "start": {"leo": {"at_m": _LEO["aside"], "yaw_deg": 180}},
        "steps": steps,
        "expect": [{"name": "the last way is driven", "action": last}],
    }


def figures(run: Run, read_truth: Callable[[SimState], Any]) -> list[Figure]:
    """All rows of the table."""
    shown = ("end of speech → words", "words → plan", "gate: verdict on an action", "end of speech → first sound of the answer")
    rows = [row for row in latencies(run.all("timeline", TimelineEvent)) if row.name in shown]
    heard = [u.end_s for u in run.all("speech/heard", Utterance) if u.intent == "go_to"]
    truth = [read_truth(state) for state in run.all("sim/state", SimState)]
    emitted = run.all("cmd_vel", Velocity)
    proposed = [v.stamp_s for v in run.all("cmd_vel/proposed", ProposedVelocity) if _moves(v)]
    moving = [v.stamp_s for v in emitted if _moves(v)]
    rows += [
        figure("plan → first velocity proposed", _delays([p.stamp_s for p in run.all("plan", Plan)], proposed)),
        figure("end of speech → first velocity emitted", _delays(heard, moving)),
        figure("end of speech → the base really moves", _delays(heard, _moving_truth(truth))),
    ]
    stepped = list(_steps_into_path(truth))
    zero = [v.stamp_s for v in emitted if v.linear_mps == 0.0]
    standing = _standing_truth(truth)
    rows += [
        figure("person steps in path → velocity zero", _delays(stepped, zero)),
        figure("person steps in path → the base stands", _delays(stepped, standing)),
    ]
    return rows


def _moves(velocity: Velocity | ProposedVelocity) -> bool:
    return abs(velocity.linear_mps) > MOVING_MPS or abs(velocity.angular_radps) > MOVING_MPS


def _delays(causes: Sequence[float], effects: Sequence[float]) -> list[float]:
    """Milliseconds from each cause to the first effect after it; both in ascending order.

    >>> _delays([1.0, 50.0], [0.5, 1.25, 1.5])
    [250.0]
    """
    firsts = ((cause, bisect_left(effects, cause)) for cause in causes)
    return [(effects[i] - cause) * 1e3 for cause, i in firsts if i < len(effects) and effects[i] - cause < LONGEST_S]


def _speeds(truth: Sequence[Any]) -> Iterator[tuple[float, float]]:
    """(time, true speed of the base) between successive states."""
    for before, after in itertools.pairwise(truth):
        elapsed_s = after.stamp_s - before.stamp_s
        if elapsed_s > 0:
            yield after.stamp_s, math.dist(before.robot_xy, after.robot_xy) / elapsed_s


def _moving_truth(truth: Sequence[Any]) -> list[float]:
    return [stamp_s for stamp_s, speed_mps in _speeds(truth) if speed_mps > MOVING_MPS]


def _standing_truth(truth: Sequence[Any]) -> list[float]:
    return [stamp_s for stamp_s, speed_mps in _speeds(truth) if speed_mps <= MOVING_MPS]


def _steps_into_path(truth: Sequence[Any]) -> Iterator[float]:
    """The instants at which somebody enters the strip ahead of the moving base."""
    was_free = True
    speeds = dict(_speeds(truth))
    for state in truth:
        free = not any(_in_path(state.robot, person) for person in state.people.values())
        if was_free and not free and speeds.get(state.stamp_s, 0.0) > 5 * MOVING_MPS:
            yield state.stamp_s
        was_free = free


def _in_path(robot: tuple[float, float, float], person: tuple[float, float]) -> bool:
    """Whether a person stands in the strip that the base sweeps within ``IN_THE_WAY_M``."""
    dx, dy = person[0] - robot[0], person[1] - robot[1]
    ahead = math.cos(robot[2]) * dx + math.sin(robot[2]) * dy
    aside = math.cos(robot[2]) * dy - math.sin(robot[2]) * dx
    return 0.0 < ahead - PERSON_RADIUS_M - BASE_RADIUS_M < IN_THE_WAY_M and abs(aside) < BASE_RADIUS_M + PERSON_RADIUS_M
