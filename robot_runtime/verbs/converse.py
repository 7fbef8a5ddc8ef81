"""``robot-runtime converse IN.wav OUT.wav``: what a speech-to-speech model answers to a recording, gated and paced."""

from __future__ import annotations

import argparse
import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from robot_runtime.bench.patient_link import PatientLink
from robot_runtime.cli import JobError, UsageError
from robot_runtime.duplex.frames import FRAME_S, RATE_HZ, SAMPLES, Sound
from robot_runtime.duplex.link import EngineGoneError, Link
from robot_runtime.duplex.place import engine_command, engine_environment
from robot_runtime.duplex.voice import DuplexConfig, DuplexVoice
from robot_runtime.messages import AudioFrame, EncodedImage, SpeechRequest, SpeechState
from robot_runtime.sense.wav import read_wav
from safety.files import parse

_STEP_S = 0.02
_CASCADE = "; without the engine, `robot-runtime say` and `hear` try the cascade"
_WARM_S = 2.5  # of silence before the recording, in which the engine shows that it keeps up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("recording", metavar="IN.wav", help="what the person says")
    parser.add_argument("out", metavar="OUT.wav", help="what the robot says meanwhile, 16 kHz mono, on the same time line")
    parser.add_argument("--backend", choices=("duplex",), default="duplex", help="default: duplex")
    parser.add_argument("--model", default="tiny", metavar="DIR|tiny", help="folder of a checkpoint; tiny babbles (default: tiny)")
    parser.add_argument("--image", default="", metavar="FILE", help="what the camera sees")
    parser.add_argument("--tell", default="", metavar="TEXT", help="have the model say this, as the mind would after an action")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="of the engine (default: auto)")
    parser.add_argument("--weights", choices=("bf16", "int8", "int4"), default="bf16", help="of a checkpoint (default: bf16)")
    parser.add_argument("--json", action="store_true", help="one machine-readable line")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when the model spoke to the end.

    :raises FileError: the recording cannot be used
    :raises UsageError: the picture cannot be used
    :raises JobError: there is no engine, or it failed
    """
    given = {"model": args.model, "device": args.device, "weights": args.weights}
    config = parse(given, DuplexConfig, "command line")
    sound = read_wav(args.recording)
    picture = _picture(args.image)
    link = _engine(args)
    voice = DuplexVoice(config, _once(link))
    try:
        heard, states = _played(voice, sound, picture, args.tell)
        problem, _ = voice.diagnose()
        if problem:
            raise JobError(f"{problem}{_CASCADE}")
        figures = _figures(args, voice, link, states)
    finally:
        voice.close()
    _write(Path(args.out), heard)
    print(json.dumps(figures) if args.json else _as_text(figures))
    return 0


def _engine(args: argparse.Namespace) -> PatientLink:
    """:raises JobError: it does not start"""
    try:
        return PatientLink(engine_command(args.model, args.device, args.weights), engine_environment())
    except EngineGoneError as error:
        raise JobError(f"{error}{_CASCADE}") from error


def _once(link: PatientLink) -> Callable[[], Link]:
    """Gives the engine that was started; a recording is not played to a second one."""
    left = [link]

    def start() -> Link:
        if not left:
            raise JobError(f"the engine failed on the way: {link.why}{_CASCADE}")
        return left.pop()

    return start


def _picture(path: str) -> EncodedImage | None:
    if not path:
        return None
    if not Path(path).is_file() or cv2.imread(path) is None:
        raise UsageError(f"--image {path}: not a picture that can be read")
    return EncodedImage(0.0, "camera", Path(path).suffix.lstrip("."), Path(path).read_bytes())


def _played(voice: DuplexVoice, sound: Sound, picture: EncodedImage | None, tell: str) -> tuple[Sound, list[SpeechState]]:
    """The robot's sound beside the recording, and what became of what it was told; time is that of the recording."""
    out = np.zeros(len(sound) + RATE_HZ, np.int16)
    states: list[SpeechState] = []
    for index, frame in _frames(sound):
        now_s = index * _STEP_S
        inbox: dict[str, list[Any]] = {"audio/clean": [frame]}
        if picture is not None:
            inbox["camera/image/compressed"] = [picture]
        if tell and index == 0:
            inbox["speech/say"] = [SpeechRequest(now_s, "tell", tell, "", "answer", "", False)]
        for _, message in voice.step(inbox, now_s):
            if isinstance(message, SpeechState):
                states.append(message)
            elif isinstance(message, AudioFrame) and (at := round(message.stamp_s * RATE_HZ)) >= 0:
                room = out[at : at + SAMPLES]
                room[:] = message.samples[: len(room)]
    return out, states


def _frames(sound: Sound) -> Iterator[tuple[int, AudioFrame]]:
    """Frames of 20 ms, silence before the recording at negative times."""
    warm = round(_WARM_S / _STEP_S)
    padded = np.concatenate([np.zeros(warm * SAMPLES, np.int16), sound, np.zeros(RATE_HZ, np.int16)])
    for k in range(len(padded) // SAMPLES):
        yield k - warm, AudioFrame((k - warm) * _STEP_S, "file", k, RATE_HZ, padded[k * SAMPLES : (k + 1) * SAMPLES])


def _figures(args: argparse.Namespace, voice: DuplexVoice, link: PatientLink, states: list[SpeechState]) -> dict[str, Any]:
    timing = link.took.timing()
    encode, think, depth, decode = (float(np.median(stage)) for stage in zip(*link.stages_ms, strict=True))
    return {
        "file": args.out,
        "engine": link.facts,
        "frames": timing.frames,
        "frames_late": timing.misses,
        "frame_p50_ms": round(timing.p50_ms, 1),
        "frame_p99_ms": round(timing.p99_ms, 1),
        "budget_share": round(timing.p50_ms / (1e3 * FRAME_S), 2),
        "stages_p50_ms": {"encode": round(encode, 2), "think": round(think, 2), "depth": round(depth, 2), "decode": round(decode, 2)},
        "pictures": link.seen,
        "monologue": voice.monologue.strip(),
        "told": [state.phase for state in states if state.request_id == "tell"],
        "cut": [{"rule": cut.rule.id, "words": cut.words.strip()} for cut in voice.cuts],
        "promises_corrected": voice.corrections,
    }


def _as_text(figures: dict[str, Any]) -> str:
    late = f"{figures['frames_late']} of {figures['frames']} frames late, {figures['frame_p50_ms']} ms at the median"
    return f"{figures['file']}: {late}\nsaid: {figures['monologue'] or '(nothing)'}"


def _write(path: Path, sound: Sound) -> None:
    try:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(sound.astype("<i2").tobytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
