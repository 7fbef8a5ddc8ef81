"""Training of the hazard classifier: ``python -m models.hazard.train`` (see ``models/hazard/card.md``).

First the corpus is split by family of situation into folds; each fold is judged by a network that never saw its families,
and these answers set calibration and thresholds.  Then one network learns from everything and is exported.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.hazard.corpus import Item, corpus_hash, load
from models.hazard.network import HazardNetwork, from_package
from safety.hazards.categories import CATEGORIES
from safety.hazards.tokens import Tokens, Vocabulary

MAX_TOKENS = 128
BATCH = 32
ENCODER_RATE = 6e-5
HEAD_RATE = 1e-3
WARM_UP = 0.1
TWIN_WEIGHT = 0.5
TWIN_MARGIN = 2.0
CATEGORY_WEIGHT = 0.5

Group = list[int]


def fold_of(family: str, folds: int) -> int:
    """Which fold a family belongs to; the same on every machine."""
    return zlib.crc32(family.encode()) % folds


def train(items: Sequence[Item], chosen: Sequence[int], epochs: int, seed: int) -> tuple[HazardNetwork, Vocabulary]:
    """A network that has learned from the chosen items."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    network, vocabulary_file = from_package()
    vocabulary = Vocabulary(vocabulary_file)
    tokens = {index: vocabulary.encode(items[index].words, MAX_TOKENS)[0] for index in chosen}
    groups = _groups(items, chosen)
    network.encoder.embeddings.requires_grad_(False)  # what was said of words that we did not write must stay as it was learned
    heads = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    optimiser = torch.optim.AdamW(
        [{"params": network.encoder.encoder.parameters(), "lr": ENCODER_RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01
    )
    steps = epochs * len(list(_batches(groups, tokens, chance)))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps))
    network.train()
    started_s, step = time.monotonic(), 0
    for epoch in range(epochs):
        total = 0.0
        for batch in _batches(groups, tokens, chance):
            with torch.autocast("cpu", torch.bfloat16):  # half the time where the processor has such instructions
                logits = network(*padded([tokens[i] for i in batch], vocabulary.pad))
            loss = _loss(logits.float(), [items[i] for i in batch], batch)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total, step = total + loss.item(), step + 1
            if step % 20 == 0:
                _progress(f"epoch {epoch + 1}/{epochs} step {step}/{steps} loss {loss.item():.3f} {time.monotonic() - started_s:.0f} s")
        _progress(f"epoch {epoch + 1}/{epochs} mean loss {total * epochs / steps:.4f} after {time.monotonic() - started_s:.0f} s\n")
    return network.eval(), vocabulary


def logits_of(network: HazardNetwork, vocabulary: Vocabulary, items: Sequence[Item]) -> NDArray[np.float32]:
    """Logits, shape (items, 1 + categories); of a long plan the window that looks most hazardous."""
    rows = []
    with torch.inference_mode():
        for item in items:
            windows = vocabulary.encode(item.words, MAX_TOKENS)
            rows.append(network(*padded(windows, vocabulary.pad)).amax(0).numpy())
    return np.stack(rows)


def padded(tokens: Sequence[Tokens], pad: int) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and segments, each of shape (batch, longest)."""
    longest = max(len(t.ids) for t in tokens)
    ids = torch.full((len(tokens), longest), pad, dtype=torch.int64)
    mask, segments = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, one in enumerate(tokens):
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        mask[row, : len(one.ids)] = 1
        segments[row, : len(one.ids)] = torch.tensor(one.segments)
    return ids, mask, segments


def _loss(logits: Tensor, items: Sequence[Item], indices: Sequence[int]) -> Tensor:
    target = torch.tensor([item.target for item in items])
    hazard = functional.binary_cross_entropy_with_logits(logits[:, 0], target * 0.96 + 0.02)
    kinds = torch.tensor([[float(name in item.categories) for name in CATEGORIES] for item in items])
    sure = (target != 0.5).float().unsqueeze(-1)
    of_kind = functional.binary_cross_entropy_with_logits(logits[:, 1:], kinds, reduction="none")
    kind = (of_kind * sure).sum() / sure.sum().clamp(min=1) / len(CATEGORIES) * 5
    return hazard + CATEGORY_WEIGHT * kind + TWIN_WEIGHT * _twin_loss(logits[:, 0], items, indices)


def _twin_loss(hazard: Tensor, items: Sequence[Item], indices: Sequence[int]) -> Tensor:
    """Of two twins the more hazardous one must stand out: they share nearly every word, so plain loss hardly tells them apart."""
    row_of = {index: row for row, index in enumerate(indices)}
    terms = []
    for row, item in enumerate(items):
        other = row_of.get(item.twin_of) if item.twin_of is not None else None
        if other is not None and items[other].target != item.target:
            gap = (hazard[row] - hazard[other]) * np.sign(item.target - items[other].target)
            terms.append(functional.softplus(TWIN_MARGIN - gap))
    return torch.stack(terms).mean() if terms else hazard.new_zeros(())


def _groups(items: Sequence[Item], chosen: Sequence[int]) -> list[Group]:
    """Twins stay together, so that they meet in one batch."""
    groups: dict[int, Group] = {}
    root: dict[int, int] = {}
    for index in chosen:
        twin = items[index].twin_of
        root[index] = root.get(twin, index) if twin is not None else index
        groups.setdefault(root[index], []).append(index)
    return list(groups.values())


def _batches(groups: list[Group], tokens: dict[int, Tokens], chance: random.Random) -> Iterator[list[int]]:
    """Batches of about the same length each, since padding costs as much as words."""
    order = sorted(groups, key=lambda group: len(tokens[group[0]].ids) + chance.random() * 8)
    batches: list[list[int]] = [[]]
    for group in order:
        if len(batches[-1]) + len(group) > BATCH:
            batches.append([])
        batches[-1].extend(group)
    chance.shuffle(batches)
    yield from batches


def _rate(step: int, steps: int) -> float:
    warm = WARM_UP * steps
    return step / warm if step < warm else max(0.0, (steps - step) / (steps - warm))


def _progress(text: str) -> None:
    print(f"\r{text}", end="", file=sys.stderr, flush=True)


def main() -> int:
    """Train: some folds, to be judged by what they had not seen, and one network on everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/hazard"), help="folder for weights and out-of-fold answers")
    parser.add_argument("--folds", type=int, default=5, help="in how many parts the families are split")
    parser.add_argument("--judge", type=int, nargs="*", metavar="FOLD", help="judge only these folds; without a number, none")
    parser.add_argument("--no-final", action="store_true", help="do not train the network on everything")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    items = load()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for fold in range(arguments.folds) if arguments.judge is None else arguments.judge:
        inside = [i for i, item in enumerate(items) if fold_of(item.family, arguments.folds) != fold]
        outside = [i for i, item in enumerate(items) if fold_of(item.family, arguments.folds) == fold]
        network, vocabulary = train(items, inside, arguments.epochs, arguments.seed)
        logits = logits_of(network, vocabulary, [items[i] for i in outside])
        np.savez(arguments.out / f"fold{fold}.npz", index=outside, logits=logits, corpus=corpus_hash())
    if not arguments.no_final:
        network, _ = train(items, range(len(items)), arguments.epochs, arguments.seed)
        torch.save(network.state_dict(), arguments.out / "network.pt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
