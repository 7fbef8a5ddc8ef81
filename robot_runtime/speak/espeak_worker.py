"""espeak-ng behind a pipe: a program of its own, not a module of this project.

espeak-ng is GPL-3.0-or-later.  This script is the only place that loads it, runs in its own process, uses nothing but the
standard library, and shares no memory with anybody; see docs/decisions/0003-espeak-at-arms-length.md.

Run as ``python espeak_worker.py LIBRARY DATA_PARENT``.  Every message in either direction is one ASCII letter, the length
of the rest as an unsigned 32-bit little-endian number, and the rest:

====== ===================================================================================================
to us
====== ===================================================================================================
``S``  speak: JSON with text, voice, rate, pitch, range, volume, word_gap (espeak's own units)
``P``  phonemes: JSON with text, voice
====== ===================================================================================================

====== ===================================================================================================
from us
====== ===================================================================================================
``R``  ready, sent once: JSON with sample_rate_hz and version
``A``  audio: little-endian int16 mono samples, sent while synthesis goes on
``W``  a word begins: its character in the text, counted from 0, and its sample in the sound, both unsigned 32-bit
``T``  phonemes as IPA, UTF-8, separated by ``_``
``E``  end of this answer
``X``  this request failed: UTF-8 reason; the worker goes on
====== ===================================================================================================

End of input ends the worker, so it cannot outlive its owner.  Each request is answered by a fork: the library keeps the
phase of its oscillators from one sentence to the next, and only an untouched copy gives the same samples every time.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
from typing import BinaryIO

# From speak_lib.h of espeak-ng 1.52.
AUDIO_OUTPUT_SYNCHRONOUS = 2
BUFFER_MS = 60
POSITION_CHARACTER = 1
CHARS_UTF8 = 1
PHONEMES_IPA = 0x02
FIRST_VOICE = "en-us"
PARAMETERS = {"rate": 1, "volume": 2, "pitch": 3, "range": 4, "word_gap": 7}
END_OF_EVENTS, WORD = 0, 1


class Event(ctypes.Structure):
    """``espeak_EVENT``."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # counted from 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


def send(output: BinaryIO, kind: bytes, payload: bytes = b"") -> None:
    output.write(kind + struct.pack("<I", len(payload)) + payload)
    output.flush()


def receive(source: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next message as (letter, payload); None at the end of input."""
    header = source.read(5)
    if len(header) < 5:
        return None
    (length,) = struct.unpack("<I", header[1:])
    payload = source.read(length)
    return (header[:1], payload) if len(payload) == length else None


class Engine:
    """The library, and the callback through which it hands out sound."""

    def __init__(self, library: str, data_parent: str, output: BinaryIO) -> None:
        # espeak-ng cuts data paths at 160 bytes, so it gets a short one.
        os.chdir(data_parent)
        self._library = ctypes.CDLL(library)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_Info.restype = ctypes.c_char_p
        self.sample_rate_hz = self._library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, BUFFER_MS, b".", 0)
        if self.sample_rate_hz <= 0:
            raise RuntimeError(f"espeak-ng found no data below {data_parent}")
        self.version = (self._library.espeak_Info(None) or b"").decode()
        self._output = output
        self._callback = Callback(self._on_sound)  # kept: ctypes does not hold a reference
        self._library.espeak_SetSynthCallback(self._callback)
        # Loaded once, for all forks: that saves a third of the time of a sentence.  Always this one, whatever is asked for, as each
        # call leaves traces in the library, and then the same request would give other samples after another one.
        self._use_voice(FIRST_VOICE)

    def _on_sound(self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[Event]) -> int:
        index = 0
        while events and events[index].type != END_OF_EVENTS:
            if events[index].type == WORD:
                send(self._output, b"W", struct.pack("<II", max(events[index].text_position - 1, 0), events[index].sample))
            index += 1
        if count > 0:
            send(self._output, b"A", ctypes.string_at(samples, 2 * count))
        return 0

    def _use_voice(self, voice: str) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice!r}")

    def speak(self, request: dict[str, str | int]) -> None:
        self._use_voice(str(request["voice"]))
        for name, number in PARAMETERS.items():
            self._library.espeak_SetParameter(number, int(request[name]), 0)
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # the same request gives the same sound
        text = str(request["text"]).encode()
        status = self._library.espeak_Synth(text, len(text) + 1, 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None)
        if status != 0:
            raise RuntimeError(f"espeak-ng failed with status {status}")

    def phonemes(self, request: dict[str, str | int]) -> str:
        self._use_voice(str(request["voice"]))
        text = ctypes.c_char_p(str(request["text"]).encode())
        mode = PHONEMES_IPA | ord("_") << 8
        clauses = []
        while text.value is not None:  # the library moves the pointer on, clause by clause, and clears it at the end
            clauses.append(self._library.espeak_TextToPhonemes(ctypes.byref(text), CHARS_UTF8, mode) or b"")
        return b" ".join(clauses).decode()


def answer(engine: Engine, output: BinaryIO, kind: bytes, payload: bytes) -> None:
    try:
        request = json.loads(payload)
        if kind == b"P":
            send(output, b"T", engine.phonemes(request).encode())
        else:
            engine.speak(request)
    except (ValueError, KeyError, RuntimeError) as error:
        send(output, b"X", f"{type(error).__name__}: {error}".encode())
    else:
        send(output, b"E")


def main(library: str, data_parent: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; we end when our input does
    source, output = sys.stdin.buffer, sys.stdout.buffer
    engine = Engine(library, data_parent, output)
    send(output, b"R", json.dumps({"sample_rate_hz": engine.sample_rate_hz, "version": engine.version}).encode())
    while (message := receive(source)) is not None:
        child = os.fork()
        if child == 0:
            answer(engine, output, *message)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status != 0:
            send(output, b"X", f"synthesis crashed with status {status}".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
