"""Makes the pictures that the eyes are trained on, with their labels, from a seed.

    python -m models.eyes.render --out pictures --seed 1 --train 4000 --val 600 --sheet sheet.jpg

Goes on where it was interrupted.  In the folder: ``images`` and ``labels`` (YOLO, with ``data.yaml``), ``annotations`` (COCO),
``people`` (crops with age group and whether they face the camera), ``places`` (depth and true place), ``records`` (all of it,
by home) and ``manifest.json``.  Homes of one set are never in the other.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.eyes.layouts import write_data_yaml, write_set
from models.eyes.settings import CLASSES, SETS, Job, Settings, jobs
from models.eyes.shard import PART, make, read_record, write_whole
from models.eyes.sheet import write_sheet
from robot_runtime.cli import UsageError
from sim.renderer import RenderingError


def render(out: Path, settings: Settings, processes: int, sheet: Path | None, console: Console) -> None:
    """Make what is missing in a folder, then its label files.

    :raises UsageError: the folder holds pictures of other settings
    :raises RenderingError: no OpenGL on this machine
    """
    out.mkdir(parents=True, exist_ok=True)
    _claim(out, settings)
    todo = [job for job in jobs(settings) if read_record(out, job) is None]
    _make_all(out, todo, processes, console, done=settings.train + settings.val - sum(job.pictures for job in todo))
    records = {name: [_record(out, job) for job in jobs(settings) if job.set_name == name] for name in SETS}
    _require_disjoint(records)
    for name in SETS:
        write_set(out, name, records[name], settings)
    write_data_yaml(out)
    write_whole(out / "manifest.json", _manifest(settings, records))
    if sheet is not None:
        write_sheet(sheet, out, [record for name in SETS for record in records[name]])
    console.print(
        f"{settings.train} pictures of {len(records['train'])} homes to train, {settings.val} of {len(records['val'])} to validate: {out}"
    )


def _claim(out: Path, settings: Settings) -> None:
    """Note whose pictures the folder holds, and clear away what an interrupted run left half-written."""
    path = out / "settings.json"
    if path.exists() and json.loads(path.read_text()) != settings.as_dict():
        raise UsageError(f"{out}: holds pictures of other settings (settings.json); choose another folder, or delete it")
    write_whole(path, json.dumps(settings.as_dict()).encode())
    for part in out.rglob(f"*{PART}"):
        part.unlink()


def _make_all(out: Path, todo: list[Job], processes: int, console: Console, done: int) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    context = multiprocessing.get_context("spawn")  # a forked OpenGL context is not usable
    began, made, busy_s = time.monotonic(), 0, 0.0
    with Progress(*columns, console=console) as progress, ProcessPoolExecutor(processes, context, initializer=_be_modest) as pool:
        bar = progress.add_task("pictures", total=done + sum(job.pictures for job in todo), completed=done, rate="")
        running = {pool.submit(make, out, job): job for job in todo}
        try:
            for future in as_completed(running):
                busy_s += future.result()
                made += running[future].pictures
                progress.update(bar, advance=running[future].pictures, rate=f"{made / (time.monotonic() - began):.1f}/s")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if made:
        elapsed_s = time.monotonic() - began
        console.print(f"{made} pictures in {elapsed_s:.0f} s: {made / elapsed_s:.1f}/s, {1e3 * busy_s / made:.0f} ms of processor each")


def _be_modest() -> None:
    """One process draws with one thread: there are as many processes as wanted."""
    import cv2

    cv2.setNumThreads(1)


def _record(out: Path, job: Job) -> dict[str, Any]:
    record = read_record(out, job)
    if record is None:
        raise RuntimeError(f"{out}: the files of home {job.name} changed while they were made; run it again")
    return record


def _require_disjoint(records: dict[str, list[dict[str, Any]]]) -> None:
    train, val = ({record["fingerprint"] for record in records[name]} for name in SETS)
    if train & val:
        raise RuntimeError("a home is in both sets")


def _manifest(settings: Settings, records: dict[str, list[dict[str, Any]]]) -> bytes:
    """Settings, classes, and the homes of each set by name and fingerprint."""
    homes = {name: {record["home"]: record["fingerprint"] for record in found} for name, found in records.items()}
    return json.dumps({"settings": settings.as_dict(), "classes": CLASSES, "homes": homes}, indent=1).encode()


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.eyes.render", description="render pictures with labels to train the eyes on")
    parser.add_argument("--out", type=Path, required=True, help="folder to fill; an interrupted run goes on there")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same labels")
    parser.add_argument("--train", type=int, default=4000, help="pictures to train on")
    parser.add_argument("--val", type=int, default=600, help="pictures to validate with, of other homes")
    parser.add_argument("--per-home", type=int, default=40, help="pictures of each home")
    parser.add_argument("--size", type=int, nargs=2, default=(640, 480), metavar=("WIDTH", "HEIGHT"), help="in pixels")
    parser.add_argument("--format", choices=("jpg", "png"), default="jpg", help="of the pictures")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="that draw side by side")
    parser.add_argument("--sheet", type=Path, help="also write a picture with 24 of them and their boxes")
    args = parser.parse_args(argv)
    if min(args.train, args.val) < 1 or min(args.per_home, args.processes, *args.size) < 1 or args.seed < 0:
        parser.error("counts and sizes are at least 1, the seed at least 0")
    return args


def main(argv: list[str] | None = None) -> int:
    args = _arguments(argv)
    settings = Settings(args.seed, args.train, args.val, args.per_home, args.size[0], args.size[1], args.format)
    try:
        render(args.out, settings, args.processes, args.sheet, Console(stderr=True))
    except (UsageError, RenderingError) as error:
        print(f"render: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("render: interrupted; the same command goes on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
