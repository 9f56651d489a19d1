"""The ways to serve a segment without passing through it.

A *cut* (low, high) serves the segment's entries below `low` from its low end, those from `high` on from its high end,
and leaves out those between.
"""

from __future__ import annotations

from numba import njit

from routing.exact.states import FROM_HIGH, FROM_LOW, GAP, SKIP

_NEVER = 2**60


@njit(cache=True, nogil=True)
def entry_values(field, prices, value):  # type: ignore[no-untyped-def]
    """What each entry earns under these prices: of a choice all of it, else each unit; into `value`."""
    for entry in range(len(field.place)):
        good = field.good[entry]
        if good < 0:
            value[entry] = 0
        elif field.choice[entry]:
            value[entry] = max(0, prices[good] * field.units[entry] + field.gift[entry])
        else:
            value[entry] = max(0, prices[good])


@njit(cache=True, nogil=True)
def cut_walk(low, high, a, b, down_to, up_to, turns):  # type: ignore[no-untyped-def]
    """Option and cost of a cut in a segment of entries `a` to `b`.

    `up_to`: place of entry `low` - 1; `down_to`: cost from the high end to entry `high`; `turns`: cost of two turns.
    """
    if high == b:
        return (SKIP, 0) if low == a else (FROM_LOW, 2 * up_to + turns)
    if low == a:
        return FROM_HIGH, 2 * down_to + turns
    return GAP, 2 * (up_to + down_to + turns)


@njit(cache=True, nogil=True)
def room_for_cuts(field, s):  # type: ignore[no-untyped-def]
    """How many cuts segment s may have at the most."""
    entries = field.first[s + 1] - field.first[s]
    return (entries + 1) * (entries + 2) // 2 + 1


@njit(cache=True, nogil=True)
def list_cuts(field, s, value, loads, added, cuts):  # type: ignore[no-untyped-def]  # noqa: PLR0912
    """The useful cuts of segment s as rows of `cuts` (low, high, earned); returns how many.

    `loads` (goods) are had before, and are changed; `value`: see entry_values; `added` (entries) is working space. The
    first row is no cut: it stands for all entries. The last entry served from each end is of use.
    """
    # What both loops do with an entry is written twice: a call with these arrays costs more than all of it.
    good, units, demand, choice, last_fixed = (
        field.good,
        field.units,
        field.demand,
        field.choice,
        field.last_fixed,
    )
    a, b, flat = field.first[s], field.first[s + 1], field.length[s] >= _NEVER
    only_low, only_high = flat or field.end[s] > 0, flat or field.end[s] < 0
    count, below = 1, 0
    for low in range(a, b + 1):
        if low > a:
            entry, useful = low - 1, True
            added[entry] = 0
            if good[entry] >= 0 and choice[entry]:
                below += value[entry]
            elif good[entry] >= 0:
                added[entry] = min(units[entry], demand[good[entry]] - loads[good[entry]])
                loads[good[entry]] += added[entry]
                below += value[entry] * added[entry]
                useful = added[entry] > 0
            if only_high or not useful:
                continue
        gain, least = below, b
        for high in range(b, low - 1, -1):
            useful = True
            if high < b:
                if only_low:
                    break
                least, added[high] = high, 0
                if good[high] >= 0 and choice[high]:
                    gain += value[high]
                elif good[high] >= 0:
                    added[high] = min(units[high], demand[good[high]] - loads[good[high]])
                    loads[good[high]] += added[high]
                    gain += value[high] * added[high]
                    useful = added[high] > 0
            if useful and (high == low or last_fixed[high - 1] < low):
                cuts[count, 0], cuts[count, 1], cuts[count, 2] = low, high, gain
                count += 1
        for entry in range(least, b):
            if added[entry]:
                loads[good[entry]] -= added[entry]
    cuts[0, 0], cuts[0, 1], cuts[0, 2] = a, a, below
    return count
