"""Floors, orders and carts for the tests, drawn at random or regular."""

from __future__ import annotations

from hypothesis import strategies as st

from routing import Cart, Layout, PickLine, PickOrder, Problem, Spot

DEPOT = "depot"
ZONES = ("A", "B", "C")


def spot(name: str, x_mm: int, y_mm: int, *, aisle: str = "", kind: str = "bin", zone: str = "A") -> Spot:
    """A spot of which only the place matters."""
    return Spot(name, kind, zone, aisle, 1, 1, x_mm, y_mm)


def block(aisles: int, bays: int, *, blocks: int = 1, wide_mm: int = 3_000, deep_mm: int = 1_000) -> Layout:
    """A regular floor: bin `a-b` in aisle a and bay b; cross-aisles split it into blocks; depot at 0, 0."""
    length = bays * deep_mm
    bins = [
        spot(f"{a}-{b}", a * wide_mm, (b + 1) * deep_mm, aisle=str(a), zone=ZONES[a * len(ZONES) // aisles])
        for a in range(aisles)
        for b in range(bays)
    ]
    between = [round(n * length / blocks) + deep_mm // 2 for n in range(1, blocks)]
    return Layout.of([spot(DEPOT, 0, 0, kind="depot"), *bins], between)


def line(order: str, line_no: int, location: str, **what: object) -> PickLine:
    """One light unit of a SKU of its own, unless `what` says otherwise."""
    values = {"sku": f"S{line_no}", "qty": 1, "weight_g": 100, "volume_cm3": 100, "zone": "A"} | what
    return PickLine(order=order, line_no=line_no, location=location, **values)  # type: ignore[arg-type]  # test data


def order(name: str, *locations: str, rank: int = 0, **what: object) -> PickOrder:
    """An order with a line at each location."""
    lines = tuple(line(name, n, location, **what) for n, location in enumerate(locations, start=1))
    return PickOrder(name, rank, lines)


def cart(name: str = "c1", *, slots: int = 8, zones: tuple[str, ...] = (), **limits: int) -> Cart:
    """A cart with room for nearly everything, unless `limits` say otherwise."""
    weight_g, volume_cm3 = limits.get("max_weight_g", 60_000), limits.get("max_volume_cm3", 200_000)
    return Cart(name, slots, weight_g, volume_cm3, frozenset(zones))


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Floors of ragged aisles, some in several blocks, with depots and docks anywhere."""
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
def problems(draw: st.DrawFn) -> Problem:
    """Problems of every shape, with orders that fit no cart and lines that lie nowhere."""
    layout = draw(layouts())
    orders = []
    for n in range(draw(st.integers(0, 14))):
        places = draw(
            st.lists(st.sampled_from([*layout.spots, "nowhere"] if n == 3 else [*layout.spots]), max_size=5)
        )
        lines = tuple(
            line(
                f"O{n}",
                line_no,
                place,
                zone=layout.spots[place].zone if place in layout.spots else "A",
                qty=draw(st.integers(1, 3)),
                weight_g=draw(st.sampled_from([0, 10, 400, 3_000])),
                volume_cm3=draw(st.sampled_from([0, 10, 900])),
            )
            for line_no, place in enumerate(places, start=1)
        )
        orders.append(PickOrder(f"O{n}", draw(st.integers(0, 4)), lines))
    carts = tuple(
        cart(
            f"c{n}",
            slots=draw(st.integers(0, 5)),
            zones=tuple(draw(st.sets(st.sampled_from(ZONES)))),
            max_weight_g=draw(st.sampled_from([0, 2_000, 60_000])),
            max_volume_cm3=draw(st.sampled_from([1_000, 200_000])),
        )
        for n in range(draw(st.integers(0, 4)))
    )
    return Problem(layout, DEPOT, tuple(orders), carts)
