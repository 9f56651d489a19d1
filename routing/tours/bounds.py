"""Lower bounds of a trip's cost, each of them proven, for tours that no exact program can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from routing.exact.lanes import NEVER, Lanes
from routing.exact.phases import PHASE_LEVELS, Wish, phased_cost
from routing.tours.bound import round_bound
from routing.tours.chain import Chain, layers_of_rule
from routing.tours.floor import Least

LEAST_ROUNDS, MOST_ROUNDS, LEGS = 30, 3_000, 12_000_000
"""Rounds of the 1-tree bound: as many as look at so many legs in all, within these limits."""
FAR_APART = 13
"""So many visits of a layer stand for it where it is too large to be solved exactly."""
PHASES_S = 0.15
"""About what the sweep of two walks takes with as many cross-aisles as it can hold."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The trip's chain (floor, trip, legs) and its least tour without rules, where there is one."""

    chain: Chain
    least: Least | None

    def best(self, cost: int) -> int:
        """The greatest of all bounds; `cost` is that of a tour."""
        bound, grain = 0, self._grain()
        for one in self._all(cost):
            bound = max(bound, -(-one // grain) * grain)
            if bound >= cost:
                return cost
        return bound

    def _grain(self) -> int:
        """What all costs of tours are multiples of."""
        legs = int(np.gcd.reduce(self.chain.matrix.legs, axis=None))
        return max(1, int(np.gcd.reduce(self.chain.trip.demands.penalties, initial=legs)))

    def _all(self, cost: int) -> Iterator[int]:
        legs = self.chain.matrix.legs
        yield int((legs[0] + legs[:, 0]).max())
        if self.least and self.least.proven:
            yield self.least.cost
        else:
            yield from self._freer()
            if len(legs) >= 4:
                rounds = min(max(LEAST_ROUNDS, LEGS // legs.size), MOST_ROUNDS)
                yield int(round_bound(legs, np.int64(cost), rounds))
        yield from self._of_rules()

    def _freer(self) -> Iterator[int]:
        """Without the turns, or the ways that may not be walked, that the sweep over aisles cannot hold."""
        floor, trip = self.chain.floor, self.chain.trip
        if floor.freer_lanes:
            freer = floor.least(floor.freer_lanes, trip.start, trip.locations, trip.ends)
            if freer and freer.proven:
                yield freer.cost

    def _of_rules(self) -> Iterator[int]:
        """One rule alone; what the others want makes no tour cheaper."""
        lanes, demands = self.chain.floor.lanes, self.chain.trip.demands
        for rule in range(len(demands.penalties)):
            if lanes and self._in_time_for(lanes):
                yield self._phased(lanes, rule)
            elif demands.hard >> rule & 1:
                # With some visits alone that it knows: to leave out others makes no walk longer.
                found = [self._far_apart(layer) for layer in layers_of_rule(self.chain.trip, rule)]
                exact = self.chain.least(found)
                if exact:
                    yield exact[0]

    def _in_time_for(self, lanes: Lanes) -> bool:
        """Whether two walks can be swept at once before the deadline."""
        few = lanes.levels < PHASE_LEVELS
        return few or (lanes.levels == PHASE_LEVELS and monotonic() + PHASES_S < self.chain.deadline)

    def _far_apart(self, nodes: Sequence[int]) -> list[int]:
        """As many of these nodes as the program over subsets takes quickly, each far from those before it."""
        legs = self.chain.matrix.legs
        apart = (legs[0] + legs[:, 0])[list(nodes)]
        chosen: list[int] = []
        while len(chosen) < min(FAR_APART, len(nodes)):
            chosen.append(nodes[int(apart.argmax())])
            apart = np.minimum(apart, (legs[chosen[-1]] + legs[:, chosen[-1]])[list(nodes)])
            apart[nodes.index(chosen[-1])] = -1
        return chosen

    def _phased(self, lanes: Lanes, rule: int) -> int:
        """By two walks over the aisles at once."""
        trip, cell = self.chain.trip, self.chain.floor.layout.cell
        demands, bit = trip.demands, 1 << rule
        penalty = int(NEVER) if demands.hard & bit else int(demands.penalties[rule])
        wishes = [
            Wish(
                cell(visit.location),
                bool(visit.mark.early & bit),
                bool(visit.mark.late & bit),
                min(int(NEVER), penalty * len(visit.numbers)),
            )
            for visit in trip.visits
        ]
        start = cell(trip.start)
        return min(phased_cost(lanes, wishes, start, cell(end)) for end in trip.ends)
