"""Engines that take their time or have a licence or libraries of their own: a process of its own, never waited for.

The process is any program that speaks the protocol of ``pipes.py``: a request tells text, language, voice and duration, a ratio to the
voice's own pace; the answer is pieces of sound, and the ready process tells its ``sample_rate_hz``.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence

import numpy as np
import soxr
from numpy.typing import NDArray

from robot_runtime.pipes import Pipes, WorkerError
from robot_runtime.speak.clauses import letters
from robot_runtime.speak.engine import NOT_YET, RATE_HZ, EngineError, Manner, Piece
from robot_runtime.speak.loudness import NOMINAL_DBFS
from robot_runtime.speak.meter import active_level_dbfs
from robot_runtime.speak.stretch import RATIOS, Stretch

_SILENT = 150  # of int16: what is softer before and behind a clause is cut
_TYPICAL_LETTER_S = 0.07  # until the voice itself has been heard
_LEARNING = 0.5  # share of the last clause in what is known of a voice
_MOST_GAIN = 4.0
_FIRST_GAIN = 0.5  # engines tend to speak near full scale
_CAUTIOUS = 1.15  # words are told as heard rather late than early


class RemoteEngine:
    """See :class:`~robot_runtime.speak.engine.Engine`.

    Pace and level of a voice are learnt from what it says, clause by clause.

    :param command: starts the process
    :param voices: language → what the process calls its voice; the first is taken where a language has none
    :param has_rate: whether the process heeds ``duration``; else its sound is stretched here
    """

    def __init__(self, command: Sequence[str], voices: Mapping[str, str], *, has_rate: bool) -> None:
        self._command = command
        self._voices = voices
        self._has_rate = has_rate
        self._pipes: Pipes | None = None
        self._letter_s: dict[str, float] = {}
        self._gain: dict[str, float] = {}
        self.starts = 0
        self._running()  # a model takes seconds to load

    def close(self) -> None:
        pipes, self._pipes = self._pipes, None
        if pipes is not None:
            pipes.close()

    def say(self, clause: str, seconds: float, language: str, manner: Manner) -> Generator[Piece, None, None]:
        """See :class:`~robot_runtime.speak.engine.Engine`; pitch is the engine's own.

        :raises EngineError: the process died or refused; the next clause starts it again
        """
        language = language if language in self._voices else next(iter(self._voices))
        try:
            yield from self._answer(clause, seconds, language)
        except (EngineError, WorkerError, OSError) as error:
            self.close()
            raise EngineError(str(error)) from error

    def pitch_range_st(self, language: str) -> float:
        return math.nan

    def _answer(self, clause: str, seconds: float, language: str) -> Iterator[Piece]:
        ratio = seconds / (letters(clause) * self._letter_s.get(language, _TYPICAL_LETTER_S))
        ratio = min(max(ratio, RATIOS[0]), RATIOS[1])
        request = {"text": clause, "language": language, "voice": self._voices[language], "duration": ratio if self._has_rate else 1.0}
        pipes = self._running()
        while not pipes.is_ready():
            yield NOT_YET
        answer = pipes.ask(request)
        shape = _Shape(int(pipes.told["sample_rate_hz"]), self._gain.get(language, _FIRST_GAIN), Stretch(1.0 if self._has_rate else ratio))
        out_s, kind = 0.0, b""
        while kind != b"E":
            message = pipes.next_of(answer)
            if message is None:
                yield NOT_YET
                continue
            kind, payload = message
            if kind == b"X":
                raise EngineError(payload.decode(errors="replace"))
            samples = shape.push(payload) if kind == b"A" else shape.finish()
            out_s += len(samples) / RATE_HZ
            yield Piece(samples, len(clause) if kind == b"E" else _heard(clause, out_s / (seconds * _CAUTIOUS)))
        self._learn(language, clause, shape, ratio)

    def _learn(self, language: str, clause: str, shape: _Shape, ratio: float) -> None:
        sound = shape.heard()
        level_dbfs = active_level_dbfs(sound)
        if not len(sound) or not level_dbfs > -80:
            return
        letter_s = len(sound) / RATE_HZ / letters(clause) / (ratio if self._has_rate else 1.0)
        gain = min(10 ** ((NOMINAL_DBFS - level_dbfs) / 20), _MOST_GAIN)
        for known, new in ((self._letter_s, letter_s), (self._gain, gain)):
            known[language] = new if language not in known else known[language] + _LEARNING * (new - known[language])

    def _running(self) -> Pipes:
        if self._pipes is not None and self._pipes.process.poll() is not None:
            self.close()
        if self._pipes is None:
            self._pipes = Pipes(self._command)
            self.starts += 1
        return self._pipes


class _Shape:
    """From an engine's samples to ours: rate, level, pace, and no silence around."""

    def __init__(self, sample_rate_hz: int, gain: float, stretch: Stretch) -> None:
        self._resampler = soxr.ResampleStream(sample_rate_hz, RATE_HZ, 1, dtype="int16")
        self._gain = gain
        self._stretch = stretch
        self._began = False
        self._quiet = np.zeros(0, np.int16)  # silence that is the end, unless more sound follows
        self._kept: list[NDArray[np.int16]] = []  # before gain and stretch, to learn from

    def push(self, payload: bytes) -> NDArray[np.int16]:
        return self._onward(self._resampler.resample_chunk(np.frombuffer(payload, "<i2").astype(np.int16)))

    def finish(self) -> NDArray[np.int16]:
        rest = self._onward(self._resampler.resample_chunk(np.zeros(0, np.int16), last=True))
        return np.concatenate([rest, self._stretch.finish()])

    def heard(self) -> NDArray[np.int16]:
        return np.concatenate([np.zeros(0, np.int16), *self._kept])

    def _onward(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _SILENT)
        if not len(loud):
            if self._began:
                self._quiet = np.concatenate([self._quiet, samples])
            return np.zeros(0, np.int16)
        first = 0 if self._began else loud[0]
        sound = np.concatenate([self._quiet, samples[first : loud[-1] + 1]])
        self._began, self._quiet = True, samples[loud[-1] + 1 :]
        self._kept.append(sound)
        return self._stretch.push(np.clip(np.rint(sound * self._gain), -32768, 32767).astype(np.int16))


def _heard(clause: str, share: float) -> int:
    """Characters of the words that are over after a share of the sound.

    >>> _heard("one two three", 0.6)
    7
    """
    end = clause.rfind(" ", 0, int(min(share, 1.0) * len(clause)) + 1)
    return max(end, 0)
