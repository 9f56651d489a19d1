"""A grid with shelves to choose from, as the arrays that the compiled searches read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing.exact.lanes import NEVER, Costs, Lanes
from routing.exact.states import Machine, machine
from routing.layout import Cell
from routing.sources.stock import Offer

Flags: TypeAlias = NDArray[np.bool_]

FIXED = -1
"""In place of the number of an offer: a stop that the tour makes in any case."""


class Field(NamedTuple):
    """A sweep over the columns of a grid, step by step, and what stands along its segments.

    Step r goes by table `table[r]` of a Machine: `after[table, state, option]` is the next state, -1 where that cannot
    be. It walks segment `segment[r]`, or none (-1); then `price[r]` is what its options cost. `back[r]` is 1 where r is
    the last step of a column.

    Segment s is `length[s]` long (a cost); `end[s]` is -1 for a dead end below the first cross-aisle, 1 for one above
    the last, else 0. Its entries, least place first, are `first[s]` to `first[s + 1]`: `place` (cost from the low end),
    `offer` (its number, or FIXED), `good` (-1 for FIXED), `units` of it; where there is a `choice` whether to take from
    it, `extra` is what that costs, and `gift` the bonus for emptying it less that cost; `bonus`: whether there is one.

    `demand` is of each good; where some shelf has a bonus for it (`exact`), what is taken is counted exactly. `beyond`
    (segments + 1, goods) is the stock from a segment on. `turn`: the cost of one turn; `constant`: what is walked
    in any case. All costs of tours are alike modulo `quantum`.
    """

    after: NDArray[np.int64]
    accepting: Flags
    table: Costs
    segment: Costs
    price: Costs
    first: Costs
    length: Costs
    end: Costs
    place: Costs
    offer: Costs
    good: Costs
    units: Costs
    extra: Costs
    gift: Costs
    choice: Flags
    bonus: Flags
    last_fixed: Costs
    demand: Costs
    exact: Flags
    beyond: Costs
    turn: int
    constant: int
    quantum: int


class Terminals(NamedTuple):
    """How a tour begins and ends: round through `fixed` cells, or between two crossings (column, slot), as `flips`.

    `constant` is the cost of the ways to them.
    """

    fixed: tuple[Cell, ...]
    flips: tuple[tuple[int, int], ...]
    constant: int


class _Entry(NamedTuple):
    place: int
    offer: int
    good: int = -1
    units: int = 0
    extra: int = 0
    gift: int = 0
    choice: bool = False
    bonus: bool = False


def field_of(
    lanes: Lanes,
    terminals: Terminals,
    fixed: Iterable[Cell],
    offers: Sequence[tuple[Offer, Cell]],
    demand: Sequence[int],
) -> Field:
    """The field of a grid with stops that are `fixed`, and offers at their cells for this demand of each good."""
    entries = _entries(lanes, [*fixed, *terminals.fixed], offers, demand)
    columns = lanes.active([column for column, _ in entries] + [column for column, _ in terminals.flips])
    states = machine(lanes.levels, open_ended=True) if terminals.flips else lanes.machine
    segments = [
        (i, s)
        for i, column in enumerate(columns)
        for s in range(lanes.levels + 1)
        if (column, s) in entries or (0 < s < lanes.levels and lanes.lengths[column, s] < NEVER)
    ]
    listed = [sorted(entries.get((columns[i], s), ())) for i, s in segments]
    rows = np.array([one for several in listed for one in several], np.int64).reshape(-1, len(_Entry._fields))
    of_entry = dict(zip(_Entry._fields, map(np.ascontiguousarray, rows.T), strict=True))
    choice, bonus = of_entry.pop("choice").astype(np.bool_), of_entry.pop("bonus").astype(np.bool_)
    first = np.cumsum([0, *map(len, listed)]).astype(np.int64)
    steps = list(_steps(lanes, columns, segments, terminals))
    length = np.array([lanes.lengths[columns[i], s] for i, s in segments], np.int64)
    return Field(
        **of_entry,
        choice=choice,
        bonus=bonus,
        after=_after(states),
        accepting=states.accepting,
        table=np.array([table for table, _, _ in steps], np.int64),
        segment=np.array([segment for _, segment, _ in steps], np.int64),
        price=np.array([price for _, _, price in steps], np.int64).reshape(-1, 6),
        first=first,
        length=length,
        end=np.array([-1 if s == 0 else int(s == lanes.levels) for _, s in segments], np.int64),
        last_fixed=last_fixed_of(first, of_entry["offer"]),
        demand=np.array(demand, np.int64),
        exact=np.isin(np.arange(len(demand)), of_entry["good"][bonus]),
        beyond=beyond_of(first, of_entry["good"], of_entry["units"], len(demand)),
        turn=lanes.turn,
        constant=terminals.constant,
        quantum=_quantum(lanes, columns, segments, first, length, of_entry),
    )


def _entries(
    lanes: Lanes, fixed: Iterable[Cell], offers: Sequence[tuple[Offer, Cell]], demand: Sequence[int]
) -> dict[tuple[int, int], list[_Entry]]:
    """What stands along each column and segment."""
    entries: dict[tuple[int, int], list[_Entry]] = defaultdict(list)
    for cell in {*fixed}:
        entries[cell.column, cell.segment].append(_Entry(lanes.cost_at(cell), FIXED))
    for number, (offer, cell) in enumerate(offers):
        entry = _Entry(
            place=lanes.cost_at(cell),
            offer=number,
            good=offer.good,
            units=min(offer.qty, demand[offer.good]),
            extra=offer.extra,
            gift=offer.bonus - offer.extra,
            choice=bool(offer.extra or offer.bonus),
            bonus=offer.bonus > 0,
        )
        entries[cell.column, cell.segment].append(entry)
    return entries


def _steps(
    lanes: Lanes, columns: Sequence[int], segments: Sequence[tuple[int, int]], terminals: Terminals
) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Table, segment and prices of each step of the sweep."""
    levels, never = lanes.levels, (int(NEVER),) * 6
    number = {key: n for n, key in enumerate(segments)}
    widths = np.add.reduceat(lanes.steps, columns).tolist()
    for i, column in enumerate(columns):
        for s in range(levels + 1):
            if (i, s) in number:
                table = levels - 1 if s == 0 else levels if s == levels else s - 1
                yield table, number[i, s], never
        for at, slot in sorted(set(terminals.flips)):
            if at == column:
                yield 2 * levels + 1 + slot, -1, (0, *never[1:])
        if i + 1 < len(columns):
            for slot in range(levels):
                yield levels + 1 + slot, -1, (0, widths[i], 2 * widths[i], *never[3:])


