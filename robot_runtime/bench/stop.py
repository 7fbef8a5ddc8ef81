"""``robot-runtime bench stop``: who is not heard when they ask for a stop, how late it is heard, and what is wrongly taken for it.

The network and the keyword search, each alone, listen to the same sounds, which ``stop_sounds.py`` makes of voices, words
and noises that training never met.  A word counts as heard when it is reported from 0.2 s before its end to 0.7 s after; the delay
counts from its end, and holds the wait for a look, not the time that the look takes, which is given apart.

People are not voices of espeak-ng: hand in recordings of your own with ``--recordings``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from robot_runtime.bench.machine import describe
from robot_runtime.bench.rooms import RATE_HZ, Floats
from robot_runtime.bench.stop_sounds import CONDITIONS, OTHERS, Call, Sounds
from robot_runtime.hear.stop_keywords import WORD, KeywordSearch
from robot_runtime.hear.stop_word import FRAME_S, FRAME_SAMPLES, StopWord, StopWordConfig
from robot_runtime.messages import AudioFrame, StopRequest
from robot_runtime.sense.wav import read_wav
from robot_runtime.speak.espeak import Espeak
from robot_runtime.stage import Inbox, Outbox, news

EARLY_S, LATE_S = 0.2, 0.7
_QUIET_S = 1.5  # before each recording
WORDS = ("stop", "halt", "freeze", "arrête", "halte")


class Spotter(Protocol):
    def step(self, inbox: Inbox, now_s: float) -> Outbox: ...
    def reset(self) -> None: ...


class Keywords:
    """The keyword search alone."""

    def __init__(self) -> None:
        self._search = KeywordSearch()
        self.reset()

    def reset(self) -> None:
        self._search.reset()
        self._reported_s = -np.inf

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        found = [self._search.hears(frame.samples) for frame in news(inbox, "audio/in", AudioFrame)]
        if not any(found) or now_s - self._reported_s < StopWordConfig().repeat_s:
            return []
        self._reported_s = now_s
        return [("safety/stop_request", StopRequest(now_s, "word", WORD, 1.0))]


@dataclass
class Heard:
    """Calls of one condition."""

    condition: str
    asked: int = 0
    heard: int = 0
    keywords: int = 0  # heard by the keyword search
    missed: Counter[str] = field(default_factory=Counter)  # by word
    voices: Counter[str] = field(default_factory=Counter)  # missed, by voice
    delays_s: list[float] = field(default_factory=list)


@dataclass
class FalseStops:
    """Sound without a call."""

    kind: str
    minutes: float
    stops: int
    keywords: int  # by the keyword search
    cpu: float  # processor time of the stage for a second of sound
    at_s: list[float] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its ``--seed`` is that of ``bench voice``."""
    group = parser.add_argument_group("bench stop")
    group.add_argument("--minutes", type=float, default=7.0, help="of each kind of other sound (%(default)s)")
    group.add_argument(
        "--recordings",
        metavar="DIR",
        type=Path,
        help="also these WAV files: one whose name begins with a stop word ends with it, the others hold none",
    )


def run(args: argparse.Namespace) -> int:
    """Print a row for each condition and each kind of other sound.

    :raises FileError: a recording cannot be read
    """
    spotters = StopWord(StopWordConfig(background=False)), Keywords()
    with Espeak() as espeak:
        sounds = Sounds(espeak, args.seed)
        calls = [heard(name, sounds.calls(name, args.repeats), *spotters) for name in CONDITIONS]
        others = [other(kind, [sounds.others(kind, args.minutes)], *spotters) for kind in OTHERS]
        others.append(other("words that sound alike", [np.concatenate(list(sounds.alike()))], *spotters))
        if args.recordings is not None:
            recorded_calls, recorded_others = recordings(args.recordings, sounds)
            calls.append(heard("recordings", recorded_calls, *spotters))
            others.append(other("recordings", recorded_others, *spotters))
    _print(calls, others, args.json)
    return 0


