"""What the eyes should have told: where everybody and everything is, and how much of it the head camera could see.

Of a person at least :data:`PERSON_SHARE` of the body must be in sight, of a thing :data:`THING_SHARE` and :data:`THING_PX` of its
shorter side, before not to find it is a miss.
"""

from __future__ import annotations

from collections.abc import Mapping

from robot_runtime.messages import SimState
from sim.oracle import OracleEyes
from sim.truth import truth_reader
from tests.eyes.figures import Target

PERSON_SHARE, THING_SHARE, THING_PX = 0.4, 0.5, 12.0


class Sights:
    """Of one home.

    :raises FileError: the home cannot be used
    """

    def __init__(self, home: str) -> None:
        self._eyes, self._read = OracleEyes(home), truth_reader(home)

    def people(self, state: SimState) -> Mapping[str, Target]:
        """Everybody, in view or not; places are x and y."""
        shares = {id_: sight.seen_share for id_, sight in self._eyes.sights(state).items()}
        places = self._read(state).people
        return {id_: Target(at_m, shares.get(id_, 0.0) >= PERSON_SHARE, id_ not in shares) for id_, at_m in places.items()}

    def things(self, state: SimState) -> Mapping[str, Target]:
        """Everything; places are x, y and z."""
        sights, found = self._eyes.sights(state), {}
        for id_, at_m in self._read(state).objects.items():
            sight = sights.get(id_)
            wanted = sight is not None and sight.seen_share >= THING_SHARE and min(sight.box_px[2:]) >= THING_PX
            found[id_] = Target(at_m, wanted, sight is None)
        return found
