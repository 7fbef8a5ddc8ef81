"""A replay of the social policy as one picture: target and measured manner, and what it rests on, over time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from robot_runtime.observe.manner_picture import AGE, MEASURED, TARGET, draw_rate
from robot_runtime.social.simulate import Replay

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TROUBLE = "#8e7cc3"


def draw(result: Replay, path: Path) -> None:
    """Write the picture as PNG, 1200 pixels wide."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (rate, pause, why) = plt.subplots(3, 1, figsize=(12, 7), height_ratios=(3, 2, 2), sharex=True, layout="constrained")
    styles = [replace(sample.style, stamp_s=sample.stamp_s) for sample in result.samples]
    draw_rate(rate, styles, result.sentences, 0.0, styles[-1].stamp_s)
    _draw_pauses(pause, result)
    _draw_evidence(why, result)
    for axes in (rate, pause, why):
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper right", fontsize=8, frameon=False)
    why.set_xlabel("seconds")
    figure.suptitle(f"{result.evidence.name}: {result.evidence.about}", fontsize=11)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _draw_pauses(axes: Axes, result: Replay) -> None:
    stamps_s = [sample.stamp_s for sample in result.samples]
    axes.step(stamps_s, [sample.style.pause_s for sample in result.samples], where="post", color=TARGET, label="target between sentences")
    axes.step(
        stamps_s, [sample.style.clause_pause_s for sample in result.samples], where="post", color=TARGET, linestyle=":",
        label="target within sentences",
    )  # fmt: skip
    axes.plot([s.stamp_s for s in result.sentences], [s.pause_s for s in result.sentences], "o", color=MEASURED, label="measured")
    axes.plot([s.stamp_s for s in result.sentences], [s.clause_pause_s for s in result.sentences], "x", color=MEASURED)
    axes.set_ylabel("pause [s]")


def _draw_evidence(axes: Axes, result: Replay) -> None:
    stamps_s = [sample.stamp_s for sample in result.samples]
    axes.plot(stamps_s, [sample.traits.age_confidence for sample in result.samples], color=AGE, label="confidence in the age group")
    axes.plot(stamps_s, [sample.traits.hearing_trouble for sample in result.samples], color=_TROUBLE, label="trouble with hearing")
    for event in result.evidence.events:
        if event.hear is not None:
            axes.axvline(event.at_s, color="#bdbdbd", linewidth=0.8)
            axes.annotate(event.hear.text[:32], (event.at_s, 1.02), fontsize=7, rotation=20)
    axes.set_ylim(0, 1.3)
    axes.set_ylabel("0 … 1")
