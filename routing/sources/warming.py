"""Runs each compiled path of the choice of shelves once, on a floor of a few spots."""

from __future__ import annotations

from time import monotonic

from routing.effort import Effort
from routing.exact.lanes import Lanes
from routing.layout import Layout, Spot
from routing.problem import Sourcing
from routing.sources.field import Field, Terminals, field_of
from routing.sources.nearby import Nearby
from routing.sources.quest import Quest
from routing.sources.solve import source
from routing.sources.stock import stock_of
from routing.sources.want import Candidate, Want

_BINS = 6
_BUDGET = 1_000


def warm() -> None:
    """Compile, or read from where it is kept, all that a choice of shelves may need."""
    bins = [Spot(f"b{n}", "bin", "", str(n % 2), n, 1, n % 2 * 1_000, n * 500) for n in range(_BINS)]
    layout = Layout.of([Spot("depot", "depot", "", "", 0, 0, 0, 0), *bins])
    wants = [Want("sku", 2, tuple(Candidate(spot.id, 1) for spot in bins))]
    source(layout, Effort(), "depot", (), (), wants, monotonic() + 0.1, Sourcing(rest_bonus_mm=1))
    _search(_field(layout, wants))


def _field(layout: Layout, wants: list[Want]) -> Field:
    stock = stock_of(wants, Sourcing(), 1)
    offers = [(offer, layout.cell(offer.location)) for offer in stock.offers]
    lanes = Lanes.of(layout.decks[0], Effort())
    return field_of(lanes, Terminals((layout.cell("depot"),), (), 0), (), offers, stock.demand)


def _search(field: Field) -> None:
    """Every kind of search, one after the other: a real choice ends as soon as it is proven."""
    quest = Quest(field)
    found = quest.simple()
    dear = 2 * found.cost
    quest.ascend(dear, 2)
    near = Nearby(quest)
    near.trim(found.taken, dear)
    near.core(found.taken, dear, _BUDGET)
    near.by_chance(dear, _BUDGET)
    near.elsewhere(dear, part=True)
    near.step(found, _BUDGET)
    quest.sweep(dear, 1, _BUDGET)
