"""The orders of a round as arrays, so that thousands of exchanges between batches are priced at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.distances import Ints, distances_mm
from routing.problem import Cart, PickOrder, Problem
from routing.tour import locations_of

NEVER = np.int64(2**60)
"""The price of what must not be done; two of them still add up."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Orders by number, with their nodes; node 0 is the depot, the others are distinct locations.

    `nodes[starts[o]:starts[o + 1]]` are the nodes of order o. Loads are in g and cm³.
    """

    orders: tuple[PickOrder, ...]
    carts: tuple[Cart, ...]
    locations: tuple[str, ...]
    matrix: Ints
    nodes: Ints
    starts: Ints
    rank: Ints
    weight_g: Ints
    volume_cm3: Ints
    served: NDArray[np.bool_]

    @classmethod
    def of(cls, problem: Problem, orders: Sequence[PickOrder], carts: Sequence[Cart]) -> Pool:
        """The pool of these orders for these carts. All locations must be in the layout."""
        locations = (problem.depot, *(one for one in locations_of(orders) if one != problem.depot))
        number = {location: node for node, location in enumerate(locations)}
        nodes = [[number[location] for location in locations_of([order])] for order in orders]
        serves = {(cart.zones, zones): cart.serves(zones) for cart in carts for zones in _zones(orders)}
        return cls(
            orders=tuple(orders),
            carts=tuple(carts),
            locations=locations,
            matrix=distances_mm(problem.layout, locations),
            nodes=np.array([node for each in nodes for node in each], np.int64),
            starts=np.cumsum([0, *map(len, nodes)], dtype=np.int64),
            rank=np.array([order.rank for order in orders], np.int64),
            weight_g=np.array([order.weight_g for order in orders], np.int64),
            volume_cm3=np.array([order.volume_cm3 for order in orders], np.int64),
            served=np.array([[serves[cart.zones, order.zones] for order in orders] for cart in carts], bool),
        )

    def nodes_of(self, order: int) -> list[int]:
        """The distinct nodes where this order's lines lie."""
        return [int(node) for node in self.nodes[self.starts[order] : self.starts[order + 1]]]

    def prices_mm(self, tour: Sequence[int]) -> Ints:
        """What each order would add to a tour (from 0 to 0), its nodes inserted each where it is cheapest."""
        walk = np.asarray(tour)
        one, other = walk[:-1], walk[1:]
        added = self.matrix[one] + self.matrix[other] - self.matrix[one, other][:, None]
        prices: Ints = np.add.reduceat(added.min(axis=0)[self.nodes], self.starts[:-1])
        return prices

    def with_order(self, tour: Sequence[int], order: int) -> tuple[int, ...]:
        """The tour with this order's nodes inserted one after the other where each is cheapest."""
        longer = list(tour)
        for node in self.nodes_of(order):
            if node not in longer:
                walk = np.asarray(longer)
                one, other = walk[:-1], walk[1:]
                added = self.matrix[one, node] + self.matrix[node, other] - self.matrix[one, other]
                longer.insert(int(added.argmin()) + 1, node)
        return tuple(longer)

    def without_order(self, tour: Sequence[int], order: int, others: Iterable[int]) -> tuple[int, ...]:
        """The tour without the nodes that only this order needs, given the others of the batch."""
        needed = {0}.union(*(self.nodes_of(other) for other in others))
        alone = set(self.nodes_of(order)) - needed
        return tuple(node for node in tour if node not in alone)


def _zones(orders: Iterable[PickOrder]) -> set[frozenset[str]]:
    return {order.zones for order in orders}
