"""How fast and how hard the hand may move, by what it holds and who is near.

Force.  ISO/TS 15066:2016, Table A.2, lets a robot press on a hand or finger with at most 140 N for long, and gives no
value for children, whom its study left out.  The joints' own ``effort`` limits are below that; with somebody near they fall
to ``near_hand_effort_ratio`` of it, and a thing that breaks or lives is held with less.  Speed: what spills, burns, cuts or
is heavy is carried slowly.  A thing that nobody knows has the properties of the ontology's fallback, the careful ones.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from safety.ontology import Thing


class HeldCap(BaseModel):
    """What one property of the held thing leaves of the speed of lift and arm, and of the force of the gripper."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    speed_ratio: float = Field(1.0, gt=0, le=1)
    grip_ratio: float = Field(1.0, gt=0, le=1)


HELD_CAPS = {
    "liquid": HeldCap(speed_ratio=0.7),
    "hot": HeldCap(speed_ratio=0.5),
    "sharp": HeldCap(speed_ratio=0.5),
    "heavy": HeldCap(speed_ratio=0.7),
    "fragile": HeldCap(speed_ratio=0.8, grip_ratio=0.5),
    "living": HeldCap(speed_ratio=0.5, grip_ratio=0.25),
}


def held_cap(held: Thing | None, table: Mapping[str, HeldCap]) -> HeldCap:
    """The tightest of all properties that the held thing has.

    >>> held_cap(Thing("cup", "cup", frozenset({"liquid", "fragile"})), HELD_CAPS)
    HeldCap(speed_ratio=0.7, grip_ratio=0.5)
    """
    caps = [cap for name, cap in table.items() if held is not None and name in held.properties]
    return HeldCap(
        speed_ratio=min((cap.speed_ratio for cap in caps), default=1.0),
        grip_ratio=min((cap.grip_ratio for cap in caps), default=1.0),
    )
