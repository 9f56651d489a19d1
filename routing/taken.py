"""A line, or part of one, with the location where it is taken: what tours and stops are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from routing.layout import Layout
from routing.problem import PickLine
from routing.result import Tour


class Taken(NamedTuple):
    """`qty` units of a line, from one location."""

    line: PickLine
    location: str
    qty: int


def locations_of(taken: Iterable[Taken]) -> list[str]:
    """The distinct locations, in the order they are first named."""
    return list(dict.fromkeys(each.location for each in taken))


def zones_of(layout: Layout, taken: Iterable[Taken]) -> frozenset[str]:
    """The zones where these are taken."""
    return frozenset(layout.zone_of(each.location) for each in taken)


class Led(NamedTuple):
    """A tour, and what is taken on it in walking order."""

    tour: Tour
    taken: tuple[Taken, ...]
