"""What must hold before a skill begins, as manifests name it; each with the sentence that says what is missing.

The planner may look them up to leave out what cannot be done now, and every step looks again before it moves anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from robot_runtime.world.semantic_map import SemanticMap
from robot_runtime.world.situation import Situation

VIEW_S = 3.0
"""Who was seen so lately is in view: the head turns, and eyes miss a picture now and then."""


@dataclass(frozen=True)
class Condition:
    """One condition over the values of a skill's arguments."""

    holds: Callable[[Sequence[str], Situation, SemanticMap], bool]
    missing: str  # key of the sentence


def in_view(person_id: str, situation: Situation) -> bool:
    """Whether somebody is seen, or was a moment ago."""
    person = situation.person(person_id)
    return person is not None and situation.now_s - person.last_seen_s <= VIEW_S


CONDITIONS: Mapping[str, Condition] = {
    "hands_empty": Condition(lambda _, situation, __: situation.holding == "", "hands_full"),
    "hand_free_for": Condition(lambda values, situation, _: situation.holding in ("", values[0]), "hands_full"),
    "pose_known": Condition(lambda _, situation, __: situation.pose is not None, "lost_myself"),
    "person_in_view": Condition(lambda values, situation, __: in_view(values[0], situation), "not_in_view"),
    "dock_known": Condition(lambda _, __, site: site.dock_m is not None, "no_dock"),
}
