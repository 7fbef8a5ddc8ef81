"""Trains the network that tells people's age group and whether they face the robot, on crops of ``models.eyes.render``.

    python -m models.eyes.train_people --data pictures portraits --out build/eyes

Further folders after ``--data`` (of other seeds, or of ``models.eyes.portraits``) add people to learn from; validation homes are
those of the first.  Of these every second one sets the temperatures (Guo et al. 2017), and shows now and then how far the training
is; nothing else: the weights are those after the last epoch.  The others only judge.  A state is written after each epoch, from
which ``--resume`` goes on; ``--from`` begins another training with the weights of an earlier one, for longer than was thought at
first.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.eyes.figures import calibration_error, careful_temperature, temperature
from models.eyes.people_data import Batch, Cutter, Somebody, is_for_calibration, load
from models.eyes.people_loss import loss
from models.eyes.people_network import PeopleNetwork
from models.eyes.people_pool import People, batches, pooled
from models.eyes.whereabouts import Way
from robot_runtime.perceive.ages import GROUPS, AgeSettings
from robot_runtime.perceive.crops import sigmoid, softmax
from robot_runtime.perceive.pictures import PictureError

WEIGHTS, SETTINGS, STATE = "people.pt", "people.json", "people_state.pt"
BATCH = 64
RATE = 2e-3
DECAY = 0.05
WARM_UP = 0.06
"""Share of all steps in which the learning rate rises; then it falls to nothing along a cosine (Loshchilov and Hutter, ICLR 2017)."""
EPOCHS_A_CUT = 5
"""How often people are learned from before they are cut out anew."""
RIGHT_OF_SURE = 0.95
"""Of the looks that are sure enough to tell an age by, as many shall be right in the homes that set the temperature."""
_LOOK_EVERY = 2
"""Epochs from one figure on the calibration homes to the next."""
_TOLD_S = 20.0
_WAYS: tuple[Way, ...] = ("depth", "floor", "nothing")


@dataclass(frozen=True)
class Plan:
    """What a training depends on besides the people."""

    epochs: int
    seed: int


class Training:
    """A network that learns, on a GPU where there is one."""

    def __init__(self, people: Sequence[Somebody], plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self._people, self._plan, self._device = people, plan, "cuda" if torch.cuda.is_available() else "cpu"
        self._size = min(BATCH, len(people))
        self.network: PeopleNetwork = PeopleNetwork().to(self._device, memory_format=torch.channels_last)
        self._steps = max(len(people) // self._size, 1)
        self._optimiser = torch.optim.AdamW(self.network.parameters(), lr=RATE, weight_decay=DECAY, betas=(0.9, 0.99))
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimiser, self._share_of_rate)
        self._weights = _weights(people).to(self._device)
        self.epoch = 0
        self._cut: tuple[int, People] | None = None

    def run_epoch(self) -> float:
        """Everybody once; returns the mean loss."""
        rng = np.random.default_rng([self._plan.seed, self.epoch])  # of this epoch alone, so that a resumed training is the same
        torch.manual_seed(self._plan.seed * 10_000 + self.epoch)
        self.network.train()
        total, told_s, began_s = 0.0, time.monotonic(), time.monotonic()
        for step, batch in enumerate(batches(self._pool(), self._size, self._device, rng), 1):
            total += self._step(batch)
            if time.monotonic() - told_s > _TOLD_S:
                told_s = time.monotonic()
                _say(f"epoch {self.epoch + 1}/{self._plan.epochs} step {step}/{self._steps} loss {total / step:.3f}")
        self.epoch += 1
        mean = total / self._steps
        _say(f"epoch {self.epoch}/{self._plan.epochs} loss {mean:.4f} in {time.monotonic() - began_s:.0f} s")
        return mean

    def _pool(self) -> People:
        """Everybody, cut out anew now and then."""
        number = self.epoch // EPOCHS_A_CUT
        if self._cut is None or self._cut[0] != number:
            self._cut = None  # before there are two
            self._cut = number, pooled(self._people, np.random.default_rng([self._plan.seed, number, 1]))
        return self._cut[1]

    def state(self) -> dict[str, Any]:
        """All that :meth:`resume` needs."""
        parts = {"network": self.network, "optimiser": self._optimiser, "schedule": self._schedule}
        plan = [self._plan.epochs, self._plan.seed, len(self._people)]
        return {**{name: part.state_dict() for name, part in parts.items()}, "epoch": self.epoch, "plan": plan}

    def resume(self, state: dict[str, Any]) -> None:
        """Go on after the epoch at which the state was taken.

        :raises ValueError: it is that of another training
        """
        if state["plan"] != self.state()["plan"]:
            raise ValueError(f"is of another training: (epochs, seed, people) {state['plan']}, wanted {self.state()['plan']}")
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        self.epoch = int(state["epoch"])

    def _step(self, batch: People) -> float:
        far = loss(self.network.tell(batch.small, batch.faces, batch.measures), batch, self._weights)
        self._optimiser.zero_grad()
        far.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        self._schedule.step()
        return float(far.item())

    def _share_of_rate(self, step: int) -> float:
        done = step / (self._plan.epochs * self._steps)
        if done < WARM_UP:
            return 0.05 + 0.95 * done / WARM_UP
        return 0.5 + 0.5 * math.cos(math.pi * min((done - WARM_UP) / (1 - WARM_UP), 1.0))


def as_input(batch: Batch, device: torch.device | str) -> tuple[Tensor, Tensor]:
    """What the network takes."""
    crops = torch.from_numpy(batch.crops).to(device).float() / 255
    return crops.contiguous(memory_format=torch.channels_last), torch.from_numpy(batch.measures).to(device)


def _weights(people: Sequence[Somebody]) -> Tensor:
    """Every age group weighs the same, which is the prior that ``ages.AgeBelief`` takes away; facing is as frequent as it is."""
    counts = np.bincount([one.age for one in people], minlength=len(GROUPS))
    return torch.tensor(len(people) / (len(GROUPS) * np.maximum(counts, 1)), dtype=torch.float32)


# ------------------------------------------------------------------ what it has learned


@dataclass(frozen=True, eq=False)
class Answers:
    """What the network says of people, and the truth."""

    ages: NDArray[np.float64]  # logits, shape (n, 3)
    facing: NDArray[np.float64]  # logits, shape (n,)
    true_ages: NDArray[np.int64]
    true_facing: NDArray[np.bool_]


def answers(network: PeopleNetwork, people: Sequence[Somebody], way: Way) -> Answers:
    """Of everybody, whose place is known in this way; the errors of places are the same each time."""
    rng, device, cutter = np.random.default_rng(7), next(network.parameters()).device, Cutter(BATCH)
    found: list[tuple[NDArray[Any], ...]] = []
    network.eval()
    with torch.inference_mode():
        for start in range(0, len(people), BATCH):
            batch = cutter.judged(people[start : start + BATCH], way, rng)
            age, front = network(*as_input(batch, device))
            found.append((age.double().cpu().numpy(), front.double().cpu().numpy()[:, 0], batch.ages, batch.facing > 0.5))
    return Answers(*(np.concatenate(part) for part in zip(*found, strict=True)))


def temperatures(network: PeopleNetwork, people: Sequence[Somebody]) -> dict[str, float]:
    """Of both heads, over people of known and of unknown places alike; that of ages is higher if sure looks err too often in any way."""
    every = [answers(network, people, way) for way in _WAYS]
    facing = np.concatenate([one.facing for one in every])
    both = np.stack([np.zeros_like(facing), facing], axis=1)
    ages, true_ages = np.concatenate([one.ages for one in every]), np.concatenate([one.true_ages for one in every])
    true_facing = np.concatenate([one.true_facing for one in every]).astype(np.int64)
    likeliest, sure = temperature(ages, true_ages), AgeSettings().sure
    age = max(careful_temperature(one.ages, one.true_ages, sure, RIGHT_OF_SURE, likeliest) for one in every)
    return {"age": round(age, 4), "facing": round(temperature(both, true_facing), 4)}


def figures(network: PeopleNetwork, people: Sequence[Somebody], scale: dict[str, float]) -> dict[str, dict[str, float]]:
    """On true boxes, by how the place is known; ``models.eyes.evaluate`` judges on the detector's, with the robot's own places."""
    return {way: _figures(answers(network, people, way), scale) for way in _WAYS}


def _figures(said: Answers, scale: dict[str, float]) -> dict[str, float]:
    groups, front = softmax(said.ages, scale["age"]), sigmoid(said.facing, scale["facing"])
    right, right_front = groups.argmax(axis=1) == said.true_ages, (front >= 0.5) == said.true_facing
    return {
        "people": len(said.true_ages),
        "age_accuracy": round(float(right.mean()), 4),
        "age_calibration_error": round(calibration_error(groups.max(axis=1), right), 4),
        **{f"{group.value}_accuracy": round(float(right[said.true_ages == k].mean()), 4) for k, group in enumerate(GROUPS)},
        "facing_accuracy": round(float(right_front.mean()), 4),
        "facing_calibration_error": round(calibration_error(np.maximum(front, 1 - front), right_front), 4),
    }


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


# ------------------------------------------------------------------ the command


def _learn(training: Training, calibrating: Sequence[Somebody], out: Path, epochs: int) -> None:
    """Until the last epoch, with the state on disk after each."""
    while training.epoch < epochs:
        training.run_epoch()
        part = out / f"{STATE}.part"
        torch.save(training.state(), part)
        part.replace(out / STATE)
        if training.epoch % _LOOK_EVERY == 0:
            now = figures(training.network, calibrating, {"age": 1.0, "facing": 1.0})
            told = ", ".join(f"{way} {one['age_accuracy']:.1%}" for way, one in now.items())
            _say(f"on calibration homes: ages by {told}; facing {now['depth']['facing_accuracy']:.1%}")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, nargs="+", help="folders of people; the first one validates")
    parser.add_argument("--out", type=Path, default=Path("build/eyes"), help=f"folder for {WEIGHTS} and {SETTINGS}")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", type=Path, dest="start", metavar="WEIGHTS", help="begin with these")
    parser.add_argument("--resume", action="store_true", help=f"go on from {STATE} in the folder --out, if it is there")
    arguments = parser.parse_args(argv)
    if arguments.epochs < 1:
        parser.error("--epochs: expected 1 or more")
    if arguments.start and not arguments.start.exists():
        parser.error(f"--from {arguments.start}: there is no such file")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Train, set the temperatures, and print figures."""
    arguments = _arguments(argv)
    try:
        people = [one for data in arguments.data for one in load(data, "train")]
        others = load(arguments.data[0], "val")
    except (OSError, ValueError, PictureError) as error:
        print(f"train_people: {error}; make pictures with `python -m models.eyes.render`", file=sys.stderr)
        return 2
    calibrating = [one for one in others if is_for_calibration(one.file)]
    judging = [one for one in others if not is_for_calibration(one.file)]
    if not (people and calibrating and judging):
        folder = arguments.data[0]
        print(f"train_people: {folder}: too few people: some are needed to train, and in two validation homes", file=sys.stderr)
        return 2
    arguments.out.mkdir(parents=True, exist_ok=True)
    _say(f"{len(people)} people to learn from, {len(calibrating)} to calibrate, {len(judging)} to judge")
    training = Training(people, Plan(arguments.epochs, arguments.seed))
    if arguments.start:
        training.network.load_state_dict(torch.load(arguments.start, map_location="cpu"))
    if arguments.resume and (arguments.out / STATE).exists():
        try:
            training.resume(torch.load(arguments.out / STATE, map_location="cpu"))
        except ValueError as error:
            print(f"train_people: {arguments.out / STATE} {error}; leave --resume out to begin anew", file=sys.stderr)
            return 2
    _learn(training, calibrating, arguments.out, arguments.epochs)
    _finish(training.network.cpu().eval(), calibrating, judging, arguments)
    return 0


def _finish(network: PeopleNetwork, calibrating: Sequence[Somebody], judging: Sequence[Somebody], arguments: argparse.Namespace) -> None:
    scale = temperatures(network, calibrating)
    found = {"temperatures": scale, "figures": figures(network, judging, scale), "epochs": arguments.epochs, "seed": arguments.seed}
    torch.save(network.state_dict(), arguments.out / WEIGHTS)
    (arguments.out / SETTINGS).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    sys.exit(main())
