"""``robot-runtime hear WAV…``: what the robot would have understood from recordings."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.cli import UsageError
from robot_runtime.hear.ear import EarConfig
from robot_runtime.hear.grammar import Grammar, load_domain
from robot_runtime.hear.listener import FRAME_S, FRAME_SAMPLES, Heard, Listener
from robot_runtime.hear.pattern import PatternError
from robot_runtime.hear.pronunciation import PronunciationError
from robot_runtime.hear.recogniser import RATE_HZ, Hypothesis, Recogniser
from robot_runtime.hear.recognisers import RecogniserConfig, recogniser
from robot_runtime.hear.transcriber import Backend
from robot_runtime.hear.transcribing import TranscribingRecogniser
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.language.language import REFERENCE
from robot_runtime.paths import resolve
from robot_runtime.pipes import WorkerError
from robot_runtime.sense.wav import read_wav
from robot_runtime.speak.espeak import EspeakError
from robot_runtime.world.semantic_map import load_semantic_map
from safety.files import FileError, parse
from safety.ontology import Ontology

_LINGERS_S = 0.3
"""For so long after the last word the voice activity may still go on."""

_SURE = 0.5
_LONGEST_COMMAND_S = 20.0
"""A longer recording is heard turn by turn only."""

_LEAD_S = 0.4
"""Sound around the first and the last turn that is decoded with them."""

_PATIENCE_S = 60.0
"""For a recogniser to load, and for each of its answers."""

EPILOG = """\
Each recording is heard twice: turn by turn, as the robot hears it, and as one command that may hold pauses.  The latter counts where it
is half sure, else the surest of all.

