"""Trains the network that tells people's age group and whether they face the robot, on crops of ``models.eyes.render``.

    python -m models.eyes.train_people --data pictures --out build/eyes

The weights are those after the last epoch.  Of the validation homes every second one sets the temperatures (Guo et al. 2017),
and nothing else; the others only judge.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.eyes.figures import calibration_error, temperature
from models.eyes.people_data import Somebody, batches, inputs, is_for_calibration, load
from models.eyes.people_network import PeopleNetwork
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.crops import sigmoid, softmax
from robot_runtime.perceive.pictures import PictureError

WEIGHTS, SETTINGS = "people.pt", "people.json"
BATCH = 64
RATE = 3e-3
DECAY = 0.02


def train(people: Sequence[Somebody], epochs: int, seed: int) -> PeopleNetwork:
    """A network that has learned from these people, on a GPU where there is one."""
    torch.manual_seed(seed)
    rng, device = np.random.default_rng(seed), _device()
    network: PeopleNetwork = PeopleNetwork().to(device)
    size = min(BATCH, len(people))
    steps = epochs * max(len(people) // size, 1)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.15)
    weights = _weights(people).to(device)
    started_s, total = time.monotonic(), 0.0
    for epoch in range(epochs):
        network.train()
        total = 0.0
        for step, batch in enumerate(batches(people, size, rng), 1):
            loss = _loss(network, batch, torch.from_numpy(inputs(batch, rng)).to(device), weights)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
            _progress(f"epoch {epoch + 1}/{epochs} step {step} loss {total / step:.3f} {time.monotonic() - started_s:.0f} s")
    print(file=sys.stderr)
    network.cpu().eval()
    return network


def logits_of(network: PeopleNetwork, people: Sequence[Somebody]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of the age groups, shape (n, 3), and of facing, shape (n,)."""
    ages, facing = [np.empty((0, len(GROUPS)))], [np.empty(0)]
    with torch.inference_mode():
        for start in range(0, len(people), BATCH):
            age, front = network(torch.from_numpy(inputs(people[start : start + BATCH])))
            ages.append(age.double().numpy())
            facing.append(front.double().numpy()[:, 0])
    return np.concatenate(ages), np.concatenate(facing)


def _loss(network: PeopleNetwork, batch: Sequence[Somebody], images: Tensor, weights: Tensor) -> Tensor:
    """Every age group weighs the same, which is the prior that ``ages.AgeBelief`` takes away; facing is as frequent as it is."""
    age, facing = network(images)
    groups = torch.tensor([one.age for one in batch], device=images.device)
    front = torch.tensor([float(one.facing) for one in batch], device=images.device)
    of_age = functional.cross_entropy(age, groups, weights)
    return of_age + functional.binary_cross_entropy_with_logits(facing[:, 0], front)


def _weights(people: Sequence[Somebody]) -> Tensor:
    counts = np.bincount([one.age for one in people], minlength=len(GROUPS))
    return torch.tensor(len(people) / (len(GROUPS) * np.maximum(counts, 1)), dtype=torch.float32)


def temperatures(network: PeopleNetwork, people: Sequence[Somebody]) -> dict[str, float]:
    """Of both heads."""
    age, facing = logits_of(network, people)
    both = np.stack([np.zeros_like(facing), facing], axis=1)
    return {
        "age": round(temperature(age, np.array([one.age for one in people])), 4),
        "facing": round(temperature(both, np.array([int(one.facing) for one in people])), 4),
    }


def figures(network: PeopleNetwork, people: Sequence[Somebody], scale: dict[str, float]) -> dict[str, float]:
    """On true boxes; ``models.eyes.evaluate`` judges on the detector's."""
    age, facing = logits_of(network, people)
    groups, front = softmax(age, scale["age"]), sigmoid(facing, scale["facing"])
    right = groups.argmax(axis=1) == [one.age for one in people]
    right_front = (front >= 0.5) == [one.facing for one in people]
    return {
        "people": len(people),
        "age_accuracy": round(float(right.mean()), 4),
        "age_calibration_error": round(calibration_error(groups.max(axis=1), right), 4),
        "facing_accuracy": round(float(right_front.mean()), 4),
        "facing_calibration_error": round(calibration_error(np.maximum(front, 1 - front), right_front), 4),
    }


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _progress(text: str) -> None:
    print(f"\r{text}", end="", file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Train, set the temperatures, and print figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of models.eyes.render")
    parser.add_argument("--out", type=Path, default=Path("build/eyes"), help=f"folder for {WEIGHTS} and {SETTINGS}")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    try:
        people, others = load(arguments.data, "train"), load(arguments.data, "val")
    except (OSError, PictureError) as error:
        print(f"train_people: {error}; make pictures with `python -m models.eyes.render`", file=sys.stderr)
        return 2
    calibrating = [one for one in others if is_for_calibration(one.file)]
    judging = [one for one in others if not is_for_calibration(one.file)]
    if not (people and calibrating and judging):
        print(f"train_people: {arguments.data}: too few people: some are needed to train, and in two validation homes", file=sys.stderr)
        return 2
    network = train(people, arguments.epochs, arguments.seed)
    scale = temperatures(network, calibrating)
    found = {"temperatures": scale, "figures": figures(network, judging, scale), "epochs": arguments.epochs, "seed": arguments.seed}
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), arguments.out / WEIGHTS)
    (arguments.out / SETTINGS).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
