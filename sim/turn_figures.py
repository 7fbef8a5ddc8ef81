"""How well the ear takes turns in generated conversations: what it cuts off, how long it makes people wait, what it takes for an
interruption.

    python -m sim.turn_figures --seed 2 --count 100

plays them through front end and ear alone, so nothing of it depends on what the robot would do.  ``heard`` and ``tally`` are for other
measurements on the same conversations.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.ear import Ear, EarConfig
from robot_runtime.hear.front_end import FrontEnd, FrontEndConfig
from robot_runtime.hear.listener import FRAME_S, FRAME_SAMPLES
from robot_runtime.messages import AudioFrame, FloorDecision, Odometry, People, Person, SoundState, SpeechState, Utterance
from sim.conversation import Conversation
from sim.conversation_sound import Recording, Turn, drive_at, record
from sim.conversations import conversations

_LATE_S = 1.2
"""A longer wait is one that people notice (Strömbergsson et al. 2013 find 0.2 s usual, and a second unusual)."""
_AROUND_S = 0.5
_WARM_S = 9.0
_WARM = "I can see a table, three chairs, a bottle and a bowl. The green bowl is on the counter beside the stove. I am looking around."
_PEOPLE_EVERY = 5  # frames: ten pictures a second

_NOTHING = np.zeros(0, np.int16)

Frame = tuple[AudioFrame, SoundState]


@dataclass(frozen=True)
class Taken:
    """What the ear made of a recording."""

    utterances: tuple[Utterance, ...]  # each once, as it was told first
    floors: tuple[FloorDecision, ...]


def warmed(conversation: Conversation) -> Conversation:
    """The same, after the robot has spoken for nine seconds: so long that its front end cancels its echo."""
    content = conversation.model_dump()
    for part in ("said", "robot_says", "switched", "drives", "walks"):
        for event in content[part]:
            event["at_s"] = round(event["at_s"] + _WARM_S, 2)
            if event.get("until_s") is not None:
                event["until_s"] = round(event["until_s"] + _WARM_S, 2)
    content["robot_says"].insert(0, {"at_s": 0.2, "text": _WARM})
    return Conversation.model_validate({**content, "length_s": content["length_s"] + _WARM_S})


def clean(conversation: Conversation, recording: Recording) -> Iterator[Frame]:
    """The frames that the front end gives to the ear."""
    front_end = FrontEnd(FrontEndConfig())
    said = 0
    for index, pose in enumerate(recording.poses):
        now_s, part = index * FRAME_S, slice(index * FRAME_SAMPLES, (index + 1) * FRAME_SAMPLES)
        drive, played = drive_at(conversation, now_s), recording.reference[part]
        x_m, y_m, yaw_rad = pose.tolist()
        inbox: dict[str, list[object]] = {
            "audio/in": [AudioFrame(now_s, "microphone", index, 16_000, recording.microphone[part])],
            "audio/out": [AudioFrame(now_s, "voice", said, 16_000, played)] if played.any() else [],
            "odom": [Odometry(now_s, x_m, y_m, yaw_rad, drive.linear_mps, drive.angular_radps)],
        }
        said += len(inbox["audio/out"])
        *_, (_, state), (_, frame) = front_end.step(inbox, now_s)
        yield frame, state


def heard(
    ear: Ear, frames: Iterable[Frame], turns: Sequence[Turn], speaks: Sequence[tuple[float, float]], ages: Mapping[str, str],
    reference: NDArray[np.int16] = _NOTHING,
) -> Taken:  # fmt: skip
    """Play frames to an ear that sees who speaks.

    :param speaks: from when to when the robot does
    :param reference: what it plays
    """
    ear.reset()
    utterances: dict[str, Utterance] = {}
    floors: list[FloorDecision] = []
    for index, (frame, state) in enumerate(frames):
        now_s = frame.stamp_s + FRAME_S
        inbox: dict[str, list[object]] = {"audio/clean": [frame], "audio/state": [state], "speech/state": _states(speaks, now_s)}
        played = reference[index * FRAME_SAMPLES : (index + 1) * FRAME_SAMPLES]
        if played.any():
            inbox["audio/played"] = [AudioFrame(frame.stamp_s, "voice", index, 16_000, played)]
        if index % _PEOPLE_EVERY == 0:
            inbox["people"] = [_people(turns, ages, now_s)]
        for _, message in ear.step(inbox, now_s):
            if isinstance(message, Utterance):
                utterances.setdefault(message.id, message)
            elif isinstance(message, FloorDecision):
                floors.append(message)
    for _, message in ear.close():
        if isinstance(message, Utterance):
            utterances.setdefault(message.id, message)
    return Taken(tuple(utterances.values()), tuple(floors))


def speaking(conversation: Conversation, recording: Recording) -> list[tuple[float, float]]:
    """From when to when the robot speaks."""
    spans = []
    for says in conversation.robot_says:
        start = round(says.at_s / FRAME_S) * FRAME_SAMPLES
        later = [round(other.at_s / FRAME_S) * FRAME_SAMPLES for other in conversation.robot_says if other.at_s > says.at_s]
        loud = np.flatnonzero(recording.reference[start : min(later, default=None)])
        spans.append((start / 16_000, (start + int(loud[-1])) / 16_000 if len(loud) else start / 16_000))
    return spans


def _states(speaks: Sequence[tuple[float, float]], now_s: float) -> list[object]:
    now = round(now_s / FRAME_S)
    phases = [(k, phase, at_s) for k, span in enumerate(speaks) for phase, at_s in zip(("started", "finished"), span, strict=True)]
    due = [(k, phase) for k, phase, at_s in phases if math.ceil(at_s / FRAME_S - 1e-6) == now]
    return [SpeechState(now_s, f"r{k}", phase, "", 0.0, math.nan) for k, phase in sorted(due, key=lambda state: state[1])]


def _people(turns: Sequence[Turn], ages: Mapping[str, str], now_s: float) -> People:
    loud = {turn.who for turn in turns if turn.role != "noise" and turn.start_s <= now_s <= turn.end_s}
    return People(now_s, "truth", tuple(
        Person(who, who, age, 0.9, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.1, True, who in loud, True, 0.0) for who, age in ages.items()
    ))  # fmt: skip


# ---------------------------------------------------------------- figures


@dataclass
class Tally:
    """Counts of one kind of conversation."""

    turns: int = 0
    missed: int = 0  # nothing was heard of them
    cut_off: int = 0  # taken for over while their speaker went on
    right: int = 0  # intent and slots
    late: int = 0
    waits_s: list[float] = field(default_factory=list)
    false_turns: int = 0  # acted on, or asked about, where nobody had spoken to the robot
    interruptions: int = 0  # over the robot's words
    missed_interruptions: int = 0
    yield_s: list[float] = field(default_factory=list)
    others: int = 0  # backchannels, coughs and doors over the robot's words
    wrong_interruptions: int = 0

    def add(self, taken: Taken, turns: Sequence[Turn], speaks: Sequence[tuple[float, float]]) -> None:
        wanted = [turn for turn in turns if turn.wants_answer and turn.role != "stop"]
        for turn in wanted:
            self._add_turn(turn, taken)
        spoken = [turn for turn in turns if turn.wants_answer]
        answered = [u for u in taken.utterances if u.role in ("turn", "several")]
        self.false_turns += sum(not any(_meet(u, turn) for turn in spoken) for u in answered)
        self._add_floors(taken, turns, speaks)

    def _add_turn(self, turn: Turn, taken: Taken) -> None:
        self.turns += 1
        own = [u for u in taken.utterances if _meet(u, turn) and u.role in ("turn", "several", "cut")]
        if not own:
            self.missed += 1
            return
        early = [u for u in own if u.stamp_s < turn.end_s - 0.1]
        self.cut_off += bool(early)
        last = max(own, key=lambda u: u.end_s)
        if last.stamp_s >= turn.end_s - 0.1:
            self.waits_s.append(last.stamp_s - turn.end_s)
            self.late += self.waits_s[-1] > _LATE_S
        self.right += any(u.intent == turn.intent and {s.name: s.value for s in u.slots} == turn.slots for u in own)

    def _add_floors(self, taken: Taken, turns: Sequence[Turn], speaks: Sequence[tuple[float, float]]) -> None:
        yields = [floor for floor in taken.floors if floor.decision == "yield"]
        mine = [turn for turn in turns if any(a + 0.1 < turn.start_s < b - 0.1 for a, b in speaks)]
        into = [turn for turn in mine if turn.role in ("interruption", "stop")]
        for turn in into:
            if turn.role == "stop":
                continue  # the stop word has an ear of its own
            own = [floor for floor in yields if turn.start_s - 0.2 <= floor.stamp_s <= turn.end_s + 1.0]
            self.interruptions += 1
            self.missed_interruptions += not own
            self.yield_s += [floor.stamp_s - turn.start_s for floor in own[:1]]
        self.others += sum(turn.role in ("backchannel", "noise", "aside") for turn in mine)
        self.wrong_interruptions += sum(not any(t.start_s - 0.2 <= f.stamp_s <= t.end_s + 1.0 for t in into) for f in yields)

    def line(self) -> dict[str, float]:
        """For people and programs."""
        waits = sorted(self.waits_s)
        return {
            "turns": self.turns, "right": self.right, "missed": self.missed, "cut_off": self.cut_off, "late": self.late,
            "wait_median_ms": _at(waits, 0.5), "wait_p95_ms": _at(waits, 0.95), "false_turns": self.false_turns,
            "interruptions": self.interruptions, "missed_interruptions": self.missed_interruptions,
            "yield_median_ms": _at(sorted(self.yield_s), 0.5), "yield_p95_ms": _at(sorted(self.yield_s), 0.95),
            "others": self.others, "wrong_interruptions": self.wrong_interruptions,
        }  # fmt: skip


def tally(results: Iterable[tuple[str, Taken, Sequence[Turn], Sequence[tuple[float, float]]]]) -> dict[str, Tally]:
    """By kind of conversation, and of "all"."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for kind, taken, turns, speaks in results:
        tallies[kind].add(taken, turns, speaks)
        tallies["all"].add(taken, turns, speaks)
    return dict(tallies)


