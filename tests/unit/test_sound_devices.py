"""Microphone and speaker on files and on a stand-in for the sound card module."""

from __future__ import annotations

import logging
import threading
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame, Muted, MuteRequest
from robot_runtime.sense import sound_device
from robot_runtime.sense.device_source import DeviceSource
from robot_runtime.sense.microphone import Microphone, MicrophoneConfig
from robot_runtime.sense.sound_card import on_a_thread
from robot_runtime.sense.sound_source import FRAME_S, FRAME_SAMPLES
from robot_runtime.sense.sound_stream import Wish
from robot_runtime.speak.device_sink import DeviceSink
from robot_runtime.speak.speaker import Speaker, SpeakerConfig
from safety.files import FileError
from sim.sound.cards import Device, Sounds, at_once, snr_db, tone_hz

OFFSET_S = 1000.0
"""The robot's clock beside the processor's."""


class Ear:
    """A microphone on a stand-in, stepped 50 times a second."""

    def __init__(self, sounds: Sounds, config: MicrophoneConfig | None = None, **options: Any) -> None:
        self.sounds = sounds
        wish = Wish("input", "", 1.0, channel=options.pop("channel", 0), rate_hz=options.pop("rate_hz", 0))
        source = DeviceSource(wish, sounddevice=sounds, clock=sounds, start=at_once, **options)
        self.microphone = Microphone(config or MicrophoneConfig(), source=source)
        self.frames: list[AudioFrame] = []
        self.told: list[Muted] = []

    @property
    def now_s(self) -> float:
        return self.sounds.now_s + OFFSET_S

    def listen(self, seconds: float, **inbox: Any) -> list[AudioFrame]:
        """The frames of the next seconds."""
        before = len(self.frames)
        for _ in range(round(seconds / 0.02)):
            self.sounds.run(0.02)
            for topic, message in self.microphone.step(inbox, self.now_s):
                (self.frames if topic == "audio/in" else self.told).append(message)
            inbox = {}
        return self.frames[before:]

    def figures(self) -> dict[str, str]:
        return dict(self.microphone.diagnose()[1])

    @property
    def problem(self) -> str:
        return self.microphone.diagnose()[0]


class Mouth:
    """A speaker on a stand-in, given a tone while it talks."""

    def __init__(self, sounds: Sounds, buffer_s: float = 0.2, ahead_s: float = 0.04, **options: Any) -> None:
        self.sounds = sounds
        self.sink = DeviceSink(Wish("output", "", buffer_s), ahead_s, sounddevice=sounds, clock=sounds, start=at_once, **options)
        self.speaker = Speaker(SpeakerConfig(), sink=self.sink)
        self.sent = 0

    def frame(self, stamp_s: float) -> AudioFrame:
        times_s = (np.arange(FRAME_SAMPLES) + self.sent * FRAME_SAMPLES) / 16_000
        self.sent += 1
        return AudioFrame(stamp_s, "voice", self.sent - 1, 16_000, (16_000 * np.sin(2 * np.pi * 440 * times_s)).astype(np.int16))

    def talk(self, seconds: float, frames_a_step: int = 1) -> None:
        for _ in range(round(seconds / 0.02)):
            self.sounds.run(0.02)
            now_s = self.sounds.now_s + OFFSET_S
            self.speaker.step({"audio/out": [self.frame(now_s) for _ in range(frames_a_step)]} if frames_a_step else {}, now_s)

    def be_quiet(self, seconds: float) -> None:
        self.talk(seconds, 0)

    def figures(self) -> dict[str, str]:
        return dict(self.speaker.diagnose()[1])


def played(device: Device) -> NDArray[np.float32]:
    return np.concatenate([samples for _, samples in device.played])


def write_wav(path: Path, samples: NDArray[np.int16], rate_hz: int, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())
    return path


def frames(outbox: list[tuple[str, Any]]) -> list[AudioFrame]:
    return [message for topic, message in outbox if topic == "audio/in"]


