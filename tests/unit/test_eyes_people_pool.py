"""What a network over people's crops learns from, as tensors: closely seen heads, and people in a mirror."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

if importlib.util.find_spec("torch") is None:
    pytest.skip("torch is only needed to train", allow_module_level=True)

import torch

from models.eyes.glimpse import glimpse
from models.eyes.people_data import HEIGHT_PX, WIDTH_PX, load
from models.eyes.people_loss import _elsewhere
from models.eyes.people_network import HEAD_PX, PeopleNetwork, Told, around_head, halved
from models.eyes.people_pool import People, batches, pooled
from models.eyes.people_signs import COLUMNS
from robot_runtime.perceive.measures import COLUMNS as MEASURES
from tests.unit.test_eyes_people import write_set


def slope(height: int = 256, width: int = 128) -> torch.Tensor:
    """A picture whose brightness says where a pixel is: across in the first channel, down in the second."""
    across = (torch.arange(width) + 0.5).expand(height, width)
    down = (torch.arange(height) + 0.5)[:, None].expand(height, width)
    return torch.stack([across, down, torch.ones(height, width)])[None]


@pytest.mark.parametrize("side", [0.05, 0.125, 0.4])
def test_a_glimpse_shows_its_square_in_any_size(side: float) -> None:
    seen = glimpse(slope(), torch.tensor([[0.5, 0.4, side]]), 32)[0]
    step_px = 256 * side / 32
    expected = 64 + step_px * (torch.arange(32) - 15.5)
    inside = (expected > 2 * step_px) & (expected < 128 - 2 * step_px)
    assert torch.allclose(seen[0][:, inside], expected[inside].expand(32, -1), atol=0.3)
    assert seen[1].mean() == pytest.approx(0.4 * 256, abs=0.1)
    assert torch.allclose(seen[2][:, inside], torch.ones(1), atol=1e-5)


def test_beyond_the_picture_a_glimpse_is_black() -> None:
    seen = glimpse(torch.ones(1, 3, 256, 128), torch.tensor([[0.0, 0.0, 0.25]]), 32)[0, 0]
    assert (seen[:15, :] == 0).all() and (seen[:, :15] == 0).all() and (seen[17:, 17:] > 0.99).all()


def test_who_is_mirrored_is_told_of_as_mirrored(tmp_path: Path) -> None:
    write_set(tmp_path, "train", homes=2, of_each=2)
    pool = pooled(load(tmp_path, "train"), np.random.default_rng(0))
    assert pool.faces.shape == (12, 3, HEAD_PX, HEAD_PX) and pool.small.shape == (12, 3, 128, 64)
    sides = torch.arange(64, dtype=torch.uint8).expand(12, 3, 128, 64)
    signs = torch.tensor([[0.2 if name == "head_across" else 0.6 for name in COLUMNS]]).expand(12, -1)
    told = People(sides, pool.faces, pool.measures, pool.ages, pool.facing, signs)
    (batch,) = batches(told, 12, "cpu", np.random.default_rng(1))
    mirrored = batch.small[:, 0, 0, 0] > batch.small[:, 0, 0, -1]
    assert 0 < mirrored.sum() < 12
    assert torch.equal(mirrored, batch.sign("head_across") > 0.5)
    assert torch.equal(mirrored, batch.sign("head_left") < 0) and torch.equal(mirrored, batch.sign("body_left") < 0)
    assert (batch.sign("head_ahead", "body_ahead") > 0).all()
    assert sorted(batch.ages.tolist()) == sorted(pool.ages.tolist())


def test_an_epoch_has_everybody_once_but_for_the_last_few(tmp_path: Path) -> None:
    write_set(tmp_path, "train", homes=2, of_each=2)
    pool = replace(pooled(load(tmp_path, "train"), np.random.default_rng(0)), ages=torch.arange(12))
    seen = torch.cat([batch.ages for batch in batches(pool, 5, "cpu", np.random.default_rng(2))])
    assert len(seen) == len(set(seen.tolist())) == 10


def test_a_head_is_found_between_the_places_of_the_map() -> None:
    shares = torch.full((1, 16, 8), -9.0)
    shares[0, 4:6, 2] = shares[0, 4:6, 3] = np.log(0.25)
    near, far = (_elsewhere(shares, torch.tensor([[across, 5 / 16]])) for across in (3 / 8, 7 / 8))
    assert near.item() == pytest.approx(np.log(4), abs=1e-4)
    assert far > near
    assert _elsewhere(shares, torch.full((1, 2), torch.nan)) == 0


def test_the_robots_network_looks_where_it_finds_heads_itself_and_at_both_sides() -> None:
    """It and what is trained are one network: they differ in who says where heads are, and in the mirror."""
    torch.manual_seed(0)
    network = PeopleNetwork().eval()
    crops, measures = torch.rand(3, 3, HEIGHT_PX, WIDTH_PX), torch.zeros(3, len(MEASURES))

    def told(crops: torch.Tensor) -> Told:
        small = halved(crops)
        found = network.tell(small, crops[:, :, :HEAD_PX, :HEAD_PX], measures).head  # does not depend on what is seen closely
        looked: Told = network.tell(small, around_head(crops, found), measures)
        return looked

    with torch.inference_mode():
        age, facing = network(crops, measures)
        one, other = told(crops), told(crops.flip(3))
        again, _ = network(crops.flip(3), measures)
    assert torch.allclose(age, (one.age + other.age) / 2, atol=1e-6)
    assert torch.allclose(facing, (one.facing + other.facing) / 2, atol=1e-6)
    assert torch.allclose(age, again, atol=1e-6)