A domain file replaces the robot's own grammar:

  slots:
    drink: ["tea", "(black | white) coffee"]
  intents:
    order: ["[please] (bring | make) me a {drink}"]
    cancel: ["never mind"]
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("files", nargs="+", metavar="WAV", help="16 bits a sample, any rate, any number of channels")
    words = parser.add_mutually_exclusive_group()
    words.add_argument("--domain", default="", metavar="FILE.yaml", help="listen for these phrases instead; see below")
    words.add_argument(
        "--site", default="", metavar="DIR", help="folder with semantic_map.yaml: the places that can be named; none if not given"
    )
    parser.add_argument("--person", action="append", default=[], metavar="NAME", help="somebody who can be named; may be repeated")
    parser.add_argument(
        "--confidence", type=_probability, default=0.2, metavar="P", help="surer than this a recording's own answer must be (0.2)"
    )
    parser.add_argument("--recogniser", choices=get_args(Backend), default="embedded", help="what turns sound into words (embedded)")
    parser.add_argument("--model", default="", metavar="DIR", help="of a recogniser that is not embedded")
    parser.add_argument(
        "--hears", default=REFERENCE, metavar="'en fr'", help="languages that are spoken; all but en need another recogniser"
    )
    parser.add_argument("--json", action="store_true", help="one machine-readable line a file")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when every file could be read, whatever was understood, else 2; an unusable file does not stop the others.

    :raises UsageError: a name that cannot be called, espeak-ng is missing and a word needs it, or there is no such recogniser
    :raises FileError: the site or the domain cannot be used, or the networks are not there
    """
    chosen = RecogniserConfig(backend=args.recogniser, model=args.model, timeout_s=_PATIENCE_S)
    config = parse({"site": args.site, "hears": args.hears, "recogniser": chosen.model_dump()}, EarConfig, "hear")
    ear = _recogniser(args, config)
    listener = Listener(config, ear)
    status = 0
    for file in args.files:
        try:
            samples = read_wav(file)
        except FileError as error:
            print(f"robot-runtime hear: {error}", file=sys.stderr)
            status = 2
            continue
        turns = _turns(listener, samples, config.patience.most_s)
        answer = _best(ear, samples, turns, args.confidence)
        print(json.dumps(_as_line(file, answer, turns)) if args.json else _as_text(file, answer, turns), flush=True)
    return status


def _probability(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError
    return value


def _recogniser(args: argparse.Namespace, config: EarConfig) -> Recogniser:
    try:
        grammar = load_domain(resolve(args.domain)) if args.domain else _own_grammar(config, args.person)
        made = recogniser(config.recogniser, grammar, config.languages)
        if isinstance(made, TranscribingRecogniser):
            made.wait(_PATIENCE_S)
        return made
    except WorkerError as error:
        raise UsageError(str(error)) from error
    except (PatternError, PronunciationError, EspeakError) as error:
        raise (FileError(f"{args.domain}: {error}") if args.domain else UsageError(str(error))) from error


def _own_grammar(config: EarConfig, people: list[str]) -> Grammar:
    site = load_semantic_map(config.site)
    spoken, ontology = tuple(dict.fromkeys((REFERENCE, *config.languages))), Ontology.load(config.ontology_file)
    return robot_grammar(load_catalogue(), ontology, site.places, people, (), site.surfaces, spoken, site.doors)


def _turns(listener: Listener, samples: NDArray[np.int16], end_s: float) -> list[Heard]:
    """Every turn of a recording, which is followed by silence so that the last one ends."""
    listener.reset()
    silence = FRAME_SAMPLES * round((end_s + _LINGERS_S) / FRAME_S) + -len(samples) % FRAME_SAMPLES
    frames = np.pad(samples, (0, silence)).reshape(-1, FRAME_SAMPLES)
    heard = (listener.hear(frame, (index + 1) * FRAME_S) for index, frame in enumerate(frames))
    return [turn for turn in heard if turn is not None]


def _best(ear: Recogniser, samples: NDArray[np.int16], turns: list[Heard], least: float) -> Heard | None:
    """What a recording says as a whole; None when nobody speaks in it.

    A pause may have cut one command into two turns, and noise may have hidden a part of it, or all: so the recording is also decoded
    in one piece, if it is short enough to be a command, and that counts for more than any part unless it is not sure.
    """
    start_s, end_s = (turns[0].start_s, turns[-1].end_s) if turns else (0.0, len(samples) / RATE_HZ)
    parts = [_reading(ear, turn.start_s, turn.end_s, turn.hypothesis, least) for turn in turns]
    if end_s - start_s > _LONGEST_COMMAND_S:
        return max(parts, key=_rank, default=None)
    first, last = (int(RATE_HZ * s) for s in (max(0.0, start_s - _LEAD_S), end_s + _LEAD_S))
    whole = _reading(ear, start_s, end_s, ear.decode(samples[first:last]), least)
    if whole.meaning is not None and whole.hypothesis.confidence >= _SURE:
        return whole
    return max([*parts, whole], key=_rank) if turns else None


def _rank(answer: Heard) -> tuple[bool, float]:
    return answer.meaning is not None, answer.hypothesis.confidence


def _reading(ear: Recogniser, start_s: float, end_s: float, hypothesis: Hypothesis, least: float) -> Heard:
    sure = bool(hypothesis.text) and hypothesis.confidence >= least
    return Heard(start_s, end_s, hypothesis, ear.grammar.of(hypothesis.language).interpret(hypothesis.text) if sure else None)


def _as_line(file: str, answer: Heard | None, turns: list[Heard]) -> dict[str, Any]:
    nothing = {"text": "", "intent": "", "slots": {}, "confidence": 0.0, "start_s": None, "end_s": None, "alternatives": []}
    return {"file": file, **(_as_json(answer) if answer else nothing), "turns": [_as_json(turn) for turn in turns]}


def _as_json(turn: Heard) -> dict[str, Any]:
    return {
        "text": turn.text,
        "intent": turn.meaning.intent if turn.meaning else "",
        "slots": {slot.name: slot.value for slot in turn.meaning.slots} if turn.meaning else {},
        "language": turn.hypothesis.language,
        "confidence": round(turn.hypothesis.confidence, 3),
        "start_s": round(turn.start_s, 2),
        "end_s": round(turn.end_s, 2),
        "alternatives": [{"text": other.text, "confidence": round(other.confidence, 3)} for other in turn.hypothesis.alternatives],
    }


def _as_text(file: str, answer: Heard | None, turns: list[Heard]) -> str:
    if answer is None:
        return f"{file}: no speech"
    lines = [_turn_text(turn) for turn in turns]
    if answer.meaning and answer.text not in [turn.text for turn in turns]:
        lines.append(f"in one: {_turn_text(answer)}")
    return "\n".join(f"{file}: {line}" for line in lines)


def _turn_text(turn: Heard) -> str:
    when = f"{turn.start_s:.2f}-{turn.end_s:.2f} s"
    sure = f"confidence {turn.hypothesis.confidence:.2f}"
    if turn.meaning is None:
        return f"{when}: not understood, {sure}"
    slots = ", ".join(f"{slot.name}={slot.value}" for slot in turn.meaning.slots)
    return f'{when}: "{turn.text}": {turn.meaning.intent}({slots}), {sure}'