def heard(condition: str, calls: Iterable[Call], spotter: Spotter, keywords: Spotter) -> Heard:
    """Who of these was heard."""
    row = Heard(condition)
    for call in calls:
        row.asked += 1
        at_s = next((at_s for at_s, _ in stops(spotter, call.samples) if -EARLY_S <= at_s - call.end_s <= LATE_S), None)
        row.keywords += any(-EARLY_S <= at_s - call.end_s <= LATE_S for at_s, _ in stops(keywords, call.samples))
        if at_s is None:
            row.missed[call.word] += 1
            row.voices[call.voice] += 1
        else:
            row.heard += 1
            row.delays_s.append(at_s - call.end_s)
    return row


def other(kind: str, pieces: Sequence[Floats], spotter: Spotter, keywords: Spotter) -> FalseStops:
    """How often a stop was asked for by nobody."""
    minutes = sum(map(len, pieces)) / RATE_HZ / 60
    began_s = time.process_time()
    at_s = [at_s for piece in pieces for at_s, _ in stops(spotter, piece)]
    cpu = (time.process_time() - began_s) / max(60 * minutes, 1e-9)
    return FalseStops(kind, minutes, len(at_s), sum(len(list(stops(keywords, piece))) for piece in pieces), cpu, at_s)


def stops(spotter: Spotter, sound: Floats) -> Iterator[tuple[float, str]]:
    """When which word was reported."""
    spotter.reset()
    samples: NDArray[np.int16] = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    for index in range(len(samples) // FRAME_SAMPLES):
        now_s = (index + 1) * FRAME_S
        frame = AudioFrame(now_s - FRAME_S, "bench", index, RATE_HZ, samples[index * FRAME_SAMPLES : (index + 1) * FRAME_SAMPLES])
        for _, message in spotter.step({"audio/in": [frame]}, now_s):
            if isinstance(message, StopRequest):
                yield now_s, message.detail


def recordings(folder: Path, sounds: Sounds) -> tuple[list[Call], list[Floats]]:
    """WAV files of a folder: calls, and sound without any.

    :raises FileError: one is no WAV file
    """
    calls, others = [], []
    for file in sorted(folder.glob("*.wav")):
        sound = read_wav(str(file)).astype(np.float64)
        word = next((word for word in WORDS if file.name.startswith(word)), "")
        if not word:
            others.append(sound)
            continue
        loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
        lead = round(_QUIET_S * RATE_HZ)
        padded = np.pad(sound[loud[0] : loud[-1] + 1], (lead, RATE_HZ))
        calls.append(Call(word, file.name, padded + sounds.in_room(0 * padded), (lead + loud[-1] + 1 - loud[0]) / RATE_HZ))
    return calls, others


def _print(calls: Sequence[Heard], others: Sequence[FalseStops], as_json: bool) -> None:
    if as_json:
        for values in [*map(vars, calls), *map(vars, others)]:
            print(json.dumps({**values, "machine": dict(describe())}, ensure_ascii=False))
        return
    delays_s = [delay_s for row in calls for delay_s in row.delays_s]
    p50_ms, p95_ms = (1e3 * np.percentile(delays_s, (50, 95))) if delays_s else (np.nan, np.nan)
    title = f"bench stop   {p50_ms:.0f} ms after the word, p95 {p95_ms:.0f} ms   " + " · ".join(value for _, value in describe())
    table = Table(title=title, title_justify="left")
    for name in ("", "network", "keywords", "missed words", "missed voices", "p50 ms", "p95 ms"):
        table.add_column(name, justify="left" if not name or name.startswith("missed") else "right")
    for row in calls:
        p50_ms, p95_ms = (1e3 * np.percentile(row.delays_s, (50, 95))) if row.delays_s else (np.nan, np.nan)
        missed = (_counted(row.missed), _counted(row.voices))
        table.add_row(row.condition, f"{row.heard}/{row.asked}", f"{row.keywords}/{row.asked}", *missed, f"{p50_ms:.0f}", f"{p95_ms:.0f}")
    Console(highlight=False).print(table)
    table = Table()
    for name in ("no call", "minutes", "network", "keywords", "processor"):
        table.add_column(name, justify="right" if name != "no call" else "left")
    for kind in others:
        table.add_row(kind.kind, f"{kind.minutes:.1f}", str(kind.stops), str(kind.keywords), f"{kind.cpu:.1%}")
    Console(highlight=False).print(table)


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common(6))
