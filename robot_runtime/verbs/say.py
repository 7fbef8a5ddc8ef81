"""``robot-runtime say TEXT``: the robot's voice, into a WAV file or out of the loudspeaker."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

from robot_runtime.cli import UsageError
from robot_runtime.messages import AudioFrame, SpeechRequest, SpeechState, SpeechStyle
from robot_runtime.paths import resolve
from robot_runtime.social.policy import HOME_POLICY, load_policy
from robot_runtime.speak.espeak import EspeakError
from robot_runtime.speak.speaker import Speaker, SpeakerConfig
from robot_runtime.speak.synthesis import count_words
from robot_runtime.speak.voice import FRAME_S, Voice, VoiceConfig
from safety.files import parse, suggestion

_BUFFER_S = 0.2  # between us and the sound card: how far we may be ahead of what is heard


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("text", metavar="TEXT", help="what to say, in English")
    parser.add_argument("--out", default="", metavar="FILE.wav", help="write the sound, 16 kHz mono, instead of playing it")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--style", default="", metavar="NAME", help="a style of the social policy, as adult, child or elderly")
    pace.add_argument("--rate-wpm", metavar="N", help="words a minute, 80 to 300; the voice's own rate if not given")
    parser.add_argument("--social-policy", default=str(HOME_POLICY), metavar="FILE", help="where the styles are; default: the home's")
    parser.add_argument("--json", action="store_true", help="one machine-readable line")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when it was said.

    :raises UsageError: nothing to say, an unknown style, or espeak-ng cannot be had
    :raises FileError: a rate out of range, a wrong policy file, or the file or device cannot be used
    """
    if not count_words(args.text):
        raise UsageError("TEXT holds no word to say")
    config = parse({"rate_wpm": args.rate_wpm} if args.rate_wpm else {}, VoiceConfig, "command line")
    style = _style(args.style, args.social_policy) if args.style else None
    speaker = Speaker(SpeakerConfig(sink=f"file:{args.out}" if args.out else "device", buffer_s=2 * _BUFFER_S))
    try:
        frames, finished = _spoken(args.text, config, style)
        _play(speaker, frames, paced=not args.out)
    finally:
        speaker.close()
    print(_as_json(args, finished) if args.json else _as_text(args, finished))
    return 0


def _style(name: str, policy_file: str) -> SpeechStyle:
    styles = load_policy(resolve(policy_file)).styles
    if name not in styles:
        raise UsageError(f"--style: {policy_file} has no style '{name}'{suggestion(name, list(styles))}")
    style = styles[name]
    return SpeechStyle(
        stamp_s=0.0, person_id="", name=name, rate_wpm=style.rate_wpm, pitch_ratio=style.pitch_ratio, volume_ratio=style.volume_ratio,
        pause_s=style.pause_s, distance_m=style.distance_m, approach_speed_mps=style.approach_speed_mps, evidence="asked for",
        confidence=1.0,
    )  # fmt: skip


def _spoken(text: str, config: VoiceConfig, style: SpeechStyle | None) -> tuple[list[AudioFrame], SpeechState]:
    """All frames and the closing state of the robot's voice, which speaks here in virtual time."""
    frames: list[AudioFrame] = []
    try:
        voice = Voice(config)
        inbox: dict[str, Sequence[object]] = {"speech/say": [SpeechRequest(0.0, "say", text, "", "answer", "", False)]}
        if style:
            inbox["speech/style"] = [style]
        while True:
            for _, message in voice.step(inbox, len(frames) * FRAME_S):
                if isinstance(message, AudioFrame):
                    frames.append(message)
                elif isinstance(message, SpeechState) and message.phase == "finished":
                    return frames, message
            inbox = {}
    except EspeakError as error:
        raise UsageError(str(error)) from error


def _play(speaker: Speaker, frames: Sequence[AudioFrame], *, paced: bool) -> None:
    """Hand the frames on: all at once, or at the pace at which they are heard, and wait for the last."""
    started_s = time.monotonic()
    for index, frame in enumerate(frames):
        speaker.step({"audio/out": [frame]}, 0.0)
        if paced:
            time.sleep(max(0.0, started_s + (index + 1) * FRAME_S - _BUFFER_S - time.monotonic()))
    if paced:
        time.sleep(2 * _BUFFER_S)


def _as_json(args: argparse.Namespace, said: SpeechState) -> str:
    rate = {"duration_s": round(said.duration_s, 2), "rate_wpm": round(said.rate_wpm, 1)}
    return json.dumps({"text": args.text, "style": args.style, **rate, "words": count_words(args.text), "file": args.out})


def _as_text(args: argparse.Namespace, said: SpeechState) -> str:
    return f"{args.out or 'said'}: {said.duration_s:.2f} s, {said.rate_wpm:.0f} words a minute"
