"""The table of errors of places: what counts as dishonest."""

from __future__ import annotations

import math

from models.eyes.places import Error, as_text, row, rows

FOUND = [
    Error(True, 3.0, 0.1, 0.1, 0.1, 1.0),
    Error(True, 3.0, 1.2, 1.2, 0.2, 36.0),  # sure and wrong, and told too far away
    Error(True, 3.0, 1.2, -1.2, 0.5, 5.8),  # as wrong, but says so
    Error(True, 3.0, math.nan, math.nan, 10.0, math.nan),
    Error(False, 2.0, 0.4, -0.4, 0.1, 16.0),
]


def test_who_is_sure_and_wrong_is_counted() -> None:
    found = row("people", 2.5, 3.5, FOUND[:4])
    assert (found["count"], found["known"], found["sure_and_wrong"]) == (4, 3, 1)
    assert found["median_m"] == found["worst_m"] == 1.2
    assert found["beyond_3_std"] == found["beyond_ellipse"] == found["farther_than_3_std"] == 0.3333


def test_people_and_things_are_told_apart_by_distance() -> None:
    table = {(one["kind"], one["from_m"], one["to_m"]): one for one in rows(FOUND)}
    assert table["people", 2.5, 3.5]["count"] == table["people", 0.0, 20.0]["count"] == 4
    assert table["people", 0.0, 1.5] == {"kind": "people", "from_m": 0.0, "to_m": 1.5, "count": 0, "known": 0}
    nearer = table["things", 1.5, 2.5]
    assert (nearer["beyond_3_std"], nearer["farther_than_3_std"]) == (1.0, 0.0)
    assert len(as_text(list(table.values())).splitlines()) == 1 + 4
