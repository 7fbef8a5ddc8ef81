"""Whether what was heard over the robot's own voice is its own: a second look at a whole turn, when the first one, at each frame of it
(``echo_watch.py``), took it for somebody else's.

A turn over the robot's voice keeps what was heard before it was noticed, since people are noticed late then.  Where nobody spoke that is
what is left of the echo, and a grammar finds words in it: many, in a moment of speech, and they rise and fall as what was played.
Somebody who speaks over the robot does neither.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.cepstra import STEP, WINDOW, band_powers
from robot_runtime.hear.reference import RATE_HZ, Reference, position
from robot_runtime.messages import AudioFrame

_LETTERS_A_S = 25.0
"""Over the robot's voice some of a person's is not counted as speech; fast speakers say some 20 letters a second."""
_ALIKE = 0.53
"""Correlation from which on a turn is an echo.  On development material 46 of 47 turns that the robot's own voice opened while its echo
seemed cancelled had more, and 2 of 46 that people did, neither of which was understood."""
_SOUNDS_DB = 6.0
"""What is played, or heard, sounds where a band has so much more than the floor.  Only the time in which either does is compared: who
begins to speak when the robot does is like it in the silence before, and who speaks on when it has done is not like it then."""
_SOFT_DB = 15.0
"""What is heard so much below its loudest is noise, and the end of an echo."""
_LEAST_STEPS = 10
_KEPT = 1 << 19  # samples: 33 s, longer than a turn and what is waited for after it
_WANDERS = 4 * STEP  # samples by which the echo may come earlier or later than it was seen last
_RINGS_DB = 1.2  # a step of 10 ms, by which a band fades from the room: 60 dB in 0.5 s
_FLOOR = 1e4  # of a band's power, added to it: what is softer is a room's noise
_LEAST_PLAYED = 33  # of an int16: -60 dBFS

Samples = NDArray[np.int16]
Levels = NDArray[np.float64]


def too_fast(text: str, speech_s: float) -> bool:
    """Whether these words do not fit into so much speech.

    >>> too_fast("who can you see", 0.2), too_fast("who can you see", 0.6)
    (True, False)
    """
    return sum(map(str.isalpha, text)) > _LETTERS_A_S * speech_s


class OwnWords:
    """Remembers what was played."""

    def __init__(self) -> None:
        self._reference = Reference(_KEPT)

    def reset(self) -> None:
        self._reference.reset()

    def play(self, frame: AudioFrame) -> None:
        self._reference.put(frame)

    def likeness(self, sound: Samples, until_s: float, delay_s: float) -> float:
        """How alike a sound that ended at ``until_s`` and what was played ``delay_s`` before are: their correlation, -1 to 1.

        0 if nothing was played.  Levels of bands are compared, so that neither room nor loudspeaker matters much.
        """
        if len(sound) <= WINDOW:
            return 0.0
        played = self.played(len(sound) + 2 * _WANDERS, until_s, delay_s, ahead=_WANDERS)
        if int(np.max(np.abs(played))) < _LEAST_PLAYED:
            return 0.0
        heard, echo = _levels_db(sound), _ringing(_levels_db(played))
        return max(_alike(heard, echo[lag : lag + len(heard)]) for lag in range(2 * _WANDERS // STEP + 1))

    def played(self, count: int, until_s: float, delay_s: float, ahead: int = 0) -> Samples:
        """So many samples whose echo ends at ``until_s``, and ``ahead`` of those are of later; silence while the delay is not known."""
        if not math.isfinite(delay_s):
            return np.zeros(count, np.int16)
        start = position(until_s - delay_s) + ahead - count
        return np.rint(self._reference.take(start, count, position(until_s)) * 32768).astype(np.int16)

    def explain(self, sound: Samples, until_s: float, delay_s: float) -> bool:
        """Whether the sound is what was played."""
        return self.likeness(sound, until_s, delay_s) >= _ALIKE


def alike(heard: Samples, played: Samples) -> float:
    """Likewise of two sounds of the same time and length."""
    return _alike(_levels_db(heard), _ringing(_levels_db(played)))


def _levels_db(samples: Samples) -> Levels:
    return np.asarray(10 * np.log10(band_powers(samples) + _FLOOR))


def _ringing(levels_db: Levels) -> Levels:
    """As a room holds them: they rise at once, and fall no faster than it allows."""
    rung: Levels = levels_db.copy()
    for step in range(1, len(rung)):
        np.maximum(rung[step], rung[step - 1] - _RINGS_DB, out=rung[step])
    return rung


def _alike(heard: Levels, echo: Levels) -> float:
    """Correlation while what was played sounds, or what was heard."""
    least_db = 10 * math.log10(_FLOOR) + _SOUNDS_DB
    played = echo.max(axis=1) > least_db
    if np.count_nonzero(played) < _LEAST_STEPS:
        return 0.0
    loudest_db = heard.max(axis=1)
    either = played | (loudest_db > max(least_db, float(loudest_db.max()) - _SOFT_DB))
    one, other = heard[either], echo[either]
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    return float(np.sum(one * other)) / math.sqrt(float(np.sum(one**2)) * float(np.sum(other**2)) + 1e-9)


assert _WANDERS % STEP == 0 and RATE_HZ // STEP == 100
