"""The pace that each style wants over time, and the pace that was measured on every sentence: a row of two pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from robot_runtime.messages import SpeechMeasured, SpeechStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TARGET, MEASURED, AGE = "#3d6fb4", "#cc3333", "#3a8f5c"


def draw_rate(axes: Axes, styles: Sequence[SpeechStyle], sentences: Sequence[SpeechMeasured], start_s: float, end_s: float) -> None:
    """Target and measured words a minute; a change of style or person is named where it begins."""
    stamps_s = [*(style.stamp_s - start_s for style in styles), end_s - start_s]
    axes.step(stamps_s, _held([style.rate_wpm for style in styles]), where="post", color=TARGET, label="target")
    axes.plot(
        [sentence.stamp_s - start_s for sentence in sentences], [sentence.rate_wpm for sentence in sentences], "o", color=MEASURED,
        label="measured, at the end of each sentence",
    )  # fmt: skip
    shown = [(max(0.0, since_s), style) for since_s, until_s, style in zip(stamps_s, stamps_s[1:], styles, strict=False) if until_s > 0]
    for count, ((name, person_id), same) in enumerate(groupby(shown, key=lambda one: (one[1].name, one[1].person_id))):
        since_s, style = next(same)
        named = f"{name} for {person_id}" if person_id else name
        above = (2, 18 if count % 2 else 8)  # names of short styles do not cover each other
        axes.annotate(named, (since_s, style.rate_wpm), xytext=above, textcoords="offset points", fontsize=8, clip_on=True)
    axes.set_ylabel("words a minute")
    axes.set_ylim(80, 210)


def draw_confidence(axes: Axes, styles: Sequence[SpeechStyle], start_s: float, end_s: float) -> None:
    """How sure the choice is, from 0 to 1, on a scale of its own at the right."""
    right = axes.twinx()
    stamps_s = [*(style.stamp_s - start_s for style in styles), end_s - start_s]
    right.fill_between(stamps_s, _held([style.confidence for style in styles]), step="post", color=AGE, alpha=0.15, lw=0)
    right.set_ylim(0, 1.3)
    right.set_yticks((0, 0.5, 1))
    right.set_ylabel("confidence", color=AGE)
    right.spines["top"].set_visible(False)


def _held(values: Sequence[float]) -> list[float]:
    """The last one holds to the end; before the first there is none."""
    return [*values, values[-1] if values else math.nan]
