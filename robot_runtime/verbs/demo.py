"""The main job, to watch: people in a simulated home talk to the robot over the real graph, and a report is written."""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from robot_runtime import simulation
from robot_runtime.arguments import check
from robot_runtime.bench.machine import describe
from robot_runtime.cli import JobError, UsageError
from robot_runtime.config import load_class
from robot_runtime.messages import TimelineEvent
from robot_runtime.nodes import Settings
from robot_runtime.observe.follow import TimelineFile
from robot_runtime.observe.report import write_report
from robot_runtime.observe.run import Run
from robot_runtime.observe.terminal import render
from robot_runtime.paths import resolve
from robot_runtime.sense import sound_device
from robot_runtime.sense.wav import read_wav
from robot_runtime.supervisor import ProcessEvent, Supervisor
from robot_runtime.verbs.up import supervise
from safety.files import FileError

SCENARIO = "sim/scenarios/demo.yaml"
READY_LIMIT_S = 60.0
_MARGIN_S = 30.0  # wall time that a scenario may take beyond its own limit before it counts as hung


def add_arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--scenario", default=SCENARIO, metavar="FILE", help="what happens and what must be true (%(default)s)")
    source.add_argument("--say", metavar="FILE.wav", help="a recording that somebody says to the robot, instead of a scenario")
    source.add_argument("--mic", action="store_true", help="talk to the simulated robot with your own microphone, until Ctrl-C")
    parser.add_argument("--who", default="anna", help="who says the recording of --say (%(default)s)")
    parser.add_argument("--run-dir", metavar="DIR", help="where records and report go (a new folder below runs/)")
    parser.add_argument("--no-film", action="store_true", help="write the report without video.mp4")
    parser.add_argument("--json", action="store_true", help="timeline as lines of JSON on standard output")


def run(args: argparse.Namespace) -> int:
    run_dir = _new_folder(args.run_dir)
    story = Story(as_json=args.json)
    settings = _checked_settings(args, run_dir)
    limit_s = math.inf if args.mic else load_class(simulation.LOAD_SCENARIO)(settings.scenario).limit_s
    story.say(f"[bold]robot-runtime demo[/]  records go to {run_dir}")
    finished = play(settings, story, limit_s)
    messages = Run.of(load_class("robot_runtime.ros.read_record:read")(run_dir / "record.mcap"))
    page = _report(messages, run_dir, settings, story, film=not args.no_film)
    failed = [event for event in messages.expectations() if event.phase == "failed"]
    _summary(messages, page, story)
    return 1 if failed or not (finished or args.mic) else 0


# ---------------------------------------------------------------- before


def _new_folder(given: str | None) -> Path:
    folder = Path(given) if given else Path("runs") / time.strftime("%Y-%m-%d-%H%M%S")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"--run-dir {folder}: is not empty; name a new folder")
    return folder.resolve()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--run-dir {folder}: cannot be made: {error.strerror}") from error


def _checked_settings(args: argparse.Namespace, run_dir: Path) -> Settings:
    """The settings of the run.  The folder is only made once all input is known to be good."""
    settings = Settings.for_simulation(run_dir=str(run_dir))
    if args.mic:
        _check_sound_devices()
        settings = replace(settings, audio_in="device", audio_out="device")
    elif not args.say:
        settings = replace(settings, scenario=str(resolve(args.scenario)))
    with tempfile.TemporaryDirectory() as scratch:
        content = _recording_scenario(args.say, args.who) if args.say else ""
        draft = Path(scratch) / "scenario.yaml"
        draft.write_text(content, encoding="utf-8")
        check(replace(settings, scenario=str(draft)) if content else settings)
    _make(run_dir)
    if content:
        settings = replace(settings, scenario=str(run_dir / "scenario.yaml"))
        Path(settings.scenario).write_text(content, encoding="utf-8")
    return settings


def _check_sound_devices() -> None:
    """See to it that there is something to talk into and to listen to, before anything starts.

    :raises UsageError: there is not
    """
    try:
        sounddevice = sound_device.load()
        sound_device.find(sounddevice, "", "input")
        sound_device.find(sounddevice, "", "output")
    except FileError as error:
        raise UsageError(f"--mic: {error}; or let somebody say a recording: --say FILE.wav") from error


