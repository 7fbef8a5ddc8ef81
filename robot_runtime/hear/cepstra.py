"""Cepstra as the acoustic model was trained on: 25 bands from 130 to 6,800 Hz, 100 frames a second.

The formulas are those of the Sphinx-3 front end (Seltzer, "Sphinx III signal processing front end specification", 1999), with
its removal of steady noise (Kim and Stern, "Power-normalized cepstral coefficients", 2012, in the form that the model knows).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
STEP = 160
WINDOW = 410
BANDS = 25
CEPSTRA = 13
_FFT = 512
_EMPHASIS = 0.97
_LOW_HZ, _HIGH_HZ = 130.0, 6800.0
_LIFTER = 22
_LEAST_POWER = 1.0  # far below any microphone's noise
_GAIN = 20.0

Floats = NDArray[np.float64]


def _mel(hz: Floats) -> Floats:
    return 2595.0 * np.log10(1.0 + hz / 700.0)


def _filters() -> Floats:
    """Triangles of unit area, evenly spaced in mel, their corners on the points of the Fourier transform."""
    low, high = _mel(np.array([_LOW_HZ, _HIGH_HZ]))
    corners = 700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0)
    spacing = RATE_HZ / _FFT
    corners = np.floor(corners / spacing + 0.5) * spacing
    hz = np.arange(_FFT // 2 + 1) * spacing
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    triangles = np.minimum((hz - left) / (centre - left), (right - hz) / (right - centre))
    return np.asarray(np.maximum(triangles, 0.0) * 2 / (right - left))


def _basis() -> Floats:
    """The cosine transform with its lifter: logarithms of bands → cepstra."""
    basis = np.cos(np.pi / BANDS * np.arange(CEPSTRA)[:, None] * (np.arange(BANDS) + 0.5)) * np.sqrt(2 / BANDS)
    basis[0] = np.sqrt(1 / BANDS)
    return np.asarray(basis * (1 + _LIFTER / 2 * np.sin(np.arange(CEPSTRA) * np.pi / _LIFTER))[:, None])


_HAMMING = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
_FILTERS = _filters()
BASIS = _basis()


def band_powers(samples: NDArray[np.int16]) -> Floats:
    """Power in each band, at least 1, for every whole window; (frames, 25)."""
    if len(samples) < WINDOW:
        return np.zeros((0, BANDS))
    sound = np.asarray(samples, np.float64)
    emphasised = sound.copy()
    emphasised[1:] -= _EMPHASIS * sound[:-1]
    windows = np.lib.stride_tricks.sliding_window_view(emphasised, WINDOW)[::STEP] * _HAMMING
    spectrum = np.abs(np.fft.rfft(windows, _FFT)) ** 2
    return np.asarray(np.maximum(spectrum @ _FILTERS.T, _LEAST_POWER))


def cepstra(powers: Floats) -> Floats:
    """(frames, 25) → (frames, 13)."""
    return np.asarray(np.log(powers) @ BASIS.T)


def features(normalised: Floats) -> NDArray[np.float32]:
    """Cepstra with mean 0, their slope and curvature over seven frames; (frames, 3, 13).  The ends are repeated."""
    padded = np.pad(normalised, ((3, 3), (0, 0)), mode="edge")
    before3, before2, before1, here, after1, after2, after3 = (padded[shift : shift + len(normalised)] for shift in range(7))
    curvature = (after3 - before1) - (after1 - before3)
    del here
    return np.stack([normalised, after2 - before2, curvature], axis=1).astype(np.float32)


class SteadyNoise:
    """Takes steady noise out of the bands, frame by frame, and what follows a loud sound (as an ear does not hear it either)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._power: Floats | None = None

    def clean(self, powers: Floats) -> Floats:
        """(frames, 25) → the same without what does not change."""
        return np.array([self._frame(frame) for frame in powers]).reshape(-1, BANDS)

    def _frame(self, band: Floats) -> Floats:
        if self._power is None:
            self._power, self._noise, self._floor = band.copy(), band / _GAIN, band / _GAIN
            self._peak = np.zeros(BANDS)
        self._power = 0.7 * self._power + 0.3 * band
        self._noise = _lower_envelope(self._noise, self._power)
        signal = np.maximum(self._power - self._noise, _LEAST_POWER)
        self._floor = _lower_envelope(self._floor, signal)
        self._peak *= 0.85
        audible = np.where(signal < 0.85 * self._peak, 0.2 * self._peak, signal)
        self._peak = np.maximum(self._peak, signal)
        gain = np.clip(np.maximum(audible, self._floor) / self._power, 1 / _GAIN, _GAIN)
        return np.asarray(band * (_NEIGHBOURS @ gain))


def _lower_envelope(envelope: Floats, power: Floats) -> Floats:
    keep = np.where(power >= envelope, 0.995, 0.5)
    return np.asarray(keep * envelope + (1 - keep) * power)


def _neighbours(reach: int) -> Floats:
    """Averages over the bands next to each."""
    bands = np.arange(BANDS)
    near = (np.abs(bands[:, None] - bands) <= reach).astype(float)
    return np.asarray(near / near.sum(axis=1, keepdims=True))


_NEIGHBOURS = _neighbours(4)
