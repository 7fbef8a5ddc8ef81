"""Conversations by seed: two hundred and more, of ten families, in the simulated home.

    python -m sim.conversations OUT --seed 1 --count 200

writes each as YAML with what the microphone heard, what the loudspeaker was given (WAV, 16 kHz) and the truth (JSON).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from sim.conversation import Conversation, Drives, Family, RobotSays, Said, Switched, Walks, as_yaml
from sim.description import HomeDescription, Point, Pose2D, load_home
from sim.people_voices import a_voice
from sim.sound.description import Motors, OwnVoice, SoundDescription
from sim.sound.units import RATE_HZ

HOME = "sim/homes/family_home"
FAMILIES: tuple[Family, ...] = get_args(Family)
_ROOMS = ("living room", "kitchen", "bedroom", "hall")
_NEAR_M, _FAR_M = (0.8, 2.4), (3.2, 7.0)
_CLEAR_M = 0.5

Rng = np.random.Generator
Wish = tuple[list[str], str, dict[str, str]]
"""Its phrases (where a hesitating speaker would pause), intent and slots."""

_OBJECTS = ("red cup", "blue book", "newspaper", "green bottle", "yellow banana", "remote", "glasses", "phone", "white plate")
_PLACES = ("kitchen", "living room", "bedroom", "hall")
_ANSWERS = (
    "I am bringing you the red cup from the kitchen table. After that I will wait here in the living room.",
    "I can see a table, three chairs, a bottle and a bowl. The green bowl is on the counter beside the stove.",
    "I am on my way to the bedroom now. Please keep the door open, so that I can pass without touching it.",
    "The newspaper is on the coffee table in the living room. I saw it there about five minutes ago.",
)
_BACKCHANNELS = ("mm hm", "yes", "okay", "uh huh", "right", "I see")
_ASIDES = (
    "did you call your sister yesterday",
    "the soup needs a little more salt",
    "we have to leave before eight",
    "it was raining all night",
)


def conversations(seed: int, count: int = 200, families: tuple[Family, ...] = FAMILIES) -> Iterator[Conversation]:
    """So many conversations, the families in turn; the k-th of a seed is always the same."""
    home = load_home(HOME)
    for k in range(count):
        family = families[k % len(families)]
        yield _Writer(home, np.random.default_rng((seed, k, FAMILIES.index(family))), family, seed * 100_000 + k).write()


class _Writer:
    """Writes one conversation."""

    def __init__(self, home: HomeDescription, rng: Rng, family: Family, seed: int) -> None:
        self._home, self._rng, self._family, self._seed = home, rng, family, seed
        self._room = str(rng.choice(_ROOMS[:2] if family in ("television", "driving") else _ROOMS))
        self._robot = self._point_in(self._room)
        self._who = str(rng.choice(list(home.people)))
        self._content: dict[str, list[Any]] = {"said": [], "robot_says": [], "switched": [], "drives": [], "walks": []}
        self._people: dict[str, Point] = {}
        self._at_s = float(rng.uniform(0.8, 1.5))

    def write(self) -> Conversation:
        """The whole of it: the family's part, in a room with echoes, with the robot's own voice and motors."""
        rng = self._rng
        near = _FAR_M if self._family == "far" else _NEAR_M
        self._people[self._who] = self._point_at(near)
        _FAMILIES[self._family](self)
        asked = {self._room: round(float(rng.uniform(0.25, 0.7)), 2)}
        sound = SoundDescription(reverberation=True, rt60_s=asked, own_voice=OwnVoice(), motors=Motors())
        voices = {id_: a_voice(self._home.people[id_].age_group, rng, self._pace()) for id_ in self._people}
        yaw_deg = math.degrees(math.atan2(*(self._people[self._who][k] - self._robot[k] for k in (1, 0))))
        return Conversation(
            title=f"{self._family.replace('_', ' ')} {self._seed % 100_000}", family=self._family, home=HOME, seed=self._seed,
            length_s=round(self._at_s + 1.5, 2), sound=sound, robot=Pose2D(at_m=self._robot, yaw_deg=round(yaw_deg, 1)),
            people=self._people, voices=voices, **self._content,
        )  # fmt: skip

    def _pace(self) -> float:
        return {"fast": 1.35, "hesitating": 0.78}.get(self._family, 1.0)

    # ------------------------------------------------ families

    def plain(self) -> None:
        """Wishes and answers take turns."""
        for _ in range(2):
            self._say(self._wish())
            self._wait(0.8, 1.2)
            self._answer()
            self._wait(0.8, 1.5)

    def hesitating(self) -> None:
        """Pauses of up to 1.6 s within sentences, and fillers."""
        for _ in range(2):
            self._say(self._wish(), pauses_s=(0.4, 1.6))
            self._wait(2.0, 3.0)

    def backchannel(self) -> None:
        """Listeners' small words while the robot speaks; it should go on."""
        begin_s = self._at_s
        self._content["robot_says"].append(RobotSays(at_s=_rounded(begin_s), text=self._answer_text()))
        for at_s in (self._rng.uniform(0.8, 2.0), self._rng.uniform(3.2, 4.8)):
            words = str(self._rng.choice(_BACKCHANNELS))
            self._content["said"].append(
                Said(at_s=_rounded(begin_s + at_s), who=self._who, parts=[words], role="backchannel", louder_db=-3.0)
            )
        self._at_s = begin_s + 8.0
        self._say(self._wish())

    def barge_in(self) -> None:
        """Somebody takes the floor while the robot speaks: it falls silent at once."""
        begin_s = _rounded(self._at_s)
        cut_s = _rounded(begin_s + self._rng.uniform(1.2, 3.0))
        self._content["robot_says"].append(RobotSays(at_s=begin_s, text=self._answer_text(), until_s=_rounded(cut_s + 0.3)))
        self._at_s = cut_s
        stops = self._rng.random() < 0.4
        wish: Wish = (["stop"], "stop", {}) if stops else self._wish()
        self._say(wish, role="stop" if stops else "interruption", louder_db=3.0)
        self._wait(1.0, 1.5)

    def noise(self) -> None:
        """Coughs, laughter and doors, with and without the robot speaking; a real turn after them."""
        for _ in range(2):
            speaks = self._rng.random() < 0.5
            if speaks:
                self._answer(wait=False)
            self._wait(0.8, 1.6)
            kind = str(self._rng.choice(("*cough*", "*laugh*", "kitchen door", "front door")))
            if kind.startswith("*"):
                self._content["said"].append(Said(at_s=_rounded(self._at_s), who=self._who, parts=[kind], role="noise"))
            else:
                self._content["switched"].append(Switched(at_s=_rounded(self._at_s), source=kind))
            self._wait(*((7.5, 8.5) if speaks else (1.5, 3.0)))
        self._say(self._wish())

    def television(self) -> None:
        """A television, dishes or guests all along."""
        source = str(self._rng.choice(("television", "television", "dishes", "guests")))
        louder_db = round(float(self._rng.uniform(-12, 2)), 1)
        self._content["switched"].append(Switched(at_s=0.0, source=source, louder_db=louder_db))
        self._wait(2.0, 4.0)
        self._say(self._wish())
        self._wait(3.0, 5.0)

    def two_at_once(self) -> None:
        """A second person talks into the wish of the first: to somebody else, or with a wish of their own."""
        other = str(self._rng.choice([id_ for id_ in self._home.people if id_ != self._who]))
        self._people[other] = self._point_at(_NEAR_M if self._rng.random() < 0.5 else _FAR_M)
        begin_s = _rounded(self._at_s + self._rng.uniform(-0.6, 0.9))
        self._say(self._wish())
        if self._rng.random() < 0.5:
            words, intent, slots = self._wish()
            self._content["said"].append(Said(at_s=begin_s, who=other, parts=[" ".join(words)], intent=intent, slots=slots))
        else:
            self._content["said"].append(Said(at_s=begin_s, who=other, parts=[str(self._rng.choice(_ASIDES))], role="aside"))
        self._wait(2.0, 3.0)

    def driving(self) -> None:
        """The robot drives up and down while it is spoken to."""
        self._wait(1.5, 3.0)
        self._say(self._wish())
        self._wait(2.0, 3.0)
        stop: Wish = (["stop"], "stop", {})
        self._say(stop, role="stop", louder_db=3.0)
        speed_mps = round(float(self._rng.uniform(0.2, 0.6)), 2)
        stretch_s = min(2.0, 0.6 / speed_mps)
        for k in range(math.ceil(self._at_s / stretch_s)):
            drive = Drives(at_s=_rounded(k * stretch_s), linear_mps=speed_mps * (-1) ** k, angular_radps=0.0)
            self._content["drives"].append(drive)

    def far(self) -> None:
        """From the other end of the room, from another room, or walking."""
        if self._rng.random() < 0.4:
            walk = Walks(
                at_s=_rounded(self._at_s),
                who=self._who,
                to_m=self._point_at(_NEAR_M),
                speed_mps=round(float(self._rng.uniform(0.5, 1.2)), 2),
            )
            self._content["walks"].append(walk)
        self._say(self._wish(), louder_db=round(float(self._rng.uniform(0, 6)), 1))
        self._wait(2.0, 3.0)
        self._say(self._wish(), louder_db=3.0)

    # ------------------------------------------------ parts

    def _say(self, wish: Wish, role: Any = "turn", pauses_s: tuple[float, float] | None = None, louder_db: float = 0.0) -> None:
        phrases, intent, slots = wish
        parts: list[str | float] = [" ".join(phrases)]
        if pauses_s is not None:
            parts = self._hesitant(phrases, pauses_s)
        said = Said(at_s=_rounded(self._at_s), who=self._who, parts=parts, role=role, intent=intent, slots=slots, louder_db=louder_db)
        self._content["said"].append(said)
        words, silence_s = len(" ".join(phrases).split()), sum(part for part in parts if not isinstance(part, str))
        self._at_s += (0.3 + 0.42 * words) / self._pace() + silence_s

    def _hesitant(self, phrases: list[str], pauses_s: tuple[float, float]) -> list[str | float]:
        parts: list[str | float] = [phrases[0]]
        for phrase in phrases[1:]:
            parts.append(_rounded(self._rng.uniform(*pauses_s)))
            if self._rng.random() < 0.3:
                parts += [str(self._rng.choice(("um", "uh"))), _rounded(self._rng.uniform(0.2, 0.7))]
            parts.append(phrase)
        return parts

    def _answer(self, wait: bool = True) -> None:
        text = self._answer_text()
        self._content["robot_says"].append(RobotSays(at_s=_rounded(self._at_s), text=text))
        self._at_s += (0.42 * len(text.split())) if wait else 0.0

    def _answer_text(self) -> str:
        return str(self._rng.choice(_ANSWERS))

    def _wait(self, low_s: float, high_s: float) -> None:
        self._at_s += float(self._rng.uniform(low_s, high_s))

    def _wish(self) -> Wish:
        thing, place = str(self._rng.choice(_OBJECTS)), str(self._rng.choice(_PLACES))
        wishes: list[Wish] = [
            (["bring me", f"the {thing}"], "fetch", {"object": thing, "person": "me"}),
            (["find", f"the {thing}"], "find", {"object": thing}),
            (["go to", f"the {place}"], "go_to", {"place": place}),
            (["come", "here"], "come_here", {}),
            (["follow", "me"], "follow", {"person": "me"}),
            (["what can", "you see"], "describe", {}),
        ]
        return wishes[int(self._rng.integers(len(wishes)))]

    # ------------------------------------------------ places

    def _point_in(self, room: str) -> Point:
        """Anywhere in a room, away from its walls."""
        xs, ys = zip(*self._home.rooms[room].polygon_m, strict=True)
        while True:
            x, y = (float(self._rng.uniform(min(v) + _CLEAR_M, max(v) - _CLEAR_M)) for v in (xs, ys))
            around = [(x + dx, y + dy) for dx in (-_CLEAR_M, 0, _CLEAR_M) for dy in (-_CLEAR_M, 0, _CLEAR_M)]
            if all(self._home.rooms[room].contains(*point) for point in around):
                return _rounded(x), _rounded(y)

    def _point_at(self, distance_m: tuple[float, float]) -> Point:
        """A place of a person so far from the robot; in its room when near."""
        rooms = [self._room] if distance_m == _NEAR_M else list(self._home.rooms)
        while True:
            point = self._point_in(str(self._rng.choice(rooms)))
            if distance_m[0] <= math.dist(point, self._robot) <= distance_m[1]:
                return point


