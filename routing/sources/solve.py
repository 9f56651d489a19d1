"""Scattered storage: the shelves that make the whole tour shortest, with a bound on how short it can be.

The single picker routing problem with scattered storage (Weidinger 2018; Heßler and Irnich, INFORMS Journal on
Computing, 10.1287/ijoc.2023.0075), for any number of blocks, several units, and shelves that cost or earn extra.
"""

from __future__ import annotations

from collections.abc import Sequence

from routing.effort import Effort
from routing.layout import Layout
from routing.problem import Sourcing
from routing.sources.aisles import by_aisles
from routing.sources.legs import by_legs
from routing.sources.search import Search
from routing.sources.stock import picks_of, stock_of
from routing.sources.want import Sourced, Want
from routing.tours.door import floor_of

NO_RULES = Sourcing()


def source(
    layout: Layout,
    effort: Effort,
    start: str,
    ends: Sequence[str],
    fixed: Sequence[str],
    wants: Sequence[Want],
    deadline: float,
    sourcing: Sourcing = NO_RULES,
) -> Sourced:
    """Where to take everything from, so that the tour by the `fixed` stops too is as short as can be found in time.

    It goes from `start` to whichever of `ends` is best (none: back); `deadline` is monotonic seconds. Raises
    ProblemError where there is not enough of something, LayoutError where a location cannot be walked to.
    """
    stock = stock_of(wants, sourcing, effort.per_mm(""))
    stops = dict.fromkeys((*fixed, *(location for _, location, _ in stock.settled)))
    search = Search(floor_of(layout, effort), start, tuple(ends) or (start,), tuple(stops), stock, deadline)
    answer = by_aisles(search)
    if answer is None or search.floor.lanes is None:
        answer = by_legs(search, answer)
    return Sourced(picks_of(wants, stock, answer.taken), answer.cost, min(answer.bound, answer.cost))
