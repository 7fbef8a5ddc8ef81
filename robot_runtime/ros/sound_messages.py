"""Our sound ↔ the messages of the two packages that are called ``audio_common_msgs``.

ros-perception: ``AudioData`` (bytes) and ``AudioDataStamped`` (header, audio), described by ``AudioInfo`` (channels, sample_rate,
sample_format as GStreamer names it, coding_format).  mgonzs13: ``AudioStamped`` (header, audio), whose audio has ``audio_data``, with
one list a sample format, and ``info`` (format as PortAudio numbers it, channels, rate, chunk).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

from robot_runtime import messages as m
from robot_runtime.ros.stamp import to_seconds, to_time
from robot_runtime.valid import RefusedError

MOST_SAMPLES = 4_000_000
_RATES_HZ = range(4000, 384_001)
_CHANNELS = range(1, 65)

_BYTES: dict[str, tuple[str, float, float]] = {
    "U8": ("u1", 128.0, 128.0), "S8": ("i1", 0.0, 128.0), "S16LE": ("<i2", 0.0, 2.0**15), "S16BE": (">i2", 0.0, 2.0**15),
    "S32LE": ("<i4", 0.0, 2.0**31), "S32BE": (">i4", 0.0, 2.0**31), "F32LE": ("<f4", 0.0, 1.0), "F32BE": (">f4", 0.0, 1.0),
}  # fmt: skip
"""Sample format → NumPy's name, zero level, full scale."""

_NUMBERED: dict[int, tuple[str, float, float]] = {
    1: ("float32_data", 0.0, 1.0), 2: ("int32_data", 0.0, 2.0**31), 4: ("int24_data", 0.0, 2.0**23),
    8: ("int16_data", 0.0, 2.0**15), 16: ("int8_data", 0.0, 128.0), 32: ("uint8_data", 128.0, 128.0),
}  # fmt: skip
"""PortAudio's number of a sample format → field, zero level, full scale."""
_INT16 = 8


@dataclass(frozen=True)
class Format:
    """What bytes without a description of their own are."""

    rate_hz: int
    channels: int
    sample_format: str


def kind_of(package: Any) -> str:
    """The message for sound of the package that is installed.

    :raises LookupError: it has none that is known
    """
    for name in ("AudioStamped", "AudioDataStamped", "AudioData"):
        if hasattr(package, name):
            return name
    raise LookupError("neither AudioStamped nor AudioDataStamped nor AudioData")


def format_of(info: Any) -> Format:
    """ros-perception's ``AudioInfo``.

    :raises RefusedError: coded sound (mp3 is the driver's default), or a format that is not known
    """
    if info.coding_format.lower() not in ("", "wave", "wav", "pcm", "raw"):
        raise RefusedError(f"AudioInfo: coding_format {info.coding_format[:20]!r}; let the driver give 'wave'")
    if (sample_format := info.sample_format.upper() or "S16LE") not in _BYTES:
        raise RefusedError(f"AudioInfo: sample_format {info.sample_format[:20]!r}; known are {', '.join(_BYTES)}")
    return Format(_whole("sample_rate", info.sample_rate, _RATES_HZ), _whole("channels", info.channels, _CHANNELS), sample_format)


def from_ros(message: Any, kind: str, described: Format, now_s: float) -> m.RawSound:
    """Sound of any of the three messages; what carries no stamp, or none that is set, came now.

    :raises RefusedError: it holds no sound, or none that is understood
    """
    if kind == "AudioStamped":
        rate_hz, channels, samples = _stamped(message.audio)
    else:
        rate_hz, channels = described.rate_hz, described.channels
        samples = _unpacked(bytes((message.audio if kind == "AudioDataStamped" else message).data), described.sample_format)
    if not 0 < len(samples) <= MOST_SAMPLES or not np.isfinite(samples).all():
        raise RefusedError(f"{kind}: {len(samples)} samples, all of which must be finite, and {MOST_SAMPLES} at most")
    stamp_s = to_seconds(message.header.stamp) if kind != "AudioData" else 0.0
    return m.RawSound(stamp_s or now_s, rate_hz, channels, samples)


def to_ros(frame: m.AudioFrame, kind: str, package: Any, frame_id: str) -> Any:
    """One of our frames as any of the three messages."""
    header = Header(stamp=to_time(frame.stamp_s), frame_id=frame_id)
    if kind == "AudioStamped":
        message = package.AudioStamped(header=header)
        message.audio.audio_data.int16_data = array("h", frame.samples.tobytes())
        about = message.audio.info
        about.format, about.channels, about.rate, about.chunk = _INT16, 1, frame.sample_rate_hz, len(frame.samples)
        return message
    data = package.AudioData(data=array("B", frame.samples.astype("<i2").tobytes()))
    return data if kind == "AudioData" else package.AudioDataStamped(header=header, audio=data)


def info(package: Any, rate_hz: int = 16_000) -> Any:
    """ros-perception's ``AudioInfo`` of what :func:`to_ros` makes."""
    return package.AudioInfo(channels=1, sample_rate=rate_hz, sample_format="S16LE", bitrate=16 * rate_hz, coding_format="wave")


def _stamped(audio: Any) -> tuple[int, int, NDArray[np.float32]]:
    if audio.info.format not in _NUMBERED:
        raise RefusedError(
            f"AudioStamped: info.format {audio.info.format}; known are {', '.join(map(str, _NUMBERED))}, as PortAudio numbers them"
        )
    field, zero, full = _NUMBERED[audio.info.format]
    samples = _scaled(np.asarray(getattr(audio.audio_data, field), np.float64), zero, full)
    return _whole("info.rate", audio.info.rate, _RATES_HZ), _whole("info.channels", audio.info.channels, _CHANNELS), samples


def _unpacked(data: bytes, sample_format: str) -> NDArray[np.float32]:
    kind, zero, full = _BYTES[sample_format]
    width = np.dtype(kind).itemsize
    return _scaled(np.frombuffer(data[: len(data) - len(data) % width], kind).astype(np.float64), zero, full)


def _scaled(samples: NDArray[np.float64], zero: float, full: float) -> NDArray[np.float32]:
    return np.asarray((samples - zero) / full, np.float32)


def _whole(name: str, value: int, known: range) -> int:
    if value not in known:
        raise RefusedError(f"{name} is {value}, expected {known.start} to {known.stop - 1}")
    return int(value)
