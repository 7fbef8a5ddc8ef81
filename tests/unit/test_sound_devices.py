"""Microphone and speaker on files and on a stand-in for the sound card module, looped back."""

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from robot_runtime.sense.microphone import FRAME_SAMPLES, Microphone, MicrophoneConfig
from robot_runtime.speak.speaker import Speaker, SpeakerConfig
from safety.files import FileError


class Card:
    """``sounddevice`` with one card whose callbacks the test calls."""

    class PortAudioError(Exception):
        pass

    def __init__(self, rate_hz: int = 48_000, busy: bool = False, present: bool = True) -> None:
        self.rate_hz, self.busy, self.present = rate_hz, busy, present
        self.callback: Callable[..., None] | None = None
        self.closed = False

    def query_devices(self, index: int | None = None, kind: str = "") -> Any:
        device = {"name": "USB Audio", "max_input_channels": 1, "max_output_channels": 1, "default_samplerate": float(self.rate_hz)}
        return device if kind else [device] if self.present else []

    def _stream(self, callback: Callable[..., None], **_: Any) -> "Card":
        if self.busy:
            raise self.PortAudioError("device busy")
        self.callback = callback
        return self

    InputStream = OutputStream = _stream

    def start(self) -> None:
        """Running; the test calls back."""

    def close(self) -> None:
        self.closed = True

    def hear(self, sound: NDArray[np.float32]) -> None:
        assert self.callback
        for block in np.split(sound, range(self.rate_hz // 50, len(sound), self.rate_hz // 50)):
            self.callback(block[:, None], len(block), None, None)

    def play(self, count: int) -> NDArray[np.float32]:
        block = np.empty((count, 1), np.float32)
        assert self.callback
        self.callback(block, count, None, None)
        return block[:, 0]


def sine(rate_hz: int, seconds: float) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate_hz * seconds)) / rate_hz)).astype(np.float32)


def write_wav(path: Path, samples: NDArray[np.int16], rate_hz: int, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())
    return path


def frames(outbox: list[tuple[str, Any]]) -> list[AudioFrame]:
    return [message for _, message in outbox]


def frequency_hz(samples: NDArray[Any], rate_hz: int) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * rate_hz / len(samples))


def test_device_is_resampled_to_16_khz_frames() -> None:
    card = Card()
    microphone = Microphone(MicrophoneConfig(source="device:usb"), card)
    card.hear(sine(48_000, 0.5))
    heard = frames(microphone.step({}, 10.0))
    assert all(len(f.samples) == FRAME_SAMPLES for f in heard)
    assert [f.sequence for f in heard] == list(range(len(heard)))
    assert heard[-1].stamp_s == pytest.approx(9.98)
    assert frequency_hz(np.concatenate([f.samples for f in heard]), 16_000) == pytest.approx(440, abs=5)
    microphone.close()
    assert card.closed


def test_what_nobody_reads_is_lost_and_shows_as_a_gap(caplog: pytest.LogCaptureFixture) -> None:
    card = Card(16_000)
    microphone = Microphone(MicrophoneConfig(buffer_s=0.2), card)
    card.hear(sine(16_000, 0.5))
    heard = frames(microphone.step({}, 10.0))
    assert len(heard) == 10
    assert heard[0].sequence >= 10
    assert "lost" in caplog.text


def test_a_missing_device_is_an_error_that_lists_the_others() -> None:
    with pytest.raises(FileError, match="no device called 'studio'; there are: USB Audio"):
        Microphone(MicrophoneConfig(source="device:studio"), Card())
    with pytest.raises(FileError, match="no input device"):
        Microphone(MicrophoneConfig(), Card(present=False))
    with pytest.raises(FileError, match="device busy"):
        Speaker(SpeakerConfig(), Card(busy=True))


def test_a_missing_device_may_be_allowed_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    microphone = Microphone(MicrophoneConfig(allow_missing=True), Card(present=False))
    assert "going on with silence" in caplog.text
    microphone.step({}, 10.0)
    silent = frames(microphone.step({}, 10.1))
    assert len(silent) == 5
    assert not np.concatenate([f.samples for f in silent]).any()


def test_a_file_is_spoken_at_its_pace_and_then_there_is_silence(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.full(2 * 4410, 1000, np.int16), 44_100, channels=2)
    microphone = Microphone(MicrophoneConfig(source=f"file:{path}"))
    microphone.step({}, 0.0)
    first = frames(microphone.step({}, 0.06))
    assert len(first) == 3 and first[1].samples.mean() == pytest.approx(1000, abs=20)
    rest = frames(microphone.step({}, 1.0))
    assert len(rest) == 47
    assert not rest[-1].samples.any()


@pytest.mark.parametrize(("content", "problem"), [(b"not a wav", "cannot be read as WAV"), (None, "cannot be read as WAV")])
def test_a_bad_file_is_an_error_that_names_it(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "bad.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileError, match=f"bad.wav: {problem}"):
        Microphone(MicrophoneConfig(source=f"file:{path}"))


def test_eight_bits_are_refused_with_the_fix(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "b.wav", np.zeros(100, np.int16), 16_000, width=1)
    with pytest.raises(FileError, match="convert it to 16"):
        Microphone(MicrophoneConfig(source=f"file:{path}"))


def test_speaker_plays_what_it_gets_and_silence_when_there_is_none() -> None:
    card = Card(48_000)
    speaker = Speaker(SpeakerConfig(buffer_s=1.0), card)
    tone = (sine(16_000, 0.5) * 32767).astype(np.int16)
    for index in range(25):
        frame = AudioFrame(0.0, "voice", index, 16_000, tone[index * 320 : (index + 1) * 320])
        speaker.step({"audio/out": [frame]}, 0.0)
    played = card.play(20_000)
    assert frequency_hz(played, 48_000) == pytest.approx(440, abs=5)
    card.play(48_000)
    assert not card.play(960).any()


def test_speaker_drops_rather_than_lags() -> None:
    card = Card(16_000)
    speaker = Speaker(SpeakerConfig(buffer_s=0.1), card)
    frame = AudioFrame(0.0, "voice", 0, 16_000, np.full(320, 9000, np.int16))
    speaker.step({"audio/out": [frame] * 50}, 0.0)
    assert card.play(1600).any()
    assert not card.play(320).any()


def test_speaker_file_is_complete_after_each_frame(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    speaker = Speaker(SpeakerConfig(sink=f"file:{path}"))
    frame = AudioFrame(0.0, "voice", 0, 16_000, np.full(320, 7, np.int16))
    speaker.step({"audio/out": [frame, frame]}, 0.0)
    with wave.open(str(path), "rb") as file:
        assert (file.getnframes(), file.getframerate()) == (640, 16_000)
    speaker.close()


def test_a_closed_microphone_opens_again_and_tells_no_loss() -> None:
    card = Card()
    microphone = Microphone(MicrophoneConfig(source="device:usb"), card)
    assert microphone.close() == []
    assert microphone.close() == []
    microphone.step({}, 1.0)
    card.hear(sine(48_000, 0.2))
    heard = frames(microphone.step({}, 2.0))
    assert [f.sequence for f in heard] == list(range(len(heard)))
    assert len(heard) > 5


def test_a_closed_speaker_opens_again_for_the_next_frame() -> None:
    card = Card()
    speaker = Speaker(SpeakerConfig(sink="device:usb"), card)
    assert speaker.close() == []
    assert card.closed
    tone = (sine(16_000, 0.02) * 30_000).astype(np.int16)
    speaker.step({"audio/out": [AudioFrame(0.0, "voice", 0, 16_000, tone)] * 5}, 0.0)
    assert card.play(3200).any()
