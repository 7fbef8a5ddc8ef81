"""Kyutai TTS (the package ``moshi``) behind a pipe: torch and its models stay out of the process that hears and speaks.

The protocol is that of ``espeak_worker.py``.  Run as ``python kyutai_worker.py VOICE...``; a request's voice is one of these: a file of the
repository ``kyutai/tts-voices``, or the path of a ``.safetensors`` file.  Sound leaves frame by frame, 80 ms each, while it is generated.
"""

from __future__ import annotations

import json
import signal
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

GUIDANCE = 2.0  # what the model card recommends


def send(output: BinaryIO, kind: bytes, payload: bytes = b"") -> None:
    output.write(kind + struct.pack("<I", len(payload)) + payload)
    output.flush()


def receive(source: BinaryIO) -> bytes | None:
    """The next request; None at the end of input."""
    header = source.read(5)
    return source.read(struct.unpack("<I", header[1:])[0]) if len(header) == 5 else None


class Speaker:
    """The model, and the conditions of its voices."""

    def __init__(self, voices: list[str]) -> None:
        import torch
        from moshi.models.tts import get_default_tts_model

        self._torch = torch
        self._model: Any = get_default_tts_model(device="cuda" if torch.cuda.is_available() else "cpu")
        guidance = GUIDANCE if self._model.valid_cfg_conditionings else None
        self._conditions = {
            voice: self._model.make_condition_attributes([self._path(voice)], cfg_coef=guidance) for voice in dict.fromkeys(voices)
        }
        self.sample_rate_hz = int(self._model.mimi.sample_rate)

    def _path(self, voice: str) -> Path:
        return Path(voice) if voice.endswith(".safetensors") else self._model.get_voice_path(voice)

    def speak(self, request: dict[str, str], output: BinaryIO) -> None:
        model, torch = self._model, self._torch

        def on_frame(frame: Any) -> None:
            if not bool((frame != -1).all()):
                return  # the sound follows the text after some frames
            sound = torch.clip(model.mimi.decode(frame[:, 1:, :]), -1, 1)[0, 0]
            send(output, b"A", (sound * 32767).to(torch.int16).cpu().numpy().astype("<i2").tobytes())

        entries = model.prepare_script([request["text"]], padding_between=1)
        with torch.no_grad(), model.mimi.streaming(1):
            model.generate([entries], [self._conditions[request["voice"]]], on_frame=on_frame)


def answer(speaker: Speaker, payload: bytes, output: BinaryIO) -> None:
    try:
        speaker.speak(json.loads(payload), output)
    except Exception as error:
        send(output, b"X", f"kyutai: {type(error).__name__}: {error}".encode())
    else:
        send(output, b"E")


def main(voices: list[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; we end when our input does
    source, output = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what libraries print is no message
    try:
        speaker = Speaker(voices)
    except Exception as error:  # whatever it is, the other side has to say it
        send(output, b"X", f"kyutai: {type(error).__name__}: {error}".encode())
        return
    send(output, b"R", json.dumps({"sample_rate_hz": speaker.sample_rate_hz}).encode())
    while (payload := receive(source)) is not None:
        answer(speaker, payload, output)


if __name__ == "__main__":
    main(sys.argv[1:])