def sound_of(heard: list[AudioFrame]) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """Samples, and when each was taken on the processor's clock."""
    samples = np.concatenate([frame.samples for frame in heard])
    return samples, heard[0].stamp_s - OFFSET_S + np.arange(len(samples)) / 16_000


# ---------------------------------------------------------------- the microphone's card


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_a_card_of_any_rate_gives_frames_of_16_khz(rate_hz: int) -> None:
    ear = Ear(Sounds(Device(rate_hz=rate_hz, sound=tone_hz(440))))
    heard = ear.listen(1.0)
    assert all(len(frame.samples) == FRAME_SAMPLES and frame.sample_rate_hz == 16_000 for frame in heard)
    assert [frame.sequence for frame in heard] == list(range(len(heard)))
    assert len(heard) >= 46
    samples, times_s = sound_of(heard[10:])
    assert snr_db(samples, times_s, 440) > 60
    assert np.abs(samples).max() == pytest.approx(16_384, rel=0.01)


def test_frames_are_stamped_by_when_they_were_taken_and_not_by_when_the_step_ran() -> None:
    sounds = Sounds(Device(sound=tone_hz(440)))
    ear = Ear(sounds)
    for late_s in (0.0, 0.013, 0.3, 0.0, 0.18, 0.0, 0.0):
        sounds.run(late_s)
        ear.listen(0.1)
    assert np.diff([frame.stamp_s for frame in ear.frames]) == pytest.approx(FRAME_S, abs=1e-9)
    samples, times_s = sound_of(ear.frames)
    angle = 2 * np.pi * 440 * times_s
    phase_rad = np.arctan2((samples * np.cos(angle)).sum(), (samples * np.sin(angle)).sum())
    assert abs(phase_rad / (2 * np.pi * 440)) < 1e-3, "the sine of the room, at the times of the stamps"
    assert ear.now_s - ear.frames[-1].stamp_s < 0.08


def test_calls_that_come_late_move_no_stamp() -> None:
    ear = Ear(Sounds(Device(), jitter_s=0.004, tells_times=False, seed=3))
    stamps_s = [frame.stamp_s for frame in ear.listen(30.0)]
    assert np.diff(stamps_s) == pytest.approx(FRAME_S, abs=1e-9)
    assert len(stamps_s) == pytest.approx(1500, abs=4)


def test_what_nobody_reads_is_lost_counted_and_shows_as_a_gap(caplog: pytest.LogCaptureFixture) -> None:
    sounds = Sounds(Device())
    ear = Ear(sounds)
    before = ear.listen(0.5)[-1]
    sounds.run(3.0)
    after = ear.listen(0.1)[0]
    assert after.sequence - before.sequence == pytest.approx((after.stamp_s - before.stamp_s) / FRAME_S, abs=0.6)
    assert after.stamp_s - before.stamp_s == pytest.approx(2.0, abs=0.1), "the last second was kept"
    assert "frames lost" in caplog.text
    assert int(ear.figures()["overruns"].split()[0]) == pytest.approx(2 * 48_000, rel=0.05)
    assert int(ear.figures()["lost frames"]) == after.sequence - before.sequence - 1


def test_what_the_driver_loses_is_counted_and_stamps_are_right_again_within_a_second() -> None:
    sounds = Sounds(Device(sound=tone_hz(50)))
    ear = Ear(sounds)
    ear.listen(5.0)
    sounds.streams[-1].overflow(blocks=9)
    ear.listen(1.5)
    samples, times_s = sound_of(ear.listen(1.0))
    angle = 2 * np.pi * 50 * times_s
    phase_rad = np.arctan2((samples * np.cos(angle)).sum(), (samples * np.sin(angle)).sum())
    assert abs(phase_rad / (2 * np.pi * 50)) < 2e-3
    assert ear.figures()["overruns"].endswith("1 times in the driver")
    assert np.diff([frame.stamp_s for frame in ear.frames]).min() > 0


