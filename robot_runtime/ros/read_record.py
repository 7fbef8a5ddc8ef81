"""Reading a recording back as dataclasses."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from mcap.exceptions import EndOfFile, McapError
from mcap.records import Channel, Message
from mcap.stream_reader import StreamReader

from robot_runtime.ros import environment
from robot_runtime.ros.recording import parts
from safety.files import FileError

_MAGIC_BYTES = 8


def read(path: Path | str) -> Iterator[tuple[str, Any]]:
    """(topic of the table, message) in the order of receipt, from a file and those that restarts of the recorder added.

    A file that ends in the middle, because its writer was killed, gives what is whole.

    :raises FileError: there is no such file, or it is no recording of ours
    """
    for _, topic, message in read_timed(path):
        yield topic, message


def read_timed(path: Path | str) -> Iterator[tuple[float, str, Any]]:
    """The same, each with the time at which the recorder received it."""
    files = parts(Path(path))
    if not files:
        raise FileError(f"{path}: no such recording")
    environment.prepare()
    for file in files:
        yield from _read_file(file)


def _read_file(file: Path) -> Iterator[tuple[float, str, Any]]:
    from rclpy.serialization import deserialize_message

    from robot_runtime.ros.convert import codec

    topics: dict[int, str] = {}
    for record in _records(file):
        if isinstance(record, Channel):
            topics[record.id] = _topic(record, file)
        elif isinstance(record, Message):
            convert = codec(topics[record.channel_id])
            received_s = record.log_time * 1e-9
            yield received_s, topics[record.channel_id], convert.from_ros(deserialize_message(record.data, convert.ros_class), received_s)


def _records(file: Path) -> Iterator[Any]:
    data = file.read_bytes()
    try:
        yield from StreamReader(BytesIO(data[: _whole(data)])).records
    except EndOfFile:
        return  # its writer was killed
    except (McapError, struct.error) as error:
        raise FileError(f"{file}: not a recording: {error}") from error


def _whole(data: bytes) -> int:
    """Where the last whole record ends.  A record is an opcode, its length in 8 bytes, and so many bytes (MCAP specification)."""
    end = after = _MAGIC_BYTES
    while after <= len(data):
        end = after
        header = data[end : end + 9]
        if len(header) < 9 or end + 9 + int.from_bytes(header[1:], "little") > len(data):
            return len(data) if end + _MAGIC_BYTES == len(data) else end  # the file ends with the magic it begins with
        after = end + 9 + int.from_bytes(header[1:], "little")
    return end


def _topic(channel: Channel, file: Path) -> str:
    from robot_runtime.topics import TOPICS

    topic = channel.metadata.get("topic", channel.topic.strip("/"))
    if topic not in TOPICS:
        raise FileError(f"{file}: topic {channel.topic} is not in the table of topics")
    return topic
