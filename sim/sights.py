"""What the eyes should have told: where everybody and everything is, and how much of it the head camera could see."""

from __future__ import annotations

from dataclasses import dataclass

from robot_runtime.messages import SimState
from sim.oracle import OracleEyes
from sim.truth import truth_reader


@dataclass(frozen=True, slots=True)
class There:
    """One person or thing, in view or not."""

    id: str
    is_person: bool
    place_m: tuple[float, ...]  # x, y of a person; x, y, z of a thing
    seen_share: float  # of points all over it
    smallest_px: float  # the shorter side of the box around it, as far as it is in the picture


class Sights:
    """Of one home.

    :raises FileError: the home cannot be used
    """

    def __init__(self, home: str) -> None:
        self._eyes, self._read = OracleEyes(home), truth_reader(home)

    def see(self, state: SimState) -> list[There]:
        """Everybody, then everything."""
        truth, sights = self._read(state), self._eyes.sights(state)
        places = [(id_, True, place_m) for id_, place_m in truth.people.items()]
        found = []
        for id_, is_person, place_m in [*places, *((id_, False, place_m) for id_, place_m in truth.objects.items())]:
            sight = sights.get(id_)
            share, smallest_px = (sight.seen_share, min(sight.box_px[2:])) if sight else (0.0, 0.0)
            found.append(There(id_, is_person, tuple(place_m), share, smallest_px))
        return found
