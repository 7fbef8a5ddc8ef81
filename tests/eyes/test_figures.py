"""The figures of multi-object tracking, of histories whose figures are known by heart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.eyes.figures import Figures, Instant, Switch, Target, figures, paired

PERIOD_S, GATE_M = 0.2, 0.5
ANNA, LEO = (1.0, 0.0), (3.0, 0.0)


Picture = tuple[Mapping[str, Target], Mapping[str, tuple[float, ...]]]


def history(*pictures: Picture) -> list[Instant]:
    return [Instant(round(k * PERIOD_S, 3), targets, told) for k, (targets, told) in enumerate(pictures)]


def there(at_m: tuple[float, float] = ANNA) -> Target:
    return Target(at_m, wanted=True)


def of(instants: list[Instant]) -> Figures:
    return figures(instants, GATE_M, PERIOD_S)


BOTH = {"anna": there(), "leo": there(LEO)}
HIDDEN = {"anna": Target(ANNA, wanted=False, hidden=True)}
PARTLY = {"anna": Target(ANNA, wanted=False)}


def test_what_is_told_rightly_all_the_time_has_the_best_figures() -> None:
    found = of(history(*[(BOTH, {"a": ANNA, "b": LEO})] * 30))
    assert (found.switches, found.misses, found.false, found.fragmentations) == ((), 0, 0, 0)
    assert (found.idf1, found.mota, found.ids, found.wanted) == (1.0, 1.0, 2, 60)
    assert found.minutes == pytest.approx(60 * PERIOD_S / 60), "of one person: two for six seconds"
    assert found.per_minute(3) == pytest.approx(15.0)


def test_two_who_exchange_their_ids_are_two_switches_and_half_right() -> None:
    before, after = {"a": ANNA, "b": LEO}, {"a": LEO, "b": ANNA}
    found = of(history(*[(BOTH, before)] * 10, *[(BOTH, after)] * 10))
    assert [replace(switch, apart_s=round(switch.apart_s, 3)) for switch in found.switches] == [
        Switch(2.0, "anna", "a", "b", 0.2), Switch(2.0, "leo", "b", "a", 0.2)
    ]  # fmt: skip
    assert found.idf1 == pytest.approx(0.5)
    assert found.mota == pytest.approx(1 - 2 / 40)


def test_a_pair_stays_together_though_somebody_else_comes_nearer() -> None:
    """Bernardin and Stiefelhagen: else two who pass each other would be switches that nobody made."""
    near = {"anna": there((1.0, 0.0)), "leo": there((1.3, 0.0))}
    pairs = paired(history((BOTH, {"a": ANNA, "b": LEO}), (near, {"a": (1.25, 0.0), "b": (1.05, 0.0)})), GATE_M)
    assert pairs == [{"anna": "a", "leo": "b"}, {"anna": "a", "leo": "b"}]


def test_new_pairs_are_those_with_the_smallest_sum_of_distances() -> None:
    targets = {"anna": there((0.0, 0.0)), "leo": there((0.4, 0.0))}
    assert paired(history((targets, {"a": (0.3, 0.0), "b": (-0.1, 0.0)})), GATE_M) == [{"anna": "b", "leo": "a"}]


def test_beyond_the_gate_nothing_is_found_and_what_is_told_is_false() -> None:
    found = of(history(({"anna": there()}, {"a": (1.51, 0.0)})))
    assert (found.misses, found.false, found.idf1) == (1, 1, 0.0)
    assert found.mota == pytest.approx(-1.0)


def test_who_is_partly_seen_need_not_be_found_and_is_not_false() -> None:
    found = of(history(({**PARTLY}, {}), ({**PARTLY}, {"a": ANNA}), ({"anna": there()}, {"a": ANNA})))
    assert (found.wanted, found.misses, found.false, found.idf1) == (1, 0, 0, 1.0)


def test_who_is_wanted_goes_before_who_is_not() -> None:
    targets = {"anna": Target((1.0, 0.0), wanted=False), "leo": there((1.3, 0.0))}
    assert paired(history((targets, {"a": (1.1, 0.0)})), GATE_M) == [{"leo": "a"}]


def test_a_second_id_for_one_person_is_false() -> None:
    found = of(history(*[({"anna": there()}, {"a": ANNA, "ghost": (1.1, 0.0)})] * 4))
    assert (found.misses, found.false, found.switches) == (0, 4, ())
    assert found.idf1 == pytest.approx(2 * 4 / (4 + 8))


def test_lost_in_full_view_is_a_fragmentation_and_out_of_sight_is_none() -> None:
    seen: Picture = ({"anna": there()}, {"a": ANNA})
    lost: Picture = ({"anna": there()}, {})
    assert of(history(seen, lost, lost, seen, lost, seen)).fragmentations == 2
    assert of(history(seen, (HIDDEN, {}), seen)).fragmentations == 0
    assert of(history(seen, lost, (HIDDEN, {}), seen)).fragmentations == 0
    assert of(history(seen, lost)).fragmentations == 0


@pytest.mark.parametrize(
    ("hidden", "after", "occlusion", "absence"),
    [(2, "a", (0, 0), (0, 0)), (10, "a", (1, 1), (0, 0)), (10, "b", (1, 0), (0, 0)), (20, "a", (0, 0), (1, 1)), (20, "b", (0, 0), (1, 0))],
)
def test_occlusions_of_two_seconds_and_absences(hidden: int, after: str, occlusion: tuple[int, int], absence: tuple[int, int]) -> None:
    """Hidden for 0.4 s, 2 s and 4 s; at first nobody finds her, and then she is partly seen."""
    found = of(
        history(
            *[({"anna": there()}, {"a": ANNA})] * 3, *[(HIDDEN, {})] * hidden, ({"anna": there()}, {}), (PARTLY, {}),
            *[({"anna": there()}, {after: ANNA})] * 3,
        )
    )  # fmt: skip
    assert (found.occlusions.of, found.occlusions.kept) == occlusion
    assert (found.absences.of, found.absences.kept) == absence
    assert len(found.switches) == (after != "a")


def test_nothing_to_be_seen_has_no_figures() -> None:
    found = of(history((HIDDEN, {})))
    assert math.isnan(found.idf1) and math.isnan(found.mota) and math.isnan(found.per_minute(0)) and math.isnan(found.occlusions.share)
