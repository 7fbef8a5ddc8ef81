"""Simulated people speak with their own voices, at the nominal level, and recordings are taken as they come."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from safety.files import FileError
from sim.description import PersonDescription, load_home
from sim.voices import LEVEL_DBFS, RATE_HZ, active_rms, render

PEOPLE = load_home("sim/homes/family_home").people


def write_wav(path: Path, samples: NDArray[np.float64], rate_hz: int, width: int, channels: int) -> Path:
    """A WAV file from samples of -1 … 1, the same on all channels but for a silent last one when there are several."""
    full = 2 ** (8 * width - 1)
    values = np.rint(samples * (full - 1)).astype(np.int64) + (full if width == 1 else 0)
    columns = [values] * max(1, channels - 1) + [np.full_like(values, full if width == 1 else 0)] * (channels > 1)
    raw = np.stack(columns, axis=1).astype("<i8").view(np.uint8).reshape(len(samples), channels, 8)[:, :, :width]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(raw.tobytes())
    return path


def tone(rate_hz: int, seconds: float = 0.5, silence_s: float = 0.3) -> NDArray[np.float64]:
    sound = 0.2 * np.sin(2 * np.pi * 440 * np.arange(round(rate_hz * seconds)) / rate_hz)
    silence = np.zeros(round(rate_hz * silence_s))
    return np.concatenate([silence, sound, silence])


def level_dbfs(samples: NDArray[np.int16]) -> float:
    return float(20 * np.log10(active_rms(samples.astype(np.float64)) / 32768))


def pitch_hz(samples: NDArray[np.int16]) -> float:
    """Fundamental frequency by the highest autocorrelation of the loudest 60 ms between 90 and 500 Hz."""
    size = RATE_HZ * 60 // 1000
    start = max(range(0, len(samples) - size, size // 2), key=lambda i: float(np.sum(samples[i : i + size].astype(float) ** 2)))
    block = samples[start : start + size].astype(float)
    correlation = np.correlate(block, block, "full")[size - 1 :]
    shortest, longest = RATE_HZ // 500, RATE_HZ // 90
    return RATE_HZ / (shortest + int(np.argmax(correlation[shortest:longest])))


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_speech_has_the_nominal_level_and_no_silence_around_it(person: PersonDescription) -> None:
    sound = render("bring me the red cup", person)
    assert sound.dtype == np.int16
    assert 0.7 < len(sound) / RATE_HZ < 2.5
    assert level_dbfs(sound) == pytest.approx(LEVEL_DBFS, abs=0.5)
    assert np.max(np.abs(sound.astype(int))) < 32767
    edge = RATE_HZ // 20
    assert np.max(np.abs(sound[:edge])) > 20 and np.max(np.abs(sound[-edge:])) > 20


def test_voices_differ() -> None:
    sounds = {id_: render("bring me the red cup", person) for id_, person in PEOPLE.items()}
    pitches = {id_: pitch_hz(sound) for id_, sound in sounds.items()}
    assert pitches["leo"] > 1.1 * pitches["anna"]
    assert len(sounds["rose"]) > 1.05 * len(sounds["anna"])


def test_the_same_words_give_the_same_samples() -> None:
    first = render("come here", PEOPLE["rose"]).copy()
    render("something else in between", PEOPLE["anna"])
    from sim.voices import _spoken

    _spoken.cache_clear()
    assert np.array_equal(first, render("come here", PEOPLE["rose"]))


def test_the_shared_sound_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        render("come here", PEOPLE["rose"])[0] = 1


@pytest.mark.parametrize(("rate_hz", "width", "channels"), [(16_000, 2, 1), (44_100, 2, 2), (8_000, 1, 1), (48_000, 3, 2), (22_050, 4, 1)])
def test_recordings_of_any_kind(tmp_path: Path, rate_hz: int, width: int, channels: int) -> None:
    path = write_wav(tmp_path / "tone.wav", tone(rate_hz), rate_hz, width, channels)
    sound = render(str(path), PEOPLE["anna"])
    assert len(sound) / RATE_HZ == pytest.approx(0.5, abs=0.06)
    assert level_dbfs(sound) == pytest.approx(LEVEL_DBFS, abs=0.7)
    spectrum = np.abs(np.fft.rfft(sound.astype(float)))
    assert np.argmax(spectrum) * RATE_HZ / len(sound) == pytest.approx(440, abs=5)


def test_a_recording_that_was_cut_off_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "tone.wav", tone(16_000), 16_000, 2, 1)
    path.write_bytes(path.read_bytes()[:-10_001])
    assert len(render(str(path), PEOPLE["anna"])) > 0.3 * RATE_HZ


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "not a PCM WAV file"), (b"ID3\x04 this is an mp3 file", "not a PCM WAV file"), (None, "cannot be read: No such file")],
)
def test_bad_recordings_are_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "bad.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileError, match=message) as caught:
        render(str(path), PEOPLE["anna"])
    assert str(path) in str(caught.value)


def test_silence_is_no_recording(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "silence.wav", np.zeros(16_000), 16_000, 2, 1)
    with pytest.raises(FileError, match="holds only silence"):
        render(str(path), PEOPLE["anna"])


def test_a_wav_without_sound_is_named(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "empty.wav", np.zeros(0), 16_000, 2, 1)
    with pytest.raises(FileError, match="0 bytes of sound"):
        render(str(path), PEOPLE["anna"])
