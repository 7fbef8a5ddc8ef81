"""Training of the stop word's network: ``python -m models.stop.train``, after ``python -m models.stop.dataset``.

It reads what the frozen encoder heard, learns from all shards but the last few, and writes ``models/stop/shipped/stop.onnx``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

WORDS = ("", "stop", "halt", "freeze", "arrête", "halte")
FRAMES, FEATURES, NARROW = 48, 288, 96
BATCH = 128
RATE = 2e-3
JUDGED = 1
"""So many shards, the last ones, only judge."""
_SMOOTHING = 0.02

Data = tuple[NDArray[np.float16], NDArray[np.int64]]


class Head(nn.Module):
    """Looks at some frames together, and attends to those that tell, by what they hold and how long ago they are."""

    def __init__(self) -> None:
        super().__init__()
        self.along = nn.Sequential(
            nn.Conv1d(NARROW, 64, 5, stride=2, padding=2), nn.GELU(), nn.Dropout(0.2), nn.Conv1d(64, 64, 3, padding=1), nn.GELU()
        )
        self.place = nn.Parameter(torch.zeros(4, FRAMES // 2))
        self.attend = nn.Linear(64, 4)
        self.judge = nn.Sequential(nn.Dropout(0.3), nn.Linear(4 * 64, 64), nn.GELU(), nn.Dropout(0.2), nn.Linear(64, len(WORDS)))

    def forward(self, narrowed: Tensor) -> Tensor:
        """Logits of the words; ``narrowed`` has shape (windows, frames, NARROW)."""
        along = self.along(narrowed.transpose(1, 2))
        weight = torch.softmax(self.attend(along.transpose(1, 2)).transpose(1, 2) + self.place, -1)
        return self.judge(torch.matmul(weight, along.transpose(1, 2)).flatten(1))


class Narrowing(nn.Module):
    """The directions in which what is heard differs most, each brought to the same strength; found once, then fixed."""

    def __init__(self, heard: NDArray[np.float16]) -> None:
        super().__init__()
        frames = heard[:: max(1, len(heard) // 3000)].reshape(-1, FEATURES).astype(np.float64)
        mean = frames.mean(axis=0)
        strength, direction = np.linalg.eigh(np.cov((frames - mean).T))
        weight = direction[:, -NARROW:] / np.sqrt(strength[-NARROW:])
        self.linear = nn.Linear(FEATURES, NARROW)
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(weight.T))
            self.linear.bias.copy_(torch.from_numpy(-mean @ weight))

    def forward(self, heard: Tensor) -> Tensor:
        return self.linear(heard)

    def all(self, heard: NDArray[np.float16]) -> Tensor:
        """Of many windows."""
        with torch.no_grad():
            return torch.cat([self(torch.from_numpy(part.astype(np.float32))) for part in np.array_split(heard, 1 + len(heard) // 500)])


class Answer(nn.Module):
    """What is shipped: probabilities, by some networks that began differently."""

    def __init__(self, narrowing: Narrowing, heads: Sequence[Head]) -> None:
        super().__init__()
        self.narrowing, self.heads = narrowing, nn.ModuleList(heads)

    def forward(self, heard: Tensor) -> Tensor:
        narrowed = self.narrowing(heard)
        return torch.softmax(torch.stack([head(narrowed) for head in self.heads]).mean(0), -1)


def train(narrowed: Tensor, labels: Tensor, epochs: int, seed: int) -> Head:
    """A network that has learned from these windows."""
    torch.manual_seed(seed)
    head = Head()
    optimiser = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.05)
    steps = epochs * (len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1, pct_start=0.1)
    loss_of = nn.CrossEntropyLoss(label_smoothing=_SMOOTHING)
    head.train()
    for epoch in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(labels)).split(BATCH)[: steps // epochs]:
            loss = loss_of(head(_varied(narrowed[chosen])), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"seed {seed} epoch {epoch + 1}/{epochs} loss {total * epochs / steps:.4f}", file=sys.stderr, flush=True)
    head.eval()
    return head


def _varied(narrowed: Tensor) -> Tensor:
    """Some directions and a stretch of frames are left out, and all is a little noisy, so that no single one decides."""
    kept = (torch.rand(len(narrowed), 1, NARROW) > 0.1).float()
    begin = torch.randint(0, FRAMES, (len(narrowed), 1, 1))
    places = torch.arange(FRAMES).view(1, FRAMES, 1)
    hidden = (places >= begin) & (places < begin + torch.randint(0, 6, (len(narrowed), 1, 1)))
    return (narrowed + 0.3 * torch.randn_like(narrowed)) * kept * ~hidden


def judged(answer: Answer, data: Data) -> dict[str, float]:
    """Shares of windows: found of those that end with a word, and taken for one of the rest, at some thresholds."""
    heard, labels = data
    with torch.inference_mode():
        parts = [answer(torch.from_numpy(part.astype(np.float32))) for part in np.array_split(heard, 1 + len(labels) // 500)]
    stop = 1 - torch.cat(parts)[:, 0].numpy()
    figures = {}
    for least in (0.5, 0.7, 0.8, 0.9, 0.95):
        figures[f"found {least}"] = round(float((stop[labels > 0] >= least).mean()), 4)
        figures[f"false {least}"] = round(float((stop[labels == 0] >= least).mean()), 5)
    return figures


def export(answer: Answer, file: Path) -> None:
    """Write the network; what it tells apart stands in its metadata."""
    torch.onnx.export(
        answer,
        (torch.zeros(1, FRAMES, FEATURES),),
        str(file),
        input_names=["heard"],
        output_names=["words"],
        dynamic_axes={"heard": {0: "windows"}, "words": {0: "windows"}},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(file)
    onnx.helper.set_model_props(model, {"words": ",".join(WORDS)})
    onnx.save(model, file)


def load(files: Sequence[Path]) -> Data:
    """All windows of some shards."""
    shards = [np.load(file) for file in files]
    return np.concatenate([shard["heard"] for shard in shards]), np.concatenate([shard["labels"] for shard in shards])


def main() -> int:
    """Train and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("build/stop"), help="what models.stop.dataset wrote")
    parser.add_argument("--out", type=Path, default=Path("models/stop/shipped/stop.onnx"))
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--heads", type=int, default=2, help="networks whose answers are averaged")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    files = sorted(arguments.data.glob("shard????.npz"))
    torch.set_num_threads(1)
    heard, labels = load([*files[:-JUDGED], *sorted(arguments.data.glob("other????.npz"))])
    narrowing = Narrowing(heard)
    narrowed = narrowing.all(heard)
    heads = [train(narrowed, torch.from_numpy(labels), arguments.epochs, arguments.seed + k) for k in range(arguments.heads)]
    answer = Answer(narrowing, heads).eval()
    print(json.dumps(judged(answer, load(files[-JUDGED:])), indent=1))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    export(answer, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
