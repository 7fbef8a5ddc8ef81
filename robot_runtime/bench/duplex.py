"""Frames of the speech-to-speech engine: the tiny one anywhere, the published size where there is a GPU; and what fits which board."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from robot_runtime import simulation
from robot_runtime.bench import duplex_contention, duplex_soak, lines
from robot_runtime.bench.machine import describe
from robot_runtime.bench.patient_link import PatientLink
from robot_runtime.cli import JobError, UsageError
from robot_runtime.config import load_class
from robot_runtime.duplex.fit import BITS, BOARDS, fit
from robot_runtime.duplex.frames import FRAME_S
from robot_runtime.duplex.link import EngineGoneError
from robot_runtime.duplex.place import TINY, engine_command, engine_environment, engine_python, module_command

_LIMIT_S = 600.0
_LOOPS = ("peer", "blind", "")
_CASES = [
    (size, weights, loop) for size, weights in (("tiny", "bf16"), *(("7b", kind) for kind in BITS)) for loop in _LOOPS
    if loop != "peer" or weights == "bf16"
]  # fmt: skip
"""Size, weights, and which loop: that of the package moshi, ours without sight, ours."""
_STAGES = ("encode_ms", "think_ms", "depth_ms", "decode_ms")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `bench duplex` alone."""
    about = (
        "--soak MINUTES: instead, so long in virtual time: is a frame or a sample lost, does anything grow?"
        " --talk MINUTES: instead, it talks in echoing rooms: what of that comes back to it?"
        " --contention: instead, the whole simulated robot without and with it: what does the rest of it pay?"
    )
    group = parser.add_argument_group("bench duplex", about)
    group.add_argument("--model", default=TINY, metavar="DIR|tiny", help="engine of these (default: tiny)")
    group.add_argument("--contention", action="store_true", help="--repeats: commands that people give")
    settle = "with --contention: so long before the first command, in which the model must have been loaded (%(default)s)"
    group.add_argument("--settle", type=float, default=20.0, metavar="SECONDS", help=settle)
    group.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="of that engine (default: auto)")
    group.add_argument("--weights", choices=tuple(BITS), default="bf16", help="of a checkpoint (default: bf16)")


def run(args: argparse.Namespace) -> int:
    """The whole verb.

    :raises UsageError: a number that makes no sense
    :raises JobError: there is no Python for the engine, or it failed
    """
    if args.soak is not None:
        if not 1 <= args.soak <= 600:
            raise UsageError(f"--soak {args.soak:g}: minutes, from 1 to 600")
        return lines.show("duplex", "soak", duplex_soak.soak(round(args.soak), _engine(args)), as_json=args.json)
    if args.talk is not None:
        return _talk(args)
    if args.contention:
        if not 0 <= args.settle <= 3600:
            raise UsageError(f"--settle {args.settle:g}: seconds, from 0 to 3600")
        _needed()
        engine = {"model": args.model, "device": args.device, "weights": args.weights}
        return duplex_contention.run(engine, args.repeats, args.settle, as_json=args.json)
    return _frames(as_json=args.json, frames=args.repeats * 20)


def _needed() -> None:
    """:raises JobError: there is no Python for the engine"""
    try:
        engine_python()
    except EngineGoneError as error:
        raise JobError(str(error)) from error


def _talk(args: argparse.Namespace) -> int:
    if not 0 < args.talk <= 600:
        raise UsageError(f"--talk {args.talk:g}: minutes, more than 0 and at most 600")
    speech = [sys.executable, "-m", simulation.TALKING_ENGINE.partition(":")[0], str(args.seed)]
    engines = {Path(args.model).name: lambda: _engine(args), "speech": lambda: PatientLink(speech)}
    return lines.show("duplex", "talk", load_class(simulation.DUPLEX_TALK)(args.talk, args.seed, engines), as_json=args.json)


def _engine(args: argparse.Namespace) -> PatientLink:
    """:raises JobError: it does not start"""
    try:
        return PatientLink(engine_command(args.model, args.device, args.weights), engine_environment())
    except EngineGoneError as error:
        raise JobError(str(error)) from error


def _frames(*, as_json: bool, frames: int) -> int:
    rows: list[dict[str, Any]] = []
    for size, weights, loop in _CASES:
        if rows and rows[-1]["device"] == "cpu" and rows[-1].get("not_run"):
            about = {"weights": weights, "sees": not loop, "loop": "moshi" if loop == "peer" else "ours"}
            rows.append({**rows[-1], **about})  # for the same reason
        else:
            rows.append(_measured(size, weights, loop, frames))
    if as_json:
        for row in rows:
            print(json.dumps({**row, "machine": dict(describe())}))
        return 0
    Console(highlight=False).print(_table(rows))
    for row in rows:
        if "not_run" in row:
            print(f"{_name(row)}: not run: {row['not_run']}")
    Console(highlight=False).print(_boards())
    return 0


def _measured(size: str, weights: str, loop: str, frames: int) -> dict[str, Any]:
    arguments = ["--size", size, "--weights", weights, "--frames", str(frames), *([f"--{loop}"] if loop else [])]
    try:
        done = subprocess.run(
            module_command("robot_runtime.duplex.model.bench", *arguments),
            env=engine_environment(),
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=True,
        )
    except EngineGoneError as error:
        raise JobError(str(error)) from error
    except subprocess.CalledProcessError as error:
        raise JobError(f"the engine failed: {error.stderr.strip().splitlines()[-1]}") from error
    except subprocess.TimeoutExpired as error:
        raise JobError(f"the engine took longer than {_LIMIT_S:.0f} s for {frames} frames") from error
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="bench duplex, ms a frame: p50 / p99   " + " · ".join(value for _, value in describe()), title_justify="left")
    for name in ("", "frame", "of 80 ms", "encode", "think", "depth", "decode", "new picture", "MiB", "streams"):
        table.add_column(name, justify="right" if name else "left")
    for row in rows:
        if "not_run" in row:
            continue
        name = _name(row)
        share = f"{row['frame_ms']['p50'] / (1e3 * FRAME_S):.0%}"
        stages = [_shown(row.get(stage)) for stage in _STAGES]
        memory = str(row.get("gpu_mib", row["memory_mib"]))
        table.add_row(name, _shown(row["frame_ms"]), share, *stages, _shown(row.get("picture_ms")), memory, str(row.get("streams", "-")))
    return table


def _name(row: dict[str, Any]) -> str:
    how = "the package's own loop" if row["loop"] == "moshi" else "sees" if row["sees"] else "blind"
    return f"{row['size']} {row['weights']}, {how}"


def _shown(figures: dict[str, float] | None) -> str:
    return f"{figures['p50']:.1f} / {figures['p99']:.1f}" if figures else "-"


def _boards() -> Table:
    table = Table(title="the 7 B model with sight on a Jetson, by arithmetic, not measured", title_justify="left")
    for name in ("", "weights", "memory GB", "ms at full bandwidth", "ms likely", "fits 80 ms"):
        table.add_column(name, justify="right" if name else "left")
    for board in BOARDS:
        for weights in BITS:
            row = fit(board, weights)
            table.add_row(
                board.name, weights, f"{row.memory_gb:.1f}", f"{row.least_ms:.0f}", f"{row.likely_ms:.0f}", "yes" if row.fits else "no"
            )
    return table
