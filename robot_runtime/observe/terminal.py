"""The timeline as coloured lines in a terminal."""

from __future__ import annotations

import math

from rich.text import Text

from robot_runtime.messages import TimelineEvent

_STYLES = {
    "heard": "bold cyan",
    "understood": "cyan",
    "planned": "blue",
    "verdict": "magenta",
    "action": "white",
    "moving": "yellow",
    "said": "bold green",
    "manner": "green",
    "safety": "bold red",
    "scenario": "dim",
    "process": "red",
}
_VERDICT_STYLES = {"allow": "green", "limit": "yellow", "confirm": "yellow", "deny": "bold red", "stop": "bold red"}


def render(event: TimelineEvent, start_s: float) -> Text:
    """One event as one line: seconds since ``start_s``, kind, text, latency, and detail dimmed.

    >>> render(TimelineEvent(12.5, "heard", "Anna: “stop”", "", 210.0), 10.0).plain
    '   2.5  heard       Anna: “stop”  (210 ms)'
    """
    style = _STYLES.get(event.kind, "")
    if event.kind == "verdict":
        style = _VERDICT_STYLES.get(event.text.partition(":")[0], style)
    line = Text(f"{event.stamp_s - start_s:6.1f}  ", style="dim")
    line.append(f"{event.kind:<10}  ", style=_STYLES.get(event.kind, ""))
    line.append(event.text, style=style)
    if not math.isnan(event.latency_ms):
        line.append(f"  ({event.latency_ms:.{0 if event.latency_ms >= 10 else 1}f} ms)", style="dim")
    if event.detail:
        line.append(f"  {event.detail}", style="dim")
    return line