@pytest.mark.parametrize("jump_s", [5.0, -5.0])
def test_stamps_follow_when_the_robots_clock_is_set(jump_s: float) -> None:
    sounds = Sounds(Device())
    ear = Ear(sounds)
    ear.listen(2.0)
    for _ in range(500):
        sounds.run(0.02)
        heard = frames(ear.microphone.step({}, ear.now_s + jump_s))
    assert heard[-1].stamp_s == pytest.approx(ear.now_s + jump_s, abs=0.1)


def test_stamps_never_go_back_while_simulated_time_slips() -> None:
    sounds = Sounds(Device())
    ear = Ear(sounds)
    heard, now_s = [], 100.0
    for _ in range(1000):
        sounds.run(0.022)
        now_s += 0.02
        heard += frames(ear.microphone.step({}, now_s))
    stamps_s = np.array([frame.stamp_s for frame in heard])
    assert (np.diff(stamps_s) > 0).all()
    assert len(heard) == pytest.approx(1100, abs=4), "no sound is lost for it"
    assert stamps_s[-1] == pytest.approx(now_s, abs=0.2)


def test_of_an_array_one_channel_is_heard() -> None:
    array = Device("ReSpeaker 4 Mic Array", 16_000, inputs=6, only_channels=6, sound=tone_hz(440))
    samples, _ = sound_of(Ear(Sounds(array), channel=0).listen(1.0))
    third, _ = sound_of(Ear(Sounds(Device("Array", 16_000, inputs=6, sound=lambda t: tone_hz(440)(t) / 8)), channel=2).listen(1.0))
    assert np.abs(samples[4000:]).max() == pytest.approx(16_384, rel=0.01)
    assert np.abs(third[4000:]).max() == pytest.approx(3 * 2048, rel=0.01)
    with pytest.raises(FileError, match="device 'default' has channels 0 to 5, not 6"):
        Ear(Sounds(array), channel=6)


def test_a_card_that_takes_one_rate_only_gets_it() -> None:
    picky = Device(rate_hz=44_100, only_rate_hz=32_000)
    ear = Ear(Sounds(picky))
    assert len(ear.listen(0.5)) > 20
    assert ear.figures()["device rate"] == "32000 Hz, 1 channels"
    with pytest.raises(FileError, match="cannot be opened: Invalid sample rate"):
        Ear(Sounds(picky), rate_hz=48_000)


def test_a_missing_device_is_an_error_that_lists_the_others() -> None:
    with pytest.raises(FileError, match="no device called 'studio'; there are: USB Audio"):
        Microphone(MicrophoneConfig(source="device:studio"), Sounds(Device()))
    with pytest.raises(FileError, match="no input device"):
        Microphone(MicrophoneConfig(), Sounds())
    with pytest.raises(FileError, match="Device unavailable"):
        Speaker(SpeakerConfig(), Sounds(Device(busy=True)))


# ---------------------------------------------------------------- unplugged, and plugged in again


def test_a_microphone_that_is_unplugged_is_told_of_once_and_found_again(caplog: pytest.LogCaptureFixture) -> None:
    device = Device(sound=tone_hz(440))
    sounds = Sounds(device)
    ear = Ear(sounds)
    before = ear.listen(1.0)[-1]
    device.plugged = False
    assert not ear.listen(25.0)
    assert ear.problem == "audio input: no input device on this machine; use file:PATH, or plug one in"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "is gone, or has stopped; looking for it" in caplog.text
    device.plugged = True
    after = ear.listen(12.0)
    assert ear.problem == ""
    assert ear.figures()["lost devices"] == "1"
    assert after[0].sequence - before.sequence == pytest.approx((after[0].stamp_s - before.stamp_s) / FRAME_S, abs=1)
    samples, times_s = sound_of(after[50:])
    assert snr_db(samples[:8000], times_s[:8000], 440) > 40
    assert "is there again" in caplog.text


def test_a_lost_device_is_looked_for_less_and_less_often() -> None:
    device = Device()
    sounds = Sounds(device)
    ear = Ear(sounds)
    ear.listen(0.1)
    device.plugged = False
    tries = []
    for second in range(40):
        before = sounds.initialised
        ear.listen(1.0)
        tries += [second] * (sounds.initialised - before)
    assert tries == pytest.approx([1, 3, 7, 15, 25, 35], abs=1)


