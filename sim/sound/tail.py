"""The late sound of a room: noise that dies away in each octave band as the room's absorption says.

From the mixing time on, a diffuse field is assumed, the same everywhere in the room.  Its energy later than t after a click
that has energy 1 at 1 m is 16 π / A · exp(-13.8 t / T), with T the reverberation time and A the absorption area
(M. Barron, L.-J. Lee, Energy relations in concert auditoriums, JASA 84(2), 1988).
"""

from __future__ import annotations

import math

import numpy as np

from sim.sound.filters import band_weights
from sim.sound.rooms import RoomSound
from sim.sound.units import BANDS_HZ, RATE_HZ, SPEED_OF_SOUND_MPS, Signal

LONGEST_S = 1.5
FADE_S = 0.01
"""Around the mixing time, images fade out and the tail fades in."""


def fade_in(times_s: Signal, mixing_s: float) -> Signal:
    """Share of the tail's amplitude; that of the images is the root of one minus its square, so that energies add up to one."""
    return np.asarray(np.sin(np.pi / 2 * np.clip((times_s - mixing_s) / FADE_S + 0.5, 0, 1)))


def tail(room: RoomSound, mixing_s: float, microphones_m: Signal, seed: tuple[int, ...]) -> Signal:
    """Response of shape (microphones, samples), from the moment of the click on.

    :param microphones_m: their places, shape (microphones, 3); the closer two are, the more alike their tails
    """
    rng = np.random.default_rng(seed)
    rt60_s = room.rt60_s
    samples = round(min(LONGEST_S, max(float(np.max(rt60_s)), 2 * mixing_s)) * RATE_HZ)
    noise = _alike(rng.standard_normal((len(microphones_m), samples)), microphones_m)
    spectrum = np.fft.rfft(noise, axis=1)
    times_s = np.arange(samples) / RATE_HZ
    response = np.zeros((len(microphones_m), samples))
    for band, weights in enumerate(band_weights(samples)):
        part = np.fft.irfft(spectrum * np.sqrt(weights), samples, axis=1)  # of noise, powers add up
        decay = 3 * math.log(10) / rt60_s[band]  # of the amplitude
        density = 16 * math.pi / room.absorption_m2[band] * 2 * decay / RATE_HZ
        response += part * np.sqrt(density) * np.exp(-decay * times_s)
    return response * fade_in(times_s, mixing_s)


def _alike(noise: Signal, microphones_m: Signal) -> Signal:
    """Noise of a diffuse field: between two points the coherence is sin(kd)/kd (R. K. Cook et al., JASA 27(6), 1955)."""
    count, samples = noise.shape
    if count == 1:
        return noise
    apart_m = np.linalg.norm(microphones_m[:, None] - microphones_m[None], axis=2)
    bins_hz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    coherence = np.sinc(2 * bins_hz[:, None, None] * apart_m / SPEED_OF_SOUND_MPS)
    values, vectors = np.linalg.eigh(coherence)
    mixing = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    return np.fft.irfft(np.einsum("fij,jf->if", mixing, np.fft.rfft(noise, axis=1)), samples, axis=1)


assert len(BANDS_HZ) == 7
