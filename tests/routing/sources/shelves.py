"""Floors with shelves to choose from, drawn at random, and what the best choice on them costs by trying all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from hypothesis import strategies as st

from routing import Effort, FloorRules, Layout, Sourcing, Spot, tour
from routing.sources.want import Candidate, Pick, Want

DEPOT = "depot"
DOCK = "dock"


@dataclass(frozen=True, slots=True)
class Scattered:
    """A choice of shelves to make."""

    layout: Layout
    effort: Effort
    ends: tuple[str, ...]
    fixed: tuple[str, ...]
    wants: tuple[Want, ...]
    sourcing: Sourcing


def bins(aisles: int, bays: int) -> list[Spot]:
    """Bins `aisle-bay`, 3 m from aisle to aisle and 1 m apart."""
    return [
        Spot(f"{a}-{b}", "bin", "A", str(a), b, 1, a * 3_000, (b + 1) * 1_000)
        for a in range(aisles)
        for b in range(bays)
    ]


def floor(aisles: int, bays: int, *, cross_mm: Sequence[int] = (), rules: FloorRules | None = None) -> Layout:
    """A floor of bins with cross-aisles at both ends and at these places; depot and dock in front of it."""
    front = [
        Spot(DEPOT, "depot", "A", "", 1, 1, 0, 0),
        Spot(DOCK, "dock", "A", "", 1, 1, 3_000 * (aisles - 1), 0),
    ]
    return Layout.of([*front, *bins(aisles, bays)], rules or FloorRules(cross_aisles_y_mm=tuple(cross_mm)))


@st.composite
def choices(draw: st.DrawFn, *, rules: bool = False, blocks: int = 3) -> Scattered:
    """Small ones: up to three blocks, a few goods of several units; with `rules` expiry, reserves and bonuses too."""
    aisles, bays = draw(st.integers(1, 4)), draw(st.integers(2, 6))
    cross_mm = draw(st.lists(st.integers(2, bays).map(lambda bay: bay * 1_000 - 500), max_size=blocks - 1))
    layout = floor(aisles, bays, cross_mm=cross_mm)
    places = [spot.id for spot in layout.spots.values() if spot.kind == "bin"]
    keys = [f"S{n}" for n in range(draw(st.integers(1, 3)))]
    wants = [draw(_want(key, places, rules=rules)) for key in keys]
    if draw(st.booleans()):
        wants += [Want(wants[0].key, 1, wants[0].candidates)] if _free(wants[0]) > wants[0].qty else []
    return Scattered(
        layout,
        Effort(),
        draw(st.sampled_from([(), (DEPOT,), (DOCK,), (DEPOT, DOCK)])),
        tuple(draw(st.lists(st.sampled_from(places), max_size=2))),
        tuple(wants),
        draw(_sourcings) if rules else Sourcing(),
    )


_sourcings = st.builds(
    Sourcing,
    first_expired=st.booleans(),
    rest_bonus_mm=st.sampled_from([0, 0, 700, 5_000]),
    reserve_penalty_mm=st.sampled_from([0, 1_500, 1_000_000]),
)


@st.composite
def _want(draw: st.DrawFn, key: str, places: Sequence[str], *, rules: bool) -> Want:
    at = draw(st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True))
    shelves = tuple(
        Candidate(
            place,
            draw(st.integers(1, 3)),
            draw(st.sampled_from([0, 0, 40_000])) if rules else 0,
            draw(st.sampled_from([None, 1, 2])) if rules else None,
            draw(st.booleans()) if rules else False,
        )
        for place in at
    )
    return Want(key, draw(st.integers(1, sum(shelf.qty for shelf in shelves))), shelves)


def _free(want: Want) -> int:
    return sum(Candidate(*each).qty for each in want.candidates)


def least_cost(scattered: Scattered) -> int:
    """What the best choice costs, found by trying every one."""
    return min(cost_of(scattered, picks) for picks in _all_choices(scattered))


def cost_of(scattered: Scattered, picks: dict[tuple[str, str], int]) -> int:
    """The cost of the least tour for units taken, by key and location, with what is extra."""
    locations = dict.fromkeys((*scattered.fixed, *(location for _, location in picks)))
    walk = tour(
        scattered.layout,
        list(locations),
        start=DEPOT,
        ends=scattered.ends,
        effort=scattered.effort,
        deadline_s=5,
    )
    per_mm, sourcing = scattered.effort.per_mm(""), scattered.sourcing
    cost = walk.cost
    for want in {want.key: want for want in scattered.wants}.values():
        for candidate in (Candidate(*each) for each in want.candidates):
            qty = picks.get((want.key, candidate.location), 0)
            if qty:
                cost += candidate.extra + candidate.reserve * sourcing.reserve_penalty_mm * per_mm
            if qty == candidate.qty:
                cost -= sourcing.rest_bonus_mm * per_mm
    return cost


def by_shelf(wants: Sequence[Want], picks: Sequence[Pick]) -> dict[tuple[str, str], int]:
    """Units by key and location."""
    units: dict[tuple[str, str], int] = {}
    for pick in picks:
        shelf = wants[pick.want].key, pick.location
        units[shelf] = units.get(shelf, 0) + pick.qty
    return units


def keeps_expiry(scattered: Scattered, key: str, units: Sequence[int]) -> bool:
    """Whether no unit is left on a shelf that expires before one that is taken from; reserves are last."""
    want = next(want for want in scattered.wants if want.key == key)
    shelves = [Candidate(*each) for each in want.candidates]

    def day(shelf: Candidate) -> tuple[bool, float]:
        return shelf.reserve, float("inf") if shelf.expires_day is None else shelf.expires_day

    taken = [day(shelf) for shelf, qty in zip(shelves, units, strict=True) if qty]
    left = [day(shelf) for shelf, qty in zip(shelves, units, strict=True) if qty < shelf.qty]
    return not taken or not left or max(taken) <= min(left)


def _all_choices(scattered: Scattered) -> Iterator[dict[tuple[str, str], int]]:
    ways = []
    for key in dict.fromkeys(want.key for want in scattered.wants):
        of_key = [want for want in scattered.wants if want.key == key]
        shelves = [Candidate(*each) for each in of_key[0].candidates]
        wanted = sum(want.qty for want in of_key)
        ways.append(
            [
                {(key, shelf.location): qty for shelf, qty in zip(shelves, units, strict=True) if qty}
                for units in product(*(range(shelf.qty + 1) for shelf in shelves))
                if sum(units) == wanted
                and (not scattered.sourcing.first_expired or keeps_expiry(scattered, key, units))
            ]
        )
    for several in product(*ways):
        yield {shelf: qty for one in several for shelf, qty in one.items()}
