"""``robot-runtime say TEXT``: the robot's voice, into a WAV file or out of the loudspeaker, and what was measured on its sound."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from robot_runtime.cli import UsageError
from robot_runtime.messages import AudioFrame, SpeechRequest, SpeechState, SpeechStyle
from robot_runtime.paths import resolve
from robot_runtime.social.policy import HOME_POLICY, Style, load_policy, load_style
from robot_runtime.speak.clauses import count_words
from robot_runtime.speak.engine import EngineError
from robot_runtime.speak.espeak import EspeakError
from robot_runtime.speak.speaker import Speaker, SpeakerConfig
from robot_runtime.speak.voice import FRAME_S, Voice, VoiceConfig
from safety.files import parse, suggestion

_BUFFER_S = 0.2  # between us and the sound card: how far we may be ahead of what is heard
_POLL_S = 0.005
_LONGEST_WAIT_S = 120.0  # for an engine that has a large model to load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("text", metavar="TEXT", help="what to say")
    parser.add_argument("--out", default="", metavar="FILE.wav", help="write the sound, 16 kHz mono, instead of playing it")
    pace = parser.add_mutually_exclusive_group()
    style = "a style of the social policy, as adult, child or elderly, or a YAML file that holds one"
    pace.add_argument("--style", default="", metavar="NAME|FILE.yaml", help=style)
    pace.add_argument("--rate-wpm", metavar="N", help="words a minute, 80 to 300; the voice's own rate if not given")
    parser.add_argument("--social-policy", default=str(HOME_POLICY), metavar="FILE", help="where the styles are; default: the home's")
    parser.add_argument("--language", default="en", metavar="en|fr|…", help="of TEXT; default: en")
    parser.add_argument("--backend", metavar="ENGINE", help="espeak, piper or kyutai; default: espeak")
    parser.add_argument("--voice", metavar="NAME|MODEL", help="voice of the engine, or the path of its model; default: the engine's own")
    parser.add_argument("--json", action="store_true", help="one machine-readable line")


@dataclass(frozen=True)
class _Said:
    frames: list[AudioFrame]
    state: SpeechState
    first_sound_ms: float  # from the request to the first frame


def run(args: argparse.Namespace) -> int:
    """Returns 0 when it was said.

    :raises UsageError: nothing to say, an unknown style, or the engine cannot be had
    :raises FileError: a value out of range, a wrong policy or style file, or the file or device cannot be used
    """
    if not count_words(args.text):
        raise UsageError("TEXT holds no word to say")
    config = parse(_given(args), VoiceConfig, "command line")
    style = _style(args.style, args.social_policy) if args.style else None
    speaker = Speaker(SpeakerConfig(sink=f"file:{args.out}" if args.out else "device", buffer_s=2 * _BUFFER_S))
    try:
        said = _spoken(args.text, config, style)
        _play(speaker, said.frames, paced=not args.out)
    finally:
        speaker.close()
    print(json.dumps(_figures(args, said)) if args.json else _as_text(args, said.state))
    return 0


def _given(args: argparse.Namespace) -> dict[str, object]:
    given = {"rate_wpm": args.rate_wpm, "backend": args.backend, "language": args.language}
    voices = {"voices": {args.language: args.voice}} if args.voice else {}
    return {name: value for name, value in given.items() if value} | voices


def _style(name: str, policy_file: str) -> SpeechStyle:
    if name.endswith((".yaml", ".yml")):
        return _as_message(name, load_style(resolve(name)))
    styles = load_policy(resolve(policy_file)).styles
    if name not in styles:
        raise UsageError(f"--style: {policy_file} has no style '{name}'{suggestion(name, list(styles))}")
    return _as_message(name, styles[name])


def _as_message(name: str, style: Style) -> SpeechStyle:
    return SpeechStyle(stamp_s=0.0, person_id="", name=name, evidence="asked for", confidence=1.0, **style.model_dump())


def _spoken(text: str, config: VoiceConfig, style: SpeechStyle | None) -> _Said:
    """All frames and the closing state of the robot's voice, which speaks here in virtual time."""
    try:
        voice = Voice(config)
        try:
            return _heard(voice, SpeechRequest(0.0, "say", text, "", "answer", "", False), style)
        finally:
            voice.close()
    except (EngineError, EspeakError) as error:
        raise UsageError(str(error)) from error


def _heard(voice: Voice, request: SpeechRequest, style: SpeechStyle | None) -> _Said:
    frames: list[AudioFrame] = []
    inbox: dict[str, Sequence[object]] = {"speech/say": [request], "speech/style": [style] if style else []}
    started_s, first_s = time.monotonic(), math.nan
    while True:
        before = len(frames)
        for _, message in voice.step(inbox, len(frames) * FRAME_S):
            if isinstance(message, AudioFrame):
                frames.append(message)
            elif isinstance(message, SpeechState) and message.phase == "finished":
                return _Said(frames, message, 1e3 * (first_s - started_s))
            elif isinstance(message, SpeechState) and message.phase == "cancelled":
                raise EngineError("the speech engine failed; what it said is on standard error")
        inbox = {}
        if frames and math.isnan(first_s):
            first_s = time.monotonic()
        if len(frames) == before:
            if not frames and time.monotonic() - started_s > _LONGEST_WAIT_S:
                raise EngineError(f"the speech engine gave no sound within {_LONGEST_WAIT_S:.0f} s")
            time.sleep(_POLL_S)


def _play(speaker: Speaker, frames: Sequence[AudioFrame], *, paced: bool) -> None:
    """Hand the frames on: all at once, or at the pace at which they are heard, and wait for the last."""
    started_s = time.monotonic()
    for index, frame in enumerate(frames):
        speaker.step({"audio/out": [frame]}, 0.0)
        if paced:
            time.sleep(max(0.0, started_s + (index + 1) * FRAME_S - _BUFFER_S - time.monotonic()))
    if paced:
        time.sleep(2 * _BUFFER_S)


def _figures(args: argparse.Namespace, said: _Said) -> dict[str, object]:
    """What was measured on the sound; null where there was nothing to measure, as the pause of a single sentence."""
    state = said.state
    return {
        "text": args.text,
        "style": args.style,
        "language": args.language,
        "duration_s": round(state.duration_s, 2),
        "rate_wpm": round(state.rate_wpm, 1),
        "words": count_words(args.text),
        "pause_s": _rounded(state.pause_s, 3),
        "clause_pause_s": _rounded(state.clause_pause_s, 3),
        "level_dbfs": _rounded(state.level_dbfs, 1),
        "pitch_hz": _rounded(state.pitch_hz, 1),
        "pitch_range_st": _rounded(state.pitch_range_st, 1),
        "first_sound_ms": _rounded(said.first_sound_ms, 1),
        "file": args.out,
    }


def _rounded(value: float, digits: int) -> float | None:
    return round(value, digits) if math.isfinite(value) else None


def _as_text(args: argparse.Namespace, said: SpeechState) -> str:
    figures = f"{said.duration_s:.2f} s, {said.rate_wpm:.0f} words a minute, {said.level_dbfs:.0f} dBFS, pitch {said.pitch_hz:.0f} Hz"
    return f"{args.out or 'said'}: {figures}"
