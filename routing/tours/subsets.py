"""Exact tours through few visits on any floor and under any rules: a dynamic program over subsets, compiled.

Held and Karp (Journal of SIAM 10(1), 1962). Whether a visit may come next, and what it costs that it comes too early,
depends on what was visited before it and not on the order of that, so rules cost the program nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from routing.exact.lanes import NEVER, Costs
from routing.tours.visits import Demands

MOST_VISITS = 16
"""More than this take too long: time and memory double with each."""

_NEVER = 2**60


class Subset(NamedTuple):
    """The solved program for the visits `nodes`; `costs[v]` is the least cost of a walk through all that ends at v."""

    nodes: tuple[int, ...]
    costs: Costs
    table: Costs
    legs: Costs

    def walk_to(self, last: int) -> list[int]:
        """The nodes of the least walk that ends with place `last`."""
        return [self.nodes[place] for place in traced(self.table, self.legs, last).tolist()]


def subset(legs: Costs, nodes: tuple[int, ...], into: Costs, demands: Demands) -> Subset:
    """The least walks through these `nodes` (rows of `legs`); `into[v]` is the cost of beginning with place v."""
    place = np.array(nodes, np.int64)
    early, late = demands.early[place], demands.late[place]
    bits = np.int64(1) << np.arange(len(nodes), dtype=np.int64)
    need = np.array([bits[(early & (one & demands.hard)) != 0].sum() for one in late], np.int64)
    rules = len(demands.penalties)
    early_of = np.array([bits[(early >> rule & 1) != 0].sum() for rule in range(rules)], np.int64)
    among = np.ascontiguousarray(legs[np.ix_(place, place)])
    table = subset_costs(
        among, into, need, late & ~np.int64(demands.hard), demands.weights[place], early_of, demands.penalties
    )
    return Subset(nodes, table[-1], table, among)


def best_round(legs: Costs, demands: Demands) -> tuple[int, list[int]]:
    """The least round from node 0 through all others, and its order from the first of these on."""
    nodes = tuple(range(1, len(legs)))
    solved = subset(legs, nodes, legs[0, 1:].copy(), demands)
    ends = solved.costs + legs[1:, 0]
    last = int(ends.argmin())
    return int(min(ends[last], NEVER)), solved.walk_to(last)


@njit(cache=True, nogil=True)
def subset_costs(legs, into, need, late, weights, early_of, penalties):  # type: ignore[no-untyped-def]
    """Table (2^n, n): the least cost of a walk through exactly these visits (bits) that ends with this one.

    `need[v]` are the visits that must come before v, `late[v]` the soft rules that want it late, as bits; a rule
    charges for v while any of `early_of[rule]` is still to come.
    """
    count = len(into)
    table = np.full((1 << count, count), _NEVER, np.int64)
    for seen in range(1 << count):
        for v in range(count):
            bit = 1 << v
            if seen & bit or need[v] & ~seen:
                continue
            least = into[v] if seen == 0 else _NEVER
            for u in range(count):
                if seen >> u & 1:
                    least = min(least, table[seen, u] + legs[u, v])
            if least < _NEVER:
                table[seen | bit, v] = least + _charge(
                    late[v], weights[v], early_of, ~(seen | bit), penalties
                )
    return table


@njit(cache=True, nogil=True)
def _charge(late, weight, early_of, to_come, penalties):  # type: ignore[no-untyped-def]
    """What a visit costs beside its walk, with these still to come."""
    cost = 0
    for rule in range(len(early_of)):
        if late >> rule & 1 and early_of[rule] & to_come:
            cost += weight * penalties[rule]
    return cost


@njit(cache=True, nogil=True)
def traced(table, legs, last):  # type: ignore[no-untyped-def]
    """The visits of the least walk that ends with `last`, in order."""
    count = len(legs)
    order = np.zeros(count, np.int64)
    seen = (1 << count) - 1
    for place in range(count - 1, -1, -1):
        order[place] = last
        seen ^= 1 << last
        least, before = _NEVER, -1
        for u in range(count):
            if seen >> u & 1 and table[seen, u] + legs[u, last] < least:
                least, before = table[seen, u] + legs[u, last], u
        last = before
    return order
