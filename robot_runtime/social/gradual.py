"""How a style comes into force: one step a sentence, at once where somebody asked, and never to and fro.

The voice takes a new style at its next sentence only, so that a step may be published at any time, but only one before each border.
"""

from __future__ import annotations

import math

from robot_runtime.social.choose import Choice
from robot_runtime.social.policy import Gradual

GLIDES = ("rate_wpm", "pitch_ratio", "volume_ratio", "pause_s", "clause_pause_s", "pitch_range_ratio")
"""What is heard to jump; the rest of a style holds at once, distance and speed first of all."""


class Gradually:
    """The manner towards one person, on its way to what was chosen."""

    def __init__(self, law: Gradual) -> None:
        self._law = law
        self._aim: Choice | None = None
        self._stepped = False  # since the last border
        self.now: Choice | None = None

    def aim(self, choice: Choice, *, at_once: bool) -> Choice:
        """What holds from the next sentence on, now that this was chosen.

        :param at_once: they asked for it, or nobody hears a jump
        """
        if self.now is None or self._aim is None:
            self._aim = self.now = choice
            return choice
        if not _alike(choice, self._aim, self._law.enough_ratio):
            self._aim = choice
        kept = self._aim.style.model_dump(include=set(GLIDES))
        self._aim = Choice(choice.name, choice.style.model_copy(update=kept), choice.reasons, choice.confidence)
        held = self._aim.style if at_once else self._aim.style.model_copy(update=self.now.style.model_dump(include=set(GLIDES)))
        self.now = Choice(choice.name, held, choice.reasons, choice.confidence)
        if not self._stepped and not self.arrived:
            self._step()
        return self.now

    def border(self) -> None:
        """A sentence begins, or a turn of the person ended: another step may be taken."""
        self._stepped = False

    def _step(self) -> None:
        assert self.now is not None and self._aim is not None
        self._stepped = True
        stepped = {name: self._nearer(getattr(self.now.style, name), getattr(self._aim.style, name)) for name in GLIDES}
        self.now = Choice(self.now.name, self.now.style.model_copy(update=stepped), self.now.reasons, self.now.confidence)

    @property
    def arrived(self) -> bool:
        """Whether nothing is left to go."""
        return self.now is None or self._aim is None or self.now.style == self._aim.style

    def _nearer(self, now: float, aim: float) -> float:
        rest = (aim - now) * (1 - self._law.share)
        return aim if abs(rest) <= self._law.enough_ratio * max(abs(aim), 1e-9) else aim - rest


def _alike(one: Choice, other: Choice, ratio: float) -> bool:
    """So near that a change between them is not begun; what is asked for is never so near."""
    if _asked(one) != _asked(other) or one.name != other.name:
        return False
    pairs = [(getattr(one.style, name), getattr(other.style, name)) for name in GLIDES]
    return all(math.isclose(a, b, rel_tol=ratio, abs_tol=1e-9) for a, b in pairs)


def _asked(choice: Choice) -> tuple[str, ...]:
    return tuple(reason for reason in choice.reasons if reason.startswith("request:"))
