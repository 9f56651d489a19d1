"""Least walks between standing points of a network, for any cost of its edges and of turns.

Pure Python, one search per node, kept: what the agent's own process asks for is little.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from routing.network import Network, Standing

_Side = tuple[int, int]  # a node, and 1 on its cross-aisle, 0 elsewhere


@dataclass(frozen=True, slots=True)
class Walks:
    """Least costs over `network`.

    `per_mm` is the cost of a millimetre of each edge, `fixed` what each edge costs beside that where it is walked
    whole, `turn` the cost of changing between a corridor and a cross-aisle.
    """

    network: Network
    per_mm: Sequence[int]
    fixed: Sequence[int]
    turn: int = 0
    _links: dict[_Side, list[tuple[_Side, int]]] = field(default_factory=dict, repr=False)
    _found: dict[_Side, dict[_Side, int]] = field(default_factory=dict, repr=False)

    @classmethod
    def by_length(cls, network: Network) -> Walks:
        """Walks as short as can be; costs are mm."""
        return cls(network, [1] * len(network.edges), [0] * len(network.edges))

    def cost(self, here: Standing, there: Standing) -> int | None:
        """The least cost of a walk; None where none leads there."""
        options = [
            leave + rest[side] + enter
            for node, leave in self._exits(here)
            for rest in (self._from(node),)
            for side, enter in self._entries(there)
            if side in rest
        ]
        if here.edge == there.edge:
            edge, ahead_mm = self.network.edges[here.edge], there.offset_mm - here.offset_mm
            if ahead_mm == 0 or (edge.up if ahead_mm > 0 else edge.down):
                options.append(abs(ahead_mm) * self.per_mm[here.edge])
        return min(options, default=None)

    def _exits(self, at: Standing) -> Iterator[tuple[_Side, int]]:
        edge, per_mm = self.network.edges[at.edge], self.per_mm[at.edge]
        if edge.up:
            yield (edge.head, 0), (edge.length_mm - at.offset_mm) * per_mm
        if edge.down:
            yield (edge.tail, 0), at.offset_mm * per_mm

    def _entries(self, at: Standing) -> Iterator[tuple[_Side, int]]:
        edge, per_mm = self.network.edges[at.edge], self.per_mm[at.edge]
        if edge.up:
            yield (edge.tail, 0), at.offset_mm * per_mm
        if edge.down:
            yield (edge.head, 0), (edge.length_mm - at.offset_mm) * per_mm

    def _from(self, start: _Side) -> dict[_Side, int]:
        """Least costs from one node to all (Dijkstra 1959)."""
        if start not in self._found:
            self._found[start] = self._search(start)
        return self._found[start]

    def _search(self, start: _Side) -> dict[_Side, int]:
        links = self._links or self._linked()
        done: dict[_Side, int] = {}
        queue = [(0, start)]
        while queue:
            walked, side = heapq.heappop(queue)
            if side in done:
                continue
            done[side] = walked
            for other, more in links.get(side, ()):
                if other not in done:
                    heapq.heappush(queue, (walked + more, other))
        return done

    def _linked(self) -> dict[_Side, list[tuple[_Side, int]]]:
        """What is next to what. A turn is an edge between the two sides of a node; without turns there is one side."""
        crossed = 1 if self.turn else 0
        for number, edge in enumerate(self.network.edges):
            cost = edge.length_mm * self.per_mm[number] + self.fixed[number]
            side = crossed if edge.axis == "cross" else 0
            tail, head = (edge.tail, side), (edge.head, side)
            if edge.up:
                self._links.setdefault(tail, []).append((head, cost))
            if edge.down:
                self._links.setdefault(head, []).append((tail, cost))
        if self.turn:
            for node in range(len(self.network.xy_mm)):
                self._links.setdefault((node, 0), []).append(((node, 1), self.turn))
                self._links.setdefault((node, 1), []).append(((node, 0), self.turn))
        return self._links
