"""Finding a case in which one rule holds and others do not, or showing that there is none.

Facet by facet, the search keeps what is still possible: for every way that it came, which of the rules to be avoided are
still alive.  Where one way leaves alive only what another leaves alive too, the other need not be followed.  That is exact:
the search ends with a case, or with the proof that there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from safety.analysis.notation import Fragment, joined
from safety.analysis.space import Space, all_of
from safety.analysis.table import Pair, Value


class _Way(NamedTuple):
    """What one facet can be: before and, if a step is asked for there, after it."""

    before: Value
    after: Value


_Taken = Mapping[str, _Way]


@dataclass(frozen=True, slots=True)
class Found:
    """A case: the value of every facet."""

    values: tuple[Value, ...]

    @property
    def fragment(self) -> Fragment:
        """In the notation of examples."""
        return joined(*(value.fragment for value in self.values))

    @property
    def mask(self) -> int:
        """The alternatives that hold in it."""
        return all_of(value.mask for value in self.values)


def find(space: Space, together: Sequence[int], avoid: Iterable[int] = ()) -> Found | None:
    """A case, as simple as possible, in which all of these columns hold and none of ``avoid`` does; None: there is none."""
    taken = _find(space, together, _union(space, avoid), {})
    return None if taken is None else Found(tuple(way.before for way in taken.values()))


def find_step(space: Space, column: int, avoid: Iterable[int], facet: str, pairs: Sequence[Pair]) -> tuple[Found, Found] | None:
    """Two cases, apart by one of these steps: in the first a column holds, in the second neither it nor ``avoid`` does."""
    ways = {facet: [_Way(pair.before, pair.after) for pair in pairs]}
    taken = _find(space, (column,), _union(space, avoid) | space.bits(column), ways)
    if taken is None:
        return None
    return Found(tuple(way.before for way in taken.values())), Found(tuple(way.after for way in taken.values()))


def _union(space: Space, some: Iterable[int]) -> int:
    return _any_of(space.bits(column) for column in some)


def _any_of(masks: Iterable[int]) -> int:
    whole = 0
    for mask in masks:
        whole |= mask
    return whole


def _find(space: Space, together: Sequence[int], avoid: int, steps: Mapping[str, Sequence[_Way]]) -> _Taken | None:
    for holding in _choices(space, together):
        for parts in space.shapes:
            ways = _all_admitted(space, parts, holding, steps)
            taken = _search(ways, avoid) if ways else None
            if taken is not None:
                return _simplified(taken, ways, avoid)
    return None


def _all_admitted(space: Space, parts: frozenset[str], holding: int, steps: Mapping[str, Sequence[_Way]]) -> dict[str, list[_Way]]:
    """What every facet can be where these alternatives hold; {} when one of them can be nothing."""
    every: dict[str, list[_Way]] = {}
    for name in space.facets:
        every[name] = _admitted(space, name, parts, holding, steps)
        if not every[name]:
            return {}
    return every


def _choices(space: Space, together: Sequence[int]) -> Iterator[int]:
    """Every choice of one alternative for each of these columns, as bits."""
    if not together:
        yield 0
        return
    for rest in _choices(space, together[1:]):
        bits = space.bits(together[0])
        while bits:
            lowest = bits & -bits
            yield lowest | rest
            bits ^= lowest


def _admitted(space: Space, name: str, parts: frozenset[str], holding: int, steps: Mapping[str, Sequence[_Way]]) -> list[_Way]:
    if name not in steps:
        return [_Way(value, value) for value in space.values(name, parts) if value.mask & holding == holding]
    return [way for way in steps[name] if way.before.mask & holding == holding and space.exists(way.before, name, parts)]


def _search(ways: Mapping[str, Sequence[_Way]], avoid: int) -> _Taken | None:
    alive: dict[int, tuple[_Way, ...]] = {avoid: ()}
    for choices in ways.values():
        concerned = _any_of(alive)
        best: dict[int, _Way] = {}
        for way in choices:
            best.setdefault(way.after.mask & concerned, way)
        least = {mask: best[mask] for mask in _least(best)}
        reached: dict[int, tuple[_Way, ...]] = {}
        for mask, path in alive.items():
            for other, way in least.items():
                reached.setdefault(mask & other, (*path, way))
        alive = {mask: reached[mask] for mask in _least(reached)}
    return dict(zip(ways, alive[0], strict=True)) if 0 in alive else None


def _least(masks: Iterable[int]) -> list[int]:
    """Those that have none of the others within them."""
    kept: list[int] = []
    for mask in sorted(masks, key=int.bit_count):
        if not any(mask & other == other for other in kept):
            kept.append(mask)
    return kept


def _simplified(taken: _Taken, ways: Mapping[str, Sequence[_Way]], avoid: int) -> _Taken:
    """The same with the first, and so simplest, value that will do in every facet."""
    simple = dict(taken)
    for name, choices in ways.items():
        alive = avoid
        for other, way in simple.items():
            alive &= way.after.mask if other != name else -1
        simple[name] = next(way for way in choices if not way.after.mask & alive)
    return simple
