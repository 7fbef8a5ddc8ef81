"""Writing MCAP files that a crash cannot spoil.  No ROS here: messages come as bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mcap.writer import CompressionType, Writer

_CHUNK_BYTES = 512 * 1024
_END_CHUNK = "_Writer__finalize_chunk"
"""The library ends a chunk by its size alone, and offers no public way to end one by time."""


class Recording:
    """One ``.mcap`` file.  What was written before the last ``flush`` survives the end of the process, however it ends."""

    def __init__(self, path: Path) -> None:
        """:raises OSError: the file cannot be made"""
        self._file = path.open("xb")
        self._writer = Writer(self._file, chunk_size=_CHUNK_BYTES, compression=CompressionType.LZ4)
        self._writer.start(profile="ros2", library="robot-runtime")
        self._end_chunk: Callable[[], None] = getattr(self._writer, _END_CHUNK)
        self._finish: Callable[[], None] = self._writer.finish
        self._schemas: dict[str, int] = {}

    def fileno(self) -> int:
        """The open file, as of any file object."""
        return self._file.fileno()

    def channel(self, topic: str, ros_type: str, definition: str, metadata: dict[str, str]) -> int:
        """Register a topic with the full text of its message definition; returns what ``write`` wants."""
        if ros_type not in self._schemas:
            self._schemas[ros_type] = self._writer.register_schema(ros_type, "ros2msg", definition.encode())
        return self._writer.register_channel(topic, "cdr", self._schemas[ros_type], metadata)

    def write(self, channel: int, data: bytes, stamp_ns: int) -> None:
        """Add one serialised message.

        :raises OSError: the disk is full or gone
        """
        self._writer.add_message(channel, stamp_ns, data, stamp_ns)

    def flush(self) -> None:
        """Hand all that was written to the operating system.

        :raises OSError: the disk is full or gone
        """
        self._end_chunk()
        self._file.flush()

    def close(self) -> None:
        """Add index and statistics and close the file.

        :raises OSError: the disk is full or gone
        """
        self._finish()
        self._file.close()


def next_path(folder: Path) -> Path:
    """``record.mcap`` in a folder, or the first free of ``record_2.mcap``, … after a restart.

    >>> next_path(Path("/nowhere")).name
    'record.mcap'
    """
    paths = parts(folder / "record.mcap")
    return folder / (f"record_{len(paths) + 1}.mcap" if paths else "record.mcap")


def parts(first: Path) -> list[Path]:
    """The files of one recording, oldest first: the first, and one for each restart of the recorder."""
    found: list[Path] = []
    path = first
    while path.exists():
        found.append(path)
        path = first.with_name(f"{first.stem}_{len(found) + 1}{first.suffix}")
    return found
