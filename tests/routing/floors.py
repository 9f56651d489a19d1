"""Floors, orders and carts for the tests, drawn at random or regular."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from routing import (
    ANYWHERE,
    Apart,
    Before,
    Cart,
    Effort,
    FloorRules,
    Goods,
    Layout,
    PickLine,
    PickOrder,
    Problem,
    Rules,
    Shelf,
    Spot,
    Way,
)

DEPOT = "depot"
ZONES = ("A", "B", "C")
KINDS = ("fragile", "cold", "hazard-3", "hazard-8")


def spot(name: str, x_mm: int, y_mm: int, *, aisle: str = "", kind: str = "bin", zone: str = "A") -> Spot:
    """A spot of which only the place matters."""
    return Spot(name, kind, zone, aisle, 1, 1, x_mm, y_mm)


def block(
    aisles: int, bays: int, *, blocks: int = 1, wide_mm: int = 3_000, deep_mm: int = 1_000, **rules: object
) -> Layout:
    """A regular floor: bin `a-b` in aisle a and bay b; cross-aisles split it into blocks; depot at 0, 0."""
    length = bays * deep_mm
    bins = [
        spot(f"{a}-{b}", a * wide_mm, (b + 1) * deep_mm, aisle=str(a), zone=ZONES[a * len(ZONES) // aisles])
        for a in range(aisles)
        for b in range(bays)
    ]
    between = tuple(round(n * length / blocks) + deep_mm // 2 for n in range(1, blocks))
    floor = replace(FloorRules(between), **rules)  # type: ignore[arg-type]  # test data
    return Layout.of([spot(DEPOT, 0, 0, kind="depot"), *bins], floor)


def line(order: str, line_no: int, location: str, **what: object) -> PickLine:
    """One light unit of a SKU of its own, unless `what` says otherwise."""
    values = {"sku": f"S{line_no}", "qty": 1, "weight_g": 100, "volume_cm3": 100} | what
    return PickLine(order=order, line_no=line_no, location=location, **values)  # type: ignore[arg-type]  # test data


def order(name: str, *locations: str, rank: int = 0, due_s: int | None = None, **what: object) -> PickOrder:
    """An order with a line at each location."""
    lines = tuple(line(name, n, location, **what) for n, location in enumerate(locations, start=1))
    return PickOrder(name, rank, lines, due_s)


def cart(name: str = "c1", *, slots: int = 8, zones: Sequence[str] = (), **more: object) -> Cart:
    """A cart with room for nearly everything, unless `more` says otherwise."""
    values = {"max_weight_g": 60_000, "max_volume_cm3": 200_000} | more
    return Cart(cart=name, slots=slots, zones=frozenset(zones), **values)  # type: ignore[arg-type]  # test data


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Floors of ragged aisles, some in several blocks, with depots and docks anywhere; every bin can be reached."""
    coordinate = st.integers(-5, 30).map(lambda n: n * 500)
    spots = [spot(DEPOT, draw(coordinate), draw(coordinate), kind="depot")]
    for aisle in range(draw(st.integers(1, 6))):
        name, x_mm = f"{draw(st.integers(0, 5))}", draw(coordinate)
        for bay, y_mm in enumerate(draw(st.lists(coordinate, min_size=1, max_size=6))):
            zone = draw(st.sampled_from(ZONES))
            spots.append(spot(f"{aisle}-{bay}", x_mm, y_mm, aisle=name, zone=zone))
    if draw(st.booleans()):
        spots.append(spot("dock", draw(coordinate), draw(coordinate), aisle="0", kind="dock"))
    return Layout.of(spots, draw(st.lists(coordinate, max_size=2)))