def test_a_card_that_hangs_without_a_word_is_lost_after_a_second() -> None:
    sounds = Sounds(Device())
    ear = Ear(sounds)
    ear.listen(0.5)
    sounds.streams[-1]._start_s += 1e9  # it never calls again
    ear.listen(0.9)
    assert not ear.problem
    ear.listen(0.4)
    assert "is gone, or has stopped" in ear.problem
    assert ear.listen(3.0), "it is opened again"


def test_a_starved_processor_loses_no_device_and_no_more_sound_than_the_buffer_lacks() -> None:
    sounds = Sounds(Device(sound=tone_hz(440)))
    ear = Ear(sounds)
    ear.listen(1.0)
    for _ in range(5):
        sounds.starved = True
        sounds.run(3.0)
        ear.listen(0.02)
        sounds.starved = False
        ear.listen(1.0)
    assert ear.figures()["lost devices"] == "0"
    sequences = [frame.sequence for frame in ear.frames]
    assert sequences[-1] == pytest.approx((ear.frames[-1].stamp_s - ear.frames[0].stamp_s) / FRAME_S, abs=6)


def test_the_list_of_devices_is_renewed_only_when_something_was_plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ["0 [USB]"]
    monkeypatch.setattr(sound_device, "plugged", lambda: listed[0])
    device = Device()
    sounds = Sounds(device)
    ear = Ear(sounds)
    ear.listen(0.1)
    device.plugged, listed[0] = False, ""
    ear.listen(30.0)
    assert sounds.initialised == 2, "at its own start, and when the card had gone"
    device.plugged, listed[0] = True, "1 [USB]"
    assert ear.listen(11.0)
    assert sounds.initialised == 3


def test_looking_for_a_microphone_cuts_no_sentence_short_and_gives_the_speaker_back() -> None:
    microphone, loudspeaker = Device("Mic", outputs=0), Device("Loud", inputs=0)
    sounds = Sounds(microphone, loudspeaker)
    ear = Ear(sounds)
    mouth = Mouth(sounds)
    mouth.talk(0.5)
    microphone.plugged = False
    for _ in range(200):
        mouth.talk(0.02)
        frames(ear.microphone.step({}, ear.now_s))
    assert sounds.initialised == 1, "nobody looks while the robot speaks"
    assert mouth.figures()["underruns"] == "0"
    microphone.plugged = True
    for _ in range(700):
        mouth.be_quiet(0.02)
        ear.frames += frames(ear.microphone.step({}, ear.now_s))
    assert ear.problem == "" and ear.now_s - ear.frames[-1].stamp_s < 0.1
    loudspeaker.played.clear()
    mouth.talk(1.0)
    assert np.abs(played(loudspeaker)).max() > 0.4
    assert mouth.speaker.diagnose()[0] == ""


def test_a_missing_device_may_be_waited_for_and_nobody_takes_that_for_listening(caplog: pytest.LogCaptureFixture) -> None:
    device = Device(plugged=False)
    sounds = Sounds(device)
    ear = Ear(sounds, may_be_missing=True)
    assert not ear.listen(3.0), "silence would pass for somebody who listens for the stop word"
    assert "no input device" in caplog.text and "no input device" in ear.problem
    device.plugged = True
    assert ear.listen(10.0)
    with pytest.raises(FileError, match="no input device"):
        Ear(Sounds())
    assert Microphone(MicrophoneConfig(allow_missing=True), Sounds()).diagnose()[0]
    assert Speaker(SpeakerConfig(allow_missing=True), Sounds()).diagnose()[0]


def test_a_closed_microphone_opens_again_and_tells_no_loss() -> None:
    sounds = Sounds(Device())
    ear = Ear(sounds)
    assert ear.listen(0.2)
    assert ear.microphone.close() == ear.microphone.close() == []
    assert sounds.streams[-1].closed
    sounds.run(5.0)
    last = ear.frames[-1].sequence
    assert ear.listen(0.2)[0].sequence == last + 1
    assert ear.figures()["lost frames"] == "0"


