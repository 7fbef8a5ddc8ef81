"""Measures speech on the sound itself: pauses, level and pitch, frame by frame as it leaves."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
_BLOCK = 40  # samples: pauses are found to 2.5 ms
_SILENT = 0.01  # of the loudest block so far
_ACTIVE_DB = 15.9  # margin of ITU-T P.56: what is further below the active level is no speech
_LOWEST_HZ, _HIGHEST_HZ = 60, 500
_PITCH_WINDOW = 640  # 40 ms
_VOICED = 0.5  # normalised autocorrelation
_AS_GOOD = 0.9  # of the best: the shortest period that is as good is no multiple of the true one
_FEW = 5  # voiced frames, below which no pitch is told
_FULL_SCALE = 32768.0
_FRAME = 320  # samples that are fed at a time
_FRAME_S = _FRAME / RATE_HZ

PauseKind = Literal["clause", "sentence"]


@dataclass(frozen=True)
class Figures:
    """nan where there was nothing to measure."""

    duration_s: float
    speech_s: float  # without the pauses between sentences
    clause_pause_s: float  # on average
    sentence_pause_s: float
    level_dbfs: float
    pitch_hz: float  # median
    pitch_range_st: float  # 10th to 90th percentile, in semitones
    voiced_s: float = 0.0  # what the pitch rests on


@dataclass
class _Pause:
    kind: PauseKind
    place: int  # sample at which it was put


@dataclass
class Meter:
    """Feed it all that leaves, in order; :meth:`pause` says beforehand where a pause was put, and its length is measured."""

    _peaks: list[float] = field(default_factory=list)  # one a block
    _powers: list[float] = field(default_factory=list)  # one a frame
    _pitches_hz: list[float] = field(default_factory=list)  # likewise; nan where there is no voice
    _ends: list[int] = field(default_factory=list)  # of the frames, in samples
    _pauses: list[_Pause] = field(default_factory=list)
    _rest: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    _window: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    _samples: int = 0

    def pause(self, kind: PauseKind, ahead: int = 0) -> None:
        """A pause begins ``ahead`` samples after what was fed so far."""
        self._pauses.append(_Pause(kind, self._samples + ahead))

    def feed(self, samples: NDArray[np.int16]) -> None:
        """The next frame."""
        self._samples += len(samples)
        joined = np.concatenate([self._rest, samples])
        blocks, self._rest = joined[: len(joined) // _BLOCK * _BLOCK], joined[len(joined) // _BLOCK * _BLOCK :]
        self._peaks += np.abs(blocks.astype(np.int32)).reshape(-1, _BLOCK).max(axis=1).tolist()
        self._powers.append(float(np.mean(np.square(samples.astype(np.float64)))) if len(samples) else 0.0)
        self._window = np.concatenate([self._window, samples])[-_PITCH_WINDOW:]
        self._pitches_hz.append(pitch_hz(self._window) if len(self._window) == _PITCH_WINDOW else math.nan)
        self._ends.append(self._samples)

    @property
    def samples(self) -> int:
        """That were fed."""
        return self._samples

    def figures(self, begin: int = 0) -> Figures:
        """Of what was fed from that sample on, as one text: silence at its end counts like what was said."""
        pauses: dict[PauseKind, list[float]] = {"clause": [], "sentence": []}
        for pause in self._pauses:
            if begin <= pause.place < self._samples:
                pauses[pause.kind].append(self.silence_s(pause.place))
        duration_s = (self._samples - begin) / RATE_HZ
        first = bisect.bisect_right(self._ends, begin)
        pitches_hz = [pitch for pitch in self._pitches_hz[first:] if not math.isnan(pitch)]
        low, middle, high = np.percentile(pitches_hz, [10, 50, 90]) if len(pitches_hz) >= _FEW else (math.nan,) * 3
        return Figures(
            duration_s, duration_s - sum(pauses["sentence"]), _mean(pauses["clause"]), _mean(pauses["sentence"]),
            active_level_of(self._powers[first:]), float(middle), 12 * math.log2(high / low), len(pitches_hz) * _FRAME_S,
        )  # fmt: skip

    def lasts(self, begin: int) -> tuple[float, float]:
        """Seconds from the first sound after that sample to the last one, and those of them that are pauses told beforehand."""
        first_block = begin // _BLOCK
        loud = np.flatnonzero(np.array(self._peaks[first_block:]) > self._silent())
        if not len(loud):
            return 0.0, 0.0
        last = (first_block + int(loud[-1])) * _BLOCK
        pauses_s = sum(self.silence_s(pause.place) for pause in self._pauses if begin < pause.place < last)
        return (int(loud[-1]) + 1 - int(loud[0])) * _BLOCK / RATE_HZ, pauses_s

    def is_silent(self, begin: int) -> bool:
        """Whether nothing was heard from that sample on."""
        return all(peak <= self._silent() for peak in self._peaks[begin // _BLOCK :])

    def _silent(self) -> float:
        return _SILENT * max(self._peaks, default=0.0)

    def silence_s(self, place: int) -> float:
        """How long it is silent around a place."""
        silent = self._silent()
        if not self._peaks:
            return 0.0
        middle = first = last = min(place // _BLOCK + 1, len(self._peaks) - 1)
        if self._peaks[middle] > silent:
            return 0.0
        while first > 0 and self._peaks[first - 1] <= silent:
            first -= 1
        while last + 1 < len(self._peaks) and self._peaks[last + 1] <= silent:
            last += 1
        return (last + 1 - first) * _BLOCK / RATE_HZ


def measured(sound: NDArray[np.int16]) -> Figures:
    """A whole sound of one sentence."""
    meter = Meter()
    for begin in range(0, len(sound), _FRAME):
        meter.feed(sound[begin : begin + _FRAME])
    return meter.figures()


def active_level_dbfs(sound: NDArray[np.int16]) -> float:
    """The level of speech without its pauses, in the manner of ITU-T P.56; nan for silence."""
    frames = np.array_split(sound, max(1, len(sound) // _FRAME))
    return active_level_of([float(np.mean(np.square(frame.astype(np.float64)))) for frame in frames if len(frame)])


def active_level_of(of_frames: Sequence[float]) -> float:
    """The same from the powers of its frames."""
    powers = np.array(of_frames)
    powers = powers[powers > 0]
    if not len(powers):
        return math.nan
    active = float(powers.mean())
    for _ in range(8):  # settles in two or three
        active = float(powers[powers >= active * 10 ** (-_ACTIVE_DB / 10)].mean())
    return 10 * math.log10(active / _FULL_SCALE**2)


def pitch_hz(window: NDArray[np.generic]) -> float:
    """Fundamental frequency by the normalised autocorrelation, nan where there is no voice."""
    sound = window.astype(np.float64)
    sound -= sound.mean()
    size = len(sound)
    energy = np.cumsum(np.concatenate([[0.0], sound * sound]))
    if energy[-1] < size * 30.0**2:
        return math.nan
    spectrum = np.fft.rfft(sound, 2 * size)
    correlation = np.fft.irfft(spectrum * np.conj(spectrum))[:size]
    lags = np.arange(RATE_HZ // _HIGHEST_HZ, RATE_HZ // _LOWEST_HZ)
    likeness = correlation[lags] / np.sqrt(energy[size - lags] * (energy[-1] - energy[lags]) + 1.0)
    peaks = np.flatnonzero((likeness[1:-1] >= likeness[:-2]) & (likeness[1:-1] > likeness[2:])) + 1
    if not len(peaks) or likeness[peaks].max() < _VOICED:
        return math.nan
    best = next(peak for peak in peaks if likeness[peak] >= _AS_GOOD * likeness[peaks].max())
    return RATE_HZ / (float(lags[best]) + _off_centre(likeness[best - 1 : best + 2]))


def _off_centre(around: NDArray[np.float64]) -> float:
    """Where the parabola through three points has its top, from the middle one."""
    left, middle, right = (float(value) for value in around)
    bend = left - 2 * middle + right
    return 0.5 * (left - right) / bend if bend else 0.0


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan
