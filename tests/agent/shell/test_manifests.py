"""Manifests: what left with which departure, and what should have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.api.messages import DepartureView, ManifestView, MissingOrderView
from agent.core import commands as c
from agent.core.times import from_text, to_text
from agent.manifests import departures, manifest
from tests.agent.floors import fact, sku
from tests.agent.shell.loading import CARRIERS, ROAD, Loading, hour

EIGHT, NOON, FOUR = hour(2), hour(6), hour(10)


@pytest.fixture
def dock() -> Loading:
    return Loading.in_memory()


def listed(dock: Loading, carrier: str | None = "SF", last: int = 9) -> list[DepartureView]:
    """The departures as a supervisor sees them now."""
    return list(departures(dock.connection, dock.now, carrier, last).departures)


def figures(dock: Loading) -> dict[int | None, tuple[int, int, int]]:
    """(on it, missing, late) by departure."""
    return {
        from_text(view.departure_at) if view.departure_at else None: (view.parcels, view.missing, view.late)
        for view in listed(dock)
    }


def of(dock: Loading, departure_at: int | None, carrier: str = "SF", most: int | None = None) -> ManifestView:
    """That manifest, which must be there."""
    found = manifest(dock.connection, dock.now, carrier, departure_at, most)
    assert found is not None
    return found


def on(dock: Loading, departure_at: int | None) -> list[str]:
    return [parcel.order_no for parcel in of(dock, departure_at).parcels]


def missing(dock: Loading, departure_at: int | None) -> list[str]:
    return [order.order_no for order in of(dock, departure_at).missing]


# --- what is on it ------------------------------------------------------------------------------------------


def test_a_parcel_goes_with_the_first_departure_at_or_after_its_scan(dock: Loading) -> None:
    for number, at in enumerate((EIGHT - 1, EIGHT, EIGHT + 1, NOON), start=1):
        dock.shipped(f"SO-{number}", NOON if number > 2 else EIGHT, at)
    assert (on(dock, EIGHT), on(dock, NOON)) == (["SO-1", "SO-2"], ["SO-3", "SO-4"])


def test_a_parcel_that_is_early_goes_with_the_departure_that_leaves_first(dock: Loading) -> None:
    dock.bring("SO-1", EIGHT)
    dock.shipped("SO-2", NOON, EIGHT - 1)
    assert on(dock, EIGHT) == ["SO-2"]


def test_a_scan_that_a_scanner_kept_counts_by_when_the_code_was_read(dock: Loading) -> None:
    dock.bring("SO-1", EIGHT, "picked")
    dock.ship("SO-1", EIGHT - 1, told_at=NOON)
    assert (on(dock, EIGHT), missing(dock, EIGHT)) == (["SO-1"], [])


def test_after_the_last_departure_it_waits_for_a_later_one_until_an_order_names_it(dock: Loading) -> None:
    dock.shipped("SO-1", EIGHT, EIGHT + 1)
    assert on(dock, None) == ["SO-1"]
    dock.bring("SO-2", NOON)
    assert on(dock, NOON) == ["SO-1"]
    assert on(dock, None) == []


def test_parcels_without_any_cutoff_are_on_a_manifest_too(dock: Loading) -> None:
    dock.shipped("SO-1", None, NOON)
    assert figures(dock) == {None: (1, 0, 0)}


def test_a_parcel_is_shown_with_its_scan_its_scanner_and_its_weight(dock: Loading) -> None:
    dock.bring("SO-1", EIGHT, "picked", qty=3)
    dock.ship("SO-1", EIGHT - 1, "dock7")
    (parcel,) = of(dock, EIGHT).parcels
    assert (parcel.waybill, parcel.scanner, parcel.weight_g) == ("SF001", "dock7", 1500)
    assert (parcel.shipped_at, parcel.cutoff_at) == (to_text(EIGHT - 1), to_text(EIGHT))


def test_what_cannot_be_weighed_is_counted_apart(dock: Loading) -> None:
    dock.shipped("SO-1", EIGHT, EIGHT)
    assert (of(dock, EIGHT).weight_g, of(dock, EIGHT).unweighed) == (500, 0)
    dock.ask(sku("A", weight_g=0))
    assert (of(dock, EIGHT).weight_g, of(dock, EIGHT).unweighed) == (0, 1)
    assert of(dock, EIGHT).parcels[0].weight_g is None


def test_each_carrier_has_its_own(dock: Loading) -> None:
    dock.shipped("SO-1", EIGHT, EIGHT, carrier="SF")
    dock.shipped("SO-2", NOON, NOON, carrier="YTO")
    assert [(view.carrier, view.parcels) for view in listed(dock, None)] == [("SF", 1), ("YTO", 1)]
    assert [parcel.order_no for parcel in of(dock, NOON, "YTO").parcels] == ["SO-2"]


@pytest.mark.parametrize(("carrier", "at"), [("SF", NOON), ("YTO", EIGHT), ("nobody", EIGHT), ("YTO", None)])
def test_a_departure_that_no_order_names_is_none(dock: Loading, carrier: str, at: int | None) -> None:
    dock.shipped("SO-1", EIGHT, EIGHT)
    assert manifest(dock.connection, dock.now, carrier, at) is None


# --- what is missing ----------------------------------------------------------------------------------------


def test_what_was_not_scanned_out_by_the_cutoff_is_missing(dock: Loading) -> None:
    dock.bring("SO-1", EIGHT, "picked")
    dock.shipped("SO-2", EIGHT, EIGHT + 1)
    dock.shipped("SO-3", EIGHT, EIGHT)
    dock.now = EIGHT + 2
    assert missing(dock, EIGHT) == ["SO-1", "SO-2"]
    assert figures(dock)[EIGHT] == (1, 2, 1)


def test_what_missed_a_departure_is_missing_at_the_next_until_it_is_scanned_out(dock: Loading) -> None:
    dock.bring("SO-1", EIGHT, "picked")
    dock.bring("SO-2", NOON)
    dock.bring("SO-3", FOUR)
    assert (missing(dock, NOON), missing(dock, FOUR)) == (
        ["SO-2"],
        ["SO-3"],
    )  # nobody has missed anything yet
    dock.now = EIGHT
    assert (missing(dock, NOON), missing(dock, FOUR)) == (["SO-1", "SO-2"], ["SO-3"])
    dock.ship("SO-1", EIGHT + 1)
    assert (missing(dock, EIGHT), on(dock, NOON), missing(dock, NOON)) == (["SO-1"], ["SO-1"], ["SO-2"])


def test_after_the_last_departure_what_missed_it_is_missing_at_a_later_one(dock: Loading) -> None:
    dock.bring("SO-1", EIGHT)
    dock.now = EIGHT
    assert [(view.state, view.missing) for view in listed(dock)] == [("left", 1), ("next", 1)]


def test_nothing_is_expected_of_orders_that_are_unpaid_or_cancelled_or_have_no_cutoff(dock: Loading) -> None:
    dock.bring("SO-1", EIGHT, "received")
    dock.bring("SO-2", EIGHT)
    dock.ask(fact("cancelled", "SO-2"))
    dock.bring("SO-3", None)
    dock.now = NOON
    assert figures(dock) == {EIGHT: (0, 0, 0)}


@pytest.mark.parametrize(
    ("state", "waits_for"),
    [
        ("ready", "on no pick list"),
        ("released", "its pick list is not accepted"),
        ("picking", "being picked"),
        ("picked", "picked, not scanned out"),
        ("packed", "packed, not scanned out"),
    ],
)
def test_each_missing_order_says_what_it_waits_for(dock: Loading, state: str, waits_for: str) -> None:
    dock.bring("SO-1", EIGHT, state)
    dock.printed("SO-1")
    (found,) = of(dock, EIGHT).missing
    assert (found.state, found.waits_for, found.shipped_at) == (state, waits_for, None)


def test_a_held_order_says_why(dock: Loading) -> None:
    dock.bring("SO-1", EIGHT)
    dock.ask(c.HoldOrder(order_no="SO-1", reason="fraud?"))
    (found,) = of(dock, EIGHT).missing
    assert (found.state, found.waits_for) == ("held", "held: fraud?, label queued")


def test_an_order_without_a_number_or_a_proved_label_says_so(dock: Loading) -> None:
    dock.ask(c.SetCarrier(data={"carrier": "ZTO"}))
    dock.bring("SO-1", EIGHT, carrier="ZTO")
    dock.bring("SO-2", EIGHT)
    job = dock.job("SO-2")
    dock.ask(c.StartPrint(job=job, printer="lp1"), c.SuspectPrint(job=job, reason="cut"))
    (bare,) = of(dock, EIGHT, "ZTO").missing
    assert (bare.waybill, bare.waits_for) == (None, "on no pick list, no label")
    assert of(dock, EIGHT).missing[0].waits_for == "on no pick list, label suspect"


def test_what_is_still_on_the_floor_stands_before_what_came_late(dock: Loading) -> None:
    dock.shipped("SO-1", EIGHT, NOON)
    dock.bring("SO-2", EIGHT)
    first, second = of(dock, EIGHT).missing
    assert (first.order_no, second.order_no, second.shipped_at) == ("SO-2", "SO-1", to_text(NOON))


# --- lists --------------------------------------------------------------------------------------------------


def test_departures_are_marked_and_only_the_last_of_those_that_left_are_listed(dock: Loading) -> None:
    for number, cutoff_at in enumerate((hour(1), EIGHT, NOON, FOUR)):
        dock.bring(f"SO-{number}", cutoff_at)
    dock.now = EIGHT
    assert [view.state for view in listed(dock)] == ["left", "left", "next", "to come"]
    assert [view.departure_at for view in listed(dock, last=1)] == [to_text(at) for at in (EIGHT, NOON, FOUR)]


def test_lists_may_be_cut_and_the_figures_are_of_all(dock: Loading) -> None:
    for number in range(1, 5):
        dock.shipped(f"SO-{number}", NOON, EIGHT + number)
        dock.bring(f"SO-9{number}", NOON)
    cut = of(dock, NOON, most=2)
    assert [parcel.order_no for parcel in cut.parcels] == ["SO-3", "SO-4"]
    assert [order.order_no for order in cut.missing] == ["SO-91", "SO-92"]
    assert (cut.departure.parcels, cut.departure.missing, cut.weight_g) == (4, 4, 2000)
    assert of(dock, NOON, most=0).parcels == ()


# --- whatever happens ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fate:
    """An order's day."""

    carrier: str
    cutoff_at: int | None
    state: str
    shipped_at: int | None
    cancelled: bool


