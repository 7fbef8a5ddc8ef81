"""The robot talks for an hour in echoing rooms: whatever it hears of that is a false turn.

Then once more, a quarter of the time, while people cough, laugh and say "mm-hm" and doors slam: it should talk on.  Nodes of the
voice and the mind run as in the robot; there are no eyes and no wheels.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing import get_context
from typing import Any

import numpy as np
from scipy.signal import fftconvolve

from robot_runtime.flow import Flow
from robot_runtime.messages import AudioFrame, SpeechRequest, SpeechStyle
from robot_runtime.mind.sentences.book import load_sentences
from robot_runtime.nodes import Node, Settings
from sim.description import load_home
from sim.people_voices import AgeGroup, a_voice
from sim.sound.effects import EffectKind, effect
from sim.sound.units import FRAME, FULL_SCALE, NOMINAL_DBFS, RATE_HZ, Signal
from sim.voice.echo import EchoPath, EchoRoom, response
from sim.voices import render

HOME = "sim/homes/family_home"
ROOM_S = 300.0
"""In each room; the first seconds of it, in which the echo is still unknown, count too."""
_DISTURBED = 0.25
_TICK_S = 0.02
_MIND = ("world", "social", "mind")
_NEAR_S = 1.5  # what is heard so soon after a disturbance is of that
_SILENT = {"dip": "dip", "hold": "pause"}
_RATES_WPM = (110.0, 140.0, 165.0, 200.0)
_WORDS = ("mm hm", "uh huh", "yes", "okay", "right", "I see", "oh", "really")
_EFFECTS: tuple[tuple[EffectKind, float], ...] = (("cough", 6.0), ("laugh", 3.0), ("door_slam", 12.0))
_THINGS = {"en": ("the red cup", "the newspaper", "your glasses", "the blue book"), "fr": ("la tasse rouge", "le journal", "vos lunettes")}
_PLACES = {"en": ("kitchen", "living room", "bedroom", "hall"), "fr": ("cuisine", "chambre", "salon")}
_MADE = {
    "en": (
        "I saw {thing} in the {place} about {n} minutes ago.",
        "I will bring you {thing}, and then I will wait here in the {place}.",
        "There are {n} chairs in the {place}, and {thing} is on the table.",
        "I went to the {place}, but I could not find {thing}. Shall I look for it somewhere else?",
    ),
    "fr": (
        "J'ai vu {thing} il y a {n} minutes, dans la pièce que vous appelez {place}.",
        "Je vous apporte {thing}, et ensuite je vous attends ici.",
        "Il y a {n} chaises, et {thing} est sur la table.",
    ),
}


@dataclass
class Told:
    """One room."""

    room: EchoRoom
    seconds: float
    disturbed: bool
    spoken_s: float = 0.0
    deaf_s: float = 0.0  # while the robot's echo was not known to be cancelled
    disturbances: int = 0
    heard: list[str] = field(default_factory=list)  # a line each
    counts: Counter[str] = field(default_factory=Counter)


def talk(minutes: float, seed: int, jobs: int) -> dict[str, Any]:
    """Figures by name, and whether the robot kept from answering itself."""
    rooms = max(1, math.ceil(minutes * 60 / ROOM_S))
    length_s = minutes * 60 / rooms
    work = [(seed, k, length_s, False) for k in range(rooms)]
    work += [(seed, rooms + k, length_s, True) for k in range(max(1, round(_DISTURBED * rooms)))]
    started_s = time.monotonic()
    if jobs == 1:
        told = [in_room(*job) for job in work]
    else:
        with ProcessPoolExecutor(min(jobs, len(work)), get_context("spawn")) as pool:
            told = list(pool.map(_in_room, work))
    return _figures(told, time.monotonic() - started_s)


def _in_room(job: tuple[int, int, float, bool]) -> Told:
    return in_room(*job)


def _figures(told: list[Told], wall_s: float) -> dict[str, Any]:
    found = sum((one.counts for one in told), Counter())
    spoken_s = sum(one.spoken_s for one in told)
    return {
        "passed": not found["answer"] and not found["stop"],
        "rooms": len(told),
        "minutes_of_speech": round(spoken_s / 60, 1),
        "false_turns": found["turn"],
        "self_answers": found["answer"],
        "false_stops": found["stop"],
        "known_as_its_own": found["own"],
        "share_of_it_deaf": round(sum(one.deaf_s for one in told) / max(spoken_s, 1e-9), 3),
        "disturbances": sum(one.disturbances for one in told),
        "turns_at_disturbances": found["turn at disturbance"],
        "answers_to_disturbances": found["answer at disturbance"],
        "false_stops_at_disturbances": found["stop at disturbance"],
        "dips_for_nothing": found["dip"],
        "dips_at_disturbances": found["dip at disturbance"],
        "pauses_for_nothing": found["pause"],
        "pauses_at_disturbances": found["pause at disturbance"],
        "sentences_cut_off": found["cancelled"],
        "what": [f"{line}; {one.room}" for one in told for line in one.heard],
        "times_real_time": round(sum(one.seconds for one in told) / wall_s, 2),
    }


# ---------------------------------------------------------------- one room


def in_room(seed: int, number: int, seconds: float, disturbed: bool) -> Told:
    """So many seconds in the ``number``-th room of a seed."""
    rng = np.random.default_rng((seed, number))
    room = EchoRoom.drawn(rng)
    talker = _Talker(room, seconds, disturbed, rng)
    for _ in range(round(seconds / _TICK_S)):
        talker.tick()
    talker.close()
    return talker.told


class _Talker:
    """The robot, and what it says."""

    def __init__(self, room: EchoRoom, seconds: float, disturbed: bool, rng: np.random.Generator) -> None:
        self.told = Told(room, seconds, disturbed)
        self._rng, self._path = rng, EchoPath(room, rng)
        settings = Settings(audio_in="topic", audio_out="topic", site=HOME)
        self._flow = Flow.build(settings, only=_talks)
        self._flow.listeners.append(self._listen)
        self._texts = sentences(rng)
        self._played: list[AudioFrame] = []
        self._ids: set[str] = set()
        self._number = self._frame = 0
        self._saying = ""
        self._jump_s = float(rng.uniform(50, 90))
        self._disturbance = disturbances(seconds, room, rng) if disturbed else {}
        self._disturbing: list[Signal] = []
        self._disturbed_s = self._answer_until_s = -math.inf

    def tick(self) -> None:
        now_s = self._flow.now_s
        if not self._saying:
            self._say(now_s)
        if now_s > self._jump_s:
            self._path.jump(float(self._rng.uniform(-0.06, 0.08)))
            self._jump_s = now_s + float(self._rng.uniform(50, 90))
        heard = self._path.hear(self._played.pop(0).samples if self._played else None) + self._others(now_s)
        samples = np.clip(np.rint(heard), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
        self._flow.inject("audio/in", AudioFrame(now_s, "room", self._frame, RATE_HZ, samples))
        self._frame += 1
        self._flow.tick()

    def close(self) -> None:
        """End the speech engine's process."""
        self._flow.stage("voice").close()

    def _say(self, now_s: float) -> None:
        language, text = next(self._texts)
        self._number += 1
        self._saying = f"talk-{self._number}"
        if self._number % 7 == 1:
            rate_wpm = float(self._rng.choice(_RATES_WPM))
            self._flow.inject("speech/style", SpeechStyle(now_s, "", "talk", rate_wpm, 1.0, 1.0, 0.3, 1.0, 0.5, "", 1.0))
        self._flow.inject("speech/say", SpeechRequest(now_s, self._saying, text, "", "report", "", False, language=language))

    def _others(self, now_s: float) -> Signal:
        """What people do besides."""
        sound = self._disturbance.pop(self._frame, None)
        if sound is not None:
            self.told.disturbances += 1
            self._disturbing = list(np.pad(sound, (0, -len(sound) % FRAME)).reshape(-1, FRAME))
        if not self._disturbing:
            return np.zeros(FRAME)
        self._disturbed_s = now_s
        return self._disturbing.pop(0)

    # ------------------------------------------------ what comes of it

    def _listen(self, now_s: float, topic: str, message: Any) -> None:
        if topic == "audio/out":
            self._played.append(message)
            self.told.spoken_s += _TICK_S
        elif topic == "audio/state":
            self.told.deaf_s += _TICK_S * (message.echo == "uncancelled")
        elif topic == "speech/heard" and message.id not in self._ids:
            self._ids.add(message.id)
            if message.role == "own_voice":
                self.told.counts["own"] += 1
                return
            self._answer_until_s = now_s + 0.5
            self._count("turn", now_s, message.start_s, message.text)
            if message.intent:
                self._count("answer", now_s, message.start_s, message.text)
        elif topic == "speech/floor" and message.decision in _SILENT:
            self._count(_SILENT[message.decision], now_s, message.onset_s, "")
        elif topic == "safety/stop_request":
            self._count("stop", now_s, now_s - 1.0, message.detail)
        elif topic == "speech/say" and not message.id.startswith("talk-") and now_s < self._answer_until_s:
            self._answer_until_s = -math.inf
            self._count("answer", now_s, now_s - _NEAR_S, message.text)
        elif topic == "speech/state" and message.request_id == self._saying and message.phase in ("finished", "cancelled"):
            self._saying = ""
            if message.phase == "cancelled":
                self._count("cancelled", now_s, math.inf, message.text)

    def _count(self, kind: str, now_s: float, begin_s: float, text: str) -> None:
        kind += " at disturbance" if begin_s < self._disturbed_s + _NEAR_S else ""
        self.told.counts[kind] += 1
        self.told.heard.append(f"{kind} at {now_s:.1f} s (from {begin_s:.1f} s): “{text}”")


