"""The rows of ``bench voice``: budgets first, then what went wrong, by family of conversation and by pace of speech."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from robot_runtime.bench.voice_record import Conversed
from robot_runtime.bench.voice_score import MICROPHONE_S, Score, TurnScore
from robot_runtime.observe.figures import Figure, figure

LONG_WAIT_S = 1.0
ANSWER_BUDGET_MS = (250.0, 500.0)
SILENCE_BUDGET_MS = 150.0


@dataclass(frozen=True)
class Row:
    """Turns of one kind.  Shares are of ``turns``, but ``attributed`` of those understood."""

    name: str
    turns: int
    understood: int
    misunderstood: int
    asked: int  # of those: the robot asked whether it was that
    lost: int
    cut_off: int
    long_waits: int
    attributed: int
    wait_p50_ms: float
    wait_p95_ms: float
    false_turns: int
    answered: int  # of those


def latencies(scores: Sequence[Score]) -> list[Figure]:
    """From the end of speech to the answer, stage by stage, and what bypasses the planner.  Only whole turns that were understood count."""
    turns = [turn for score in scores for turn in score.turns]
    answered = [turn for turn in turns if turn.outcome == "understood" and not math.isnan(turn.answer_s)]
    unhindered = [turn for turn in answered if not turn.over_robot and not turn.over_others]
    return [
        _figure("end of speech → first sound of the answer", answered, lambda turn: turn.answer_s),
        _figure("  of these: nobody else speaks", unhindered, lambda turn: turn.answer_s),
        _figure("  microphone: a frame", answered, lambda turn: MICROPHONE_S),
        _figure("  turn: wait for the end", answered, lambda turn: turn.wait_s),
        _figure("  ear: computing", answered, lambda turn: turn.recognition_s),
        _figure("  mind and gate", answered, lambda turn: turn.mind_s),
        _figure("  voice: to its first sound", answered, lambda turn: turn.synthesis_s),
        _figure("  speaker: what waits there", answered, lambda turn: turn.speaker_s),
        _figure("barge-in → silence", [turn for turn in turns if math.isfinite(turn.silence_s)], lambda turn: turn.silence_s),
        _figure("stop word ends → request", turns, lambda turn: turn.stop_s),
        _figure("stop word ends → latched", turns, lambda turn: turn.latched_s),
        _figure("stop word ends → velocity zero", turns, lambda turn: turn.still_s),
    ]


def _figure(name: str, turns: Iterable[TurnScore], value_s: Callable[[TurnScore], float]) -> Figure:
    return figure(name, [1e3 * value_s(turn) for turn in turns if not math.isnan(value_s(turn))])


def outcomes(scores: Sequence[Score]) -> list[Row]:
    """A row for all, for each family, for each pace, and for speech with pauses in it."""
    turns = [turn for score in scores for turn in score.turns]
    families = dict.fromkeys([turn.family for turn in turns] + [false.family for score in scores for false in score.false_turns])
    rows = [row("all", scores, lambda turn: True)]
    rows += [row(name, scores, lambda turn, name=name: turn.family == name, name) for name in families]  # type: ignore[misc]  # bound now
    rows += [row(f"{pace} voices", scores, lambda turn, pace=pace: turn.pace == pace, "-") for pace in ("slow", "normal", "fast")]  # type: ignore[misc]
    rows.append(row("pause inside", scores, lambda turn: turn.pause_s > 0, "-"))
    rows.append(row("over the robot", scores, lambda turn: turn.over_robot, "-"))
    return rows


def row(name: str, scores: Sequence[Score], wanted: Callable[[TurnScore], bool], family: str = "") -> Row:
    """One row.

    :param family: whose false turns count: all without one, none for "-"
    """
    turns = [turn for score in scores for turn in score.turns if wanted(turn)]
    false = [turn for score in scores for turn in score.false_turns if family in ("", turn.family)]
    waits = figure(name, [1e3 * turn.wait_s for turn in turns if not math.isnan(turn.wait_s)])
    count = [sum(turn.outcome == outcome for turn in turns) for outcome in ("understood", "misunderstood", "lost")]
    return Row(
        name, len(turns), count[0], count[1], sum(turn.asked for turn in turns), count[2], sum(turn.cut_off for turn in turns),
        sum(turn.wait_s > LONG_WAIT_S for turn in turns), sum(turn.attributed is True for turn in turns), waits.p50_ms, waits.p95_ms,
        len(false), sum(turn.answered for turn in false),
    )  # fmt: skip


def summary(scores: Sequence[Score], conversed: Sequence[Conversed]) -> dict[str, Any]:
    """Counts that fit no table."""
    turns = [turn for score in scores for turn in score.turns]
    false = [turn for score in scores for turn in score.false_turns]
    backchannels = [one for score in scores for one in score.backchannels]
    barged = [turn for turn in turns if not math.isnan(turn.silence_s)]
    stops = [turn for turn in turns if turn.role == "stop"]
    return {
        "conversations": len(conversed),
        "minutes": round(sum(c.end_s - c.begin_s for c in conversed) / 60, 1),
        "self_turns": sum(turn.cause == "itself" for turn in false),
        "self_answers": sum(turn.cause == "itself" and turn.answered for turn in false),
        "false_turns": {
            cause: sum(turn.cause == cause for turn in false) for cause in ("itself", "backchannel", "noise", "aside", "other")
        },
        "false_stops": sum(turn.stop for turn in false),
        "backchannels": len(backchannels),
        "backchannels_survived": sum(one.survived for one in backchannels),
        "barge_ins": len(barged),
        "barge_ins_silenced": sum(math.isfinite(turn.silence_s) for turn in barged),
        "stops": len(stops),
        "stops_heard": sum(not math.isnan(turn.stop_s) for turn in stops),
    }


def processor(conversed: Sequence[Conversed]) -> list[tuple[str, float]]:
    """Milliseconds of one core that each node takes in a second, the dearest first."""
    seconds = sum(c.virtual_s for c in conversed) or math.nan
    nodes = dict.fromkeys(name for c in conversed for name in c.spent_s)
    shares = [(name, 1e3 * sum(c.spent_s.get(name, 0.0) for c in conversed) / seconds) for name in nodes]
    return sorted(shares, key=lambda share: -share[1])


def misses(scores: Sequence[Score]) -> list[str]:
    """A line for each thing that went wrong: the work list."""
    lines = []
    for score in scores:
        for turn in score.turns:
            flaws: list[str] = [turn.outcome] if turn.outcome != "understood" else []
            flaws += ["cut off"] if turn.cut_off else []
            flaws += ["long wait"] if turn.wait_s > LONG_WAIT_S else []
            flaws += ["talked on"] if turn.silence_s == math.inf else []
            if flaws:
                lines.append(f"{turn.title}: {', '.join(flaws)}: “{turn.words}” heard as “{turn.heard}”")
        lines += [f"{turn.title}: false {'stop' if turn.stop else 'turn'} by {turn.cause} at {turn.at_s:.1f} s: “{turn.heard}”"
                  f"{', answered' if turn.answered else ''}" for turn in score.false_turns]  # fmt: skip
        lines += [f"{one.title}: “{one.words}” silenced the robot" for one in score.backchannels if not one.survived]
    return lines