def _meet(utterance: Utterance, turn: Turn) -> bool:
    return utterance.start_s < turn.end_s + _AROUND_S and turn.start_s - _AROUND_S < utterance.end_s


def _at(values: Sequence[float], share: float) -> float:
    return round(1e3 * values[min(len(values) - 1, int(share * len(values)))]) if values else math.nan


def _play(ear: Ear, conversation: Conversation) -> tuple[str, Taken, Sequence[Turn], Sequence[tuple[float, float]]]:
    recording = record(conversation)
    speaks, people = speaking(conversation, recording), conversation.in_home().people
    ages = {who: people[who].age_group for who in conversation.people}
    taken = heard(ear, clean(conversation, recording), recording.turns, speaks, ages, recording.reference)
    return conversation.family, taken, recording.turns, speaks


def main() -> None:
    """Print the figures of a set of conversations, a line a family."""
    parser = argparse.ArgumentParser(prog="python -m sim.turn_figures", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--warm", action="store_true", help="the robot speaks first, so that its echo is cancelled when somebody else does")
    arguments = parser.parse_args()
    ear = Ear(EarConfig(site="sim/homes/family_home"))
    made = conversations(arguments.seed, arguments.count)
    results = (_play(ear, warmed(conversation) if arguments.warm else conversation) for conversation in made)
    for kind, counts in tally(results).items():
        print(json.dumps({"kind": kind, **counts.line()}), flush=True)


if __name__ == "__main__":
    main()
