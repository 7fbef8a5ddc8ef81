"""Speech as it was before noise was added: the expected value of each band, given what the acoustic model knows of speech.

The logarithm of a band with noise is ``x + log(1 + exp(n - x))``.  With a mixture of Gaussians for the clean ``x`` and a guess of
the noise ``n``, linearised at each Gaussian's mean (the vector Taylor series of Moreno, Raj and Stern, "A vector Taylor series
approach for environment-independent speech recognition", ICASSP 1996), what noise added is known for each Gaussian, and its mean
over all of them is taken away again.  The channel (microphone, room, loudness) is a shift of all means, found on the way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.acoustic_model import SILENCE, AcousticModel
from robot_runtime.hear.cepstra import BANDS, BASIS

Floats = NDArray[np.float64]

_PER_PHONE = 12  # the heaviest Gaussians of each phone's codebook
_SILENCE_WEIGHT = 4.0  # people speak in a bit of silence
_ROUGHNESS = 0.15  # variance of a band that 13 cepstra do not tell
_NOISE_VARIANCE = 0.3
_ROUNDS = 3
_QUIETEST = 0.2  # the share of frames that tells the noise
_FEWEST_FRAMES = 8
_SMOOTHING = 5
_OVERLAP = 2  # frames on either side that share sound
_DIGITAL_SILENCE = 5.0  # power of a band; noise of the last bit alone has more


class Denoiser:
    """Takes band powers of a whole utterance, gives cepstra."""

    def __init__(self, model: AcousticModel) -> None:
        to_bands = np.linalg.pinv(BASIS)
        weights, means, variances = [], [], []
        for phone in model.phones:
            if phone in model.fillers and phone != SILENCE:
                continue
            weight, mean, variance = model.cepstral_gaussians(phone)
            heaviest = np.argsort(-weight)[:_PER_PHONE]
            weights.append(weight[heaviest] * (_SILENCE_WEIGHT if phone == SILENCE else 1.0))
            means.append(mean[heaviest])
            variances.append(variance[heaviest])
        weight = np.concatenate(weights)
        self._log_weights = np.log(weight / weight.sum())
        self._cepstra = np.concatenate(means)
        self._means = self._cepstra @ to_bands.T
        self._variances = np.concatenate(variances) @ (to_bands**2).T + _ROUGHNESS
        shares = weight / weight.sum()
        self._mean = shares @ self._cepstra
        self.spread = np.sqrt(shares @ (np.concatenate(variances) + (self._cepstra - self._mean) ** 2))
        """Standard deviation of each cepstrum in clean speech."""
        self._to_bands = to_bands

    def cepstra(self, powers: Floats) -> Floats:
        """(frames, 25) → (frames, 13), as if the noise had not been there."""
        heard = np.log(powers)
        noise = noise_floor(powers)
        channel = (np.log(np.maximum(powers - noise, 0.1 * powers)) @ BASIS.T).mean(axis=0) - self._mean
        for _ in range(_ROUNDS):
            clean, shares = self._expected(heard, np.log(noise), channel)
            channel = (clean @ BASIS.T).mean(axis=0) - (shares @ self._cepstra).mean(axis=0)
        return np.asarray(clean @ BASIS.T)

    def _expected(self, heard: Floats, noise: Floats, channel: Floats) -> tuple[Floats, Floats]:
        """Expected clean logarithms of the bands, and each Gaussian's share in every frame."""
        means = self._means + self._to_bands @ channel
        added = np.logaddexp(0.0, noise - means)
        slope = np.exp(-added)  # how much of a change of the clean band is heard
        variances = slope**2 * self._variances + (1 - slope) ** 2 * _NOISE_VARIANCE
        noisy = means + added
        constant = self._log_weights - 0.5 * (np.log(variances) + noisy**2 / variances).sum(axis=1)
        logs = constant - 0.5 * (heard**2 @ (1 / variances).T) + heard @ (noisy / variances).T
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return heard - shares @ added, shares


def without_gaps(powers: Floats) -> Floats:
    """Digital silence, which no room has, filled with the quietest frames of the rest: else it would be taken for the room.

    Frames beside it, whose windows reach into it, are filled as well.
    """
    silent = powers.max(axis=1) <= _DIGITAL_SILENCE
    beside = np.convolve(silent, np.ones(2 * _OVERLAP + 1))[_OVERLAP : _OVERLAP + len(silent)] > 0 if len(silent) else silent
    if beside.all() or not silent.any():
        return powers
    filled: Floats = powers.copy()
    quiet = powers[np.flatnonzero(~beside)[_quietest(powers[~beside])]]
    filled[beside] = quiet[np.arange(beside.sum()) % len(quiet)]
    return filled


def noise_floor(powers: Floats) -> Floats:
    """Mean power of each band in the quietest fifth of the frames."""
    return np.asarray(powers[_quietest(powers)].mean(axis=0))


def _quietest(powers: Floats) -> NDArray[np.int64]:
    """Places of the quietest fifth of the frames, in their order."""
    count = max(_FEWEST_FRAMES, int(len(powers) * _QUIETEST))
    loudness = np.log(powers).mean(axis=1)
    if len(loudness) > _SMOOTHING:
        loudness = np.convolve(loudness, np.ones(_SMOOTHING) / _SMOOTHING, mode="same")
        loudness[: _SMOOTHING // 2] = loudness[_SMOOTHING // 2]
        loudness[-(_SMOOTHING // 2) :] = loudness[-(_SMOOTHING // 2) - 1]
    return np.sort(np.argsort(loudness)[:count])


assert BASIS.shape[1] == BANDS
