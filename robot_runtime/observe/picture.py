"""The run as one picture: who said what, what the robot did, how fast it went and why it was held back, and its manner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from robot_runtime.messages import ActionStatus, SafetyState, SpeechMeasured, SpeechState, SpeechStyle, Utterance, Velocity
from robot_runtime.observe.manner_picture import draw_confidence, draw_rate
from robot_runtime.observe.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MODE_COLOURS = {
    "starting": "#bdbdbd",
    "protective_stop": "#f6b26b",
    "emergency_stop": "#cc3333",
    "rearm_required": "#e06666",
}
_LANES = ("people", "robot", "does")
_LANE_COLOURS = {"people": "#3d6fb4", "robot": "#3a8f5c", "does": "#8e7cc3"}


def draw(run: Run, path: Path) -> None:
    """Write the picture as PNG, 1600 pixels wide."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (talk, speed, manner) = plt.subplots(3, 1, figsize=(16, 9), height_ratios=(3, 2, 2), sharex=True, layout="constrained")
    _draw_talk(talk, run)
    _draw_speed(speed, run)
    _draw_manner(manner, run)
    for axes in (talk, speed, manner):
        _shade_stops(axes, run)
        axes.spines[["top", "right"]].set_visible(False)
    manner.set_xlim(0, max(1.0, run.end_s - run.start_s))
    manner.set_xlabel("seconds since the scenario began")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _draw_talk(axes: Axes, run: Run) -> None:
    spans = {"people": _heard(run), "robot": _said(run), "does": _done(run)}
    for lane, name in enumerate(_LANES):
        for count, (start_s, end_s, text) in enumerate(spans[name]):
            height = lane - 0.22 if count % 2 else lane + 0.02
            axes.barh(height + 0.1, end_s - start_s, left=start_s, height=0.2, color=_LANE_COLOURS[name], alpha=0.85)
            axes.text(start_s, height + 0.32, text if len(text) < 46 else text[:44] + "…", fontsize=7.5, va="center", clip_on=True)
    axes.set_yticks(range(len(_LANES)), _LANES)
    axes.set_ylim(len(_LANES) - 0.3, -0.5)
    axes.set_title("What was said and done", loc="left")


def _draw_speed(axes: Axes, run: Run) -> None:
    emitted = run.all("cmd_vel", Velocity)
    states = run.all("safety/state", SafetyState)
    axes.plot(
        [v.stamp_s - run.start_s for v in emitted],
        [v.linear_mps for v in emitted],
        color="#333333",
        lw=1.2,
        label="speed emitted by the gate",
    )
    axes.step(
        [s.stamp_s - run.start_s for s in states],
        [min(s.max_speed_mps, 1.0) for s in states],
        color="#cc3333", lw=0.9, alpha=0.7, where="post", label="speed cap of the gate",
    )  # fmt: skip
    axes.set_ylabel("m/s")
    axes.set_ylim(-0.3, 1.05)
    axes.legend(loc="upper right", fontsize=8, frameon=False)
    axes.set_title("How fast it went, and what the gate allowed (shaded: stopped)", loc="left")


def _draw_manner(axes: Axes, run: Run) -> None:
    styles = run.all("speech/style", SpeechStyle)
    draw_rate(axes, styles, run.all("speech/measured", SpeechMeasured), run.start_s, run.end_s)
    draw_confidence(axes, styles, run.start_s, run.end_s)
    axes.legend(loc="upper right", fontsize=8, frameon=False)
    axes.set_title("Its manner: for whom, how fast it wants to speak and does, and how sure it is of that", loc="left")


def _shade_stops(axes: Axes, run: Run) -> None:
    states = run.all("safety/state", SafetyState)
    ends = [s.stamp_s for s in states[1:]] + [run.end_s]
    for state, end_s in zip(states, ends, strict=False):  # of no states, the run's end is left over
        colour = _MODE_COLOURS.get(state.mode)
        if colour and end_s > run.start_s:
            axes.axvspan(state.stamp_s - run.start_s, end_s - run.start_s, color=colour, alpha=0.25, lw=0)


def _heard(run: Run) -> list[tuple[float, float, str]]:
    return [
        (u.start_s - run.start_s, u.end_s - run.start_s, f"{u.speaker_id}: {u.text or '…'}")
        for u in {u.id: u for u in run.all("speech/heard", Utterance)}.values()  # the last tells the speaker
    ]  # fmt: skip


def _said(run: Run) -> list[tuple[float, float, str]]:
    ended = {s.request_id: s.stamp_s for s in run.all("speech/state", SpeechState) if s.phase != "started"}
    return [
        (s.stamp_s - run.start_s, ended.get(s.request_id, s.stamp_s + 1.0) - run.start_s, s.text)
        for s in run.all("speech/state", SpeechState)
        if s.phase == "started"
    ]


def _done(run: Run) -> list[tuple[float, float, str]]:
    """Steps of plans from "running" to their end; one that never ended is drawn to the end of the run."""
    spans: dict[str, tuple[float, float, str]] = {}
    for status in (s for s in run.all("action/status", ActionStatus) if s.action_id != s.plan_id):
        when_s = status.stamp_s - run.start_s
        if status.phase == "running":
            spans[status.action_id] = (when_s, run.end_s - run.start_s, status.skill)
        elif status.action_id in spans and status.phase in ("succeeded", "failed", "cancelled", "refused", "paused"):
            start_s, _, skill = spans[status.action_id]
            spans[status.action_id] = (start_s, when_s, skill if status.phase in ("succeeded", "paused") else f"{skill} ({status.phase})")
    return list(spans.values())
