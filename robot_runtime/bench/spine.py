"""``robot-runtime bench spine``: from a spoken command to motion, and from a person in the way to standstill.

The whole graph runs in its own processes over real rclpy, in real time.  People in the simulated home give commands and
step into the robot's path; the figures are taken from the recording, against the simulator's truth.

The gate slows down for people long before it must stop, so "steps in → stands" depends on where somebody steps in.  What
does not is the chain: from the instant of the picture on which the stop was decided to velocity zero and standstill.  A
picture is taken every 100 ms; on average half of that comes on top.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from robot_runtime.messages import People, Plan, ProposedVelocity, SafetyMode, SafetyState, SimState, TimelineEvent, Utterance, Velocity
from robot_runtime.observe.figures import Figure, figure, latencies
from robot_runtime.observe.run import Run

MOVING_MPS = 0.02
STANDING_MPS = 0.03  # true speeds are differences over 50 ms, and the simulated base trembles a little
TURNING_RADPS = 0.08
DRIVING_MPS = 0.05
LONGEST_S = 3.0  # a cause and an effect further apart have nothing to do with each other

PLACES = ("kitchen", "living room")
EVERY_S = 40.0
"""From one command to the next; to drive there takes less."""
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
        "limit_s": EVERY_S * repeats + 20.0,
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
    pictures = [people.stamp_s for people in run.all("people", People)]
    zero = [v.stamp_s for v in emitted if v.linear_mps == 0.0]
    stopped = list(_stops_for_people(run, zero))
    seen = [pictures[bisect_left(pictures, stop_s) - 1] for stop_s in stopped]
    rows += [
        figure("person seen in the path → velocity zero", [(stop_s - seen_s) * 1e3 for seen_s, stop_s in zip(seen, stopped, strict=True)]),
        figure("person seen in the path → the base stands", _delays(seen, _standing_truth(truth))),
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


def _speeds(truth: Sequence[Any]) -> Iterator[tuple[float, float, float]]:
    """(time, true speed, true turning speed) of the base between successive states."""
    for before, after in itertools.pairwise(truth):
        elapsed_s = after.stamp_s - before.stamp_s
        if elapsed_s > 0:
            turned_rad = math.remainder(after.robot[2] - before.robot[2], math.tau)
            yield after.stamp_s, math.dist(before.robot_xy, after.robot_xy) / elapsed_s, abs(turned_rad) / elapsed_s


def _moving_truth(truth: Sequence[Any]) -> list[float]:
    return [stamp_s for stamp_s, mps, radps in _speeds(truth) if mps > STANDING_MPS or radps > TURNING_RADPS]


def _standing_truth(truth: Sequence[Any]) -> list[float]:
    return [stamp_s for stamp_s, mps, _ in _speeds(truth) if mps <= STANDING_MPS]


def _stops_for_people(run: Run, zero: Sequence[float]) -> Iterator[float]:
    """When the velocity became zero because of somebody in the way, while the base was driving."""
    driving = [v.stamp_s for v in run.all("cmd_vel", Velocity) if abs(v.linear_mps) > DRIVING_MPS]
    mode = ""
    for state in run.all("safety/state", SafetyState):
        began = state.mode == SafetyMode.PROTECTIVE_STOP and mode != state.mode
        mode = state.mode
        if not (began and state.causes and "in the way" in state.causes[0]):
            continue
        first = bisect_left(zero, state.stamp_s - 1e-6)
        drove = bisect_left(driving, state.stamp_s)
        if first < len(zero) and drove and state.stamp_s - driving[drove - 1] < 0.1:
            yield zero[first]