_FAMILIES: dict[Family, Callable[[_Writer], None]] = {
    "plain": _Writer.plain, "hesitating": _Writer.hesitating, "fast": _Writer.plain, "backchannel": _Writer.backchannel,
    "barge_in": _Writer.barge_in, "noise": _Writer.noise, "television": _Writer.television, "two_at_once": _Writer.two_at_once,
    "driving": _Writer.driving, "far": _Writer.far,
}  # fmt: skip


def _rounded(value: float) -> float:
    """To a hundredth, as files say it."""
    return round(float(value), 2)


# ---------------------------------------------------------------- as files


def write(folder: Path, conversation: Conversation) -> None:
    """Its YAML, sounds and truth, under its title."""
    from sim.conversation_sound import record

    recording = record(conversation)
    stem = folder / conversation.title.replace(" ", "_")
    stem.with_suffix(".yaml").write_text(as_yaml(conversation), encoding="utf-8")
    _write_wav(stem.with_suffix(".microphone.wav"), recording.microphones)
    _write_wav(stem.with_suffix(".reference.wav"), recording.reference[None])
    truth = {"title": conversation.title, "family": conversation.family, "turns": [dataclasses.asdict(turn) for turn in recording.turns]}
    stem.with_suffix(".truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")


def _write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.ascontiguousarray(samples.T).astype("<i2").tobytes())


def main() -> None:
    """Write a set of conversations."""
    parser = argparse.ArgumentParser(prog="python -m sim.conversations", description="Write generated conversations as files.")
    parser.add_argument("out", type=Path, help="folder for them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for conversation in conversations(arguments.seed, arguments.count):
        write(arguments.out, conversation)


if __name__ == "__main__":
    main()
