"""WAV files as the runtime's sound: 16 kHz mono."""

from __future__ import annotations

import wave

import numpy as np
import soxr
from numpy.typing import NDArray

from robot_runtime.paths import resolve
from safety.files import FileError

RATE_HZ = 16_000
_LEAST_RATE_HZ = 4000


def read_wav(path: str) -> NDArray[np.int16]:
    """A 16-bit WAV file of any rate and any number of channels as 16 kHz mono.

    :raises FileError: missing, not a WAV file, not 16 bits, or fewer than 4000 samples a second
    """
    try:
        with wave.open(str(resolve(path)), "rb") as file:
            channels, width, rate_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except OSError as error:
        raise FileError(f"{path}: cannot be read as WAV: {error.strerror}") from error
    except (EOFError, wave.Error) as error:
        raise FileError(f"{path}: cannot be read as WAV: {error or 'it ends too early'}") from error
    if width != 2:
        raise FileError(f"{path}: has {8 * width} bits a sample; convert it to 16")
    if rate_hz < _LEAST_RATE_HZ:
        raise FileError(f"{path}: has {rate_hz} samples a second; {_LEAST_RATE_HZ} at least are needed for speech")
    whole = len(data) - len(data) % (2 * channels)  # a recording that was cut off may end within a sample
    mono = np.frombuffer(data[:whole], "<i2").reshape(-1, channels).mean(axis=1)
    resampled = np.asarray(soxr.resample(mono, rate_hz, RATE_HZ), np.float64)
    samples: NDArray[np.int16] = np.clip(resampled, -32768, 32767).astype(np.int16)
    return samples
