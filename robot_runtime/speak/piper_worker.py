"""Piper behind a pipe: a program of its own, not a module of this project.

Piper's package ``piper-tts`` is GPL-3.0-or-later from 1.3 on, and MIT with a GPL espeak-ng inside before; either way it runs at arm's
length, as docs/decisions/0003-espeak-at-arms-length.md says for espeak-ng.  The protocol is that of ``espeak_worker.py``.

Run as ``python piper_worker.py MODEL.onnx...``; a request's voice is one of these paths.
"""

from __future__ import annotations

import json
import signal
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO


def send(output: BinaryIO, kind: bytes, payload: bytes = b"") -> None:
    output.write(kind + struct.pack("<I", len(payload)) + payload)
    output.flush()


def receive(source: BinaryIO) -> bytes | None:
    """The next request; None at the end of input."""
    header = source.read(5)
    return source.read(struct.unpack("<I", header[1:])[0]) if len(header) == 5 else None


def sound(piper: Any, voice: Any, text: str, duration: float) -> Iterator[bytes]:
    """int16 samples of a text, a sentence at a time."""
    if hasattr(piper, "SynthesisConfig"):  # from 1.3 on
        config = piper.SynthesisConfig(length_scale=duration * (voice.config.length_scale or 1.0))
        for chunk in voice.synthesize(text, config):
            yield chunk.audio_int16_bytes
    else:
        yield from voice.synthesize_stream_raw(text, length_scale=duration * (voice.config.length_scale or 1.0))


def answer(piper: Any, voices: dict[str, Any], payload: bytes, output: BinaryIO) -> None:
    try:
        request = json.loads(payload)
        for samples in sound(piper, voices[request["voice"]], request["text"], request["duration"]):
            send(output, b"A", samples)
    except Exception as error:
        send(output, b"X", f"piper: {type(error).__name__}: {error}".encode())
    else:
        send(output, b"E")


def main(models: list[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; we end when our input does
    source, output = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what libraries print is no message
    try:
        import piper

        voices = {path: piper.PiperVoice.load(path) for path in models}
        rates = {voice.config.sample_rate for voice in voices.values()}
        if len(rates) != 1:
            raise ValueError(f"voices of several sample rates {sorted(rates)}")
    except Exception as error:  # whatever it is, the other side has to say it
        send(output, b"X", f"piper: {type(error).__name__}: {error}".encode())
        return
    send(output, b"R", json.dumps({"sample_rate_hz": rates.pop(), "version": getattr(piper, "__version__", "")}).encode())
    while (payload := receive(source)) is not None:
        answer(piper, voices, payload, output)


if __name__ == "__main__":
    main(sys.argv[1:])
