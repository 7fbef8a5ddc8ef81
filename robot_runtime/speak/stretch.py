"""Speech made slower or faster while it runs, at the same pitch: waveform-similarity overlap-add.

Verhelst & Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale modification of
speech", ICASSP 1993.  Windows of the input are laid over each other at a fixed distance; each is taken near the place where the
ratio wants it, exactly where the sound looks most like the continuation of what was laid down before.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
RATIOS = (0.6, 1.6)
"""Slower above 1, faster below; beyond these syllables get lost or repeat audibly."""

WINDOW = 480  # 30 ms hold two periods of a voice of 67 Hz
HOP = WINDOW // 2
REACH = 120  # 7.5 ms to either side: some place within a period of a voice of 67 Hz fits
LAG_SAMPLES = WINDOW + 2 * REACH + math.ceil(HOP / RATIOS[0]) - HOP
"""Of the input, at most this much has not been laid down yet: 55 ms, of which the last part is due at the fastest ratio only."""

_TINY = 1.0  # energy of one count of int16: silence matches anything
_HOMING = 1e-3  # of similarity: among equal places the nearest to the wanted one wins

_FADE_IN = (0.5 - 0.5 * np.cos(np.pi * (np.arange(HOP) + 0.5) / HOP)).astype(np.float64)
_FADE_OUT = 1.0 - _FADE_IN
_OFF_CENTRE = _HOMING * np.abs(np.arange(-REACH, REACH + 1)) / REACH


class Stretch:
    """A stream of int16 at 16 kHz, stretched by a ratio of output to input duration.

    What comes out depends only on the samples that went in and on where the ratio changed, not on how they were cut into
    blocks.  The place in the input that is heard never leaves the wanted one by more than :data:`REACH` samples, however long
    the stream is; at ratio 1 the samples come out as they went in.
    """

    def __init__(self, ratio: float = 1.0) -> None:
        self._first_ratio = _checked(ratio)
        self.reset()

    def reset(self) -> None:
        """Forget all sound; the ratio is the one of the constructor again."""
        self._ratio = self._first_ratio
        self._input = np.zeros(0, np.float64)
        self._begin = 0  # place of self._input[0] in the stream
        self._received = 0
        self._changes: deque[tuple[int, float]] = deque()  # place in the input from which a ratio holds
        self._wanted = 0.0  # place of the next window
        self._taken = -1  # place of the last window, -1 before the first
        self._tail = np.zeros(HOP, np.float64)  # what the next window is laid over
        self._expected = 0.0  # samples of output that the input so far amounts to
        self._emitted = 0

    @property
    def ratio(self) -> float:
        """What was asked for last."""
        return self._changes[-1][1] if self._changes else self._ratio

    @property
    def lag_samples(self) -> int:
        """Input that has come in and has not been laid down yet; at most :data:`LAG_SAMPLES` between calls."""
        return max(0, self._received - (self._taken + HOP if self._taken >= 0 else 0))

    def set_ratio(self, ratio: float) -> None:
        """For what is pushed from now on.

        :raises ValueError: outside :data:`RATIOS`
        """
        if _checked(ratio) != self.ratio:
            self._changes.append((self._received, ratio))

    def push(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take samples, of any number, and return what is ready."""
        self._expected += len(samples) * self.ratio
        self._received += len(samples)
        self._input = np.concatenate([self._input, samples.astype(np.float64)])
        return self._laid_down()

    def finish(self) -> NDArray[np.int16]:
        """The rest.  All output together is as long as the ratios want it, to the sample; then everything starts anew."""
        missing = math.floor(self._expected + 0.5) - self._emitted
        self._input = np.concatenate([self._input, np.zeros(2 * LAG_SAMPLES)])
        self._received += 2 * LAG_SAMPLES
        rest = [np.zeros(0, np.int16)]
        while sum(map(len, rest)) < missing:
            rest.append(self._laid_down())
            self._input = np.concatenate([self._input, np.zeros(LAG_SAMPLES)])
            self._received += LAG_SAMPLES
        self.reset()
        return np.concatenate(rest)[:missing]

    def _laid_down(self) -> NDArray[np.int16]:
        pieces = []
        while (wanted := round(self._wanted)) + REACH + WINDOW <= self._received:
            pieces.append(self._next_hop(wanted))
            self._advance()
        self._forget()
        sound = np.concatenate(pieces) if pieces else np.zeros(0)
        self._emitted += len(sound)
        return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)

    def _next_hop(self, wanted: int) -> NDArray[np.float64]:
        """The next :data:`HOP` samples of output; the rest of the window waits for its successor."""
        if self._taken < 0:
            self._taken = 0
            window = self._at(0, WINDOW)
            hop = window[:HOP]
        else:
            self._taken = self._most_like(wanted)
            window = self._at(self._taken, WINDOW)
            hop = self._tail * _FADE_OUT + window[:HOP] * _FADE_IN
        self._tail = window[HOP:]
        return hop

    def _most_like(self, wanted: int) -> int:
        """The place near ``wanted`` where the input looks most like what followed the last window."""
        natural = self._at(self._taken + HOP, HOP)
        if not natural.any():
            return wanted
        lowest = max(wanted - REACH, 0)
        region = self._at(lowest, wanted + REACH + HOP - lowest)
        products = np.correlate(region, natural, "valid")
        energy = np.cumsum(np.concatenate([[0.0], region * region]))
        norms = np.sqrt((energy[HOP:] - energy[:-HOP]) * (natural @ natural) + _TINY)
        return lowest + int(np.argmax(products / norms - _OFF_CENTRE[-len(products) :]))

    def _advance(self) -> None:
        """One hop of output is ``HOP / ratio`` of input; where the ratio changes within it, each part by its own."""
        left = float(HOP)
        while self._changes and (until := (self._changes[0][0] - self._wanted) * self._ratio) <= left:
            place, ratio = self._changes.popleft()
            left, self._wanted, self._ratio = left - until, float(place), ratio
        self._wanted += left / self._ratio

    def _at(self, place: int, count: int) -> NDArray[np.float64]:
        return self._input[place - self._begin : place - self._begin + count]

    def _forget(self) -> None:
        """Drop the input that no window can need any more."""
        needed = min(round(self._wanted) - REACH, self._taken + HOP)
        if needed > self._begin:
            self._input = self._input[needed - self._begin :]
            self._begin = needed


def stretched(samples: NDArray[np.int16], ratio: float) -> NDArray[np.int16]:
    """A whole sound, as long as ``ratio`` times its length.

    >>> len(stretched(np.zeros(16_000, np.int16), 1.25))
    20000
    """
    stretch = Stretch(ratio)
    return np.concatenate([stretch.push(samples), stretch.finish()])


def _checked(ratio: float) -> float:
    if not RATIOS[0] <= ratio <= RATIOS[1]:
        raise ValueError(f"stretch ratio {ratio:g} is not within {RATIOS[0]} to {RATIOS[1]}")
    return ratio
