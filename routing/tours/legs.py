"""What it costs to walk from spots to spots, as numpy matrices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.effort import Effort
from routing.errors import LayoutError
from routing.exact.lanes import NEVER, Costs
from routing.layout import Layout
from routing.network import Edge, Standing
from routing.tours.dijkstra import least_walks

_MOST_KEPT = 2**23
"""So many costs are kept at most, 64 MB."""
_PIECE = 64
"""A walk is priced in pieces of so many legs."""


class _Links(NamedTuple):
    """A network for the compiled search: links by the node they leave, and of each edge its cost per mm."""

    first: NDArray[np.int64]
    heads: NDArray[np.int64]
    costs: Costs
    per_mm: Costs


class _Doors(NamedTuple):
    """Of some standing points (rows) the two nodes at the ends of their edges, and the cost to leave or enter."""

    nodes: NDArray[np.int64]
    leave: Costs
    enter: Costs
    edges: NDArray[np.int64]
    places: Costs
    up: NDArray[np.bool_]
    down: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Legs:
    """Least costs between the spots of a layout, in the units of an Effort.

    Walks from a node are searched for when they are first needed, and kept. The same as `Effort.walks` finds.
    """

    layout: Layout
    turn: int
    _links: _Links = field(repr=False)
    _rows: dict[int, Costs] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, layout: Layout, effort: Effort) -> Legs:
        """The legs of a layout."""
        return cls(layout, effort.turn, _linked(layout, effort))

    def between(self, here: Sequence[str], there: Sequence[str]) -> Costs:
        """`[i, j]` is the cost of walking from `here[i]` to `there[j]`.

        Raises LayoutError where a spot is nowhere or in a closed aisle, or no walk leads there.
        """
        leaving, entering = self._doors(here), self._doors(there)
        sources, row = np.unique(leaving.nodes, return_inverse=True)
        targets, column = np.unique(entering.nodes, return_inverse=True)
        over = np.array([self._from(node)[targets] for node in sources.tolist()], np.int64).reshape(
            -1, len(targets)
        )
        row, column = row.reshape(-1, 2), column.reshape(-1, 2)
        best = self._straight(leaving, entering)
        for out in range(2):
            for into in range(2):
                ways = over[row[:, out, None], column[None, :, into]]
                ways += leaving.leave[:, out, None] + entering.enter[None, :, into]
                np.minimum(best, ways, out=best)
        if best.size and best.max() >= NEVER:
            i, j = np.argwhere(best >= NEVER)[0].tolist()
            raise LayoutError(f"cut-off: no walk leads from {here[i]!r} to {there[j]!r}")
        return best

    def along(self, spots: Sequence[str]) -> int:
        """The cost of the walk through these spots as they stand."""
        total = 0
        for begin in range(0, len(spots) - 1, _PIECE):
            piece = spots[begin : begin + _PIECE + 1]
            total += int(self.between(piece[:-1], piece[1:]).trace())
        return total

    def _straight(self, leaving: _Doors, entering: _Doors) -> Costs:
        """The walks that do not leave an edge; NEVER where the two stand on different ones, or it is one-way."""
        ahead = entering.places[None, :] - leaving.places[:, None]
        may = np.where(ahead >= 0, leaving.up[:, None], leaving.down[:, None]) | (ahead == 0)
        return np.where(may & (leaving.edges[:, None] == entering.edges[None, :]), np.abs(ahead), NEVER)

    def _doors(self, spots: Sequence[str]) -> _Doors:
        standings = [self.layout.standing(spot) for spot in spots]
        edges = self.layout.network.edges
        numbers = np.array([standing.edge for standing in standings], np.int64)
        rows = np.array([_door(edges[at.edge], at) for at in standings], np.int64).reshape(-1, 6)
        tail, head, offset, rest = rows[:, :4].T
        up, down = rows[:, 4] > 0, rows[:, 5] > 0
        per_mm = self._links.per_mm[numbers] if len(spots) else np.zeros(0, np.int64)
        low, high = offset * per_mm, rest * per_mm
        return _Doors(
            np.stack([tail, head], 1) * (2 if self.turn else 1),
            np.stack([np.where(down, low, NEVER), np.where(up, high, NEVER)], 1),
            np.stack([np.where(up, low, NEVER), np.where(down, high, NEVER)], 1),
            numbers,
            low,
            up,
            down,
        )

    def _from(self, node: int) -> Costs:
        if node not in self._rows:
            links = self._links
            if len(self._rows) * len(links.first) > _MOST_KEPT:
                self._rows.clear()
            self._rows[node] = least_walks(links.first, links.heads, links.costs, node)
        return self._rows[node]


def _door(edge: Edge, at: Standing) -> tuple[int, ...]:
    return edge.tail, edge.head, at.offset_mm, edge.length_mm - at.offset_mm, edge.up, edge.down


def _linked(layout: Layout, effort: Effort) -> _Links:
    """With turns each node is two: 2 v on the corridor, 2 v + 1 on the cross-aisle; else one."""
    network, turn = layout.network, effort.turn
    sides = 2 if turn else 1
    per_mm = [effort.per_mm(edge.aisle) for edge in network.edges]
    links: list[tuple[int, int, int]] = []
    for edge, cost_per_mm in zip(network.edges, per_mm, strict=True):
        cost = edge.length_mm * cost_per_mm + effort.fixed(edge)
        side = 1 if turn and edge.axis == "cross" else 0
        tail, head = edge.tail * sides + side, edge.head * sides + side
        if edge.up and tail != head:
            links.append((tail, head, cost))
        if edge.down and tail != head:
            links.append((head, tail, cost))
    if turn:
        for node in range(0, 2 * len(network.xy_mm), 2):
            links += [(node, node + 1, turn), (node + 1, node, turn)]
    return _by_tail(links, len(network.xy_mm) * sides, per_mm)


def _by_tail(links: Iterable[tuple[int, int, int]], nodes: int, per_mm: Sequence[int]) -> _Links:
    table = np.array(sorted(links), np.int64).reshape(-1, 3)
    first = np.searchsorted(table[:, 0], np.arange(nodes + 1))
    return _Links(first, table[:, 1].copy(), table[:, 2].copy(), np.array(per_mm, np.int64))