def test_who_is_closed_while_it_looks_for_the_device_keeps_nothing_open() -> None:
    waiting: list[Callable[[], None]] = []
    sounds = Sounds(Device())
    source = DeviceSource(Wish("input", "", 1.0), sounddevice=sounds, clock=sounds, start=waiting.append)
    source.close()
    source.read({}, 0.0)
    source.close()
    (work,) = waiting
    work()
    assert all(stream.closed for stream in sounds.streams)
    source.read({}, 0.1)
    source.read({}, 0.2)
    waiting[1]()
    source.read({}, 0.3)
    sounds.run(0.1)
    assert source.read({}, 0.4)


def test_a_card_is_looked_for_on_a_thread_of_its_own() -> None:
    names, done = [], threading.Event()

    def work() -> None:
        names.append(threading.current_thread().name)
        done.set()

    on_a_thread(work)
    assert done.wait(30.0)
    assert names == ["sound card"]


# ---------------------------------------------------------------- muted


def test_muted_no_sound_is_taken_and_none_is_given() -> None:
    sounds = Sounds(Device(sound=tone_hz(440)))
    ear = Ear(sounds)
    ear.listen(0.2)
    assert [muted.muted for muted in ear.told] == [False]
    assert not ear.listen(2.0, **{"audio/mute": [MuteRequest(ear.now_s, True)]})
    assert sounds.streams[-1].closed, "the device itself is let go"
    assert [muted.muted for muted in ear.told] == [False, True]
    assert ear.figures()["muted"] == "true" and not ear.problem
    heard = ear.listen(0.5, **{"service/unmute": [MuteRequest(ear.now_s, False)]})
    assert heard and not sounds.streams[-1].closed
    assert [muted.muted for muted in ear.told] == [False, True, False]


def test_what_was_taken_before_the_mute_does_not_come_out_after_it() -> None:
    sounds = Sounds(Device(sound=tone_hz(440)))
    ear = Ear(sounds)
    ear.listen(0.2)
    sounds.run(0.5)
    muted_s = ear.now_s
    assert not ear.listen(1.0, **{"service/mute": [MuteRequest(muted_s, True)]})
    heard = ear.listen(0.5, **{"audio/mute": [MuteRequest(ear.now_s, False)]})
    assert heard[0].stamp_s >= muted_s + 0.9


def test_it_can_begin_muted_and_the_last_of_several_wishes_counts() -> None:
    ear = Ear(Sounds(Device()), MicrophoneConfig(muted=True))
    assert not ear.listen(0.5)
    assert [muted.muted for muted in ear.told] == [True]
    now_s = ear.now_s
    assert not ear.listen(0.5, **{"audio/mute": [MuteRequest(now_s, False), MuteRequest(now_s + 1e-3, True)]})
    assert ear.listen(0.5, **{"audio/mute": [MuteRequest(now_s, True), MuteRequest(now_s + 1e-3, False)]})
    ear.microphone.reset()
    assert not ear.listen(0.5)


# ---------------------------------------------------------------- files


def test_a_file_is_spoken_at_its_pace_and_then_there_is_silence(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.full(2 * 4410, 1000, np.int16), 44_100, channels=2)
    microphone = Microphone(MicrophoneConfig(source=f"file:{path}"))
    microphone.step({}, 0.0)
    first = frames(microphone.step({}, 0.06))
    assert len(first) == 3 and first[1].samples.mean() == pytest.approx(1000, abs=20)
    assert [frame.stamp_s for frame in first] == pytest.approx([0.0, 0.02, 0.04])
    rest = frames(microphone.step({}, 1.0))
    assert len(rest) == 47
    assert not rest[-1].samples.any()
    microphone.close()
    microphone.step({}, 2.0)
    assert frames(microphone.step({}, 2.06))[1].samples.mean() == pytest.approx(1000, abs=20)


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