times = st.sampled_from([hour(number) + by for number in (2, 6, 10) for by in (-1, 0, 1)])
fates = st.builds(
    Fate,
    st.sampled_from(CARRIERS),
    st.none() | times,
    st.sampled_from(ROAD),
    st.none() | times,
    st.booleans(),
)


def played(days: list[Fate]) -> Loading:
    """All of them; whoever is picked and has a time is scanned out then."""
    dock = Loading.in_memory()
    for number, fate in enumerate(days):
        dock.bring(f"SO-{number}", fate.cutoff_at, fate.state, carrier=fate.carrier)
    out = [
        (fate.shipped_at, number) for number, fate in enumerate(days)
        if fate.shipped_at is not None and fate.state in ("picked", "packed")
    ]  # fmt: skip
    for at, number in sorted(out):
        dock.ship(f"SO-{number}", at)
    for number, fate in enumerate(days):
        if fate.cancelled and (fate.shipped_at, number) not in out:
            dock.ask(fact("cancelled", f"SO-{number}"))
    return dock


@settings(max_examples=60)
@given(st.lists(fates, max_size=8), st.integers(0, 12))
def test_every_parcel_is_on_one_manifest_and_every_order_with_a_cutoff_was_in_time_or_is_missing(
    days: list[Fate], now: int
) -> None:
    dock = played(days)
    dock.now = max(dock.now, hour(now))
    shown = {
        (carrier, view.departure_at): of(
            dock, from_text(view.departure_at) if view.departure_at else None, carrier
        )
        for carrier in CARRIERS
        for view in listed(dock, carrier, last=99)
    }
    parcels = Counter(parcel.order_no for view in shown.values() for parcel in view.parcels)
    shipped = {
        row[0] for row in dock.connection.execute("SELECT order_no FROM orders WHERE state = 'shipped'")
    }
    assert parcels == Counter(shipped)
    for number, fate in enumerate(days):
        order = dock.order(f"SO-{number}")
        if fate.cutoff_at is None or order.state in ("received", "cancelled"):
            continue
        own = shown[fate.carrier, to_text(fate.cutoff_at)]
        in_time = (
            order.state == "shipped" and fate.shipped_at is not None and fate.shipped_at <= fate.cutoff_at
        )
        assert (order.order_no in _numbers(own.missing)) is not in_time
    for view in shown.values():
        assert_consistent(view)
    lists = [view for carrier in CARRIERS for view in listed(dock, carrier, last=99)]
    assert [view.departure for view in shown.values()] == lists


def _numbers(orders: tuple[MissingOrderView, ...]) -> set[str]:
    return {order.order_no for order in orders}


def assert_consistent(view: ManifestView) -> None:
    """What is on it is not missing at it, and the figures are those of the lists."""
    assert len(_numbers(view.missing)) == len(view.missing) == view.departure.missing
    assert len(view.parcels) == view.departure.parcels
    assert sum(order.shipped_at is not None for order in view.missing) == view.departure.late
    assert not _numbers(view.missing) & {parcel.order_no for parcel in view.parcels}
