"""Sound in others' messages: against classes with their fields; the node without the package, and with stand-ins for it."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from std_msgs.msg import Header

from robot_runtime import messages as m
from robot_runtime.config import build_config
from robot_runtime.nodes import NODES, Settings, nodes
from robot_runtime.ros import sound_messages
from robot_runtime.ros.sound_messages import Format
from robot_runtime.ros.stamp import to_time
from robot_runtime.sense.sound_source import FRAME_S
from robot_runtime.sense.sound_topic import SoundTopicSource
from robot_runtime.valid import RefusedError
from sim.sound.cards import snr_db, tone_hz
from tests.ros import stand_ins

HAS_PACKAGE = importlib.util.find_spec("audio_common_msgs") is not None
MONO = Format(16_000, 1, "S16LE")
NODE = next(node for node in NODES if node.name == "audio_common")
SAMPLES = np.array([-32768, -1, 0, 1, 32767] * 64, np.int16)
FRAME = m.AudioFrame(12.5, "voice", 3, 16_000, SAMPLES)


# ---------------------------------------------------------------- the mapping


@pytest.mark.parametrize(
    ("kind", "package"),
    [("AudioStamped", stand_ins.stamped_sound), ("AudioDataStamped", stand_ins.sound_bytes), ("AudioData", stand_ins.sound_bytes)],
)
def test_what_we_publish_we_understand(kind: str, package: Any) -> None:
    message = sound_messages.to_ros(FRAME, kind, package, "base_link")
    sound = sound_messages.from_ros(message, kind, MONO, 99.0)
    assert (sound.sample_rate_hz, sound.channels) == (16_000, 1)
    assert np.array_equal(np.rint(sound.samples * 32768), SAMPLES)
    assert sound.stamp_s == (99.0 if kind == "AudioData" else 12.5)
    if kind != "AudioData":
        assert message.header.frame_id == "base_link"


def test_the_format_that_we_tell_is_that_of_our_bytes() -> None:
    assert sound_messages.format_of(sound_messages.info(stand_ins.sound_bytes)) == MONO


@pytest.mark.parametrize(
    ("number", "name", "values"),
    [
        (1, "float32_data", [0.5, -1.0]),
        (2, "int32_data", [2**30, -(2**31)]),
        (4, "int24_data", [2**22, -(2**23)]),
        (8, "int16_data", [2**14, -(2**15)]),
        (16, "int8_data", [64, -128]),
        (32, "uint8_data", [192, 0]),
    ],
)
def test_every_numbered_format_has_the_same_scale(number: int, name: str, values: list[float]) -> None:
    message = stand_ins.AudioStamped(header=Header(stamp=to_time(3.0)))
    setattr(message.audio.audio_data, name, values)
    message.audio.info = stand_ins.NumberedInfo(number, 2, 44_100, 1)
    sound = sound_messages.from_ros(message, "AudioStamped", MONO, 9.0)
    assert sound.samples.tolist() == [0.5, -1.0]
    assert (sound.stamp_s, sound.sample_rate_hz, sound.channels) == (3.0, 44_100, 2)


@pytest.mark.parametrize(
    ("name", "data"),
    [("S16LE", b"\x00\x40\x00\x80"), ("S16BE", b"\x40\x00\x80\x00"), ("U8", b"\xc0\x00"), ("S8", b"\x40\x80"),
     ("S32LE", b"\x00\x00\x00\x40\x00\x00\x00\x80"), ("F32BE", b"\x3f\x00\x00\x00\xbf\x80\x00\x00")],
)  # fmt: skip
def test_bytes_are_read_as_they_are_described(name: str, data: bytes) -> None:
    info = stand_ins.AudioInfo(1, 48_000, name.lower(), 0, "wave")
    sound = sound_messages.from_ros(
        stand_ins.AudioData(data + b"\x01" * (len(data) // 2 - 1)), "AudioData", sound_messages.format_of(info), 7.0
    )
    assert sound.samples[:2].tolist() == [0.5, -1.0]
    assert sound.sample_rate_hz == 48_000


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"coding_format": "mp3"}, "coding_format 'mp3'; let the driver give 'wave'"),
        ({"sample_format": "S24LE"}, "sample_format 'S24LE'; known are U8"),
        ({"sample_rate": 0}, "sample_rate is 0, expected 4000 to 384000"),
        ({"channels": 0}, "channels is 0, expected 1 to 64"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_reason(change: dict[str, Any], problem: str) -> None:
    values = {"channels": 1, "sample_rate": 16_000, "sample_format": "S16LE", "coding_format": "wave", **change}
    with pytest.raises(RefusedError, match=problem):
        sound_messages.format_of(stand_ins.AudioInfo(**values))


def test_sound_that_is_none_is_refused() -> None:
    message = stand_ins.AudioStamped()
    with pytest.raises(RefusedError, match=r"info\.format 0; known are 1, 2, 4, 8"):
        sound_messages.from_ros(message, "AudioStamped", MONO, 0.0)
    message.audio.info = stand_ins.NumberedInfo(1, 1, 16_000, 0)
    with pytest.raises(RefusedError, match="0 samples"):
        sound_messages.from_ros(message, "AudioStamped", MONO, 0.0)
    message.audio.audio_data.float32_data = [math.nan]
    with pytest.raises(RefusedError, match="finite"):
        sound_messages.from_ros(message, "AudioStamped", MONO, 0.0)


def test_the_package_that_is_installed_is_found_out() -> None:
    assert sound_messages.kind_of(stand_ins.stamped_sound) == "AudioStamped"
    assert sound_messages.kind_of(stand_ins.sound_bytes) == "AudioDataStamped"
    with pytest.raises(LookupError):
        sound_messages.kind_of(object())


# ---------------------------------------------------------------- blocks to frames


def block(number: int, stamp_s: float, *, rate_hz: int = 44_100, ppm: float = 0.0, channels: int = 2) -> m.RawSound:
    """100 ms of a tone on the second channel, stamped when it was complete, as drivers do."""
    count = rate_hz // 10
    times_s = (number * count + np.arange(count)) / rate_hz / (1 + 1e-6 * ppm)
    samples = np.zeros((count, channels), np.float32)
    samples[:, -1] = tone_hz(440)(times_s)
    return m.RawSound(stamp_s, rate_hz, channels, samples.ravel())


def test_a_driver_of_any_rate_gives_frames_by_our_clock_and_its_drift_is_followed() -> None:
    source, chance, heard = SoundTopicSource(1), np.random.default_rng(1), []
    for number in range(1200):
        now_s = 50.0 + (number + 1) * 0.1 / (1 + 200e-6) + float(chance.exponential(0.002))
        heard += source.read({"audio/raw_in": [block(number, now_s, ppm=200)]}, now_s)
    stamps_s = [stamp_s for stamp_s, _ in heard]
    assert np.diff(stamps_s) == pytest.approx(FRAME_S, abs=1e-9)
    assert len(heard) == pytest.approx(120 / FRAME_S, abs=4)
    assert float(source.diagnose()[1]["clock"].split()[0]) == pytest.approx(200, abs=15)
    last = np.concatenate([samples for _, samples in heard[-25:]])
    assert snr_db(last, np.arange(len(last)) / 16_000, 440) > 60


def test_a_hole_is_counted_and_silence_is_told() -> None:
    source = SoundTopicSource(0)
    first = [
        heard for number in range(10) for heard in source.read({"audio/raw_in": [block(number, 50.1 + number / 10)]}, 50.1 + number / 10)
    ]
    assert not source.read({}, 53.5)
    assert source.diagnose()[0] == "no sound on audio/raw_in for 2 s"
    then = source.read({"audio/raw_in": [block(35, 53.6)]}, 53.6)
    assert source.diagnose()[0] == ""
    assert then[0][0] == pytest.approx(53.5, abs=0.01)
    assert source.lost == pytest.approx((then[0][0] - first[-1][0]) / FRAME_S, abs=1.1)


def test_blocks_of_another_time_and_too_few_channels_are_refused() -> None:
    source = SoundTopicSource(2)
    assert not source.read({"audio/raw_in": [block(0, 50.0)]}, 50.0)
    assert source.diagnose()[1]["refused because"] == "it has channels 0 to 1, not 2"
    assert not SoundTopicSource(1).read({"audio/raw_in": [block(0, 40.0)]}, 50.0)


# ---------------------------------------------------------------- the node


def test_the_node_runs_where_it_is_asked_for() -> None:
    both = [node.name for node in nodes(Settings(audio_in="audio_common", audio_out="audio_common"))]
    assert "audio_common" in both and "microphone" in both and "speaker" not in both
    assert "audio_common" not in [node.name for node in nodes(Settings())]
    assert build_config(NODE, Settings(audio_in="audio_common"), {}).audio_in == "audio_common"


@pytest.mark.skipif(HAS_PACKAGE, reason="the package is installed")
def test_without_the_package_everything_else_runs_and_diagnostics_say_so(start: Any, ears: Any) -> None:
    reports = ears.hear_raw(DiagnosticArray, "/diagnostics")
    child = start("sound", audio_in="audio_common", audio_out="audio_common")
    found: dict[str, Any] = {}

    def told() -> bool:
        found.update({status.name: status for report in reports for status in report.status})
        return "audio_common" in found and "no sound on" in found.get("microphone", found["audio_common"]).message

    assert ears.until(told, 8.0)
    assert "audio_common_msgs is not installed" in found["audio_common"].message
    assert "install ros-$ROS_DISTRO-audio-common-msgs" in found["audio_common"].message
    assert child.process.poll() is None
