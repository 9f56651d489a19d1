"""A batch is taken from other shelves where its tour becomes shorter, and only there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from time import monotonic

from hypothesis import given, settings
from hypothesis import strategies as st

from routing import (
    ANYWHERE,
    Apart,
    Cart,
    Goods,
    Layout,
    PickLine,
    PickOrder,
    Problem,
    Rules,
    Shelf,
    Sourcing,
    Spot,
    tour,
)
from routing.sources.improve import improve_sources
from routing.taken import Taken
from tests.routing.sources.shelves import DEPOT, floor

CART = Cart("c", 8, 10_000_000, 10_000_000)


def line(line_no: int, sku: str, qty: int, location: str = ANYWHERE) -> PickLine:
    return PickLine("O", line_no, sku, location, qty, 10, 10)


def problem(layout: Layout, shelves: Iterable[Shelf], **what: object) -> Problem:
    lines = (line(1, "S", 1),)
    return Problem(layout, DEPOT, (PickOrder("O", 0, lines),), (CART,), shelves=tuple(shelves), **what)  # type: ignore[arg-type]  # test data


def improved(
    of: Problem, taken: Iterable[Taken], free: Mapping[tuple[str, str], int], cart: Cart = CART
) -> tuple[Taken, ...]:
    return improve_sources(of, cart, tuple(taken), free, monotonic() + 2)


def walk_mm(layout: Layout, taken: Iterable[Taken]) -> int:
    return tour(layout, [each.location for each in taken], start=DEPOT).distance_mm


@st.composite
def batches(draw: st.DrawFn) -> tuple[Problem, list[Taken], dict[tuple[str, str], int]]:
    """Lines taken from some shelf each, and what else is free."""
    layout = floor(draw(st.integers(2, 4)), draw(st.integers(3, 8)))
    places = [spot.id for spot in layout.spots.values() if spot.kind == "bin"]
    shelves: list[Shelf] = []
    taken: list[Taken] = []
    free: dict[tuple[str, str], int] = {}
    for n in range(draw(st.integers(1, 4))):
        at = draw(st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True))
        shelves += [Shelf(place, f"S{n}", 9) for place in at]
        free |= {(f"S{n}", place): draw(st.integers(0, 3)) for place in at}
        each = line(n, f"S{n}", draw(st.integers(1, 3)))
        taken.append(Taken(each, draw(st.sampled_from(at)), each.qty))
    if draw(st.booleans()):
        taken.append(Taken(line(9, "F", 1, places[0]), places[0], 1))
    return problem(layout, shelves), taken, free


@settings(max_examples=60, deadline=None)
@given(batches())
def test_the_same_units_on_no_longer_a_tour_and_from_no_more_than_is_there(
    batch: tuple[Problem, list[Taken], dict[tuple[str, str], int]],
) -> None:
    of, taken, free = batch
    moved = improved(of, taken, free)
    assert _units(moved) == _units(taken)
    assert walk_mm(of.layout, moved) <= walk_mm(of.layout, taken)
    room = Counter(free)
    for each in taken:
        room[each.line.sku, each.location] += each.qty
    for each in moved:
        room[each.line.sku, each.location] -= each.qty
    assert min(room.values()) >= 0


def _units(taken: Iterable[Taken]) -> dict[PickLine, int]:
    units: dict[PickLine, int] = defaultdict(int)
    for each in taken:
        units[each.line] += each.qty
    return units


def test_lines_of_a_given_location_stay() -> None:
    layout = floor(4, 5)
    fixed = Taken(line(1, "S", 1, "3-2"), "3-2", 1)
    moving = Taken(line(2, "T", 1), "0-4", 1)
    of = problem(layout, [Shelf("0-4", "T", 1), Shelf("3-1", "T", 1)])
    assert improved(of, [fixed, moving], {("T", "3-1"): 1}) == (fixed, Taken(moving.line, "3-1", 1))


def test_what_others_were_promised_is_left_alone() -> None:
    layout = floor(4, 5)
    taken = (Taken(line(1, "S", 1), "3-4", 1),)
    of = problem(layout, [Shelf("3-4", "S", 1), Shelf("0-0", "S", 5)])
    assert improved(of, taken, {("S", "0-0"): 0}) == taken


def test_a_picker_is_not_sent_to_zones_that_are_not_theirs() -> None:
    plain = floor(4, 5)
    zoned = Layout.of(
        [spot if spot.id != "0-0" else _in_zone_b(spot) for spot in plain.spots.values()], plain.rules
    )
    taken = (Taken(line(1, "S", 1), "3-4", 1),)
    of = problem(zoned, [Shelf("3-4", "S", 1), Shelf("0-0", "S", 5)])
    here = Cart("c", 8, 10_000, 10_000, frozenset({"A"}))
    assert improved(of, taken, {("S", "0-0"): 5}, here) == taken
    assert improved(of, taken, {("S", "0-0"): 5})[0].location == "0-0"


def _in_zone_b(spot: Spot) -> Spot:
    return replace(spot, zone="B")


def test_where_rules_look_at_zones_a_line_stays_in_its_own() -> None:
    plain = floor(4, 5)
    zoned = Layout.of(
        [spot if spot.id != "0-0" else _in_zone_b(spot) for spot in plain.spots.values()], plain.rules
    )
    taken = (Taken(line(1, "S", 1), "3-4", 1),)
    rules = Rules(apart=(Apart("zones", Goods(zone="A"), Goods(zone="B")),))
    of = problem(zoned, [Shelf("3-4", "S", 1), Shelf("0-0", "S", 5)], rules=rules)
    assert improved(of, taken, {("S", "0-0"): 5}) == taken


def test_what_expires_first_goes_first_even_where_it_is_far() -> None:
    layout = floor(4, 5)
    of = problem(
        layout,
        [Shelf("3-4", "S", 1, expires_day=1), Shelf("0-0", "S", 5, expires_day=9)],
        sourcing=Sourcing(first_expired=True),
    )
    moved = improved(of, [Taken(line(1, "S", 1), "0-0", 1)], {("S", "3-4"): 1})
    assert [each.location for each in moved] == ["3-4"]
