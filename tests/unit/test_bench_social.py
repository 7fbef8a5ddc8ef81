"""``bench social``: the policy stays within its share of a core, also with eight people around it."""

from __future__ import annotations

import re

from robot_runtime.bench import social


def test_it_costs_less_than_a_hundredth_of_a_core() -> None:
    rows, told = social.figures(60)
    shares = [float(share) for share in re.findall(r"([\d.]+)% with", told)]
    assert len(rows) == len(shares) == 2
    assert max(shares) < 100 * social.BUDGET_SHARE
