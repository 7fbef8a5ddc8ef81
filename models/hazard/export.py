"""From trained weights to what is shipped: ``python -m models.hazard.export`` (after ``models.hazard.train``).

Writes ``hazard.onnx`` (weights in 8 bits), ``vocab.txt`` and ``settings.json`` to ``models/hazard/shipped``.  Calibration and
thresholds come from the shipped model's own answers to ``heldout/calibration.jsonl``, by an author whom training never met.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from models.hazard.evaluate import Judged, judged
from models.hazard.figures import temperature, thresholds
from models.hazard.network import HazardNetwork, from_package
from models.hazard.train import MAX_TOKENS
from safety.hazards.classifier import Classifier
from safety.judge import Judge
from safety.ontology import Ontology
from safety.rules import Rules

VERSION = "1.3.0"
CALIBRATION = Path(__file__).parent / "heldout" / "calibration.jsonl"


def calibrated(found: Sequence[Judged]) -> dict[str, float]:
    """Scale, shift and thresholds from answers of an uncalibrated model, of which the probability is sigmoid(logit)."""
    hazardous = np.array([float(one.hazardous) for one in found])
    probability = np.clip([one.probability for one in found], 1e-4, 1 - 1e-4)
    logits = np.log(probability / (1 - probability))
    scale, shift = temperature(logits, hazardous)
    confirm_at, deny_at = thresholds(1 / (1 + np.exp(-(scale * logits + shift))), hazardous)
    return {"scale": round(scale, 4), "shift": round(shift, 4), "confirm_at": confirm_at, "deny_at": deny_at}


def to_onnx(network: HazardNetwork, file: Path) -> None:
    """Write the network with 8-bit weights; activations are quantised as they come."""
    example = torch.ones(1, 8, dtype=torch.int64)
    lengths = {0: "requests", 1: "tokens"}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            network,
            (example, example, torch.zeros_like(example)),
            str(whole),
            input_names=["ids", "mask", "segments"],
            output_names=["logits"],
            dynamic_axes={"ids": lengths, "mask": lengths, "segments": lengths},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(whole, file, weight_type=QuantType.QInt8, per_channel=True)


def main() -> int:
    """Export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=Path("build/hazard/network.pt"), help="what models.hazard.train wrote")
    parser.add_argument("--out", type=Path, default=Path("models/hazard/shipped"))
    arguments = parser.parse_args()
    network, vocabulary = from_package()
    network.load_state_dict(torch.load(arguments.weights))
    arguments.out.mkdir(parents=True, exist_ok=True)
    to_onnx(network.eval(), arguments.out / "hazard.onnx")
    shutil.copy(vocabulary, arguments.out / "vocab.txt")
    plain = {"scale": 1.0, "shift": 0.0, "kind_scale": 1.0, "kind_shift": 0.0, "confirm_at": 0.5, "deny_at": 0.5}
    _write(arguments.out, plain)
    ontology = Ontology.load()
    judge = Judge(Rules.load("safety/rules/home.yaml", ontology), ontology, Classifier(arguments.out))
    settings = {**plain, **calibrated(judged([CALIBRATION], judge))}
    _write(arguments.out, settings)
    print(json.dumps(settings, indent=2))
    return 0


def _write(folder: Path, settings: dict[str, float]) -> None:
    content = {"name": "hazard", "version": VERSION, **settings, "max_tokens": MAX_TOKENS}
    (folder / "settings.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
