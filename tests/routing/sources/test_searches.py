"""What the searches on a field find is what it is said to cost, and their bounds and worths hold."""

from __future__ import annotations

from time import monotonic
from typing import NamedTuple
from unittest.mock import patch

from hypothesis import given, settings

from routing import Effort
from routing.exact.lanes import Lanes
from routing.sources import nearby
from routing.sources.field import FIXED, field_of
from routing.sources.nearby import Nearby
from routing.sources.quest import Found, Quest
from routing.sources.search import Search
from routing.sources.stock import stock_of
from routing.sources.terminals import terminals_of
from routing.tours.door import floor_of
from tests.routing.sources.shelves import DEPOT, Scattered, choices, least_cost

BUDGET = 100_000


class Posed(NamedTuple):
    """A search for a round tour, and its quest."""

    search: Search
    quest: Quest
    least: int

    def costs_what_it_says(self, found: Found | None) -> bool:
        """Whether a tour by these shelves costs no more, and no choice can cost less."""
        extra = self.search.stock.settled_cost
        return found is None or self.least <= self.search.cost_of(found.taken) <= found.cost + extra


def posed(scattered: Scattered) -> Posed:
    layout = scattered.layout
    stock = stock_of(scattered.wants, scattered.sourcing, Effort().per_mm(""))
    fixed = tuple(dict.fromkeys((*scattered.fixed, *(location for _, location, _ in stock.settled))))
    assert layout.grid
    lanes, cell = Lanes.of(layout.grid, Effort()), layout.cell(DEPOT)
    (terminals,) = terminals_of(lanes, cell, [cell])
    offers = [(offer, layout.cell(offer.location)) for offer in stock.offers]
    field = field_of(lanes, terminals, [layout.cell(stop) for stop in fixed], offers, stock.demand)
    search = Search(floor_of(layout, Effort()), DEPOT, (DEPOT,), fixed, stock, monotonic() + 60)
    round_trip = Scattered(layout, Effort(), (), scattered.fixed, scattered.wants, scattered.sourcing)
    return Posed(search, Quest(field), least_cost(round_trip))


@settings(max_examples=60, deadline=None)
@given(choices(rules=True))
def test_every_search_finds_tours_that_cost_what_it_says(scattered: Scattered) -> None:
    it = posed(scattered)
    simple = it.quest.simple()
    assert it.costs_what_it_says(simple)
    it.quest.ascend(simple.cost, 30)
    near = Nearby(it.quest)
    near.trim(simple.taken, simple.cost + 1)
    elsewhere = near.elsewhere(simple.cost + 1, part=True)
    with patch.object(nearby, "CORE", 2):
        by_chance = [near.by_chance(simple.cost, BUDGET) for _ in range(4)]
    for found in (
        *by_chance,
        near.core(simple.taken, simple.cost, BUDGET),
        elsewhere.by_chance(simple.cost, BUDGET) if elsewhere else None,
        *(near.step(simple, BUDGET) for _ in range(6)),
        it.quest.sweep(simple.cost, 30, BUDGET),
    ):
        assert it.costs_what_it_says(found)


@settings(max_examples=60, deadline=None)
@given(choices(rules=True))
def test_what_an_entry_is_worth_is_no_more_than_a_choice_that_takes_from_it(scattered: Scattered) -> None:
    it = posed(scattered)
    it.quest.ascend(it.quest.simple().cost, 30)
    worths = it.quest.worths()
    best = it.quest.sweep(2**57, 10_000, 10**9)
    assert best
    assert best.cost + it.search.stock.settled_cost == it.least
    bounds = dict(zip(it.quest.field.offer.tolist(), worths.tolist(), strict=True))
    assert all(bounds[number] <= best.cost for number in best.taken)
    assert bounds[FIXED] <= best.cost
