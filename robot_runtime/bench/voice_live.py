"""A generated conversation with the whole graph in its processes, in real time: figures from the recording."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil

from robot_runtime import simulation
from robot_runtime.arguments import check
from robot_runtime.bench.voice_record import Conversed
from robot_runtime.config import load_class
from robot_runtime.nodes import PROCESSES, Settings
from robot_runtime.verbs.demo import Story
from robot_runtime.verbs.demo import play as play_graph

_SAMPLE_S = 0.5
ENGINE = "engine"


def play(seed: int, number: int) -> Conversed:
    """The ``number``-th conversation of a seed; computing times are those of processes.

    :raises JobError: the graph does not come up
    """
    with tempfile.TemporaryDirectory(prefix="robot-runtime-bench-") as folder:
        run_dir = Path(folder)
        live = load_class(simulation.PREPARE_LIVE)(seed, number, run_dir)
        settings = Settings.for_simulation(run_dir=folder, scenario=live.scenario_file, params_file=live.params_file, world=live.home)
        check(settings)
        shares = Shares()
        started_s = time.monotonic()
        with shares:
            play_graph(settings, Story(as_json=False, to_stderr=True), live.limit_s)
        wall_s = time.monotonic() - started_s
        messages = load_class("robot_runtime.ros.read_record:read_timed")(run_dir / "record.mcap")
        one: Conversed = live.conversed(messages)
    return replace(one, spent_s=shares.spent_s(one.end_s - one.begin_s), virtual_s=one.end_s - one.begin_s, wall_s=wall_s)


class Shares:
    """What part of a core each process of the graph takes, from the third second on in which all of them run."""

    _SETTLES = round(3.0 / _SAMPLE_S)

    def __init__(self) -> None:
        self._samples: list[tuple[float, dict[str, float]]] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="processor shares")

    def __enter__(self) -> Shares:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def spent_s(self, seconds: float) -> dict[str, float]:
        """A tenth of each process's seconds of processor in so many seconds: what the table calls thousandths is percent then."""
        return {name: 0.1 * seconds * share for name, share in self.cores().items()}

    def cores(self) -> dict[str, float]:
        """How many cores each process kept busy; none when that was too short."""
        whole = [sample for sample in self._samples if len(sample[1]) == max(len(other[1]) for other in self._samples)][self._SETTLES :]
        if len(whole) < 2:
            return {}
        (begin_s, first), (end_s, last) = whole[0], whole[-1]
        return {name: (last[name] - first[name]) / (end_s - begin_s) for name in last}

    def _watch(self) -> None:
        while not self._ending.wait(_SAMPLE_S):
            found: dict[str, float] = {}
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):  # it may end at any moment
                    name = _name(process.cmdline())
                    times = process.cpu_times()
                    if name:
                        found[name] = found.get(name, 0.0) + times.user + times.system
            self._samples.append((time.monotonic(), found))


def _name(command: list[str]) -> str:
    """The process of the graph that a command line starts, ENGINE for that of the speech-to-speech model, "" if it starts another.

    >>> _name(["python", "-m", "robot_runtime.child", "robot_runtime.ros.process", "voice", "--settings", "{}"])
    'voice'
    >>> _name(["python", "-c", "…", "robot_runtime.duplex.worker", "--model", "tiny"])
    'engine'
    """
    if "robot_runtime.duplex.worker" in command:
        return ENGINE
    if "robot_runtime.ros.process" not in command:
        return ""
    name = command[command.index("robot_runtime.ros.process") + 1]
    return name if name in PROCESSES else ""
