"""What could be told of ages at best."""

from __future__ import annotations

import numpy as np
import pytest

from models.eyes.ceiling import Sight, share_right, sights, told
from models.eyes.settings import Settings

HEAD_ONLY = Sight(head=True, back=False, aside=0.0)


def test_with_hair_alone_the_best_is_to_go_by_it() -> None:
    """Of grown-ups 85 % of the elderly are grey and 96 % of the adults are not; of all people a third are children."""
    right, _, _ = share_right([HEAD_ONLY] * 200, 3.0)
    assert right == pytest.approx(1 / 3 + (0.85 + 0.96) / 3, abs=0.005)


def test_who_shows_neither_head_nor_side_is_guessed() -> None:
    right, _, sure = share_right([Sight(False, True, 1e-6)] * 200, 3.0)
    assert right == pytest.approx(1 / 3 + 1 / 3, abs=0.01) and sure == pytest.approx(1 / 3, abs=0.01)


def test_a_lean_seen_well_from_the_side_tells_all_and_one_seen_badly_less() -> None:
    shares = [share_right([Sight(False, True, aside)] * 50, error_deg)[0] for aside, error_deg in ((1.0, 0.2), (1.0, 3.0), (0.3, 3.0))]
    assert shares[0] > 0.999 and shares == sorted(shares, reverse=True)


def test_probabilities_are_calibrated() -> None:
    rng = np.random.default_rng(1)
    probability, elderly = told(Sight(True, True, 0.5), 4.0, rng, 40_000)
    for low in np.arange(0, 1, 0.1):
        of = (probability >= low) & (probability < low + 0.1)
        if of.sum() > 500:
            assert elderly[of].mean() == pytest.approx(probability[of].mean(), abs=0.04)


def test_views_are_those_of_the_homes_that_validate() -> None:
    found = list(sights(Settings(seed=1, train=0, val=30, per_home=30, width_px=640, height_px=480, picture_format="jpg")))
    assert any(one.head for one in found) and any(not one.head for one in found)
    assert all(0 <= one.aside <= 1 for one in found)
