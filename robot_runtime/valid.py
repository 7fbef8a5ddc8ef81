"""What a message from outside must fulfil before a stage sees it: one table, by type.

ROS checks that a field is a number, not that it makes sense, and anybody on the network can publish.  A stage may therefore
rely on what is checked here.  A number that is not finite passes where the consumer has a safe answer to it (the gate takes
a nan velocity for a stop); only what no consumer can use is refused, and then the topic goes stale, which means careful.
"""

from __future__ import annotations

import math
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from robot_runtime import messages as m

MOST_CHARACTERS = 65_536
MOST_ITEMS = 20_000
MOST_RAYS = 100_000
FRAME_RATE_HZ = 16_000
FRAME_SAMPLES = FRAME_RATE_HZ // 50

_STOP_TEXT = 200
"""Characters kept of a stop request's text: a request to stop is shortened, never refused."""


class RefusedError(ValueError):
    """A message that no stage may see: one line that names type, field and problem."""


def accepted(message: Any) -> Any:
    """The message as a stage may see it.

    :raises RefusedError: it is of no use to anybody

    >>> accepted(m.EStop(0.0, True)).pressed
    True
    >>> accepted(m.JointPositions(0.0, ("lift",), ()))
    Traceback (most recent call last):
    ...
    robot_runtime.valid.RefusedError: JointPositions: 1 names for 0 positions
    """
    if isinstance(message, m.StopRequest):
        return replace(message, source=message.source[:_STOP_TEXT], detail=message.detail[:_STOP_TEXT])
    kind = type(message)
    if problem := _too_much(message) or _RULES.get(kind, _no_problem)(message):
        raise RefusedError(f"{kind.__name__}: {problem}")
    return message


# ---------------------------------------------------------------- by type


def _no_problem(message: Any) -> str:
    return ""


def _scan(scan: m.Scan) -> str:
    if not 0 < len(scan.ranges_m) <= MOST_RAYS:
        return f"{len(scan.ranges_m)} rays"
    numbers = (scan.angle_min_rad, scan.angle_increment_rad, scan.range_min_m, scan.range_max_m)
    if not all(map(math.isfinite, numbers)) or scan.angle_increment_rad == 0:
        return f"angles {scan.angle_min_rad:g} by {scan.angle_increment_rad:g} rad, range {scan.range_min_m:g} to {scan.range_max_m:g} m"
    return ""


def _joints(joints: m.JointPositions | m.ProposedJoints) -> str:
    names, positions = len(joints.names), len(joints.positions)
    efforts = len(joints.efforts) if isinstance(joints, m.JointPositions) else 0
    if efforts not in (0, names):
        return f"{names} names for {efforts} efforts"
    return "" if names == positions else f"{names} names for {positions} positions"


def _frame(frame: m.AudioFrame) -> str:
    if frame.sample_rate_hz == FRAME_RATE_HZ and len(frame.samples) == FRAME_SAMPLES:
        return ""
    return f"{len(frame.samples)} samples at {frame.sample_rate_hz} Hz, expected {FRAME_SAMPLES} at {FRAME_RATE_HZ} Hz"


def _sound_direction(direction: m.SoundDirection) -> str:
    return "" if -360 <= direction.direction_deg <= 360 else f"{direction.direction_deg} degrees"


def _picture(picture: m.EncodedImage) -> str:
    return "" if picture.data else "no data"


def _style(style: m.SpeechStyle) -> str:
    above_zero = ("rate_wpm", "pitch_ratio", "volume_ratio", "distance_m", "approach_speed_mps")
    from_zero = ("pause_s", "clause_pause_s", "pitch_range_ratio", "words_per_turn", "response_delay_s", "nod_interval_s",
                 "gaze_listening_ratio", "gaze_speaking_ratio", "gaze_hold_s")  # fmt: skip
    for name in (*above_zero, *from_zero):
        value = getattr(style, name)
        if not math.isfinite(value) or value < 0 or (value == 0 and name in above_zero):
            return f"{name} is {value:g}"
    return "" if math.isfinite(style.approach_angle_rad) else f"approach_angle_rad is {style.approach_angle_rad:g}"


def _person_command(command: m.PersonCommand) -> str:
    if len(command.path_m) % 2 or not all(map(math.isfinite, command.path_m)):
        return f"path_m: {len(command.path_m)} numbers, expected finite pairs"
    return "" if math.isfinite(command.speed_mps) and command.speed_mps >= 0 else f"speed_mps is {command.speed_mps:g}"


def _people(holder: m.People | m.WorldFacts) -> str:
    return next((problem for person in holder.people if (problem := _age_group(person))), "")


def _one_of(field: str, *known: str) -> Callable[[Any], str]:
    def check(message: Any) -> str:
        value = getattr(message, field)
        return "" if value in known else f"{field}: unknown value {value[:40]!r}"

    return check


_age_group = _one_of("age_group", *(group.value for group in m.AgeGroup))

_RULES: dict[type, Callable[[Any], str]] = {
    m.Scan: _scan,
    m.JointPositions: _joints,
    m.ProposedJoints: _joints,
    m.AudioFrame: _frame,
    m.SoundDirection: _sound_direction,
    m.VoiceDirection: _one_of("frame_id", "base_link"),
    m.EncodedImage: _picture,
    m.SpeechStyle: _style,
    m.PersonCommand: _person_command,
    m.People: _people,
    m.WorldFacts: _people,
    m.ActionVerdict: _one_of("verdict", *(verdict.value for verdict in m.Verdict)),
    m.SafetyState: _one_of("mode", *(mode.value for mode in m.SafetyMode)),
    m.SpeechState: _one_of("phase", "started", "finished", "cancelled"),
    m.Utterance: _one_of("role", "turn", "backchannel", "several", "cut", "own_voice", "overheard"),
    m.FloorDecision: _one_of("decision", "dip", "hold", "duck", "yield", "keep"),
    m.SpeechRequest: _one_of("purpose", "answer", "refusal", "question", "report", "notice"),
    m.ActionStatus: _one_of("phase", "proposed", "running", "paused", "succeeded", "failed", "cancelled", "refused"),
    m.NavStatus: _one_of("phase", "running", "blocked", "reached", "failed", "cancelled"),
    m.ScenarioEvent: _one_of("phase", "ready", "event", "passed", "failed", "finished"),
}


# ---------------------------------------------------------------- of every type: texts and lists that would fill the memory


def _too_much(message: Any) -> str:
    kind: type = type(message)
    for name, is_list in _long_fields(kind):
        value = getattr(message, name)
        if is_list and len(value) > MOST_ITEMS:
            return f"{name}: {len(value)} items, at most {MOST_ITEMS}"
        for item in value if is_list else (value,):
            if isinstance(item, str):
                if len(item) > MOST_CHARACTERS:
                    return f"{name}: {len(item)} characters, at most {MOST_CHARACTERS}"
            elif is_dataclass(item) and (problem := _too_much(item)):
                return f"{name}: {problem}"
    return ""


@cache
def _long_fields(kind: type) -> tuple[tuple[str, bool], ...]:
    """Fields that hold text, tuples or messages, and whether each is a tuple."""
    hints = typing.get_type_hints(kind)
    found = ((field.name, hints[field.name]) for field in fields(kind))
    return tuple(
        (name, typing.get_origin(hint) is tuple)
        for name, hint in found
        if hint is str or typing.get_origin(hint) is tuple or (isinstance(hint, type) and is_dataclass(hint))
    )
