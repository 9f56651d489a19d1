"""Prices on floors that are no grid: legs over the network, and short walks through locations, compiled."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from routing.batching.arcs import arcs_of
from routing.batching.compiled import kernel
from routing.batching.floor import COLUMN, FLOOR, SEGMENT, Floor, Spots, rounds_of
from routing.batching.job import Job
from routing.exact.states import machine
from routing.exact.sweep import WORD

_NEVER = 2**60
_LONGEST = 3
"""Of the stops that or-opt moves together (Or 1976)."""
_MANY = 150
"""A walk through more stops is not improved: that would take too long."""


WALK, OTHER, STOPS = range(3)
"""Rows of the working space for walks: a walk, place by place, another one, and what is to be visited."""

PLACE = np.dtype(
    [
        ("ahead_exit", "i8"),
        ("back_exit", "i8"),
        ("ahead_entry", "i8"),
        ("back_entry", "i8"),
        ("before", "i8"),
        ("behind", "i8"),
        ("edge", "i8"),
        ("up", "?"),
        ("down", "?"),
    ]
)


class Ground(NamedTuple):
    """Locations by number, then the starts and the ends of all rounds.

    Of each: the nodes where its edge is left and entered, ahead and back (-1: not open), the cost of the edge before
    and behind it, the edge, and whether it is walked up and down. `between` is the cost from node to node. Round r
    starts at
    place `starts[r]` and ends at the cheapest of `ends[end_start[r]:end_start[r + 1]]`.
    """

    between: NDArray[np.int64]
    places: NDArray[np.void]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    end_start: NDArray[np.int64]


def path_for(locations: int) -> NDArray[np.int64]:
    """Working space of one thread for walks through so many locations, with start and end (3, locations + 2)."""
    return np.zeros((3, locations + 2), np.int64)


def nowhere(job: Job, numbers: Mapping[str, int]) -> tuple[Floor, Spots, Ground]:
    """For a floor that is no grid: nothing to sweep, bits by location number, and the ground."""
    words = -(-max(1, len(numbers)) // WORD)
    none = np.zeros(0, np.int64)
    arcs = arcs_of(machine(1))
    segments = np.zeros(3, SEGMENT)
    segments["word"] = [0, 0, words]
    floor = Floor(
        facts=np.array([(1, 0, 1, True, True)], FLOOR),
        columns=np.zeros(1, COLUMN),
        segments=segments,
        places=none,
        way_start=np.zeros(len(rounds_of(job)) + 1, np.int64),
        way_cost=none,
        way_bits=np.zeros((0, words), np.uint64),
        flips=np.zeros((0, 1), np.int64),
        arc_start=arcs.start,
        arcs=arcs.arcs,
        accepting=arcs.accepting,
    )
    spots = Spots(
        {name: n // WORD for name, n in numbers.items()},
        {name: n % WORD for name, n in numbers.items()},
        words,
    )
    return floor, spots, ground_of(job, numbers)


def ground_of(job: Job, names: Iterable[str]) -> Ground:
    """The ground of a job for locations `names`, in the order of their numbers."""
    rounds = rounds_of(job) if names else []
    ends = [end for _, round_ends in rounds for end in round_ends]
    places = [*names, *(start for start, _ in rounds), *ends]
    effort, network = job.effort, job.layout.network
    standings = [job.layout.standing(name) for name in places]
    edges = [network.edges[each.edge] for each in standings]
    used = sorted({node for edge in edges for node in (edge.tail, edge.head)})
    number = {node: n for n, node in enumerate(used)}
    rows = np.zeros(len(places), PLACE)
    for row, edge, standing in zip(rows, edges, standings, strict=True):
        per_mm, tail, head = effort.per_mm(edge.aisle), number[edge.tail], number[edge.head]
        row["ahead_exit"] = head if edge.up else -1
        row["back_entry"] = head if edge.down else -1
        row["back_exit"] = tail if edge.down else -1
        row["ahead_entry"] = tail if edge.up else -1
        row["before"] = standing.offset_mm * per_mm
        row["behind"] = (edge.length_mm - standing.offset_mm) * per_mm
        row["edge"], row["up"], row["down"] = standing.edge, edge.up, edge.down
    stops, starts = len(places) - len(rounds) - len(ends), len(rounds)
    return Ground(
        between=_between(job, used),
        places=rows,
        starts=np.arange(stops, stops + starts, dtype=np.int64),
        ends=np.arange(stops + starts, len(places), dtype=np.int64),
        end_start=np.cumsum([0, *(len(round_ends) for _, round_ends in rounds)]).astype(np.int64),
    )


def _between(job: Job, used: Sequence[int]) -> NDArray[np.int64]:
    """Costs between all pairs of these nodes. With turns each node has two sides: corridor and cross-aisle."""
    effort, network = job.effort, job.layout.network
    sides = 2 if effort.turn else 1
    links: list[tuple[int, int, int]] = []
    for edge in network.edges:
        cost = edge.length_mm * effort.per_mm(edge.aisle) + effort.fixed(edge)
        side = sides - 1 if edge.axis == "cross" else 0
        tail, head = sides * edge.tail + side, sides * edge.head + side
        links += [(tail, head, cost)] * edge.up + [(head, tail, cost)] * edge.down
    if sides == 2:
        for node in range(len(network.xy_mm)):
            links += [(2 * node, 2 * node + 1, effort.turn), (2 * node + 1, 2 * node, effort.turn)]
    links.sort()
    table = np.array(links, np.int64).reshape(-1, 3)
    nodes = sides * len(network.xy_mm)
    start = np.searchsorted(table[:, 0], np.arange(nodes + 1)).astype(np.int64)
    costs: NDArray[np.int64] = _all_costs(
        start,
        np.ascontiguousarray(table[:, 1]),
        np.ascontiguousarray(table[:, 2]),
        sides * np.array(used, np.int64),
    )
    return costs


@njit(cache=True, nogil=True)
def _all_costs(start, to, cost, used):  # type: ignore[no-untyped-def]
    """Least costs between the `used` nodes of a graph (Dijkstra 1959 from each)."""
    between = np.full((len(used), len(used)), _NEVER, np.int64)
    reached = np.empty(len(start) - 1, np.int64)
    for k in range(len(used)):
        reached[:] = _NEVER
        reached[used[k]] = 0
        queue = [(np.int64(0), np.int64(used[k]))]
        while queue:
            walked, node = heapq.heappop(queue)
            if walked > reached[node]:
                continue
            for link in range(start[node], start[node + 1]):
                further = walked + cost[link]
                if further < reached[to[link]]:
                    reached[to[link]] = further
                    heapq.heappush(queue, (further, to[link]))
        for other in range(len(used)):
            between[k, other] = reached[used[other]]
    return between


@kernel
def leg(ground, a, b):  # type: ignore[no-untyped-def]
    """The least cost of a walk from place a to place b."""
    here, there = ground.places[a], ground.places[b]
    best = _NEVER
    for ahead_out in range(2):
        out = here.ahead_exit if ahead_out else here.back_exit
        leave = here.behind if ahead_out else here.before
        for ahead_in in range(2):
            into = there.ahead_entry if ahead_in else there.back_entry
            enter = there.before if ahead_in else there.behind
            if out >= 0 and into >= 0:
                best = min(best, leave + ground.between[out, into] + enter)
    if here.edge == there.edge:
        ahead = there.before - here.before
        if ahead == 0 or (here.up if ahead > 0 else here.down):
            best = min(best, abs(ahead))
    return best


@kernel
def walk_cost(ground, path, count, start_end):  # type: ignore[no-untyped-def]
    """Cost of a short walk of the round `start_end` through the first `count` of `path[STOPS]`, in ascending order."""
    best = _NEVER
    for k in range(ground.end_start[start_end], ground.end_start[start_end + 1]):
        path[WALK, 0] = ground.starts[start_end]
        path[WALK, 1] = ground.ends[k]
        for n in range(count):
            _insert(ground, path[WALK], n + 2, path[STOPS, n])
        if count <= _MANY:
            while _moved_some(ground, path, count + 2) or _turned_some(ground, path[WALK], count + 2):
                pass
        cost = 0
        for n in range(count + 1):
            cost += leg(ground, path[WALK, n], path[WALK, n + 1])
        best = min(best, cost)
    return best


@kernel
def _insert(ground, walk, length, stop):  # type: ignore[no-untyped-def]
    """A stop where it lengthens a walk of so many places least."""
    best, at = _NEVER, 1
    for n in range(1, length):
        before, behind = walk[n - 1], walk[n]
        more = leg(ground, before, stop) + leg(ground, stop, behind) - leg(ground, before, behind)
        if more < best:
            best, at = more, n
    for n in range(length, at, -1):
        walk[n] = walk[n - 1]
    walk[at] = stop


@kernel
def _moved_some(ground, path, length):  # type: ignore[no-untyped-def]
    """Move up to _LONGEST stops elsewhere, as they are or turned round, where that is shorter; whether it was."""
    walk = path[WALK]
    for size in range(1, _LONGEST + 1):
        for first in range(1, length - size):
            last = first + size - 1
            before, behind = walk[first - 1], walk[last + 1]
            inside, turned = 0, 0
            for n in range(first, last):
                inside += leg(ground, walk[n], walk[n + 1])
                turned += leg(ground, walk[n + 1], walk[n])
            gone = leg(ground, before, walk[first]) + inside + leg(ground, walk[last], behind)
            gone -= leg(ground, before, behind)
            for at in range(1, length):
                if first <= at <= last + 1:
                    continue
                a, b = walk[at - 1], walk[at]
                apart = leg(ground, a, b)
                ahead = leg(ground, a, walk[first]) + inside + leg(ground, walk[last], b) - apart
                back = leg(ground, a, walk[last]) + turned + leg(ground, walk[first], b) - apart
                if min(ahead, back) < gone:
                    _move(path, length, first, last, at, back < ahead)
                    return True
    return False


@kernel
def _move(path, length, first, last, at, turned):  # type: ignore[no-untyped-def]
    """Take places first to last out of the walk, and put them before place `at`."""
    n = 0
    for k in range(length + 1):
        if k == at:
            for m in range(last - first + 1):
                path[OTHER, n] = path[WALK, last - m if turned else first + m]
                n += 1
        if k < length and not first <= k <= last:
            path[OTHER, n] = path[WALK, k]
            n += 1
    for k in range(length):
        path[WALK, k] = path[OTHER, k]


@kernel
def _turned_some(ground, walk, length):  # type: ignore[no-untyped-def]
    """Turn a part of the walk round where that is shorter (2-opt, Croes 1958), though legs may differ by direction."""
    for first in range(1, length - 2):
        ahead, back = 0, 0
        for last in range(first + 1, length - 1):
            ahead += leg(ground, walk[last - 1], walk[last])
            back += leg(ground, walk[last], walk[last - 1])
            before, behind = walk[first - 1], walk[last + 1]
            old = leg(ground, before, walk[first]) + ahead + leg(ground, walk[last], behind)
            new = leg(ground, before, walk[last]) + back + leg(ground, walk[first], behind)
            if new < old:
                for n in range((last - first + 1) // 2):
                    walk[first + n], walk[last - n] = walk[last - n], walk[first + n]
                return True
    return False
