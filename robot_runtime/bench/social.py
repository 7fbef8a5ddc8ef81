"""``robot-runtime bench social``: what the social policy costs: its steps, and its share of a core in a lively conversation.

The conversation is virtual: people move and speak, the robot answers, the policy steps five times a second and at every event, as on
the robot.  The share is processor time over the time that passed there; the budget is 1 %.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from robot_runtime.messages import HeardProsody, People, Person, RobotPose, SpeechMeasured, SpeechState, Utterance
from robot_runtime.observe.figures import Figure, figure
from robot_runtime.social.social import Social, SocialConfig
from robot_runtime.stage import Inbox

BUDGET_SHARE = 0.01
_TURN_S = 4.0  # a turn of somebody in every so many seconds
_CROWD = (2, 8)


def figures(seconds: float) -> tuple[list[Figure], str]:
    """Rows in milliseconds a step, and a line on the share of a core; ``seconds`` of virtual time for each number of people."""
    rows, shares = [], []
    for count in _CROWD:
        social = Social(SocialConfig())
        spent_ms: list[float] = []
        started_s = time.process_time()
        for now_s, inbox in _conversation(count, seconds):
            before_s = time.perf_counter()
            social.step(inbox, now_s)
            spent_ms.append(1e3 * (time.perf_counter() - before_s))
        shares.append((time.process_time() - started_s) / seconds)
        rows.append(figure(f"one step, {count} people", spent_ms))
    told = ", ".join(f"{share:.2%} with {count} people" for share, count in zip(shares, _CROWD, strict=True))
    return rows, f"share of a core, making the conversation included: {told}; budget {BUDGET_SHARE:.0%}"


def _conversation(count: int, seconds: float) -> Iterator[tuple[float, Inbox]]:
    for step in range(round(seconds * 5)):
        now_s = step / 5
        yield now_s, {"people": [People(now_s, "bench", _people(count, now_s))], "pose": [RobotPose(now_s, 0.0, 0.0, 0.0, 0.01)]}
        turn, within_s = divmod(now_s, _TURN_S)
        if within_s < 0.1:
            who = f"person{int(turn) % count}"
            utterance = Utterance(
                now_s, f"u{turn}", "", ("where_is", "pardon")[int(turn) % 5 == 0], (), 0.9, now_s, now_s, who, "en", "bench"
            )
            yield now_s + 0.01, {"speech/heard": [utterance]}
            rate_syllables_ps = 4.0 + int(turn) % 3
            sound = HeardProsody(now_s, f"u{turn}", who, now_s, 200.0, 4.0, -30.0, -60.0, rate_syllables_ps, 0.15, 0.01, 1.0, 0.9)
            yield now_s + 0.05, {"speech/prosody": [sound]}
            yield now_s + 0.06, {"speech/state": [SpeechState(now_s, f"s{turn}", "started", "", 0.0, math.nan)]}
        elif abs(within_s - 2.0) < 0.1:
            sentence = SpeechMeasured(now_s, f"s{turn}", 0, "", "", "", "", *(math.nan,) * 16, "")
            yield now_s + 0.01, {"speech/measured": [sentence]}


def _people(count: int, now_s: float) -> tuple[Person, ...]:
    groups = ("child", "adult", "elderly", "unknown")
    return tuple(
        Person(
            f"person{k}", f"Person {k}", groups[k % 4], 0.8 - 0.2 * (k % 3), (1.5 + k, math.sin(now_s + k), 0.0), (0.0, 0.1, 0.0), 0.1,
            True, False, (int(now_s) + k) % 3 == 0, now_s,
        )
        for k in range(count)
    )  # fmt: skip