@st.composite
def special_floors(draw: st.DrawFn) -> Layout:
    """Regular floors with closed and one-way aisles, cross-aisles in odd places, a mezzanine by lift."""
    one_way = draw(st.dictionaries(st.sampled_from("0123"), st.sampled_from(["up", "down"]), max_size=2))
    closed = draw(st.frozensets(st.sampled_from("0123"), max_size=1))
    decks: tuple[frozenset[str], ...] = ()
    ways: tuple[Way, ...] = ()
    if draw(st.booleans()):
        decks = (frozenset({"C"}),)
        ways = (Way("0-0", "3-0", draw(st.integers(0, 9)) * 1_000, draw(st.sampled_from([None, 20_000]))),)
    return block(
        4, 4, blocks=draw(st.integers(1, 3)), closed_aisles=closed, one_way=one_way, decks=decks, ways=ways
    )


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    """Heavy before light, fragile last, hazards apart: each perhaps, hard or soft."""
    penalty = st.sampled_from([None, 0, 2_000, 50_000])
    before = (
        Before("heavy first", Goods(min_weight_g=400), Goods(max_weight_g=50), draw(penalty)),
        Before("fragile last", Goods(), Goods(kind="fragile"), draw(penalty)),
        Before("cold last", Goods(max_weight_g=5_000), Goods(kind="cold"), draw(penalty)),
    )
    apart = (Apart("hazards", Goods(kind="hazard-3"), Goods(kind="hazard-8"), draw(penalty)),)
    return Rules(tuple(rule for rule in before if draw(st.booleans())), apart if draw(st.booleans()) else ())


def efforts() -> st.SearchStrategy[Effort]:
    """Distance or time, with and without others in the way."""
    busy = st.dictionaries(st.sampled_from("0123"), st.integers(0, 300), max_size=2)
    return st.one_of(
        st.builds(Effort, busy_percent=busy),
        st.builds(
            Effort,
            minimise=st.just("time"),
            turn_ms=st.sampled_from([0, 800]),
            stop_ms=st.sampled_from([0, 4_000]),
            unit_ms=st.sampled_from([0, 1_500]),
            busy_percent=busy,
        ),
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Problems of every shape, with orders that fit no cart and lines that lie nowhere."""
    layout = draw(st.one_of(layouts(), special_floors()))
    spots = [*layout.spots]
    shelves = draw(
        st.dictionaries(st.tuples(st.sampled_from(spots), st.sampled_from("XYZ")), st.integers(0, 4))
    )
    orders = []
    for n in range(draw(st.integers(0, 14))):
        places = draw(
            st.lists(st.sampled_from([*spots, "nowhere"] if n == 3 else [*spots, ANYWHERE]), max_size=5)
        )
        lines = tuple(
            line(
                f"O{n}",
                line_no,
                place,
                sku=draw(st.sampled_from("XYZ")) if place == ANYWHERE else f"S{line_no}",
                qty=draw(st.integers(1, 3)),
                weight_g=draw(st.sampled_from([0, 10, 400, 3_000])),
                volume_cm3=draw(st.sampled_from([0, 10, 900])),
                kinds=draw(st.frozensets(st.sampled_from(KINDS), max_size=2)),
                skills=frozenset({"forklift"}) if n == 5 else frozenset(),
            )
            for line_no, place in enumerate(places, start=1)
        )
        due_s = draw(st.sampled_from([None, 0, 60, 3_600]))
        orders.append(PickOrder(f"O{n}", draw(st.integers(0, 4)), lines, due_s))
    carts = tuple(
        cart(
            f"c{n}",
            slots=draw(st.integers(0, 5)),
            zones=sorted(draw(st.sets(st.sampled_from(ZONES)))),
            skills=frozenset({"forklift"}) if n == 1 else frozenset(),
            start=draw(st.sampled_from(["", "", spots[-1]])),
            max_weight_g=draw(st.sampled_from([0, 2_000, 60_000])),
            max_volume_cm3=draw(st.sampled_from([1_000, 200_000])),
        )
        for n in range(draw(st.integers(0, 4)))
    )
    return Problem(
        layout,
        DEPOT,
        tuple(orders),
        carts,
        drops=tuple(draw(st.lists(st.sampled_from(spots), max_size=2, unique=True))),
        shelves=tuple(Shelf(place, sku, qty) for (place, sku), qty in shelves.items()),
        rules=draw(rules()),
        effort=draw(efforts()),
        split_zones=draw(st.booleans()),
    )
