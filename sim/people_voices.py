"""Voices by age: who is given one of these sounds like somebody of that age, and no two need sound alike.

Children have short throats and high voices and speak a little slower; old people speak slower, some with a tremor of the voice
of 4 to 7 Hz (S. E. Linville, Vocal Aging, 2001).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from sim.description import Voice

AgeGroup = Literal["child", "adult", "elderly"]
_VARIANTS: dict[AgeGroup, tuple[str, ...]] = {
    "child": ("f5", "f2", "f4"),
    "adult": ("f1", "f2", "f3", "f4", "m1", "m2", "m3", "m4", "m7"),
    "elderly": ("f1", "f3", "m1", "m3", "m4"),
}
_PITCH: dict[AgeGroup, tuple[int, int]] = {"child": (75, 99), "adult": (30, 60), "elderly": (12, 45)}
_RATE_WPM: dict[AgeGroup, tuple[int, int]] = {"child": (140, 180), "adult": (150, 195), "elderly": (115, 150)}
_THROAT: dict[AgeGroup, tuple[float, float]] = {"child": (0.97, 1.06), "adult": (1.03, 1.13), "elderly": (1.05, 1.13)}


def a_voice(age_group: AgeGroup, rng: np.random.Generator, pace: float = 1.0) -> Voice:
    """A voice for a person of that age.

    :param pace: of speech, relative to what is usual at that age
    """
    rate_wpm = float(rng.uniform(*_RATE_WPM[age_group])) * pace
    return Voice(
        variant=str(rng.choice(_VARIANTS[age_group])),
        pitch=int(rng.integers(*_PITCH[age_group])),
        rate_wpm=round(min(max(rate_wpm, 80), 260)),
        throat=round(float(rng.uniform(*_THROAT[age_group])), 3),
        tremor=round(float(rng.uniform(0.2, 0.9)), 2) if age_group == "elderly" and rng.random() < 0.6 else 0.0,
    )