def _after(states: Machine) -> NDArray[np.int64]:
    """The moves of a machine by table, state and option."""
    after = np.full((len(states.starts) - 1, states.count, 6), -1, np.int64)
    for table in range(len(after)):
        state, then, option = states.moves[states.starts[table] : states.starts[table + 1]].T
        after[table, state, option] = then
    return after


def last_fixed_of(first: Costs, offer: Costs) -> Costs:
    """Of each entry the last fixed one up to it in its segment, -1 where there is none."""
    last = np.full(len(offer), -1, np.int64)
    for low, high in zip(first.tolist(), first[1:].tolist(), strict=False):
        fixed = np.where(offer[low:high] == FIXED, np.arange(low, high), -1)
        last[low:high] = np.maximum.accumulate(fixed)
    return last


def beyond_of(first: Costs, good: Costs, units: Costs, goods: int) -> Costs:
    """The stock of each good from each segment on."""
    beyond = np.zeros((len(first), goods), np.int64)
    for s in range(len(first) - 2, -1, -1):
        beyond[s] = beyond[s + 1]
        here = slice(first[s], first[s + 1])
        offered = good[here] >= 0
        np.add.at(beyond[s], good[here][offered], units[here][offered])
    return beyond


def _quantum(
    lanes: Lanes,
    columns: Sequence[int],
    segments: Sequence[tuple[int, int]],
    first: Costs,
    length: Costs,
    of_entry: Mapping[str, Costs],
) -> int:
    """What all tours' costs differ by a multiple of.

    Every line across the floor is crossed an even number of times (or an odd one, by all tours between two given ends).
    """
    walkable = length < NEVER
    place, segment = of_entry["place"], np.repeat(np.arange(len(segments)), np.diff(first))
    inside = walkable[segment]
    parts = [
        of_entry["extra"],
        of_entry["gift"],
        2 * place,
        2 * (length[segment] - place)[inside],
        2 * length[walkable],
    ]
    parts += [2 * np.add.reduceat(lanes.steps, columns)[:-1], np.array([2 * lanes.turn])]
    levels = np.array([s for _, s in segments])
    for level in range(lanes.levels + 1):
        alike = length[walkable & (levels == level)]
        parts.append(alike - alike[:1])
    return int(np.gcd.reduce(np.abs(np.concatenate(parts)))) or 1
