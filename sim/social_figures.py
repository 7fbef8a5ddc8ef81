"""``python -m sim.social_figures [--out DIR]``: the eight people of ``sim/social``, with the robot's real voice, as a table and pictures.

What is measured is the sound that leaves the robot's voice.  What is heard and seen of the people is written in the evidence files.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

from robot_runtime.observe.social_picture import draw
from robot_runtime.paths import ROOT
from robot_runtime.social.evidence import Evidence, load_evidence
from robot_runtime.social.simulate import Replay, policy_file, recovery_s, replay, settled_by, turns_back
from robot_runtime.speak.voice import Voice, VoiceConfig

FOLDER = ROOT / "sim" / "social"


@dataclass(frozen=True)
class Row:
    """Of one person."""

    name: str
    style: str
    target_wpm: float
    measured_wpm: float  # of the last sentence
    pause_s: float
    measured_pause_s: float  # of the last that was measured
    right_from_sentence: int  # within 5 % of the final target, counted from when it could be known
    recovery_s: float
    turns_back: int


def row(result: Replay) -> Row:
    """What the table tells of a replay."""
    evidence, last = result.evidence, result.samples[-1].style
    pauses_s = [sentence.pause_s for sentence in result.sentences if math.isfinite(sentence.pause_s)]
    return Row(
        evidence.name, last.name, last.rate_wpm, result.sentences[-1].rate_wpm, last.pause_s, pauses_s[-1],
        settled_by(later(result), last.rate_wpm), recovery_s(result), turns_back(result),
    )  # fmt: skip


def later(result: Replay) -> list[float]:
    """The rates of the sentences that began after it could be known what is right."""
    begun = [0.0, *(sentence.stamp_s for sentence in result.sentences)]
    return [
        sentence.rate_wpm
        for sentence, before_s in zip(result.sentences, begun, strict=False)
        if _begins_s(result, sentence.request_id, before_s) >= result.evidence.from_s
    ]


def _begins_s(result: Replay, request_id: str, before_s: float) -> float:
    """When a sentence begins: with the one before it, or with its request."""
    return max(before_s, result.evidence.events[int(request_id.removeprefix("say-"))].at_s)


def people() -> list[tuple[Path, Evidence]]:
    """The files, in the order of the issue that they answer: plain cases first."""
    return [(path, load_evidence(path)) for path in sorted(FOLDER.glob("*.yaml"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="docs/pictures", metavar="DIR", help="where the pictures go")
    out = Path(parser.parse_args().out)
    print("| person | style | target wpm | measured wpm | pause s | measured s | right from sentence | recovery s | turns back |")
    print("|---|---|---|---|---|---|---|---|---|")
    for path, evidence in people():
        voice = Voice(VoiceConfig())
        try:
            result = replay(evidence, policy_file(evidence, path), voice)
        finally:
            voice.close()
        draw(result, out / f"social_{evidence.name}.png")
        told = row(result)
        print(
            f"| {told.name.replace('_', ' ')} | {told.style} | {told.target_wpm:.0f} | {told.measured_wpm:.1f} | {told.pause_s:.2f} "
            f"| {told.measured_pause_s:.2f} | {told.right_from_sentence or 'never'} | {told.recovery_s:.1f} | {told.turns_back} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
