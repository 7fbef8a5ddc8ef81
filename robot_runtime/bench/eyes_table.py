"""The run of ``robot-runtime bench eyes`` and its tables: variants against the peer, then what each stage takes."""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from robot_runtime.bench import eyes, eyes_soak
from robot_runtime.bench.eyes_pictures import Moment, of_samples, of_validation_set
from robot_runtime.bench.gate import memory_mib
from robot_runtime.bench.machine import describe
from robot_runtime.bench.peer import Peer, PeerError
from robot_runtime.cli import JobError, UsageError
from robot_runtime.observe.figures import Figure, figure
from robot_runtime.paths import resolve
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.cnn import open_eyes
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.detector import Detector
from robot_runtime.perceive.engine_config import PROVIDERS, EngineConfig
from robot_runtime.perceive.sessions import OnnxRuntime

SHIPPED = ("models/eyes/shipped/detector_int8.onnx",)
NO_PEER = "no peer: name an environment with ultralytics by --peer-python, and the trained weights by --peer-model"


@dataclass(frozen=True)
class Speed:
    """Of one contestant, for boxes or for facts."""

    name: str
    figure: Figure
    a_second: eyes.Spread
    ratio: eyes.Spread | None  # to the peer's boxes a second
    core_ms: float  # median


@dataclass(frozen=True)
class Quality:
    name: str
    accuracy: eyes.Accuracy | None
    memory_mib: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("eyes")
    group.add_argument("--detector", type=Path, action="append", metavar="ONNX", help="again for several (those that ship)")
    group.add_argument("--people", metavar="ONNX", help="network over people's crops (none)")
    group.add_argument("--providers", nargs="+", choices=tuple(PROVIDERS), help="on what they run, one after another (all that are here)")
    group.add_argument("--threads", type=int, default=0, help="of each network, and of the peer's; 0: one for each core")
    group.add_argument("--data", type=Path, metavar="DIR", help="folder of models.eyes.render, for its pictures and average precision")
    group.add_argument("--pictures", type=int, default=200, help="so many of them (%(default)s)")
    group.add_argument("--block", type=int, default=10, help="pictures before it is another's turn (%(default)s)")
    group.add_argument(
        "--soak", type=float, metavar="MINUTES", help="instead: so long, good and bad pictures, and whether memory stays flat"
    )
    group.add_argument("--peer-python", type=Path, metavar="PYTHON", help="interpreter of an environment with ultralytics")
    group.add_argument("--peer-model", type=Path, metavar="PT", help="the trained weights, exported by the peer itself; or its .onnx")


def run(args: argparse.Namespace) -> int:
    """Measure and print.

    :raises UsageError: of the arguments
    :raises FileError: a model cannot be used
    :raises JobError: the peer does not run
    """
    if args.pictures < 1 or args.block < 1 or args.threads < 0:
        raise UsageError("--pictures and --block: at least 1; --threads: at least 0")
    if (args.peer_python is None) != (args.peer_model is None):
        raise UsageError("--peer-python and --peer-model: give both, or none")
    config = _config(args)
    files = [resolve(file) for file in args.detector or SHIPPED]
    settings = Detector(files[0], EngineConfig(providers=("cpu",))).settings
    moments = of_validation_set(args.data, args.pictures) if args.data else of_samples(files[0], settings.samples)
    if args.soak is not None:
        return _soak(args.soak, files[0], config, moments, args.json)
    every = eyes.variants(files, config, args.providers or OnnxRuntime().available(), moments)
    contestants = [one for one in every if not one.refused]
    for one in every:
        for reason in one.refused:
            print(f"{one.name} left out: {reason}", file=sys.stderr)
    if not contestants:
        raise UsageError("none of the providers takes one of the networks")
    with tempfile.TemporaryDirectory(prefix="robot-runtime-bench-") as folder:
        other = _other(args, moments, contestants[0], Path(folder))
        try:
            eyes.race(
                [*contestants, *([other] if other else [])], len(moments), args.repeats, args.block, _progress(args.repeats, "rounds")
            )
            quality = _quality(contestants, other, moments)
        except PeerError as error:
            raise JobError(str(error)) from error
        finally:
            if other is not None:
                other.peer.close()
    speeds = _speeds(contestants, other)
    _print(speeds, quality, list(chain.from_iterable(one.stages() for one in contestants)), other, len(moments), args.json)
    return 0


def _soak(minutes: float, detector: Path, config: PerceiveConfig, moments: Sequence[Moment], as_json: bool) -> int:
    """:raises FileError: a model cannot be used"""
    pictures = round(minutes * 60 * eyes_soak.RATE_HZ) if math.isfinite(minutes) else 0
    if pictures < 10:
        raise UsageError("--soak: at least 0.04 minutes")
    looking = open_eyes(config.model_copy(update={"detector_file": str(detector)}))
    return eyes_soak.show(eyes_soak.soak(looking, moments, pictures, _progress(pictures, "pictures")), as_json)


def _config(args: argparse.Namespace) -> PerceiveConfig:
    default = PerceiveConfig(backend="cnn")
    people = default.people_file if args.people is None else args.people
    people = people and str(resolve(people))
    return PerceiveConfig(backend="cnn", people_file=people, engine=EngineConfig(threads=args.threads))


