"""On floors of other shapes than aisles there is a good choice of shelves, with a bound that holds."""

from __future__ import annotations

from time import monotonic

from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Effort, FloorRules, Layout, Sourcing, Spot, Way
from routing.sources.solve import source
from routing.sources.want import Candidate, Want
from tests.routing.sources.shelves import DEPOT, Scattered, by_shelf, cost_of, floor, least_cost


@st.composite
def graphs(draw: st.DrawFn) -> Scattered:
    """Spots in a tree with some ways more, one-way or not; stock at some of them."""
    names = [DEPOT, *(f"b{n}" for n in range(draw(st.integers(3, 7))))]
    spots = [Spot(name, "depot" if name == DEPOT else "bin", "A", "", 1, 1, 0, 0) for name in names]
    length = st.integers(1, 9).map(lambda n: n * 500)
    ways = [Way(names[draw(st.integers(0, n - 1))], names[n], draw(length)) for n in range(1, len(names))]
    more = st.tuples(st.sampled_from(names), st.sampled_from(names), length, st.booleans())
    ways += [Way(a, b, mm, one_way=one_way) for a, b, mm, one_way in draw(st.lists(more, max_size=4))]
    wants = []
    for n in range(draw(st.integers(1, 3))):
        at = draw(st.lists(st.sampled_from(names[1:]), min_size=1, max_size=3, unique=True))
        shelves = tuple(Candidate(place, draw(st.integers(1, 2))) for place in at)
        wants.append(Want(f"S{n}", draw(st.integers(1, sum(shelf.qty for shelf in shelves))), shelves))
    fixed = tuple(draw(st.lists(st.sampled_from(names[1:]), max_size=2)))
    bonus = Sourcing(rest_bonus_mm=draw(st.sampled_from([0, 800])))
    return Scattered(Layout.graph(spots, ways), Effort(), (), fixed, tuple(wants), bonus)


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_the_choice_is_whole_and_its_bound_holds(scattered: Scattered) -> None:
    found = source(
        scattered.layout,
        scattered.effort,
        DEPOT,
        (),
        scattered.fixed,
        scattered.wants,
        monotonic() + 0.3,
        scattered.sourcing,
    )
    assert cost_of(scattered, by_shelf(scattered.wants, found.picks)) == found.cost
    assert found.bound <= least_cost(scattered) <= found.cost


def test_shelves_are_chosen_anew_where_the_first_choice_was_short_sighted() -> None:
    spots = [
        Spot(name, "depot" if name == DEPOT else "bin", "A", "", 1, 1, 0, 0)
        for name in (DEPOT, "near", "a", "b")
    ]
    ways = [Way(DEPOT, "near", 1_000), Way(DEPOT, "a", 5_000), Way("a", "b", 100)]
    wants = [
        Want("S", 1, (Candidate("near", 1), Candidate("b", 1))),
        Want("T", 1, (Candidate("a", 1),)),
    ]
    found = source(Layout.graph(spots, ways), Effort(), DEPOT, (), (), wants, monotonic() + 1)
    assert [pick.location for pick in found.picks] == ["b", "a"]


def test_on_a_floor_of_many_cross_aisles_too() -> None:
    layout = floor(3, 12, rules=FloorRules(cross_aisles_y_mm=tuple(n * 2_000 + 500 for n in range(1, 6))))
    want = Want("S", 1, (Candidate("2-11", 1), Candidate("0-3", 1)))
    found = source(layout, Effort(), DEPOT, (), (), [want], monotonic() + 1)
    assert found.picks[0].location == "0-3"
