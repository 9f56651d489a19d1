"""A day at the hub: what happens, and when."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.sandbox.arrivals import MODELS, arrival_times, busiest_hour
from sync.sandbox.catalog import Product, build_catalog, ean13
from sync.sandbox.day import Day, Happening, csv_day, csv_products, model_day
from sync.sandbox.orders_csv import COLUMNS, parse_orders_csv

CATALOG = build_catalog(1)
DAYS = st.builds(
    lambda model, orders, seed, start_s: model_day(CATALOG, model, orders, seed, start_s),
    st.sampled_from(MODELS),
    st.integers(0, 200),
    st.integers(0, 1000),
    st.none() | st.floats(0, 86_400),
)


def play(day: Day, stop_after: int | None = None) -> list[Happening]:
    happened: list[Happening] = []
    while day.next_at_s() is not None:
        if len(happened) == stop_after:
            day.stop_arrivals()
        if day.next_at_s() is not None:
            happened.append(day.pop(lambda at_s: f"{at_s:.3f}"))
    return happened


def of(happened: list[Happening], kind: str) -> set[str]:
    return {h.subject for h in happened if h.type == kind}


@settings(max_examples=40)
@given(DAYS, st.none() | st.integers(0, 60))
def test_every_created_order_is_paid_or_cancelled(day: Day, stop_after: int | None) -> None:
    happened = play(day, stop_after)
    created = of(happened, "order.created")
    assert created == of(happened, "order.paid") | of(happened, "order.cancelled")
    assert of(happened, "order.held") - of(happened, "order.cancelled") <= of(happened, "order.unheld")


@settings(max_examples=40)
@given(DAYS)
def test_time_only_goes_forward(day: Day) -> None:
    times_s = [h.at_s for h in play(day)]
    assert times_s == sorted(times_s)
    assert all(at_s >= day.start_s for at_s in times_s)


@settings(max_examples=20)
@given(st.sampled_from(MODELS), st.integers(0, 1000))
def test_a_seed_makes_one_day(model: str, seed: int) -> None:
    days = [play(model_day(CATALOG, model, 60, seed, 0.0)) for _ in range(2)]
    assert days[0] == days[1]


def test_a_day_begun_later_has_the_same_orders() -> None:
    whole, late = (play(model_day(CATALOG, "diurnal", 500, 3, start_s)) for start_s in (0.0, 72_000.0))
    orders = {h.subject: h.data for h in whole if h.type == "order.created"}
    assert all(h.data == orders[h.subject] for h in late if h.type == "order.created")
    assert 0 < len(of(late, "order.created")) < 500


def test_a_change_carries_the_whole_order_with_the_next_revision() -> None:
    happened = play(model_day(CATALOG, "diurnal", 3000, 1, 0.0))
    created = {h.subject: h.data for h in happened if h.type == "order.created"}
    changes = [h.data for h in happened if h.type == "order.changed"]
    assert 30 < len(changes) < 90
    for change in changes:
        old = created[change["order_no"]]
        assert change["revision"] == 2
        assert change.keys() == old.keys()
        assert (change["lines"], change["consignee"]) != (old["lines"], old["consignee"])


def test_orders_are_as_the_contract_says() -> None:
    skus = {row["sku"] for row in CATALOG.skus}
    for h in play(model_day(CATALOG, "burst", 300, 1, 0.0)):
        if h.type == "order.created":
            _check_order(h.data, skus)


def _check_order(order: dict[str, Any], skus: set[str]) -> None:
    assert order["revision"] == 1
    assert {
        "order_no",
        "owner",
        "placed_at",
        "carrier",
        "cutoff_at",
        "routing_code",
        "bag_code",
    } <= order.keys()
    assert set(order["consignee"]) == {"name", "phone", "province", "city", "district", "address"}
    assert all(order["consignee"].values())
    assert [line["line_no"] for line in order["lines"]] == list(range(1, len(order["lines"]) + 1))
    assert all(line["qty"] >= 1 and line["sku"] in skus for line in order["lines"])
    assert float(order["cutoff_at"]) >= float(order["placed_at"]) + 3600


def test_the_day_has_its_window_its_peak_and_its_opening() -> None:
    hours = {model: Counter(int(t // 3600) for t in arrival_times(model, 127_000, 1)) for model in MODELS}
    assert set(hours["diurnal"]) == set(range(7, 23))
    assert 12_300 < hours["diurnal"][20] < 13_100
    assert 42_000 < hours["midnight"][0] < 43_500
    opening = [t for t in arrival_times("midnight", 127_000, 1) if t < 68]
    assert len(opening) / 68 == pytest.approx(48.6, rel=0.01)


def test_a_burst_is_one_minute_at_five_times_the_rate() -> None:
    times_s = arrival_times("burst", 127_000, 1)
    minutes = Counter(int(t // 60) for t in times_s)
    assert minutes[20 * 60 + 30] == pytest.approx(5 * 12_700 / 60, rel=0.1)
    assert minutes[20 * 60 + 40] == pytest.approx(12_700 / 60, rel=0.25)


def test_the_busiest_hour_is_where_a_day_begins_if_nobody_says() -> None:
    assert busiest_hour(arrival_times("diurnal", 10_000, 1)) == 20
    assert model_day(CATALOG, "midnight", 1000, 1, None).start_s == 0
    assert busiest_hour([]) == 0


def test_a_csv_day_plays_its_orders_and_cancellations_at_their_times() -> None:
    rows = [
        "1001,85123A,HEART,6,2010-12-01 08:26:00,2.55,1,UK",
        "1002,71053,LANTERN,2,2011-12-01 08:30:00,x,2,UK",
        "C1001,85123A,HEART,-6,2010-12-02 09:00:00,2.55,1,UK",
    ]
    csv = parse_orders_csv("\n".join([",".join(COLUMNS), *rows]).encode())
    happened = play(csv_day(csv, 1, None))
    assert [(h.type, h.subject) for h in happened if h.type != "order.paid"] == [
        ("order.created", "1001"), ("order.created", "1002"), ("order.cancelled", "1001"),
    ]  # fmt: skip
    assert happened[-1].at_s == 9 * 3600
    assert happened[0].data["facts"]["order_amount"] == "15.30"
    assert [p.sku for p in csv_products(csv, 1)] == ["71053", "85123A"]


@given(st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_barcodes_have_the_check_digit_of_ean13(digits: str) -> None:
    code = ean13(digits)
    assert sum(int(d) * (1, 3)[place % 2] for place, d in enumerate(code)) % 10 == 0


@pytest.mark.parametrize("count", [1, 30, 600, 3100])
def test_a_warehouse_has_room_for_every_sku_popular_ones_near_the_depot(count: int) -> None:
    catalog = build_catalog(1, [Product(f"P{n}", "a thing", 100) for n in range(count)])
    places = {row["location"]: row for row in catalog.locations}
    assert len(places) == len(catalog.locations)
    assert {row["sku"] for row in catalog.stock} == {row["sku"] for row in catalog.skus}
    walks = [
        abs(p["x_mm"] - places["DEPOT"]["x_mm"]) + p["y_mm"]
        for p in (places[r["location"]] for r in catalog.stock[:count])
    ]
    assert walks == sorted(walks)


def test_an_aisle_has_one_x_and_bins_have_all_that_the_contract_asks_for() -> None:
    aisles: dict[str, set[int]] = {}
    for row in CATALOG.locations:
        assert row["bay"] >= 1
        assert row["level"] >= 1
        aisles.setdefault(row["aisle"], set()).add(row["x_mm"])
    assert all(len(xs) == 1 for aisle, xs in aisles.items() if aisle)
    assert {row["kind"] for row in CATALOG.locations} == {"bin", "depot", "pack", "dock"}
    assert {row["zone"] for row in CATALOG.locations} == {"", "A", "B", "C"}
    assert all(row["weight_g"] > 0 and row["height_mm"] > 0 for row in CATALOG.skus)
