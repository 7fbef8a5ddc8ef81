"""``robot-runtime bench say``: from a request to its first frame, what each step of the voice costs, and whether the rate is right."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from robot_runtime.messages import AudioFrame, SpeechRequest, SpeechState, SpeechStyle
from robot_runtime.mind.sentences.book import load_sentences
from robot_runtime.observe.figures import Figure, figure
from robot_runtime.speak.voice import FRAME_S, Voice, VoiceConfig

_RATES_WPM = (110.0, 140.0, 165.0, 200.0)
_FEW_WORDS = 4


def figures(repeats: int) -> tuple[list[Figure], str]:
    """Rows in milliseconds, and a line on the rate; ``repeats`` requests, from the robot's own sentences in both languages.

    The clock of the voice is virtual, so that a slow machine does not shorten what is said; the time of each step is real.
    """
    voice = Voice(VoiceConfig())
    first_ms: list[float] = []
    step_ms: list[float] = []
    off: list[float] = []
    now_s = 0.0
    for number, (language, text, rate_wpm) in zip(range(repeats), _requests(), strict=False):
        request = SpeechRequest(now_s, f"s{number}", text, "", "answer", "", False, language=language)
        style = SpeechStyle(now_s, "", "bench", rate_wpm, 1.0, 1.0, 0.3, 1.0, 0.5, "", 1.0)
        inbox: dict[str, list[object]] = {"speech/say": [request], "speech/style": [style]}
        finished: SpeechState | None = None
        while finished is None:
            started_s = time.perf_counter()
            outbox = voice.step(inbox, now_s)
            spent_ms = 1e3 * (time.perf_counter() - started_s)
            if inbox and any(isinstance(message, AudioFrame) for _, message in outbox):
                first_ms.append(spent_ms)
            elif not inbox:
                step_ms.append(spent_ms)
            states = (message for _, message in outbox if isinstance(message, SpeechState))
            finished = next((state for state in states if state.phase != "started"), None)
            inbox, now_s = {}, now_s + FRAME_S
        if len(text.split()) >= _FEW_WORDS:
            off.append(abs(finished.rate_wpm / rate_wpm - 1))
    voice.close()
    rows = [figure("request → first frame of sound", first_ms), figure("each further step of 20 ms", step_ms)]
    return rows, f"rate of the sound against that asked for, over {len(off)} sentences: {_shares(off)}"


def _requests() -> Iterator[tuple[str, str, float]]:
    """Whole sentences, in an order that changes language, length and rate all the time; for ever."""
    texts = [
        (language, text)
        for language in ("en", "fr")
        for text in load_sentences(language).sentences.values()
        if "{" not in text and text[-1] in ".?"
    ]
    number = 0
    while True:
        language, text = texts[number * 37 % len(texts)]
        yield language, text, _RATES_WPM[number % len(_RATES_WPM)]
        number += 1


def _shares(off: list[float]) -> str:
    if not off:
        return "none measured"
    ordered = sorted(off)
    p95 = ordered[min(math.ceil(0.95 * len(ordered)), len(ordered)) - 1]
    return f"off by {sum(off) / len(off):.1%} on average, 95 %: {p95:.1%}, at most {ordered[-1]:.1%}"