# ---------------------------------------------------------------- the speaker's card


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_speaker_plays_what_it_gets_and_silence_when_there_is_none(rate_hz: int) -> None:
    device = Device(rate_hz=rate_hz)
    mouth = Mouth(Sounds(device))
    mouth.be_quiet(0.1)
    mouth.talk(1.0)
    mouth.be_quiet(0.5)
    sound = played(device)
    loud = np.flatnonzero(np.abs(sound) > 0.05)
    assert (loud[-1] - loud[0]) / rate_hz == pytest.approx(1.0, abs=0.01), "to its last syllable, at once"
    assert np.diff(loud).max() < rate_hz // 440, "without a hole"
    middle = sound[loud[0] + rate_hz // 5 : loud[-1] - rate_hz // 5]
    assert snr_db(middle, np.arange(len(middle)) / rate_hz, 440) > 50
    assert not sound[loud[-1] + rate_hz // 10 :].any()
    assert mouth.figures()["underruns"] == "0"


def test_sound_waits_for_the_card_so_that_a_late_step_is_not_heard() -> None:
    device = Device()
    sounds = Sounds(device)
    mouth = Mouth(sounds)
    for late_s, frames_then in ((0.0, 1), (0.02, 2), (0.0, 1), (0.0, 1)) * 10:
        sounds.run(late_s)
        mouth.talk(0.02, frames_then)
    assert mouth.figures()["underruns"] == "0"
    assert 0.02 < mouth.sink._level_s < 0.06
    sounds.run(0.3)
    mouth.talk(0.1)
    assert mouth.figures()["underruns"] == "1", "later than that it is, and counted"


def test_speaker_drops_rather_than_lags() -> None:
    device = Device(rate_hz=16_000)
    mouth = Mouth(Sounds(device), buffer_s=0.1)
    mouth.talk(0.02, frames_a_step=50)
    device.played.clear()
    mouth.be_quiet(0.5)
    sound = played(device)
    assert sound[:1600].any()
    assert not sound[2000:].any()
    assert int(mouth.figures()["overruns"].split()[0]) > 14_000 - 1600


def test_all_channels_of_a_card_get_the_voice() -> None:
    device = Device(outputs=8, only_channels=8)
    mouth = Mouth(Sounds(device))
    mouth.talk(0.5)
    assert mouth.figures()["device rate"] == "48000 Hz, 8 channels"
    assert np.abs(played(device)).max() > 0.4


def test_a_speaker_that_is_unplugged_is_told_of_and_speaks_again() -> None:
    device = Device()
    mouth = Mouth(Sounds(device))
    mouth.talk(0.5)
    device.plugged = False
    mouth.talk(5.0)
    assert "no output device" in mouth.speaker.diagnose()[0]
    assert int(mouth.figures()["unheard frames"]) > 200
    device.plugged = True
    mouth.be_quiet(10.0)
    device.played.clear()
    mouth.talk(0.5)
    assert mouth.speaker.diagnose()[0] == ""
    assert np.abs(played(device)).max() > 0.4


def test_a_closed_speaker_opens_again() -> None:
    device = Device()
    sounds = Sounds(device)
    mouth = Mouth(sounds)
    assert mouth.speaker.close() == []
    assert sounds.streams[-1].closed
    mouth.talk(0.5)
    assert np.abs(played(device)).max() > 0.4


def test_speaker_file_is_complete_after_each_frame(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    speaker = Speaker(SpeakerConfig(sink=f"file:{path}"))
    frame = AudioFrame(0.0, "voice", 0, 16_000, np.full(320, 7, np.int16))
    speaker.step({"audio/out": [frame, frame]}, 0.0)
    with wave.open(str(path), "rb") as file:
        assert (file.getnframes(), file.getframerate()) == (640, 16_000)
    speaker.close()
    speaker.step({"audio/out": [frame]}, 0.0)
    with wave.open(str(path), "rb") as file:
        assert file.getnframes() == 320
    speaker.close()


def test_a_speaker_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere.*out.wav: cannot be written"):
        Speaker(SpeakerConfig(sink=f"file:{tmp_path / 'nowhere' / 'out.wav'}"))