def _recording_scenario(wav: str, who: str) -> str:
    """A scenario, as YAML, in which one person says one recording, and the robot must answer.

    :raises FileError: the recording cannot be used
    """
    read_wav(wav)
    content = {
        "title": f"{who} says {Path(wav).name}",
        "limit_s": 120,
        "linger_s": 20,
        "steps": [{"name": "recording", "when": {"at_s": 1.0}, "do": {"say": {"who": who, "wav": str(Path(wav).resolve())}}}],
        "expect": [{"name": "the robot answers", "said": {"contains": "", "after": "recording", "within_s": 20}}],
    }
    return yaml.safe_dump(content, sort_keys=False)


# ---------------------------------------------------------------- while it runs


class Story:
    """Shows the run: lines for people, or JSON for programs (and then all else on standard error)."""

    def __init__(self, as_json: bool, to_stderr: bool = False) -> None:
        self._as_json = as_json
        self._console = Console(stderr=as_json or to_stderr, highlight=False, soft_wrap=not sys.stdout.isatty())
        self._start_s = math.nan

    def say(self, text: str) -> None:
        self._console.print(text)

    def show(self, event: TimelineEvent) -> None:
        if self._as_json:
            latency_ms = None if math.isnan(event.latency_ms) else event.latency_ms
            print(json.dumps({**asdict(event), "latency_ms": latency_ms}, ensure_ascii=False), flush=True)
            return
        if math.isnan(self._start_s):
            self._start_s = event.stamp_s
        self._console.print(render(event, self._start_s))

    def process(self, event: ProcessEvent) -> None:
        if event.kind in ("warned", "killed", "died", "given_up"):
            self.say(f"[red]        process     {event.process} {event.kind.replace('_', ' ')}[/]  {event.detail}")

    def progress(self) -> Callable[[float], None]:
        """A callback that shows the film's progress, on a terminal only."""
        if not self._console.is_terminal:
            return lambda share: None
        return lambda share: self._console.print(f"\r  film {min(share, 1.0):4.0%}", end="")


def play(settings: Settings, story: Story, limit_s: float) -> bool:
    """Run the graph until the scenario has finished; False when it did not.

    :raises JobError: the graph did not come up
    """
    started_s = time.monotonic()
    supervisor = supervise(settings)
    supervisor.listeners.append(story.process)
    with supervisor:
        if not supervisor.wait_ready(READY_LIMIT_S):
            raise JobError(f"the graph did not come up: {_not_ready(supervisor)}; see {settings.run_dir}/logs")
        story.say(f"graph ready after {time.monotonic() - started_s:.1f} s")
        return _follow(supervisor, TimelineFile(Path(settings.run_dir) / "timeline.jsonl"), story, limit_s)


def _not_ready(supervisor: Supervisor) -> str:
    return supervisor.failure() or f"not ready within {READY_LIMIT_S:.0f} s"


def _follow(supervisor: Supervisor, file: TimelineFile, story: Story, limit_s: float) -> bool:
    deadline_s = time.monotonic() + limit_s + _MARGIN_S
    try:
        while supervisor.alive and not supervisor.given_up and time.monotonic() < deadline_s:
            for event in file.new_events():
                story.show(event)
                if event.kind == "scenario" and event.text.startswith("finished"):
                    return True
            time.sleep(0.05)
    except KeyboardInterrupt:
        story.say("interrupted; writing the report of what there is")
    return False


# ---------------------------------------------------------------- after


def _report(run: Run, run_dir: Path, settings: Settings, story: Story, film: bool) -> Path:
    story.say("writing the report …")
    kept = run_dir / "scenario.yaml"
    if settings.scenario and Path(settings.scenario) != kept:
        shutil.copyfile(settings.scenario, kept)
    overhead: Any = partial(load_class(simulation.OVERHEAD_PICTURES), settings.world)
    title = load_class(simulation.LOAD_SCENARIO)(settings.scenario).title if settings.scenario else "conversation"
    _write_result(run, run_dir)
    return write_report(run, run_dir, title, describe(), overhead, film, story.progress())


def _write_result(run: Run, run_dir: Path) -> None:
    """``scenario.json``: each expectation with its outcome, for programs."""
    outcome = [{"name": e.name, "passed": e.phase == "passed", "seen": e.detail} for e in run.expectations()]
    (run_dir / "scenario.json").write_text(json.dumps({"expectations": outcome}, indent=1, ensure_ascii=False), encoding="utf-8")


def _summary(run: Run, page: Path, story: Story) -> None:
    for event in run.expectations():
        mark = "[green]passed[/]" if event.phase == "passed" else "[bold red]failed[/]"
        story.say(f"  {mark}  {event.name}  [dim]{event.detail}[/]")
    story.say(f"report: {page}")
