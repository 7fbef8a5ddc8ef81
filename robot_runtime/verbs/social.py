"""``robot-runtime social simulate|check|schema``: the social policy without a robot."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path

from robot_runtime.cli import JobError, UsageError
from robot_runtime.messages import SpeechMeasured, SpeechStyle
from robot_runtime.observe.social_picture import draw
from robot_runtime.paths import resolve
from robot_runtime.social.evidence import load_evidence
from robot_runtime.social.policy import HOME_POLICY, load_policy, numbers, source_of, without_source
from robot_runtime.social.schema import policy_schema, text
from robot_runtime.social.simulate import Replay, policy_file, replay
from robot_runtime.speak.engine import EngineError
from robot_runtime.speak.espeak import EspeakError
from robot_runtime.speak.voice import Voice, VoiceConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    about = "replay evidence, say what the robot says, and measure its sound"
    simulate = actions.add_parser("simulate", help=about, description=about)
    simulate.add_argument("path", metavar="FILE", help="evidence file, as sim/social/elderly.yaml")
    simulate.add_argument("--social-policy", default="", metavar="FILE", help="another policy than the one that FILE names")
    simulate.add_argument("--out", default="", metavar="PNG", help="draw target and measured manner over time")
    simulate.add_argument("--silent", action="store_true", help="make no sound, and measure none")
    simulate.add_argument("--json", action="store_true", help="machine-readable lines")
    about = "read a policy file and name what is wrong, and the numbers without a source"
    check = actions.add_parser("check", help=about, description=about)
    check.add_argument("path", nargs="?", default=str(HOME_POLICY), metavar="FILE", help="policy file; default: the home's")
    check.add_argument("--sources", action="store_true", help="print where each number comes from")
    check.add_argument("--json", action="store_true", help="one machine-readable line")
    about = "print the JSON Schema of policy files"
    schema = actions.add_parser("schema", help=about, description=about)
    schema.add_argument("--write", default="", metavar="FILE", help="write it there instead")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when it was done; of ``check`` 1 when a number has no source.

    :raises UsageError: the picture cannot be drawn with what is installed
    :raises FileError: a file is missing or does not fit
    """
    return {"simulate": _simulate, "check": _check, "schema": _schema}[args.action](args)


# ---------------------------------------------------------------- simulate


def _simulate(args: argparse.Namespace) -> int:
    path = resolve(args.path)
    evidence = load_evidence(path)
    result = replay(evidence, args.social_policy or policy_file(evidence, path), None) if args.silent else _with_voice(args, path)
    if args.out:
        _draw(result, Path(args.out))
    told: list[SpeechStyle | SpeechMeasured] = [*result.styles, *result.sentences]
    for message in sorted(told, key=lambda message: message.stamp_s):
        print(json.dumps(_finite(asdict(message))) if args.json else _line(message))
    return 0


def _with_voice(args: argparse.Namespace, path: Path) -> Replay:
    evidence = load_evidence(path)
    try:
        voice = Voice(VoiceConfig())
        try:
            return replay(evidence, args.social_policy or policy_file(evidence, path), voice)
        finally:
            voice.close()
    except (EngineError, EspeakError) as error:
        raise JobError(str(error)) from error


def _draw(result: Replay, path: Path) -> None:
    try:
        draw(result, path)
    except ImportError as error:
        raise UsageError("--out needs matplotlib: pip install 'robot-runtime[report]'") from error
    except OSError as error:
        raise JobError(f"{path}: {error.strerror or error}") from error


def _line(message: SpeechStyle | SpeechMeasured) -> str:
    if isinstance(message, SpeechStyle):
        return (
            f"{message.stamp_s:7.2f} s  style {message.name:<9}{message.rate_wpm:5.0f} wpm, pauses {message.pause_s:.2f} and "
            f"{message.clause_pause_s:.2f} s, loudness {message.volume_ratio:.2f}, {message.distance_m:.1f} m at "
            f"{message.approach_speed_mps:.2f} m/s: {message.evidence}"
        )
    return (
        f"{message.stamp_s:7.2f} s  said  {message.rate_wpm:14.0f} wpm of {message.target_rate_wpm:.0f}, pause {message.pause_s:.2f} s: "
        f"{message.text}"
    )


def _finite(fields: dict[str, object]) -> dict[str, object]:
    """JSON knows no nan; null stands for it."""
    return {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in fields.items()}


# ---------------------------------------------------------------- check, schema


def _check(args: argparse.Namespace) -> int:
    policy = load_policy(resolve(args.path))
    missing = without_source(policy)
    if args.json:
        print(
            json.dumps({"name": policy.name, "styles": sorted(policy.styles), "numbers": len(list(numbers(policy))), "no_source": missing})
        )
        return 1 if missing else 0
    if args.sources:
        for path in numbers(policy):
            print(f"{path}: {source_of(policy, path) or '-'}")
    for path in missing:
        print(f"{args.path}: {path}: no source; add a line to sources")
    print(f"{policy.name}: {len(policy.styles)} styles, {len(list(numbers(policy)))} numbers, {len(missing)} without a source")
    return 1 if missing else 0


def _schema(args: argparse.Namespace) -> int:
    schema = text(policy_schema())
    if not args.write:
        print(schema, end="")
        return 0
    try:
        Path(args.write).write_text(schema, encoding="utf-8")
    except OSError as error:
        raise JobError(f"{args.write}: {error.strerror or error}") from error
    return 0
