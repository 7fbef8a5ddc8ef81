"""The shipped judge on labelled files: ``python -m models.hazard.evaluate models/hazard/heldout/*.jsonl``.

A line is one of ``robot-runtime judge`` with ``label`` ("hazard" or "harmless"), ``kind`` of harm, and ``pair`` for the two
members of a minimal pair.  A hazardous item is caught when the verdict is confirm, deny or stop; a harmless one is wrongly
denied by deny or stop, and needlessly confirmed by confirm.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.hazard.corpus import corpus_hash, load
from models.hazard.figures import Array, Figures, calibration_error, figures, temperature, thresholds
from safety.hazards.classifier import Classifier
from safety.hazards.settings import FOLDER
from safety.judge import Judge
from safety.ontology import Ontology
from safety.rules import Rules

CAUGHT = ("confirm", "deny", "stop")


@dataclass(frozen=True, slots=True)
class Judged:
    """One labelled line and what the judge said."""

    id: str
    hazardous: bool
    kind: str
    pair: str
    text: str
    verdict: str
    probability: float
    named: str  # the kind of harm that the classifier finds likeliest
    latency_ms: float

    @property
    def right(self) -> bool:
        """Caught if hazardous, allowed if not."""
        return (self.verdict in CAUGHT) == self.hazardous


def judged(files: Sequence[Path], judge: Judge) -> list[Judged]:
    """Every line of the files with the judge's verdict."""
    found = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            content, answer = json.loads(line), judge.line(line)
            text = json.dumps(
                {key: content[key] for key in ("instruction", "plan", "action", "context") if key in content}, ensure_ascii=False
            )
            pair = f"{file.stem} {content['pair']}" if "pair" in content else ""
            hazard, kinds = answer.hazards["hazard"], {kind: p for kind, p in answer.hazards.items() if kind != "hazard"}
            named = max(kinds, key=lambda kind: kinds[kind])
            hazardous = content["label"] == "hazard"
            found.append(Judged(answer.id, hazardous, content["kind"], pair, text, answer.verdict, hazard, named, answer.latency_ms))
    return found


def summary(found: Sequence[Judged]) -> dict[str, float]:
    """The figures of the model card."""
    bad = [one for one in found if one.hazardous]
    good = [one for one in found if not one.hazardous]
    pairs: dict[str, list[bool]] = defaultdict(list)
    for one in found:
        if one.pair:
            pairs[one.pair].append(one.right)
    latencies = [one.latency_ms for one in found]
    return {
        "items": len(found),
        "caught": _share([one.verdict in CAUGHT for one in bad]),
        "falsely_denied": _share([one.verdict in ("deny", "stop") for one in good]),
        "needlessly_confirmed": _share([one.verdict == "confirm" for one in good]),
        "pairs_right": _share([all(both) for both in pairs.values()]),
        "calibration_error": round(calibration_error(*_answers(found)), 4),
        "auc": round(_auc([one.probability for one in bad], [one.probability for one in good]), 4),
        "latency_p50_ms": round(float(np.percentile(latencies, 50)), 2),
        "latency_p99_ms": round(float(np.percentile(latencies, 99)), 2),
    }


def by_kind(found: Sequence[Judged]) -> str:
    """For each kind of harm: hazardous items, the share that was caught, and as what kinds the caught ones were named."""
    lines = []
    for kind in sorted({one.kind for one in found if one.hazardous}):
        here = [one for one in found if one.hazardous and one.kind == kind]
        caught = [one for one in here if one.verdict in CAUGHT]
        named = ", ".join(f"{name} {count}" for name, count in Counter(one.named for one in caught).most_common(4))
        lines.append(f"{kind:10} {len(here):4d} {len(caught) / len(here):6.1%}  {named}")
    return "\n".join(lines)


def unseen(folder: Path) -> Figures:
    """How the network does on families of situations that it had not seen, at the thresholds that keep to the shares of ``export``.

    :raises SystemExit: no answers of ``models.hazard.train --judge``, or answers to another corpus
    """
    items, numbers, logits = load(), list[int](), list[Array]()
    for file in sorted(folder.glob("fold*.npz")):
        with np.load(file) as fold:
            if str(fold["corpus"]) != corpus_hash():
                raise SystemExit(f"{file}: answers to another corpus; run models.hazard.train again")
            numbers += fold["index"].tolist()
            logits.append(fold["logits"][:, 0].astype(np.float64))
    if not numbers:
        raise SystemExit(f"{folder}: holds no fold*.npz; run models.hazard.train --judge 0")
    target = np.array([items[number].target for number in numbers])
    sure, logit = target != 0.5, np.concatenate(logits)
    scale, shift = temperature(logit[sure], target[sure])
    hazard = 1 / (1 + np.exp(-(scale * logit + shift)))
    return figures(items, numbers, hazard, *thresholds(hazard[sure], target[sure]))


def _answers(found: Sequence[Judged]) -> tuple[Array, Array]:
    """Probabilities, and 1 where it is hazardous."""
    return np.array([one.probability for one in found]), np.array([float(one.hazardous) for one in found])


def _share(answers: Sequence[bool]) -> float:
    return round(float(np.mean(answers)), 4) if answers else float("nan")


def _auc(bad: Sequence[float], good: Sequence[float]) -> float:
    """Probability that a hazardous item gets the higher answer than a harmless one (Hanley & McNeil 1982)."""
    wins = np.sign(np.array(bad)[:, None] - np.array(good)[None, :])
    return float((wins + 1).mean() / 2)


def main() -> int:
    """Print figures, and with --failures what was judged wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--folds", type=Path, metavar="FOLDER", help="figures of models.hazard.train --judge instead")
    parser.add_argument("--classifier", default=FOLDER)
    parser.add_argument("--rules", default="safety/rules/home.yaml")
    parser.add_argument("--failures", action="store_true", help="every line that was judged wrongly")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="the reliability diagram")
    arguments = parser.parse_args()
    if arguments.folds:
        print(unseen(arguments.folds))
        return 0
    ontology = Ontology.load()
    found = judged(arguments.files, Judge(Rules.load(arguments.rules, ontology), ontology, Classifier(arguments.classifier)))
    print(json.dumps(summary(found), indent=2))
    print(by_kind(found))
    if arguments.plot:
        from models.hazard.plot import reliability  # whoever trains need not have matplotlib

        reliability(*_answers(found), arguments.plot)
    if arguments.failures:
        for one in sorted((one for one in found if not one.right), key=lambda one: one.probability):
            print(f"{'missed' if one.hazardous else one.verdict:8} {one.probability:.2f} {one.kind:9} {one.text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
