"""Synthesis by espeak-ng, which runs in a process of its own (``espeak_worker.py`` says why and how)."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import struct
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORKER = Path(__file__).with_name("espeak_worker.py")
_PIPE_BYTES = 1 << 16  # what a pipe holds on Linux
_LIBRARY_NAMES = {"darwin": "libespeak-ng.dylib", "win32": "espeak-ng.dll"}


class EspeakError(RuntimeError):
    """espeak-ng is missing, refused a request, or its process died or hung."""


class _WorkerDiedError(EspeakError):
    """Worth one more try with a fresh worker."""


def library_and_data() -> tuple[Path, Path]:
    """The shared library of the ``espeakng-loader`` wheel and the folder that holds its ``espeak-ng-data``.

    The wheel is located, not imported: its code stays out of this process.

    :raises EspeakError: the wheel is not installed or not complete
    """
    found = importlib.util.find_spec("espeakng_loader")
    if found is None or found.origin is None:
        raise EspeakError("espeak-ng is not installed: pip install espeakng-loader")
    folder = Path(found.origin).parent
    library = folder / _LIBRARY_NAMES.get(sys.platform, "libespeak-ng.so")
    if not library.exists() or not (folder / "espeak-ng-data").is_dir():
        raise EspeakError(f"espeakng-loader in {folder} is not complete: reinstall it")
    return library, folder


class Espeak:
    """A client of one worker process.

    The process starts with the first request and is started again by the first request after it died.  Calls block
    for the synthesis, about 5 ms for a sentence.  Not for use from several threads at once.
    """

    def __init__(self, timeout_s: float = 5.0) -> None:
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._ending: Callable[[], object] | None = None  # of that process, also when nobody closes this
        self._answering = False  # an answer was not read to its end, because the caller did not want the rest
        self._unread = b""
        self._hello: dict[str, Any] = {}
        self.starts = 0

    def __enter__(self) -> Espeak:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def sample_rate_hz(self) -> int:
        """22050 for all voices of espeak-ng.

        :raises EspeakError: the worker does not start
        """
        self._ensure_running()
        return int(self._hello["sample_rate_hz"])

    @property
    def version(self) -> str:
        """Version of the library, such as "1.52.0".

        :raises EspeakError: the worker does not start
        """
        self._ensure_running()
        return str(self._hello["version"])

    def synthesise(
        self,
        text: str,
        voice: str = "en-us",
        rate_wpm: int = 165,
        pitch: int = 50,
        pitch_range: int = 50,
        volume: int = 100,
        word_gap: int = 0,
    ) -> NDArray[np.int16]:
        """The whole sound of ``text``, mono, at :attr:`sample_rate_hz`; the same request always gives the same samples.

        :param voice: as espeak-ng names them: a language with a variant, such as "en-us" or "en-gb-x-rp+f3"
        :param rate_wpm: 80 … 450, in espeak's own reckoning (``robot_runtime/speak/rate.py`` relates it to real words a minute)
        :param pitch: 0 … 99, where 50 is the voice's own
        :param pitch_range: 0 is a monotone, 99 very lively
        :param volume: 0 … 200 per cent
        :param word_gap: pause between words, in units of 10 ms at the normal rate
        :raises EspeakError: unknown voice, or the worker cannot be had
        """
        chunks = list(self.stream(text, voice, rate_wpm, pitch, pitch_range, volume, word_gap))
        return np.concatenate(chunks) if chunks else np.zeros(0, np.int16)

    def stream(
        self,
        text: str,
        voice: str = "en-us",
        rate_wpm: int = 165,
        pitch: int = 50,
        pitch_range: int = 50,
        volume: int = 100,
        word_gap: int = 0,
    ) -> Iterator[NDArray[np.int16]]:
        """As :meth:`synthesise`, in pieces of about 60 ms while synthesis goes on; the caller may stop early.

        :raises EspeakError: unknown voice, or the worker cannot be had
        """
        request: dict[str, str | int] = {
            "text": text, "voice": voice, "rate": rate_wpm, "pitch": pitch, "range": pitch_range, "volume": volume,
            "word_gap": word_gap,
        }  # fmt: skip
        for kind, payload in self._ask(b"S", request):
            if kind == b"A":
                yield np.frombuffer(payload, "<i2").astype(np.int16)

    def with_words(
        self, text: str, voice: str, rate_wpm: int, pitch: int, pitch_range: int, word_gap: int
    ) -> tuple[NDArray[np.int16], list[tuple[int, int]]]:
        """As :meth:`synthesise`, and for each word its first character in the text and its first sample in the sound.

        :raises EspeakError: unknown voice, or the worker cannot be had
        """
        request: dict[str, str | int] = {
            "text": text, "voice": voice, "rate": rate_wpm, "pitch": pitch, "range": pitch_range, "volume": 100, "word_gap": word_gap,
        }  # fmt: skip
        sound, words = [np.zeros(0, np.int16)], []
        for kind, payload in self._ask(b"S", request):
            if kind == b"A":
                sound.append(np.frombuffer(payload, "<i2").astype(np.int16))
            elif kind == b"W":
                words.append(struct.unpack("<II", payload))
        return np.concatenate(sound), words

    def phonemes(self, text: str, voice: str = "en-us") -> list[str]:
        """Pronunciation of ``text`` as IPA symbols, stress marks included, one list item a phoneme.

        :raises EspeakError: unknown voice, or the worker cannot be had
        """
        answer = "".join(payload.decode() for kind, payload in self._ask(b"P", {"text": text, "voice": voice}) if kind == b"T")
        return [phoneme for word in answer.split() for phoneme in word.split("_") if phoneme]

    def close(self) -> None:
        """End the worker.  A later request starts a new one."""
        self._process = None
        self._answering, self._unread = False, b""
        if self._ending is not None:
            self._ending()

    def _ensure_running(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        library, data_parent = library_and_data()
        # Isolated and without site packages: nothing but the standard library can get into the worker.
        command = [sys.executable, "-I", "-S", str(_WORKER), str(library), str(data_parent)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._ending = weakref.finalize(self, _end, self._process)
        self.starts += 1
        kind, payload = self._receive()
        if kind != b"R":
            raise EspeakError(f"the espeak-ng worker answered {kind!r} instead of being ready")
        self._hello = json.loads(payload)

    def _ask(self, kind: bytes, request: Mapping[str, str | int]) -> Iterator[tuple[bytes, bytes]]:
        if self._answering:
            self._finish_answer()
        answer, payload = self._first_answer(kind, json.dumps(request).encode())
        while answer not in b"EX":
            yield answer, payload
            answer, payload = self._receive()
        self._answering = False
        if answer == b"X":
            raise EspeakError(payload.decode())

    def _first_answer(self, kind: bytes, request: bytes) -> tuple[bytes, bytes]:
        """Ask, and ask a fresh worker once more when the old one turns out to be dead."""
        self._answering = True
        restarts_left = 1
        while True:
            self._ensure_running()
            try:
                self._send(kind, request)
                return self._receive()
            except _WorkerDiedError:
                if restarts_left == 0:
                    raise
                restarts_left -= 1

    def _finish_answer(self) -> None:
        """Read past what the last caller left unread.  Losing the worker here only means a fresh one for the next request."""
        try:
            while self._receive()[0] not in b"EX":
                continue
        except EspeakError:
            self.close()
        self._answering = False

    def _send(self, kind: bytes, payload: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(kind + struct.pack("<I", len(payload)) + payload)
        except OSError as error:
            self.close()
            raise _WorkerDiedError("the espeak-ng worker died") from error

    def _receive(self) -> tuple[bytes, bytes]:
        header = self._read(5)
        return header[:1], self._read(struct.unpack("<I", header[1:])[0])

    def _read(self, count: int) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        deadline_s = time.monotonic() + self._timeout_s
        while len(self._unread) < count:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline_s - time.monotonic()))
            piece = os.read(pipe, _PIPE_BYTES) if ready else b""
            if not piece:
                self._process.kill()
                self.close()
                if ready:
                    raise _WorkerDiedError("the espeak-ng worker died")
                raise EspeakError(f"the espeak-ng worker gave no answer within {self._timeout_s} s")
            self._unread += piece
        data, self._unread = self._unread[:count], self._unread[count:]
        return data


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(timeout=1.0)  # it ends with its input
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
