"""Everything that a run folder holds for people: page, film, sound and picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from robot_runtime.observe.film import Overhead, write_film
from robot_runtime.observe.page import write_page
from robot_runtime.observe.picture import draw
from robot_runtime.observe.run import Run
from robot_runtime.observe.sound import mix, write_wav


def write_report(
    run: Run,
    run_dir: Path,
    title: str,
    facts: Sequence[tuple[str, str]] = (),
    overhead: Overhead | None = None,
    film: bool = True,
    progress: Callable[[float], None] = lambda share: None,
) -> Path:
    """Write ``audio.wav``, ``timeline.png``, ``video.mp4`` and ``index.html``; returns the page's path."""
    write_wav(run_dir / "audio.wav", mix(run))
    draw(run, run_dir / "timeline.png")
    if film:
        write_film(run, run_dir / "video.mp4", overhead, progress)
    return write_page(run, run_dir, title, facts)