def _talks(node: Node) -> bool:
    return node.process == "voice" or node.name in _MIND


def sentences(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Language and text, for ever: the robot's own sentences and made ones, three English to one French."""
    own = {
        language: [text for text in load_sentences(language).sentences.values() if "{" not in text and len(text.split()) > 2]
        for language in ("en", "fr")
    }
    for language in cycle(("en", "en", "fr", "en")):
        if rng.random() < 0.5:
            yield language, str(rng.choice(own[language]))
            continue
        chosen = {"thing": str(rng.choice(_THINGS[language])), "place": str(rng.choice(_PLACES[language])), "n": int(rng.integers(2, 12))}
        yield language, str(rng.choice(_MADE[language])).format(**chosen)


def disturbances(seconds: float, room: EchoRoom, rng: np.random.Generator) -> dict[int, Signal]:
    """Frame → what begins there: a cough, laughter, a door, or a listener's small word, 1 to 3 m away."""
    people = list(load_home(HOME).people.values())
    found: dict[int, Signal] = {}
    at_s = 10.0
    while at_s < seconds - 4.0:
        if rng.random() < 0.5:
            person = people[int(rng.integers(len(people)))]
            age: AgeGroup = person.age_group
            sound = render(str(rng.choice(_WORDS)), person.model_copy(update={"voice": a_voice(age, rng)})).astype(np.float64)
        else:
            kind, louder_db = _EFFECTS[int(rng.integers(len(_EFFECTS)))]
            sound = effect(kind, int(rng.integers(1_000_000))) * FULL_SCALE * 10 ** ((NOMINAL_DBFS + louder_db) / 20)
        near = 10 ** (-float(rng.uniform(0.0, 9.5)) / 20)
        found[round(at_s / _TICK_S)] = near * fftconvolve(sound, response(room.rt60_s, -3.0, rng))
        at_s += float(rng.uniform(6.0, 12.0))
    return found
