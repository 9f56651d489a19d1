"""The walk itself, edge by edge, where `Walks` tells only what it costs: for pictures and for people.

Of walks that are equally short the one with fewest turns is taken. One search for each pair of spots, which ends as
soon as it is there: a leg of a tour is short.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import NamedTuple

from routing.errors import LayoutError
from routing.layout import Layout
from routing.network import Axis, Network, Standing


class Leg(NamedTuple):
    """A walk along edge number `edge` of the network, from one point of it to another, in mm from its tail."""

    edge: int
    start_mm: int
    end_mm: int

    @property
    def length_mm(self) -> int:
        """How far that is."""
        return abs(self.end_mm - self.start_mm)


class _Side(NamedTuple):
    """A node, and along which axis it was come to; None before the first step."""

    node: int
    axis: Axis | None


_GOAL = _Side(-1, None)
_Walked = tuple[int, int]  # mm, and turns


@dataclass(frozen=True, slots=True)
class Paths:
    """Shortest paths over a layout's network."""

    layout: Layout
    _out: dict[int, list[Leg]] = field(default_factory=dict, repr=False)

    def through(self, spots: Iterable[str]) -> list[tuple[Leg, ...]]:
        """The path of each leg of a tour through these spots, as they stand; errors as those of `between`."""
        return [self.between(a, b) for a, b in pairwise(spots)]

    def between(self, a: str, b: str) -> tuple[Leg, ...]:
        """The shortest path from spot `a` to spot `b`; the lengths of its legs make up `layout.distance_mm(a, b)`.

        Raises LayoutError where one of them is nowhere or in a closed aisle, or no walk leads there.
        """
        here, there = self.layout.standing(a), self.layout.standing(b)
        found = _Search(self.layout.network, self._links(), there).path(here)
        if found is None:
            raise LayoutError(f"cut-off: no walk leads from {a!r} to {b!r}")
        return tuple(leg for leg in found if leg.length_mm) or (found[-1],)

    def _links(self) -> dict[int, list[Leg]]:
        """The edges that lead on from each node."""
        if not self._out:
            for number, edge in enumerate(self.layout.network.edges):
                if edge.up:
                    self._out.setdefault(edge.tail, []).append(Leg(number, 0, edge.length_mm))
                if edge.down:
                    self._out.setdefault(edge.head, []).append(Leg(number, edge.length_mm, 0))
        return self._out


class _Search:
    """Dijkstra (1959) from one standing point to another, by mm and then by turns."""

    def __init__(self, network: Network, links: dict[int, list[Leg]], goal: Standing) -> None:
        self._network = network
        self._links = links
        self._goal = goal
        self._came: dict[_Side, tuple[_Side | None, Leg]] = {}
        self._queue: list[tuple[_Walked, int, _Side | None, _Side, Leg]] = []
        self._numbers = count()

    def path(self, here: Standing) -> list[Leg] | None:
        """The legs from there to the goal; None where no walk leads to it."""
        for leg, side in self._leaving(here):
            self._push((leg.length_mm, 0), None, side, leg)
        while self._queue:
            walked, _, before, side, leg = heapq.heappop(self._queue)
            if side in self._came:
                continue
            self._came[side] = (before, leg)
            if side == _GOAL:
                return self._traced()
            self._go_on(walked, side)
        return None

    def _leaving(self, here: Standing) -> Iterator[tuple[Leg, _Side]]:
        """Straight to the goal where that is on the same edge; and to both ends of the edge; where allowed."""
        edge = self._network.edges[here.edge]
        if here.edge == self._goal.edge:
            ahead_mm = self._goal.offset_mm - here.offset_mm
            if ahead_mm == 0 or (edge.up if ahead_mm > 0 else edge.down):
                yield Leg(here.edge, here.offset_mm, self._goal.offset_mm), _GOAL
        for far, end_mm, allowed in ((edge.head, edge.length_mm, edge.up), (edge.tail, 0, edge.down)):
            if allowed:
                leg = Leg(here.edge, here.offset_mm, end_mm)
                yield leg, _Side(far, edge.axis if leg.length_mm else None)

    def _go_on(self, walked: _Walked, side: _Side) -> None:
        """Over all edges that lead on from here, and to the goal where it is on one of them."""
        for leg in self._links.get(side.node, ()):
            if leg.edge == self._goal.edge:
                last = leg._replace(end_mm=self._goal.offset_mm)
                self._push(self._walked_on(walked, side, last), side, _GOAL, last)
            edge = self._network.edges[leg.edge]
            axis = edge.axis if leg.length_mm else side.axis
            far = _Side(edge.tail if side.node == edge.head else edge.head, axis)
            if far not in self._came:
                self._push(self._walked_on(walked, side, leg), side, far, leg)

    def _walked_on(self, walked: _Walked, side: _Side, leg: Leg) -> _Walked:
        """With this leg; no turn is where nothing is walked before or after."""
        turn = leg.length_mm > 0 and side.axis not in (None, self._network.edges[leg.edge].axis)
        return walked[0] + leg.length_mm, walked[1] + turn

    def _push(self, walked: _Walked, before: _Side | None, side: _Side, leg: Leg) -> None:
        heapq.heappush(self._queue, (walked, next(self._numbers), before, side, leg))

    def _traced(self) -> list[Leg]:
        """From the goal back to the start, turned round."""
        legs: list[Leg] = []
        side: _Side | None = _GOAL
        while side is not None:
            side, leg = self._came[side]
            legs.append(leg)
        return legs[::-1]
