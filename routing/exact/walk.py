"""From the least multigraph to the walk: an Euler tour over the segments and cross-aisles that were chosen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from routing.exact.states import FROM_HIGH, FROM_LOW, GAP, ONCE, TWICE

Node = tuple[int, int]  # column and cross-aisle
Segment = tuple[int, int]  # column and segment


@dataclass(slots=True)
class Multigraph:
    """What is walked: links between crossings, each with the stops along it (from `tail` to `head`), and the stops
    that are fetched from a crossing and back, in the order in which they are come by."""

    _links: list[tuple[Node, Node, tuple[int, ...]]] = field(default_factory=list)
    _at: dict[Node, list[int]] = field(default_factory=lambda: defaultdict(list))
    _fetched: dict[Node, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, segment: Segment, option: int, stops: Sequence[tuple[int, int]]) -> None:
        """A segment walked as `option` says; `stops` are its stops with their places, least first."""
        column, number = segment
        low, high = (column, number - 1), (column, number)
        names = [stop for stop, _ in stops]
        if option in (ONCE, TWICE):
            self.link(low, high, names)
            if option == TWICE:
                self.link(low, high, ())
        elif option == FROM_LOW:
            self._fetched[low] += names
        elif option == FROM_HIGH:
            self._fetched[high] += reversed(names)
        elif option == GAP:
            cut = _widest_gap([place for _, place in stops])
            self._fetched[low] += names[:cut]
            self._fetched[high] += reversed(names[cut:])

    def link(self, tail: Node, head: Node, stops: Sequence[int]) -> None:
        """One walk from crossing to crossing, in either direction."""
        for node in (tail, head):
            self._at[node].append(len(self._links))
        self._links.append((tail, head, tuple(stops)))

    def anywhere(self) -> Node:
        """A crossing of the walk."""
        return next(iter(self._at), None) or next(iter(self._fetched))

    def stops_from(self, start: Node) -> Iterator[int]:
        """All stops in the order of an Euler walk from this crossing (Hierholzer 1873)."""
        taken = [False] * len(self._links)
        open_links: Mapping[Node, list[int]] = {node: list(links) for node, links in self._at.items()}
        stack: list[tuple[Node, tuple[int, ...]]] = [(start, ())]
        walk: list[tuple[Node, tuple[int, ...]]] = []
        while stack:
            node = stack[-1][0]
            links = open_links.get(node, [])
            while links and taken[links[-1]]:
                links.pop()
            if not links:
                walk.append(stack.pop())
                continue
            number = links.pop()
            taken[number] = True
            tail, head, stops = self._links[number]
            # The walk is written down backwards, so the stops of a link are kept as they are come by.
            stack.append((head, stops) if tail == node else (tail, stops[::-1]))
        seen: set[Node] = set()
        for node, stops in reversed(walk):
            yield from stops
            if node not in seen:
                seen.add(node)
                yield from self._fetched.get(node, ())


def _widest_gap(places: Sequence[int]) -> int:
    """How many stops are on the near side of the widest gap between two stops."""
    gaps = [after - before for before, after in pairwise(places)]
    return gaps.index(max(gaps)) + 1
