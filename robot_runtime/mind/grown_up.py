"""Who counts as a grown-up where only a grown-up may decide."""

from __future__ import annotations

from robot_runtime.messages import AgeGroup, Person

SURE_AGE_GROUP = 0.6
"""Confidence in an age group from which it counts."""


def is_grown_up(person: Person | None) -> bool:
    """Whether this person is known, with enough confidence, to be no child."""
    grown_up = (AgeGroup.ADULT.value, AgeGroup.ELDERLY.value)
    return person is not None and person.age_group in grown_up and person.age_group_confidence >= SURE_AGE_GROUP
