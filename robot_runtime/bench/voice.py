"""``robot-runtime bench voice``: generated conversations with the whole robot, in virtual time or live, and what became of each turn.

In virtual time the sound, the pauses and the turns are those of the simulated home, and the computing time of every step on the way
to the answer is added to them (``voice_compute.py``).  What the network between processes and a busy machine cost is seen
with ``--live``: the same conversations with the graph in its processes, in real time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from typing import Any

from rich.console import Console
from rich.table import Table

from robot_runtime import simulation
from robot_runtime.bench import lines, voice_live
from robot_runtime.bench.machine import describe
from robot_runtime.bench.voice_record import Conversed
from robot_runtime.bench.voice_score import Score, score
from robot_runtime.bench.voice_table import Row, latencies, misses, outcomes, processor, summary
from robot_runtime.cli import UsageError
from robot_runtime.config import load_class
from robot_runtime.observe.figures import Figure

VIRTUAL = (
    "virtual time: latencies are those of the simulation, plus the processor time of each step on the way, a core for each process;"
    " without the network between processes"
)
LIVE = "real time: the graph in its processes, latencies from record.mcap; without the sound card's own latency"
_SHOWN_NODES = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `bench voice` alone."""
    group = parser.add_argument_group("bench voice", "--soak MINUTES: instead, drifting clocks, lost devices, a starved processor")
    group.add_argument("--conversations", type=int, default=10, metavar="N", help="generated conversations, families in turn (%(default)s)")
    group.add_argument("--seed", type=int, default=1, metavar="N", help="of the conversations; of the rooms with --talk (%(default)s)")
    group.add_argument("--first", type=int, default=0, metavar="N", help="number of the first conversation of the seed")
    group.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes side by side (%(default)s)")
    group.add_argument(
        "--live", action="store_true", help="in real time, with the graph in its processes, one conversation after the other"
    )
    group.add_argument("--talk", type=float, metavar="MINUTES", help="instead: the robot talks in echoing rooms; does it answer itself?")
    group.add_argument("--misses", action="store_true", help="also print each turn that went wrong")


def run(args: argparse.Namespace) -> int:
    """The whole verb; 0 when it could be measured, whatever the figures are."""
    if args.conversations < 1 or args.jobs < 1 or args.seed < 0 or args.first < 0:
        raise UsageError("--conversations and --jobs: at least 1; --seed and --first: at least 0")
    for name in ("talk", "soak"):
        minutes = getattr(args, name)
        if minutes is not None:
            if not 0 < minutes <= 600:
                raise UsageError(f"--{name} {minutes:g}: minutes, more than 0 and at most 600")
            measure = load_class(simulation.TALK if name == "talk" else simulation.SOAK)
            return lines.show("voice", name, measure(minutes, args.seed, args.jobs), as_json=args.json)
    return _converse(args)


# ---------------------------------------------------------------- conversations


def _converse(args: argparse.Namespace) -> int:
    started_s = time.monotonic()
    scores: list[Score] = []
    conversed: list[Conversed] = []
    for one in played(args.seed, range(args.first, args.first + args.conversations), args.jobs, args.live):
        scores.append(score(one))
        conversed.append(one)
        if args.json:
            _line("conversation", title=one.title, family=one.family, **asdict(scores[-1]))
        else:
            print(f"  {len(scores):4} of {args.conversations}  {one.title}", file=sys.stderr, flush=True)
    _show(scores, conversed, time.monotonic() - started_s, args)
    return 0


def played(seed: int, numbers: Sequence[int], jobs: int, live: bool) -> Iterator[Conversed]:
    """Conversations as they were played, in order: virtually side by side, or live one after the other."""
    if live:
        for number in numbers:
            yield voice_live.play(seed, number)
        return
    if jobs == 1:
        yield from map(partial(load_class(simulation.PLAY_CONVERSATION), seed), numbers)
        return
    with ProcessPoolExecutor(min(jobs, len(numbers)), get_context("spawn")) as pool:
        yield from pool.map(partial(_play, seed), numbers)


def _play(seed: int, number: int) -> Conversed:
    one: Conversed = load_class(simulation.PLAY_CONVERSATION)(seed, number)
    return one


# ---------------------------------------------------------------- what is printed


def _show(scores: Sequence[Score], conversed: Sequence[Conversed], wall_s: float, args: argparse.Namespace) -> None:
    figures, rows, counts = latencies(scores), outcomes(scores), summary(scores, conversed)
    virtual_s = sum(one.virtual_s for one in conversed)
    shares = processor(conversed)
    if args.json:
        for figure in figures:
            _line("latency", **asdict(figure))
        for row in rows:
            _line("turns", **asdict(row))
        about = {"how": LIVE if args.live else VIRTUAL, "seed": args.seed, "virtual_s": round(virtual_s, 1), "wall_s": round(wall_s, 1)}
        _line("summary", **counts, **about, processor_ms_per_s=dict(shares), machine=dict(describe()))
        return
    console = Console(highlight=False)
    console.print(_latency_table(figures))
    console.print(_turn_table(rows))
    for name, value in counts.items():
        console.print(f"  {name.replace('_', ' ')}: {value}")
    unit = "% of one core, by process" if args.live else "ms of one core a second, by node"
    console.print(f"  processor, {unit}: " + ", ".join(f"{name} {share:.1f}" for name, share in shares[:_SHOWN_NODES]))
    console.print(f"  {LIVE if args.live else VIRTUAL}")
    console.print(f"  {virtual_s:.0f} s in {wall_s:.0f} s: {virtual_s / wall_s:.2f} times real time; seed {args.seed}")
    if args.misses:
        for miss in misses(scores):
            console.print(f"  {miss}", markup=False)


def _latency_table(figures: Sequence[Figure]) -> Table:
    table = Table(title="bench voice   " + " · ".join(value for _, value in describe()), title_justify="left")
    for name in ("", "times", "p50 ms", "p95 ms", "p99 ms", "max ms"):
        table.add_column(name, justify="right" if name else "left")
    for figure in figures:
        table.add_row(figure.name, str(figure.count), *(f"{ms:.0f}" for ms in (figure.p50_ms, figure.p95_ms, figure.p99_ms, figure.max_ms)))
    return table


def _turn_table(rows: Sequence[Row]) -> Table:
    table = Table()
    names = ("", "turns", "right", "wrong", "asked", "lost", "cut off", "long wait", "whose", "wait p50", "p95 ms", "false", "answered")
    for name in names:
        table.add_column(name, justify="right" if name else "left")
    for row in rows:
        counts = (row.turns, row.understood, row.misunderstood, row.asked, row.lost, row.cut_off, row.long_waits, row.attributed)
        table.add_row(
            row.name, *map(str, counts), f"{row.wait_p50_ms:.0f}", f"{row.wait_p95_ms:.0f}", str(row.false_turns), str(row.answered)
        )
    return table


def _line(kind: str, **values: Any) -> None:
    print(json.dumps({"kind": kind, **values}, ensure_ascii=False), flush=True)
