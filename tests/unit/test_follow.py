"""Following a timeline file that grows."""

import json
import math
from pathlib import Path

from robot_runtime.observe.follow import TimelineFile


def line(text: str, latency_ms: float | None = None) -> str:
    return json.dumps({"stamp_s": 1.0, "kind": "said", "text": text, "detail": "", "latency_ms": latency_ms}) + "\n"


def test_only_complete_new_lines_are_returned(tmp_path: Path) -> None:
    path = tmp_path / "timeline.jsonl"
    follower = TimelineFile(path)
    assert follower.new_events() == []
    first, second = line("one", 12.0), line("zwei — “zitiert”")
    path.write_text(first + second[:9], encoding="utf-8")
    assert [e.text for e in follower.new_events()] == ["one"]
    path.write_text(first + second, encoding="utf-8")
    (event,) = follower.new_events()
    assert event.text == "zwei — “zitiert”"
    assert math.isnan(event.latency_ms)
    assert follower.new_events() == []
