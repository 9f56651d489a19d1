"""The choice of shelves on one deck of parallel aisles with few cross-aisles: exact, in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from routing.exact.lanes import Lanes
from routing.layout import Cell
from routing.sources.choose import choose
from routing.sources.field import field_of
from routing.sources.quest import Quest
from routing.sources.search import Answer, Search
from routing.sources.stock import Offer
from routing.sources.straight import straight_walks
from routing.sources.terminals import at_crossing, terminals_of

MOST_LEVELS, MOST_OPEN_LEVELS = 5, 4
"""So many cross-aisles at most are swept, for rounds and for tours that end elsewhere than they start."""
BOUND_ROUNDS = 250
MOST_CHOICES = 60
"""So many shelves of a segment at most are weighed one by one: they are the bits of a word."""


def by_aisles(search: Search) -> Answer | None:
    """The best choice; None on floors of other shape. Where aisles are one-way, it is made as if they were not."""
    floor, stock = search.floor, search.stock
    lanes = floor.lanes or floor.freer_lanes
    if lanes is None or lanes.levels > (
        MOST_LEVELS if {*search.ends} == {search.start} else MOST_OPEN_LEVELS
    ):
        return None
    cell_of = floor.layout.cell
    start, ends, fixed = cell_of(search.start), [*map(cell_of, search.ends)], [*map(cell_of, search.fixed)]
    offers = _few_choices([(offer, cell_of(offer.location)) for offer in stock.offers])
    fields = [field_of(lanes, each, fixed, offers, stock.demand) for each in terminals_of(lanes, start, ends)]
    chosen = choose(fields, search.deadline)
    taken, cost, bound = chosen.found.taken, search.cost_of(chosen.found.taken), chosen.bound
    if lanes.turn or not all(end == start or _at_crossings(lanes, start, end) for end in ends):
        bound = min(_loose_bound(lanes, start, end, fixed, offers, stock.demand, cost) for end in ends)
    bonuses = sum(offer.bonus for offer in stock.offers)
    bound += stock.settled_cost - (bonuses - sum(offer.bonus for offer, _ in offers))
    for walk, others in straight_walks(lanes, start, ends, fixed, offers, stock):
        bound = min(bound, walk + stock.settled_cost - bonuses)
        straight_cost = search.cost_of(others)
        if straight_cost < cost:
            taken, cost = others, straight_cost
    return Answer(cost, taken, bound)


def _few_choices(offers: Sequence[tuple[Offer, Cell]]) -> list[tuple[Offer, Cell]]:
    """The offers, of which no more than MOST_CHOICES in a segment cost or earn extra: those where that is most.

    What the others earn must be taken off the bound.
    """
    weighty: dict[tuple[int, int], list[int]] = defaultdict(list)
    for n, (offer, cell) in enumerate(offers):
        if offer.extra or offer.bonus:
            weighty[cell[1:3]].append(n)
    plain = {
        n
        for numbers in weighty.values()
        for n in sorted(numbers, key=lambda n: -offers[n][0].extra - offers[n][0].bonus)[MOST_CHOICES:]
    }
    return [
        (offer._replace(extra=0, bonus=0) if n in plain else offer, cell)
        for n, (offer, cell) in enumerate(offers)
    ]


def _at_crossings(lanes: Lanes, *cells: Cell) -> bool:
    return all(at_crossing(lanes, cell) for cell in cells)


def _loose_bound(
    lanes: Lanes,
    start: Cell,
    end: Cell,
    fixed: Sequence[Cell],
    offers: Sequence[tuple[Offer, Cell]],
    demand: Sequence[int],
    upper: int,
) -> int:
    """A bound for tours that come by a crossing, where the sweep does not price them exactly.

    Turns are free, and so is all that stands in a segment amid which a tour begins or ends that is no round.
    """
    free = replace(lanes, turn=0)
    amid = {cell[1:3] for cell in (start, end) if start != end and not at_crossing(lanes, cell)}
    inside = [offer for offer, cell in offers if cell[1:3] in amid]
    left = [
        max(0, qty - sum(offer.qty for offer in inside if offer.good == good))
        for good, qty in enumerate(demand)
    ]
    outside = [(offer, cell) for offer, cell in offers if cell[1:3] not in amid]
    stops = [cell for cell in fixed if cell[1:3] not in amid]
    bounds = []
    for terminals in terminals_of(free, start, [end]):
        field = field_of(free, terminals, stops, outside, left)
        # What was free may be more than is wanted: so what is taken outside is counted as enough, not exactly.
        quest = Quest(field._replace(exact=np.zeros_like(field.exact)))
        quest.ascend(upper, BOUND_ROUNDS)
        bounds.append(quest.bound)
    return min(bounds) - sum(offer.bonus for offer in inside)
