"""Sound cards by name, through PortAudio; imported only when a configuration asks for a device."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from safety.files import FileError

Direction = Literal["input", "output"]

_LIST_OF_CARDS = Path("/proc/asound/cards")


def load() -> Any:
    """The ``sounddevice`` module.

    :raises FileError: it, or the PortAudio library that it needs, is not installed
    """
    try:
        import sounddevice
    except ImportError as error:
        raise FileError(f"sound device: sounddevice is not installed: {error}; pip install sounddevice") from error
    except OSError as error:
        raise FileError(f"sound device: PortAudio is missing: {error}; apt-get install libportaudio2") from error
    return sounddevice


def find(sounddevice: Any, name: str, kind: Direction) -> int | None:
    """The index of the device whose name contains ``name``; None, which means the system's default, for an empty name.

    :raises FileError: there is no such device; the message lists those that exist
    """
    channels = f"max_{kind}_channels"
    usable = [(index, device["name"]) for index, device in enumerate(sounddevice.query_devices()) if device[channels] > 0]
    if not usable:
        raise FileError(f"audio {kind}: no {kind} device on this machine; use file:PATH, or plug one in")
    if not name:
        return None
    matching = [index for index, known in usable if name.lower() in known.lower()]
    if not matching:
        raise FileError(f"audio {kind}: no device called '{name}'; there are: {', '.join(known for _, known in usable)}")
    return matching[0]


def plugged() -> str | None:
    """What the system says is plugged in now; None where it does not say (only Linux with ALSA does)."""
    try:
        return _LIST_OF_CARDS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def look_again(sounddevice: Any) -> None:
    """PortAudio lists the devices when it is initialised, and never again.  No stream may be open.

    ``sounddevice`` has no public function for it; its maintainer names these two (its issue 125).

    :raises FileError: PortAudio cannot begin again
    """
    try:
        sounddevice._terminate()
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise FileError(f"sound device: PortAudio cannot look for devices: {error}") from error
