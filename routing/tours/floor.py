"""A layout under one Effort, made ready for tours: what is worked out once and serves them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from routing.effort import Effort
from routing.exact.frontier_tour import can_sweep
from routing.exact.lanes import Lanes
from routing.exact.tour import exact_tour
from routing.layout import Cell, Layout
from routing.tours.legs import Legs

MOST_LEVELS, MOST_OPEN_LEVELS = 6, 5
"""The sweep over aisles is for so many cross-aisles at most, for a round and for a tour that ends elsewhere."""


class Least(NamedTuple):
    """A tour without rules: the visits' numbers as walked, its end, and what it costs; `proven` to be the least."""

    cost: int
    order: tuple[int, ...]
    end: str
    proven: bool


@dataclass(frozen=True, slots=True)
class Floor:
    """Ways to price walks on a layout: leg by leg, and whole tours by `lanes` where it is one deck of few cross-aisles.

    Tours of `freer_lanes` bound those of the floor from below: one-way aisles are walked both ways, or turns cost
    nothing.
    """

    layout: Layout
    effort: Effort
    legs: Legs
    lanes: Lanes | None
    freer_lanes: Lanes | None

    @classmethod
    def of(cls, layout: Layout, effort: Effort) -> Floor:
        """Make a layout ready."""
        deck = layout.decks[0] if len(layout.decks) == 1 and not layout.rules.ways else None
        if deck is not None and len(deck.levels_y_mm) > MOST_LEVELS:
            deck = None
        lanes = Lanes.of(deck, effort) if deck else None
        swept = lanes is not None and can_sweep(lanes, closed=False)
        return cls(
            layout=layout,
            effort=effort,
            legs=Legs.of(layout, effort),
            lanes=lanes if layout.grid else None,
            freer_lanes=replace(lanes, turn=0) if lanes and lanes.turn and not swept else lanes,
        )

    def least(self, lanes: Lanes, start: str, locations: Sequence[str], ends: Sequence[str]) -> Least | None:
        """The least tour through aisles without any rule, to the best of the ends; None with too many cross-aisles."""
        stops = [self.layout.cell(location) for location in locations]
        cell = self.layout.cell(start)
        if lanes.levels > MOST_OPEN_LEVELS and any(self.layout.cell(end) != cell for end in ends):
            return None
        found = [self._to(lanes, stops, cell, end) for end in ends]
        return min(found)._replace(proven=all(each.proven for each in found))

    def _to(self, lanes: Lanes, stops: list[Cell], start: Cell, end: str) -> Least:
        found = exact_tour(lanes, stops, start, self.layout.cell(end))
        return Least(found.cost, found.order, end, found.proven)
