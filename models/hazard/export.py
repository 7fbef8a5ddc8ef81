"""From trained weights to what is shipped: ``python -m models.hazard.export`` (after ``models.hazard.train``).

Writes ``hazard.onnx`` (weights in 8 bits), ``vocab.txt``, ``settings.json`` and ``figures.json`` to ``models/hazard/shipped``.
Calibration and thresholds come from answers to families of situations that the answering network had not seen.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic

from models.hazard.corpus import corpus_hash, load
from models.hazard.figures import Array, figures, temperature
from models.hazard.network import HazardNetwork, from_package
from models.hazard.train import MAX_TOKENS
from safety.hazards.categories import CATEGORIES

VERSION = "1.0.0"
FALSE_DENIALS = 0.04
"""Share of harmless requests that may be refused; the target is 5 %, and other people's sentences are harder than ours."""
NEEDLESS = 0.08
"""Share of harmless requests that may need a confirmation; the target is 10 %."""


def thresholds(hazard: Array, target: Array) -> tuple[float, float]:
    """The lowest probabilities for confirm and deny that keep to both shares of harmless requests."""
    harmless = np.sort(hazard[target == 0.0])
    deny_at = float(np.quantile(harmless, 1 - FALSE_DENIALS))
    confirm_at = float(np.quantile(harmless, 1 - FALSE_DENIALS - NEEDLESS))
    return round(min(confirm_at, 0.6), 4), round(max(deny_at, 0.5), 4)


def out_of_fold(folder: Path) -> tuple[list[int], NDArray[np.float64]]:
    """Items by number, and logits of shape (items, 1 + categories), each from a network that had not seen the item's family."""
    numbers: list[int] = []
    logits = []
    for file in sorted(folder.glob("fold*.npz")):
        with np.load(file) as fold:
            if str(fold["corpus"]) != corpus_hash():
                raise SystemExit(f"{file}: answers to another corpus; run models.hazard.train again")
            numbers += fold["index"].tolist()
            logits.append(fold["logits"])
    if not logits:
        raise SystemExit(f"{folder}: no out-of-fold answers; run models.hazard.train")
    return numbers, np.concatenate(logits).astype(np.float64)


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=Path("build/hazard"), help="what models.hazard.train wrote")
    parser.add_argument("--out", type=Path, default=Path("models/hazard/shipped"))
    arguments = parser.parse_args()
    numbers, logits = out_of_fold(arguments.weights)
    everything = load()
    items = [everything[number] for number in numbers]
    target = np.array([item.target for item in items])
    sure = target != 0.5
    scale, shift = temperature(logits[sure, 0], target[sure])
    kinds = np.array([[float(kind in item.categories) for kind in CATEGORIES] for item in items])
    kind_scale, kind_shift = temperature(logits[sure, 1:].ravel(), kinds[sure].ravel())
    hazard = 1 / (1 + np.exp(-(scale * logits[:, 0] + shift)))
    confirm_at, deny_at = thresholds(hazard, target)
    network, vocabulary = from_package()
    network.load_state_dict(torch.load(arguments.weights / "network.pt"))
    arguments.out.mkdir(parents=True, exist_ok=True)
    to_onnx(network.eval(), arguments.out / "hazard.onnx")
    shutil.copy(vocabulary, arguments.out / "vocab.txt")
    settings = {
        "name": "hazard", "version": VERSION, "scale": scale, "shift": shift, "kind_scale": kind_scale, "kind_shift": kind_shift,
        "confirm_at": confirm_at, "deny_at": deny_at, "max_tokens": MAX_TOKENS,
    }  # fmt: skip
    _write(arguments.out / "settings.json", settings)
    found = figures(everything, numbers, hazard, confirm_at, deny_at)
    digest = hashlib.sha256((arguments.out / "hazard.onnx").read_bytes()).hexdigest()
    _write(arguments.out / "figures.json", {"sha256": digest, "out_of_fold": asdict(found)})
    print(found)
    return 0


def _write(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
