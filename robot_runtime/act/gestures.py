"""Which joint makes a gesture, and how far it swings."""

from __future__ import annotations

from robot_runtime.act.settings import SkillSettings

_JOINTS = {"nod": "head_tilt", "shake": "head_pan", "wave": "lift"}
_SWING = {"head_tilt": 0.3, "head_pan": 0.6, "lift": 0.12}
"""Radians for the head, metres for the lift: well seen, and slow enough within a second."""


def joint_of(motion: str) -> str:
    """The joint for a gesture, by the first word of its name.

    >>> joint_of("nod your head"), joint_of("wave goodbye")
    ('head_tilt', 'lift')
    """
    return _JOINTS[motion.split()[0]]


def span_of(joint: str, rest: float, settings: SkillSettings) -> tuple[float, float]:
    """Between what it swings: around where it is, within what it can."""
    half = _SWING[joint] / 2
    low, high = settings.lift_range_m if joint == "lift" else (-settings.tilt_max_rad, settings.tilt_max_rad)
    middle = min(max(rest, low + half), high - half)
    return middle - half, middle + half


def is_seen(motion: str, swing: float, settings: SkillSettings) -> bool:
    """Whether a joint that moved by ``swing`` has made the gesture."""
    return swing >= _SWING[joint_of(motion)] - 2 * settings.joint_tolerance
