"""What planners and the memory's answers may consult."""

from __future__ import annotations

from dataclasses import dataclass

from robot_runtime.act.catalogue import Catalogue
from robot_runtime.mind.wording import Wording
from robot_runtime.world.reference import References
from robot_runtime.world.semantic_map import SemanticMap
from robot_runtime.world.situation import Situation


@dataclass(frozen=True)
class Known:
    """Built once; the situation in it is always the present one."""

    catalogue: Catalogue
    site: SemanticMap
    references: References
    wording: Wording
    situation: Situation
    known_confidence: float  # below it the place of an object is not relied on

    def surfaces_called(self, words: str) -> list[str]:
        """Furniture of that name; of several the one where the robot is, if that is one."""
        called = self.site.surfaces_called(words)
        near = [name for name in called if self.site.surfaces[name].place == self.situation.facts.robot_place]
        return near if len(near) == 1 else called
