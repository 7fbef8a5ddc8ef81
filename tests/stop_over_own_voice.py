"""``python -m tests.stop_over_own_voice``: who is heard that calls "stop" while the robot talks, and what is wrongly taken for it.

The robot talks for three minutes in an echoing room; every three seconds somebody calls, in voices and words that the network was not
taught with.  The raw sound is searched, and what the front end leaves of it.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence

import numpy as np

from robot_runtime.bench.stop import EARLY_S, LATE_S
from robot_runtime.bench.stop_sounds import Sounds
from robot_runtime.hear.front_end import FrontEnd, FrontEndConfig
from robot_runtime.hear.stop_word import StopWord, StopWordConfig
from robot_runtime.messages import AudioFrame, StopRequest
from robot_runtime.speak.espeak import Espeak
from tests.unit.echo_room import RATE_HZ, Room, Sound, frames, speech

SAID = (
    "Come over to Anna, or bring me the red cup. Who can you see in the kitchen?",
    "I do not know a place called attic. I know kitchen, living room, bedroom and hall.",
    "I will look for the red cup in the kitchen, and then I bring it to you.",
    "The blue book is on the table in the living room, since this morning.",
    "I could not find the plate, so I looked in the bedroom as well.",
)
SENTENCES, FIRST_S, EVERY_S, BEFORE_S = 30, 12.0, 3.1, 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=5, help="of sentences and callers (%(default)s)")
    seed = parser.parse_args().seed
    chance = random.Random(seed)
    played = np.concatenate([speech([chance.choice(SAID)], 0.3, 0.1) for _ in range(SENTENCES)])
    echo = Room(seed=seed).hears(played)
    print(f"{len(played) / RATE_HZ:.0f} s of the robot's voice", flush=True)
    for louder_db in (6, 0, -6):
        called, ends_s = _calls(len(played), _active_rms(echo) * 10 ** (louder_db / 20), seed)
        raw, both = stops(echo + called, played, clean=False), stops(echo + called, played, clean=True)
        print(
            f"calls {louder_db:+d} dB against it: {_heard(raw, ends_s)} of {len(ends_s)} in the raw sound, {_heard(both, ends_s)} with the "
            f"clean one; at other times {len(raw) - _heard(raw, ends_s)} and {len(both) - _heard(both, ends_s)} stops",
            flush=True,
        )
    print(f"nobody calls: {len(stops(echo, played, clean=False))} and {len(stops(echo, played, clean=True))} stops")


def _calls(length: int, level: float, seed: int) -> tuple[Sound, list[float]]:
    """Calls at a level, and when each ends."""
    sound, ends_s, at_s = np.zeros(length), [], FIRST_S
    with Espeak() as espeak:
        for call in Sounds(espeak, seed).calls("quiet, 1 m", length // RATE_HZ // 10):
            begin = max(0, round((call.end_s - BEFORE_S) * RATE_HZ))
            word = call.samples[begin : round((call.end_s + 0.05) * RATE_HZ)].astype(float)
            start = round(at_s * RATE_HZ)
            if start + len(word) > length - RATE_HZ:
                break
            sound[start : start + len(word)] += word * level / _active_rms(word)
            ends_s.append(at_s + call.end_s - begin / RATE_HZ)
            at_s += EVERY_S
    return sound, ends_s


def stops(microphone: Sound, played: Sound, *, clean: bool) -> list[float]:
    """When a stop was asked for; the reference is a frame ahead, as in the runtime."""
    front, stop_word, speaker = FrontEnd(FrontEndConfig()), StopWord(StopWordConfig(background=False)), [*frames(played, "voice")]
    found: list[float] = []
    for heard in frames(microphone, "microphone"):
        now_s = heard.stamp_s + 0.02
        inbox: dict[str, list[AudioFrame]] = {"audio/in": [heard]}
        made = front.step({"audio/out": [speaker[max(0, heard.sequence - 1)]], **inbox}, now_s) if clean else []
        left = {topic: [message for name, message in made if name == topic] for topic in ("audio/played", "audio/state", "audio/clean")}
        found += [now_s for _, message in stop_word.step({**left, **inbox}, now_s) if isinstance(message, StopRequest)]
    return found


def _heard(stops_s: Sequence[float], ends_s: Sequence[float]) -> int:
    return sum(any(-EARLY_S <= stop_s - end_s <= LATE_S for stop_s in stops_s) for end_s in ends_s)


def _active_rms(sound: Sound) -> float:
    """Without its pauses."""
    power = np.mean(sound[: len(sound) // 320 * 320].reshape(-1, 320) ** 2, axis=1)
    return float(np.sqrt(np.mean(power[power > power.max() * 10**-1.6])))


if __name__ == "__main__":
    main()
