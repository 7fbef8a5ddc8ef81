"""Convolution of a running sound with long, changing responses, 20 ms at a time.

Uniformly partitioned overlap-save: the spectrum of each 40 ms of sound is taken once and kept, each 20 ms of a response
has its spectrum too, and a frame of output is one inverse transform of the sum of their products (W. G. Gardner, Efficient
convolution without input-output delay, JAES 43(3), 1995; here all parts are of one size, which is enough for rooms).
Spectra have single precision, which errs by less than a tenth of a step of 16 bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from sim.sound.units import FRAME, Signal

Spectra = NDArray[np.complex64]
"""Shape (bins, channels, parts)."""

BINS = FRAME + 1
FADE_FRAMES = 5


def spectra(response: Signal) -> Spectra:
    """The parts of a response of shape (channels, samples), each 20 ms long."""
    channels, samples = response.shape
    parts = -(-samples // FRAME)
    padded = np.pad(response, ((0, 0), (0, parts * FRAME - samples))).reshape(channels, parts, FRAME)
    return np.ascontiguousarray(rfft(padded, 2 * FRAME, axis=2).transpose(2, 0, 1)).astype(np.complex64)


class Convolver:
    """One sound on its way to the microphones through a response that may be exchanged while it runs.

    A new response takes over within 100 ms, linearly, so that nothing clicks.

    :param parts: longest response, in frames
    """

    def __init__(self, channels: int, parts: int) -> None:
        self._channels, self._parts = channels, parts
        self._history = np.zeros((BINS, 2 * parts), np.complex64)  # a ring, written twice: newest first from _at on
        self._at = 0
        self._before = np.zeros(FRAME)
        self._now: Spectra | None = None
        self._next: Spectra | None = None
        self._faded = 0
        self._quiet = parts + 1  # frames since something was put in

    @property
    def fading(self) -> bool:
        """Whether a new response is still taking over."""
        return self._next is not None

    @property
    def silent(self) -> bool:
        """Whether nothing is left in it."""
        return self._quiet > self._parts

    def exchange(self, response: Spectra | None) -> None:
        """Let a response take over, None for no sound at all; at once when nothing is sounding.  Not while one is :attr:`fading`."""
        if self.silent:
            self._now = response
        elif response is not self._now:
            self._next = response if response is not None else np.zeros((BINS, self._channels, 1), np.complex64)
            self._faded = 0

    def put(self, frame: Signal | None) -> None:
        """The next 20 ms of sound; None for silence."""
        if frame is None:
            self._quiet += 1
            if self.silent:
                return
            frame = np.zeros(FRAME)
        else:
            self._quiet = 0
        self._at = (self._at - 1) % self._parts
        spectrum = rfft(np.concatenate((self._before, frame)))
        self._history[:, self._at] = self._history[:, self._at + self._parts] = spectrum
        self._before = frame

    def hear(self) -> Signal | None:
        """What arrives in the frame that was put in last, of shape (channels, samples); None for silence."""
        if self.silent:
            if self._next is not None:
                self._now, self._next = self._next, None
            return None
        heard = self._through(self._now)
        if self._next is None:
            return heard
        ramp = (self._faded + np.arange(1, FRAME + 1) / FRAME) / FADE_FRAMES
        coming = self._through(self._next)
        assert coming is not None
        heard = coming * ramp if heard is None else heard * (1 - ramp) + coming * ramp
        self._faded += 1
        if self._faded == FADE_FRAMES:
            self._now, self._next = self._next, None
        return heard

    def _through(self, response: Spectra | None) -> Signal | None:
        if response is None:
            return None
        parts = min(response.shape[2], self._parts)
        recent = self._history[:, self._at : self._at + parts, None]
        products = np.matmul(response[:, :, :parts], recent)[:, :, 0]
        heard = irfft(products.T, 2 * FRAME, axis=1)[:, FRAME:]
        return np.asarray(heard, np.float64)
