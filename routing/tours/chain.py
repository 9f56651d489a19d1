"""Exact tours under hard rules that put all visits in layers, one wholly before the next: heavy, then light.

Then a tour is a chain of walks through one layer each, and of such a walk only its first and last visit matter to the
others. The least walks through a layer come from the program over subsets, or, where it is too large for that, from
sweeps over the aisles, one for each pair of ends. Where the layers leave out some visits, the chain's cost is a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic
from typing import NamedTuple

import numpy as np

from routing.exact.lanes import NEVER, Costs
from routing.precedence import layers
from routing.tours.floor import Floor
from routing.tours.matrix import Matrix
from routing.tours.subsets import MOST_VISITS, subset
from routing.tours.visits import Trip, no_demands

DEPOT = 0


class _Stage(NamedTuple):
    """After a layer: the least cost of having walked it and all before it and standing at each of `nodes`.

    `trace(place)` gives the layer's nodes as walked to that one, and the place in the stage before where it began.
    """

    nodes: Sequence[int]
    costs: Costs
    trace: Callable[[int], tuple[Sequence[int], int]]


def layers_of(trip: Trip) -> list[list[int]] | None:
    """The nodes of the visits in layers that must follow each other wholly; None where the rules leave more freedom."""
    if not trip.demands.hard or trip.demands.without_hard().bind:
        return None
    marks = [visit.mark for visit in trip.visits]
    found = layers(marks)
    for one, other in pairwise(found):
        if not all(marks[before].precedes(marks[after]) for before in one for after in other):
            return None
    return [[number + 1 for number in layer] for layer in found]


def layers_of_rule(trip: Trip, rule: int) -> list[list[int]]:
    """What a rule wants early and what late; visits that it does not know are in neither."""
    bit = 1 << rule
    early = [node for node, visit in enumerate(trip.visits, start=1) if visit.mark.early & bit]
    late = [node for node, visit in enumerate(trip.visits, start=1) if visit.mark.late & bit]
    return [early, late]


@dataclass(frozen=True, slots=True)
class Chain:
    """A trip, the floor that it is on, its legs there, and when to give up (monotonic seconds)."""

    floor: Floor
    trip: Trip
    matrix: Matrix
    deadline: float

    def least(self, found: Sequence[Sequence[int]]) -> tuple[int, list[int]] | None:
        """Cost and order of the least tour through these layers; None where there is no time or no way to tell."""
        depot = np.zeros(1, np.int64)
        stages = [_Stage((DEPOT,), depot, lambda _: ((), 0))]
        for number, layer in enumerate(found):
            stage = self._stage(stages[-1], layer, last=number + 1 == len(found))
            if stage is None:
                return None
            stages.append(stage)
        final = stages[-1]
        totals = (
            final.costs
            if tuple(final.nodes) == (DEPOT,)
            else final.costs + self.matrix.legs[final.nodes, DEPOT]
        )
        place = int(totals.argmin())
        order: list[int] = []
        cost = int(totals[place])
        for stage in reversed(stages):
            walked, place = stage.trace(place)
            order[:0] = walked
        return cost, order

    def _stage(self, before: _Stage, layer: Sequence[int], *, last: bool) -> _Stage | None:
        if len(layer) <= MOST_VISITS:
            return self._by_subsets(before, layer)
        if self.floor.lanes is None:
            return None
        return self._by_sweeps(before, layer, (DEPOT,) if last else layer)

    def _by_subsets(self, before: _Stage, layer: Sequence[int]) -> _Stage:
        legs = self.matrix.legs
        ways = before.costs[:, None] + legs[np.ix_(before.nodes, layer)]
        solved = subset(legs, tuple(layer), ways.min(axis=0), no_demands(len(legs)))

        def trace(place: int) -> tuple[Sequence[int], int]:
            walked = solved.walk_to(place)
            return walked, int(ways[:, layer.index(walked[0])].argmin())

        return _Stage(layer, solved.costs, trace)

    def _by_sweeps(self, before: _Stage, layer: Sequence[int], after: Sequence[int]) -> _Stage | None:
        costs = np.full((len(before.nodes), len(after)), NEVER, np.int64)
        orders: dict[tuple[int, int], Sequence[int]] = {}
        for i, one in enumerate(before.nodes):
            for j, other in enumerate(after):
                if monotonic() > self.deadline:
                    return None
                found = self._swept(layer, one, other)
                if found is None:
                    return None
                costs[i, j], orders[i, j] = found
        totals = before.costs[:, None] + costs

        def trace(place: int) -> tuple[Sequence[int], int]:
            began = int(totals[:, place].argmin())
            return orders[began, place], began

        return _Stage(after, totals.min(axis=0), trace)

    def _swept(self, layer: Sequence[int], one: int, other: int) -> tuple[int, Sequence[int]] | None:
        """The least walk from node `one` through the layer to node `other`, where the floor can prove it."""
        floor, trip = self.floor, self.trip
        assert floor.lanes is not None
        stops = [node for node in layer if node != other]
        ends = trip.ends if other == DEPOT else (trip.visits[other - 1].location,)
        start = trip.start if one == DEPOT else trip.visits[one - 1].location
        least = floor.least(floor.lanes, start, [trip.visits[node - 1].location for node in stops], ends)
        if least is None or not least.proven:
            return None
        walked = [stops[place] for place in least.order]
        return least.cost, walked if other == DEPOT else [*walked, other]
