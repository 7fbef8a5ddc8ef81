"""The sound of simulated people: a text spoken by espeak-ng in a person's own voice, or a recording from a WAV file.

Either way the sound is given as it is heard at 1 m: 16 kHz mono, without silence around it, at the nominal speech level.
"""

from __future__ import annotations

import atexit
import wave
import zlib
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from robot_runtime.paths import resolve
from robot_runtime.speak.espeak import Espeak
from safety.files import FileError
from sim.description import PersonDescription, Voice
from sim.sound.effects import EffectKind, effect

RATE_HZ = 16_000
LANGUAGE = "en-us"  # the accent that pocketsphinx' acoustic model knows
LEVEL_DBFS = -26.0  # nominal active speech level (ITU-T P.56, P.830)
_TREMOR_HZ, _TREMOR_PITCH, _TREMOR_DB = 5.5, 0.04, 2.0  # of a strongly trembling voice (S. E. Linville, Vocal Aging, 2001)
_FULL_SCALE = 32768.0
_ACTIVE = 0.01  # parts of a sound below this share of its peak count as silence
_MARGIN = RATE_HZ // 50  # kept around the speech, so that soft beginnings and endings stay


def render(text_or_wav: str, person: PersonDescription) -> NDArray[np.int16]:
    """What a person says, as samples at 16 kHz; the array is shared and cannot be written to.

    :param text_or_wav: words, ``*cough*`` or ``*laugh*``, or the path of a recording when it ends in ``.wav`` (8, 16, 24 or 32 bits,
        any rate, any channels)
    :raises FileError: the recording cannot be used
    :raises EspeakError: espeak-ng cannot be had
    """
    if text_or_wav in _SOUNDS:
        return _sound(text_or_wav, person.id)
    if text_or_wav.lower().endswith(".wav"):
        return _recording(resolve(text_or_wav))
    return _spoken(text_or_wav, person.voice)


@lru_cache(maxsize=256)
def _spoken(text: str, voice: Voice) -> NDArray[np.int16]:
    """A longer throat is played that much slower, which lowers formants and pitch alike, and speaks that much faster before."""
    espeak = _espeak()
    rate_wpm = round(voice.rate_wpm * voice.throat)
    samples = espeak.synthesise(text, voice=f"{LANGUAGE}+{voice.variant}", rate_wpm=rate_wpm, pitch=voice.pitch)
    return _as_heard_at_1m(
        _trembling(samples.astype(np.float64), espeak.sample_rate_hz, voice.tremor), espeak.sample_rate_hz / voice.throat
    )


def _trembling(sound: NDArray[np.float64], rate_hz: int, tremor: float) -> NDArray[np.float64]:
    """Pitch and loudness that waver: at most by 4 % and 2 dB, five and a half times a second."""
    if tremor == 0.0:
        return sound
    times_s = np.arange(len(sound)) / rate_hz
    phase = 2 * np.pi * _TREMOR_HZ * times_s
    wavering = times_s + tremor * _TREMOR_PITCH * (1 - np.cos(phase)) / (2 * np.pi * _TREMOR_HZ)
    return np.interp(wavering, times_s, sound) * 10 ** (tremor * _TREMOR_DB * np.sin(phase + 0.7) / 20)


_SOUNDS: dict[str, tuple[EffectKind, float]] = {"*cough*": ("cough", 6.0), "*laugh*": ("laugh", 3.0)}
"""And how much louder than speech they are."""


@lru_cache(maxsize=32)
def _sound(name: str, person_id: str) -> NDArray[np.int16]:
    """Everybody coughs in their own way."""
    kind, louder_db = _SOUNDS[name]
    sound = effect(kind, zlib.crc32(person_id.encode())) * _FULL_SCALE * 10 ** ((LEVEL_DBFS + louder_db) / 20)
    heard = np.clip(np.rint(sound), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    heard.flags.writeable = False
    return heard


@lru_cache(maxsize=32)
def _recording(path: Path) -> NDArray[np.int16]:
    samples, rate_hz = read_wav(path)
    heard = _as_heard_at_1m(samples, rate_hz)
    if not len(heard):
        raise FileError(f"{path}: holds only silence; give a recording with speech in it")
    return heard


@cache
def _espeak() -> Espeak:
    """The one process that speaks for everybody of this simulation."""
    espeak = Espeak()
    atexit.register(espeak.close)
    return espeak


def _as_heard_at_1m(samples: NDArray[np.float64], rate_hz: float) -> NDArray[np.int16]:
    """Resampled, cut free of silence, and brought to the nominal level; empty if there is only silence."""
    sound = soxr.resample(samples, rate_hz, RATE_HZ) if rate_hz != RATE_HZ else samples
    peak = float(np.max(np.abs(sound), initial=0.0))
    active = np.flatnonzero(np.abs(sound) > max(peak * _ACTIVE, 1.0))
    if not len(active):
        return np.zeros(0, np.int16)
    sound = sound[max(0, active[0] - _MARGIN) : active[-1] + _MARGIN]
    gain = _FULL_SCALE * 10 ** (LEVEL_DBFS / 20) / active_rms(sound)
    heard = np.clip(np.rint(sound * gain), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    heard.flags.writeable = False
    return heard


def active_rms(sound: NDArray[np.float64]) -> float:
    """Root mean square of those 20 ms blocks that are less than 16 dB below the loudest: pauses do not count (after ITU-T P.56)."""
    blocks = np.pad(sound, (0, -len(sound) % _MARGIN)).reshape(-1, _MARGIN)
    power = np.mean(blocks**2, axis=1)
    return float(np.sqrt(np.mean(power[power > power.max() * 10**-1.6])))


def read_wav(path: Path) -> tuple[NDArray[np.float64], int]:
    """Samples of a WAV file, mixed down to mono, in units of 16-bit steps, and their rate.

    :raises FileError: missing, not PCM, or empty
    """
    try:
        with wave.open(str(path), "rb") as file:
            rate_hz, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            data = file.readframes(file.getnframes())
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except (wave.Error, EOFError) as error:
        raise FileError(
            f"{path}: not a PCM WAV file ({error or 'it ends too early'}); convert it with: ffmpeg -i IN -c:a pcm_s16le OUT.wav"
        ) from error
    if width not in _DECODERS or not data or rate_hz < 8000:
        raise FileError(f"{path}: {8 * width} bits at {rate_hz} Hz, {len(data)} bytes of sound; expected sound of at least 8000 Hz")
    whole = len(data) - len(data) % (width * channels)  # a recording that was cut off may end within a sample
    return _DECODERS[width](data[:whole]).reshape(-1, channels).mean(axis=1), rate_hz


def _decode_24(data: bytes) -> NDArray[np.float64]:
    parts = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int32)
    value = parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16
    return ((value ^ 0x800000) - 0x800000) / 256.0


_DECODERS: dict[int, Callable[[bytes], NDArray[np.float64]]] = {
    1: lambda data: (np.frombuffer(data, np.uint8).astype(np.float64) - 128) * 256,
    2: lambda data: np.frombuffer(data, "<i2").astype(np.float64),
    3: _decode_24,
    4: lambda data: np.frombuffer(data, "<i4").astype(np.float64) / 65536,
}