def _other(args: argparse.Namespace, moments: Sequence[Moment], variant: eyes.Variant, folder: Path) -> eyes.Other | None:
    """:raises JobError: it does not start"""
    if args.peer_python is None:
        return None
    shapes = {moment.bgr.shape for moment in moments}
    if len(shapes) > 1:
        raise UsageError(f"for the peer pictures must be of one size; found {len(shapes)}")
    pictures = folder / "pictures.npy"
    np.save(pictures, np.stack([moment.bgr for moment in moments]))
    try:
        return eyes.Other(Peer(args.peer_python, args.peer_model, pictures, variant.detector.size_px, args.threads, folder))
    except PeerError as error:
        raise JobError(str(error)) from error


def _progress(count: int, what: str) -> Callable[[int], None]:
    def tell(done: int) -> None:
        print(f"\r{done} of {count} {what}", end="\n" if done == count else "", file=sys.stderr, flush=True)

    return tell


def _speeds(contestants: Sequence[eyes.Contestant], other: eyes.Other | None) -> list[Speed]:
    every = [*contestants, *([other] if other else [])]
    peers = other.measured["boxes"] if other else None
    return [
        _speed(f"{one.name}: {what}", measured, None if one is other else peers)
        for what in ("boxes", "facts")
        for one in every
        if (measured := one.measured.get(what)) is not None
    ]


def _speed(name: str, measured: eyes.Measured, peers: eyes.Measured | None) -> Speed:
    return Speed(
        name,
        figure(name, list(chain.from_iterable(measured.wall_ms))),
        eyes.spread(eyes.throughput(measured.wall_ms)),
        eyes.ratio(measured.wall_ms, peers.wall_ms) if peers else None,
        statistics.median(chain.from_iterable(measured.core_ms)),
    )


def _quality(contestants: Sequence[eyes.Variant], other: eyes.Other | None, moments: Sequence[Moment]) -> list[Quality]:
    names = contestants[0].detector.class_names
    finds: dict[str, tuple[Callable[[], list[Boxes]], float]] = {one.name: (one.all_boxes, one.memory_mib) for one in contestants}
    if other is not None:
        finds[other.name] = (lambda: other.peer.boxes(eyes.LEAST_SCORE, len(moments)), other.memory_mib)
    labelled = any(moment.labels for moment in moments)
    return [
        Quality(name, eyes.accuracy(find(), moments, names) if labelled else None, held_mib) for name, (find, held_mib) in finds.items()
    ]


def _print(
    speeds: Sequence[Speed],
    quality: Sequence[Quality],
    stages: Sequence[Figure],
    other: eyes.Other | None,
    pictures: int,
    as_json: bool,
) -> None:
    if as_json:
        machine = {"machine": dict(describe()), "pictures": pictures, "peer": other.peer.about if other else None}
        for row in (*map(asdict, speeds), *map(asdict, quality), *map(asdict, stages)):
            print(json.dumps(_without_nan({**row, **machine}), ensure_ascii=False))
        return
    console = Console(highlight=False)
    for table in (_comparison(speeds), _qualities(quality), _stages(stages)):
        console.print(table)
    console.print(f"{pictures} pictures, {speeds[0].figure.count} looked at by each; this process holds {memory_mib():.0f} MiB")
    if other is None:
        console.print(NO_PEER)
    else:
        slimmed = "" if other.peer.about["slimmed"] else ", not slimmed, for onnxslim is not there"
        console.print(f"peer: predict() of its own export{slimmed}; onnxruntime {other.peer.about['onnxruntime']}")


def _comparison(speeds: Sequence[Speed]) -> Table:
    table = Table(title="bench eyes   " + " · ".join(value for _, value in describe()), title_justify="left")
    table.add_column("")
    for name in ("p50 ms", "p99 ms", "core ms", "a second", "× peer's"):
        table.add_column(name, justify="right")
    for row in speeds:
        times = (row.figure.p50_ms, row.figure.p99_ms, row.core_ms, row.a_second.median)
        ratio = "" if row.ratio is None else f"{row.ratio.median:.2f} ({row.ratio.low:.2f}–{row.ratio.high:.2f})"
        table.add_row(row.name, *(f"{value:.1f}" for value in times), ratio)
    return table


def _qualities(quality: Sequence[Quality]) -> Table:
    table = Table(title="accuracy on these pictures, and memory", title_justify="left")
    table.add_column("")
    for name in ("mAP50", "mAP50-95", "MiB"):
        table.add_column(name, justify="right")
    for row in quality:
        precision = (row.accuracy.map50, row.accuracy.map50_95) if row.accuracy else (math.nan, math.nan)
        table.add_row(row.name, *("–" if math.isnan(value) else f"{value:.3f}" for value in precision), f"{row.memory_mib:.0f}")
    return table


def _stages(stages: Sequence[Figure]) -> Table:
    table = Table(title="stages of facts", title_justify="left")
    table.add_column("")
    for name in ("times", "p50 ms", "p99 ms", "max ms"):
        table.add_column(name, justify="right")
    for row in stages:
        table.add_row(row.name, str(row.count), *(f"{value:.2f}" for value in (row.p50_ms, row.p99_ms, row.max_ms)))
    return table


def _without_nan(value: Any) -> Any:
    """JSON has no nan: null."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
