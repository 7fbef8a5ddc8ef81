"""The report of a run as one HTML page that needs nothing but the files beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from robot_runtime.messages import ActionVerdict, ProposedAction, SpeechMeasured, SpeechStyle, TimelineEvent
from robot_runtime.observe.figures import latencies
from robot_runtime.observe.run import Run
from robot_runtime.observe.spoken import off, quantities
from robot_runtime.speak.pacing import TOLERANCE

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #2e8b57; --bad: #c0392b; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1320px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
video, img { width: 100%; border-radius: 8px; background: #000; } audio { width: 100%; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
.passed, .allow { color: var(--good); } .failed, .deny, .stop { color: var(--bad); }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } .dim { opacity: .7; font-size: .9rem; }
.kind { font-weight: 600; white-space: nowrap; }
"""


def page(run: Run, title: str, facts: Sequence[tuple[str, str]], files: Iterable[str]) -> str:
    """The page's text.  ``facts`` are shown under the title; ``files`` are the names beside the page that exist."""
    present = set(files)
    expectations = run.expectations()
    failed = sum(event.phase == "failed" for event in expectations)
    verdict = (
        f"{len(expectations) - failed} of {len(expectations)} expectations met" if expectations else "no expectations in this scenario"
    )
    sections = [
        f'<h1>{escape(title)}</h1><p class="{"failed" if failed else "passed"}"><b>{verdict}</b></p>',
        _table((), [[escape(name), escape(value)] for name, value in facts]),
        _media(present),
        _section("What was expected", _expectations(run)),
        _section("What happened", _timeline(run)),
        _section("What the gate decided, and why", _verdicts(run)),
        _section("The manner that it chose, and why", _manner(run)),
        _section("How it spoke: wanted and measured", _spoken(run)),
        _section("Latencies", _latencies(run)),
        _section("Files", "<p>" + " · ".join(f'<a href="{escape(name)}">{escape(name)}</a>' for name in sorted(present)) + "</p>"),
    ]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return head + "\n".join(sections) + "</html>\n"


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>{body}"


def _media(present: set[str]) -> str:
    parts = []
    if "video.mp4" in present:
        parts.append('<video src="video.mp4" controls preload="metadata"></video>')
    elif "audio.wav" in present:
        parts.append('<audio src="audio.wav" controls></audio>')
    if "timeline.png" in present:
        parts.append('<img src="timeline.png" alt="what was said and done over time, with speed and manner below">')
    return "".join(parts)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table; cells are HTML already."""
    head = "<tr>" + "".join(f"<th>{escape(name)}</th>" for name in header) + "</tr>" if header else ""
    body = "".join("<tr>" + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{head}{body}</table>"


def _expectations(run: Run) -> str:
    return _table(
        ("", "expected", "seen"),
        [[f'<b class="{e.phase}">{e.phase}</b>', escape(e.name), escape(e.detail)] for e in run.expectations()],
    )


def _timeline(run: Run) -> str:
    return _table(
        ("s", "", "", "", "ms"),
        [
            [
                _number(e.stamp_s - run.start_s, 1),
                f'<td class="kind">{escape(e.kind)}</td>',
                escape(e.text),
                f'<td class="dim">{escape(e.detail)}</td>',
                _number(e.latency_ms, 0),
            ]
            for e in run.all("timeline", TimelineEvent)
        ],
    )


def _verdicts(run: Run) -> str:
    actions = {action.id: action for action in run.all("action/proposed", ProposedAction)}
    return _table(
        ("s", "action", "verdict", "rules", "reason", "said", "ms"),
        [
            [
                _number(v.stamp_s - run.start_s, 1),
                escape(_action(actions.get(v.action_id), v.action_id)),
                f'<b class="{escape(v.verdict)}">{escape(v.verdict)}</b>',
                escape(", ".join(v.rule_ids)),
                f'<td class="dim">{escape(v.reason)}</td>',
                escape(v.say),
                _number(v.latency_ms, 2),
            ]
            for v in run.all("action/verdict", ActionVerdict)
        ],
    )


def _action(action: ProposedAction | None, action_id: str) -> str:
    return f"{action.skill}({', '.join(a.value for a in action.arguments)})" if action else action_id


def _manner(run: Run) -> str:
    """Every style that was published, with what it rests on."""
    rows = [
        [
            _number(style.stamp_s - run.start_s, 1),
            escape(style.person_id or "nobody"),
            escape(style.name),
            escape(", ".join(reason.replace(":", " ") for reason in style.reasons)),
            _number(style.confidence, 1),
            _number(style.rate_wpm, 0),
            _number(style.pause_s, 2),
            _number(style.volume_ratio, 2),
            _number(style.words_per_turn, 0),
            _number(style.distance_m, 2),
            _number(style.approach_speed_mps, 2),
        ]
        for style in run.all("speech/style", SpeechStyle)
    ]
    header = ("s", "for", "style", "rests on", "confidence", "words/min", "pause s", "loudness", "words/turn", "distance m", "approach m/s")
    return _table(header, rows)


def _spoken(run: Run) -> str:
    rows = [
        [
            _number(sentence.stamp_s - run.start_s, 1),
            escape(sentence.text),
            escape(sentence.style),
            escape(name),
            _number(target, 2),
            _number(measured, 2),
            escape(unit),
            _share(off(target, measured, unit)),
            escape(sentence.disturbed),
        ]
        for sentence in run.all("speech/measured", SpeechMeasured)
        for name, target, measured, unit in quantities(sentence)
    ]
    return _table(("s", "sentence", "style", "", "wanted", "measured", "", "off", "disturbed"), rows)


def _share(value: float) -> str:
    return f'<td class="n {"failed" if abs(value) > TOLERANCE else ""}">{100 * value:+.0f} %</td>'


def _latencies(run: Run) -> str:
    rows = [
        [escape(f.name), *(_number(v, 1) for v in (f.p50_ms, f.p95_ms, f.max_ms)), _number(f.count, 0)]
        for f in latencies(run.all("timeline", TimelineEvent))
    ]
    return _table(("", "p50 ms", "p95 ms", "max ms", "times"), rows)


def _number(value: float, digits: int) -> str:
    return f'<td class="n">{"" if math.isnan(value) else f"{value:.{digits}f}"}</td>'


def write_page(run: Run, run_dir: Path, title: str, facts: Sequence[tuple[str, str]]) -> Path:
    """Write ``index.html`` into the run folder; returns its path."""
    files = [str(file.relative_to(run_dir)) for file in run_dir.rglob("*") if file.is_file() and file.name != "index.html"]
    path = run_dir / "index.html"
    path.write_text(page(run, title, facts, files), encoding="utf-8")
    return path
