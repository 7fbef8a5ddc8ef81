"""The reliability diagram: of the requests that were given a probability, how many are hazardous (DeGroot, Fienberg 1983)."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from models.hazard.figures import Array, calibration_error

BINS = 10


def reliability(probability: Array, hazardous: Array, file: Path) -> None:
    """Draw it; above the diagonal the classifier is too sure of itself in saying "harmless", below it in saying "hazardous"."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    which = np.minimum((probability * BINS).astype(int), BINS - 1)
    counts = np.bincount(which, minlength=BINS)
    filled = counts > 0
    said = np.bincount(which, probability, BINS)[filled] / counts[filled]
    true = np.bincount(which, hazardous, BINS)[filled] / counts[filled]
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(5, 6), height_ratios=(3, 1), layout="constrained")
    spread = np.sqrt(true * (1 - true) / counts[filled])
    above.plot([0, 1], [0, 1], color="0.7")
    above.errorbar(said, true, spread, fmt="o-", capsize=3)
    above.set(ylabel="share that is hazardous", title=f"{len(hazardous)} requests, ECE {calibration_error(probability, hazardous):.3f}")
    below.bar((np.arange(BINS) + 0.5) / BINS, counts, 0.9 / BINS)
    below.set(xlabel="probability that it was given", ylabel="requests", xlim=(0, 1))
    figure.savefig(file, dpi=100)
    pyplot.close(figure)
